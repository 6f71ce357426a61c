"""Lineage: what the stages that made a candidate were recorded to read and make, beside what there is now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

ABSENT: Final = "(absent)"
"""Stands for a param, a file or a result that is not there now."""
LISTED: Final = "in dvc.yaml"
"""Stands for what `dvc.yaml` lists and the record does not have."""
SHOWN: Final = 40
"""So many characters of a value are shown."""


@dataclass(frozen=True)
class Stage:
    """A stage as it last ran: params by file and key, DVC's hashes of what it read and made, by path, and its command.

    As it is defined now, it has no values and no hashes; a command that could not be worked out is empty.
    """

    name: str
    params: Mapping[str, Mapping[str, Any]]
    deps: Mapping[str, str]
    outs: Mapping[str, str]
    cmd: str = ""


@dataclass(frozen=True)
class Record:
    """One thing that a stage read or made: its value or hash as recorded, and as it is now."""

    stage: str
    kind: Literal["param", "file", "result"]
    name: str
    recorded: Any
    found: Any

    def differences(self) -> Iterator[str]:
        """What is not as recorded: the name, or the keys further in that differ; of params also both values."""
        for name, recorded, found in _differences(self.name, self.recorded, self.found):
            yield f"{name} ({_shown(recorded)} then, {_shown(found)} now)" if self.kind == "param" else name


@dataclass(frozen=True)
class Lineage:
    """Every record of the stages that made what is judged.

    ``unmade`` are judged files that no stage of today is recorded to have made, ``gone`` those stages that did and are
    defined no more. ``uncommitted`` are files that the stages read and that the commit does not have as they are here;
    ``unseen_by_dvc`` are stages that read something that has changed, and DVC sees no change: `dvc.yaml` does not list
    it for them any more, or it was changed before DVC recorded it. ``own_commands``
    are stages whose command is none of Lockgate's: nobody looked at what they read while they ran. ``problem`` says why
    there is no record at all.
    """

    stages: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()
    unmade: tuple[str, ...] = ()
    problem: str = ""
    gone: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    unseen_by_dvc: tuple[str, ...] = ()
    own_commands: tuple[str, ...] = ()

    def as_recorded(self) -> Self:
        """The same where nothing has changed since, and all is committed."""
        return replace(
            self, uncommitted=(), records=tuple(replace(record, found=record.recorded) for record in self.records)
        )


def behind(stages: Sequence[Stage], files: Iterable[str]) -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    """The stages that made these files, those that made what they read, and so on; and the files that none made."""
    wanted, found, unmade = list(files), dict[str, Stage](), list[str]()
    judged = frozenset(wanted)
    seen: set[str] = set()
    while wanted:
        path = wanted.pop()
        if path in seen:
            continue
        seen.add(path)
        makers = [stage for stage in stages if any(overlap(path, out) for out in stage.outs)]
        if not makers and path in judged:
            unmade.append(path)
        for stage in makers:
            found[stage.name] = stage
            wanted += stage.deps
    return tuple(stage for stage in stages if stage.name in found), tuple(sorted(unmade))


def value_of(tree: Any, key: str) -> Any:
    """What DVC would record for a key such as ``train.torch.hidden.0``."""
    for part in key.split("."):
        if isinstance(tree, Mapping) and part in tree:
            tree = tree[part]
        elif isinstance(tree, list) and part.isdigit() and int(part) < len(tree):
            tree = tree[int(part)]
        else:
            return ABSENT
    return tree


def param_name(file: str, key: str) -> str:
    """A param as messages and records name it: those of another file than `params.yaml` with that file."""
    return key if file == "params.yaml" else f"{file}:{key}"


def overlap(path: str, out: str) -> bool:
    """Whether one is the other, or lies in it."""
    return path == out or path.startswith(f"{out}/") or out.startswith(f"{path}/")


def _differences(name: str, recorded: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(recorded, Mapping) and isinstance(found, Mapping):
        for key in dict.fromkeys((*recorded, *found)):
            yield from _differences(f"{name}.{key}", recorded.get(key, ABSENT), found.get(key, ABSENT))
    elif recorded != found:
        yield name, recorded, found


def _shown(value: Any) -> str:
    """A param's value in a few letters; text in quotes, as `500` is another value than `"500"`."""
    text = {ABSENT: "absent", LISTED: LISTED}.get(value) if isinstance(value, str) else None
    text = text or repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
