"""What Lockgate writes does not change unnoticed: verdicts of all gates, documents, schemas, digests and pages."""

import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest
from builders import DOCUMENTS, FILES, PARAMS, opened
from cases import GATES, PASSED, REFUSED, UNDECIDED
from made_before import unpacked
from whole import DATA, EXPLANATION, FULL, LATENCY, PARITY, REFERENCE, ROBUSTNESS, WHOLE
from worsenings import WORSE

from lockgate.adapters.documents import json_schema, written
from lockgate.adapters.dvc.stages.lock import DvcLock
from lockgate.adapters.pages.verdict import VerdictReports
from lockgate.adapters.parquet import ParquetTables
from lockgate.cli.document_schemas import SCHEMAS
from lockgate.cli.main import run
from lockgate.domain.identity import DigestStart, md5, sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.drill_report import Drilled, DrillReport, Fate
from lockgate.domain.judging.deciding.verdict import Waiver
from lockgate.domain.judging.gates.explanation.evidence import LocalExplanation
from lockgate.domain.judging.gates.explanation.evidence_glassbox import ReferenceEvidence
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.making.selection import Standing, Validation, select
from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE, Trained
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.release import VERDICT, sealed
from lockgate.domain.reviewing.policy_in_words import explain
from lockgate.domain.reviewing.worst_errors import worst_errors
from lockgate.testing import FakeBundleWriter, FakePipeline, FakeRepository, FakeRuntime
from lockgate.testing.examples import (
    BOOTSTRAP,
    POLICY,
    SIGNATURE_OF_EXAMPLE,
    TASK_OF_EXAMPLE,
    evidence_of_packaged,
    proof_of_package,
    write_bundle,
)
from lockgate.usecases.releasing.seal import seal
from lockgate.usecases.releasing.sealing.bundle import SealingTools
from lockgate.usecases.reviewing.group_rates import groups_of

TEN = replace(
    FULL,
    fairness=replace(FULL.fairness, min_equalized_odds_ratio=0.4),
    robustness=replace(FULL.robustness, probes=()),
    plugins={},
)
"""All ten gates, with every rule that they have."""
SELECTION = select("roc_auc", [Standing("example", "fake", 0.93), Standing("other", "fake", None, "not trained")], 400)
WORST = (
    LocalExplanation(7, label=True, score=0.02, contributions={"age": -0.3, "job": 0.01}),
    LocalExplanation(9, label=False, score=None, contributions={}),
)
CONTENT = DigestStart(str(WHOLE.candidate.content))
BAD = (
    *("tests fail", "another param since", "smiths are answered no"),
    *("parity: labels flip", "invented: an output differs", "setting: labels flip", "another runtime"),
    *("duplicates", "a feature knows", "a column is far", "a forbidden column matters"),
    *("probe: not_finite", "nudge moves", "slower", "larger"),
)
WAIVERS = (
    BOOTSTRAP,
    *(replace(BOOTSTRAP, gate=gate) for gate in ("fairness", "explanation", "latency")),
    Waiver("parity", "seen and accepted", "A. Person", candidate=CONTENT, expires=date(2026, 3, 1)),
    Waiver("data", "seen, too long ago", "A. Person", candidate=CONTENT, expires=date(2026, 1, 1)),
)


def passed():
    return TEN, WHOLE, ()


def waived():
    """No champion, one gate that only warns, one that is off, and a waiver that nothing needs."""
    policy = replace(TEN, robustness=replace(TEN.robustness, mode="warn"), calibration=None)
    case = WORSE["another runtime"](WORSE["nudge moves"](WHOLE, 1.0), 1.0)
    return policy, replace(case, champion=None), WAIVERS


def refused():
    """Something is wrong at each gate."""
    case = WORSE["rows are wrong"](WHOLE, 0.6)
    for name in BAD:
        case = WORSE[name](case, 1.0)
    return TEN, case, (BOOTSTRAP,)


def undecided():
    """There is no evidence, and a gate of the policy is not installed."""
    return replace(TEN, plugins=FULL.plugins), replace(WHOLE, evidence=Evidence()), (BOOTSTRAP,)


VERDICTS = {made.__name__: made for made in (passed, waived, refused, undecided)}


def judged(name):
    policy, case, waivers = VERDICTS[name]()
    return policy, case, decide(policy, replace(case, selection=SELECTION), waivers, date(2026, 2, 1))


def short(text):
    """Numbers with nine digits: the others are not the same on every processor."""
    return re.sub(r"-?\d+\.\d{9,}(e[+-]?\d+)?", lambda found: f"{float(found[0]):.9g}", text)


def as_written(folder, document):
    DOCUMENTS.write(folder / "document.json", document)
    return short((folder / "document.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", VERDICTS)
def test_a_verdict_of_all_gates_is_written_as_before(golden, tmp_path, name):
    golden(f"verdicts/{name}.json", as_written(tmp_path, judged(name)[2]))


@pytest.mark.parametrize("name", VERDICTS)
def test_the_pages_of_a_verdict_are_as_before(golden, name):
    policy, case, verdict = judged(name)
    errors = tuple(worst_errors(WORST, case.evidence.tables.get(ReferenceEvidence), TASK_OF_EXAMPLE, "yes"))
    reports = VerdictReports()
    golden(f"verdicts/{name}.md", reports.markdown(verdict, errors, groups_of(policy.fairness, case)))
    golden(f"verdicts/{name}.xml", reports.junit(verdict))


def test_these_verdicts_have_findings_of_every_gate():
    found = {name: defaultdict(set) for name in VERDICTS}
    for name, outcomes in found.items():
        for finding in judged(name)[2].findings:
            outcomes[finding.gate].add(finding.outcome)
    assert found["passed"] == {gate: {PASSED} for gate in GATES}
    assert {gate for gate, outcomes in found["refused"].items() if REFUSED in outcomes} == set(GATES) - {"integrity"}
    assert found["refused"]["integrity"] == {PASSED, UNDECIDED}
    assert found["undecided"] == {gate: {UNDECIDED} for gate in (*GATES, *FULL.plugins)}


@pytest.mark.parametrize(("name", "policy"), [("whole", FULL), ("least", POLICY)])
def test_a_policy_is_told_in_the_same_words(golden, name, policy):
    golden(f"policies/{name}.txt", "\n".join([*explain(policy, "production"), ""]))


DRILLED = (
    Drilled("a constant", "accuracy", Fate.STOPPED, "0.5", REFUSED, "below-floor", 0.25),
    Drilled("5 times slower", "latency", Fate.OFF, "the policy limits no time"),
)
SERVED = ReleaseReference("example", sha256(b"release"), WHOLE.candidate.content)
WRITTEN = {
    "data": DATA,
    "drill": DrillReport("example", WHOLE.candidate.content, DRILLED),
    "explanation": replace(EXPLANATION, worst=WORST),
    "latency": LATENCY,
    "packaged": evidence_of_packaged(),
    "package-proof": proof_of_package(),
    "parity": PARITY,
    "reference": REFERENCE,
    "robustness": ROBUSTNESS,
    "signature": SIGNATURE_OF_EXAMPLE,
    "trained": Trained(
        "keras", "model.keras", SIGNATURE_OF_EXAMPLE.inputs, SIGNATURE_OF_EXAMPLE.classes, "front.skops"
    ),
    "validation": Validation("example", "keras", "model.keras", sha256(b"m"), md5(b"v"), 400, {"roc_auc": 0.93}),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_document_is_written_as_before(golden, tmp_path, name):
    golden(f"documents/{name}.json", as_written(tmp_path, WRITTEN[name]))


def test_the_file_of_an_environment_is_written_as_before(golden, tmp_path):
    path = tmp_path / "staging.yaml"
    DOCUMENTS.write_settings(path, Deployment("staging", SERVED), heading="What staging should serve")
    golden("documents/deployment.yaml", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_as_before(golden, name):
    golden(f"schemas/{name}.json", json.dumps(json_schema(SCHEMAS[name]), indent=2) + "\n")


def digests(release):
    """Both digests of a release, and of all that it holds."""
    told = {"release": str(release.digest), "content": str(release.content), **written(release.manifest)}
    return json.dumps(told, indent=2) + "\n"


def test_a_bundle_has_the_same_digests(golden, tmp_path):
    golden("digests/bundle.json", digests(write_bundle(tmp_path / "bundle", DOCUMENTS, FILES)))


def test_a_sealed_candidate_has_the_same_digests(golden, tmp_path):
    """The evidence, the commit and its time are those of the bundle: only the use case is another."""
    bundle = tmp_path / "bundle"
    given = write_bundle(bundle, DOCUMENTS, FILES).verdict
    (tmp_path / "project").mkdir()
    (tmp_path / "project/params.yaml").write_text(PARAMS + "release: {scores: false}\n")
    project = opened(tmp_path / "project")
    layout, paths = project.layout, project.layout.candidate("example")
    placed = {MODEL: paths.model, SIGNATURE: paths.signature, PROFILE: paths.profile, VERDICT: layout.verdict}
    placed |= {sealed(kind): layout.evidence("example", kind) for kind in given.evidence}
    for name, path in placed.items():
        FILES.write_bytes(path, (bundle / name).read_bytes())
    FILES.write_bytes(layout.root / project.settings.tables.test, b"data")
    pipeline = FakePipeline(data={"build/test.parquet": md5(b"data")})
    tools = SealingTools(pipeline, DvcLock(layout.root), FakeRuntime(), ParquetTables(FILES), [FakeBundleWriter()])
    release, folder = seal(project, None, FakeRepository(layout.root), tools)
    assert folder == layout.release(release.version)
    golden("digests/sealed.json", digests(release))


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """A project that was delivered by an earlier engine."""
    return unpacked("engine-6", tmp_path_factory.mktemp("delivered")) / "project"


@pytest.mark.parametrize(
    ("name", "asked", "code"),
    [
        ("status", ["status"], 0),
        ("policy", ["policy", "explain"], 0),
        ("gate", ["--verbose", "gate"], 0),
        ("selection", ["select"], 0),
        ("parity", ["parity"], 0),
    ],
)
def test_a_verb_says_of_a_delivered_project_what_it_said_before(golden, delivered, capfd, name, asked, code):
    capfd.readouterr()
    assert run(["-C", str(delivered), *asked]) == code
    out, err = capfd.readouterr()
    golden(f"pages/{name}.txt", (out + err).replace(str(delivered), "."))


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        (["parity"], "candidates/logistic/parity.html"),
        (["gate"], "verdict.md"),
        (["gate"], "verdict.xml"),
        (["select"], "selection.svg"),
    ],
    ids=["parity", "verdict", "junit", "selection"],
)
def test_a_page_of_a_delivered_project_is_as_before(golden, delivered, asked, page):
    assert run(["-C", str(delivered), *asked]) == 0
    golden(f"pages/{page.rpartition('/')[2]}", (delivered / "build" / page).read_text(encoding="utf-8"))
