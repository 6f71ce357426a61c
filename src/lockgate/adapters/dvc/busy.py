"""DVC's locks: who holds what, in words, and none that a process which is gone has left."""

import fcntl
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lockgate.errors import Busy
from lockgate.processes.found import Found, described, holding

_BUSY = re.compile(r"'(?P<path>[^']+)' is busy, it is being blocked by:")
_BLOCKER = re.compile(r"\(PID (\d+)\): (.*)")
_LOCKED = "Unable to acquire lock"
TMP = Path(".dvc/tmp")
PATIENCE = "wait for it, or end it: "


def busy(output: str, root: Path) -> Busy | None:
    """What dvc says of another process in its way, with that process's number, age and command; else ``None``."""
    if found := _BUSY.search(output):
        holders = [
            described(int(pid)) or f"process {pid} ({command})"
            for pid, command in dict.fromkeys(_BLOCKER.findall(output))
        ]
        path = found["path"].removeprefix(f"{root}/")
        return Busy(f"{path} is in use by {' and '.join(map(str, holders))}", hint=PATIENCE + _remedy(holders))
    if _LOCKED in output:
        holder = holding(root / TMP / "lock") or holding(root / TMP / "rwlock.lock")
        if holder is None:
            return Busy(f"another dvc held {TMP}/lock a moment ago", hint="run it again")
        return Busy(f"dvc is in use here by {holder}", hint=PATIENCE + holder.remedy)
    return None


def _remedy(holders: Sequence[Found | str]) -> str:
    remedies = [each.remedy for each in holders if isinstance(each, Found)]
    return "; ".join(dict.fromkeys(remedies)) or f"rm {TMP}/rwlock"


def release_stale(root: Path) -> None:
    """Take away the locks of processes that are gone.

    DVC does so itself where the number is free. Where it is another process's by now, its lock would hold for ever.
    What a process was killed in writing is no JSON, and stops every later dvc.
    """
    path = root / TMP / "rwlock"
    if not path.exists():
        return
    with suppress(OSError), (root / TMP / "rwlock.lock").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        text = path.read_text("utf-8")
        if (kept := _kept(text)) is not None:
            path.write_text(json.dumps(kept), "utf-8")


def _kept(text: str) -> dict[str, Any] | None:
    """The locks that are held, where others stand there too; ``None`` where nothing is to be changed."""
    try:
        locks = json.loads(text)
    except ValueError:
        return {}
    with suppress(AttributeError, TypeError, ValueError, KeyError):
        kept = {"write": _kept_writers(locks.get("write", {})), "read": _kept_readers(locks.get("read", {}))}
        return kept if kept != {"write": {}, "read": {}} | locks else None
    return None


def _kept_writers(locks: Mapping[str, Any]) -> dict[str, Any]:
    return {path: info for path, info in locks.items() if _alive(info)}


def _kept_readers(locks: Mapping[str, Any]) -> dict[str, Any]:
    kept = {path: [info for info in infos if _alive(info)] for path, infos in locks.items()}
    return {path: infos for path, infos in kept.items() if infos}


def _alive(info: Mapping[str, Any]) -> bool:
    """Whether the process of that number is the one that took the lock: its arguments are those written down."""
    found = described(int(info["pid"]))
    arguments = " ".join(str(info["cmd"]).split()[1:])
    return found is not None and found.command.endswith(arguments)
