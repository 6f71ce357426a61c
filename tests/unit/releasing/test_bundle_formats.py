"""The files of a release in the formats of others, read back by the tools of those formats."""

import base64
import getpass
import json
import re
import shutil
import socket
from dataclasses import replace

import builders
import pytest
from builders import DOCUMENTS, FILES, git
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from lockgate.adapters.build_server import builder_of
from lockgate.adapters.formats.bills import BillsOfMaterials
from lockgate.adapters.formats.provenance import ProvenanceStatements
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.python import installed
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.gate import judge_accuracy
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.releasing.bundle_documents import ResolvedPolicy
from lockgate.domain.releasing.bundle_files import MLBOM, POLICY, PROVENANCE, SBOM, SCORES, SIGNED, STATEMENT, VERDICT
from lockgate.domain.releasing.formats.pins import Pin, pins_of
from lockgate.domain.releasing.provenance import HERE, Provenance
from lockgate.errors import DocumentError
from lockgate.testing import FakeBundleWriter
from lockgate.testing.contracts import BundleWriterContract

LOCK = """\
# made by uv
Fast_API==0.1 \\
    --hash=sha256:{0} \\
    --hash=sha256:{1}
numpy[extra]==2.4.6 ; python_version > "3" --hash=sha256:{0}
-r more.txt
""".format("a" * 64, "b" * 64)


@pytest.fixture
def sealed(released_project, tmp_path):
    """The folder of a release, and the project that made it; both free to be changed."""
    root = shutil.copytree(released_project, tmp_path / "project")
    project = builders.opened(root)
    (version,) = project.releases.versions()
    return project.releases.open(version), project


def document(folder, name):
    return json.loads((folder / name).read_bytes())


def facts_of(project):
    """What the writers of that project's release were given."""
    asked = FakeBundleWriter()
    shutil.rmtree(project.layout.releases)
    builders.sealed(project.layout.root, [asked, ProvenanceStatements()])
    return asked.asked[0]


class TestBills(BundleWriterContract):
    @pytest.fixture
    def writer(self):
        return BillsOfMaterials()

    @pytest.fixture
    def facts(self, sealed):
        return facts_of(sealed[1])


class TestProvenance(TestBills):
    @pytest.fixture
    def writer(self):
        return ProvenanceStatements()


class TestFake(TestBills):
    @pytest.fixture
    def writer(self):
        return FakeBundleWriter()


@pytest.mark.parametrize("name", [SBOM, MLBOM])
def test_a_bill_is_one_by_the_schemas_of_cyclonedx(sealed, name):
    text = (sealed[0] / name).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    broken = text.replace('"specVersion"', '"spec"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_the_bill_of_the_model_has_its_hash_its_measures_and_what_it_was_judged_on(sealed):
    folder, _ = sealed
    model, verdict = document(folder, MLBOM), DOCUMENTS.read(folder / VERDICT, Verdict)
    component = model["metadata"]["component"]
    assert component["type"] == "machine-learning-model"
    assert component["hashes"] == [{"alg": "SHA-256", "content": verdict.candidate.subject.model.hex}]
    measured = component["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    floor = next(finding for finding in verdict.findings if finding.rule == "floor")
    first = next(each for each in measured if each["type"] == "roc_auc")
    assert (float(first["value"]), float(first["confidenceInterval"]["lowerBound"])) == (
        floor.measured,
        floor.interval.low,
    )
    assert [each["hashes"][0]["content"] for each in model["components"]] == [verdict.candidate.subject.data.hex]
    limits = component["modelCard"]["considerations"]["technicalLimitations"]
    assert any("no champion" in each for each in limits)
    assert "latency: not judged" in limits


def test_the_bill_of_the_environment_has_every_package_of_its_lock_file(sealed):
    _, project = sealed
    path = project.layout.root / "docker/serving/requirements.lock"
    FILES.write_bytes(path, LOCK.encode())
    commit(project)
    folder = builders.sealed(project.layout.root)[1]
    packages = {each["purl"]: each for each in document(folder, SBOM)["components"]}
    assert packages.keys() == {"pkg:pypi/fast-api@0.1", "pkg:pypi/numpy@2.4.6"}
    (files,) = packages["pkg:pypi/fast-api@0.1"]["externalReferences"]
    assert [each["content"] for each in files["hashes"]] == ["a" * 64, "b" * 64]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str((folder / SBOM).read_text()) is None
    assert DOCUMENTS.read(folder / PROVENANCE, Provenance).files["docker/serving/requirements.lock"] == FILES.sha256(
        path
    )


def commit(project):
    git(project.layout.root, "add", "--all")
    git(project.layout.root, "commit", "--quiet", "-m", "another")


def test_a_lock_file_and_a_list_of_pins_name_packages():
    assert pins_of(LOCK) == (
        Pin("fast-api", "0.1", ("a" * 64, "b" * 64)),
        Pin("numpy", "2.4.6", ("a" * 64,)),
    )
    assert pins_of("bentoml==1.4.39 \\\r\n# numpy==1\n\n--index-url https://x\n") == (Pin("bentoml", "1.4.39"),)
    assert pins_of(LOCK + LOCK) == pins_of(LOCK)


@pytest.mark.parametrize(
    "line",
    [
        "Num_py",
        "numpy",
        "numpy>=2",
        "num.py ~= 2.0",
        "num-py[a,b] ; python_version<'4'",
        "num_py @ https://u:p@x/y.whl",
    ],
)
def test_a_package_whose_version_is_left_open_is_told_without_one(line):
    (pin,) = pins_of(line)
    assert (pin.name.replace("-", ""), pin.version, pin.hashes) == ("numpy", "", ())


def test_a_package_without_a_version_stands_in_the_bill(sealed):
    facts = replace(facts_of(sealed[1]), serving=(Pin("numpy", ""), Pin("bentoml", "1")))
    written = BillsOfMaterials().write(facts)[SBOM].decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None
    assert [each["purl"] for each in json.loads(written)["components"]] == ["pkg:pypi/bentoml@1", "pkg:pypi/numpy"]


def test_the_statement_is_one_of_in_toto_with_a_predicate_of_slsa(sealed):
    folder, project = sealed
    told = json_format.ParseDict(document(folder, STATEMENT), statement_pb2.Statement())
    Statement.copy_from_pb(told).validate()
    assert told.predicate_type == "https://slsa.dev/provenance/v1"
    predicate = json_format.ParseDict(json_format.MessageToDict(told.predicate), provenance_pb2.Provenance())
    found = {each.name: dict(each.digest) for each in predicate.build_definition.resolved_dependencies}
    provenance = DOCUMENTS.read(folder / PROVENANCE, Provenance)
    assert found["source"] == {"gitCommit": provenance.source.commit}
    assert found["params.yaml"] == {"sha256": FILES.sha256(project.layout.params).hex}
    assert found["dvc.lock"] == {"sha256": FILES.sha256(project.layout.dvc_lock).hex}
    assert found["build/test.parquet"] == {"md5": provenance.data["build/test.parquet"].hex}
    assert predicate.run_details.builder.id == HERE
    assert dict(predicate.build_definition.internal_parameters["stages"])["check@fake"] == "lockgate"


def test_the_statement_is_about_every_other_file_of_the_bundle(sealed):
    folder, _ = sealed
    subjects = {each["name"]: each["digest"]["sha256"] for each in document(folder, STATEMENT)["subject"]}
    files = document(folder, "manifest.json")["files"]
    assert subjects == {name: digest.partition(":")[2] for name, digest in files.items() if name != STATEMENT}


def test_scores_travel_without_any_column_of_the_rows(sealed):
    folder, project = sealed
    whole = ParquetTables(FILES).read(project.layout.candidate("fake").scores)
    table = ParquetTables(FILES).read(folder / SCORES)
    assert {"age", "job"} < whole.keys()
    assert [*table] == ["row", "label", "predicted", "score of yes"]


def test_accuracy_is_judged_again_from_the_bundle_alone(sealed):
    folder, _ = sealed
    verdict, policy = DOCUMENTS.read(folder / VERDICT, Verdict), DOCUMENTS.read(folder / POLICY, ResolvedPolicy)
    evidence = DOCUMENTS.read(folder / "evidence/accuracy.json", AccuracyEvidence)
    scores = ScoreTable.of(ParquetTables(FILES).read(folder / SCORES), policy.task)
    found = judge_accuracy(policy.gates.accuracy, evidence, scores, verdict.candidate.subject, None)
    assert found[0] == next(each for each in verdict.findings if each.rule == "floor")


def test_a_project_may_keep_its_scores(sealed):
    _, project = sealed
    path = project.layout.params
    path.write_text(path.read_text() + "release:\n  scores: false\n")
    commit(project)
    folder = builders.sealed(project.layout.root)[1]
    assert not (folder / SCORES).exists()


def test_scores_that_are_not_those_of_the_evidence_are_not_sealed(sealed):
    _, project = sealed
    shutil.rmtree(project.layout.releases)
    path = project.layout.candidate("fake").scores
    ParquetTables(FILES).write(path, {"label": ParquetTables(FILES).read(path)["label"]})
    with pytest.raises(DocumentError, match=r"scores\.parquet: not the table of the evidence"):
        builders.sealed(project.layout.root)


def test_another_clone_with_another_name_seals_the_same_release(sealed, tmp_path, monkeypatch):
    folder, project = sealed
    elsewhere = tmp_path / "another place"
    shutil.copytree(project.layout.root, elsewhere)
    shutil.rmtree(elsewhere / "build/releases")
    git(elsewhere, "config", "user.name", "Somebody Else")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("USER", "somebody")
    assert builders.sealed(elsewhere)[1].name == folder.name


def test_what_was_sealed_before_is_not_written_again(sealed):
    folder, project = sealed
    asked = FakeBundleWriter()
    assert builders.sealed(project.layout.root, [asked])[1] == folder
    assert not asked.asked


def test_what_was_sealed_before_and_damaged_since_is_written_again(sealed):
    folder, project = sealed
    before = document(folder, "manifest.json")
    (folder / SBOM).write_bytes(b"{}")
    assert builders.sealed(project.layout.root)[1] == folder
    assert document(folder, "manifest.json") == before
    assert document(folder, SBOM)["bomFormat"] == "CycloneDX"


def test_a_release_of_version_1_does_not_keep_the_verdict_from_being_sealed_anew(sealed):
    folder, project = sealed
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("lockgate/release/2", "lockgate/release/1"))
    asked = FakeBundleWriter()
    builders.sealed(project.layout.root, [asked])
    assert asked.asked


def test_no_file_names_a_machine_a_person_or_a_folder(sealed):
    folder, project = sealed
    names = {str(project.layout.root), "Lock Keeper", "keeper@example.org", f"/{getpass.getuser()}/"}
    names = {*map(re.escape, names), rf"\b{re.escape(socket.gethostname())}\b"} - {r"\blocalhost\b"}
    for path in folder.rglob("*.*"):
        content = told_by(path)
        assert not [name for name in names if re.search(name.encode(), content)], path


def told_by(path):
    """What a file tells: of a signature what was signed, as its own digits may spell a short name of a machine."""
    if path.name != SIGNED:
        return path.read_bytes()
    envelope = json.loads(path.read_bytes())["dsseEnvelope"]
    assert {*envelope} == {"payload", "payloadType", "signatures"}
    return base64.b64decode(envelope["payload"])


def test_a_build_server_is_who_builds():
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_WORKFLOW_REF": "a/b/.github/workflows/c.yml@refs/heads/main",
    }
    assert builder_of(github) == "https://github.com/a/b/.github/workflows/c.yml@refs/heads/main"
    jenkins = {"JENKINS_URL": "https://ci.example/", "JOB_URL": "https://ci.example/job/census/", "BUILD_NUMBER": "7"}
    assert builder_of(jenkins) == "https://ci.example/job/census/"
    assert builder_of({"JENKINS_HOME": "/var/jenkins"}) == "urn:lockgate:builder:jenkins"
    assert (
        builder_of({"GITLAB_CI": "true", "CI_PROJECT_URL": "https://gl.example/a"})
        == "https://gl.example/a/-/pipelines"
    )
    assert builder_of({}) == HERE


def test_a_library_that_is_not_installed_is_told_with_what_brings_it(lockgate, monkeypatch):
    assert lockgate("gate")[0] == 0
    real = installed.find_spec
    monkeypatch.setattr(installed, "find_spec", lambda name: None if name == "cyclonedx" else real(name))
    code, said = lockgate("release")
    assert code == 2
    assert "cyclonedx is not installed" in said
    assert "pip install 'lockgate[release]'" in said


def test_the_builder_stands_in_both_files_of_provenance(sealed):
    facts = facts_of(sealed[1])
    other = replace(facts, provenance=replace(facts.provenance, builder="https://ci.example/job/census/"))
    told = json.loads(ProvenanceStatements().write(other)[STATEMENT])
    assert told["predicate"]["runDetails"]["builder"]["id"] == "https://ci.example/job/census/"
