"""What a delivery says on the console, line for line, and as one JSON document."""

import json
import re

import builders
import pytest
from builders import git

from lockgate.cli.main import run
from lockgate.cli.wiring import making, measuring, releasing, serving
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.releasing.deployment import Deployment
from lockgate.testing import (
    FakePackager,
    FakePipeline,
    FakePlugin,
    FakeRegistry,
    FakeRuntime,
    FakeServer,
    FakeTestRunner,
    FakeTracker,
)

STAGES = ("prepare", "train@fake", "export@fake", "check@fake")
TWO = builders.PARAMS.replace("[fake]", "[fake, other]").replace("  fake: {}\n", "  fake: {}\n  other: {}\n")

WIRED = {
    "pipeline": making,
    "plugin": making,
    "tracker": making,
    "tracking_store": making,
    "runtime": measuring,
    "test_runner": measuring,
    "registry": releasing,
    "load_registry_soon": releasing,
    "packager": serving,
    "server": serving,
}


class Store:
    def begun(self):
        return True

    def look(self):
        return "here"


@pytest.fixture
def pipeline():
    return FakePipeline(dict.fromkeys(STAGES), missing=["data/raw.csv"])


@pytest.fixture
def said(project, pipeline, tmp_path, own_store, monkeypatch, capfd):
    """Deliver on fakes: the exit code and both streams, without what differs from day to day."""
    (project / "serving").mkdir()
    (project / "serving/service.py").touch()
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "A service")
    builders.write_candidate(project)
    made = {
        "pipeline": pipeline,
        "runtime": FakeRuntime(),
        "registry": FakeRegistry(tmp_path / "registry"),
        "packager": FakePackager(tmp_path / "packages"),
        "server": FakeServer(),
        "tracker": FakeTracker(),
        "tracking_store": Store(),
        "plugin": FakePlugin(),
        "test_runner": FakeTestRunner(),
        "load_registry_soon": None,
    }
    for name, one in made.items():
        monkeypatch.setattr(WIRED[name], name, lambda *_, one=one, **__: one)

    def call(*arguments):
        capfd.readouterr()
        code = run(["-C", str(project), "deliver", *arguments])
        streams = capfd.readouterr()
        out = _shape(streams.out) if arguments == ("--json",) else streams.out
        told = f"exit code {code}\n--- stdout\n{out}--- stderr\n{streams.err}"
        return _timeless(told.replace(str(own_store), "<store>").replace(str(tmp_path), "<tmp>"))

    return call


def _timeless(text):
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "<digest>", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:+-]+", "<time>", text)
    return re.sub(r"\d+\.\d s\b", "<seconds> s", text)


def _shape(document):
    """The document without the verdict, which has a golden of its own."""
    return json.dumps(json.loads(document) | {"verdict": "<verdict>"}, indent=2) + "\n"


def test_a_first_and_a_second_delivery_say_what_they_did(said, golden):
    golden("deliver/first.txt", said())
    golden("deliver/second.txt", said())


def test_as_json_the_lines_go_to_the_other_stream(said, golden):
    golden("deliver/json.txt", said("--json"))


def test_a_refused_candidate_is_told_with_its_remedy(said, evidence, golden):
    builders.rewrite(evidence / "parity.json", ParityEvidence, flips=3)
    golden("deliver/refused.txt", said())


def test_a_candidate_that_is_out_is_named_and_the_others_go_on(said, project, pipeline, golden):
    builders.committed(project, "params.yaml", TWO)
    pipeline.stages = {**pipeline.stages, "train@other": None}
    pipeline.fails = {"train@other": 2}
    golden("deliver/out.txt", said())


def test_a_candidate_named_by_hand_and_an_uncommitted_change_are_told(said, project, golden):
    (project / "notes.txt").write_text("note")
    (project / ".gitignore").write_text("build/\nbuilt/\n")
    golden("deliver/named.txt", said("--candidate", "fake"))


def test_what_an_earlier_delivery_served_already_is_not_sealed_again(said, project, golden):
    said()
    assert run(["-C", str(project), "promote", "staging"]) == 0
    builders.write_candidate(project)
    named = builders.DOCUMENTS.read_settings(project / "deploy/staging.yaml", Deployment).champion
    builders.write_champion(project, named.release)
    golden("deliver/champion.txt", said())
