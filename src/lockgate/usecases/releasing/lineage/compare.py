"""``lockgate diff``: what two releases do not have alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.model.candidate import SIGNATURE
from lockgate.domain.model.signature import Signature
from lockgate.domain.project.layout import Layout
from lockgate.domain.releasing.bundle_files import SBOM
from lockgate.domain.releasing.lineage.difference import (
    Change,
    CodeDifference,
    ReleaseDifference,
    Side,
    changes,
    column_changes,
    finding_changes,
    flat,
    measure_changes,
    policy_changes,
)
from lockgate.domain.releasing.lineage.document import Doubt
from lockgate.domain.releasing.release import Provenance, sealed
from lockgate.errors import DocumentError, LockgateError
from lockgate.ports import CommitLog
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.releasing.lineage.asked import answer
from lockgate.usecases.releasing.lineage.code import UNSHALLOW
from lockgate.usecases.releasing.lineage.found_release import FoundRelease, raw_json

POLICY = "gates"
"""The part of ``params.yaml`` that is told as policy, from the verdicts."""


@dataclass(frozen=True)
class _Bundle:
    """One of the two, with what must be there to compare it."""

    side: Side
    folder: Path
    verdict: Verdict
    provenance: Provenance | None
    doubts: tuple[Doubt, ...]


def compare(instruments: Instruments, first: str, second: str) -> ReleaseDifference:
    """What changed from the first to the second. Raises ``DocumentError`` where one of them cannot be read here."""
    project, log = instruments.project(), instruments.commit_log()
    ours, theirs = _bundle(instruments, first), _bundle(instruments, second)
    doubts = [*ours.doubts, *theirs.doubts]
    then, now = ours.verdict, theirs.verdict
    signatures = [project.documents.read(each.folder / SIGNATURE, Signature) for each in (ours, theirs)]
    same_rows = then.candidate.subject.data == now.candidate.subject.data
    if not same_rows:
        doubts.append(Doubt("measures", "they were judged on other held-out rows: their measures do not compare"))
    return ReleaseDifference(
        ours.side,
        theirs.side,
        then.content == now.content,
        same_rows,
        data=_data(instruments.layout, ours.provenance, theirs.provenance),
        params=_params(instruments, ours, theirs, doubts),
        code=_code(log, then.source.commit, now.source.commit, doubts),
        policy=tuple(policy_changes(then.policy, now.policy)),
        measures=tuple(measure_changes(then.findings, now.findings)),
        importances=changes(*(_importances(instruments, each) for each in (ours, theirs))),
        findings=tuple(finding_changes(then.findings, now.findings)),
        packages=changes(*(_packages(instruments, each) for each in (ours, theirs))),
        columns=column_changes(*signatures),
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _bundle(instruments: Instruments, reference: str) -> _Bundle:
    answered = answer(instruments, reference, None)
    found: FoundRelease | None = answered.found
    if found is None:
        raise DocumentError(f"{reference} names no release", hint="there are: lockgate store list")
    if found.folder is None or found.verdict is None:
        why = found.doubts[0] if found.doubts else Doubt("release", "it cannot be read")
        raise DocumentError(f"release {found.reference.release.short} of {reference}: {why.why}", hint=why.help)
    doubts = tuple(
        Doubt(f"{reference}: {each.about}", each.why, each.help) for each in found.doubts if each.about != "store"
    )
    side = Side(reference, found.reference, found.where, found.verdict.candidate.subject.candidate)
    return _Bundle(side, found.folder, found.verdict, found.provenance, doubts)


def _data(layout: Layout, first: Provenance | None, second: Provenance | None) -> tuple[Change, ...]:
    """Every file that stages read or made, by DVC's hash, but for what they made of a candidate: that is no data."""
    if first is None or second is None:
        return ()
    made = f"{layout.candidate(layout.root.name).root.parent.relative_to(layout.root).as_posix()}/"
    ours, theirs = (
        {name: str(found) for name, found in side.data.items() if not name.startswith(made)} for side in (first, second)
    )
    return changes(ours, theirs)


def _params(instruments: Instruments, first: _Bundle, second: _Bundle, doubts: list[Doubt]) -> tuple[Change, ...]:
    """Each key of ``params.yaml`` that differs; the policy is told apart. The files are those of the two commits."""
    told = [each.provenance.params if each.provenance else None for each in (first, second)]
    if told[0] == told[1]:
        return ()
    trees = [_tree(instruments, each) for each in (first, second)]
    if missing := [each.side.reference for each, tree in zip((first, second), trees, strict=True) if tree is None]:
        why = f"they differ; this clone does not have the params.yaml of {' and '.join(missing)}"
        doubts.append(Doubt("params", why, UNSHALLOW if instruments.commit_log().shallow() else "git fetch --all"))
        return ()
    ours, theirs = (
        {name: value for name, value in flat(tree).items() if name.partition(".")[0] != POLICY} for tree in trees
    )
    return changes(ours, theirs)


def _tree(instruments: Instruments, bundle: _Bundle) -> Mapping[str, Any] | None:
    """The params of a release's commit, where they are those that it was made with."""
    if bundle.provenance is None:
        return None
    content = instruments.commit_log().content_at(bundle.verdict.source.commit, instruments.layout.params)
    if content is None:
        return None
    tree = instruments.past_stages().tree(content)
    return tree if isinstance(tree, Mapping) else None


def _code(log: CommitLog, first: str, second: str, doubts: list[Doubt]) -> CodeDifference | None:
    if first == second:
        return None
    if missing := [each[:12] for each in (first, second) if log.commit(each) is None]:
        why = f"this clone does not have commit {' and '.join(missing)}"
        doubts.append(Doubt("code", why, UNSHALLOW if log.shallow() else "git fetch --all --tags"))
        return CodeDifference(first, second)
    if log.shallow():
        doubts.append(Doubt("code", "a shallow clone may not have all commits between them", UNSHALLOW))
    return CodeDifference(
        first, second, log.commits(second, first), log.commits(first, second), log.differing(first, second)
    )


def _importances(instruments: Instruments, bundle: _Bundle) -> dict[str, float]:
    """The share of each column in what shuffling columns changes, 0 to 1; empty without evidence on explanation."""
    project = instruments.project()
    try:
        found = project.documents.read(bundle.folder / sealed("explanation"), ExplanationEvidence)
    except LockgateError:
        return {}
    return {each.column: each.share for each in found.importances if each.share is not None}


def _packages(instruments: Instruments, bundle: _Bundle) -> dict[str, str]:
    """The packages of the serving environment, by the release's bill of materials, and the tools that judged."""
    tools = bundle.provenance.tools if bundle.provenance else {}
    found = {f"tool {name}": version for name, version in tools.items()}
    components = raw_json(instruments.project(), bundle.folder / SBOM).get("components")
    for each in components if isinstance(components, list) else ():
        if isinstance(each, dict) and "name" in each:
            found[str(each["name"])] = str(each.get("version", ""))
    return found
