"""Every document has a JSON Schema, which takes what Lockgate itself writes and nothing less."""

import io
import json

import pytest
from builders import DOCUMENTS, FILES, PARAMS
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from lockgate.adapters.documents import encode, json_schema
from lockgate.cli.schemas import SCHEMAS
from lockgate.domain.candidate import Subject, Trained
from lockgate.domain.deployment import Deployment, ReleaseReference, Waivers
from lockgate.domain.drilling import Drilled, DrillReport, Fate
from lockgate.domain.evidence import TableReference
from lockgate.domain.evidence_data import ColumnDistance, DataEvidence, Overlap, SplitFacts
from lockgate.domain.evidence_explanation import ExplanationEvidence, Importance, LocalExplanation
from lockgate.domain.evidence_latency import LatencyEvidence, Timing
from lockgate.domain.evidence_reference import ReferenceEvidence, Term
from lockgate.domain.evidence_robustness import ProbeResult, RobustnessEvidence
from lockgate.domain.identity import md5, sha256
from lockgate.domain.selection import Validation
from lockgate.testing.examples import BOOTSTRAP, SIGNATURE_OF_EXAMPLE, evidence_of_packaged, write_bundle

IN_BUNDLE = {
    "accuracy": "evidence/accuracy.json",
    "manifest": "manifest.json",
    "parity": "evidence/parity.json",
    "profile": "profile.json",
    "provenance": "provenance.json",
    "signature": "signature.json",
    "tests": "evidence/tests.json",
    "verdict": "verdict.json",
}
REFERENCE = ReleaseReference("example", sha256(b"r"), sha256(b"c"))
SPLITS = {split: SplitFacts(100, 30) for split in ("training", "validation", "test")}
DATA = DataEvidence(
    {split: md5(split.encode()) for split in SPLITS},
    {"fake": "1"},
    "outcome",
    "yes",
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
    positives=20,
    positive="yes",
    metrics={"roc_auc": None},
    intercept=0.1,
    terms=(Term("age", ("age",), 0.5),),
    scores=TableReference("scores.parquet", 50, sha256(b"scores")),
)
OTHERS = {
    "reference": GLASSBOX,
    "data": DATA,
    "explanation": EXPLANATION,
    "robustness": ROBUSTNESS,
    "latency": LatencyEvidence(SUBJECT, {"fake": "1"}, None, 9, None, (Timing(1, (1e-4, 2e-4)),)),
    "drill": DrillReport("example", sha256(b"c"), (Drilled("a constant", "accuracy", Fate.THROUGH, "it passed"),)),
    "deployment": Deployment("staging", REFERENCE),
    "packaged": evidence_of_packaged(),
    "trained": Trained("sklearn", "model.skops", SIGNATURE_OF_EXAMPLE.inputs, SIGNATURE_OF_EXAMPLE.classes),
    "validation": Validation("sklearn", "sklearn", "model.skops", sha256(b"m"), md5(b"v"), 9, {"roc_auc": None}),
    "waivers": Waivers((BOOTSTRAP,)),
}


@pytest.fixture
def documents(tmp_path):
    write_bundle(tmp_path, DOCUMENTS, FILES)
    found = {name: json.loads((tmp_path / path).read_text()) for name, path in IN_BUNDLE.items()}
    found |= {name: json.loads(encode(document)) for name, document in OTHERS.items()}
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
    if name != "waivers":
        first = next(key for key in documents[name] if key != "schema")
        assert not validator.is_valid({key: value for key, value in documents[name].items() if key != first})
    if "schema" in documents[name]:
        assert not validator.is_valid(documents[name] | {"schema": "lockgate/other/9"})
