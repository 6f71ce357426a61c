"""What only git does; what every repository does is in tests/contract."""

import builders
import pytest
from builders import git

from lockgate.errors import SourceError, ToolError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/staging.yaml").write_text("environment: staging\n")
    (tmp_path / "params.yaml").write_text("model: example\n")
    (tmp_path / ".gitignore").write_text("build/\n")
    builders.make_repository(tmp_path)
    return tmp_path


@pytest.fixture
def repository(root):
    return builders.GitRepository(root)


def test_the_source_is_the_commit_and_the_committers_date(repository, root):
    source = repository.source()
    assert source.commit == git(root, "rev-parse", "HEAD")
    assert source.committed_at == git(root, "log", "-1", "--format=%cI")


def test_ignored_files_are_no_change(repository, root):
    (root / "build").mkdir()
    (root / "build/verdict.json").write_text("{}")
    assert repository.source().clean


def test_staged_and_renamed_files_are_named(repository, root):
    git(root, "mv", "params.yaml", "parameters.yaml")
    assert repository.source().changed == ("parameters.yaml", "params.yaml")


def test_only_the_lock_file_at_the_root_is_a_result(repository, root):
    (root / "dvc.lock").write_text("")
    (root / "deploy/dvc.lock").write_text("")
    assert repository.source().changed == ("deploy/dvc.lock",)


def test_a_commit_leaves_what_others_staged_where_it_is(repository, root):
    (root / "params.yaml").write_text("model: other\n")
    git(root, "add", "params.yaml")
    (root / "deploy/staging.yaml").write_text("champion: one\n")
    commit = repository.commit(root / "deploy/staging.yaml", "Promote\n\nüber")
    assert git(root, "show", "--name-only", "--format=%B", commit).split() == [
        "Promote",
        "über",
        "deploy/staging.yaml",
    ]
    assert git(root, "diff", "--cached", "--name-only") == "params.yaml"


def test_a_commit_of_a_file_with_an_odd_name(repository, root):
    (root / "deploy/-m über uns.yaml").write_text("x")
    repository.commit(root / "deploy/-m über uns.yaml", "Odd")
    assert repository.source().clean


def test_a_folder_that_is_no_repository_has_no_source(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(SourceError, match="not a git repository") as raised:
        builders.GitRepository(tmp_path).source()
    assert raised.value.hint.startswith("git init")


def test_a_repository_without_a_commit_is_told_from_none(tmp_path):
    git(tmp_path, "init", "--quiet")
    with pytest.raises(SourceError, match="has no commit yet") as raised:
        builders.GitRepository(tmp_path).source()
    assert "git init" not in raised.value.hint


def test_a_push_to_nowhere_says_what_git_said(repository):
    with pytest.raises(ToolError, match=r"git push failed: .*origin"):
        repository.push("main")


def test_a_file_name_that_is_no_text_is_a_change_like_any_other(repository, root):
    (root / "deploy").joinpath(b"\xff.yaml".decode(errors="surrogateescape")).write_text("x")
    assert not repository.source().clean


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_the_index_was_told_to_overlook_is_not_as_committed(repository, root, flag):
    git(root, "update-index", flag, "params.yaml")
    assert repository.uncommitted(root / "params.yaml") == ()
    (root / "params.yaml").write_text("model: other\n")
    assert git(root, "status", "--porcelain") == ""
    assert repository.uncommitted(root / "params.yaml") == (root / "params.yaml",)
    assert not repository.committed(root / "params.yaml")
    assert repository.source().changed == ("params.yaml",)


def test_a_file_that_a_sparse_checkout_leaves_out_is_no_change(repository, root):
    git(root, "update-index", "--skip-worktree", "deploy/staging.yaml")
    (root / "deploy/staging.yaml").unlink()
    assert repository.source().clean


def test_an_ignored_file_is_not_as_committed(repository, root):
    (root / ".git/info/exclude").write_text("deploy/waivers.yaml\n")
    waivers = root / "deploy/waivers.yaml"
    assert repository.uncommitted(waivers) == ()
    waivers.write_text("waivers: []\n")
    assert repository.uncommitted(waivers, root / "params.yaml") == (waivers,)


def test_a_link_is_not_as_committed(repository, root):
    (root / "params.yaml").rename(root / "other.yaml")
    (root / "params.yaml").symlink_to("other.yaml")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "A link")
    assert repository.uncommitted(root / "params.yaml", root / "other.yaml") == (root / "params.yaml",)


def test_line_ends_that_git_converts_are_no_change(repository, root):
    (root / ".gitattributes").write_text("*.yaml text eol=crlf\n")
    (root / "params.yaml").write_bytes(b"model: example\r\n")
    assert repository.uncommitted(root / "params.yaml") == ()


@pytest.mark.parametrize("converting", ["true", "input"])
def test_line_ends_that_were_committed_unconverted_are_no_change(repository, root, converting):
    git(root, "config", "core.autocrlf", "false")
    (root / "params.yaml").write_bytes(b"model: example\r\n")
    git(root, "commit", "--all", "--quiet", "-m", "Line ends of Windows")
    git(root, "config", "core.autocrlf", converting)
    assert git(root, "status", "--porcelain") == ""
    assert repository.uncommitted(root / "params.yaml") == ()
    (root / "params.yaml").write_bytes(b"model: another\r\n")
    assert repository.uncommitted(root / "params.yaml") == (root / "params.yaml",)


def test_a_project_in_a_folder_of_the_repository_is_compared_with_its_own_files(root):
    (root / "deploy/params.yaml").write_text("model: inner\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "A project further in")
    repository, params = builders.GitRepository(root / "deploy"), root / "deploy/params.yaml"
    assert repository.uncommitted(params) == ()
    params.write_text("model: example\n")
    assert repository.uncommitted(params) == (params,)


@pytest.fixture
def inner(root):
    """A project in a folder of the repository."""
    (root / "deploy/params.yaml").write_text("model: inner\n")
    (root / "deploy/dvc.lock").write_text("")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "A project further in")
    return root / "deploy"


def test_a_project_in_a_folder_of_the_repository_names_its_files_from_there(inner):
    (inner / "dvc.lock").write_text("retrained")
    assert builders.GitRepository(inner).source().clean
    (inner / "params.yaml").write_text("model: other\n")
    assert builders.GitRepository(inner).source().changed == ("params.yaml",)


@pytest.mark.parametrize("flag", [None, "--assume-unchanged", "--skip-worktree"])
def test_a_change_outside_of_the_projects_folder_counts_and_says_where_it_is(inner, root, flag):
    if flag:
        git(root, "update-index", flag, "params.yaml")
    (root / "params.yaml").write_text("model: other\n")
    (root / "deploy-other").mkdir()
    (root / "deploy-other/dvc.lock").write_text("")
    assert builders.GitRepository(inner).source().changed == ("../deploy-other/dvc.lock", "../params.yaml")


@pytest.fixture
def module(root, tmp_path_factory):
    """A submodule in which no change is to be shown."""
    other = tmp_path_factory.mktemp("other")
    (other / "odd.py").write_text("X = 1\n")
    builders.make_repository(other)
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(other), "lib")
    git(root, "config", "--file", ".gitmodules", "submodule.lib.ignore", "all")
    git(root, "config", "diff.ignoreSubmodules", "dirty")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "A submodule")
    return root / "lib"


def test_a_file_of_a_submodule_is_committed_there(repository, module):
    assert repository.source().clean
    assert repository.uncommitted(module / "odd.py") == ()
    (module / "odd.py").write_text("X = 2\n")
    assert repository.source().changed == ("lib/odd.py",)
    assert repository.uncommitted(module / "odd.py") == (module / "odd.py",)


def test_a_file_that_a_submodule_does_not_have_is_named(repository, module):
    (module / "new.py").write_text("X = 1\n")
    assert (repository.source().changed, repository.untracked()) == (("lib/new.py",), ("lib/new.py",))
    assert repository.uncommitted(module / "new.py") == (module / "new.py",)


def test_a_repository_that_was_added_as_it_lay_there_is_not_as_committed(repository, root):
    """`git add` takes its commit and warns: no clone knows where to get it."""
    inner = root / "nested"
    inner.mkdir()
    (inner / "code.py").write_text("VALUE = 1\n")
    builders.make_repository(inner)
    git(root, "add", "nested")
    git(root, "commit", "--quiet", "-m", "A repository in the repository")
    assert repository.uncommitted(inner / "code.py") == (inner / "code.py",)


def test_a_submodule_at_another_commit_than_the_repositorys_is_not_as_committed(repository, module):
    git(module, "config", "user.name", "Lock Keeper")
    git(module, "config", "user.email", "keeper@example.org")
    git(module, "commit", "--quiet", "--allow-empty", "-m", "Only here")
    assert repository.source().changed == ("lib",)
    assert repository.uncommitted(module / "odd.py") == (module / "odd.py",)


def test_what_lies_outside_of_the_repository_is_not_committed(repository, root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.py"
    elsewhere.write_text("")
    assert repository.uncommitted(elsewhere, root / "params.yaml") == (elsewhere,)


def test_a_file_beside_the_projects_folder_is_compared_with_the_repositorys(inner, root):
    repository = builders.GitRepository(inner)
    assert repository.uncommitted(root / "params.yaml") == ()
    (root / "params.yaml").write_text("model: other\n")
    assert repository.uncommitted(root / "params.yaml") == (root / "params.yaml",)
