"""``lockgate deliver``: the whole way on one machine."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from lockgate.cli.console import EXIT_CODES, Console, candidate_option, with_console
from lockgate.cli.verbs.delivering import tell_registered, tell_release
from lockgate.cli.verbs.judging import begin, champion_registry, chosen_candidate, judge, tell_selection, told_in
from lockgate.cli.verbs.making import check_champion, check_latency, check_tests, run_tracked
from lockgate.cli.wiring import making as wiring_making
from lockgate.cli.wiring import measuring as wiring_measuring
from lockgate.cli.wiring import project as wiring_project
from lockgate.cli.wiring import releasing as wiring_releasing
from lockgate.cli.wiring import serving as wiring_serving
from lockgate.domain.judging.deciding.registry import mode_of
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.names import listed
from lockgate.domain.releasing.release import Release
from lockgate.errors import LockgateError
from lockgate.ports import Package, Registered, Repository, Runtime
from lockgate.usecases.making.run import RunReport
from lockgate.usecases.measuring.champion import asked_already
from lockgate.usecases.measuring.latency import of_candidate, raced_already
from lockgate.usecases.measuring.methods import measured_here
from lockgate.usecases.project.champions import committed_champion
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import release_of
from lockgate.usecases.project.sources import judged_source, look_at_source
from lockgate.usecases.releasing import register as registering
from lockgate.usecases.releasing import seal as sealing
from lockgate.usecases.serving import package as packaging
from lockgate.usecases.serving import serve as serving


@dataclass(frozen=True)
class Delivery:
    """What a delivery did; what comes after a closed gate is ``None``."""

    run: RunReport
    verdict: Verdict
    release: str | None = None
    registered: Registered | None = None
    package: Package | None = None
    prediction: serving.Prediction | None = None


@click.command()
@candidate_option
@with_console
@click.pass_obj
def deliver(root: Path | None, candidate: str | None, console: Console) -> int:
    """Run the whole way on this machine: run, select, check, gate, release, register, package, a served prediction.

    Nothing is done twice: a second delivery of the same commit retrains nothing and registers nothing.
    """
    layout = wiring_project.find_layout(root)
    with wiring_project.alone(layout):
        # What keeps a release from being registered is said before anything is trained, judged and served.
        wiring_making.tracking_store(layout).look()
        project = begin(layout, candidate)
        wiring_releasing.load_registry_soon(layout)
        return _deliver(project, candidate, console)


def _deliver(project: Project, candidate: str | None, console: Console) -> int:
    name = project.settings.candidate(candidate) if candidate else None
    console.title(f"Deliver {project.settings.model}, " + (f"candidate {name}" if name else "the best candidate"))
    delivery = _judged(project, name, console)
    if delivery.verdict.outcome is Outcome.PASSED:
        delivery = _delivered(project, delivery, console)
    else:
        console.line("Nothing was released: only a passed verdict opens the gate.")
    console.document(delivery)
    return EXIT_CODES[delivery.verdict.outcome]


def _judged(project: Project, name: str | None, console: Console) -> Delivery:
    repository = wiring_project.repository(project.layout)
    _tell_changes(project, repository, console)
    console.title("Run: data, training, export, evidence")
    report = run_tracked(project, name, console, repository.head())
    console.title("Check: the project's own tests")
    if _tested(project, judged_source(project, repository)):
        console.line("  ran on this commit before")
    else:
        check_tests(project, console)
    environment = project.settings.environment(None)
    if not asked_already(project, environment):
        console.title("Check: the champion on the candidates' rows")
        check_champion(project, environment, console)
    console.title("Select: the best on validation rows")
    chosen, selection = chosen_candidate(project, name)
    if selection is None:
        console.line(f"  {chosen}, named by hand")
    else:
        tell_selection(project, selection, console)
    # What could not be released later is said before it is judged.
    sealing.demand_private(project, chosen)
    entrant = of_candidate(project, chosen)
    if mode_of(project.settings.gates, "latency") != "off" and not raced_already(project, entrant, environment):
        console.title("Check: latency and size, beside the champion")
        check_latency(project, entrant, environment, console)
    console.title("Gate: evidence x policy x champion")
    verdict = judge(project, chosen, environment, selection)
    console.verdict(verdict, told_in(project))
    return Delivery(report, verdict)


def _tell_changes(project: Project, repository: Repository, console: Console) -> None:
    """What differs from the commit, before anything has looked at it."""
    looked = look_at_source(project, repository)
    unknown = [name for name in repository.untracked() if name in looked.source.changed]
    altered = [name for name in looked.source.changed if name not in unknown]
    if altered:
        console.line(f"  note: uncommitted changes ({listed(altered)}): the verdict will be undecided")
    if unknown:
        console.line(f"  note: git does not have {listed(unknown)}: undecided where a stage or a test reads that")
    if looked.own:
        console.line(f"  note: these lines go to {listed(looked.own)}, which git does not have; it is no source")


def _tested(project: Project, source: object) -> bool:
    """Whether there is evidence of the tests on exactly this source; anything unreadable is collected again."""
    try:
        found = project.documents.read(project.layout.tests, TestsEvidence)
    except LockgateError:
        return False
    return found.source == source and measured_here(project, "tests", found.method)


def _delivered(project: Project, delivery: Delivery, console: Console) -> Delivery:
    console.title("Release")
    runtime = wiring_measuring.runtime(project)
    sealed, folder = _sealed(project, delivery.verdict, runtime, console)
    console.title("Package")
    made = packaging.package(project, folder, wiring_serving.packager(project.layout))
    console.line(f"  Bento {made.tag}" + ("" if made.created else ": made before"))
    with ThreadPoolExecutor(1) as background, ExitStack() as served:
        console.title("Serve")
        running = served.enter_context(
            serving.serve(project, made, wiring_serving.server(project.layout), "127.0.0.1", 0)
        )
        prediction = serving.prove(project, folder, running, runtime)
        _tell_prediction(console, prediction, running.url)
        # Only what was seen to serve gets a version; the registry does not wait for the server's end.
        stopped = background.submit(served.pop_all().close)
        console.title("Register")
        registered = registering.register(project, folder, wiring_releasing.registry(project))
        stopped.result()
    tell_registered(console, project, registered)
    _tell_next(console, project, delivery.verdict, sealed, registered)
    return Delivery(delivery.run, delivery.verdict, str(sealed.digest), registered, made, prediction)


def _sealed(project: Project, verdict: Verdict, runtime: Runtime, console: Console) -> tuple[Release, Path]:
    """The release of this verdict, or the champion's where it serves the same content already."""
    champion = committed_champion(project, verdict.environment, wiring_project.repository(project.layout))
    if champion is not None and champion.content == verdict.content:
        serving = release_of(project, verdict.content, champion, champion_registry(project, verdict.environment))
        if serving is not None:
            console.line(f"  {verdict.environment} serves this content already, as release {serving[0].version}")
            return serving
    name = verdict.candidate.subject.candidate
    sealed, folder = sealing.seal(
        project, name, wiring_project.repository(project.layout), wiring_making.pipeline(project.layout), runtime
    )
    tell_release(console, project, sealed, folder)
    return sealed, folder


def _tell_prediction(console: Console, prediction: serving.Prediction, url: str) -> None:
    row = console.listed(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={'missing' if value is None else value}"
        for name, value in prediction.row.items()
    )
    chances = console.listed(f"{name} {value:.4f}" for name, value in prediction.probabilities.items())
    console.line(f"  POST {url}/predict")
    console.line(f"    a typical row: {row}")
    console.line(f"    answer: {prediction.label} ({chances})")
    console.line(f"    rows asked ({', '.join(prediction.kinds)}): labels and probabilities equal the judged model's")


def _tell_next(console: Console, project: Project, verdict: Verdict, sealed: Release, registered: Registered) -> None:
    build = project.layout.build.relative_to(project.layout.root)
    console.title("Where to look")
    console.line(f"  the decision       {build}/verdict.md, {build}/verdict.json")
    console.line(f"  the release        {build}/releases/{sealed.version}/")
    console.line(f"  the evidence       {build}/candidates/{verdict.candidate.subject.candidate}/evidence/")
    if registered.where.startswith("sqlite:"):
        where = registered.where.replace(f"{project.layout.root}/", "")
        console.line(f"  the registry       mlflow ui --backend-store-uri {where}")
    console.line("  keep it serving    lockgate serve")
    repository = wiring_project.repository(project.layout)
    for environment in project.settings.environments:
        champion = committed_champion(project, environment, repository)
        if champion is None or champion.content != sealed.content:
            console.line(f"  make it champion   lockgate promote {environment}")
            return
