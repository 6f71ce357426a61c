"""Trainings that MLflow has tracked are found again, with their times; where nothing was tracked nothing is made."""

import shutil

import mlflow
import pytest
from mlflow.entities import Dataset, DatasetInput

from lockgate.adapters.mlflow.trainings import MlflowTrainings
from lockgate.errors import ToolError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
"""MLflow takes seconds to load, and warns of its own libraries."""


@pytest.fixture
def tracked(empty_database, tmp_path, monkeypatch):
    """Two trainings of one candidate that ended well, one that failed, one of another candidate."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    client = mlflow.MlflowClient(f"sqlite:///{shutil.copy(empty_database, tmp_path)}")
    number = client.create_experiment("census", artifact_location=(tmp_path / "artefacts").as_uri())

    def train(candidate, start, status):
        tags = {"lockgate.stage": "train", "lockgate.candidate": candidate, "mlflow.source.git.commit": "c" * 40}
        run = client.create_run(number, start_time=start, tags=tags).info.run_id
        client.log_param(run, "depth", 3)
        client.log_inputs(run, [DatasetInput(Dataset("training.parquet", "0" * 32, "dvc", "{}"), [])])
        client.set_terminated(run, status, end_time=start + 5000)

    for each in (("sklearn", 1_000, "FINISHED"), ("sklearn", 2_000, "FINISHED"), ("sklearn", 3_000, "FAILED")):
        train(*each)
    train("torch", 4_000, "FINISHED")
    return tmp_path


def test_trainings_are_found_the_newest_first(tracked):
    newest, oldest = MlflowTrainings(tracked).of("census", "sklearn")
    assert (newest.started_at, newest.ended_at) == ("1970-01-01T00:00:02+00:00", "1970-01-01T00:00:07+00:00")
    assert oldest.started_at == "1970-01-01T00:00:01+00:00"
    assert (newest.commit, newest.params, newest.tables) == ("c" * 40, {"depth": "3"}, {"0" * 32})
    assert newest.where.endswith("in sqlite:///mlflow.db")


def test_a_model_that_was_never_trained_has_none(tracked):
    assert MlflowTrainings(tracked).of("another", "sklearn") == ()
    assert MlflowTrainings(tracked).of("census", "keras") == ()


def test_where_nothing_was_tracked_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(ToolError, match="no training was tracked"):
        MlflowTrainings(tmp_path).of("census", "sklearn")
    assert not list(tmp_path.iterdir())


def test_a_server_that_does_not_answer_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    with pytest.raises(ToolError, match=r"MLflow at http://127\.0\.0\.1:9"):
        MlflowTrainings(tmp_path).of("census", "sklearn")
