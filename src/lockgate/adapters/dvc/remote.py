"""DVC's remote, asked for real: whether it answers, and whether it has the data that is not here."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from lockgate.adapters.dvc.config import cache_folder, default_remote, dvc_folder
from lockgate.adapters.dvc.failures import not_set_up, pointers
from lockgate.adapters.dvc.progress import last_lines
from lockgate.domain.names import listed
from lockgate.domain.project.health import Part, State
from lockgate.domain.project.telemetry import OFF
from lockgate.errors import LockgateError, SettingsError

NAME = "DVC remote"
SECONDS = 20

# As `dvc pull` would: address, account, folder, and the objects. An object store has no folders, and knows its bucket;
# an HTTP filesystem takes whoever does not answer for one that has nothing, so that one is asked here.
ASK = """
import json
import sys
import urllib.error
import urllib.request
from dvc.repo import Repo

def answers(fs, path):
    if fs.protocol in ("http", "https"):
        try:
            urllib.request.urlopen(fs.unstrip_protocol(path), timeout=10).close()
        except urllib.error.HTTPError as error:
            if error.code in (401, 403) or error.code >= 500:
                raise
        return True
    if fs.exists(path):
        return True
    if fs.protocol in ("local", "file", "ssh", "sftp"):
        return False
    fs.ls(path.split("/")[0])
    return True

with Repo(".") as repo:
    odb = repo.cloud.get_remote_odb(hash_name="md5")
    root = odb.path.removesuffix("/files/md5")
    where = root if odb.fs.protocol == "local" else odb.fs.unstrip_protocol(root)
    there = answers(odb.fs, root)
    lacks = [md5 for md5 in sys.argv[1:] if not (there and odb.exists(md5))]
    print(json.dumps({"where": where, "there": there, "lacks": lacks}))
"""


def look(root: Path) -> Sequence[Part]:
    """The default remote. It stops a delivery where data have to come from it."""
    if not dvc_folder(root).is_dir():
        lacking = not_set_up(root)
        return [Part(NAME, State.MISSING, lacking.message, lacking.hint, optional=True)]
    wanted = dict(_absent(root))
    if not _is_set(root):
        return [_part(State.MISSING, "none is set", "dvc remote add --default NAME URL", wanted)]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-c", ASK, *wanted],
            cwd=root,
            env={**os.environ, **OFF},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return [_part(State.UNREACHABLE, f"no answer within {SECONDS} s", "see `dvc remote list`", wanted)]
    if done.returncode:
        said = last_lines(done.stderr) or "it says nothing"
        return [_part(State.UNREACHABLE, said, "see `dvc remote list` and docs/dvc.md", wanted)]
    return [_told(json.loads(done.stdout), wanted, root)]


def _is_set(root: Path) -> bool:
    """Whether there is a remote to be asked: DVC takes a second to say that there is none."""
    try:
        return bool(default_remote(root))
    except SettingsError:  # DVC says what is wrong with them
        return True


def _told(answer: dict[str, Any], wanted: dict[str, str], root: Path) -> Part:
    where = answer["where"].replace(f"{root}/", "")
    if not answer["there"]:
        remedy = "see `dvc remote list`; where it is new, `dvc push` makes it"
        return _part(State.UNREACHABLE, f"{where} is not there", remedy, wanted)
    lacks = {md5: wanted[md5] for md5 in answer["lacks"]}
    if lacks:
        found = f"{where} does not have {listed([*lacks.values()])}"
        return _part(State.MISSING, found, "dvc push, where the data are", lacks)
    return Part(NAME, State.THERE, where)


def _part(state: State, found: str, remedy: str, wanted: dict[str, str]) -> Part:
    needed = f"; {listed([*wanted.values()])} must come from it" if wanted and state is not State.MISSING else ""
    return Part(NAME, state, found + needed, remedy, optional=not wanted)


def _absent(root: Path) -> Iterator[tuple[str, str]]:
    """MD5 and path of all raw data that are neither here nor in the cache."""
    try:
        cache = cache_folder(root)
    except LockgateError:  # told where DVC's files are looked at
        return
    for pointer in pointers(root):
        for md5, path in _named(pointer):
            cached = cache and (cache / "files" / "md5" / md5[:2] / md5[2:]).exists()
            if not path.exists() and not cached:
                yield md5, path.relative_to(root).as_posix()


def _named(pointer: Path) -> Iterator[tuple[str, Path]]:
    try:
        for out in yaml.safe_load(pointer.read_bytes())["outs"]:
            yield str(out["md5"]), pointer.parent / out["path"]
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):  # told where DVC's files are looked at
        return
