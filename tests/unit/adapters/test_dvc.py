"""What `dvc repro` and `dvc status` print, as recorded, told clearly."""

import pytest

from lockgate.adapters.dvc.failures import failure
from lockgate.adapters.dvc.progress import Progress
from lockgate.adapters.dvc.progress import why as reason
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
    return Progress({"train@sklearn": "params.yaml train.sklearn.seed modified"}, said.append)


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


FAILED = """\
Running stage 'train@torch':
> python -c 'import x'
error: the loss is nan
WARNING: failed to run: python -c 'import x', exited with 2
WARNING: Stages 'export@torch' and 'check@torch' will be skipped due to this failure

Running stage 'train@sklearn':
> python train.py
ERROR: failed to reproduce 'train@torch'
"""


def test_a_failed_stage_keeps_its_own_exit_code_and_the_others_go_on(progress, said):
    reports = [*read(progress, FAILED), *progress.finished()]
    assert [(report.stage, report.state, report.exit_code) for report in reports] == [
        ("train@torch", StageState.FAILED, 2),
        ("train@sklearn", StageState.RAN, 0),
    ]
    assert progress.failed == ["train@torch"]
    assert not [line for line in said if "skipped" in line or "reproduce" in line]


def test_a_stage_that_a_signal_ended_has_failed(progress):
    crashed = "Running stage 'train':\n> lockgate train\nWARNING: failed to run: lockgate train, exited with -6\n"
    (report,) = read(progress, crashed)
    assert (report.stage, report.state, report.exit_code) == ("train", StageState.FAILED, -6)
    error = StageFailed(report.stage, report.exit_code)
    assert (str(error), error.exit_code) == ("stage 'train' was ended by signal 6", 1)


def test_a_failure_of_dvc_itself_is_a_fault_that_says_what_dvc_said(progress, tmp_path):
    read(progress, "Running stage 'train':\nERROR: no remote of that name\n")
    (tmp_path / ".dvc").mkdir()
    fault = failure(tmp_path, "dvc repro failed", progress.said)
    assert "no remote of that name" in str(fault)
    assert type(fault) is ToolError


def test_where_dvc_is_not_set_up_that_is_the_first_thing_to_do(tmp_path):
    fault = failure(tmp_path, "dvc status failed", "ERROR: you are not inside of a DVC repository")
    assert (fault.exit_code, "dvc init" in fault.hint) == (2, True)


def test_of_a_traceback_the_line_that_says_what_it_was_is_told_alone(tmp_path):
    (tmp_path / ".dvc").mkdir()
    said = 'Traceback (most recent call last):\n  File "x.py", line 3, in f\n    import y\nImportError: no email\n'
    assert str(failure(tmp_path, "dvc status failed", said)) == "dvc status failed\n  ImportError: no email"


LOCK = 'schema: "2.0"\nstages:\n  prepare:\n    cmd: x\n'
CONFLICT = LOCK.replace("    cmd: x\n", "<<<<<<< HEAD\n    cmd: x\n=======\n    cmd: y\n>>>>>>> topic\n")


@pytest.mark.parametrize(
    ("name", "content", "printed", "told"),
    [
        (
            "dvc.lock",
            CONFLICT,
            "'./dvc.lock' is invalid (possible merge conflicts).",
            "dvc.lock:4: holds a merge conflict",
        ),
        ("dvc.yaml", CONFLICT, "ERROR: half a line", "dvc.yaml:4: holds a merge conflict"),
        ("data/x.dvc", "outs: [\n", "'./data/x.dvc' is invalid.", "data/x.dvc:2: not YAML"),
        (
            "params.yaml",
            "a: [\n",
            "ERROR: unable to read: 'params.yaml', YAML",
            "params.yaml:2: not YAML",
        ),
        ("dvc.yaml", "\xff", "ERROR: unable to read: 'dvc.yaml', is not valid", "dvc.yaml: cannot be read: 'utf-8'"),
        (
            "dvc.yaml",
            "stages:\n  a: 3\n",
            "'./dvc.yaml' validation failed.\n\nexpected a dictionary, in stages -> a, line 2, column 3\n  2   a: 3\n",
            "dvc.yaml:2: DVC does not take it: expected a dictionary, in stages -> a",
        ),
        (
            "dvc.yaml",
            "stages: {}\n",
            "ERROR: failed to parse 'stages.a.cmd' in 'dvc.yaml': Could not find 'x'\n",
            "dvc.yaml: DVC does not take it: ERROR: failed to parse",
        ),
    ],
)
def test_a_file_that_dvc_cannot_read_is_bad_input_with_its_line(tmp_path, name, content, printed, told):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    fault = failure(tmp_path, "dvc status failed", printed)
    assert (fault.exit_code, str(fault)[: len(told)]) == (2, told)
    assert fault.hint


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
    assert reason(changes) == why


def test_a_changed_command_is_a_reason_of_its_own():
    assert "command" in reason(["changed command"])
