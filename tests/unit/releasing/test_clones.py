"""Clones that share nothing but git and the store: whole, shallow, and detached as Jenkins makes them."""

import getpass
import shutil

import builders
import pytest
from builders import git
from servers import oci_registry, ssh_server

from lockgate.cli.main import run
from lockgate.domain.releasing.release import MANIFEST
from lockgate.errors import DocumentError
from lockgate.usecases.project.stored.named_release import named_release


def whole(source, target):
    git(target.parent, "clone", "--quiet", f"file://{source}", target.name)


def shallow(source, target):
    git(target.parent, "clone", "--quiet", "--depth=1", f"file://{source}", target.name)


def as_jenkins(source, target):
    """A branch's commit, fetched alone and checked out by its hash."""
    target.mkdir()
    git(target, "init", "--quiet")
    git(target, "fetch", "--quiet", "--depth=1", f"file://{source}", "+refs/heads/main:refs/remotes/origin/main")
    git(target, "checkout", "--quiet", "--detach", "refs/remotes/origin/main")


CLONES = [whole, shallow, as_jenkins]


@pytest.fixture(scope="session")
def promoted_project(made_project, tmp_path_factory):
    """Made once: a project in which a release serves staging, the store that it lies in alone, and the release."""
    home, patch = tmp_path_factory.mktemp("promoted"), pytest.MonkeyPatch()
    patch.setenv("XDG_DATA_HOME", str(home / "data"))
    root = shutil.copytree(made_project, home / "project")
    builders.committed(root, "params.yaml", builders.PARAMS.replace("margin: 0.001", "margin: 0.02"))
    builders.lock(root)
    assert run(["-C", str(root), "gate"]) == 0
    release, _ = builders.sealed(root)
    assert run(["-C", str(root), "promote", "staging"]) == 0
    shutil.rmtree(root / "build/releases")
    patch.undo()
    return home, release


@pytest.fixture
def project(promoted_project, tmp_path):
    return shutil.copytree(promoted_project[0] / "project", tmp_path / "project")


@pytest.fixture
def promoted(promoted_project, own_store):
    """A release that staging names, and that lies in the store alone."""
    shutil.copytree(promoted_project[0] / "data/lockgate", own_store, dirs_exist_ok=True)
    return promoted_project[1]


@pytest.fixture(params=CLONES, ids=lambda made: made.__name__)
def clone(request, project, promoted, tmp_path):
    """A clone that has trained another candidate."""
    target = tmp_path / "workspace"
    request.param(project, target)
    builders.write_candidate(target, weight=0.011)
    return target


def test_a_clone_meets_the_champion_and_has_a_verdict(lockgate, clone, promoted):
    code, said = lockgate("check", "champion", root=clone)
    assert (code, "champion of staging on" in said) == (0, True), said
    assert (clone / "build/releases" / promoted.version / MANIFEST).exists()
    code, said = lockgate("gate", root=clone)
    assert (code, "champion 0.0000 [" in said, "PASSED" in said) == (0, True, True), said


@pytest.mark.parametrize("lost", ["gone", "down"])
def test_a_clone_that_cannot_have_it_says_whom_it_asked(lockgate, clone, promoted, own_store, lost):
    shutil.rmtree(own_store)
    if lost == "down":
        own_store.write_text("a file stands where the mount was")
    code, said = lockgate("check", "champion", root=clone)
    assert code == (1 if lost == "down" else 4), said
    assert f"the store {own_store}" in said
    code, said = lockgate("gate", root=clone)
    assert (code, f"the store {own_store}" in said) == (4, True), said


def test_what_another_store_has_is_had_by_one_line(lockgate, clone, promoted, own_store, tmp_path, monkeypatch):
    own_store.rename(tmp_path / "moved")
    assert "LOCKGATE_STORE" in lockgate("check", "champion", root=clone)[1]
    monkeypatch.setenv("LOCKGATE_STORE", str(tmp_path / "moved"))
    assert lockgate("check", "champion", root=clone)[0] == 0


@pytest.fixture
def origin(project, promoted):
    """What a server has of the project."""
    git(project.parent, "clone", "--quiet", "--bare", str(project), "origin.git")
    return project.parent / "origin.git"


@pytest.mark.parametrize(
    "make",
    [as_jenkins, pytest.param(whole, marks=pytest.mark.slow), pytest.param(shallow, marks=pytest.mark.slow)],
    ids=lambda made: made.__name__,
)
def test_clones_one_after_the_other_promote_tell_and_go_back(lockgate, origin, promoted, tmp_path, make):
    one_after_the_other(lockgate, origin, promoted, tmp_path, make)


@pytest.fixture
def oci_store(tmp_path, needs):
    needs(there=bool(shutil.which("docker-registry")), how="apt-get install docker-registry")
    (tmp_path / "registry").mkdir()
    with oci_registry(tmp_path / "registry") as (host, _):
        yield f"oci://{host}/team/example", ""


@pytest.fixture
def dvc_store(tmp_path, needs):
    """A remote of DVC's on an OpenSSH server; its settings are the project's, and in git."""
    needs(there=bool(shutil.which("sshd", path="/usr/sbin:/usr/bin")), how="apt-get install openssh-server")
    (tmp_path / "server").mkdir()
    with ssh_server(tmp_path / "server") as (port, key):
        at = f"ssh://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/server/remote"
        yield "dvc", f"[core]\n    remote = main\n['remote \"main\"']\n    url = {at}\n    keyfile = {key}\n"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["oci_store", "dvc_store"])
def test_so_they_do_on_a_registry_and_on_a_remote_of_dvcs(
    lockgate, project, promoted, origin, own_store, tmp_path, kind, request, monkeypatch
):
    line, settings = request.getfixturevalue(kind)
    named_release(builders.instruments(project), promoted.version)
    if settings:
        (project / ".dvc").mkdir()
        (project / ".dvc/config").write_text(settings)
        (project / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
        git(project, "add", ".dvc")
        git(project, "commit", "--quiet", "-m", "Where the data are")
        git(project, "push", "--quiet", str(origin), "main")
    monkeypatch.setenv("LOCKGATE_STORE", line)
    code, said = lockgate("store", "put", promoted.version)
    assert code == 0, said
    shutil.rmtree(own_store)
    one_after_the_other(lockgate, origin, promoted, tmp_path, as_jenkins)
    assert not own_store.exists()


def one_after_the_other(lockgate, origin, promoted, tmp_path, make):
    """Each is another one, as each build of Jenkins may be, and nothing but git and the store lies between them."""
    first = another(origin, tmp_path / "first", make)
    builders.write_candidate(first, weight=0.011)
    git(first, "push", "--quiet", "origin", "HEAD:main")
    code, said = lockgate("check", "champion", root=first)
    assert code == 0, said
    code, said = lockgate("gate", root=first)
    if "the anchor cannot be told: this clone is shallow" in said:
        # What other champions there were is in no commit that it has.
        assert code == 4
        git(first, "fetch", "--quiet", "--unshallow", "origin")
        code, said = lockgate("gate", root=first)
    assert code == 0, said
    release, _ = builders.sealed(first)
    assert lockgate("store", "put", root=first)[0] == 0
    code, said = lockgate("promote", "staging", "--push", "main", root=first)
    assert code == 0, said
    second = another(origin, tmp_path / "second", make)
    code, said = lockgate("verify", "staging", root=second)
    assert (code, release.version in said) == (0, True), said
    code, said = lockgate("lineage", "staging", root=second)
    assert (code, f"release {release.digest}" in said, "named by staging now" in said) == (0, True, True), said
    code, said = lockgate("rollback", "staging", "--push", "main", root=second)
    if make is not whole:
        # What served before is in no commit that it has.
        assert (code, "git fetch --unshallow" in said) == (2, True), said
        git(second, "fetch", "--quiet", "--unshallow", "origin")
        code, said = lockgate("rollback", "staging", "--push", "main", root=second)
    assert (code, f"staging names example {promoted.version}" in said) == (0, True), said
    third = another(origin, tmp_path / "third", make)
    code, said = lockgate("verify", "staging", root=third)
    assert (code, promoted.version in said) == (0, True), said


def another(origin, target, make):
    make(origin, target)
    if not git(target, "remote"):
        git(target, "remote", "add", "origin", f"file://{origin}")
    git(target, "config", "user.name", "Jenkins")
    git(target, "config", "user.email", "jenkins@example.org")
    return target


@pytest.mark.parametrize("named", ["staging", "the start of its digest"])
def test_whatever_takes_a_release_has_one_that_lies_in_the_store_alone(clone, promoted, named):
    """By its digest, or by the environment that serves it: as `package` and `serve` ask."""
    instruments = builders.instruments(clone)
    release, folder = named_release(instruments, "staging" if named == "staging" else promoted.version[:8])
    assert (release.digest, folder.is_relative_to(clone)) == (promoted.digest, True)
    with pytest.raises(DocumentError, match="production names no release yet"):
        named_release(instruments, "production")
