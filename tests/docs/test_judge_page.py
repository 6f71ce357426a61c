"""docs/judge.md, and its lines in README.md: the model is made, the commands run and print what is shown."""

import re
from pathlib import Path

import pytest

from lockgate.cli.main import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/judge.md").read_text()
SESSIONS = [
    block
    for text in (PAGE, (ROOT / "README.md").read_text())
    for block in re.findall(r"```text\n(\$ lockgate judge .*?)\n```", text, re.DOTALL)
]
CODES = {"PASSED": 0, "REFUSED": 3, "UNDECIDED": 4}


def written(kind):
    (block,) = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return block


def without_figures(line):
    """Another processor rounds otherwise, and may name another column."""
    return re.sub(r"-?\d+(\.\d+)?(e-\d+)?", "#", line)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        exec(written("python"), {})
    (made / "policy.yaml").write_text(written("yaml"))
    return made


def test_the_front_page_shows_a_part_of_it():
    assert len(SESSIONS) == 4
    *of_page, front = SESSIONS
    command, *lines = front.splitlines()
    (whole,) = [session for session in of_page if session.splitlines()[0] == command]
    assert {*lines} - {"  ..."} <= {*whole.splitlines()}


@pytest.mark.slow
@pytest.mark.parametrize("session", SESSIONS[:3])
def test_what_the_page_shows_is_printed(session, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    command, *shown = session.splitlines()
    code = run(command.split()[2:])
    outcome = re.search(r"verdict {3}(\w+)", session)
    assert code == (CODES[outcome[1]] if outcome else 2)
    streams = capsys.readouterr()
    printed = (streams.out + streams.err).rstrip().splitlines()
    if shown[0] == "  ...":
        del shown[0]
        printed = printed[len(printed) - len(shown) :]
    assert len(printed) == len(shown)
    for line, told in zip(printed, shown, strict=True):
        start = without_figures(told.removesuffix(" ..."))
        assert without_figures(line).startswith(start) if told.endswith("...") else without_figures(line) == start
