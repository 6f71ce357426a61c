"""Evidence and releases that an earlier engine made are read, verified and judged as they were then."""

import json
import shutil

import pytest
from builders import DOCUMENTS, opened
from made_before import ENGINES, unpacked

from lockgate.cli.document_schemas import SCHEMAS
from lockgate.cli.main import run
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.releasing.deployment import Deployment, Waivers
from lockgate.errors import DocumentError, Refused
from lockgate.usecases.project.release_folders import open_release, read_release

RELEASED = [
    "8ba235aec4fb64eb529df74898475bdb000753bd996646e294bd9ba0c968b1f8",
    "c736ae224986a63874567e560c394531b0cbadf61214349b2486c514688c7b41",
]
CONTENTS = [
    "898c9efdb705e30ba7199322890fefafee9dbb83c600e904b21269380bb627ae",
    "931ede2f68600e960c567523114c1635a66e398a6964a971c9a78d11a2b72fa5",
]
"""The digests of the releases, in the order of their names, and of the content of each."""
JUDGED = {"passed": (0, ()), "refused": (3, ("--policy", "strict.yaml")), "undecided": (4, ("--against", "production"))}
"""The exit code of each verdict, and what was asked beside the defaults."""
GATES = [
    *("tests", "integrity", "accuracy", "parity", "data"),
    *("calibration", "fairness", "explanation", "robustness", "latency"),
]
"""Those of then, in the order of their findings."""
WORDS = {"message", "remedy"}
NOTES = {"reads", "sources.json"}
"""What stages note for Lockgate in the same working copy: no documents that anybody else reads."""
NEWER = {"labels", "package-proof", "resolved-policy", "used-waivers"}
"""What a release, and a package of one, have held since."""
TOLD = {"difference", "environment-log", "judgement", "lineage", "registry-check", "verification"}
"""What is told, and kept nowhere."""
OF_A_DELIVERY = set(SCHEMAS) - {"deployment", "keys", "params", "policy", "waivers"} - NEWER - TOLD


@pytest.fixture(scope="module", params=ENGINES)
def made(request, tmp_path_factory):
    """What an engine made, and what it said of that. Never changed."""
    return unpacked(request.param, tmp_path_factory.mktemp("made-before"))


def findings(verdict):
    """What decides in a verdict as JSON: every finding but its words, with numbers to nine digits."""
    return [{name: near(value) for name, value in found.items() if name not in WORDS} for found in verdict["findings"]]


def near(value):
    if isinstance(value, dict):
        return {name: near(part) for name, part in value.items()}
    return pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value


def documents(build):
    """Every document with a schema, with what it is read as."""
    for path in sorted(build.rglob("*.json")):
        if not NOTES & set(path.parts):
            yield {"tests": "tests", "packaged": "packaged"}.get(path.parent.name, path.stem), path


def test_every_document_is_read(made):
    there = list(documents(made / "project/build"))
    assert {kind for kind, _ in there} == OF_A_DELIVERY
    for kind, path in there:
        assert DOCUMENTS.read(path, SCHEMAS[kind]).schema
    deploy = made / "project/deploy"
    assert DOCUMENTS.read_settings(deploy / "staging.yaml", Deployment).champion
    assert DOCUMENTS.read_settings(deploy / "waivers.yaml", Waivers).waivers


def test_every_release_is_what_its_names_say_and_holds_a_verdict_that_passed(made):
    project = opened(made / "project")
    folders = sorted(project.layout.releases.iterdir())
    found = [read_release(project, folder) for folder in folders]
    assert [release.digest.hex for release in found] == RELEASED
    assert [release.content.hex for release in found] == CONTENTS
    assert [release.version for release in found] == [folder.name for folder in folders]
    assert {release.verdict.outcome for release in found} == {Outcome.PASSED}
    assert {finding.gate for release in found for finding in release.verdict.findings} == set(GATES)


def test_a_release_of_before_has_no_signature_and_opens_where_a_commit_has_named_it(made, tmp_path):
    root = shutil.copytree(made / "project", tmp_path / "project")
    champion = DOCUMENTS.read_settings(root / "deploy/staging.yaml", Deployment).champion.release.short
    other = next(path.name for path in (root / "build/releases").iterdir() if path.name != champion)
    assert open_release(opened(root), root / "build/releases" / champion).signer is None
    with pytest.raises(Refused, match="it is not signed"):
        open_release(opened(root), root / "build/releases" / other)


def test_a_release_with_a_byte_changed_is_none(made, tmp_path):
    project = opened(shutil.copytree(made / "project", tmp_path / "project"))
    for folder in project.layout.releases.iterdir():
        report = folder / "evidence/robustness.json"
        report.write_bytes(report.read_bytes().replace(b"0", b"1", 1))
        with pytest.raises(DocumentError, match=r"evidence/robustness\.json was changed"):
            open_release(project, folder)


@pytest.mark.parametrize("name", JUDGED)
def test_the_same_evidence_is_judged_as_it_was(made, tmp_path, capfd, name):
    root, expected = shutil.copytree(made / "project", tmp_path / "project"), made / "expected"
    code, asked = JUDGED[name]
    asked = [str(expected / word) if word.endswith(".yaml") else word for word in asked]
    capfd.readouterr()
    assert run(["-C", str(root), "--json", "gate", *asked]) == code
    now, then = json.loads(capfd.readouterr().out), json.loads((expected / f"{name}.json").read_bytes())
    assert now["outcome"] == then["outcome"] == name
    assert findings(now) == findings(then)
    assert list(dict.fromkeys(found["gate"] for found in then["findings"])) == GATES
    same = ("candidate", "content", "source", "champion", "evidence", "waivers", "unused_waivers", "selection")
    assert {key: now[key] for key in same} == {key: then[key] for key in same}
    assert set(then["off"]) <= set(now["off"])  # a gate that came later is off
