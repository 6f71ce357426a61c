"""Which store: the line that is set, else the DVC remote that others see too, else a folder of the user."""

import pytest
from builders import git, opened

from lockgate.cli.wiring.stores import place
from lockgate.domain.releasing.store_setting import VARIABLE, StoreKind, StoreSetting, store_setting
from lockgate.errors import SettingsError


@pytest.fixture
def store_line(project, monkeypatch):
    """Set the line: in params.yaml, in the environment, and DVC's default remote."""

    def write(params=None, variable=None, remote=None):
        if params is not None:
            (project / "params.yaml").write_text((project / "params.yaml").read_text() + f"store: {params}\n")
        if variable is not None:
            monkeypatch.setenv(VARIABLE, variable)
        if remote is not None:
            (project / ".dvc").mkdir()
            (project / ".dvc/config").write_text(
                f"[core]\n    remote = main\n['remote \"main\"']\n    url = {remote}\n"
            )
        return place(opened(project)).where

    return write


def test_with_nothing_it_is_a_folder_of_the_user(store_line, own_store):
    assert store_line() == str(own_store)


def test_a_remote_in_the_working_copy_is_shared_by_nobody(store_line, own_store):
    assert store_line(remote="../data/remote") == str(own_store)


def test_a_remote_elsewhere_is_taken(store_line, tmp_path):
    assert store_line(remote=tmp_path / "remote") == f"DVC remote 'main' ({tmp_path}/remote)"


def test_the_line_goes_above_the_remote_and_the_environment_above_the_line(store_line, tmp_path):
    assert store_line(params="../one", remote=tmp_path / "remote") == str(tmp_path / "one")
    assert store_line(variable=str(tmp_path / "two")) == str(tmp_path / "two")


@pytest.mark.parametrize("line", [".", "build/releases", "../project/x"])
def test_a_folder_in_the_working_copy_is_refused(store_line, line):
    with pytest.raises(SettingsError, match="lies in the working copy"):
        store_line(params=line)


def test_a_folder_in_the_repository_above_the_project_is_refused(store_line, project):
    git(project.parent, "init", "--quiet")
    (project / ".git").rename(project.parent / "aside")
    with pytest.raises(SettingsError, match="lies in the working copy"):
        store_line(params="../beside")


@pytest.mark.parametrize(
    ("line", "why"),
    [("dvc", "DVC has no default remote"), ("dvc:other", "no remote of DVC's is called 'other'")],
)
def test_a_remote_that_is_not_there_is_told(store_line, line, why):
    with pytest.raises(SettingsError, match=why):
        store_line(params=line)


def test_dvc_by_name_in_the_working_copy_is_refused(store_line):
    with pytest.raises(SettingsError, match="'main' lies in the working copy"):
        store_line(params="dvc:main", remote="../data")


@pytest.mark.parametrize(
    ("text", "kind", "at"),
    [
        ("/mnt/releases", StoreKind.FOLDER, "/mnt/releases"),
        ("~/releases", StoreKind.FOLDER, "~/releases"),
        ("dvcs", StoreKind.FOLDER, "dvcs"),
        ("dvc", StoreKind.DVC, ""),
        ("dvc:other", StoreKind.DVC, "other"),
        ("oci://127.0.0.1:5000/team/census", StoreKind.OCI, "127.0.0.1:5000/team/census"),
    ],
)
def test_the_forms_are_read(text, kind, at):
    assert store_setting(text) == StoreSetting(kind, at)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "dvc:", "oci:x", "s3://bucket/x", "ssh://host/x", "file:///x", "oci://", "oci://host"),
        *("oci://host/Census", "oci://user:secret@host/x", "oci://host/x:tag", "oci://host/x@sha256:0"),
    ],
)
def test_what_is_none_of_them_is_refused_without_a_password(text):
    with pytest.raises(ValueError, match=r"^store: ") as caught:
        store_setting(text)
    assert "secret" not in str(caught.value)
