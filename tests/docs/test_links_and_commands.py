"""What README and docs point at is there, and the commands that they show are commands of this project."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

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


@pytest.mark.slow
@pytest.mark.parametrize("page", [*filter(commands_to_run, PAGES)], ids=lambda page: page.name)
def test_every_command_shown_works(page, delivered_clone):
    for command in commands_to_run(page):
        done = subprocess.run(shlex.split(command), cwd=delivered_clone, capture_output=True, text=True, check=False)
        assert done.returncode == 0, command + done.stdout + done.stderr


def test_both_commands_of_the_readme_are_targets_of_the_makefile():
    assert set(commands(ROOT / "README.md")) >= RUN_BY_CI_ITSELF
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"deliver", "test"} <= set(targets)
