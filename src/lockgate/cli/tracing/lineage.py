"""The lineage of a release on the console: a tree, in the order of the way."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lockgate.cli.tracing.tree import Doubts, Node, drawn, marked
from lockgate.domain.names import listed
from lockgate.domain.releasing.lineage.document import (
    Approval,
    Approved,
    Code,
    Data,
    Environment,
    Judged,
    RegisteredVersion,
    ReleaseLineage,
    Served,
    StageRun,
    UsedWaiver,
)
from lockgate.domain.source import Commit

SHORT = 12
COMMITS = 10


def lineage_lines(told: ReleaseLineage) -> Iterator[str]:
    """Line by line; what cannot be confirmed is marked with ``?``, with why and what would help."""
    doubts = Doubts([*told.doubts])
    asked = told.asked
    then = f" at {asked.at}" if asked.at else ""
    if told.release is None:
        yield f"{asked.reference}{then} named no release"
    else:
        named = f", named by {asked.environment}{then or ' now'}" if asked.environment else ""
        yield f"{told.release.name} {told.release.release.short}{named}"
    nodes = [doubts.marked(node) for node in _nodes(told)]
    yield from drawn([*nodes, *(Node(f"{each.about}: {marked(each)}") for each in doubts.left)])


def _nodes(told: ReleaseLineage) -> Iterator[Node]:
    if told.release is None:
        return
    yield _release(told)
    yield from _made_of(told)
    yield from _judged_by(told)
    if any(each.about == "store" for each in told.doubts):
        yield Node("store", about="store")
    approvals = [*map(_approval, told.approvals), *map(_approved, told.approved)]
    yield _listed("approvals", approvals, "none here")
    yield _listed("registered", [_registered(each) for each in told.registered], "not in an MLflow of this clone")
    yield _listed("served", [_served(each) for each in told.served], "nowhere, by this history")


def _listed(what: str, nodes: Sequence[Node], none: str) -> Node:
    return Node(what if nodes else f"{what}: {none}", nodes, what)


def _made_of(told: ReleaseLineage) -> Iterator[Node]:
    if told.code is not None:
        yield _code(told.code)
    if told.params is not None:
        values = [Node(f"{key}: {_value(value)}") for key, value in told.params.values.items()]
        yield Node(f"params: {told.params.digest}", values, "params")
    if told.environment is not None:
        yield _environment(told.environment)
    if told.data:
        yield Node("data", [_data(each) for each in told.data])
    if told.params is not None:
        yield _listed("stages", [_stage(each) for each in told.stages], "not known")


def _judged_by(told: ReleaseLineage) -> Iterator[Node]:
    if told.evidence:
        below = [Node(f"{each.kind}: {each.digest}") for each in told.evidence]
        yield Node(f"evidence: {len(below)} documents", below)
    if told.verdict is not None:
        yield _verdict(told, told.verdict)


def _approval(approval: Approval) -> Node:
    held = {True: "counts", False: "does not count", None: "cannot be checked here"}[approval.valid]
    why = f": {approval.why}" if approval.why else ""
    by = f", recorded by {approval.signer}" if approval.signer else ""
    who = f"{approval.person}{by}" if approval.person else f"nobody known, tagged by {approval.tagger or 'nobody'}"
    below = [Node(f"tag {approval.tag}"), *([Node(f"key {approval.key}")] if approval.key else [])]
    when = approval.tagged_at or "a time that is not told"
    return Node(f"{approval.environment}: {who}, {when}, {held}{why}", below, f"approval: {approval.tag}")


def _approved(approved: Approved) -> Node:
    rule = f"{approved.environment}, by the rule of commit {approved.commit[:12]}"
    if approved.suffices is None:
        return Node(f"{rule}: not known whether they suffice: {approved.why}")
    if not approved.needed:
        return Node(f"{rule}: none is demanded")
    told = f"{approved.counted} of {approved.needed}"
    return Node(f"{rule}: {told}, they suffice" if approved.suffices else f"{rule}: {told}: {approved.why}")


def _registered(version: RegisteredVersion) -> Node:
    aliases = f", {listed(version.aliases)}" if version.aliases else ""
    return Node(f"{version.name} version {version.version} in {version.where}{aliases}")


def _release(told: ReleaseLineage) -> Node:
    named = told.release
    if named is None:
        return Node("no release")
    below = [Node(f"content {named.content}")]
    below += [Node(f"signature: {told.signature}", about="signature")] if told.signature else []
    sound = {True: ", verified", False: ", does not verify", None: ""}[told.verified]
    where = f", in {told.where}{sound}" if told.where else ""
    return Node(f"release {named.release}{where}", below, "release")


def _code(code: Code) -> Node:
    told = _commit(code.commit) if code.commit else f"{code.source.commit[:SHORT]} of {code.source.committed_at}"
    return Node(f"code: commit {told}", [*_since(code)], "source")


def _since(code: Code) -> Iterator[Node]:
    if code.since is None:
        return
    if code.commits is None:
        yield Node(f"commits since the champion's {code.since[:SHORT]}: not known", about="commits")
        return
    below = [Node(_commit(each)) for each in code.commits[:COMMITS]]
    below += [Node(f"and {len(code.commits) - COMMITS} more: --json has all")] if len(code.commits) > COMMITS else []
    yield Node(f"{len(code.commits)} commits since the champion's {code.since[:SHORT]}", below, "commits")


def _environment(environment: Environment) -> Node:
    below = [Node(f"{name}: {digest}") for name, digest in environment.locks.items()]
    below += [Node(f"{environment.packages} packages to serve with")] if environment.packages else []
    below += [Node(f"sealed by {environment.builder}")] if environment.builder else []
    return Node(f"environment: {_pairs(environment.tools)}", below, "environment")


def _data(data: Data) -> Node:
    pointed = f", named by {data.pointer}" if data.pointer else ""
    origin = f", from {data.origin}" if data.origin else ""
    kept = "".join(f", kept in {name}{f' ({where})' if where else ''}" for name, where in data.remotes.items())
    return Node(f"{data.path}: md5 {data.digest}{pointed}{origin}{kept}", about=f"data: {data.path}")


def _stage(run: StageRun) -> Node:
    times = f", {run.started_at} to {run.ended_at or 'not known'}" if run.started_at else ""
    below = [Node(f"reads {path}: {found or 'no hash'}") for path, found in run.reads.items()]
    below += [Node(f"makes {path}: {found or 'no hash'}") for path, found in run.makes.items()]
    below += [Node(run.run)] if run.run else []
    return Node(f"{run.name}: {run.command}{times}", below, f"stage: {run.name}")


def _verdict(told: ReleaseLineage, verdict: Judged) -> Node:
    against = f"against champion {verdict.champion.short}" if verdict.champion else "without a champion"
    below = [
        Node(f"{told.candidate}, on rows {verdict.rows}"),
        Node(", ".join(f"{count} {outcome}" for outcome, count in verdict.findings.items())),
    ]
    below += [Node(f"off: {', '.join(verdict.off)}")] if verdict.off else []
    below += [_waiver(each) for each in told.waivers]
    what = f"verdict: {verdict.outcome} for {verdict.environment}, {against}, engine {verdict.engine}"
    return Node(f"{what}, {verdict.digest}", below, "verdict")


def _waiver(used: UsedWaiver) -> Node:
    waiver = used.waiver
    until = f"until {waiver.expires}" if waiver.expires else "without a date"
    by = [Node(f"commit {_commit(used.commit)}")] if used.commit else []
    return Node(f"waiver for {waiver.gate} by {waiver.name}, {until}: {waiver.reason}", by, f"waiver: {waiver.gate}")


def _served(served: Served) -> Node:
    stay = served.stay
    until = f"until {stay.until.committed_at}" if stay.until else "until now"
    below = [Node(f"{stay.how} by {stay.by.author} <{stay.by.email}>, commit {stay.by.short}: {stay.by.subject}")]
    below += [Node(f"why: {stay.reason}")] if stay.reason else []
    below += [Node(f"? {doubt}") for doubt in stay.doubts]
    return Node(f"{served.environment}, from {stay.since.committed_at} {until}", below)


def _commit(commit: Commit) -> str:
    return f"{commit.short} of {commit.committed_at} by {commit.author} <{commit.email}>: {commit.subject}"


def _pairs(named: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in named.items())


def _value(value: Any) -> str:
    return str(value) if isinstance(value, int | float | bool) or value is None else repr(value)
