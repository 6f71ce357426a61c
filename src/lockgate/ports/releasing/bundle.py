"""What lies in a release's folder, through the ports that read it."""

from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.release import MANIFEST, SIGNED, Manifest, demand_release
from lockgate.ports.project.documents import Documents
from lockgate.ports.project.files import Files


def read_bundle(folder: Path, documents: Documents, files: Files) -> tuple[Manifest, dict[str, Digest]]:
    """The manifest, and the digests of the files that really lie there, but of manifest and signature.

    Raises ``DocumentError`` where there is no manifest, and for what is no plain file.
    """
    manifest = documents.read(folder / MANIFEST, Manifest)
    return manifest, dict(Manifest.of(manifest.name, files.tree(folder)).files)


def files_of_release(digest: Digest, folder: Path, documents: Documents, files: Files) -> dict[str, Path]:
    """Every file of the release of that digest, by its name, and its signature where it is signed.

    Raises ``DocumentError`` where that release does not lie there.
    """
    manifest = documents.read(folder / MANIFEST, Manifest)
    found = files.tree(folder)
    demand_release(digest, manifest, found)
    return {name: folder / name for name in (*manifest.files, MANIFEST, SIGNED) if name in found}
