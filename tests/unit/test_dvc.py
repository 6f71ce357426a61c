"""What `dvc repro` and `dvc status` print, as recorded, told clearly."""

import pytest

from lockgate.adapters.dvc import _Progress, _why
from lockgate.errors import StageFailed, ToolError
from lockgate.ports import StageState

RAN, RESTORED, CACHED = StageState.RAN, StageState.RESTORED, StageState.CACHED
RUN = """\
'data/raw/adult.data.gz.dvc' didn't change, skipping
Stage 'prepare' is cached - skipping run, checking out outputs
Updating lock file 'dvc.lock'

Running stage 'train@sklearn':
> python -m census.train sklearn
fitted in 3 s
Updating lock file 'dvc.lock'

Stage 'export@sklearn' didn't change, skipping
Running stage 'check@sklearn':
> lockgate check accuracy parity
To track the changes with git, run:

	git add dvc.lock

To enable auto staging, run:

	dvc config core.autostage true
Use `dvc push` to send your updates to remote storage.
"""


@pytest.fixture
def said():
    return []


@pytest.fixture
def progress(said):
    return _Progress({"train@sklearn": "params.yaml train.sklearn.seed modified"}, said.append)


def read(progress, text):
    return [report for line in text.splitlines(keepends=True) for report in progress.read(line)]


def test_each_stage_is_reported_once_in_its_order_with_its_state(progress):
    reports = [*read(progress, RUN), *progress.finished()]
    assert [(report.stage, report.state) for report in reports] == [
        ("prepare", RESTORED),
        ("train@sklearn", RAN),
        ("export@sklearn", CACHED),
        ("check@sklearn", RAN),
    ]


def test_a_stage_that_runs_says_why_and_hands_its_own_lines_on(progress, said):
    read(progress, RUN)
    assert said == [
        "train@sklearn runs: params.yaml train.sklearn.seed modified",
        "fitted in 3 s",
        "check@sklearn runs: an earlier stage's result changed",
    ]


def test_a_stage_is_not_done_before_the_next_one_starts(progress):
    assert read(progress, "Running stage 'train':\n> python train.py\nepoch 1\n") == []
    assert [report.stage for report in progress.finished()] == ["train"]
    assert list(progress.finished()) == []


def test_a_failed_stage_keeps_its_own_exit_code(progress):
    read(progress, "ERROR: failed to reproduce 'train@sklearn': failed to run: python -m census.train, exited with 2\n")
    failure = progress.failure()
    assert isinstance(failure, StageFailed)
    assert (failure.stage, failure.exit_code) == ("train@sklearn", 2)


def test_quotes_in_a_failed_command_are_no_part_of_the_stages_name(progress):
    read(progress, "ERROR: failed to reproduce 'train': failed to run: python -c 'import x', exited with 1\n")
    assert progress.failure().stage == "train"


def test_a_failure_of_dvc_itself_is_a_fault_that_says_what_dvc_said(progress):
    read(progress, "Running stage 'train':\nERROR: Unable to acquire lock\n")
    failure = progress.failure()
    assert type(failure) is ToolError
    assert "Unable to acquire lock" in str(failure)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ([{"changed deps": {"src/train.py": "modified"}}], "src/train.py modified"),
        ([{"changed deps": {"params.yaml": {"train.seed": "modified"}}}], "params.yaml train.seed modified"),
        ([{"changed outs": {"build/model": "deleted"}}], "its results are not here"),
        (
            [{"changed deps": {"src/train.py": "modified"}}, {"changed outs": {"build/model": "deleted"}}],
            "its results are not here, src/train.py modified",
        ),
        (
            [{"changed deps": dict.fromkeys("abcde", "modified")}],
            "a modified, b modified, c modified and 2 more",
        ),
        (["always changed"], "it asks to run always"),
    ],
)
def test_the_reason_for_a_stage_is_one_line(changes, why):
    assert _why(changes) == why


def test_a_changed_command_is_a_reason_of_its_own():
    assert "command" in _why(["changed command"])
