"""Every remedy helps: a command that can be run as it stands, an edit that changes the outcome, or a judgement."""

import ast
import functools
import re
import shlex
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import get_args, get_type_hints

import click
import pytest
from cases import GATES, REASONS
from test_reasons import CASES, PACKAGED
from whole import STRICT

import lockgate
from lockgate.cli.main import VERBS
from lockgate.cli.main import lockgate as command_line
from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.verdict import Waiver
from lockgate.domain.judging.gates.parity.packaged import judge_packaged
from lockgate.domain.judging.protocol.finding import OPENING
from lockgate.domain.project.settings import Settings
from lockgate.testing.examples import evidence_of_packaged

# --- the findings: what the remedy of each documented reason names is done, as far as it is an edit ---

COMMAND = re.compile(
    r"(?:set MLFLOW_TRACKING_URI [^;]*; then:|run|make it again:"
    r"|measure:|ask the champion these rows:|package the release again, [\w ]+:) "
    r"`?(lockgate [a-z ]+)`?(?:, which collects the evidence again)?"
)
DONE = {
    "lockgate run",
    "lockgate check tests",
    "lockgate check champion",
    "lockgate check latency",
    "lockgate package",
}
"""Commands that are remedies by themselves; tests/way/test_remedies_done.py runs those of a candidate."""
SETTINGS = {
    ("tests", "tests-skipped"): ("tests.max_skipped", 5),
    ("accuracy", "missing-slice"): ("accuracy.slices.by", ("job",)),
    ("accuracy", "slice-too-small"): ("accuracy.slices.by", ("age < 40",)),
    ("accuracy", "class-too-small"): ("accuracy.classes.min_rows", 30),
    ("data", "leakage-duplicates"): ("data.max_duplicates", 0.001),
    ("data", "leakage-near-duplicates"): ("data.max_near_duplicates", 0.5),
    ("data", "leakage-groups"): ("data.max_shared_groups", 0.05),
    ("fairness", "not-a-number"): ("fairness.min_rows", 400),
    ("explanation", "unknown-feature"): ("explanation.forbidden", ("job",)),
    ("explanation", "importance-moved"): ("explanation.max_shift", 1.0),
}
"""The key that a remedy names, and what somebody writes there."""
FIXED = ("parity", "no-truth")
NO_CHAMPION = {(gate, "no-champion") for gate in ("accuracy", "fairness", "explanation", "latency")}
JUDGED = {
    "tests": {"no-test-ran", "test-command-failed", "test-failed"},
    "integrity": {"not-committed", "policy-loosened"},
    "accuracy": {
        "below-floor", "not-a-number", "not-enough-rows", "slice-below-floor", "slice-worse-than-champion",
        "worse-than-anchor", "worse-than-champion", "not-binary", "class-below-floor", "class-worse-than-champion",
        "unknown-class",
    },
    "parity": {
        "crosses-threshold", "differs", "input-missing", "input-unexpected", "label-flips", "mismatch", "no-answer",
        "other-form", "other-runtime", "out-of-range", "output-missing", "output-reordered", "output-unexpected",
        "varies",
    },
    "data": {
        "contract-broken", "label-balance", "leakage-feature", "not-a-number", "not-enough-rows", "split-distance",
        "test-before-training",
    },
    "calibration": {"miscalibrated", "not-a-number", "not-enough-rows", "quantiles-cross"},
    "fairness": {"less-fair-than-champion", "missing-group", "not-enough-rows", "unfair"},
    "explanation": {"behind-glassbox", "forbidden-feature", "not-a-number", "not-enough-rows"},
    "robustness": {
        "fragile", "not-a-number", "not-enough-rows", "not-finite", "out-of-range", "probe-failed", "unknown-label",
    },
    "latency": {"not-enough-rows", "slower-than-champion", "too-large", "too-slow"},
}  # fmt: skip
"""What only somebody who knows the model can mend: another model, other rows, or another word in the policy."""
EVERY = [(gate, reason) for gate in GATES for reason in sorted(REASONS[gate])]


def broken(gate, reason):
    found = CASES[gate, reason]
    return found if isinstance(found, tuple) else (found, STRICT)


def asked(gate, policy):
    """The same but for gates that take most of the time, where another one is asked about."""
    return policy if gate in {"calibration", "fairness"} else replace(policy, calibration=None, fairness=None)


@functools.cache
def finding(gate, reason):
    """The first finding with that reason."""
    if (gate, reason) in PACKAGED:
        findings = judge_packaged(STRICT.parity, evidence_of_packaged(), sha256(b"another"))
    else:
        case, policy = broken(gate, reason)
        findings = decide(asked(gate, policy), case).blocking
    return next(each for each in findings if (each.gate, each.reason) == (gate, reason))


def kind_of(gate, reason):
    """How a remedy can be done."""
    if COMMAND.fullmatch(finding(gate, reason).remedy):
        return "command"
    if (gate, reason) in SETTINGS or (gate, reason) in {FIXED, *NO_CHAMPION}:
        return "edit"
    return "judgement"


@pytest.mark.parametrize(("gate", "reason"), EVERY, ids="{}".format)
def test_every_finding_has_a_remedy_and_one_that_is_left_to_somebody_is_known_to_be(gate, reason):
    remedy = finding(gate, reason).remedy
    assert remedy
    assert (kind_of(gate, reason) == "judgement") == (reason in JUDGED[gate])
    if kind_of(gate, reason) == "command":
        assert COMMAND.fullmatch(remedy)[1] in DONE


def with_setting(policy, key, value):
    head, _, rest = key.partition(".")
    return replace(policy, **{head: with_setting(getattr(policy, head), rest, value) if rest else value})


def became(gate, reason, policy, waivers=()):
    """What is found by the same rule after the remedy; nothing where it has nothing to say any more."""
    rule, case = finding(gate, reason).rule, broken(gate, reason)[0]
    return [
        each for each in decide(asked(gate, policy), case, waivers).findings if (each.gate, each.rule) == (gate, rule)
    ]


@pytest.mark.parametrize(("gate", "reason"), SETTINGS, ids="{}".format)
def test_the_setting_that_a_remedy_names_changes_the_outcome(gate, reason):
    key, value = SETTINGS[gate, reason]
    assert f"gates.{key}" in finding(gate, reason).remedy
    after = became(gate, reason, with_setting(broken(gate, reason)[1], key, value))
    assert reason not in {each.reason for each in after}


def test_a_fixed_tolerance_needs_no_truth():
    assert "set tolerance: fixed, with max_absolute and max_relative" in finding(*FIXED).remedy
    fixed = replace(STRICT, parity=replace(STRICT.parity, tolerance="fixed", max_absolute=1e-3, max_relative=1.0))
    assert "no-truth" not in {each.reason for each in became(*FIXED, fixed)}
    assert "parity" not in {each.gate for each in decide(fixed, broken(*FIXED)[0]).blocking}


@pytest.mark.parametrize(("gate", "reason"), sorted(NO_CHAMPION), ids="{}".format)
def test_the_waiver_that_a_remedy_names_lets_a_first_release_pass(gate, reason):
    remedy = finding(gate, reason).remedy
    named, scope = re.search(r"a waiver for (\w+) with `scope: ([\w-]+)` in deploy/waivers.yaml", remedy).groups()
    waiver = Waiver(gate=named, reason="the first", name="A. Person", scope=scope)
    (after,) = became(gate, reason, broken(gate, reason)[1], (waiver,))
    assert after.outcome in OPENING


# --- all that the code says: a command that is named is one, and so is a setting ---

SOURCE = Path(lockgate.__file__).parent
NEEDS_CANDIDATE = {"train", "export"}
OF_A_CANDIDATE = {"data", "accuracy", "parity", "explanation", "robustness"}


def texts():
    """Every text of the code that is no docstring, a placeholder for what is filled in, with its place."""
    for path in sorted(SOURCE.rglob("*.py")):
        nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        inside = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        statements = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                parts = (each.value if isinstance(each, ast.Constant) else "X" for each in node.values)
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside | statements:
                yield f"{path.relative_to(SOURCE)}:{node.lineno}", node.value


TEXTS = list(texts())
NAMED = re.compile(r"`lockgate ([^`]+)`|(?:: |; then )lockgate ([a-z][^`;,:.]*)$|: lockgate ([a-z][^`;,:.]*)[;,]")
COMMANDS = sorted(
    {
        (command, place)
        for place, text in TEXTS
        for found in NAMED.finditer(text)
        if not re.search(r"\wX", command := next(filter(None, found.groups())))
    }
)


def test_commands_are_found():
    assert {"run", "gate", "check tests", "check champion", "deliver"} <= {command for command, _ in COMMANDS}
    assert len(COMMANDS) > 60


@pytest.mark.parametrize(("command", "place"), COMMANDS, ids="{}".format)
def test_a_command_that_is_named_can_be_run_as_it_stands(command, place):
    verb, *arguments = shlex.split(command)
    assert verb in VERBS, place
    found, context = command_line, click.Context(command_line)
    while isinstance(found, click.Group):
        found = found.get_command(context, verb)
        assert found is not None, place
        if isinstance(found, click.Group):
            verb, *arguments = arguments or ["(none)"]
    found.make_context(verb, [*arguments])
    of_one = verb in NEEDS_CANDIDATE or (verb == "check" and OF_A_CANDIDATE & set(arguments))
    assert not of_one or any(each.startswith("--candidate") for each in arguments), f"{place}: of which candidate?"


def keys(kind, path=()):
    """Every key of the settings, those of optional parts too."""
    for name, hint in get_type_hints(kind).items():
        yield ".".join((*path, name))
        for inner in (hint, *get_args(hint)):
            if is_dataclass(inner):
                yield from keys(inner, (*path, name))


def test_a_setting_that_is_named_is_one():
    known = {*keys(Settings), "gates.plugins.X"}
    named = {
        found
        for _, text in TEXTS
        for found in re.findall(r"\b((?:gates|tables|tests|drill)\.[a-z_]+(?:\.[a-z_]+)*)(?![/\w])", text)
        if not found.endswith((".json", ".md", ".py", ".parquet"))
    }
    assert {"gates.accuracy.margin", "gates.fairness.min_rows", "tables.positive"} <= named
    assert named <= known


def test_no_text_names_a_target_of_a_makefile_that_a_project_need_not_have():
    assert [place for place, text in TEXTS if re.search(r"\bmake (?!it|sure)[a-z]+$|`make ", text)] == []
