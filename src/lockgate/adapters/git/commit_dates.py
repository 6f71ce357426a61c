"""When a commit was made, by its own words."""

import re
from datetime import datetime, timedelta, timezone

_COMMITTER = re.compile(rb"^committer .*> (\d{1,11}) ([+-])(\d{2})(\d{2})$", re.MULTILINE)


def committed_at(commit: bytes) -> str | None:
    """The committer's date of a commit as git keeps it; ``None`` for one that only git makes something of."""
    found = _COMMITTER.search(commit.partition(b"\n\n")[0])
    if found is None:
        return None
    away = timedelta(hours=int(found[3]), minutes=int(found[4]))
    try:
        return datetime.fromtimestamp(int(found[1]), timezone(-away if found[2] == b"-" else away)).isoformat()
    except (OverflowError, ValueError):
        return None
