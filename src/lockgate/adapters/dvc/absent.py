"""What a stage reads and nobody brings: neither a file that is there, nor data of DVC's, nor what a stage makes."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from lockgate.domain.names import listed
from lockgate.errors import DataError

DELETED = "deleted"


def demand_there(
    changes: Mapping[str, Sequence[Any]], stages: Collection[str], outs: Callable[[], Collection[str]]
) -> None:
    """Raise ``DataError`` where one of ``stages`` lacks a file; ``changes`` is what `dvc status` says of all stages.

    ``outs`` are the results of all stages, those that did not change too: it is asked where something seems to lack.
    DVC itself finds it when the stage's turn comes, after everything before it has run.
    """
    changed = {path for reasons in changes.values() for path, _ in _entries(reasons, "changed outs")}
    for stage in stages:
        read = [path for path, state in _entries(changes[stage], "changed deps") if state == DELETED]
        lacking = [path for path in read if "://" not in path and not _comes(path, changed)]
        if lacking:
            made = outs()
            lacking = [path for path in lacking if not _comes(path, made)]
        if lacking:
            raise DataError(
                f"dvc.yaml: stage {stage} reads {listed(lacking)}: not there, and no stage makes it",
                hint="write it, bring it back from git, or take it out of the stage's deps; "
                "`lockgate doctor` names what comes with Lockgate",
            )


def _entries(reasons: Sequence[Any], kind: str) -> Iterator[tuple[str, object]]:
    """Each path with its state: `deleted`, or `not in cache` for a result that the cache does not have either."""
    for reason in reasons:
        if isinstance(reason, Mapping):
            yield from reason.get(kind, {}).items()


def _comes(path: str, made: Collection[str]) -> bool:
    """Whether it is one of these, lies in one, or is a folder that one lies in."""
    return any(path == each or path.startswith(f"{each}/") or each.startswith(f"{path}/") for each in made)
