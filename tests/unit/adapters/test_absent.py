"""A stage that reads what nobody brings is told before anything runs, by what `dvc status` says."""

import pytest

from lockgate.adapters.dvc import remote
from lockgate.adapters.dvc.absent import demand_there
from lockgate.adapters.dvc.failures import not_set_up
from lockgate.domain.project.health import State
from lockgate.errors import DataError

# As DVC answers for stages that never ran: `check` reads a result, data of DVC's and a file that is gone.
STATUS = {
    "train@a": [{"changed outs": {"build/a/trained": "deleted"}}, "changed command"],
    "check@a": [
        {
            "changed deps": {
                "build/a/trained/model.bin": "deleted",
                "build/a": "deleted",
                "sub/raw.csv": "deleted",
                "code.py": "new",
                "s3://store/rows.csv": "deleted",
            }
        },
        {"changed outs": {"build/a/evidence": "deleted"}},
    ],
    "sub/raw.csv.dvc": [{"changed outs": {"sub/raw.csv": "deleted"}}],
}


@pytest.mark.parametrize("state", ["deleted", "not in cache"])
def test_what_another_stage_or_dvc_brings_is_not_absent(state):
    outs = {"train@a": [{"changed outs": {"build/a/trained": state}}]}
    demand_there(STATUS | outs | {"sub/raw.csv.dvc": [{"changed outs": {"sub/raw.csv": state}}]}, [*STATUS], list)


def test_what_a_stage_is_going_to_add_to_a_result_that_is_here_is_not_absent():
    added = {"check@a": [{"changed deps": {"build/a/trained/added.json": "deleted"}}]}
    demand_there(added, [*added], lambda: {"build/a/trained"})


@pytest.mark.parametrize("path", ["serving/requirements.txt", "build/abc", "sub/raw.csv.bak"])
def test_a_file_that_nobody_brings_is_named_with_its_stage(path):
    lacking = {**STATUS, "check@a": [{"changed deps": {path: "deleted"}}]}
    with pytest.raises(DataError, match=f"stage check@a reads {path}: not there") as raised:
        demand_there(lacking, [*lacking], list)
    assert "lockgate doctor" in raised.value.hint


def test_a_stage_that_is_not_going_to_run_lacks_nothing():
    demand_there({**STATUS, "check@b": [{"changed deps": {"gone": "deleted"}}]}, ["train@a", "check@a"], list)


def test_without_dvc_a_remote_is_not_unreachable_but_not_set_up(tmp_path):
    (part,) = remote.look(tmp_path)
    assert (part.state, part.blocks) == (State.MISSING, False)
    assert "dvc init" in part.remedy


def test_in_a_folder_of_a_repository_dvc_is_set_up_as_a_folder(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "service").mkdir()
    assert "--subdir" not in not_set_up(tmp_path).hint
    assert "dvc init --subdir" in not_set_up(tmp_path / "service").hint
