"""A moment in the past, as people write it, and what an environment named then."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from lockgate.domain.releasing.lineage.environment_log import Stay
from lockgate.errors import InputError

_FORM = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?)?")
_OF_GIT = re.compile(r"(?P<seconds>\d{1,12}) (?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d)")
FORMS = "write a date, or a date with a time and its zone: 2026-11-29, 2026-11-29T14:00Z, '2026-11-29 15:00 +01:00'"


def moment(text: str) -> datetime:
    """The moment that a text names; without a zone it is UTC, and a date alone is its beginning.

    Raises ``InputError`` for any other text.
    """
    if not _FORM.fullmatch(text.strip()):
        raise InputError(f"{text!r} is no time", hint=FORMS)
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "T", 1).replace(" ", ""))
    except ValueError as error:
        raise InputError(f"{text!r} is no time: {error}", hint=FORMS) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def moment_of_git(text: str) -> str:
    """A time as git's objects have it, ``1764436521 +0100``, in ISO 8601; empty for what is none."""
    match = _OF_GIT.fullmatch(text)
    if match is None:
        return ""
    minutes = int(match["hours"]) * 60 + int(match["minutes"])
    try:
        zone = timezone(timedelta(minutes=-minutes if match["sign"] == "-" else minutes))
        return datetime.fromtimestamp(int(match["seconds"]), zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def at(stays: Sequence[Stay], when: datetime) -> Stay | None:
    """What was named then, by the times of commits; ``None`` for a time before the first. ``stays``: the newest first.

    Where the times of commits go back, the later commit counts: git's order is that of the line, not of clocks.
    """
    return next((stay for stay in stays if datetime.fromisoformat(stay.since.committed_at) <= when), None)
