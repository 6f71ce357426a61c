"""docs/your-model.md takes a reader from an empty repository to a gated model: this does exactly what it says.

Where the machine can, it does so on a wire that is watched, behind a proxy: nothing phones home.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import wire

from lockgate.domain.telemetry import OFF

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/your-model.md").read_text()
FILES = re.compile(r"^`([\w./-]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# ONNX Runtime and MLflow keep silent by themselves where they see one of these, and would prove nothing.
CI = {"CI", "BUILDKITE", "CIRCLECI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "PYTEST_CURRENT_TEST", "TF_BUILD"}


class Reader:
    """Somebody who has switched off nothing, behind a company's proxy: runs what the page says."""

    def __init__(self, folder, home):
        self.folder, self.home, self.said, self.seen = folder / "project", folder / "home", "", []
        self.folder.mkdir()
        shutil.copytree(home, self.home, ignore=shutil.ignore_patterns(".cache"))
        kept = {name: value for name, value in os.environ.items() if name not in {*OFF, *CI, "XDG_CACHE_HOME"}}
        proxies = {"HTTP_PROXY": wire.PROXY, "https_proxy": wire.PROXY, "ALL_PROXY": wire.PROXY}
        self.environment = kept | proxies | {"NO_PROXY": "intern.example", "HOME": str(self.home)}

    def sh(self, command):
        options = {"cwd": self.folder, "env": self.environment, "timeout": 300}
        # `dvc` by hand is the user's own command, with the user's own settings.
        if command.startswith("dvc "):
            options["env"] = self.environment | OFF
        if wire.there():
            done, seen = wire.run(["sh", "-c", command], **options)
            self.seen += seen
        else:
            done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, **options)
        self.said += done.stdout
        assert done.returncode == 0, command + done.stdout + done.stderr


@pytest.fixture(scope="module")
def reader(tmp_path_factory, home):
    reader = Reader(tmp_path_factory.mktemp("reader"), home)
    begin, deliver = COMMANDS.findall(PAGE)
    for command in begin.splitlines():
        reader.sh(command)
    for name, content in FILES.findall(PAGE):
        (reader.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (reader.folder / name).write_text(content)
    shutil.copytree(ROOT / "serving", reader.folder / "serving", ignore=shutil.ignore_patterns("__pycache__"))
    for command in deliver.splitlines():
        reader.sh(command)
    reader.sh(re.search(r"`(lockgate train .*?)`", PAGE)[1])
    return reader


def test_a_reader_gets_from_an_empty_repository_to_a_gated_model(reader):
    assert {"tumours.py", "params.yaml", "dvc.yaml", "deploy/staging.yaml", "tests/test_tumours.py"} <= {
        path.relative_to(reader.folder).as_posix() for path in reader.folder.rglob("*")
    }
    assert "verdict on logistic" in reader.said
    assert "PASSED" in reader.said
    assert "equal to the judged model's" in reader.said
    assert "champion of staging: release" in reader.said
    assert (reader.folder / "build/tries/logistic/trained/trained.json").exists()


def test_on_all_that_way_no_name_is_looked_up_and_no_packet_leaves(reader, needs):
    needs(there=wire.there(), how=wire.HOW)
    assert reader.seen == []
    # What lies there is sent by the next process that lives long enough.
    assert [*reader.home.rglob("onnxruntime.db")] == []


def test_a_lookup_and_a_packet_would_have_been_seen(needs):
    needs(there=wire.there(), how=wire.HOW)
    code = """
import socket
def attempt(work, *arguments):
    try:
        work(*arguments)
    except OSError:
        pass
attempt(socket.getaddrinfo, "phone.example", 443)
attempt(socket.create_connection, ("198.51.100.7", 443), 0.1)
socket.getfqdn()
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
"""
    done, seen = wire.run([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
    assert set(seen) == {"lookup of phone.example", "198.51.100.7:443/tcp", f"lookup of {os.uname().nodename}"}
