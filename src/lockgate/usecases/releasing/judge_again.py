"""What is judged again before it is sealed, from evidence, policy and source as they are: no verdict is believed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lockgate.domain.judging.deciding.policy_changes import policy_changes
from lockgate.domain.judging.deciding.verdict import ENGINE, Verdict
from lockgate.domain.judging.deciding.verdict_differences import differences
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.anchor import Anchor
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import demand_passed
from lockgate.errors import Refused, Undecided
from lockgate.ports import Runtime
from lockgate.usecases.judging.gate import Judgement, judge, try_gate
from lockgate.usecases.making.select import standings
from lockgate.usecases.measuring.asked_again import (
    Asking,
    ask_case_again,
    demand_recorded,
    held_out_rows,
    metric_again,
)
from lockgate.usecases.measuring.champion import read_anchor
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.committed_files import demand_committed
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project, read_candidate
from lockgate.usecases.project.release_folders import fetch_release
from lockgate.usecases.project.standing import changed_since
from lockgate.usecases.project.stored.elsewhere import Elsewhere, elsewhere
from lockgate.usecases.project.valid_documents import read_if_sound
from lockgate.usecases.releasing.recorded_results import demand_committed_results

AGAIN = "judge it again: lockgate gate"


def judge_candidate_again(
    instruments: Instruments,
    name: str | None,
    runtime: Runtime,
    judged: Judgement | None = None,
    sealed: Callable[[Verdict], bool] = lambda _: False,
) -> Verdict:
    """The verdict that lies here, once it is what evidence, policy and source give now, and today's answers pass too.

    ``judged`` is what this process has just drawn of them. ``sealed`` says whether a signed release has this verdict,
    and so all this evidence: what was measured again for that is not once more, and the models are asked all the same.
    Raises ``Refused`` or ``Undecided`` with what they really give, or with what has changed since the verdict.
    """
    project = instruments.project()
    drawn = project.documents.read(project.layout.verdict, Verdict)
    name = name or drawn.candidate.subject.candidate
    demand_passed(drawn, read_candidate(project, name).content)
    demand_decided(instruments, drawn)
    if judged is None:
        demand_committed_results(instruments)
        _demand_same_ground(instruments, drawn)
        selection = None if drawn.selection is None else standings(project)
        judged = try_gate(instruments, name, drawn.environment, selection)
    _demand_same(project, drawn, judged.verdict)
    demand_recorded(project, drawn.candidate.subject.data, instruments.stage_lock())
    export = project.layout.candidate(name).export
    case = answered_again(instruments, judged.case, export, runtime, all_evidence=not sealed(drawn))
    if not _same_answers(judged.case, case):
        _demand_still(judge(project, case, instruments.clock().today()), "asked again")
    return drawn


def _same_answers(judged: Case, again: Case) -> bool:
    """Whether the same would be judged once more, to the last bit."""
    pairs = [(judged.evidence, again.evidence)]
    if judged.champion is not None and again.champion is not None:
        pairs.append((judged.champion.evidence, again.champion.evidence))
    if not _same_anchor(judged, again, pairs):
        return False
    return all(_alike(kept, asked) for kept, asked in pairs)


def _same_anchor(judged: Case, again: Case, pairs: list[tuple[Evidence, Evidence]]) -> bool:
    """Whether it is the same release; its answers are compared with the others'."""
    ours, theirs = judged.anchor, again.anchor
    if ours is None or theirs is None or ours.absent or theirs.absent:
        return ours is theirs
    if ours.model is not None and again.champion is not None and theirs.release != again.champion.release:
        pairs.append((ours.evidence, theirs.evidence))
    return ours.release == theirs.release


def _alike(kept: Evidence, asked: Evidence) -> bool:
    if asked.contradiction or kept.scores is None or asked.scores is None:
        return False
    told, explained = kept.of(ExplanationEvidence), asked.of(ExplanationEvidence)
    if (told and told.importances) != (explained and explained.importances):
        return False
    ours, theirs = kept.scores.sample, asked.scores.sample
    return (
        ours.same_truth(theirs)
        and ours.same_answers(theirs)
        and kept.scores.columns.keys() == asked.scores.columns.keys()
    )


def answered_again(
    instruments: Instruments, case: Case, export: Path, runtime: Runtime, *, all_evidence: bool = False
) -> Case:
    """The case with what the models of candidate, champion and anchor answer now to the rows, each by its hash.

    With ``all_evidence`` the candidate's other evidence is measured again too, which takes seconds more.
    """
    project, environment = instruments.project(), case.environment
    rows = held_out_rows(project, case.subject.data)
    asking = Asking(project, runtime, instruments.tables(), rows, all_evidence)
    named, champion, others = champion_of(project, environment), None, elsewhere(instruments)
    if named is not None and case.champion is not None and case.champion.model is not None:
        champion = fetch_release(project, named, others)
    anchor = _anchor_again(asking, case, others)
    beside = None
    if anchor is not None and anchor.model is not None and (named is None or anchor.release != named.release):
        beside = project.releases.open(anchor.release.short)
    return ask_case_again(asking, replace(case, anchor=anchor), export, champion, beside)


def _anchor_again(asking: Asking, case: Case, others: Elsewhere) -> Anchor | None:
    """Which release is the anchor, by no answers that lie here: one without today's metric is asked for it."""
    project = asking.project
    metric = project.metric

    def asked(release: ReleaseReference) -> float | None:
        folder = fetch_release(project, release, others)
        return None if metric is None else metric_again(asking, release.release.short, folder, metric)

    return read_anchor(project, case.environment, case.champion, others, asking.tables, asked)


def demand_decided(instruments: Instruments, drawn: Verdict) -> None:
    """Raise unless git has what decides as it is here, and the verdict was drawn by the same policy and rules."""
    project, layout = instruments.project(), instruments.layout
    service = project.store.find(layout.root / project.settings.service, "**/*")
    deciding = (layout.params, layout.waivers, layout.environment(drawn.environment))
    why = "a release records the params that are committed"
    demand_committed(layout, instruments.repository(), why, *deciding)
    why = "a release is served by the service that is committed"
    served = [path for path in service if "__pycache__" not in path.parts]
    demand_committed(layout, instruments.repository(), why, *served)
    if drawn.engine != ENGINE:
        raise Undecided(f"the verdict was drawn by the rules of version {drawn.engine}, these are {ENGINE}", hint=AGAIN)
    if changed := [*map(str, policy_changes(drawn.policy, project.settings.gates))]:
        raise Undecided(
            f"the verdict was drawn by another policy; since then has changed {listed(changed)}", hint=AGAIN
        )


def _demand_same_ground(instruments: Instruments, drawn: Verdict) -> None:
    """Raise ``Undecided`` where commits since the verdict changed what stages, tests or the policy may read."""
    project, repository, log = instruments.project(), instruments.repository(), instruments.commit_log()
    there, head = drawn.source.commit[:12], repository.head()
    tests = read_if_sound(project, project.layout.tests, TestsEvidence)
    since = changed_since(project, repository, instruments.stage_lock(), drawn.source.commit, tests)
    if since is None or not log.is_ancestor(drawn.source.commit, "HEAD"):
        shallow = "; this clone is shallow: git fetch --unshallow" if log.shallow() else ""
        raise Undecided(
            f"the verdict is of the commit {there}, which is not in the history of {head[:12]}{shallow}",
            hint="deliver this commit: lockgate deliver",
        )
    if since.read:
        raise Undecided(
            f"the verdict is of the commit {there}, and commits since then changed {listed(since.read)}",
            hint="deliver this commit: lockgate deliver",
        )


def _demand_same(project: Project, drawn: Verdict, again: Verdict) -> None:
    """Raise unless the verdict says what evidence, policy and source give now."""
    _demand_still(again, "judged again")
    path = project.layout.verdict.relative_to(project.layout.root)
    if different := next(differences(drawn, again), ""):
        raise Undecided(f"{path} is not what evidence, policy and source give: {different}", hint=AGAIN)


def _demand_still(verdict: Verdict, how: str) -> None:
    if verdict.outcome is not Outcome.PASSED:
        kind = Refused if verdict.outcome is Outcome.REFUSED else Undecided
        reasons = listed((f"{f.gate}: {f.message}" for f in verdict.blocking), "; ")
        remedies = listed(dict.fromkeys(f.remedy for f in verdict.blocking if f.remedy), "; ")
        raise kind(
            f"the verdict says passed; {how}, {verdict.content.short} is {verdict.outcome}: {reasons}",
            hint=remedies or AGAIN,
        )
