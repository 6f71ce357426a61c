"""The registry on MLflow: SQLite and a folder in the project by default, ``MLFLOW_TRACKING_URI`` for a real server."""

import tempfile
from functools import cached_property
from pathlib import Path

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from lockgate.adapters.mlflow import registry_tags as tags
from lockgate.adapters.mlflow.connection import connected, shown, tracking_uri
from lockgate.adapters.mlflow.logged_model import difference_of_model
from lockgate.adapters.mlflow.making_version import BUNDLE, VersionMaker
from lockgate.adapters.mlflow.store import TrackingStore
from lockgate.domain.identity import Digest
from lockgate.domain.releasing.registry_state import CHALLENGER, Follows, RegistryState
from lockgate.domain.releasing.release import MANIFEST, Manifest, Release
from lockgate.errors import LockgateError
from lockgate.ports import Documents, Files, Registered
from lockgate.processes import temporary

GONE = "RESOURCE_DOES_NOT_EXIST"


class MlflowRegistry:
    """The registry port on MLflow's model registry: releases of one content are one model version.

    The release that a version was made of is the artifact ``release`` of its run, and the version's tag
    ``lockgate.release``. Each later one of the same content is the artifact ``releases/<its version>``, and the tag
    ``lockgate.release.<its version>``.
    """

    def __init__(self, root: Path, documents: Documents, files: Files) -> None:
        self._root = root
        self._documents = documents
        self._files = files
        self._uri = tracking_uri(root)

    @cached_property
    def _client(self) -> mlflow.MlflowClient:
        """A client makes the database in the project where there is none."""
        with connected(self._uri):
            return mlflow.MlflowClient()

    def where(self) -> str:
        """The address without a password."""
        return shown(self._uri)

    def register(self, release: Release, folder: Path, *, challenger: bool = True) -> Registered:
        """Register a release once; its content's version gets the alias ``challenger``."""
        with connected(self._uri):
            known = self._find(release.name, release.digest)
            version = known[0] if known else self._version(release.name, tags.CONTENT, release.content)
            recorded = not known and version is not None
            created = version is None
            maker = VersionMaker(self._client, self._root, self._uri, self._documents, self._files)
            if version is None:
                version, created = maker.make(release, folder)
            elif known:
                maker.tidy(release, version)
            elif recorded:
                self._record(release, folder, version)
            if challenger:
                self._client.set_registered_model_alias(release.name, CHALLENGER, version)
            return Registered(release.name, version, shown(self._uri), created, recorded)

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""
        if not TrackingStore(self._root).begun():
            return False
        with connected(self._uri):
            known = self._find(name, digest)
            if known is None:
                return False
            version, path = known
            return self._download(self._client.get_model_version(name, version).run_id, path, into)

    def bundle(self, name: str, version: str, digest: Digest, into: Path) -> bool:
        """Copy the bundle that a version has for a release, whatever its tags say."""
        with connected(self._uri):
            run = self._client.get_model_version(name, version).run_id
            return self._download(run, _later(digest), into) or self._download(run, BUNDLE, into)

    def _download(self, run: str, path: str, into: Path) -> bool:
        if not run or not self._client.list_artifacts(run, path):
            return False
        into.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=temporary.prefix(into.parent, "fetching"), dir=into.parent) as folder:
            bundle = Path(mlflow.artifacts.download_artifacts(run_id=run, artifact_path=path, dst_path=folder))
            self._files.move(bundle, into)
        return True

    def state(self, name: str) -> RegistryState:
        """What the registry says of a model."""
        with connected(self._uri):
            try:
                model = self._client.get_registered_model(name)
            except MlflowException as error:
                if error.error_code == GONE:
                    return RegistryState(there=False)
                raise
            found = sorted(self._versions(f"name = '{name}'"), key=lambda version: int(version.version))
            aliases = {alias: str(version) for alias, version in model.aliases.items()}
            return RegistryState(tuple(map(tags.version_state, found)), aliases)

    def manifest(self, name: str, version: str) -> Manifest | None:
        """The manifest among the artifacts of the run that a version was made by."""
        with connected(self._uri), tempfile.TemporaryDirectory() as folder:
            run = self._client.get_model_version(name, version).run_id
            path = f"{BUNDLE}/{MANIFEST}"
            if not run or not any(found.path == path for found in self._client.list_artifacts(run, BUNDLE)):
                return None
            file = mlflow.artifacts.download_artifacts(run_id=run, artifact_path=path, dst_path=folder)
            try:
                return self._documents.read(Path(file), Manifest)
            except LockgateError:
                return None

    def serves(self, name: str, version: str, model: Path) -> str:
        """Empty where who loads the version gets the ONNX graph of this file and nothing else; or what they get."""
        with connected(self._uri), tempfile.TemporaryDirectory() as folder:
            found = self._client.get_model_version(name, version)
            try:
                loaded = mlflow.artifacts.download_artifacts(f"models:/{name}/{version}", dst_path=folder)
            except MlflowException as error:
                if error.error_code == GONE:
                    return "its model is gone"
                raise
            registered = found.tags.get(tags.MODEL_FILES)
            return difference_of_model(Path(loaded), model, self._files, registered)

    def follow(self, name: str, version: str, follows: Follows) -> None:
        """The tag first: an alias that was moved by a commit has that commit on its version."""
        with connected(self._uri):
            key, value = tags.mark_of(follows)
            self._client.set_model_version_tag(name, version, key, value)
            for alias in follows.aliases:
                self._client.set_registered_model_alias(name, alias, version)

    def remove_alias(self, name: str, alias: str) -> None:
        """Take an alias away; nothing where there is none."""
        with connected(self._uri):
            self._client.delete_registered_model_alias(name, alias)

    def tag(self, name: str, version: str, manifest: Manifest) -> None:
        """Tag a version with the digests of the bundle that it was made of."""
        with connected(self._uri):
            self._client.set_model_version_tag(name, version, tags.CONTENT, str(manifest.content))
            self._client.set_model_version_tag(name, version, tags.RELEASE, str(manifest.release))

    def withdraw(self, name: str, version: str) -> None:
        """Take the digests from a version; the tag that says so comes first."""
        with connected(self._uri):
            self._client.set_model_version_tag(name, version, tags.WITHDRAWN, "its artefacts were changed")
            for tag in tags.digest_tags(self._client.get_model_version(name, version).tags):
                self._client.delete_model_version_tag(name, version, tag)

    def record(self, name: str, version: str, said: str) -> None:
        """Write on a version what was put back."""
        with connected(self._uri):
            key = tags.repaired_now()
            before = self._client.get_model_version(name, version).tags.get(key)
            self._client.set_model_version_tag(name, version, key, f"{before}; {said}" if before else said)

    def _find(self, name: str, digest: Digest) -> tuple[str, str] | None:
        """The version that holds a release, and where its bundle lies among the run's artifacts."""
        if version := self._version(name, tags.RELEASE, digest):
            return version, BUNDLE
        version = self._version(name, tags.of_later(tags.RELEASE, digest), digest)
        return (version, _later(digest)) if version else None

    def _version(self, name: str, tag: str, digest: Digest) -> str | None:
        """The first version with that tag: older versions of Lockgate made several of one content."""
        found = self._versions(f"name = '{name}' AND tags.`{tag}` = '{digest}'")
        return str(min(int(version.version) for version in found)) if found else None

    def _versions(self, wanted: str) -> list[ModelVersion]:
        """All of them: the server gives them in pages."""
        found = self._client.search_model_versions(wanted)
        every = [*found]
        while found.token:
            found = self._client.search_model_versions(wanted, page_token=found.token)
            every += found
        return every

    def _record(self, release: Release, folder: Path, version: str) -> None:
        """Another release of a content that is registered. The tag comes last: with it, the bundle is there, whole."""
        run = self._client.get_model_version(release.name, version).run_id
        self._client.log_artifacts(run, str(folder), _later(release.digest))
        named = {tags.COMMIT: release.verdict.source.commit, tags.RELEASE: str(release.digest)}
        for tag, value in named.items():
            self._client.set_model_version_tag(release.name, version, tags.of_later(tag, release.digest), value)


def _later(digest: Digest) -> str:
    return f"{BUNDLE}s/{digest.short}"
