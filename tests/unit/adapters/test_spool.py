"""What waits to be sent to MLflow is sent as it was written, or told."""

import pytest

from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.mlflow.spool import Spool, digests_of


@pytest.fixture
def trained(tmp_path):
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained/model.bin").write_text("weights")
    return tmp_path / "trained"


@pytest.fixture
def changed(trained, tmp_path):
    files = LocalFiles()
    digests = digests_of(trained, files)
    return lambda: Spool(tmp_path / "untracked", files).changed(str(trained), digests)


def test_what_is_added_to_a_folder_leaves_what_was_there_as_it_was(trained, changed):
    """A stage leaves what it began with beside the model when it ends."""
    (trained / "sources.json").write_text("{}")
    assert not changed()


def test_another_models_file_is_a_change_and_so_is_none(trained, changed):
    (trained / "model.bin").write_text("others")
    assert changed()
    (trained / "model.bin").unlink()
    assert changed()
