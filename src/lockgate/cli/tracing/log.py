"""The log of an environment on the console: a block for each release that it named."""

from collections.abc import Iterator

from lockgate.domain.releasing.lineage.environment_log import EnvironmentLog, Stay


def log_lines(told: EnvironmentLog) -> Iterator[str]:
    """Line by line, the newest first. What cannot be confirmed is marked with ``?``."""
    by = f"of {told.branch} at" if told.branch else "of the detached HEAD,"
    yield f"{told.environment}, by the history {by} {told.head[:12]}; times are those of commits"
    for stay in told.stays:
        yield from _stay(stay)
    yield from (f"  ? {doubt}" for doubt in told.doubts)


def _stay(stay: Stay) -> Iterator[str]:
    until = f"until {stay.until.committed_at}" if stay.until else "until now"
    named = f"{stay.release.name} {stay.release.release.short}" if stay.release else "no release"
    yield f"  {named}  since {stay.since.committed_at} {until}"
    merged = f", merged by {stay.since.short}" if stay.by.hash != stay.since.hash else ""
    yield f"    {stay.how} by {stay.by.author} <{stay.by.email}>, commit {stay.by.short}{merged}: {stay.by.subject}"
    if stay.reason:
        yield f"    why: {stay.reason}"
    if stay.release is not None:
        yield f"    {_had(stay)}"
    if stay.problem and not stay.release:
        yield f"    ? the file of that time cannot be read: {stay.problem}"
    yield from (f"    ? {doubt}" for doubt in stay.doubts)


def _had(stay: Stay) -> str:
    if not stay.where:
        return f"? cannot be had: {stay.problem}" if stay.problem else "? cannot be had here"
    if stay.verified is None:
        return f"in {stay.where}, not verified: --verify opens it"
    return f"in {stay.where}, verified" if stay.verified else f"? in {stay.where}, does not verify: {stay.problem}"
