"""Makes a model version of a release: its run, its model, and the version over both, which comes last.

Whatever was killed on the way is taken up by the next one: one run, one version. Two that make a version of the same
content at once both see the other's when they look afterwards, and the younger one goes.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import mlflow
import mlflow.onnx
import onnx
from mlflow.entities import LoggedModel, LoggedModelStatus, Run, RunStatus
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from lockgate.adapters.mlflow import registry_tags as tags
from lockgate.adapters.mlflow.connection import experiment
from lockgate.adapters.mlflow.logged_model import REQUIREMENTS, example, files_digest, packages_known, schema
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
        version, ours = self._only(release, made)
        self.tidy(release, version)
        return version, ours

    def tidy(self, release: Release, version: str) -> None:
        """Remove what was made twice, as by a request whose answer was lost and that was sent again.

        A run has one version, and a version one run, which has ended, and one model. What another process works on
        stays.
        """
        made = self._client.get_model_version(release.name, version)
        home = self._client.get_experiment_by_name(release.name)
        if home is None or not made.run_id:
            return
        for again in self._client.search_model_versions(f"run_id = '{made.run_id}'"):
            if int(again.version) > int(version):
                _gone_already(self._client.delete_model_version, release.name, str(again.version))
        self._end_runs(home.experiment_id, release, made.run_id)
        for model in self._models(home.experiment_id, made.run_id):
            if model.model_id != made.source.rpartition("/")[2]:
                _gone_already(self._client.delete_logged_model, model.model_id)

    def _end_runs(self, home: str, release: Release, kept: str) -> None:
        for run in self._unfinished(home, release):
            if run.info.run_id == kept:
                self._client.set_terminated(run.info.run_id)
            elif _given_up(run):
                self._remove(run)

    def _remove(self, run: Run) -> None:
        """A run that was made twice, with its models."""
        for model in self._models(run.info.experiment_id, run.info.run_id):
            _gone_already(self._client.delete_logged_model, model.model_id)
        _gone_already(self._client.delete_run, run.info.run_id)

    def _left(self, home: str, release: Release) -> Run | None:
        """The run of this release that was not made to its end, and that nobody is at work on."""
        return next((run for run in self._unfinished(home, release) if _given_up(run)), None)

    def _unfinished(self, home: str, release: Release) -> list[Run]:
        """The runs of this release that were not made to their end, the oldest first."""
        wanted = f"tags.`{tags.RELEASE}` = '{release.digest}' AND attributes.status != 'FINISHED'"
        return list(self._client.search_runs([home], wanted, order_by=["attributes.start_time ASC"]))

    def _models(self, home: str, run: str) -> list[LoggedModel]:
        return list(self._client.search_logged_models([home], f"source_run_id = '{run}'"))

    def _log_metrics(self, run: Run, folder: Path) -> None:
        accuracy = self._documents.read(folder / sealed(NAMES[AccuracyEvidence]), AccuracyEvidence)
        measured = {name: value for name, value in accuracy.metrics.items() if value is not None}
        if missing := {name: value for name, value in measured.items() if name not in run.data.metrics}:
            mlflow.log_metrics(missing)

    def _model(self, run: Run, folder: Path, signature: Signature) -> LoggedModel:
        """What is loaded and served: MLflow's own form of the graph. What a killed one has left is removed."""
        for model in self._models(run.info.experiment_id, run.info.run_id):
            if model.status == LoggedModelStatus.READY:
                return model
            self._client.delete_logged_model(model.model_id)
        with packages_known():
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
        _gone_already(self._client.delete_model_version, release.name, str(made.version))
        if made.run_id != first.run_id:
            self._remove(self._client.get_run(made.run_id))
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


def _gone_already(remove: Callable[..., object], *what: str) -> None:
    """Remove what may be gone already."""
    _unless(GONE, partial(remove, *what))


def _unless(code: str, do: Callable[[], object]) -> None:
    try:
        do()
    except MlflowException as error:
        if error.error_code != code:
            raise
