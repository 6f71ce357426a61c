"""Trainings that MLflow has tracked, looked for afterwards."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from lockgate.errors import ToolError
from lockgate.ports.making.past_trainings import PastTraining

URI = "MLFLOW_TRACKING_URI"
MOST = 1000


class MlflowTrainings:
    """The port on MLflow. It takes seconds to import, and is not where no training was ever tracked here."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def of(self, model: str, candidate: str) -> Sequence[PastTraining]:
        """The trainings of a candidate that ended well, the newest first."""
        if not os.environ.get(URI) and not (self._root / "mlflow.db").exists():
            raise ToolError(
                "no training was tracked in this working copy", hint=f"name the server that others use by {URI}"
            )
        from lockgate.adapters.mlflow.connection import answering, shown, tracking_uri  # noqa: PLC0415 - takes seconds

        import mlflow  # noqa: PLC0415 # isort: skip - reads the settings that connection makes

        uri = tracking_uri(self._root)
        with answering(uri):
            client = mlflow.MlflowClient(uri)
            experiment = client.get_experiment_by_name(model)
            if experiment is None:
                return ()
            runs = client.search_runs(
                [experiment.experiment_id],
                f"tags.`lockgate.stage` = 'train' and tags.`lockgate.candidate` = '{candidate}' "
                "and attributes.status = 'FINISHED'",
                max_results=MOST,
                order_by=["attributes.start_time DESC"],
            )
            where = shown(uri).replace(f"{self._root}/", "")
            return tuple(
                PastTraining(
                    where=f"run {run.info.run_id} in {where}",
                    commit=run.data.tags.get("mlflow.source.git.commit", ""),
                    started_at=_iso(run.info.start_time) or "",
                    ended_at=_iso(run.info.end_time),
                    params=dict(run.data.params),
                    tables=frozenset(data.dataset.digest for data in run.inputs.dataset_inputs),
                )
                for run in runs
            )


def _iso(milliseconds: int | None) -> str | None:
    """A time as MLflow keeps it, in the written form; of whole seconds."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds // 1000, UTC).isoformat()
