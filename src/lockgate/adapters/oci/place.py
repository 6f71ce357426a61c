"""Releases in an OCI registry: each an artefact with a layer for each file, under a tag that is its digest."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lockgate.adapters.oci.registry import OciRepository
from lockgate.errors import DocumentError
from lockgate.ports import KeptFolder

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
EMPTY_TYPE, EMPTY = "application/vnd.oci.empty.v1+json", b"{}"
TITLE, CREATED = "org.opencontainers.image.title", "org.opencontainers.image.created"
TYPES = {"releases": "application/vnd.lockgate.release.v1", "records": "application/vnd.lockgate.record.v1"}
MEDIA = {".json": "application/json", ".md": "text/markdown", ".svg": "image/svg+xml", ".png": "image/png"}
OCTETS = "application/octet-stream"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class OciPlace:
    """The place port on a repository of a registry, such as ``ghcr.io/team/census``."""

    def __init__(self, at: str) -> None:
        self._repository = OciRepository(at)
        self.where = self._repository.where

    def look(self) -> None:
        """Ask whether it answers; the repository need not be there yet."""
        next(self._repository.tags(), None)

    def folders(self, kind: str) -> Mapping[str, KeptFolder]:
        """All artefacts of a kind, by what follows it in their tags."""
        names = [tag.removeprefix(f"{kind}-") for tag in self._repository.tags() if tag.startswith(f"{kind}-")]
        found = {name: self.folder(f"{kind}/{name}") for name in names}
        return {name: each for name, each in found.items() if each is not None}

    def folder(self, name: str) -> KeptFolder | None:
        """The files of an artefact with their sizes."""
        found = self._manifest(name)
        if found is None:
            return None
        return KeptFolder({file: size for file, (_, size) in self._layers(name, found).items()}, _created(found))

    def read(self, name: str, file: str, most: int) -> bytes:
        """One file, at most so many bytes."""
        digest, size = self._layer(name, file)
        if size > most:
            raise DocumentError(f"{self.where}, {name}: {file} has {size} bytes, at most {most} are read", hint=AGAIN)
        return self._repository.read_blob(digest, size)

    def bring(self, name: str, files: Mapping[str, int], into: Path) -> None:
        """Copy these files into a folder, no more bytes of each than is said."""
        found = self._layers(name, self._manifest(name) or {})
        for file, size in files.items():
            if found.get(file, ("", -1))[1] != size:
                raise DocumentError(f"{self.where}, {name}: {file} was changed while it was read", hint=AGAIN)
            (into / file).parent.mkdir(parents=True, exist_ok=True)
            self._repository.bring_blob(found[file][0], size, into / file)

    def put(self, name: str, files: Mapping[str, Path], last: str) -> None:  # noqa: ARG002 - all appear with the tag
        """Keep these files, and no others, under a name: blobs first, then the manifest that names them."""
        layers = [_described(file, files[file]) for file in sorted(files)]
        for layer in layers:
            self._repository.put_blob(layer["digest"], files[layer["annotations"][TITLE]])
        empty = {"mediaType": EMPTY_TYPE, "digest": f"sha256:{hashlib.sha256(EMPTY).hexdigest()}", "size": len(EMPTY)}
        self._repository.put_blob(str(empty["digest"]), EMPTY)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": TYPES[name.partition("/")[0]],
            "config": empty,
            "layers": layers,
            "annotations": {CREATED: datetime.now(UTC).isoformat(timespec="seconds"), TITLE: name},
        }
        self._repository.put_manifest(_tag(name), json.dumps(manifest).encode(), MANIFEST_TYPE)

    def remove(self, name: str, first: str) -> bool:  # noqa: ARG002 - nothing of it is seen without its manifest
        """Remove an artefact. The registry frees its room when it collects its own garbage."""
        content = self._repository.manifest(_tag(name))
        if content is None:
            return False
        self._repository.delete_manifest(f"sha256:{hashlib.sha256(content).hexdigest()}")
        return True

    def _manifest(self, name: str) -> Mapping[str, Any] | None:
        content = self._repository.manifest(_tag(name))
        if content is None:
            return None
        try:
            found = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise self._wrong(name, "not JSON") from error
        if not isinstance(found, dict) or not isinstance(found.get("layers", []), list):
            raise self._wrong(name, "no manifest of an artefact")
        return found

    def _layer(self, name: str, file: str) -> tuple[str, int]:
        found = self._layers(name, self._manifest(name) or {})
        if file not in found:
            raise DocumentError(f"{self.where}, {name}: {file}: missing", hint=AGAIN)
        return found[file]

    def _layers(self, name: str, manifest: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
        """Digest and size of the blob of each file. Raises ``DocumentError`` for a layer that is no file of its own."""
        found: dict[str, tuple[str, int]] = {}
        for layer in manifest.get("layers", []):
            try:
                title, digest, size = layer["annotations"][TITLE], layer["digest"], layer["size"]
            except (TypeError, KeyError) as error:
                raise self._wrong(name, "a layer without name, digest or size") from error
            sound = isinstance(title, str) and isinstance(size, int) and not isinstance(size, bool) and size >= 0
            if not sound or not _DIGEST.fullmatch(str(digest)):
                raise self._wrong(name, "a layer whose name, digest or size is none")
            if title in found:
                raise self._wrong(name, f"two layers are called {title!a}")
            found[title] = (digest, size)
        return found

    def _wrong(self, name: str, why: str) -> DocumentError:
        return DocumentError(f"{self.where}, {name}: {why}", hint=AGAIN)


AGAIN = "put it there again from a clone that has it: lockgate store put"


def _tag(name: str) -> str:
    return name.replace("/", "-")


def _described(file: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        size = content.seek(0, 2)
    media = MEDIA.get(path.suffix, OCTETS)
    return {"mediaType": media, "digest": f"sha256:{digest}", "size": size, "annotations": {TITLE: file}}


def _created(manifest: Mapping[str, Any]) -> float:
    try:
        return datetime.fromisoformat(manifest["annotations"][CREATED]).timestamp()
    except (KeyError, TypeError, ValueError):
        return 0.0
