"""What a REF names is found, fetched where it does not lie here, and verified as what it is, not as what it says."""

import gc
import os
import shutil
from dataclasses import replace
from pathlib import Path

import builders
import docker
import pytest
from onnx import TensorProto, helper

from lockgate.adapters.docker.images import DockerImages
from lockgate.adapters.project_store import LocalProjectStore
from lockgate.cli.main import run
from lockgate.domain.releasing.release import Manifest
from lockgate.errors import DocumentError, ToolError
from lockgate.ports.serving.packages import IN_IMAGE
from lockgate.testing import FakeImages, FakeRegistry
from lockgate.testing.examples import write_bundle
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.releasing.references import LABEL, find_reference, in_folder
from lockgate.usecases.releasing.signing.verify import Asked
from lockgate.usecases.releasing.signing.verify_reference import bench_of, verify_reference


@pytest.fixture(scope="module")
def promoted(made_project, tmp_path_factory):
    """A project whose staging names a release, and the store that has it; made once and never changed."""
    home = tmp_path_factory.mktemp("promoted")
    root = shutil.copytree(made_project, home / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        for verb in (["gate"], ["release"], ["promote", "staging"]):
            assert run(["-C", str(root), *verb]) == 0, verb
    release, folder = latest_release(builders.opened(root), None)
    return root, home / "data", release, folder.relative_to(root)


@pytest.fixture
def release(promoted):
    return promoted[2]


@pytest.fixture
def data(promoted, tmp_path, monkeypatch):
    """The folder of the store, free to be changed."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "shared"))
    return shutil.copytree(promoted[1], tmp_path / "shared")


@pytest.fixture
def bundle(promoted, tmp_path):
    """A copy of the release in a folder of nobody's."""
    return shutil.copytree(promoted[0] / promoted[3], tmp_path / "bundle")


@pytest.fixture
def here(promoted, data, tmp_path):
    """A working copy that has the release of no run of its own: a clone with the store."""
    root = tmp_path / "clone"
    builders.git(tmp_path, "clone", "--quiet", str(promoted[0]), str(root))
    assert not (root / "build").exists()
    return builders.instruments(root)


@pytest.fixture
def verified(here):
    def call(ref, **instruments):
        instruments = replace(here, **{name: lambda made=made: made for name, made in instruments.items()})
        return verify_reference(instruments, bench_of(instruments), Asked(ref))

    return call


def told(verification):
    return [(each.what, each.file) for each in verification.differences]


# --- the store, and what git names ---


FORMS = ["{0.digest}", "{0.digest.hex}", "{0.version}", "{0.digest.hex:.7}", "{0.name}:{0.version}"]


@pytest.mark.parametrize("form", FORMS)
def test_a_digest_or_its_start_is_had_from_the_store(verified, release, form):
    verification = verified(form.format(release))
    assert (verification.state, verification.release, told(verification)) == ("verified", release.digest, [])


def test_an_environment_is_the_release_that_a_commit_names(verified, release, here):
    verification = verified("staging")
    assert (verification.state, verification.release) == ("verified", release.digest)
    assert verification.signer.committed
    assert not list(here.layout.build.iterdir()), "what was fetched is gone again"


HEAVY = {
    "bentoml", "boto3", "cyclonedx", "docker", "dvc", "dvc_data", "fsspec", "git", "huggingface_hub",
    "in_toto_attestation", "jinja2", "matplotlib", "mlflow", "model_signing", "onnx", "onnxruntime", "openlineage",
    "oras", "pandas", "pydantic", "requests", "scipy", "sigstore", "sklearn", "sqlalchemy", "tensorflow", "torch",
    "yaml",
}  # fmt: skip


@pytest.mark.slow
def test_to_verify_from_an_empty_clone_loads_no_library_that_it_does_not_use(here, run_python):
    """It is what a server does before it starts, and an auditor at each release."""
    verb = ["-C", str(here.layout.root), "verify", "staging"]
    loaded = run_python(f"from lockgate.cli.main import run; assert run({verb!r}) == 0")
    assert {"numpy", "pyarrow"} <= loaded, "it judged again, from the scores"
    assert loaded.isdisjoint(HEAVY)


def test_an_environment_that_names_nothing_is_told(verified):
    with pytest.raises(DocumentError, match="production names no release yet"):
        verified("production")


def test_a_store_that_hands_over_other_bytes_is_refused(verified, data, release):
    (model,) = data.rglob("model.onnx")
    model.chmod(0o644)
    model.write_bytes(model.read_bytes() + b" ")
    with pytest.raises(DocumentError, match=r"model\.onnx"):
        verified("staging")


def test_two_that_start_alike_are_told_apart_by_more_digits(verified, data, release):
    (folder,) = (path.parent for path in data.rglob("manifest.json"))
    twin = folder.name[:20].ljust(len(folder.name), "0")
    shutil.copytree(folder, folder.with_name(twin))
    with pytest.raises(DocumentError, match="2 releases start with") as caught:
        verified(release.version)
    assert str(release.digest) in caught.value.message
    assert verified(str(release.digest)).state == "verified"


def test_a_damaged_copy_here_is_told_in_every_difference(here, verified, release, bundle):
    lying = shutil.copytree(bundle, here.layout.release(release.version))
    (lying / "model.onnx").write_bytes(b"another")
    (lying / "manifest.json").write_text("{")
    verification = verified(release.version)
    assert verification.state == "refused"
    assert {("form", "manifest.json"), ("signature", "model.sig")} <= set(told(verification))


# --- folders and Bentos ---


@pytest.mark.parametrize("gone", ["manifest.json", "model.sig", "verdict.json"])
@pytest.mark.parametrize("kind", ["folder", "bento"])
def test_a_folder_or_bento_that_lacks_a_file_is_refused(verified, bundle, tmp_path, kind, gone):
    ref = bundle
    if kind == "bento":
        ref = tmp_path / "bento"
        bundle = shutil.copytree(bundle, ref / "src/release")
    assert verified(str(ref)).state == "verified"
    (bundle / gone).unlink()
    verification = verified(str(ref))
    assert verification.state == "refused"
    assert gone in {file for _, file in told(verification)}


def test_a_bento_is_its_folder_and_not_what_lies_above_or_inside(bundle, tmp_path):
    store = LocalProjectStore(tmp_path)
    shutil.copytree(bundle, tmp_path / "bentos/example/1/src/release")
    assert in_folder(store, str(tmp_path / "bentos/example/1")).kind == "bento"
    assert in_folder(store, str(tmp_path / "bentos/example/1/src/release")).kind == "folder"
    assert in_folder(store, str(tmp_path / "bentos/example")) is None


# --- the registry ---


@pytest.fixture
def registry(release, bundle, tmp_path):
    found = FakeRegistry(tmp_path / "registry")
    found.register(release, bundle)
    return found


@pytest.mark.parametrize("ref", ["models:/example/1", "models:/example@challenger", "example@challenger"])
def test_a_version_or_alias_is_what_the_registry_has(verified, registry, release, tmp_path, ref):
    verification = verified(ref, registry=registry)
    assert (verification.state, verification.release) == ("verified", release.digest)
    (model,) = (tmp_path / "registry").rglob("model.onnx")
    model.write_bytes(b"another")
    verification = verified(ref, registry=registry)
    assert verification.state == "refused", "the registry's own copy is looked at, not the store's"
    assert ("changed", "model.onnx") in told(verification)


@pytest.mark.parametrize("ref", ["models:/example/2", "example@production", "models:/nobody/1", "nobody@champion"])
def test_what_the_registry_does_not_have_is_told_with_what_it_has(verified, registry, ref):
    with pytest.raises(DocumentError, match="is not in the registry") as caught:
        verified(ref, registry=registry)
    assert str(registry.where()) in caught.value.message
    known = "versions: 1; aliases: example@challenger" if "example" in ref else "versions: none; aliases: none"
    assert known in caught.value.hint


@pytest.mark.parametrize(("tag", "why"), [("", "is no release's"), ("42", "says that it is release '42'")])
def test_a_version_of_no_release_is_told(verified, registry, tag, why):
    version = registry.versions["example"]["1"]
    version.state = replace(version.state, release=tag)
    with pytest.raises(DocumentError, match=f"example version 1.*{why}"):
        verified("models:/example/1", registry=registry)


def test_a_version_whose_tag_names_another_release_is_a_difference(verified, registry):
    version = registry.versions["example"]["1"]
    another = builders.sha256(b"another")
    version.state = replace(version.state, release=str(another), releases=(str(another),))
    verification = verified("models:/example/1", registry=registry)
    assert (verification.state, told(verification)) == ("refused", [("other", "manifest.json")])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning:mlflow")
def test_what_mlflow_has_on_sqlite_is_had_from_there_and_named_there(here, verified, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    value, job = (
        helper.make_tensor_value_info(name, kind, [None, 1])
        for name, kind in (("age", TensorProto.FLOAT), ("job", TensorProto.STRING))
    )
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 1])
    graph = helper.make_graph([helper.make_node("Identity", ["age"], ["probabilities"])], "g", [value, job], [answer])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString()
    registered = write_bundle(tmp_path / "registered", builders.DOCUMENTS, builders.FILES, model=model)
    here.registry().register(registered, tmp_path / "registered")
    for ref in ("models:/example/1", "models:/example@challenger", "example@challenger"):
        verification = verified(ref)
        assert verification.release == registered.digest, ref
        assert "changed" not in {what for what, _ in told(verification)}, "as it was registered: the store has none"
    with pytest.raises(DocumentError, match=r"models:/example/2 is not in the registry sqlite:///"):
        verified("models:/example/2")


# --- images ---


TAG = "lockgate/example:1"


@pytest.fixture
def image(bundle, release, tmp_path):
    """Make an image that has what lies in ``bundle``; its label names the release unless another is said."""

    def make(label=str(release.digest), place=IN_IMAGE):
        dockerfile = tmp_path / "Dockerfile"
        dockerfile.write_text(f"FROM scratch\nCOPY {bundle.name} {place}\n")
        found = FakeImages()
        labels = {LABEL: label} if label else {}
        found.build({".": bundle.parent}, dockerfile, TAG, {}, labels, lambda _: None)
        return found

    return make


def test_an_image_is_verified_by_the_bundle_in_it(verified, image, release):
    images = image()
    for ref in (TAG, images.tags[TAG]):
        verification = verified(ref, images=images)
        assert (verification.state, verification.release, told(verification)) == ("verified", release.digest, [])


def test_a_label_that_names_another_release_is_a_difference(verified, image):
    verification = verified(TAG, images=image(label=str(builders.sha256(b"another"))))
    assert (verification.state, told(verification)) == ("refused", [("other", "manifest.json")])
    (difference,) = verification.differences
    assert f"{TAG} is said to be {builders.sha256(b'another').short}" in difference.message


def test_what_was_done_to_the_bundle_in_an_image_is_named_though_the_release_lies_here(verified, image, bundle, here):
    shutil.copytree(bundle, here.layout.release(bundle_version(bundle)))
    (bundle / "model.onnx").write_bytes(b"another")
    (bundle / "evidence/tests.json").unlink()
    (bundle / "more.json").write_text("{}")
    (bundle / "more.pkl").write_bytes(b"\x80\x04.")
    (bundle / "link.json").symlink_to("/etc/passwd")
    verification = verified(TAG, images=image())
    assert verification.state == "refused"
    assert {
        ("changed", "model.onnx"),
        ("missing", "evidence/tests.json"),
        ("additional", "more.json"),
        ("unsafe", "more.pkl"),
        ("unsafe", "link.json"),
        ("signature", "model.sig"),
    } <= set(told(verification))


def bundle_version(bundle):
    return builders.DOCUMENTS.read(bundle / "manifest.json", Manifest).release.short


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"label": ""}, "the image lockgate/example:1 is no release's"),
        ({"label": "latest"}, "says that it is release 'latest'"),
        ({"place": "/elsewhere"}, f"has no {IN_IMAGE}"),
    ],
)
def test_an_image_of_no_release_is_told(verified, image, made, why):
    with pytest.raises(DocumentError, match=why):
        verified(TAG, images=image(**made))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_image_of_a_real_engine_is_verified_without_being_run(needs, verified, bundle, release, tmp_path):
    # Docker's own library leaves a socket open where no engine answers: it is not asked then.
    needs(there="DOCKER_HOST" in os.environ or Path("/var/run/docker.sock").exists(), how="no Docker engine")
    images, tag = DockerImages(), "lockgate-test/example:verified"
    client = docker.from_env()
    (bundle / "link.json").symlink_to("/etc/passwd")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(f"FROM scratch\nVOLUME /home/bentoml\nCOPY {bundle.name} {IN_IMAGE}\n")
    try:
        images.build({".": tmp_path}, dockerfile, tag, {}, {LABEL: str(release.digest)}, lambda _: None)
        verification = verified(tag, images=images)
        assert (verification.state, told(verification)) == ("refused", [("unsafe", "link.json")])
        (bundle / "link.json").unlink()
        images.build({".": tmp_path}, dockerfile, tag, {}, {LABEL: str(release.digest)}, lambda _: None)
        assert verified(tag, images=images).state == "verified"
        assert client.containers.list(all=True, filters={"ancestor": tag}) == []
    finally:
        client.images.remove(tag, force=True)
        client.close()
        gc.collect()  # the SDK leaves sockets behind; their warnings must come here


# --- what names nothing ---


class NoEngine(FakeImages):
    def find(self, tag):
        raise ToolError("no Docker engine answers", hint="start one")


def test_what_names_nothing_is_told_with_everybody_who_was_asked(here, data):
    images = FakeImages()
    asking = replace(here, images=lambda: images)
    (here.layout.root / "empty").mkdir()
    for ref, *asked in (
        ("example:1234567", "here are: none", f"none in {data / 'lockgate'}", "the Docker engine has no such image"),
        ("1234567", "here are: none", f"none in {data / 'lockgate'}"),
        ("lockgate/nothing", "the Docker engine has no such image"),
        ("Not/An Image", "as an image: ", "not an image tag"),
        (str(here.layout.root / "empty"), "empty has no manifest.json"),
        ("nothing", "here are: none"),
        ("", "here are: none"),
    ):
        with pytest.raises(DocumentError) as caught:
            find_reference(asking, ref)
        assert caught.value.message.startswith(f"{ref!r} names no release"), ref
        assert [each for each in asked if each not in caught.value.message] == [], ref
        assert "an environment" in caught.value.hint


def test_an_engine_that_does_not_answer_is_a_fault_and_not_an_image_that_is_not_there(here):
    with pytest.raises(ToolError, match="no Docker engine answers") as caught:
        find_reference(replace(here, images=NoEngine), "lockgate/example:1")
    assert caught.value.hint == "start one"


def test_no_engine_is_asked_for_what_is_no_image(here):
    asking = replace(here, images=lambda: pytest.fail("asked"))
    for ref in ("nothing", "./nothing/at:all", "/nothing", "1234567"):
        with pytest.raises(DocumentError):
            find_reference(asking, ref)
