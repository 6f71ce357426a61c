"""DVC's cache, wherever its settings put it and however its results are linked: damaged files are found and told."""

import os
import shutil
from pathlib import Path

import pytest

from lockgate.adapters.dvc.cache import Cache
from lockgate.adapters.dvc.config import cache_folder
from lockgate.domain.identity import md5
from lockgate.errors import DataError, SettingsError

SOUND = b"rows"
HASH = md5(SOUND).hex
LOCK = {"prepare": {"outs": [{"path": "data/rows", "md5": HASH}]}}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    for name in ("home", "system", "global", "project/.dvc", "project/data"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path / "project"


@pytest.mark.parametrize(
    ("file", "text", "folder"),
    [
        (".dvc/config", "[core]\n    remote = x\n", "project/.dvc/cache"),
        (".dvc/config", "[cache]\n    dir = ../../shared\n", "shared"),
        (".dvc/config", "[cache]\n    dir = {base}/shared # ours\n", "shared"),
        (".dvc/config.local", "[Cache]\n    DIR = '~/my cache'\n", "home/my cache"),
        ("../global/config", "[cache]\n    dir = ~/cache\n", "home/cache"),
        ("../system/config", "[cache]\n    dir = shared\n", "system/shared"),
        (".dvc/config", "['remote \"near\"']\n    url = ../../near\n[cache]\n    local = near\n", "near"),
    ],
)
def test_the_cache_is_where_dvcs_settings_put_it(root, file, text, folder):
    (root / file).write_text(text.format(base=root.parent))
    assert cache_folder(root) == root.parent / folder
    (root / "part").mkdir()
    assert cache_folder(root / "part") == root.parent / folder


def test_the_nearest_of_dvcs_settings_count(root):
    for file in ("../system/config", "../global/config", ".dvc/config", ".dvc/config.local"):
        (root / file).write_text(f"[cache]\n    dir = {root.parent}/{len(file)}\n")
        assert cache_folder(root) == root.parent / str(len(file))


def test_settings_of_dvc_that_cannot_be_read_are_named(root):
    (root / ".dvc/config").write_text("[cache\n")
    with pytest.raises(SettingsError, match=r"\.dvc/config: DVC's settings cannot be read: .*line 1"):
        cache_folder(root)


def place(root, kind, cache):
    cached = cache / "files/md5" / HASH[:2] / HASH[2:]
    cached.parent.mkdir(parents=True)
    cached.write_bytes(SOUND)
    cached.chmod(0o444)
    ways = {"symlink": os.symlink, "hardlink": os.link, "copy": shutil.copy}
    ways[kind](cached, root / "data/rows")
    return cached


def damage(path: Path):
    path.chmod(0o644)
    path.write_bytes(b"r0ws")
    path.chmod(0o444)


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "copy"])
def test_a_damaged_copy_in_a_cache_of_the_project_is_removed_with_what_links_to_it(root, kind):
    cached = place(root, kind, root / ".dvc/cache")
    assert Cache(root).heal(LOCK, ["prepare"]) == []
    damage(cached)
    (damaged,) = Cache(root).heal(LOCK, ["prepare"])
    assert str(damaged) == ("data/rows was not what dvc.lock says: the file was damaged; it is removed and made again")
    assert not cached.exists()
    assert os.path.lexists(root / "data/rows") == (kind == "copy")
    assert Cache(root).heal(LOCK, ["prepare"]) == []


def test_a_damaged_copy_in_a_shared_cache_is_removed_and_named(root):
    (root / ".dvc/config").write_text("[cache]\n    dir = ../../shared\n    type = symlink\n")
    cached = place(root, "symlink", root.parent / "shared")
    damage(cached)
    (damaged,) = Cache(root).heal(LOCK, ["prepare"])
    assert str(damaged).endswith(f"and so is its copy in a cache that others may share: {cached}")


def test_a_damaged_copy_that_cannot_be_removed_is_named(root, monkeypatch):
    cached = place(root, "symlink", root / ".dvc/cache")
    damage(cached)

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)  # whoever runs the tests may be allowed everything
    with pytest.raises(DataError, match=r"data/rows: .* cannot be removed \(Permission denied\): .*/files/md5/"):
        Cache(root).heal(LOCK, ["prepare"])


@pytest.mark.parametrize("listed", [False, True])
def test_a_link_to_what_the_cache_no_longer_has_is_removed_before_dvc_fails_on_it(root, listed):
    lock = {"prepare": {"outs": [{"path": "data", "md5": "0" * 32 + ".dir"}]}} if listed else LOCK
    place(root, "symlink", root / ".dvc/cache").unlink()
    (damaged,) = Cache(root).heal(lock, ["prepare"])
    assert str(damaged) == "data/rows was a link to what DVC's cache no longer has; it is removed and made again"
    assert not (root / "data/rows").is_symlink()
