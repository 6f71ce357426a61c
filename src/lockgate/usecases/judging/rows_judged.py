"""How often today's held-out rows have judged, by the releases that there are and the commits that name some."""

import json
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from lockgate.domain.identity import Digest
from lockgate.domain.judging.protocol.rows_judged import RowsJudged
from lockgate.domain.model.candidate import Candidate
from lockgate.domain.releasing.release import VERDICT
from lockgate.errors import DocumentError, LockgateError
from lockgate.ports import CommitLog, ReleaseStore
from lockgate.usecases.project.project import Project

_NAMED = re.compile(rb"\b(release|content)\b[\"']?:\s*[\"']?(sha256:[0-9a-f]{64})\b")
MOST = 50
SHALLOW = "this clone is shallow"


@dataclass(frozen=True)
class _Judged:
    """A release's content, and the rows that it was judged on."""

    content: str
    rows: str


def rows_judged(
    project: Project, log: CommitLog, candidate: Candidate, store: Callable[[], ReleaseStore | None]
) -> RowsJudged:
    """Count the other candidates that passed on the candidate's rows, of releases here and in the store.

    ``store`` gives it where asking is cheap; of one that is not asked, or does not answer, that is said.
    """
    rows, own = candidate.subject.data, str(candidate.content)
    known, unknown = dict(_lying_here(project)), list[str]()
    try:
        found = store()
        known |= _stored(found, known.keys(), unknown) if found is not None else {}
        unknown += [] if found is not None else ["the store was not asked"]
    except LockgateError as error:
        unknown.append(f"the store: {error.message}")
    named = dict(_named(project, log))
    unread = [content for release, content in named.items() if release not in known and content != own]
    judged = {each.content for each in known.values() if each.rows == str(rows)} - {own}
    unknown += [f"{len(unread)} releases that git names and that lie neither here nor there"] if unread else []
    since, commit = _since(project, log, rows)
    if log.shallow():
        unknown.append(SHALLOW)
    return RowsJudged(rows, len(judged), len(judged & {*named.values()}), since, commit, tuple(unknown))


def _lying_here(project: Project) -> Iterator[tuple[str, _Judged]]:
    """What each release here was judged on, by its digest. A verdict is read as JSON: there may be hundreds."""
    for version in project.releases.versions():
        folder = project.releases.open(version)
        try:
            if folder is not None and (found := judged_on(project.store.content(folder / VERDICT))) is not None:
                yield str(project.releases.manifest(version).release), found
        except LockgateError:  # whoever opens it says what is wrong with it
            continue


def _stored(store: ReleaseStore, known: Container[str], unknown: list[str]) -> dict[str, _Judged]:
    """What each release of the store that does not lie here was judged on; of so many, not to keep a gate waiting."""
    others = [each.digest for each in store.releases() if str(each.digest) not in known]
    found: dict[str, _Judged] = {}
    for digest in others[:MOST]:
        try:
            judged = judged_on(store.document(digest, VERDICT) or b"")
        except DocumentError:  # damaged there: whoever fetches it says so
            continue
        if judged is not None:
            found[str(digest)] = judged
    if len(others) > MOST:
        unknown.append(f"{len(others) - MOST} more releases of the store")
    return found


def judged_on(verdict: bytes) -> _Judged | None:
    """The content and the rows that a verdict is about; ``None`` for what is no verdict that passed."""
    try:
        tree = json.loads(verdict)
        passed, content = tree["outcome"] == "passed", tree["content"]
        return _Judged(str(content), str(tree["candidate"]["subject"]["data"])) if passed else None
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _named(project: Project, log: CommitLog) -> Iterator[tuple[str, str]]:
    """Release and content of every reference that a file of an environment ever held, in any commit that is here."""
    for file in log.ever(project.layout.deploy):
        found = {name: digest.decode() for name, digest in _NAMED.findall(file)}
        if found.keys() >= {b"release", b"content"}:
            yield found[b"release"], found[b"content"]


def _since(project: Project, log: CommitLog, rows: Digest) -> tuple[str | None, str | None]:
    """When these rows came: the first of the latest commits in a row whose lock file has them."""
    found = None
    for version in log.versions(project.layout.dvc_lock):
        if version.content is None or rows.hex.encode() not in version.content:
            break
        found = version.commit
    return (None, None) if found is None else (found.committed_at, found.hash)
