"""Every document has a JSON Schema, which takes what Lockgate itself writes and nothing less."""

import io
import json
import re
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from builders import DOCUMENTS, FILES, PARAMS
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from whole import STRICT

from lockgate.adapters.documents import encode, json_schema
from lockgate.cli.document_schemas import SCHEMAS
from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.deciding.drill_report import Drilled, DrillReport, Fate
from lockgate.domain.judging.deciding.judgement import Fed, JudgedFile, ModelJudgement
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.gates.accuracy.policy import SlicesPolicy
from lockgate.domain.judging.gates.data.evidence import ColumnDistance, DataEvidence, Overlap, SplitFacts
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence, Importance, LocalExplanation
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence, Term
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence, Timing
from lockgate.domain.judging.gates.robustness.evidence import ProbeResult, RobustnessEvidence
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.making.selection import SelectionPolicy, Validation
from lockgate.domain.model.candidate import Subject, Trained
from lockgate.domain.model.score_table import TableReference
from lockgate.domain.model.task import Binary, Multiclass
from lockgate.domain.ranges import ranges
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference, Waivers
from lockgate.domain.releasing.lineage.difference import (
    Change,
    CodeDifference,
    FindingChange,
    MeasureChange,
    Measured,
    PolicyChange,
    ReleaseDifference,
    Side,
)
from lockgate.domain.releasing.lineage.document import (
    Asked,
    Code,
    Data,
    Doubt,
    Params,
    ReleaseLineage,
    Served,
    StageRun,
    UsedWaiver,
)
from lockgate.domain.releasing.lineage.environment_log import EnvironmentLog, How, Stay
from lockgate.domain.releasing.registry_state import Difference, Kind, RegistryReport, Wanted
from lockgate.domain.releasing.signing import verification
from lockgate.domain.releasing.signing.keys import Keys, TrustedKey, fingerprint_of
from lockgate.domain.source import Commit, Source
from lockgate.domain.statistics.interval import Estimate, Interval
from lockgate.errors import DocumentError, SettingsError
from lockgate.testing.examples import (
    BOOTSTRAP,
    SIGNATURE_OF_EXAMPLE,
    evidence_of_packaged,
    proof_of_package,
    write_bundle,
)

IN_BUNDLE = {
    "accuracy": "evidence/accuracy.json",
    "labels": "labels.json",
    "manifest": "manifest.json",
    "parity": "evidence/parity.json",
    "profile": "profile.json",
    "provenance": "provenance.json",
    "resolved-policy": "policy.json",
    "signature": "signature.json",
    "tests": "evidence/tests.json",
    "used-waivers": "waivers.json",
    "verdict": "verdict.json",
}
PUBLIC = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"
KEY = TrustedKey("ci", fingerprint_of(PUBLIC), PUBLIC, date(2026, 11, 29))
REFERENCE = ReleaseReference("example", sha256(b"r"), sha256(b"c"))
SPLITS = {split: SplitFacts(100, {"yes": 30}) for split in ("training", "validation", "test")}
DATA = DataEvidence(
    {split: md5(split.encode()) for split in SPLITS},
    {"fake": "1"},
    "outcome",
    Binary((), "yes"),
    SPLITS,
    {"training": Overlap(0, 1), "validation": Overlap(0, None)},
    {"age": 0.6},
    (ColumnDistance("age", "kolmogorov-smirnov", 0.01),),
)
SUBJECT = Subject("example", sha256(b"model"), md5(b"rows"))
EXPLANATION = ExplanationEvidence(
    SUBJECT,
    {"fake": "1"},
    100,
    3,
    (Importance("age", 0.1, 0.2, 1.0),),
    (LocalExplanation(7, label=False, score=0.9, contributions={"age": 0.3}),),
)
ROBUSTNESS = RobustnessEvidence(SUBJECT, {"fake": "1"}, 100, (ProbeResult("age", "missing", 100, 0, 0, 0, 0.1, 0.2),))
GLASSBOX = ReferenceEvidence(
    training=md5(b"training"),
    data=md5(b"rows"),
    tools={"fake": "1"},
    settings={"bias": "0"},
    inputs=("age",),
    training_rows=100,
    rows=50,
    task=Binary((), "yes"),
    counts={"yes": 20},
    metrics={"roc_auc": None},
    intercepts={"yes": 0.1},
    terms=(Term("age", ("age",), 0.5),),
    scores=TableReference("scores.parquet", 50, sha256(b"scores")),
)
COMMIT = Commit("c" * 40, "A. Person", "person@example.org", "2026-01-01T00:00:00+00:00", "Promote")
STAY = Stay(REFERENCE, COMMIT, None, How.PROMOTION, COMMIT)
NAMED = Wanted("staging", ("staging",), REFERENCE, COMMIT.hash, COMMIT.committed_at, COMMIT.author)
MOVED = Difference(Kind.ALIAS_MOVED, "the alias was moved", "refused", "staging", "staging", "2", REFERENCE.release)
REGISTRY = RegistryReport("example", "sqlite:///mlflow.db", 2, (NAMED,), (MOVED,), ("version 1: put back",))
SIDE = Side("staging", REFERENCE, "build/releases/1", "fake")
DIFFERENCE = ReleaseDifference(
    SIDE,
    SIDE,
    same_content=False,
    same_rows=True,
    data=(Change("data/raw.csv", "md5:1", None),),
    params=(Change("train.rows", 1, [2]),),
    code=CodeDifference(COMMIT.hash, COMMIT.hash, (COMMIT,), (), ("params.yaml",)),
    policy=(PolicyChange("gates.accuracy.floor", 0.9, 0.8, loosened=True),),
    measures=(MeasureChange("accuracy", "floor", Measured(0.9, Interval(0.8, 0.95, 0.9, "bootstrap"), 100), None),),
    findings=(FindingChange("accuracy", "floor", "passed", None, "message"),),
    doubts=(Doubt("code", "why"),),
)
OTHERS = {
    "reference": GLASSBOX,
    "data": DATA,
    "explanation": EXPLANATION,
    "robustness": ROBUSTNESS,
    "latency": LatencyEvidence(SUBJECT, {"fake": "1"}, None, 9, None, (Timing(1, (1e-4, 2e-4)),)),
    "difference": DIFFERENCE,
    "drill": DrillReport("example", sha256(b"c"), (Drilled("a constant", "accuracy", Fate.THROUGH, "it passed"),)),
    "deployment": Deployment("staging", REFERENCE),
    "environment-log": EnvironmentLog("staging", COMMIT.hash, "main", (STAY,)),
    "registry-check": REGISTRY,
    "lineage": ReleaseLineage(
        Asked("staging", "staging", COMMIT.committed_at),
        REFERENCE,
        "build/releases/1",
        verified=True,
        code=Code(Source(COMMIT.hash, COMMIT.committed_at), COMMIT, COMMIT.hash, (COMMIT,)),
        params=Params(sha256(b"params"), {"train.fake": {"weight": 0.1}}),
        data=(Data("data/raw.csv", "0" * 32, "data/raw.csv.dvc", "https://example.org", {"kept": "/mnt"}),),
        stages=(StageRun("prepare", "lockgate prepare", {"data/raw.csv": "0" * 32}, {}),),
        waivers=(UsedWaiver(BOOTSTRAP, COMMIT),),
        served=(Served("staging", STAY),),
        doubts=(Doubt("stages", "why", "help"),),
    ),
    "packaged": evidence_of_packaged(),
    "package-proof": proof_of_package(),
    "trained": Trained("sklearn", "model.skops", SIGNATURE_OF_EXAMPLE.inputs, SIGNATURE_OF_EXAMPLE.classes),
    "validation": Validation("sklearn", "sklearn", "model.skops", sha256(b"m"), md5(b"v"), 9, {"roc_auc": None}),
    "judgement": ModelJudgement(
        Outcome.PASSED,
        JudgedFile("model.onnx", sha256(b"m")),
        JudgedFile("rows.csv", sha256(b"r")),
        9,
        Multiclass(("a", "b", "c")),
        "the model answers classes",
        (Fed("X", "float32", ("a", "b")),),
        "label",
        "probabilities",
        {"accuracy": Estimate(0.9, Interval(0.8, 0.95, 0.9, "clopper-pearson"), 9)},
        (Finding("accuracy", "floor of accuracy", Outcome.PASSED, "message"),),
        ("said",),
        {"data": "no training rows"},
        demanded=True,
        tools={"fake": "1"},
    ),
    "keys": Keys((KEY,)),
    "verification": verification.Verification(
        "it", "refused", "example", None, None, None, (verification.Difference("form", "a", "b"),)
    ),
    "waivers": Waivers((BOOTSTRAP,)),
}


def as_people_write(value):
    """The same document with what is none left out: in what people write, an empty key is an error."""
    if isinstance(value, dict):
        return {key: as_people_write(item) for key, item in value.items() if item is not None}
    return [as_people_write(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def documents(tmp_path):
    write_bundle(tmp_path, DOCUMENTS, FILES)
    found = {name: json.loads((tmp_path / path).read_text()) for name, path in IN_BUNDLE.items()}
    found |= {name: json.loads(encode(document)) for name, document in OTHERS.items()}
    found |= {name: as_people_write(found[name]) for name in ("keys", "waivers")}
    params = YAML(typ="safe", pure=True).load(io.StringIO(PARAMS))
    return found | {"params": params, "policy": params["gates"]}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_accepts_a_written_document(documents, name):
    schema = json_schema(SCHEMAS[name])
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(documents[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_refuses_a_document_that_lacks_a_key_or_is_of_another_schema(documents, name):
    validator = Draft202012Validator(json_schema(SCHEMAS[name]))
    if name not in {"keys", "waivers"}:
        first = next(key for key in documents[name] if key != "schema")
        assert not validator.is_valid({key: value for key, value in documents[name].items() if key != first})
    if "schema" in documents[name]:
        assert not validator.is_valid(documents[name] | {"schema": "lockgate/other/9"})


# --- what reading refuses, the schema refuses ---

GATES = replace(
    STRICT,
    selection=SelectionPolicy("roc_auc", 100),
    accuracy=replace(STRICT.accuracy, slices=SlicesPolicy(("job",), 0.5, 0.1)),
    plugins={"steady": {"max_share": 0.5}},
)
POLICY_SCHEMA = Draft202012Validator(json_schema(Policy))


@pytest.fixture
def read_gates(tmp_path):
    """Read a policy from the mapping under `gates:`."""

    def read(gates):
        path = tmp_path / "params.yaml"
        path.write_text(json.dumps({"gates": gates}))
        return DOCUMENTS.read_settings(path, Policy, "gates")

    return read


def numbers(policy, path=()):
    """Where each number with a range stands, and the range."""
    for name, value in vars(policy).items():
        if name in ranges(type(policy)):
            yield (*path, name), ranges(type(policy))[name]
        elif hasattr(value, "__dataclass_fields__"):
            yield from numbers(value, (*path, name))


def gates_with(path, value):
    gates = as_people_write(json.loads(encode(GATES)))
    *sections, key = path
    part = gates
    for section in sections:
        part = part[section]
    part[key] = value
    return gates


def test_the_policy_with_every_gate_is_read_and_valid(read_gates):
    gates = as_people_write(json.loads(encode(GATES)))
    assert read_gates(gates) == GATES
    POLICY_SCHEMA.validate(gates)


NUMBERS = dict(numbers(GATES))


@pytest.mark.parametrize("path", NUMBERS, ids=".".join)
def test_a_number_out_of_its_range_is_refused_by_reading_and_by_the_schema(read_gates, path):
    allowed = NUMBERS[path]
    beyond = [None if allowed.least is None else allowed.least - 1, allowed.below]
    beyond += [None if allowed.most is None else allowed.most + 1]
    for value in (value for value in beyond if value is not None):
        with pytest.raises(SettingsError, match=f"{path[-1]} is too"):
            read_gates(gates_with(path, value))
        assert not POLICY_SCHEMA.is_valid(gates_with(path, value))
    if allowed.least is not None:
        POLICY_SCHEMA.validate(gates_with(path, allowed.least))


def test_every_number_of_a_policy_states_its_range():
    def free(policy):
        for name, value in vars(policy).items():
            if isinstance(value, float | int) and not isinstance(value, bool) and name not in ranges(type(policy)):
                yield name
            elif hasattr(value, "__dataclass_fields__"):
                yield from free(value)

    assert list(free(GATES)) == []
    assert ("parity", "ulps") in NUMBERS


SECTIONS = [(), ("accuracy",), ("accuracy", "slices"), *((name,) for name in ("tests", "parity", "data", "fairness"))]


@pytest.mark.parametrize("section", SECTIONS, ids=".".join)
def test_an_unknown_key_is_refused_by_reading_and_by_the_schema(read_gates, section):
    gates = gates_with((*section, "acuracy"), 1)
    with pytest.raises(SettingsError, match="acuracy: unknown key"):
        read_gates(gates)
    assert not POLICY_SCHEMA.is_valid(gates)


def places(policy, path=()):
    """Where each key stands that may be left out."""
    for each in fields(policy):
        if each.default is None:
            yield (*path, each.name)
        if is_dataclass(value := getattr(policy, each.name)):
            yield from places(value, (*path, each.name))


@pytest.mark.parametrize("path", list(places(GATES)), ids=".".join)
def test_a_key_with_nothing_after_it_switches_nothing_off(read_gates, path):
    with pytest.raises(SettingsError, match=rf"params.yaml:1: gates\.{re.escape('.'.join(path))}: .*nothing"):
        read_gates(gates_with(path, None))
    assert not POLICY_SCHEMA.is_valid(gates_with(path, None))


@pytest.mark.parametrize("name", ["params", "waivers"])
def test_an_empty_key_is_refused_by_the_schema_of_all_that_people_write(documents, name):
    if name == "waivers":
        documents[name]["waivers"][0]["environment"] = None
    else:
        documents[name]["gates"]["latency"] = None
    assert not Draft202012Validator(json_schema(SCHEMAS[name])).is_valid(documents[name])


def test_the_settings_of_an_installed_gate_are_its_own(read_gates):
    gates = gates_with(("plugins", "steady", "anything"), -1)
    assert read_gates(gates).plugins["steady"]["anything"] == -1
    POLICY_SCHEMA.validate(gates)


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_document_has_a_key_that_its_schema_does_not_know(documents, name):
    schema = json_schema(SCHEMAS[name])
    assert not Draft202012Validator(schema).is_valid(documents[name] | {"unheard": 1})
    objects = [definition for definition in schema["$defs"].values() if definition.get("type") == "object"]
    assert {definition["additionalProperties"] for definition in objects} == {False}


def test_an_unknown_key_in_a_mapping_of_parts_is_refused_by_reading_and_by_the_schema(tmp_path):
    document = json.loads(encode(DATA))
    document["splits"]["test"]["unheard"] = 1
    (tmp_path / "data.json").write_text(json.dumps(document))
    with pytest.raises(DocumentError, match=r"splits\.test\.unheard: unknown key"):
        DOCUMENTS.read(tmp_path / "data.json", DataEvidence)
    assert not Draft202012Validator(json_schema(DataEvidence)).is_valid(document)


def test_the_parameters_of_this_project_are_valid():
    params = YAML(typ="safe", pure=True).load(Path(__file__).parents[3] / "params.yaml")
    Draft202012Validator(json_schema(SCHEMAS["params"])).validate(params)
    POLICY_SCHEMA.validate(params["gates"])
