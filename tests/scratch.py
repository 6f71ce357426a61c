"""Where pytest puts the folders of tests: in memory, where it has room. They write a hundred thousand small files.

Linux keeps in memory what lies in ``/dev/shm``. Whoever names pytest's place, or one for all temporary files, has it.
"""

import os
import re
import shutil
from collections.abc import MutableMapping
from pathlib import Path

PLACE = "PYTEST_DEBUG_TEMPROOT"
MEMORY = Path("/dev/shm")
GIB = 1024**3
NEEDED = 4 * GIB
"""Bytes to be free there: all tests together leave 1.4 GiB, and remove some more on the way."""
LEFT = 8 * GIB
"""Bytes of memory to be left for programs once that is used: two workers with the networks' libraries, and servers."""


def into_memory(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let pytest, here and in what it starts, make its folders in memory, where that is wide enough."""
    if not environment.keys() & {PLACE, "TMPDIR"} and has_room():
        environment[PLACE] = str(MEMORY)


def has_room() -> bool:
    """Whether files and programs both find room, and a program may lie there too."""
    return (
        os.access(MEMORY, os.W_OK)
        and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(MEMORY).free >= NEEDED
        and available() >= NEEDED + LEFT
    )


def available() -> int:
    """Bytes of memory that this process and its children may still take, of the machine and of its container."""
    machine = re.search(r"^MemAvailable: +(\d+) kB$", _read("/proc/meminfo"), re.MULTILINE)
    found = [int(machine[1]) * 1024] if machine else [0]
    limit, used = _read("/sys/fs/cgroup/memory.max").strip(), _read("/sys/fs/cgroup/memory.current").strip()
    if limit.isdigit() and used.isdigit():
        found.append(int(limit) - int(used))
    return min(found)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
