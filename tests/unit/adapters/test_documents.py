"""Settings and documents: a wrong key is named with its line, what was meant, and what to do."""

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest
from builders import DOCUMENTS, GOLDEN, PARAMS, WAIVERS

from lockgate.adapters.documents import encode, written
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.data.policy import DataPolicy
from lockgate.domain.judging.gates.robustness.policy import RobustnessPolicy
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.project.settings import Settings
from lockgate.domain.releasing.deployment import Deployment, Waivers
from lockgate.errors import DocumentError, SettingsError
from lockgate.testing.examples import (
    evidence_of_accuracy,
    evidence_of_parity,
    evidence_of_tests,
    passed_verdict,
)


@pytest.fixture
def settings(tmp_path):
    """Read params.yaml with one text replaced by another."""

    def read(old="", new="", kind=Settings, section=""):
        assert old in PARAMS
        path = tmp_path / "params.yaml"
        path.write_text(PARAMS.replace(old, new, 1) if old else PARAMS)
        return DOCUMENTS.read_settings(path, kind, section)

    return read


def line_of(text):
    return PARAMS[: PARAMS.index(text)].count("\n") + 1


def test_whole_settings_are_read(settings):
    read = settings()
    assert (read.model, read.candidates, read.service) == ("example", ("fake",), "serving")


def test_a_number_in_scientific_notation_is_a_number(settings):
    assert settings().gates.parity.max_absolute == 1e-5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  min_tests", "  min_test", r"gates\.tests\.min_test: unknown key; did you mean 'min_tests'\?"),
        ("  metric: roc_auc", "  metric: rocauc", r"gates\.accuracy\.metric: 'rocauc' is not one of roc_auc, roc"),
        ("  floor: 0.9", "  floor: high", r"gates\.accuracy\.floor: expected a number, found text"),
        ("  min_tests: 10", "  min_tests: 1.5", r"gates\.tests\.min_tests: expected a whole number, found a number"),
        ("  min_tests: 10", "  min_tests: true", r"expected a whole number, found true or false"),
        ("candidates: [fake]", "candidates: fake", r"candidates: expected a list, each text, found text"),
        ("  positive: \"yes\"", "  positive: 1.5", r"tables\.positive: 1\.5 \(float\) is no label: a label is a text"),
        ("  positive: \"yes\"", "  positive: [1]", r"tables\.positive: expected a class: text, a whole number"),
        ("model: example", "model: example: two", r"not YAML: mapping values"),
        ("data: {}", "data: {}\ndata: {}", r"not YAML: found duplicate key"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_named_with_its_line(settings, old, new, said):
    with pytest.raises(SettingsError, match=said) as caught:
        settings(old, new)
    first = line_of(old)
    assert any(f"params.yaml:{line}: " in str(caught.value) for line in (first, first + 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    floor: 0.9\n", "", r"gates\.accuracy\.floor: missing; expected a number"),
        ("model: example\n", "", r"model: missing; expected text"),
        ("    floor: 0.9", "    floor: .inf", r"infinite limit or NaN"),
        ("    floor: 0.9", "    floor: .nan", r"infinite limit or NaN"),
        ("    max_absolute: 1e-5", "    max_absolute: .inf", r"infinite limit or NaN"),
        ("    max_relative: 0.01", "    max_relative: -1", r"too small"),
        ("  fake: {}", "  other: {}", r"train\.fake: missing"),
        ("[staging, production]", "[]", r"environments: at least one name"),
        ("[staging, production]", "[../../etc]", r"is no name"),
        ("model: example", "model: ../up", r"is no name"),
    ],
)
def test_a_missing_key_or_a_limit_that_limits_nothing_is_refused(settings, old, new, said):
    with pytest.raises(SettingsError, match=said):
        settings(old, new)


@pytest.mark.parametrize(
    ("new", "line", "said"),
    [
        ("  robustness:\n", 1, r"gates\.robustness: nothing stands under it.*\n.*`robustness: {}` takes the defaults"),
        ("  latency:\n    # max_mib: 1\n", 1, r"gates\.latency: nothing .*\n.* set `mode: off` under it or leave"),
        ("  latency:\n    max_mib: 1\n    max_ratio:\n", 3, r"gates\.latency\.max_ratio: expected a number, found no"),
        ("  selection:\n", 1, r"gates\.selection: expected a mapping with metric, min_rows, found nothing"),
        ("  plugins:\n", 1, r"gates\.plugins: expected a mapping, found nothing"),
    ],
)  # fmt: skip
def test_a_gate_or_a_limit_with_nothing_after_it_is_not_off_in_silence(settings, new, line, said):
    with pytest.raises(SettingsError, match=said) as caught:
        settings("  tests:\n    min", f"{new}  tests:\n    min")
    assert f"params.yaml:{line_of('gates:') + line}: " in str(caught.value)


def test_a_floor_that_no_model_could_miss_is_named_with_its_line(settings):
    with pytest.raises(SettingsError, match=r"accuracy: floor is too small: -5; it must be at least 0 and") as caught:
        settings("    floor: 0.9", "    floor: -5")
    assert f"params.yaml:{line_of('  accuracy:')}: " in str(caught.value)


def test_slices_with_nothing_under_them_are_an_error(settings):
    with pytest.raises(SettingsError, match=r"slices: nothing stands under it; expected a mapping with by, floor"):
        settings("    floor: 0.9", "    slices:\n    floor: 0.9")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("min_tests: 10", f"min_tests: {'9' * 400}", r"yaml:18: gates\.tests: min_tests is too large: about 1e400"),
        ("min_tests: 10", f"min_tests: -{'9' * 400}", r"min_tests is too small: about -1e400"),
        ("min_tests: 10", f"min_tests: {'9' * 5000}", r"params\.yaml:19: not YAML: Exceeds the limit .* 5000 digits$"),
        ("floor: 0.9", f"floor: {'9' * 400}", r"gates\.accuracy\.floor: number out of range"),
        ("gates:", f"gates: {'[' * 500}", r"params\.yaml: nested too deeply"),
        ("data: {}", f"data: {'[' * 500}{']' * 500}", r"params\.yaml: nested too deeply"),
        ("data: {}", "data: {day: 2027-02-31}", r"params\.yaml:5: not YAML: day is out of range for month"),
        ("data: {}", "data: {number: !!float x}", r"params\.yaml:5: not YAML: could not convert string to float"),
    ],
    ids=["many digits", "below 0", "too many digits", "of a float", "open", "closed", "no day", "no number"],
)  # fmt: skip
def test_what_no_computer_holds_is_bad_input_and_no_fault(settings, old, new, said):
    with pytest.raises(SettingsError, match=said):
        settings(old, new)


@pytest.mark.parametrize("by", ["age < ", "age < 25 and", "sex & age < 25"])
def test_a_slice_that_is_none_is_named_with_its_line(settings, by):
    with pytest.raises(SettingsError, match=r"gates\.accuracy\.slices: not a condition: .*such as age < 25") as caught:
        settings("    floor: 0.9\n", f"    floor: 0.9\n    slices: {{by: ['{by}'], floor: 0.5}}\n")
    assert f"params.yaml:{line_of('    floor: 0.9') + 1}: " in str(caught.value)


def test_a_gate_asks_with_its_defaults_where_that_is_said(settings):
    read = settings("gates:\n", "gates:\n  robustness: {}\n")
    assert read.gates.robustness == RobustnessPolicy()


def test_a_waiver_with_an_empty_environment_is_not_one_for_every_environment(tmp_path):
    path = tmp_path / "waivers.yaml"
    path.write_text(WAIVERS + "    environment:\n")
    with pytest.raises(SettingsError, match=r"waivers.yaml:7: waivers\.0\.environment: expected text, found nothing"):
        DOCUMENTS.read_settings(path, Waivers)


@pytest.mark.parametrize(
    ("expires", "found"),
    [
        ("2027-01-01T00:00:00", "a date with a time"),
        ("tomorrow", "another text"),
        ("'2027-01-01T00:00:00'", "another text"),
        ("2027", "a whole number"),
        ("[2027-01-31]", "a list"),
    ],
)
def test_a_waiver_expires_on_a_date(tmp_path, expires, found):
    path = tmp_path / "waivers.yaml"
    path.write_text(f"{WAIVERS}    expires: {expires}\n")
    with pytest.raises(SettingsError) as caught:
        DOCUMENTS.read_settings(path, Waivers)
    said = f"waivers.yaml:7: waivers.0.expires: expected a date such as 2027-01-31, found {found}"
    assert caught.value.message == said


def test_a_missing_file_of_an_environment_says_what_it_would_be(tmp_path):
    with pytest.raises(SettingsError, match=r"staging\.yaml: missing") as caught:
        DOCUMENTS.read_settings(tmp_path / "staging.yaml", Deployment)
    assert "write it: a mapping with environment; champion, schema may be left out" in caught.value.hint
    with pytest.raises(SettingsError, match=r"params\.yaml: missing") as caught:
        DOCUMENTS.read_settings(tmp_path / "params.yaml", Settings)
    assert "run in a project's folder" in caught.value.hint


def test_an_environment_without_a_champion_says_so_with_null(tmp_path):
    DOCUMENTS.write_settings(tmp_path / "staging.yaml", Deployment("staging"), heading="nothing yet")
    assert DOCUMENTS.read_settings(tmp_path / "staging.yaml", Deployment).champion is None


def test_what_was_read_is_written_with_every_default(settings):
    gates = "  data:\n    max_distance: 0.03\n  latency:\n    max_mib: 1\n"
    read = settings("  accuracy:\n", f"{gates}  accuracy:\n    slices: {{by: [job], floor: 0.5}}\n").gates
    policy = json.loads(encode(read))
    assert policy["data"] == written(DataPolicy(max_distance=0.03))
    assert (policy["data"]["max_duplicates"], policy["data"]["mode"]) == (0.0, "enforce")
    assert (policy["parity"]["multiple"], policy["parity"]["ulps"], policy["parity"]["seconds"]) == (4.0, 4.0, 300.0)
    assert (policy["latency"]["alpha"], policy["accuracy"]["slices"]["min_rows"]) == (0.05, 200)


def test_every_unknown_key_is_named_at_once(settings):
    with pytest.raises(SettingsError) as caught:
        settings("  floor: 0.9\n    margin: 0.001", "  flor: 0.9\n    margn: 0.001")
    assert "'floor'" in str(caught.value)
    assert "'margin'" in str(caught.value)


def test_text_that_is_not_utf_8_is_named(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"model: ex\xffmple\n")
    with pytest.raises(SettingsError, match=r"not UTF-8 text.*at byte 9"):
        DOCUMENTS.read_settings(tmp_path / "params.yaml", Settings)


@pytest.mark.parametrize(("text", "found"), [("", "nothing"), ("- a\n", "a list"), ("just text\n", "text")])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text, found):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(SettingsError, match=f"the file: expected a mapping .*, found {found}"):
        DOCUMENTS.read_settings(tmp_path / "params.yaml", Settings)


@dataclass(frozen=True)
class Training:
    rate: float
    seed: int = 7


def test_a_section_is_read_by_its_path(settings):
    assert settings("  fake: {}", "  fake: {rate: 1}", Training, "train.fake") == Training(1.0)


def test_a_wrong_key_in_a_section_has_its_whole_path(settings):
    with pytest.raises(SettingsError, match=r"train\.fake\.rat: unknown key; did you mean 'rate'\?"):
        settings("  fake: {}", "  fake: {rat: 1}", Training, "train.fake")


def test_a_section_that_is_not_there_is_named(settings):
    with pytest.raises(SettingsError, match=r"train\.none: expected a mapping with rate, seed, found nothing"):
        settings(kind=Training, section="train.none")


@pytest.mark.parametrize("text", ["{}\n", "[]\n"])
def test_a_section_is_missed_in_an_empty_file_too(tmp_path, text):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"train\.fake: expected a mapping with rate, seed, found nothing"):
        DOCUMENTS.read_settings(tmp_path / "params.yaml", Training, "train.fake")


# --- JSON documents ---


def test_a_missing_document_says_what_makes_it(tmp_path):
    with pytest.raises(DocumentError, match=r"(?s)missing.*lockgate run"):
        DOCUMENTS.read(tmp_path / "verdict.json", Verdict)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{", "", "not JSON"),
        ("lockgate/evidence/tests/1", "lockgate/evidence/tests/2", "schema"),
        ('"tests":', '"test":', "test: unknown key; did you mean 'tests'"),
        ('"failures": 0,', "", "failures: missing"),
        ('"skipped": 0', '"skipped": null', "skipped: expected a whole number, found nothing"),
        ("sha256:", "sha512:", "not a digest"),
    ],
)
def test_a_document_of_another_form_is_refused(tmp_path, old, new, said):
    path = tmp_path / "tests.json"
    DOCUMENTS.write(path, evidence_of_tests())
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(DocumentError, match=said):
        DOCUMENTS.read(path, TestsEvidence)


GOLDENS = {
    "verdict.json": passed_verdict,
    "tests.json": evidence_of_tests,
    "accuracy.json": evidence_of_accuracy,
    "parity.json": evidence_of_parity,
}


@pytest.mark.parametrize("name", GOLDENS)
def test_the_written_form_does_not_change_unnoticed(tmp_path, golden, name):
    document = GOLDENS[name]()
    DOCUMENTS.write(tmp_path / name, document)
    golden(name, (tmp_path / name).read_text(encoding="utf-8"))
    assert DOCUMENTS.read(tmp_path / name, type(document)) == document


def test_a_verdict_of_the_first_engine_stays_readable():
    verdict = DOCUMENTS.read(GOLDEN / "verdict-1.json", Verdict)
    assert (verdict.engine, verdict.schema, verdict.outcome) == ("1", "lockgate/verdict/1", Outcome.PASSED)
    assert verdict.policy.accuracy.floor == 0.9


AT_ONCE = """
import dataclasses, sys, threading
from lockgate.typed_values import from_builtins, from_msgpack, to_msgpack

def new_class():
    inner = dataclasses.make_dataclass("Inner", [(f"field{n}", int, 0) for n in range(40)])
    return dataclasses.make_dataclass("Outer", [(f"part{n}", dict[str, inner] | None, None) for n in range(20)])

sys.setswitchinterval(1e-6)
for _ in range(40):
    kind, together = new_class(), threading.Barrier(6)
    def read():
        together.wait()
        value = {"part1": {"a": {"field1": 1}}}
        read_of.append(from_builtins(value, kind).part1["a"].field1)
        read_of.append(from_msgpack(to_msgpack(value), list[kind] | kind).part1["a"].field1)
    read_of = []
    threads = [threading.Thread(target=read) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert read_of == [1] * 12, read_of
"""


@pytest.mark.slow
def test_threads_that_meet_a_class_at_once_all_read_it():
    """A crash of the interpreter is a test's end, so it is another process that tries."""
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
