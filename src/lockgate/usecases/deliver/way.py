"""``lockgate deliver``: the whole way on one machine, in its order, and what need not be done again."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.making.selection import Selection
from lockgate.domain.releasing.release import Release
from lockgate.errors import LockgateError
from lockgate.ports import Package, Registered, Running
from lockgate.usecases.deliver.events import (
    Began,
    Delivered,
    NothingReleased,
    Reached,
    ServedAlready,
    Skipped,
    Station,
    Uncommitted,
    Why,
)
from lockgate.usecases.deliver.judge import begin_judging, judge_and_tell
from lockgate.usecases.deliver.report import Delivery
from lockgate.usecases.deliver.run import reproduce
from lockgate.usecases.judging.gate import Judgement
from lockgate.usecases.making.events import NamedByHand
from lockgate.usecases.making.select import chosen as choose
from lockgate.usecases.making.select import drawn
from lockgate.usecases.measuring.champion import asked_already
from lockgate.usecases.measuring.check import (
    anchor_asked_already,
    check_champion,
    check_latency,
    check_tests,
    latency_counts,
    tested_already,
)
from lockgate.usecases.measuring.events import ChampionUnasked
from lockgate.usecases.measuring.kinds.latency import TimedModel, of_candidate, raced_already
from lockgate.usecases.project.champions import committed_champion, committed_champions
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.release_folders import release_of
from lockgate.usecases.project.sources import look_at_source
from lockgate.usecases.project.stored.elsewhere import elsewhere
from lockgate.usecases.releasing.register import register, told
from lockgate.usecases.releasing.seal import demand_private, seal_candidate
from lockgate.usecases.serving.events import Packaged, PackageNamed, Proved
from lockgate.usecases.serving.package import Prepared, name, prepared
from lockgate.usecases.serving.packaged_parity import answers_as_judged
from lockgate.usecases.serving.proof import Prediction, prove
from lockgate.usecases.serving.serve import serve


def deliver(instruments: Instruments, candidate: str | None, tell: Tell) -> Delivery:
    """Run, select, check, gate; where the verdict is `passed`: release, package, a served prediction, register.

    Alone in this working copy. Nothing is done twice, and each thing that is done may be interrupted and done again.
    """
    with instruments.alone():
        # What keeps a release from being sealed or registered is said before anything is trained, judged and served.
        instruments.tracking_store().look()
        project = begin_judging(instruments, candidate)
        committed_champions(project, instruments.repository())
        name = project.settings.candidate(candidate) if candidate else None
        tell(Began(project.settings.model, name or ""))
        delivery, judged = _judged(instruments, name, tell)
        if delivery.verdict.outcome is Outcome.PASSED:
            return _delivered(instruments, delivery, judged, tell)
        tell(NothingReleased())
        return delivery


def _judged(instruments: Instruments, name: str | None, tell: Tell) -> tuple[Delivery, Judgement]:
    project = instruments.project()
    _tell_changes(instruments, tell)
    tell(Reached(Station.RUN))
    report = reproduce(instruments, name, instruments.repository().head(), tell)
    _test(instruments, tell)
    environment = project.settings.environment(None)
    _ask_champion(instruments, environment, tell)
    chosen, selection = _select(instruments, name, tell)
    # What could not be released later is said before it is judged.
    demand_private(project, chosen)
    _take_time(instruments, of_candidate(project, chosen), environment, tell)
    tell(Reached(Station.GATE))
    judged = judge_and_tell(instruments, chosen, environment, selection, tell)
    return Delivery(report, judged.verdict), judged


def _tell_changes(instruments: Instruments, tell: Tell) -> None:
    """What differs from the commit, before anything has looked at it."""
    looked = look_at_source(instruments.project(), instruments.repository())
    changed = looked.source.changed
    unknown = tuple(name for name in instruments.repository().untracked() if name in changed)
    altered = tuple(name for name in changed if name not in unknown)
    if altered or unknown or looked.own:
        tell(Uncommitted(altered, unknown, looked.own))


def _test(instruments: Instruments, tell: Tell) -> None:
    tell(Reached(Station.TESTS))
    if tested_already(instruments):
        tell(Skipped(Station.TESTS, Why.DONE))
    else:
        check_tests(instruments, tell)


def _ask_champion(instruments: Instruments, environment: str, tell: Tell) -> None:
    if asked_already(instruments.project(), environment) and anchor_asked_already(instruments, environment):
        tell(Skipped(Station.CHAMPION, Why.NO_CHAMPION))
    else:
        tell(Reached(Station.CHAMPION))
        try:
            check_champion(instruments, environment, tell)
        except LockgateError as error:  # the gate says what that means: nothing to compare with is undecided
            tell(ChampionUnasked(environment, str(error)))


def _select(instruments: Instruments, name: str | None, tell: Tell) -> tuple[str, Selection | None]:
    tell(Reached(Station.SELECT))
    chosen, selection = choose(instruments.project(), name)
    tell(NamedByHand(chosen) if selection is None else drawn(instruments.project(), selection, instruments.plots))
    return chosen, selection


def _take_time(instruments: Instruments, entrant: TimedModel, environment: str, tell: Tell) -> None:
    project = instruments.project()
    if not latency_counts(project):
        tell(Skipped(Station.LATENCY, Why.OFF))
    elif raced_already(project, entrant, environment):
        tell(Skipped(Station.LATENCY, Why.DONE))
    else:
        tell(Reached(Station.LATENCY))
        check_latency(instruments, entrant, environment, tell)


def _delivered(instruments: Instruments, delivery: Delivery, judged: Judgement, tell: Tell) -> Delivery:
    instruments.registry_soon()
    project, runtime = instruments.project(), instruments.runtime(soon=True)
    # One process tells its versions to the release, and is asked beside the server.
    instruments = replace(instruments, runtime=lambda *, soon=False: runtime)  # noqa: ARG005 - the maker's signature
    tell(Reached(Station.RELEASE))
    release, folder = _sealed(instruments, judged, tell)
    made, prediction, registered = _proved_and_registered(instruments, folder, tell)
    tell(told(project, registered))
    tell(_whereabouts(instruments, delivery.verdict, release, registered))
    return replace(delivery, release=str(release.digest), registered=registered, package=made, prediction=prediction)


def _sealed(instruments: Instruments, judged: Judgement, tell: Tell) -> tuple[Release, Path]:
    """The release of this verdict, or the champion's where it serves the same content already."""
    project, verdict = instruments.project(), judged.verdict
    environment = verdict.environment
    champion = committed_champion(project, environment, instruments.repository())
    if champion is not None and champion.content == verdict.content:
        serving = release_of(project, verdict.content, champion, elsewhere(instruments))
        if serving is not None:
            tell(ServedAlready(environment, serving[0].version))
            return serving
    return seal_candidate(instruments, verdict.candidate.subject.candidate, tell, judged)


def _proved_and_registered(
    instruments: Instruments, folder: Path, tell: Tell
) -> tuple[Package, Prediction, Registered]:
    """Only what was seen to serve gets a name and a version; the registry does not wait for the server's end."""
    project = instruments.project()
    with ThreadPoolExecutor(1) as background, ExitStack() as served:
        tell(Reached(Station.PACKAGE))
        ready = served.enter_context(prepared(project, folder, instruments.packager(), instruments.repository()))
        tell(Packaged(ready.package))
        tell(Reached(Station.SERVE))
        running = served.enter_context(serve(project, ready.package, instruments.server(), "127.0.0.1", 0))
        made, prediction = _named(instruments, ready, running, tell)
        stopped = background.submit(served.pop_all().close)
        tell(Reached(Station.REGISTER))
        registered = register(project, folder, instruments.registry())
        stopped.result()
    return made, prediction, registered


def _named(instruments: Instruments, ready: Prepared, running: Running, tell: Tell) -> tuple[Package, Prediction]:
    """The package with its name, and what it answered: one that has its name is asked rows of every kind again."""
    project = instruments.project()
    if ready.proof is not None:
        prediction = prove(project, ready.folder, running, instruments.runtime())
        tell(Proved(prediction, running.url))
        return ready.package, prediction
    where, runtime, tables = ready.package.tag, instruments.runtime(), instruments.tables()
    answered = answers_as_judged(project, ready.release, ready.folder, running, where, runtime, tables)
    tell(Proved(answered.prediction, running.url))
    named = name(project, ready, answered, instruments.packager(), instruments.repository())
    tell(PackageNamed(named.package, named.proof))
    return named.package, answered.prediction


def _whereabouts(instruments: Instruments, verdict: Verdict, release: Release, registered: Registered) -> Delivered:
    project, repository = instruments.project(), instruments.repository()
    champions = committed_champions(project, repository).items()
    promotable = (name for name, champion in champions if champion is None or champion.content != release.content)
    root = project.layout.root
    return Delivered(
        build=project.layout.build.relative_to(root).as_posix(),
        version=release.version,
        candidate=verdict.candidate.subject.candidate,
        registry=told(project, registered).where if registered.where.startswith("sqlite:") else "",
        promotable=next(promotable, ""),
    )
