"""A run goes on without a candidate that failed, and stops where nobody is left."""

import pytest

from lockgate.errors import StageFailed
from lockgate.ports import StageState
from lockgate.testing import FakePipeline, FakeTracker
from lockgate.usecases.making.run import run

STAGES = dict.fromkeys(["prepare", "train@a", "train@b", "export@a", "export@b"])


def reproduce(fails, only=None):
    pipeline = FakePipeline(STAGES, fails=fails)
    return run(pipeline, ["a", "b"], FakeTracker(), "c" * 40, lambda _: None, lambda _: None, only)


def test_one_candidate_fails_and_the_other_goes_on():
    report = reproduce({"train@a": 2})
    assert [(stage.stage, stage.state) for stage in report.stages] == [
        ("prepare", StageState.RAN),
        ("train@a", StageState.FAILED),
        ("train@b", StageState.RAN),
        ("export@b", StageState.RAN),
    ]
    assert [stage.candidate for stage in report.failed] == ["a"]


@pytest.mark.parametrize(
    ("fails", "only", "code"),
    [({"prepare": 5}, None, 5), ({"train@a": 2, "export@b": 3}, None, 2), ({"export@a": 7}, "a", 7)],
)
def test_where_nobody_is_left_the_first_failure_is_the_runs_own(fails, only, code):
    with pytest.raises(StageFailed) as caught:
        reproduce(fails, only)
    assert caught.value.exit_code == code
