"""What a stage reads and nobody brings: neither a file that is there, nor data of DVC's, nor what a stage makes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lockgate.domain.names import listed
from lockgate.errors import DataError

DELETED = "deleted"


def demand_there(changes: Mapping[str, Sequence[Any]], stages: Collection[str]) -> None:
    """Raise ``DataError`` where one of ``stages`` lacks a file; ``changes`` is what `dvc status` says of all stages.

    DVC itself finds it when the stage's turn comes, after everything before it has run.
    """
    made = {path for reasons in changes.values() for path in _lacking(reasons, "changed outs")}
    for stage in stages:
        lacking = [path for path in _lacking(changes[stage], "changed deps") if not _comes(path, made)]
        if lacking:
            raise DataError(
                f"dvc.yaml: stage {stage} reads {listed(lacking)}: not there, and no stage makes it",
                hint="write it, bring it back from git, or take it out of the stage's deps; "
                "`lockgate doctor` names what comes with Lockgate",
            )


def _lacking(reasons: Sequence[Any], kind: str) -> list[str]:
    found = (reason.get(kind, {}) for reason in reasons if isinstance(reason, Mapping))
    return [path for paths in found for path, state in paths.items() if state == DELETED and "://" not in path]


def _comes(path: str, made: Collection[str]) -> bool:
    """Whether it is one of these, lies in one, or is a folder that one lies in."""
    return any(path == each or path.startswith(f"{each}/") or each.startswith(f"{path}/") for each in made)
