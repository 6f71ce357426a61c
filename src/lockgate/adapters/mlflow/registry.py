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
from lockgate.domain.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.evidence import AccuracyEvidence
from lockgate.domain.identity import Digest
from lockgate.domain.profile import Profile
from lockgate.domain.release import ACCURACY, Release
from lockgate.domain.rows import feed, read_rows
from lockgate.domain.signature import Signature
from lockgate.ports import Documents, Files, Registered

CHALLENGER = "challenger"
RELEASE_TAG = "lockgate.release"
BUNDLE = "release"
REQUIREMENTS = [f"onnx=={onnx.__version__}", "onnxruntime", "numpy", "pandas"]


class MlflowRegistry:
    """The registry port on MLflow's model registry; a release is one model version, found by its digest."""

    def __init__(self, root: Path, documents: Documents, files: Files) -> None:
        self._root = root
        self._documents = documents
        self._files = files
        self._uri = tracking_uri(root)
        with connected(self._uri):
            self._client = mlflow.MlflowClient()

    def register(self, release: Release, folder: Path) -> Registered:
        """Register a release once; the version gets the alias ``challenger``. Running it again changes nothing."""
        with connected(self._uri):
            version = self._find(release.name, release.digest)
            created = version is None
            if version is None:
                version = self._create(release, folder)
            self._client.set_registered_model_alias(release.name, CHALLENGER, version)
            return Registered(release.name, version, shown(self._uri), created)

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""
        with connected(self._uri):
            version = self._find(name, digest)
            if version is None:
                return False
            run = self._client.get_model_version(name, version).run_id
            into.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetching-", dir=into.parent) as folder:
                bundle = Path(mlflow.artifacts.download_artifacts(run_id=run, artifact_path=BUNDLE, dst_path=folder))
                self._files.move(bundle, into)
        return True

    def _find(self, name: str, digest: Digest) -> str | None:
        found = self._client.search_model_versions(f"name = '{name}' AND tags.`{RELEASE_TAG}` = '{digest}'")
        return str(found[0].version) if found else None

    def _create(self, release: Release, folder: Path) -> str:
        signature = self._documents.read(folder / SIGNATURE, Signature)
        accuracy = self._documents.read(folder / ACCURACY, AccuracyEvidence)
        tags = _tags(release)
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


def _tags(release: Release) -> dict[str, str]:
    return {
        RELEASE_TAG: str(release.digest),
        "lockgate.content": str(release.content),
        "lockgate.verdict": str(release.verdict.outcome),
        "lockgate.candidate": release.verdict.candidate.subject.candidate,
        "lockgate.commit": release.verdict.source.commit,
        "mlflow.source.git.commit": release.verdict.source.commit,
    }


def _inputs(signature: Signature) -> Schema:
    """Each raw column as the graph takes it, ``(rows, 1)``: with tensors, MLflow shapes a data frame's columns so."""
    return Schema([TensorSpec(_dtype(column.dtype), (-1, 1), column.name) for column in signature.inputs])


def _outputs(signature: Signature) -> Schema:
    return Schema([TensorSpec(_dtype(out.dtype), (-1, *out.shape), out.name) for out in signature.outputs])


def _dtype(name: str) -> np.dtype[np.generic]:
    return np.dtype(object if name == "string" else name)


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
