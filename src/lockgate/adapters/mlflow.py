"""The registry on MLflow: SQLite and a folder in the project by default, ``MLFLOW_TRACKING_URI`` for a real server."""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# MLflow reads these while it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import mlflow
import mlflow.onnx
import numpy as np
import onnx
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, DataType, Schema, TensorSpec

from lockgate.domain.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.evidence import AccuracyEvidence
from lockgate.domain.identity import Digest
from lockgate.domain.profile import Profile
from lockgate.domain.release import ACCURACY, Release
from lockgate.domain.signature import Signature
from lockgate.errors import ToolError
from lockgate.ports import Documents, Files, Registered

# The news that an embedded database is made is for nobody's console.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)

URI = "MLFLOW_TRACKING_URI"
CHALLENGER = "challenger"
RELEASE_TAG = "lockgate.release"
BUNDLE = "release"
REQUIREMENTS = [f"onnx=={onnx.__version__}", "onnxruntime", "numpy", "pandas"]
_COLUMN_TYPES = {"float32": DataType.float, "int64": DataType.long, "bool": DataType.boolean, "string": DataType.string}


class MlflowRegistry:
    """The registry port on MLflow's model registry; a release is one model version, found by its digest."""

    def __init__(self, root: Path, documents: Documents, files: Files) -> None:
        self._root = root
        self._documents = documents
        self._files = files
        self._uri = os.environ.get(URI) or f"sqlite:///{root / 'mlflow.db'}"
        with _connected(self._uri):
            self._client = mlflow.MlflowClient()

    def register(self, release: Release, folder: Path) -> Registered:
        """Register a release once; the version gets the alias ``challenger``. Running it again changes nothing."""
        with _connected(self._uri):
            version = self._find(release.name, release.digest)
            created = version is None
            if version is None:
                version = self._create(release, folder)
            self._client.set_registered_model_alias(release.name, CHALLENGER, version)
            return Registered(release.name, version, self._uri, created)

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""
        with _connected(self._uri):
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
        with mlflow.start_run(experiment_id=self._experiment(release.name), run_name=release.version, tags=tags) as run:
            mlflow.log_metrics({name: value for name, value in accuracy.metrics.items() if value is not None})
            mlflow.log_artifacts(str(folder), BUNDLE)
            logged = mlflow.onnx.log_model(
                onnx.load(folder / MODEL),
                name="model",
                signature=ModelSignature(_inputs(signature), _outputs(signature)),
                save_as_external_data=False,
                onnx_execution_providers=["CPUExecutionProvider"],
                pip_requirements=REQUIREMENTS,
                metadata={"typical_row": self._documents.read(folder / PROFILE, Profile).typical_row()},
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

    def _experiment(self, name: str) -> str:
        if found := self._client.get_experiment_by_name(name):
            return str(found.experiment_id)
        # A server keeps artifacts where it was told to; the embedded store keeps them beside its database.
        local = self._uri.startswith("sqlite:")
        location = (self._root / "mlartifacts" / name).as_uri() if local else None
        return str(self._client.create_experiment(name, artifact_location=location))


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
    return Schema([ColSpec(_COLUMN_TYPES[column.dtype], column.name) for column in signature.inputs])


def _outputs(signature: Signature) -> Schema:
    return Schema(
        [
            TensorSpec(np.dtype("str" if output.dtype == "string" else output.dtype), (-1, *output.shape), output.name)
            for output in signature.outputs
        ]
    )


def _ensure(create: Callable[[], object]) -> None:
    """Create what may be there already."""
    try:
        create()
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


@contextmanager
def _connected(uri: str) -> Iterator[None]:
    """Work with this tracking server; no MLflow exception leaves this module, and no global setting stays behind."""
    before = os.environ.get(URI)
    mlflow.set_tracking_uri(uri)  # also an environment variable, which every child process would inherit
    try:
        yield
    except MlflowException as error:
        raise ToolError(
            f"MLflow at {uri}: {error.message.splitlines()[0]}",
            hint="is MLFLOW_TRACKING_URI right, and does the server answer?",
        ) from error
    finally:
        mlflow.set_tracking_uri(before)
        if before is None:
            os.environ.pop(URI, None)
