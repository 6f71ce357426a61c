"""Tracks deliveries and trainings as MLflow runs: a parent for a delivery, a child for each training.

A training writes to the spool; the delivery that started it sends to MLflow, and so does a training without one. What a
server does not take is sent by the next run: a training is never slowed or lost because its tracking was.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lockgate.adapters.mlflow.spool import FAILED, FINISHED, KILLED, Spool, SpooledRun
from lockgate.domain.project.layout import Layout
from lockgate.errors import ToolError
from lockgate.ports import Files, Tracked, TrainingRecord

PARENT = "LOCKGATE_DELIVERY_RUN"
"""The delivery's run and process, for the trainings that DVC starts as processes of their own."""


class MlflowTracker:
    """The tracker port on MLflow's tracking server, or on SQLite and a folder in the project."""

    def __init__(self, layout: Layout, name: str, files: Files) -> None:
        self._layout = layout
        self._name = name
        self._spool = Spool(layout.untracked, files)

    @contextmanager
    def delivery(self, name: str, tags: Mapping[str, str], on_training: Callable[[str, str], None]) -> Iterator[str]:
        """A parent run; trainings in its block, in this process or in stages, are its children."""
        # MLflow takes seconds to import: nothing that a training waits for.
        from lockgate.adapters.mlflow.forwarding import Forwarder  # noqa: PLC0415 - as said above

        forwarder = Forwarder(self._layout, self._name, self._spool, on_training)
        with forwarder.delivery(name, tags) as (run, where):
            forwarder.send()
            with forwarder.running(), _exported(run):
                yield where

    def catch_up(self) -> None:
        """Send what an earlier server did not take, where there is any. Waits for no server that does not answer."""
        if not self._spool.waiting(os.getpid()):
            return
        from lockgate.adapters.mlflow.forwarding import Forwarder  # noqa: PLC0415 - as said above

        try:
            Forwarder(self._layout, self._name, self._spool, lambda *_: None).send()
        except ToolError as error:
            print(error.message, file=sys.stderr)
        if self._spool.waiting(os.getpid()):
            print(f"what waits in {self._spool.folder} waits on", file=sys.stderr)

    @contextmanager
    def training(self, name: str, record: TrainingRecord) -> Iterator[Tracked]:
        """A run of one training. Raises ``ToolError`` where the server does not answer at the start."""
        with ExitStack() as stack:
            parent, _, owner = os.environ.get(PARENT, "").partition("@")
            run = self._spool.begin(name, record, parent or None, int(owner or os.getpid()))
            if not parent:
                stack.enter_context(self._forwarding(run))
            yield stack.enter_context(_closed(run))

    @contextmanager
    def _forwarding(self, run: SpooledRun) -> Iterator[None]:
        """No delivery sends what this training writes: send it from here."""
        from lockgate.adapters.mlflow.forwarding import Forwarder  # noqa: PLC0415 - as said above

        def found(_: str, where: str) -> None:
            run.where = where

        try:
            forwarder = Forwarder(self._layout, self._name, self._spool, found)
            forwarder.send()
        except BaseException:
            Path(run.path).unlink()  # nothing was trained, and nothing is to be told of it
            raise
        with forwarder.running():
            yield


@contextmanager
def _closed(run: SpooledRun) -> Iterator[SpooledRun]:
    status = FAILED
    try:
        yield run
        status = FINISHED
    except KeyboardInterrupt:
        status = KILLED
        raise
    finally:
        run.end(status)


@contextmanager
def _exported(run: str) -> Iterator[None]:
    os.environ[PARENT] = f"{run}@{os.getpid()}"
    try:
        yield
    finally:
        del os.environ[PARENT]
