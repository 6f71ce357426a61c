"""Sends what is spooled to MLflow, in a thread of its own, while trainings run in this process or in others."""

import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lockgate.adapters.mlflow.connection import answering, experiment, first_line, is_of_the_store, shown, tracking_uri

import mlflow  # isort: skip - reads the settings that connection makes
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

from lockgate.adapters.mlflow.spool import FAILED, FINISHED, KILLED, Position, Spool, alive
from lockgate.domain.project.layout import Layout
from lockgate.errors import FOREIGN

ADOPTED = "MLFLOW_RUN_ID"
"""The run that `mlflow run` has opened already."""

LOOK_SECONDS = 0.5
AGAIN_SECONDS = 5.0
SAMPLING_SECONDS = 2.0
# The server has lost the run, as one that was made anew, or takes nothing of that form: trying again changes nothing.
REFUSALS = frozenset({"RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS", "INVALID_PARAMETER_VALUE", "INVALID_STATE"})
OnTraining = Callable[[str, str], None]

logging.getLogger("mlflow.system_metrics").setLevel(logging.ERROR)


class Forwarder:
    """Looks after the spool, and never raises once it runs: what cannot be sent stays where it is."""

    def __init__(self, layout: Layout, name: str, spool: Spool, on_training: OnTraining) -> None:
        self._root = layout.root
        self._name = name
        self._spool = spool
        self._on_training = on_training
        self._uri = tracking_uri(layout.root)
        self._samplers: dict[Path, SystemMetricsMonitor] = {}
        self._refused: set[Path] = set()
        self._over = threading.Event()
        self._down = False
        self._handlers = {"start": self._start, "metrics": self._metrics, "artefact": self._artefact}
        with answering(self._uri):
            self._client = mlflow.MlflowClient(self._uri)

    def where(self, run: str) -> str:
        """A run's URL, or where to find it."""
        if not self._uri.startswith(("http:", "https:")):
            return f"run {run} in {shown(self._uri)}"
        number = self._client.get_run(run).info.experiment_id
        return f"{self._uri.rstrip('/')}/#/experiments/{number}/runs/{run}"

    def send(self) -> None:
        """Send everything that there is, now. Raises ``ToolError`` where the server does not take this process's own.

        What others left is sent as far as it can be: it stops nobody.
        """
        waiting = self._spool.waiting(os.getpid())
        with answering(self._uri):
            for path in waiting:
                if self._spool.owner(path) == os.getpid():
                    self._send_or_refuse(path)
        self._try(self._send_all)

    @contextmanager
    def delivery(self, name: str, tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """The parent run, and where it is. Raises ``ToolError`` where the server does not answer at the start."""
        with answering(self._uri):
            run = os.environ.get(ADOPTED) or self._create(name, tags)
            where = self.where(run)
        status = FAILED
        try:
            yield run, where
            status = FINISHED
        except KeyboardInterrupt:
            status = KILLED
            raise
        finally:
            self._try(lambda: self._client.set_terminated(run, status))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Forward as events come; what is left at the end is sent then, or kept for the next delivery."""
        thread = threading.Thread(target=self._forward, name="mlflow-forwarder", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            self._try(self._send_all)
            self._put_aside(self._refused)
            for path in [*self._samplers]:
                self._stop_sampling(path)
            if self._spool.waiting(os.getpid()):
                print(
                    f"what MLflow did not take is kept in {self._spool.folder}; the next delivery sends it",
                    file=sys.stderr,
                )

    def _forward(self) -> None:
        while not self._over.wait(AGAIN_SECONDS if self._down else LOOK_SECONDS):
            self._try(self._send_all)

    def _try(self, send: Callable[[], object]) -> None:
        try:
            send()
        except Exception as error:
            if not self._down:
                print(f"MLflow does not answer, the work goes on: {first_line(error)}", file=sys.stderr)
            self._down = True
        else:
            self._down = False

    def _send_all(self) -> None:
        for path in self._spool.waiting(os.getpid()):
            if path not in self._refused:
                self._send_or_refuse(path)

    def _send_or_refuse(self, path: Path) -> None:
        """Raises what says that the server is not well; whatever else goes wrong has its cause in this one file."""
        try:
            self._send(path)
        except MlflowException as error:
            if error.error_code not in REFUSALS:
                raise
            self._refuse(path, first_line(error))
        except FOREIGN as error:
            if is_of_the_store(error):
                raise
            self._refuse(path, first_line(error))

    def _refuse(self, path: Path, reason: str) -> None:
        print(f"{path} cannot be sent to MLflow, the work goes on: {reason}", file=sys.stderr)
        self._refused.add(path)
        # A training that goes on appends to its file: only one that has ended is moved.
        with suppress(OSError, ValueError):
            if alive(self._spool.writer(path)):
                return
        self._put_aside([path])

    def _put_aside(self, paths: Iterable[Path]) -> None:
        for path in [*paths]:
            try:
                if path.exists():
                    print(f"it is put aside: {self._spool.put_aside(path)}", file=sys.stderr)
            except OSError as error:
                print(f"{path} stays where it is: {error.strerror}", file=sys.stderr)

    def _send(self, path: Path) -> None:
        """Send a file's new events, and remember after each how far that was."""
        position = self._spool.position(path)
        # Looked at before the events are: a training that has ended since has written so.
        writer = self._spool.writer(path)
        if writer is None:
            if alive(self._spool.owner(path)):
                return  # it is being written
            raise ValueError("it holds nothing that is whole")
        killed = not alive(writer)
        for event, offset in self._spool.batches(path, position.offset):
            if event["event"] == "end":
                self._end(path, position, event["status"])
                return
            self._handlers[event["event"]](path, position, event)
            position.offset = offset
            self._spool.advance(path, position)
        if killed:
            self._end(path, position, KILLED)

    def _start(self, path: Path, position: Position, event: Mapping[str, Any]) -> None:
        position.run = run = self._create(event["name"], event["tags"], event["time"])
        self._client.log_batch(run, params=[Param(key, value) for key, value in event["params"].items()])
        self._client.log_inputs(run, [_input(*data) for data in event["datasets"]])
        self._on_training(event["name"], self.where(run))
        if alive(event["pid"]):
            self._sample(path, run)

    def _metrics(self, _: Path, position: Position, event: Mapping[str, Any]) -> None:
        self._client.log_batch(position.run, metrics=[Metric(*point) for point in event["metrics"]])

    def _artefact(self, _: Path, position: Position, event: Mapping[str, Any]) -> None:
        if self._spool.changed(event["path"], event["digests"]):
            tag = RunTag("lockgate.not_sent", f"{event['path']} was replaced before the server answered")
            self._client.log_batch(position.run, tags=[tag])
        else:
            self._client.log_artifact(position.run, event["path"])

    def _end(self, path: Path, position: Position, status: str) -> None:
        self._stop_sampling(path)
        self._client.set_terminated(position.run, status)
        self._spool.done(path)

    def _create(self, name: str, tags: Mapping[str, str], milliseconds: int | None = None) -> str:
        number = experiment(self._client, self._root, self._uri, self._name)
        created = self._client.create_run(number, run_name=name, tags=dict(tags), start_time=milliseconds)
        return str(created.info.run_id)

    def _sample(self, path: Path, run: str) -> None:
        """CPU, memory, disk, network and GPU of this machine while a training runs, where psutil can tell them."""
        try:
            sampler = SystemMetricsMonitor(run, sampling_interval=SAMPLING_SECONDS, tracking_uri=self._uri)
        except (ImportError, MlflowException):
            return
        sampler.start()
        self._samplers[path] = sampler

    def _stop_sampling(self, path: Path) -> None:
        if sampler := self._samplers.pop(path, None):
            sampler.finish()


def _input(context: str, path: str, digest: str) -> DatasetInput:
    dataset = Dataset(name=Path(path).name, digest=digest, source_type="dvc", source=json.dumps({"path": path}))
    return DatasetInput(dataset, [InputTag("mlflow.data.context", context)])
