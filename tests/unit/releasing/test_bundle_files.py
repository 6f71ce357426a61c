"""Which files a release holds: one table says it, for both versions of a manifest."""

from dataclasses import replace

import builders
import pytest
from builders import DOCUMENTS, FILES

from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.model.signature import Signature
from lockgate.domain.releasing.bundle_documents import Labels, ResolvedPolicy, UsedWaivers
from lockgate.domain.releasing.bundle_files import (
    CONTENT,
    LABELS,
    MANIFEST,
    POLICY,
    PROVENANCE,
    SIGNED,
    VERDICT,
    VERSIONS,
    WAIVERS,
    demanded,
    is_known,
)
from lockgate.domain.releasing.release import Manifest
from lockgate.errors import DocumentError
from lockgate.testing.examples import write_bundle
from lockgate.usecases.project.release_folders import read_release

BEFORE, NOW = VERSIONS
FIRST = {
    *("model.onnx", "signature.json", "profile.json", "verdict.json", "provenance.json"),
    *("evidence/tests.json", "evidence/accuracy.json", "evidence/parity.json"),
}


@pytest.fixture
def bundle(tmp_path):
    write_bundle(tmp_path / "bundle", DOCUMENTS, FILES)
    return tmp_path / "bundle"


@pytest.fixture
def opening(project, bundle):
    return lambda: read_release(builders.opened(project), bundle)


def manifest_of(bundle, schema, leave=()):
    """Write the manifest anew, of that version, with the bundle's files but these."""
    for name in leave:
        (bundle / name).unlink()
    DOCUMENTS.write(bundle / MANIFEST, replace(Manifest.of("example", FILES.tree(bundle)), schema=schema))


def test_version_1_demands_what_it_always_did():
    assert demanded(BEFORE) == FIRST
    assert demanded(NOW) >= {*FIRST, LABELS, POLICY, WAIVERS}
    assert CONTENT == ("model.onnx", "signature.json", "profile.json")


def test_a_release_of_version_1_opens_without_what_came_later(bundle, opening):
    manifest_of(bundle, BEFORE, demanded(NOW) - FIRST)
    assert opening().manifest.schema == BEFORE


@pytest.mark.parametrize("name", sorted(demanded(NOW) - FIRST))
def test_a_release_of_version_2_does_not_open_without_it(bundle, opening, name):
    manifest_of(bundle, NOW, [name])
    with pytest.raises(DocumentError, match=f"missing {name}"):
        opening()


def test_the_signature_is_in_no_digest_and_does_not_keep_a_release_from_opening(bundle, opening):
    before = opening()
    for content in (b"signed", b"signed again"):
        (bundle / SIGNED).write_bytes(content)
        assert opening() == before
    assert SIGNED not in Manifest.of("example", FILES.tree(bundle)).files


def test_the_store_keeps_the_signature_with_the_bundle(project, bundle, opening):
    (bundle / SIGNED).write_bytes(b"signed")
    releases = builders.opened(project).releases
    assert releases.put(opening().digest, bundle)
    assert (releases.open(opening().version) / SIGNED).read_bytes() == b"signed"


@pytest.mark.parametrize(
    "name", ["model.pkl", "evidence/scores.pkl", "evidence/deep/more.json", "README", "x/model.onnx"]
)
def test_a_file_of_a_name_that_no_release_has_is_refused_though_the_manifest_names_it(bundle, opening, name):
    (bundle / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle / name).write_bytes(b"content")
    manifest_of(bundle, NOW)
    with pytest.raises(DocumentError, match=f"{name}: (no release of this|such a file may|no file of a release)"):
        opening()


@pytest.mark.parametrize("name", ["evidence/..json", "evidence/../x.json", "evidence/.json", "evidence/a/b.json", ""])
def test_a_name_that_leads_elsewhere_is_not_known(name):
    assert not is_known(name)


def test_what_it_says_of_itself_is_what_the_project_and_the_verdict_say(released_project):
    project = builders.opened(released_project)
    (version,) = project.releases.versions()
    folder, settings = project.releases.open(version), project.settings
    verdict = DOCUMENTS.read(folder / VERDICT, Verdict)
    policy = DOCUMENTS.read(folder / POLICY, ResolvedPolicy)
    assert (policy.gates, policy.production) == (settings.gates, "production")
    assert policy.task.positive == settings.tables.positive
    assert policy.gates.accuracy.alpha == 0.05  # left out in params.yaml
    labels, signature = DOCUMENTS.read(folder / LABELS, Labels), DOCUMENTS.read(folder / "signature.json", Signature)
    assert (labels.names, labels.probabilities, labels.label) == (signature.classes, "probabilities", "label")
    assert labels.positive == "yes"
    assert DOCUMENTS.read(folder / WAIVERS, UsedWaivers).waivers == verdict.waivers != ()
    assert (folder / PROVENANCE).exists()


def test_a_candidate_that_is_sealed_twice_is_one_release(released_project, tmp_path):
    project = builders.opened(released_project)
    before = project.releases.versions()
    builders.sealed(released_project)
    assert project.releases.versions() == before
