"""Opening a release compares every file with the manifest and demands a passed verdict for exactly its content."""

import json
from dataclasses import replace

import builders
import pytest
from builders import DOCUMENTS, FILES

from lockgate.domain.identity import sha256
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.releasing.release import MANIFEST, VERDICT, Manifest, demand_passed
from lockgate.errors import DocumentError, Refused, Undecided
from lockgate.testing.examples import passed_verdict, write_bundle
from lockgate.usecases.project.release_folders import read_release


@pytest.fixture
def bundle(tmp_path):
    write_bundle(tmp_path / "bundle", DOCUMENTS, FILES)
    return tmp_path / "bundle"


@pytest.fixture
def opening(project, bundle):
    return lambda: read_release(builders.opened(project), bundle)


def reseal(bundle, **changes):
    """Change the verdict as someone would who also corrects the manifest."""
    builders.rewrite(bundle / VERDICT, Verdict, **changes)
    resealed(bundle)


def resealed(bundle):
    (bundle / MANIFEST).unlink()
    DOCUMENTS.write(bundle / MANIFEST, Manifest("example", dict(FILES.tree(bundle))))


def test_a_whole_bundle_opens(opening):
    release = opening()
    assert release.version == release.digest.hex[:12]
    assert release.verdict.outcome is Outcome.PASSED


@pytest.mark.parametrize("number", range(11))
def test_any_altered_file_is_named(bundle, opening, number):
    path = [path for path in sorted(bundle.rglob("*")) if path.is_file() and path.name != MANIFEST][number]
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DocumentError, match=f"{path.name} was changed"):
        opening()


@pytest.mark.parametrize("name", ["model.onnx", "evidence/tests.json", "provenance.json"])
def test_a_missing_file_is_named(bundle, opening, name):
    (bundle / name).unlink()
    with pytest.raises(DocumentError, match=f"missing {name}"):
        opening()


def test_a_manifest_that_leaves_a_file_out_is_refused(bundle, opening):
    (bundle / "provenance.json").unlink()
    resealed(bundle)
    with pytest.raises(DocumentError, match=r"missing provenance\.json"):
        opening()


def test_an_extra_file_is_named(bundle, opening):
    (bundle / "evidence" / "more.json").write_text("{}")
    with pytest.raises(DocumentError, match=r"evidence/more\.json"):
        opening()


def test_a_link_in_a_bundle_is_refused(bundle, opening):
    (bundle / "model.onnx").rename(bundle.parent / "elsewhere.onnx")
    (bundle / "model.onnx").symlink_to(bundle.parent / "elsewhere.onnx")
    with pytest.raises(DocumentError, match="not a plain file"):
        opening()


def test_a_verdict_about_another_content_opens_nothing(bundle, opening):
    reseal(bundle, content=sha256(b"other"))
    with pytest.raises(Undecided, match="not about"):
        opening()


def test_another_model_under_the_verdict_opens_nothing(bundle, opening):
    (bundle / "model.onnx").write_bytes(b"another model")
    resealed(bundle)
    with pytest.raises(Undecided, match="not about"):
        opening()


def test_evidence_that_the_verdict_was_not_drawn_from_opens_nothing(bundle, opening):
    path = bundle / "evidence" / "accuracy.json"
    path.write_text(path.read_text().replace('"roc_auc": 0.', '"roc_auc": 0.9'))
    resealed(bundle)
    with pytest.raises(Undecided, match=r"not drawn from evidence/accuracy\.json"):
        opening()


@pytest.mark.parametrize("kind", ["tests", "accuracy", "parity"])
def test_a_verdict_without_one_kind_of_evidence_opens_nothing(bundle, opening, kind):
    evidence = dict(DOCUMENTS.read(bundle / VERDICT, Verdict).evidence)
    del evidence[kind]
    reseal(bundle, evidence=evidence)
    with pytest.raises(Undecided, match=kind):
        opening()


@pytest.mark.parametrize(
    ("outcome", "error"),
    [(Outcome.REFUSED, Refused), (Outcome.UNDECIDED, Undecided), (Outcome.WAIVED, Undecided)],
)
def test_a_verdict_that_is_not_passed_opens_nothing(bundle, opening, outcome, error):
    reseal(bundle, outcome=outcome)
    with pytest.raises(error, match=f"is {outcome}"):
        opening()


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNDECIDED])
def test_passed_written_over_findings_that_are_not_opens_nothing(outcome):
    verdict = passed_verdict()
    findings = (replace(verdict.findings[0], outcome=outcome), *verdict.findings[1:])
    with pytest.raises(Undecided, match="its findings do not"):
        demand_passed(replace(verdict, findings=findings), verdict.content)


def test_passed_without_any_finding_opens_nothing():
    verdict = passed_verdict()
    with pytest.raises(Undecided, match="its findings do not"):
        demand_passed(replace(verdict, findings=()), verdict.content)


def test_a_passed_verdict_opens_for_exactly_its_content():
    verdict = passed_verdict()
    demand_passed(verdict, verdict.content)
    with pytest.raises(Undecided):
        demand_passed(verdict, sha256(b"other"))


def test_equal_content_has_one_content_digest_whatever_was_measured(tmp_path):
    one = write_bundle(tmp_path / "one", DOCUMENTS, FILES)
    path = tmp_path / "one" / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tools": {"fake": "2"}}))
    (tmp_path / "one" / MANIFEST).unlink()
    other = Manifest("example", dict(FILES.tree(tmp_path / "one")))
    assert other.content == one.content
    assert other.release != one.digest


def test_the_name_of_the_model_is_part_of_the_release_digest(bundle):
    manifest = DOCUMENTS.read(bundle / MANIFEST, Manifest)
    assert replace(manifest, name="other").release != manifest.release
