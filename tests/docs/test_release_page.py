"""What docs/release.md says of a release: its files are those of the table, its digests those of the commands."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from made_before import unpacked

from lockgate.domain.releasing.bundle_files import FILES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/release.md").read_text(encoding="utf-8")


def test_the_page_has_every_file_of_a_release():
    table = re.search(r"<!-- files -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)[1]
    rows = [f"| `{file.name}` | {file.what} | {file.reader} |" for file in FILES]
    assert table.splitlines() == ["| file | what it is | read it with |", "| --- | --- | --- |", *rows]


@pytest.fixture
def bundle(tmp_path):
    """A release that was made long ago: the commands hold for each version."""
    return sorted((unpacked("engine-6", tmp_path) / "project/build/releases").iterdir())[0]


@pytest.fixture
def said(bundle, needs):
    needs(there=shutil.which("jq") is not None, how="apt-get install jq")
    commands = re.search(r"```sh\n(.*?)```", PAGE, re.DOTALL)[1]

    def run():
        done = subprocess.run(["sh", "-c", commands], cwd=bundle, capture_output=True, text=True, check=False)
        return re.findall(r"^[0-9a-f]{64}", done.stdout, re.MULTILINE), done.stdout + done.stderr

    return run


def test_the_commands_print_both_digests(said, bundle):
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    (content, release), _ = said()
    assert release.startswith(bundle.name)
    assert content == json.loads((bundle / "verdict.json").read_bytes())["content"].removeprefix("sha256:")
    assert manifest["schema"] == "lockgate/release/1"


def test_the_commands_find_a_file_that_was_changed(said, bundle):
    (bundle / "evidence/tests.json").write_text("{}")
    assert "evidence/tests.json: FAILED" in said()[1]
