"""Opening releases: from the local folder, the store or the registry; what is opened is verified."""

from collections.abc import Iterator
from pathlib import Path

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import MANIFEST, VERDICT, Manifest, Release, demand_passed, no_release, verified
from lockgate.domain.releasing.safe_names import ELSEWHERE, demand_safe
from lockgate.errors import DocumentError, GateClosed, LockgateError, ReleaseAbsent
from lockgate.ports.releasing.bundle import read_bundle
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.project import Project, find_candidate
from lockgate.usecases.project.stored.elsewhere import Elsewhere, StoreThenRegistry, how_to_have
from lockgate.usecases.project.trust import trusted


def open_release(project: Project, folder: Path) -> Release:
    """Verify a bundle: every file, a `passed` verdict for exactly its content, and the signature of a trusted key.

    Whoever serves, packages, registers or promotes a release opens it here. Raises what ``read_release`` does, and
    ``Refused`` for a signature that does not count.
    """
    return trusted(project, folder, read_release(project, folder))


def read_release(project: Project, folder: Path) -> Release:
    """Compare every file with the manifest, and demand a `passed` verdict for exactly its content.

    Whoever signed it is not asked. Raises ``DocumentError``, or ``GateClosed`` for another verdict.
    """
    manifest, found = read_bundle(folder, project.documents, project.files)
    demand_safe(found, str(folder))
    if project.documents.digest(manifest) != project.files.sha256(folder / MANIFEST):
        raise DocumentError(f"{folder / MANIFEST}: not in its one written form", hint=ELSEWHERE)
    return verified(manifest, found, project.documents.read(folder / VERDICT, Verdict))


def open_version(project: Project, version: str) -> tuple[Release, Path]:
    """The release of that version as the store has it, verified. Raises ``DocumentError`` where it has none."""
    folder = project.releases.open(version)
    if folder is None:
        raise no_release(version)
    return open_release(project, folder), folder


def latest_release(project: Project, version: str | None) -> tuple[Release, Path]:
    """The release of that version (or of the start of one), or else the one that the latest verdict was sealed in.

    Where none was sealed because the champion has the same content already, it is the champion's.
    """
    if version is not None:
        return _named(project, version)
    try:
        judged = project.files.sha256(project.layout.verdict)
    except DocumentError as missing:
        raise DocumentError(
            "nothing was judged in this working copy: no release is the latest one here",
            hint="name one by its environment or the start of its digest, as lockgate status tells them; "
            "or make one: lockgate deliver",
        ) from missing
    found = project.releases.latest(judged)
    if found is not None:
        return open_version(project, found)
    latest = project.documents.read(project.layout.verdict, Verdict)
    demand_passed(latest, latest.content)
    champion = champion_of(project, latest.environment)
    if (serving := release_of(project, latest.content, champion, None)) is not None:
        return serving
    raise DocumentError(
        "the latest verdict is not sealed in a release",
        hint="seal it: lockgate release; or name a release of before: --release VERSION",
    )


def release_of(
    project: Project, content: Digest, champion: ReleaseReference | None, elsewhere: Elsewhere | None
) -> tuple[Release, Path] | None:
    """The champion's release, where it has that content and can be had: to seal the same content anew adds nothing."""
    if champion is None or champion.content != content:
        return None
    try:
        folder = fetch_release(project, champion, elsewhere)
    except (DocumentError, GateClosed):  # neither here nor elsewhere, or not as it was sealed
        return None
    return open_release(project, folder), folder


def _named(project: Project, version: str) -> tuple[Release, Path]:
    """The release whose digest starts so, with ``sha256:`` or the model's name before it as Lockgate prints them."""
    wanted, versions = version.rpartition(":")[2].lower(), project.releases.versions()
    found = [each for each in versions if wanted and each.startswith(wanted[: len(each)])]
    if len(found) == 1:
        release, folder = open_version(project, found[0])
        if release.digest.hex.startswith(wanted):
            return release, folder
    there = listed(versions) or "none yet"
    contents_of = {each: project.releases.manifest(each).content for each in versions if wanted}
    if of := [each for each, content in contents_of.items() if content.hex.startswith(wanted)]:
        raise DocumentError(f"{version!r} is a content, no release", hint=f"its releases: {listed(of)}")
    count = len(found) if len(found) != 1 else 0
    raise DocumentError(f"{count} releases match {version!r}", hint=f"there are: {there}")


def contents(project: Project) -> Iterator[Digest]:
    """The content of each candidate and of each release that lies here, as far as it can be read."""
    for name in project.settings.candidates:
        if candidate := find_candidate(project, name):
            yield candidate.content
    for version in project.releases.versions():
        try:
            yield project.releases.manifest(version).content
        except DocumentError:  # whoever opens it says what is wrong with it
            continue


def fetch_release(project: Project, reference: ReleaseReference, elsewhere: Elsewhere | None) -> Path:
    """The folder of a release that git names, verified: as it lies here, else from ``elsewhere``, and kept here.

    A copy that was damaged here is replaced. Raises ``ReleaseAbsent`` where nobody has it, with who was asked,
    ``DocumentError`` or ``GateClosed`` where what there is does not verify, ``ToolError`` or ``DiskFault`` where the
    store does not answer.
    """
    digest, wrong = reference.release, None
    folder = project.releases.open(digest.short)
    if folder is not None:
        try:
            return _demand(project, folder, digest)
        except (DocumentError, GateClosed) as error:
            wrong = error
    if elsewhere is not None and (folder := _keep(project, reference, elsewhere)) is not None:
        return _demand(project, folder, digest)
    if wrong is not None:
        raise wrong
    raise ReleaseAbsent(f"release {reference.name} {digest.short} does not lie here", hint=how_to_have(digest))


def sealed_document(project: Project, reference: ReleaseReference, name: str, elsewhere: Elsewhere | None) -> bytes:
    """One document of a release that git names, held to its digest, without the rest where the store gives it alone.

    Raises what ``fetch_release`` does.
    """
    digest = reference.release
    folder = project.releases.open(digest.short)
    if folder is None and isinstance(elsewhere, StoreThenRegistry):
        content = elsewhere.document(digest, name)
        if content is not None:
            return content
    if folder is not None:
        try:
            manifest, content = (
                project.documents.read(folder / MANIFEST, Manifest),
                project.store.content(folder / name),
            )
            if manifest.release == digest and sha256(content) == manifest.files.get(name):
                return content
        except LockgateError:  # damaged here: the whole release is had anew, or what is wrong with it is said
            pass
    return project.store.content(fetch_release(project, reference, elsewhere) / name)


def _demand(project: Project, folder: Path, digest: Digest) -> Path:
    # Git names it by its digest: what it is, is sure. Whoever uses it for more than a comparison opens it.
    if (found := read_release(project, folder).digest) != digest:
        raise DocumentError(f"{folder}: it is {found}, not {digest}", hint="take it from where it was published")
    return folder


def _keep(project: Project, reference: ReleaseReference, elsewhere: Elsewhere) -> Path | None:
    """Keep here what another place hands over into a folder; ``None`` where it has none."""
    digest = reference.release
    with project.files.staging(project.layout.build) as staged:
        if not elsewhere.fetch(digest, reference.name, staged / digest.short):
            return None
        project.releases.put(digest, staged / digest.short)
    return project.releases.open(digest.short)
