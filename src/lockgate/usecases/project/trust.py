"""Whose signature on a release is believed here: of keys that a commit names, and of the user's own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.names import listed
from lockgate.domain.releasing.bundle_files import MANIFEST, SIGNED, VERSIONS
from lockgate.domain.releasing.release import Release
from lockgate.domain.releasing.signing.keys import Keys, Signer, signer_of
from lockgate.domain.releasing.signing.model_signature import MOST_BYTES, differences, parse_signature, signed_files
from lockgate.errors import DocumentError, Refused
from lockgate.ports import Keyring, ProjectStore
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.served_history import ever_named

UNSIGNED = "it is not signed"
TRUST_IT = "lockgate keys list; a key is trusted by a commit of deploy/keys.yaml: lockgate keys trust"


@dataclass(frozen=True)
class Checked:
    """What a bundle's signature is worth: the signer, or every reason why it does not count.

    ``unsigned`` says that there is none at all.
    """

    signer: Signer | None
    problems: tuple[str, ...] = ()
    unsigned: bool = False


def committed_keys(project: Project, revision: str = "HEAD") -> Keys:
    """The keys that ``deploy/keys.yaml`` of a commit names; none where it has no such file, or there is no commit.

    The file that lies here is never asked: a change cannot say by itself whom to believe. Raises ``SettingsError`` for
    one that cannot be read.
    """
    path = project.layout.keys
    content = project.commits.content_at(revision, path)
    name = path.relative_to(project.layout.root).as_posix()
    return Keys() if content is None else project.documents.parse_settings(content, name, Keys)


def trusted(project: Project, folder: Path, release: Release, revision: str = "HEAD") -> Release:
    """The same release, with its signer. Raises ``Refused`` where nobody who is trusted has signed this bundle.

    Releases of version 1 were made before there were signatures. One that git has named, by its digest, as an
    environment's champion is that release without one; it has no signer.
    """
    files = {**release.manifest.files, MANIFEST: project.files.sha256(folder / MANIFEST)}
    keys = (committed_keys(project, revision), project.keyring.own())
    checked = check_signature(project.store, project.keyring, folder, files, keys)
    if checked.signer is not None:
        return replace(release, signer=checked.signer)
    if checked.unsigned and release.manifest.schema == VERSIONS[0] and ever_named(project, release.digest, revision):
        return release
    hint = "seal it again: lockgate release" if checked.unsigned else TRUST_IT
    if checked.unsigned and release.manifest.schema == VERSIONS[0] and project.commits.shallow():
        hint = f"this clone is shallow, and may lack the commit that named it: git fetch --unshallow; else {hint}"
    raise Refused(
        f"release {release.name} {release.version} is not trusted: {listed(checked.problems, '; ')}", hint=hint
    )


def check_signature(
    store: ProjectStore, keyring: Keyring, folder: Path, files: Mapping[str, Digest], keys: tuple[Keys, Keys]
) -> Checked:
    """Look at ``model.sig`` of a bundle; ``files`` are all others that lie there, by their digests.

    ``keys`` are those that everybody trusts, and the user's own.
    """
    path = folder / SIGNED
    if not store.has(path):
        return Checked(None, (UNSIGNED,), unsigned=True)
    try:
        if (size := store.size(path)) > MOST_BYTES:
            return Checked(None, (f"{SIGNED} has {size} bytes, at most {MOST_BYTES} are taken",))
        signature = parse_signature(store.content(path))
        signed = signed_files(signature)
    except DocumentError as error:
        return Checked(None, (error.message,))
    key, signer, why = signer_of(signature.key, *keys)
    problems = [why] if why else []
    if key is not None and not keyring.check(key.public, signature.message, signature.signature):
        problems.append(f"{SIGNED} was not made by the key {key.name} that it names")
    problems += differences(signed, files)
    return Checked(None if problems else signer, tuple(problems))
