"""The lineage of a release: everything and everybody that made it, each part by where it is read from."""

from dataclasses import dataclass, field
from typing import Any, Literal

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Waiver
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.lineage.environment_log import Stay
from lockgate.domain.source import Commit, Source


@dataclass(frozen=True)
class Doubt:
    """What cannot be confirmed: of which part, why, and what would help; ``help`` is empty where nothing is known."""

    about: str
    why: str
    help: str = ""


@dataclass(frozen=True)
class Asked:
    """What was asked: the reference as it was given, the environment that it is, and the moment, ISO 8601."""

    reference: str
    environment: str | None = None
    at: str | None = None


@dataclass(frozen=True)
class Code:
    """The commit that the release is of, with its author; ``None`` where this clone does not have it.

    ``source`` is what the release says. ``since`` is the commit of the champion that it was judged against, and
    ``commits`` are those since then, the newest first; ``None`` where there is no such champion, or it cannot be told.
    """

    source: Source
    commit: Commit | None = None
    since: str | None = None
    commits: tuple[Commit, ...] | None = None


@dataclass(frozen=True)
class Params:
    """The digest of ``params.yaml`` and the params that the stages behind the candidate read, by key."""

    digest: Digest
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """What built and judged: tools with their versions, and lock files of packages by their names.

    ``packages`` counts those of the serving environment, ``None`` where the release does not list them; ``builder`` is
    a URI of who sealed it, empty where it does not say.
    """

    tools: dict[str, str]
    locks: dict[str, Digest] = field(default_factory=dict)
    packages: int | None = None
    builder: str = ""


@dataclass(frozen=True)
class Data:
    """Data that no stage made, by DVC's hash: the ``.dvc`` file that names it in git, and where it was fetched from.

    ``remotes`` are DVC's names for where it is kept, with their addresses, those without a password.
    """

    path: str
    digest: str
    pointer: str = ""
    origin: str = ""
    remotes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StageRun:
    """A stage as it ran for this release: what it read and made, by DVC's hash, and when, where that is known.

    Times are ISO 8601, and known of trainings, which MLflow tracks; ``run`` is where to look at it.
    """

    name: str
    command: str
    reads: dict[str, str]
    makes: dict[str, str]
    params: dict[str, Any] = field(default_factory=dict)
    started_at: str | None = None
    ended_at: str | None = None
    run: str = ""


@dataclass(frozen=True)
class EvidenceFile:
    """A document that the verdict was drawn from, by its digest, and with which method it was measured."""

    kind: str
    digest: Digest
    method: str = ""
    tools: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """The verdict: what was decided, for which environment, against which champion, on which rows.

    ``findings`` counts them by outcome, and ``gates`` has the outcome of each gate that was asked.
    """

    digest: Digest
    outcome: str
    environment: str
    engine: str
    rows: Digest
    champion: Digest | None
    findings: dict[str, int]
    gates: dict[str, str] = field(default_factory=dict)
    off: tuple[str, ...] = ()


@dataclass(frozen=True)
class UsedWaiver:
    """A waiver that let a gate pass, and the commit that brought it into git; ``None`` where none here did."""

    waiver: Waiver
    commit: Commit | None = None


@dataclass(frozen=True)
class Approval:
    """A tag that says it approves this release for an environment, and whether it counts by the policy of now.

    ``valid`` is ``None`` where that cannot be told, and ``why`` says why it does not count, or cannot be told.
    ``person`` is who approves, empty where no known key has signed it; ``signer`` is another one who signed it for that
    person, and ``key`` the fingerprint of the key. ``tagger`` is who set the tag by its own words, ``tagged_at`` when,
    ISO 8601.
    """

    environment: str
    person: str
    tag: str
    tagged_at: str
    valid: bool | None = None
    why: str = ""
    signer: str = ""
    key: str = ""
    tagger: str = ""


@dataclass(frozen=True)
class Approved:
    """Whether the approvals that are here suffice, together, by the rule that a commit has for an environment.

    ``commit`` is that of the promotion, or the newest of the branch where there was none. ``counted`` persons approved,
    of ``needed``, which is 0 where the commit demands none. ``suffices`` is ``None`` where that cannot be told, and
    ``why`` says why it cannot, or what is missing.
    """

    environment: str
    commit: str
    needed: int
    counted: int
    suffices: bool | None
    why: str = ""


@dataclass(frozen=True)
class RegisteredVersion:
    """A version in MLflow that holds this release, or one of the same content; its aliases."""

    name: str
    version: str
    where: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Served:
    """A time in which an environment named this release."""

    environment: str
    stay: Stay


@dataclass(frozen=True)
class ReleaseLineage:
    """All of it. A part is ``None`` or empty where nothing could be read, and then a doubt says why.

    ``where`` the bundle was read from; ``verified`` is ``None`` where there is no bundle to verify.
    """

    asked: Asked
    release: ReleaseReference | None
    where: str = ""
    verified: bool | None = None
    candidate: str = ""
    code: Code | None = None
    params: Params | None = None
    environment: Environment | None = None
    data: tuple[Data, ...] = ()
    stages: tuple[StageRun, ...] = ()
    evidence: tuple[EvidenceFile, ...] = ()
    verdict: Judged | None = None
    waivers: tuple[UsedWaiver, ...] = ()
    signature: str = ""
    approvals: tuple[Approval, ...] = ()
    approved: tuple[Approved, ...] = ()
    registered: tuple[RegisteredVersion, ...] = ()
    served: tuple[Served, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    schema: Literal["lockgate/lineage/1"] = "lockgate/lineage/1"
