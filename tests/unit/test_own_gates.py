"""A gate of somebody else's package: found by its entry point, judged as ours are, never missed in silence."""

import re
import sys
from pathlib import Path

import builders
import pytest

from lockgate.cli.main import run
from lockgate.domain.verdict import Outcome, Verdict

DOCS = Path(__file__).parents[2] / "docs/gates.md"
SETTINGS = "gates:\n  plugins:\n    steady:\n      max_share: {}\n"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install the gate that the docs show, as a package would."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    (entry,) = re.findall(r'steady = "(.*?)"', DOCS.read_text())
    site = tmp_path / "site"
    info = site / "steady-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "steady.py").write_text(code)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: steady\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[lockgate.gates]\nsteady = {entry}\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "steady", raising=False)
    return site


def judged(project, limit, capfd, mode=""):
    text = builders.PARAMS.replace("gates:\n", SETTINGS.format(limit) + mode)
    (project / "params.yaml").write_text(text)
    builders.git(project, "commit", "--quiet", "--all", "--message", "a gate of our own")
    builders.write_candidate(project)
    code = run(["-C", str(project), "gate"])
    return code, "".join(capfd.readouterr())


@pytest.mark.parametrize(("limit", "code"), [(0.9, 0), (0.01, 3)])
def test_a_gate_that_is_installed_and_named_is_asked(project, installed, capfd, limit, code):
    found, said = judged(project, limit, capfd)
    assert found == code, said
    verdict = builders.DOCUMENTS.read(project / "build/verdict.json", Verdict)
    (finding,) = (finding for finding in verdict.findings if finding.gate == "steady")
    assert finding.outcome is (Outcome.REFUSED if code else Outcome.PASSED)
    assert "of the rows are answered positive" in said


def test_a_gate_that_is_named_and_not_installed_ends_with_2(project, capfd):
    code, said = judged(project, 0.9, capfd)
    assert code == 2
    assert "gates.plugins.steady: no such gate is installed" in said


def test_a_wrong_setting_of_such_a_gate_ends_with_2_and_its_key(project, installed, capfd):
    code, said = judged(project, "high", capfd)
    assert code == 2
    assert "gates.plugins.steady.max_share: expected a number, found text" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('raise RuntimeError("broken")', "the gate failed: RuntimeError: broken"),
        ("raise SystemExit(0)", "the gate failed: SystemExit: 0"),
    ],
)
def test_a_gate_that_fails_leaves_the_verdict_undecided(project, installed, capfd, line, said):
    source = installed / "steady.py"
    source.write_text(source.read_text().replace("sample = case", f"{line}\n        sample = case"))
    code, told = judged(project, 0.9, capfd)
    assert (code, said in told) == (4, True), told
    verdict = builders.DOCUMENTS.read(project / "build/verdict.json", Verdict)
    (finding,) = verdict.blocking
    assert (finding.gate, finding.reason) == ("steady", "not-measured")


def test_a_gate_that_ends_the_process_when_it_is_loaded_ends_with_2(project, installed, capfd):
    (installed / "steady.py").write_text("raise SystemExit(0)\n")
    code, said = judged(project, 0.9, capfd)
    assert code == 2
    assert "gates.plugins.steady: steady:SteadyGate cannot be loaded: SystemExit: 0" in said
