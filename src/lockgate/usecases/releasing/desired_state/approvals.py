"""Who has approved a release for an environment, by the policy and the keys of the branch that the change goes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.project.settings import Settings
from lockgate.domain.releasing.approving.approval import Approval, Asked, Tag, look_at
from lockgate.domain.releasing.approving.decision import Approved, decide_approvals, revoked_keys
from lockgate.domain.releasing.approving.rule import ApprovalRule, names_of
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import VERDICT, Release
from lockgate.domain.reviewing.commit_messages import PROMOTION, ROLLBACK
from lockgate.errors import Refused, SettingsError, SourceError
from lockgate.ports import Commit, CommitLog, Signers
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.release_folders import fetch_release
from lockgate.usecases.project.stored.elsewhere import elsewhere
from lockgate.usecases.releasing.desired_state.target import Target

FETCH = "git fetch origin 'refs/tags/lockgate/*:refs/tags/lockgate/*'"


@dataclass(frozen=True)
class Authority:
    """What decides on approvals, as a commit of the target has it: the rule, and whose keys are known or revoked.

    ``rule`` is ``None`` where the policy demands no approval for the environment.
    """

    rule: ApprovalRule | None
    signers: Signers
    revoked: Mapping[str, str]


def asked_of(release: Release, environment: str) -> Asked:
    """What an approval of a release for that environment must be of."""
    reference = ReleaseReference(release.name, release.digest, release.content)
    return Asked(environment, reference, release.verdict.source.commit)


def demand_approvals(instruments: Instruments, release: Release, environment: str, target: Target) -> tuple[str, ...]:
    """Raise ``Refused`` unless those approve whom the policy demands; who they are, in words.

    Where the change is pushed, the approvals that `origin` has are fetched: for everybody else they alone are there.
    """
    authority = authority_of(instruments, environment, target)
    if authority.rule is None:
        return ()
    asked = asked_of(release, environment)
    moved = instruments.signed_tags().fetch(asked.prefix) if target.branch else ()
    champion = champion_of(instruments.project(), environment)
    approved = approvals_of(instruments, release, environment, authority, champion, moved)
    if not approved.missing:
        return tuple(map(str, approved.counted))
    others = [f"{each.tag} does not count: {each.problem}" for each in approved.others]
    ask = f"have it approved: lockgate approve {release.version} --environment {environment} --push"
    raise Refused(
        "\n  ".join([f"{approved.missing} (the policy is that of {target.name})", *others]),
        hint=ask if target.branch else f"{ask}; to have what others approved: {FETCH}",
    )


def approvals_of(
    instruments: Instruments,
    release: Release,
    environment: str,
    authority: Authority,
    champion: ReleaseReference | None,
    moved: tuple[str, ...] = (),
) -> Approved:
    """Every approval of a release for an environment, each with why it does not count where it does not.

    ``champion`` is what the environment names when the release is promoted: what is new since then has its authors.
    ``moved`` are tags that `origin` has otherwise. Where the policy demands none, nothing is missing.
    """
    asked, rule = asked_of(release, environment), authority.rule
    looked = [look_here(instruments, asked, tag, authority) for tag in instruments.signed_tags().find(asked.prefix)]
    why = "origin has another tag of this name: one of them was moved"
    looked = [replace(each, problem=why) if each.tag in moved else each for each in looked]
    authors = frozenset[str]()
    if rule is not None and rule.second_person:
        authors = _authors(instruments, release, champion)
    approved = decide_approvals(asked, rule or ApprovalRule(), looked, authors)
    return replace(approved, missing="") if rule is None else approved


def look_here(instruments: Instruments, asked: Asked, tag: Tag, authority: Authority) -> Approval:
    """A tag as an approval: git verifies its signature by the target's signers alone."""
    signature = instruments.signed_tags().signature(tag, authority.signers)
    return look_at(asked, tag, signature, authority.revoked, authority.rule or ApprovalRule())


def authority_of(instruments: Instruments, environment: str, target: Target) -> Authority:
    """What decides for that environment, as the target has it: never what the change that asks says of it.

    Raises ``SettingsError`` for a file there that cannot be read, ``SourceError`` where there is no policy at all.
    """
    project, log = instruments.project(), instruments.commit_log()
    layout = project.layout
    params, allowed, keys, listed = (
        log.content_at(target.revision, path)
        for path in (layout.params, layout.allowed_signers, layout.allowed_keys, layout.revoked_signers)
    )
    if params is None:
        raise SourceError(f"{target.name} has no params.yaml, so no policy", hint="commit it, and push it")
    try:
        settings = project.documents.parse_settings(params, "params.yaml", Settings)
        revoked = revoked_keys((listed or b"").decode())
    except SettingsError as error:
        raise SettingsError(f"{target.name}: {error.message}", hint=error.hint) from error
    except ValueError as error:
        raise SettingsError(f"deploy/revoked_signers of {target.name}: {error}", hint="a key a line") from error
    return Authority(settings.approvals.get(environment), Signers(allowed or b"", keys or b""), revoked)


def _authors(instruments: Instruments, release: Release, champion: ReleaseReference | None) -> frozenset[str]:
    """The names of whoever wrote what is new in a release's source: since the champion's, or ever where none is had.

    Commits of desired state made no model. Raises ``SourceError`` where this clone does not have them all.
    """
    log, source = instruments.commit_log(), release.verdict.source.commit
    since = None if champion is None else _source_of(instruments, champion)
    commits = log.commits(source, since if since and log.resolve(since) else None) if log.resolve(source) else ()
    if not _all_here(log, source, since, commits):
        raise SourceError(
            f"this clone does not have the commits from which {release.name} {release.version} was made",
            hint="they say who wrote the model: git fetch --unshallow, or git fetch",
        )
    own = log.commit(source)
    wrote = [each for each in commits if not _of_state(instruments, each)] or ([own] if own else [])
    return frozenset[str]().union(*(names_of(each.author, each.email) for each in wrote))


def _all_here(log: CommitLog, source: str, since: str | None, commits: Sequence[Commit]) -> bool:
    """Whether these are all of a source that another one does not have; where a shallow clone ends, there may be more.

    Without another one they are all of history.
    """
    if log.resolve(source) is None:
        return False
    if not log.shallow():
        return True
    if since is None or not log.is_ancestor(since, source):
        return False
    return all(log.resolve(f"{each.hash}^") for each in commits)


def _source_of(instruments: Instruments, champion: ReleaseReference) -> str:
    project = instruments.project()
    folder = fetch_release(project, champion, elsewhere(instruments))
    return project.documents.read(folder / VERDICT, Verdict).source.commit


def _of_state(instruments: Instruments, commit: Commit) -> bool:
    """Whether a commit changed nothing but what environments name."""
    if not commit.subject.startswith((PROMOTION, ROLLBACK)):
        return False
    layout = instruments.layout
    files = [layout.environment(name) for name in instruments.project().settings.environments]
    names = {path.relative_to(layout.root).as_posix() for path in (*files, layout.keys)}
    changed = instruments.commit_log().differing(f"{commit.hash}^", commit.hash) or ()
    return bool(changed) and {*changed} <= names
