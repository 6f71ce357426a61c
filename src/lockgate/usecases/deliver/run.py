"""``lockgate run``, whole: what the checks measure with is renewed, and the stages that changed are reproduced."""

from lockgate.usecases.deliver.events import MethodsUnnamed
from lockgate.usecases.making import run as running
from lockgate.usecases.making.events import CandidateOut, NothingRan, StageEnded, StageSaid
from lockgate.usecases.making.prepare import check_settings
from lockgate.usecases.making.run import RunReport
from lockgate.usecases.measuring.renewal import renew_methods, unnamed_methods
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments


def run(instruments: Instruments, candidate: str | None, tell: Tell) -> RunReport:
    """As ``reproduce``, alone in this working copy."""
    with instruments.alone():
        settings = instruments.project().settings
        name = settings.candidate(candidate) if candidate else None
        return reproduce(instruments, name, instruments.repository().source().commit, tell)


def reproduce(instruments: Instruments, name: str | None, commit: str, tell: Tell) -> RunReport:
    """The stages of one candidate or of all, under one parent run of the tracker where something is trained."""
    project = instruments.project()

    def say(line: str) -> None:
        tell(StageSaid(line.replace(f"{project.layout.root}/", "")))

    renew_methods(project, instruments.stage_lock(), say)
    for edit in unnamed_methods(project, instruments.stage_lock()):
        tell(MethodsUnnamed(edit))
    report = running.run(
        instruments.pipeline(),
        project.settings.candidates,
        instruments.tracker(),
        commit,
        say,
        lambda stage: tell(StageEnded(stage)),
        name,
        lambda: _before_training(instruments),
    )
    if not report.ran:
        tell(NothingRan())
    for failed in report.failed:
        tell(CandidateOut(str(failed.candidate), failed.stage))
    return report


def _before_training(instruments: Instruments) -> None:
    """What is wrong with the plug-in, or with where it is tracked, is said before anything is begun."""
    instruments.tracking_store().look()
    check_settings(instruments.project(), instruments.plugin())
