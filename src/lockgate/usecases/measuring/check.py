"""``lockgate check``: collect evidence of the kinds that are asked for. A check measures, and never decides."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from lockgate import __version__
from lockgate.domain.judging.deciding.registry import mode_of
from lockgate.domain.judging.gates.latency.gate import LATENCY
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.measuring import kinds as kinds_of_evidence
from lockgate.domain.measuring.kinds import OF_A_MODEL, OF_A_STAGE
from lockgate.errors import DataError, DocumentError, GateClosed, LockgateError, ModelError, Undecided
from lockgate.usecases.making.select import chosen
from lockgate.usecases.measuring import champion as asking
from lockgate.usecases.measuring import events
from lockgate.usecases.measuring.kinds import accuracy as measuring
from lockgate.usecases.measuring.kinds import latency
from lockgate.usecases.measuring.kinds.data import check_data
from lockgate.usecases.measuring.kinds.glassbox import check_reference
from lockgate.usecases.measuring.kinds.plugins import asks_others
from lockgate.usecases.measuring.methods import measured_here
from lockgate.usecases.measuring.model_checks import check_model
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import fetch_release
from lockgate.usecases.project.sources import judged_source
from lockgate.usecases.project.standing import as_tested
from lockgate.usecases.project.stored.elsewhere import elsewhere

OTHERS = "plugins"
"""What gates of others measure, those that the policy names under ``gates.plugins``."""
KINDS = ("tests", "champion", *(kind.name for kind in kinds_of_evidence.KINDS if kind.name != "tests"), OTHERS)
"""In the order in which they are collected."""


def check(
    instruments: Instruments, kinds: Sequence[str], candidate: str | None, environment: str | None, tell: Tell
) -> Mapping[str, object]:
    """The evidence by its kind, ``None`` where a champion or a time could not be asked for.

    Where the champion cannot be had, what else is wanted is collected, and then that is raised.
    Without ``kinds`` all are collected; of one candidate, or as a stage of dvc.yaml, those that a stage can make. The
    reference is then fitted where the policy asks for it alone.
    """
    project = instruments.project()
    of_a_stage = candidate is not None or instruments.stage() is not None
    wanted = kinds or ((*OF_A_STAGE, OTHERS) if of_a_stage else KINDS)
    if not kinds and not _asks_for_reference(project):
        wanted = [kind for kind in wanted if kind != "reference"]
    problems: list[LockgateError] = []
    found = dict(_collected(instruments, frozenset(wanted), candidate, environment, tell, problems))
    if problems:
        raise problems[0]
    return found


def _collected(
    instruments: Instruments,
    wanted: Collection[str],
    candidate: str | None,
    environment: str | None,
    tell: Tell,
    problems: list[LockgateError],
) -> Iterator[tuple[str, object]]:
    settings = instruments.project().settings
    of_a_model = [kind for kind in OF_A_MODEL if kind in wanted]
    others = OTHERS in wanted and asks_others(instruments.project())
    checks: Mapping[str, Callable[[], object]] = {
        "tests": lambda: check_tests(instruments, tell),
        "champion": lambda: _check_champion(instruments, settings.environment(environment), tell, problems),
        "data": lambda: _check_data(instruments, settings.candidate(candidate), tell),
        "latency": lambda: _check_latency(instruments, candidate, environment, tell),
        "reference": lambda: _check_reference(instruments, tell),
    }
    for kind in KINDS:
        if kind in checks and kind in wanted:
            yield kind, checks[kind]()
        elif kind == OF_A_MODEL[0] and (of_a_model or others):
            yield from check_model(instruments, settings.candidate(candidate), of_a_model, tell, others=others)


def check_tests(instruments: Instruments, tell: Tell) -> object:
    """Run the project's tests."""
    runner = instruments.test_runner()
    evidence = measuring.check_tests(instruments.project(), instruments.repository(), runner)
    tell(events.OwnTestsRan(evidence))
    return evidence


def tested_already(instruments: Instruments) -> bool:
    """Whether there is evidence of the tests on this source, as far as anybody reads it.

    Anything unreadable is collected again.
    """
    project = instruments.project()
    try:
        found = project.documents.read(project.layout.tests, TestsEvidence)
    except LockgateError:
        return False
    repository, log, lock = instruments.repository(), instruments.commit_log(), instruments.stage_lock()
    now = as_tested(project, repository, log, lock, judged_source(project, repository), found).source
    return found.source == now and measured_here(project, "tests", found.method)


def check_champion(instruments: Instruments, environment: str, tell: Tell) -> object:
    """Ask the environment's champion today's rows, where it was not asked before.

    Raises ``Undecided`` where its release cannot be had, ``ToolError`` or ``DiskFault`` where the store is silent.
    """
    project = instruments.project()
    if asking.asked_already(project, environment):
        tell(events.NothingToAsk(environment))
        _ask_anchor(instruments, environment, tell)
        return None
    runtime = instruments.runtime(soon=True)
    others = elsewhere(instruments)
    try:
        evidence = asking.ask_champion(
            project, environment, others, runtime, instruments.metrics(), instruments.tables()
        )
    except (DocumentError, GateClosed) as error:
        told = f"the champion of {environment} cannot be asked: {error.message}"
        raise Undecided(told, hint=error.hint) from error
    except (DataError, ModelError) as error:
        # The gate says what that means: nothing to compare with is undecided.
        tell(events.ChampionUnasked(environment, str(error)))
        return None
    if evidence is not None:
        tell(events.ChampionAsked(environment, evidence))
    _ask_anchor(instruments, environment, tell)
    return evidence


def anchor_asked_already(instruments: Instruments, environment: str) -> bool:
    """Whether no champion of before is to be asked today's rows."""
    others, tables = elsewhere(instruments), instruments.tables()
    return asking.unasked_champions(instruments.project(), environment, others, tables) == ((), "")


def _ask_anchor(instruments: Instruments, environment: str, tell: Tell) -> None:
    """Ask the anchor, where it is another release than the champion, and whoever may be it."""
    project, others = instruments.project(), elsewhere(instruments)
    unasked, problem = asking.unasked_champions(project, environment, others, instruments.tables())
    if problem:
        tell(events.AnchorUntold(environment, problem))
    for release in unasked:
        name, runtime = release.release.short, instruments.runtime(soon=True)
        try:
            found = asking.ask_release(project, release, others, runtime, instruments.metrics(), instruments.tables())
        except (DocumentError, GateClosed) as error:
            raise Undecided(
                f"the release {name}, a champion of {environment} before, cannot be asked: {error.message}",
                hint=error.hint,
            ) from error
        except (DataError, ModelError) as error:  # the gate says what that means
            tell(events.ChampionUnasked(environment, str(error), name))
            continue
        tell(events.AnchorAsked(environment, name, found))


def check_latency(instruments: Instruments, entrant: latency.TimedModel, environment: str, tell: Tell) -> object:
    """Take the time of the entrant beside the champion, in turns; alone where that one cannot be had, and say so."""
    project, runtime, champion = instruments.project(), instruments.runtime(soon=True), None
    try:
        if (named := champion_of(project, environment)) is not None:
            champion = fetch_release(project, named, elsewhere(instruments))
    except LockgateError as error:
        tell(events.ChampionUnasked(environment, str(error)))
    try:
        evidence = latency.take_times(project, entrant, champion, runtime, instruments.tables())
    except (DataError, ModelError) as error:
        # The gate says what that means: what was not measured is undecided.
        tell(events.Untimed(str(error)))
        return None
    tell(events.Timed(evidence))
    return evidence


def latency_counts(project: Project) -> bool:
    """Whether the policy limits the time of an answer."""
    return mode_of(project.settings.gates, LATENCY.name) != "off"


def _check_champion(instruments: Instruments, environment: str, tell: Tell, problems: list[LockgateError]) -> object:
    try:
        return check_champion(instruments, environment, tell)
    except LockgateError as error:
        problems.append(error)
        return None


def _check_latency(instruments: Instruments, candidate: str | None, environment: str | None, tell: Tell) -> object:
    project = instruments.project()
    entrant = latency.of_candidate(project, chosen(project, candidate)[0])
    return check_latency(instruments, entrant, project.settings.environment(environment), tell)


def _check_data(instruments: Instruments, name: str, tell: Tell) -> object:
    inputs, versions = instruments.plugin().inputs(), {"lockgate": __version__}
    evidence = check_data(instruments.project(), name, inputs, instruments.tables(), versions)
    tell(events.DataMeasured(evidence))
    return evidence


def _asks_for_reference(project: Project) -> bool:
    policy = project.settings.gates.explanation
    return policy is not None and policy.max_behind_reference is not None


def _check_reference(instruments: Instruments, tell: Tell) -> object:
    clock = instruments.clock()
    glassbox, inputs, started = instruments.glassbox(), instruments.plugin().inputs(), clock.seconds()
    evidence = check_reference(instruments.project(), inputs, glassbox, instruments.metrics(), instruments.tables())
    tell(events.ReferenceFitted(evidence, clock.seconds() - started))
    return evidence
