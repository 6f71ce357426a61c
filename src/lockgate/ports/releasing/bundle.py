"""What lies in a release's folder, through the ports that read it."""

from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.release import MANIFEST, Manifest, demand_release
from lockgate.ports.project.documents import Documents
from lockgate.ports.project.files import Files


def read_bundle(folder: Path, documents: Documents, files: Files) -> tuple[Manifest, dict[str, Digest]]:
    """The manifest, and the digests of the files that really lie there, the manifest excepted.

    Raises ``DocumentError`` where there is no manifest, and for what is no plain file.
    """
    manifest = documents.read(folder / MANIFEST, Manifest)
    return manifest, {name: digest for name, digest in files.tree(folder).items() if name != MANIFEST}


def files_of_release(digest: Digest, folder: Path, documents: Documents, files: Files) -> dict[str, Path]:
    """Every file of the release of that digest, by its name. Raises ``DocumentError`` where it does not lie there."""
    manifest, found = read_bundle(folder, documents, files)
    demand_release(digest, manifest, found)
    return {name: folder / name for name in (*found, MANIFEST)}
