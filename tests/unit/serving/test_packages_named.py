"""A package gets its name when it has answered as judged, and only then."""

import json
from dataclasses import replace

import builders
import pytest
from builders import DOCUMENTS, FILES, git
from packages import Building, Serving, inverted, inverted_in_batches, with_service

from lockgate.domain.identity import Digest, digest_of_files
from lockgate.domain.serving.package_proof import PROOF, PackageProof, odd_source
from lockgate.errors import LockgateError, Refused, SourceError
from lockgate.testing import FakeRuntime
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.serving.package import package


@pytest.fixture
def project(released_project, tmp_path):
    return with_service(released_project, tmp_path / "project")


@pytest.fixture
def packager(tmp_path):
    return Building(tmp_path / "packages")


@pytest.fixture
def made(project, packager):
    """Package the one release; ``server`` serves what is built."""
    found = replace(builders.instruments(project), packager=lambda: packager, runtime=lambda **_: FakeRuntime())
    _, folder = latest_release(builders.opened(project), None)

    def call(server=None):
        return package(replace(found, server=lambda: server or Serving()), folder)

    return call


@pytest.fixture
def names(tmp_path):
    """The packages that have a name."""
    return lambda: [path.name for path in (tmp_path / "packages").glob("*/*") if path.parent.name != ".building"]


def test_it_is_asked_single_rows_and_every_held_out_row_and_says_so(made, project, names):
    server = Serving()
    named = made(server)
    assert named.package.created
    assert names() == [named.release.version]
    assert server.asked == [4, 1000, 1000]
    proof = DOCUMENTS.read(named.package.path / PROOF, PackageProof)
    assert proof == named.proof
    assert (proof.release, proof.rows) == (named.release.digest, ("typical", "missing", "low", "high"))
    assert (proof.held_out, proof.data, proof.unasked) == (2000, builders.md5(builders.TABLE), "")
    assert proof.service == git(project, "rev-parse", "HEAD")
    evidence = json.loads((project / f"build/packaged/{named.release.version}.json").read_text())
    assert (evidence["rows"], evidence["flips"]) == (2000, 0)


def other_rows(project):
    (project / "build/test.parquet").write_bytes(builders.TABLE + b"\0")


def no_rows(project):
    (project / "build/test.parquet").unlink()


@pytest.mark.parametrize(("change", "why"), [(other_rows, "not the rows that release"), (no_rows, "missing")])
def test_where_the_held_out_rows_are_not_here_the_proof_says_why(made, project, change, why):
    change(project)
    server = Serving()
    proof = made(server).proof
    assert server.asked == [4]
    assert proof.held_out == 0
    assert proof.unasked.startswith(f"build/test.parquet: {why}")


def another_label_in_one_row(answer):
    if len(answer["predictions"]) > 4:
        last = answer["predictions"][-1]
        last["label"] = "yes" if last["label"] == "no" else "no"
    return answer


def of_another_release(answer):
    return answer | {"release": f"sha256:{'0' * 64}"}


def nothing(answer):
    return {}


@pytest.mark.parametrize(
    ("worsen", "said"),
    [
        (inverted, "to the typical row"),
        (inverted_in_batches, "does not answer the held-out rows as judged: packaged probabilities"),
        (another_label_in_one_row, "1 of 2000 labels flip|2 of 2000 labels flip"),
        (of_another_release, "says that it serves sha256:0000"),
        (nothing, "is not a prediction"),
    ],
)
def test_what_does_not_answer_as_judged_gets_no_name(made, names, worsen, said):
    with pytest.raises(LockgateError, match=said):
        made(Serving(worsen))
    assert names() == []


def test_the_package_of_before_keeps_its_name_where_a_new_one_does_not_answer(made, project):
    before = made().package
    held = FILES.tree(before.path)
    builders.committed(project, "serving/service.py", "# another service\n")
    with pytest.raises(Refused):
        made(Serving(inverted))
    assert FILES.tree(before.path) == held


def test_one_that_changes_while_it_serves_gets_no_name(made, names):
    def meanwhile(package):
        (package.path / "src/flag").touch()

    with pytest.raises(Refused, match=r"changed while it served: src/flag"):
        made(Serving(meanwhile=meanwhile))
    assert names() == []


def test_made_before_it_is_neither_built_nor_asked_again(made, packager):
    first, server = made(), Serving()
    again = made(server)
    assert (again.package, again.proof) == (replace(first.package, created=False), first.proof)
    assert (packager.built, server.asked) == (1, [])


def test_another_commit_that_leaves_the_service_alone_makes_no_other_package(made, project, packager):
    made()
    builders.committed(project, "notes.txt", "note")
    assert not made().package.created
    assert packager.built == 1


def altered(path, held):
    (path / "src/service.py").write_text("# worse\n")


def added(path, held):
    (path / "src/sitecustomize.py").write_text("# more\n")


def taken(path, held):
    (path / "src/release/model.onnx").unlink()


def linked(path, held):
    (path / "src/more.py").symlink_to(path / "src/service.py")


def unproved(path, held):
    (path / PROOF).unlink()


def spoiled(path, held):
    (path / PROOF).write_text("{}")


def of_another(path, held):
    builders.rewrite(path / PROOF, PackageProof, release=Digest("sha256", "0" * 64))


def forged(path, held):
    """The proof is changed with what it is a proof of."""
    altered(path, held)
    now = {name: digest for name, digest in FILES.tree(path).items() if name != PROOF}
    builders.rewrite(path / PROOF, PackageProof, holds=digest_of_files(now))


@pytest.mark.parametrize("change", [altered, added, taken, linked, unproved, spoiled, of_another, forged])
def test_one_that_is_not_as_it_would_be_built_is_built_and_asked_again(made, packager, change):
    first = made().package
    held = FILES.tree(first.path)
    change(first.path, held)
    server = Serving()
    assert made(server).package.created
    assert (packager.built, server.asked) == (2, [4, 1000, 1000])
    assert FILES.tree(first.path) == held


def test_another_version_of_the_tool_builds_again(made, packager):
    made()
    packager.tool = "fake 2"
    assert made().package.created


def edited(service):
    (service / "service.py").write_text("# inverted\n")
    return "serving/service.py"


def unknown(service):
    (service / "more.py").write_text("# more\n")
    return "serving/more.py"


def gone(service):
    (service / "service.py").unlink()
    (service / "service.py").write_text("# the service\n")
    git(service.parent, "rm", "--quiet", "--cached", "serving/service.py")
    git(service.parent, "commit", "--quiet", "-m", "No service")
    return "serving/service.py"


def ignored(service):
    (service.parent / ".git/info").mkdir(exist_ok=True)
    (service.parent / ".git/info/exclude").write_text("*.bin\n")
    (service / "weights.bin").write_bytes(b"another model")
    return "serving/weights.bin"


def assumed(service):
    git(service.parent, "update-index", "--assume-unchanged", "serving/service.py")
    return edited(service)


@pytest.mark.parametrize("change", [edited, unknown, gone, ignored, assumed])
def test_a_service_that_is_not_committed_is_named_before_anything_is_built(made, project, packager, names, change):
    name = change(project / "serving")
    with pytest.raises(SourceError, match=f"a package holds the service that is committed, and {name}"):
        made()
    assert (packager.built, names()) == (0, [])


def test_a_file_of_the_service_that_was_removed_and_not_committed_is_named(made, project, packager):
    builders.committed(project, "serving/settings.py", "STRICT = True\n")
    (project / "serving/settings.py").unlink()
    with pytest.raises(SourceError, match=r"serving/settings\.py is not as in the latest commit"):
        made()
    assert packager.built == 0


def test_a_source_is_made_of_its_parts_alone():
    one, two = Digest("sha256", "1" * 64), Digest("sha256", "2" * 64)
    parts = {"service.py": one, "notes.txt": one, "release/model.onnx": two}
    assert odd_source(parts, {"service.py": one, "release/model.onnx": two}, "release") == ()
    assert odd_source(parts, {"service.py": two, "release/model.onnx": two}, "release") == ("service.py",)
    assert odd_source(parts, {"service.py": one, "more.py": one}, "release") == ("more.py", "release/model.onnx")
