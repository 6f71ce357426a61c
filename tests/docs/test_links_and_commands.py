"""What README and docs point at is there, and the commands that they show are commands of this project."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from one_process import OneProcess

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "data/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
RUN_BY_CI_ITSELF = {"make deliver", "make test"}
RUN_IN_A_TEST_OF_ITS_OWN = {"lockgate drill", 'lockgate drill --only "int8"'}


def commands(page):
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def commands_to_run(page):
    return [command for command in commands(page) if command not in RUN_BY_CI_ITSELF | RUN_IN_A_TEST_OF_ITS_OWN]


def measures(page):
    """Whether a page measures again: its readers judge again before they release."""
    return any(" check " in command for command in commands(page))


@pytest.fixture(scope="module")
def reader(copy_delivered, tmp_path_factory):
    """A clone in which the commands of one page after the other are called."""
    started = OneProcess("lockgate.cli.main:run", copy_delivered(tmp_path_factory.mktemp("reader") / "clone"))
    yield started
    started.end()


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(filter(commands_to_run, PAGES), key=measures), ids=lambda page: page.name)
def test_every_command_shown_works(page, reader):
    for command in commands_to_run(page):
        verb, *arguments = shlex.split(command)
        assert verb == "lockgate" or (reader.folder / verb).samefile(Path(sys.executable).with_name("lockgate"))
        code, said = reader.call(*arguments)
        assert code == 0, command + said


def test_both_commands_of_the_readme_are_targets_of_the_makefile():
    assert set(commands(ROOT / "README.md")) >= RUN_BY_CI_ITSELF
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"deliver", "test"} <= set(targets)
