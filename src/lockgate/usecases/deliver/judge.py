"""``lockgate gate``, whole: the candidate that wins, or that was named, is judged, and its pages are drawn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.task_fit import unfit
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.making.selection import Selection
from lockgate.errors import SettingsError
from lockgate.usecases.deliver.events import Judged
from lockgate.usecases.judging.gate import Judgement, begin, forget, gate, try_gate
from lockgate.usecases.making.events import Competed
from lockgate.usecases.making.select import chosen
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.reviewing.verdict_pages import draw_pages

FIT = "it must fit `tables` of params.yaml"


def judge(instruments: Instruments, candidate: str | None, environment: str | None, tell: Tell) -> Verdict:
    """The verdict of today; that of before is forgotten first."""
    project = begin_judging(instruments, candidate, environment)
    name, selection = _chosen(project, candidate, tell)
    return judge_and_tell(instruments, name, project.settings.environment(environment), selection, tell).verdict


def judge_by(
    instruments: Instruments, policy: Path, candidate: str | None, environment: str | None, tell: Tell
) -> Verdict:
    """The verdict by the policy of another file, which opens no gate: nothing is written, and none is forgotten."""
    tried = under_policy(instruments, policy)
    project = tried.project()
    name, selection = _chosen(project, candidate, tell)
    judged = try_gate(tried, name, project.settings.environment(environment), selection)
    tell(Judged(judged.verdict, f"lockgate gate -v --policy {policy}", str(policy), judged.unread))
    return judged.verdict


def begin_judging(instruments: Instruments, candidate: str | None, environment: str | None = None) -> Project:
    """The project, ready for a verdict of today."""
    layout, store = instruments.layout, instruments.store()
    return begin(layout, store, instruments.repository(), instruments.project, candidate, environment)


def judge_and_tell(
    instruments: Instruments, name: str, environment: str, selection: Selection | None, tell: Tell
) -> Judgement:
    """The verdict on that candidate, with its pages. Where a page cannot be drawn, no verdict is left to be read."""
    project = instruments.project()
    judged = gate(instruments, name, environment, selection)
    try:
        page = draw_pages(project, judged, instruments.tables(), instruments.reports())
    except BaseException:
        forget(project.layout, project.store)
        raise
    tell(Judged(judged.verdict, page, unread=judged.unread))
    return judged


def under_policy(instruments: Instruments, path: Path) -> Instruments:
    """The same with the project as it would be under the policy of another file."""
    project = instruments.project()
    if not project.store.has(path):
        raise SettingsError(f"{path}: missing", hint="--policy names a YAML file with `gates:` as in params.yaml")
    policy = project.documents.read_settings(path, Policy, section="gates")
    written, tables = project.documents.read_settings(path, dict[str, Any]), project.settings.tables
    if problems := [*unfit(tables.task, policy, written.get("gates"), tables.quantiles)]:
        told = "\n".join(f"{project.documents.line(path, place)}: {message}" for place, message in problems)
        raise SettingsError(told, hint=FIT)
    try:
        settings = replace(project.settings, gates=policy)
    except ValueError as error:  # it has no forecast for a skill, say
        raise SettingsError(f"{path}: {error}", hint=FIT) from error
    changed = instruments.gates_of(replace(project, settings=settings), path)
    return replace(instruments, project=lambda: changed)


def _chosen(project: Project, candidate: str | None, tell: Tell) -> tuple[str, Selection | None]:
    name, selection = chosen(project, candidate)
    if selection is not None:
        tell(Competed(selection))
    return name, selection
