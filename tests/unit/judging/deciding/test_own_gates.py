"""A gate of somebody else's package: found by its entry point, judged as ours are, never missed in silence."""

import importlib
import json
import math
import re
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import builders
import numpy as np
import pytest
from cases import CASE

from lockgate.cli.main import run
from lockgate.domain.judging.deciding.guard import judged as judged_by
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.judging.protocol.gate import AskedGate, Gate
from lockgate.domain.statistics.interval import Interval

DOCS = Path(__file__).parents[4] / "docs/extending.md"
SECTION = DOCS.read_text(encoding="utf-8").partition("\n## A gate\n")[2].partition("\n## ")[0]
SETTINGS = "gates:\n  plugins:\n    steady:\n      max_share: {}\n"


SOUND = Finding("steady", "share", Outcome.PASSED, "steady enough")
INTERVAL = 'INTERVAL = Interval(np.float32(0.25), np.float64(0.5), 0.9, np.str_("made"))'


@dataclass(frozen=True)
class Yielding:
    """A gate that finds what it is told."""

    found: tuple[object, ...]

    def judge(self, policy, case):
        yield from self.found


def judge_by(*found):
    return judged_by(AskedGate(Gate("steady", Yielding(found).judge), None), CASE)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install the gate that the docs show, as a package would."""
    code, order, test = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    (entry,) = re.findall(r'steady = "(.*?)"', SECTION)
    site = tmp_path / "site"
    info = site / "steady-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "steady.py").write_text(code)
    (site / "test_steady.py").write_text(test)
    (site / "order_of_rows.py").write_text(order)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: steady\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[lockgate.gates]\nsteady = {entry}\norder = order_of_rows:ORDER\n")
    monkeypatch.syspath_prepend(str(site))
    for module in ("steady", "test_steady", "order_of_rows"):
        monkeypatch.delitem(sys.modules, module, raising=False)
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


def test_the_settings_of_such_a_gate_are_told_and_recorded_with_their_defaults(project, installed, capfd):
    code, said = judged(project, 0.9, capfd)
    assert code == 0, said
    verdict = builders.DOCUMENTS.read(project / "build/verdict.json", Verdict)
    assert verdict.policy.plugins == {"steady": {"max_share": 0.9, "mode": "enforce"}}
    assert run(["-C", str(project), "policy", "explain"]) == 0
    words = "at most 0.9 of the rows are answered positive"
    assert f"\nsteady: an installed gate\n  {words}\n" in capfd.readouterr().out


def test_the_gate_of_the_page_keeps_the_contract_of_gates(installed):
    suite = importlib.import_module("test_steady").TestSteady()
    asked = [name for name in dir(suite) if name.startswith("test_")]
    assert len(asked) > 5
    for name in asked:
        getattr(suite, name)()


def test_a_class_with_settings_and_a_judgement_is_a_gate_as_it_was(project, installed, capfd):
    source = installed / "steady.py"
    source.write_text(
        f"{source.read_text()}\n\nclass Steady:\n    policy = SteadyPolicy\n    judge = staticmethod(judge)\n"
    )
    info = installed / "steady-1.0.dist-info/entry_points.txt"
    info.write_text("[lockgate.gates]\nsteady = steady:Steady\n")
    code, said = judged(project, 0.01, capfd)
    assert code == 3, said
    assert run(["-C", str(project), "policy", "explain"]) == 0
    assert "\nsteady: an installed gate\n  max_share 0.01\n" in capfd.readouterr().out


def test_a_gate_that_calls_itself_otherwise_than_its_entry_point_ends_with_2(project, installed, capfd):
    source = installed / "steady.py"
    source.write_text(source.read_text().replace('name="steady"', 'name="other"'))
    code, said = judged(project, 0.9, capfd)
    assert (code, "it calls itself 'other'" in said) == (2, True), said


@pytest.mark.parametrize(("waivable", "code"), [(True, 0), (False, 3)])
def test_a_reason_of_its_own_that_no_waiver_helps_is_none_to_waive(project, installed, capfd, waivable, code):
    source = installed / "steady.py"
    source.write_text(source.read_text().replace('policy allows")', f'policy allows", waivable={waivable})'))
    assert judged(project, 0.01, capfd)[0] == 3
    content = builders.DOCUMENTS.read(project / "build/verdict.json", Verdict).content
    (project / "deploy/waivers.yaml").write_text(
        (project / "deploy/waivers.yaml").read_text()
        + f"  - gate: steady\n    candidate: '{content}'\n    reason: known\n    name: A. Person\n"
        "    expires: 2999-01-31\n"
    )
    found, said = judged(project, 0.01, capfd)
    assert found == code, said


def test_what_the_code_of_a_gate_prints_is_no_part_of_a_document(project, installed, capfd):
    source = installed / "steady.py"
    printing = source.read_text().replace("    scores = case", '    print("judged")\n    scores = case')
    source.write_text(f'print("loaded")\n{printing}')
    code, said = judged(project, 0.9, capfd)
    assert (code, "judged\n" in said) == (0, True), said
    for asked, found in (("gate --json", "outcome"), ("policy schema steady", "$defs")):
        sys.modules.pop("steady")
        assert run(["-C", str(project), *asked.split()]) == 0
        out, err = capfd.readouterr()
        assert found in json.loads(out)
        assert "loaded" in err or "kept" in err or "build/logs" in err


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
    source.write_text(source.read_text().replace("scores = case", f"{line}\n    scores = case"))
    code, told = judged(project, 0.9, capfd)
    assert (code, said in told) == (4, True), told
    verdict = builders.DOCUMENTS.read(project / "build/verdict.json", Verdict)
    (finding,) = verdict.blocking
    assert (finding.gate, finding.reason) == ("steady", "gate-failed")


def test_numpys_numbers_are_taken(project, installed, capfd):
    source = installed / "steady.py"
    code = source.read_text().replace("float(scores.sample.predicted.mean())", "scores.sample.predicted.mean()")
    code = code.replace("rows=scores.rows", "rows=np.int64(scores.rows), interval=INTERVAL")
    source.write_text(f"import numpy as np\n{code}\nfrom lockgate.gates import Interval\n{INTERVAL}")
    found, said = judged(project, 0.9, capfd)
    assert found == 0, said
    (finding,) = (
        f for f in builders.DOCUMENTS.read(project / "build/verdict.json", Verdict).findings if f.gate == "steady"
    )
    assert (finding.rows, finding.interval) == (2000, Interval(0.25, 0.5, 0.9, "made"))
    assert finding.measured == pytest.approx(0.3, abs=0.1)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"gate": "accuracy"}, "it is of the gate 'accuracy', and may be of 'steady' only"),
        ({"outcome": "great"}, "outcome is 'great'; a gate gives one of passed, refused, undecided"),
        ({"outcome": Outcome.WAIVED}, "outcome is <Outcome.WAIVED"),
        ({"outcome": Outcome.WARNED}, "outcome is <Outcome.WARNED"),
        ({"outcome": None}, "outcome is None"),
        ({"outcome": []}, "outcome is []"),
        ({"rule": ""}, "rule is '', and must be a text"),
        ({"message": None}, "message is None, and must be a text"),
        ({"message": " "}, "message is ' '"),
        ({"remedy": 1}, "remedy is 1"),
        ({"reason": b"x"}, "reason is b'x'"),
        ({"measured": math.nan}, "measured is nan, and must be a finite number"),
        ({"measured": np.float32("inf")}, "measured is "),
        ({"measured": "0.5"}, "measured is '0.5'"),
        ({"measured": True}, "measured is True"),
        ({"limit": np.array([0.5])}, "limit is array"),
        ({"limit": 10**400}, "limit is 1000"),
        ({"rows": 1.5}, "rows is 1.5, and must be a count"),
        ({"rows": -1}, "rows is -1"),
        ({"rows": 2**64}, "rows is 18446744073709551616"),
        ({"rows": True}, "rows is True"),
        ({"interval": (0.1, 0.2)}, "interval is (0.1, 0.2), no Interval"),
        ({"interval": Interval(0.1, math.nan, 0.9, "made")}, "interval.high is nan"),
        ({"interval": Interval(0.1, 0.2, 0.9, None)}, "interval.method is None"),
    ],
)  # fmt: skip
def test_a_finding_that_is_not_well_formed_leaves_its_gate_undecided(changes, wrong):
    (found,) = judge_by(SOUND, replace(SOUND, **changes))
    assert (found.gate, found.outcome, found.reason) == ("steady", Outcome.UNDECIDED, "gate-failed")
    assert found.message.startswith(f"a finding of the gate steady is not well formed: {wrong}")


@pytest.mark.parametrize(
    ("yielded", "wrong"), [(None, "it is None, no Finding"), ({"gate": "steady"}, "it is {'gate'")]
)
def test_what_is_no_finding_leaves_its_gate_undecided(yielded, wrong):
    (found,) = judge_by(yielded)
    assert (found.outcome, wrong in found.message) == (Outcome.UNDECIDED, True)


def test_what_a_sound_gate_finds_is_kept_as_it_is():
    full = replace(SOUND, measured=0.5, limit=1, rows=3, interval=Interval(0.1, 0.2, 0.9, "made"), remedy="more")
    assert judge_by(full, replace(SOUND, outcome=Outcome.REFUSED, reason="unsteady")) == [
        full,
        replace(SOUND, outcome=Outcome.REFUSED, reason="unsteady"),
    ]


def test_a_message_that_no_file_can_hold_is_written_all_the_same():
    (found,) = judge_by(replace(SOUND, message="\ud800 is half a character"))
    assert found.message == "? is half a character"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("STEADY = None", "it is None, and no Gate with a policy"),
        ("STEADY = Gate('steady', None, SteadyPolicy)", "and no Gate with a policy and a function to judge by"),
        ("STEADY = Gate('steady', judge, SteadyPolicy(0.5))", "its policy is SteadyPolicy("),
        ("STEADY = Gate('steady', judge, int)", "its policy is <class 'int'>, and must be a frozen dataclass"),
    ],
)
def test_what_is_no_gate_ends_with_2_and_says_why(project, installed, capfd, line, says):
    source = installed / "steady.py"
    source.write_text(f"{source.read_text()}\n{line}\n")
    code, said = judged(project, 0.9, capfd)
    assert (code, says in said) == (2, True), said


def test_a_name_that_two_packages_bring_ends_with_2(project, installed, capfd):
    shutil.copytree(installed / "steady-1.0.dist-info", installed / "calm-2.0.dist-info")
    (installed / "calm-2.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: calm\nVersion: 2.0\n")
    code, said = judged(project, 0.9, capfd)
    assert code == 2
    assert "gates.plugins.steady: more than one package brings it: calm 2.0 and steady 1.0" in said


def test_a_gate_that_ends_the_process_when_it_is_loaded_ends_with_2(project, installed, capfd):
    (installed / "steady.py").write_text("raise SystemExit(0)\n")
    code, said = judged(project, 0.9, capfd)
    assert code == 2
    assert "gates.plugins.steady: steady:STEADY cannot be loaded: SystemExit: 0" in said
    assert "ask those who made steady 1.0, or take it out of gates.plugins" in said


def test_a_gate_that_fails_half_way_is_undecided_and_names_its_package(project, installed, capfd):
    source = installed / "steady.py"
    source.write_text(source.read_text().replace("\n\n\nSTEADY", '\n    raise RuntimeError("lost")\n\n\nSTEADY'))
    code, said = judged(project, 0.9, capfd)
    assert code == 4
    failed = r"undecided steady, measured: the gate failed: RuntimeError: lost \(at steady.py:\d+, in judge\)"
    assert re.search(failed, said), said
    assert "-> ask those who made the gate steady of steady 1.0\n" in said
