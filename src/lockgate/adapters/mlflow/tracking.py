"""Tracks deliveries and trainings as MLflow runs: a parent for a delivery, a child for each training.

What a server does not take in the middle of a training is kept under ``build/untracked/`` and sent by the next run: a
training is never lost because its tracking was.
"""

import json
import logging
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lockgate.adapters.mlflow.connection import connected, experiment, tracking_uri

import mlflow  # isort: skip - reads the settings that connection makes
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

from lockgate.domain.layout import Layout
from lockgate.ports import Files, Tracked, TrainingRecord

PARENT = "LOCKGATE_DELIVERY_RUN"
"""The delivery's run, for the trainings that DVC starts as processes of their own."""

ADOPTED = "MLFLOW_RUN_ID"
"""The run that `mlflow run` has opened already."""

SAMPLING_SECONDS = 2.0
FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"

logging.getLogger("mlflow.system_metrics").setLevel(logging.ERROR)


class MlflowTracker:
    """The tracker port on MLflow's tracking server, or on SQLite and a folder in the project."""

    def __init__(self, layout: Layout, name: str, files: Files) -> None:
        self._layout = layout
        self._name = name
        self._files = files
        self._uri = tracking_uri(layout.root)
        self._client = mlflow.MlflowClient(self._uri)

    @contextmanager
    def delivery(self, name: str, tags: Mapping[str, str]) -> Iterator[Tracked]:
        """A parent run; trainings in its block, in this process or in stages, are its children."""
        with connected(self._uri):
            run = os.environ.get(ADOPTED) or self._create(name, tags)
            self._resend()
        os.environ[PARENT] = run
        try:
            with self._running(run, monitor=False) as tracked:
                yield tracked
        finally:
            del os.environ[PARENT]

    @contextmanager
    def training(self, name: str, record: TrainingRecord) -> Iterator[Tracked]:
        """A run of one training. Raises ``ToolError`` where the server does not answer at the start."""
        parent = os.environ.get(PARENT)
        tags = dict(record.tags) | ({"mlflow.parentRunId": parent} if parent else {})
        with connected(self._uri):
            run = self._create(name, tags)
            self._client.log_batch(run, params=[Param(key, str(value)) for key, value in record.params.items()])
            self._client.log_inputs(run, [_input(data.context, data.path, data.digest.hex) for data in record.datasets])
        with self._running(run, monitor=True) as tracked:
            yield tracked

    def _create(self, name: str, tags: Mapping[str, str]) -> str:
        number = experiment(self._client, self._layout.root, self._uri, self._name)
        return str(self._client.create_run(number, run_name=name, tags=dict(tags)).info.run_id)

    @contextmanager
    def _running(self, run: str, *, monitor: bool) -> Iterator["MlflowRun"]:
        tracked = MlflowRun(self._client, run, self._where(run), self._layout.untracked)
        sampler = _sampler(self._uri, run) if monitor else None
        status = FAILED
        try:
            yield tracked
            status = FINISHED
        except KeyboardInterrupt:
            status = KILLED
            raise
        finally:
            if sampler is not None:
                sampler.finish()
            tracked.end(status)

    def _where(self, run: str) -> str:
        if not self._uri.startswith(("http:", "https:")):
            return f"run {run} in {self._uri}"
        number = self._client.get_run(run).info.experiment_id
        return f"{self._uri.rstrip('/')}/#/experiments/{number}/runs/{run}"

    def _resend(self) -> None:
        """Send what an earlier server did not take, in the order in which it was kept."""
        for path in sorted(self._layout.untracked.glob("*.json")):
            kept = json.loads(path.read_text(encoding="utf-8"))
            try:
                _send(self._client, kept["run"], kept)
            except MlflowException as error:
                # The server has lost the run itself, as one that was made anew: nothing can be sent to it.
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
            path.unlink()


class MlflowRun:
    """The tracked port: a run that outlives its server."""

    def __init__(self, client: mlflow.MlflowClient, run: str, where: str, untracked: Path) -> None:
        self._client = client
        self._run = run
        self._untracked = untracked
        self._metrics: list[tuple[str, float, int, int]] = []
        self._artefacts: list[str] = []
        self._down = False
        self.where = where

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Metrics of one step. Never raises: what could not be sent is kept, and sent at the end or later."""
        now = int(time.time() * 1000)
        new = [(name, float(value), now, step) for name, value in metrics.items()]
        if not self._try(lambda: _send(self._client, self._run, {"metrics": new})):
            self._metrics.extend(new)

    def artefact(self, path: Path) -> None:
        """A file or folder. Never raises, as ``log``."""
        if not self._try(lambda: _send(self._client, self._run, {"artefacts": [str(path)]})):
            self._artefacts.append(str(path))

    def tag(self, tags: Mapping[str, str]) -> None:
        """Tags that are known at the end only. Never raises, as ``log``."""
        self._try(lambda: self._client.log_batch(self._run, tags=[RunTag(key, value) for key, value in tags.items()]))

    def end(self, status: str) -> None:
        """Close the run, or keep what the server did not take."""
        self._down = False  # it may answer again
        rest = {"run": self._run, "status": status, "metrics": self._metrics, "artefacts": self._artefacts}
        if self._try(lambda: _send(self._client, self._run, rest)):
            return
        self._untracked.mkdir(parents=True, exist_ok=True)
        path = self._untracked / f"{int(time.time())}-{uuid.uuid4().hex}.json"
        path.write_text(json.dumps(rest), encoding="utf-8")
        print(f"what MLflow did not take is kept in {path}; the next delivery sends it", file=sys.stderr)

    def _try(self, send: Callable[[], object]) -> bool:
        if self._down:
            return False
        try:
            send()
        except MlflowException as error:
            self._down = True
            print(f"MLflow does not answer, the work goes on: {error.message.splitlines()[0]}", file=sys.stderr)
            return False
        return True


def _send(client: mlflow.MlflowClient, run: str, kept: Mapping[str, object]) -> None:
    if metrics := kept.get("metrics"):
        client.log_batch(run, metrics=[Metric(*values) for values in metrics])  # type: ignore[attr-defined]
    for path in kept.get("artefacts", ()):  # type: ignore[attr-defined]
        if Path(path).exists():
            client.log_artifact(run, path)
    if status := kept.get("status"):
        client.set_terminated(run, str(status))


def _sampler(uri: str, run: str) -> SystemMetricsMonitor | None:
    """CPU, memory, disk, network and GPU while a training runs, where psutil can tell them."""
    try:
        sampler = SystemMetricsMonitor(run, sampling_interval=SAMPLING_SECONDS, tracking_uri=uri)
    except (ImportError, MlflowException):
        return None
    sampler.start()
    return sampler


def _input(context: str, path: str, digest: str) -> DatasetInput:
    dataset = Dataset(name=Path(path).name, digest=digest, source_type="dvc", source=json.dumps({"path": path}))
    return DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
