"""The registry on MLflow: SQLite and a folder in the project by default, ``MLFLOW_TRACKING_URI`` for a real server."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import mlflow
import mlflow.onnx
import numpy as np
import numpy.typing as npt
import onnx
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types.schema import Schema, TensorSpec

from lockgate.adapters.mlflow.connection import connected, experiment, shown, tracking_uri
from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.request_rows import TYPES, feed, read_rows
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.release import Release, sealed
from lockgate.ports import Documents, Files, Registered
from lockgate.processes import temporary

CHALLENGER = "challenger"
RELEASE_TAG = "lockgate.release"
CONTENT_TAG = "lockgate.content"
COMMIT_TAG = "lockgate.commit"
BUNDLE = "release"
REQUIREMENTS = [f"onnx=={onnx.__version__}", "onnxruntime", "numpy", "pandas"]


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
        with connected(self._uri):
            self._client = mlflow.MlflowClient()

    def register(self, release: Release, folder: Path) -> Registered:
        """Register a release once; its content's version gets the alias ``challenger``."""
        with connected(self._uri):
            known = self._find(release.name, release.digest)
            version = known[0] if known else self._version(release.name, CONTENT_TAG, release.content)
            recorded = not known and version is not None
            created = version is None
            if version is None:
                version = self._create(release, folder)
            elif recorded:
                self._record(release, folder, version)
            self._client.set_registered_model_alias(release.name, CHALLENGER, version)
            return Registered(release.name, version, shown(self._uri), created, recorded)

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""
        with connected(self._uri):
            known = self._find(name, digest)
            if known is None:
                return False
            version, path = known
            run = self._client.get_model_version(name, version).run_id
            into.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(
                prefix=temporary.prefix(into.parent, "fetching"), dir=into.parent
            ) as folder:
                bundle = Path(mlflow.artifacts.download_artifacts(run_id=run, artifact_path=path, dst_path=folder))
                self._files.move(bundle, into)
        return True

    def _find(self, name: str, digest: Digest) -> tuple[str, str] | None:
        """The version that holds a release, and where its bundle lies among the run's artifacts."""
        if version := self._version(name, RELEASE_TAG, digest):
            return version, BUNDLE
        version = self._version(name, _of(RELEASE_TAG, digest), digest)
        return (version, _later(digest)) if version else None

    def _version(self, name: str, tag: str, digest: Digest) -> str | None:
        """The first version with that tag: older versions of Lockgate made several of one content."""
        found = self._client.search_model_versions(f"name = '{name}' AND tags.`{tag}` = '{digest}'")
        return str(min(int(version.version) for version in found)) if found else None

    def _record(self, release: Release, folder: Path, version: str) -> None:
        """Another release of a content that is registered. The tag comes last: with it, the bundle is there, whole."""
        run = self._client.get_model_version(release.name, version).run_id
        self._client.log_artifacts(run, str(folder), _later(release.digest))
        tags = {COMMIT_TAG: release.verdict.source.commit, RELEASE_TAG: str(release.digest)}
        for tag, value in tags.items():
            self._client.set_model_version_tag(release.name, version, _of(tag, release.digest), value)

    def _create(self, release: Release, folder: Path) -> str:
        signature = self._documents.read(folder / SIGNATURE, Signature)
        accuracy = self._documents.read(folder / sealed(NAMES[AccuracyEvidence]), AccuracyEvidence)
        tags = _tags(release) | {"lockgate.task": signature.task.kind}
        with mlflow.start_run(
            experiment_id=experiment(self._client, self._root, self._uri, release.name),
            run_name=release.version,
            tags=tags,
        ) as run:
            mlflow.log_metrics({name: value for name, value in accuracy.metrics.items() if value is not None})
            mlflow.log_artifacts(str(folder), BUNDLE)
            logged = mlflow.onnx.log_model(
                onnx.load(folder / MODEL),
                name="model",
                signature=ModelSignature(_inputs(signature), _outputs(signature)),
                save_as_external_data=False,
                onnx_execution_providers=["CPUExecutionProvider"],
                pip_requirements=REQUIREMENTS,
                input_example=_example(signature, self._documents.read(folder / PROFILE, Profile)),
            )
            _ensure(lambda: self._client.create_registered_model(release.name))
            version = self._client.create_model_version(
                release.name,
                source=logged.model_uri,
                run_id=run.info.run_id,
                model_id=logged.model_id,
                tags=tags,
                description=f"Lockgate release {release.version} of commit {release.verdict.source.commit}",
            )
        return str(version.version)


def _later(digest: Digest) -> str:
    return f"{BUNDLE}s/{digest.short}"


def _of(tag: str, digest: Digest) -> str:
    """The tag as it belongs to a later release of the same content."""
    return f"{tag}.{digest.short}"


def _tags(release: Release) -> dict[str, str]:
    return {
        RELEASE_TAG: str(release.digest),
        CONTENT_TAG: str(release.content),
        "lockgate.verdict": str(release.verdict.outcome),
        "lockgate.candidate": release.verdict.candidate.subject.candidate,
        COMMIT_TAG: release.verdict.source.commit,
        "mlflow.source.git.commit": release.verdict.source.commit,
    }


def _inputs(signature: Signature) -> Schema:
    """Each raw column as the graph takes it, ``(rows, 1)``: with tensors, MLflow shapes a data frame's columns so."""
    return Schema([TensorSpec(_dtype(column.dtype), (-1, 1), column.name) for column in signature.inputs])


def _outputs(signature: Signature) -> Schema:
    return Schema([TensorSpec(_dtype(out.dtype), (-1, *out.shape), out.name) for out in signature.outputs])


def _dtype(name: str) -> np.dtype[np.generic]:
    return np.dtype(TYPES[name].numpy)


def _example(signature: Signature, profile: Profile) -> dict[str, npt.NDArray[np.generic]]:
    """The typical row, as the graph takes it."""
    return feed(read_rows([profile.typical_row(signature)], signature.dtypes), signature.dtypes)


def _ensure(create: Callable[[], object]) -> None:
    """Create what may be there already."""
    try:
        create()
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
