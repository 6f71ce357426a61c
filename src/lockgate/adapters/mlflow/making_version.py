"""Makes a model version of a release: its run, its model, and the version over both, which comes last.

Whatever was killed on the way is taken up by the next one: one run, one version. Two that make a version of the same
content at once both see the other's when they look afterwards, and the younger one goes.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mlflow
import mlflow.onnx
import onnx
from mlflow.entities import LoggedModel, LoggedModelStatus, Run, RunStatus
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from lockgate.adapters.mlflow import registry_tags as tags
from lockgate.adapters.mlflow.connection import experiment
from lockgate.adapters.mlflow.logged_model import REQUIREMENTS, example, files_digest, schema
from lockgate.adapters.mlflow.spool import alive
from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.registered_text import ABOUT, description
from lockgate.domain.releasing.release import Release, sealed
from lockgate.ports import Documents, Files

BUNDLE = "release"
CARD = "README.md"
STALE_SECONDS = 3600.0
"""After so long, a run that another machine has not ended is taken for one that was killed."""
THERE = "RESOURCE_ALREADY_EXISTS"
GONE = "RESOURCE_DOES_NOT_EXIST"


class VersionMaker:
    """Makes a version; the caller holds the connection."""

    def __init__(self, client: mlflow.MlflowClient, root: Path, uri: str, documents: Documents, files: Files) -> None:
        self._client = client
        self._root = root
        self._uri = uri
        self._documents = documents
        self._files = files

    def make(self, release: Release, folder: Path) -> tuple[str, bool]:
        """The version, and whether it is this one's: another process may have made one meanwhile."""
        signature = self._documents.read(folder / SIGNATURE, Signature)
        named = tags.tags_of(release, signature.task.kind)
        home = experiment(self._client, self._root, self._uri, release.name)
        left = self._left(home, release)
        again = {"run_id": left.info.run_id} if left else {"experiment_id": home, "run_name": release.version}
        writer = {tags.WRITER: f"{platform.node()}:{os.getpid()}"}
        with mlflow.start_run(tags=named | writer, **again) as run:
            self._log_metrics(run, folder)
            mlflow.log_artifacts(str(folder), BUNDLE)
            model = self._model(run, folder, signature)
            _ensure(lambda: self._client.create_registered_model(release.name, description=ABOUT))
            made = self._client.create_model_version(
                release.name,
                source=f"models:/{model.model_id}",
                run_id=run.info.run_id,
                model_id=model.model_id,
                tags=named | {tags.MODEL_FILES: self._digest(model)},
                description=description(release, self._card(folder)),
            )
        return self._only(release, made)

    def _left(self, home: str, release: Release) -> Run | None:
        """The run of this release that was not made to its end, and that nobody is at work on."""
        wanted = f"tags.`{tags.RELEASE}` = '{release.digest}' AND attributes.status != 'FINISHED'"
        found = self._client.search_runs([home], wanted, order_by=["attributes.start_time ASC"])
        return next((run for run in found if _given_up(run)), None)

    def _log_metrics(self, run: Run, folder: Path) -> None:
        accuracy = self._documents.read(folder / sealed(NAMES[AccuracyEvidence]), AccuracyEvidence)
        measured = {name: value for name, value in accuracy.metrics.items() if value is not None}
        if missing := {name: value for name, value in measured.items() if name not in run.data.metrics}:
            mlflow.log_metrics(missing)

    def _model(self, run: Run, folder: Path, signature: Signature) -> LoggedModel:
        """What is loaded and served: MLflow's own form of the graph. What a killed one has left is removed."""
        home = run.info.experiment_id
        found = self._client.search_logged_models([home], f"source_run_id = '{run.info.run_id}'")
        for model in found:
            if model.status == LoggedModelStatus.READY:
                return model
            self._client.delete_logged_model(model.model_id)
        logged = mlflow.onnx.log_model(
            onnx.load(folder / MODEL),
            name="model",
            signature=schema(signature),
            save_as_external_data=False,
            onnx_execution_providers=["CPUExecutionProvider"],
            pip_requirements=REQUIREMENTS,
            input_example=example(signature, self._documents.read(folder / PROFILE, Profile)),
        )
        return self._client.get_logged_model(logged.model_id)

    def _digest(self, model: LoggedModel) -> str:
        """Of the files as the store has them now: what it gives back is what is served."""
        with tempfile.TemporaryDirectory() as staged:
            folder = mlflow.artifacts.download_artifacts(f"models:/{model.model_id}", dst_path=staged)
            return str(files_digest(Path(folder), self._files))

    def _card(self, folder: Path) -> str | None:
        path = folder / CARD
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def _only(self, release: Release, made: ModelVersion) -> tuple[str, bool]:
        """The first version of this content: where another process has made one meanwhile, the younger goes."""
        found = self._client.search_model_versions(
            f"name = '{release.name}' AND tags.`{tags.CONTENT}` = '{release.content}'"
        )
        first = min([*found, made], key=lambda version: int(version.version))
        if int(first.version) == int(made.version):
            return str(made.version), True
        _gone_already(lambda: self._client.delete_model_version(release.name, str(made.version)))
        _gone_already(lambda: self._client.delete_run(made.run_id))
        return str(first.version), False


def _given_up(run: Run) -> bool:
    """Whether nobody works on a run: it failed, or its process is gone."""
    if run.info.status != RunStatus.to_string(RunStatus.RUNNING):
        return True
    node, _, process = run.data.tags.get(tags.WRITER, "").rpartition(":")
    if node == platform.node() and process.isdigit():
        return int(process) == os.getpid() or not alive(int(process))
    return bool(time.time() - run.info.start_time / 1000 > STALE_SECONDS)


def _ensure(create: Callable[[], object]) -> None:
    """Create what may be there already."""
    _unless(THERE, create)


def _gone_already(remove: Callable[[], object]) -> None:
    """Remove what may be gone already."""
    _unless(GONE, remove)


def _unless(code: str, do: Callable[[], object]) -> None:
    try:
        do()
    except MlflowException as error:
        if error.error_code != code:
            raise
