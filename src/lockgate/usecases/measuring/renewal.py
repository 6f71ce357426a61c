"""``measuring.yaml``, by which stages run again where something measures otherwise, and what makes DVC see that."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from lockgate.domain.making.stage_records import Stage, overlap
from lockgate.domain.measuring.kinds import STAGED
from lockgate.domain.measuring.methods import EXPORT, FILE, as_yaml, is_word, method_of, otherwise, told
from lockgate.domain.names import listed
from lockgate.errors import InputError, SettingsError
from lockgate.ports import StageLock
from lockgate.usecases.making.stages.evidence import kinds_named, makers
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.project.project import Project


def methods_to_be(project: Project, lock: StageLock) -> Mapping[str, str]:
    """What ``measuring.yaml`` has to say here: what it says, but for the kinds that are measured otherwise here.

    Where a kind cannot be measured here, for want of a library, its line stays. Raises ``SettingsError`` where the file
    is somebody else's.
    """
    found = _found(lock)
    here = {kind: method_here(project, kind) for kind in STAGED} | {EXPORT: method_of(EXPORT, {})}
    return {
        kind: found[kind] if kind in found and not otherwise(found[kind], word) else word for kind, word in here.items()
    }


def renew_methods(project: Project, lock: StageLock, report: Callable[[str], None]) -> None:
    """Write ``measuring.yaml`` anew where this environment measures otherwise; ``report`` gets what, and why."""
    found, wanted = _found(lock), methods_to_be(project, lock)
    if found == wanted:
        return
    project.files.write_bytes(project.layout.methods, as_yaml(wanted).encode())
    if not found:
        report(f"{FILE} is written, what the checks measure with: commit it with dvc.lock")
        return
    changed = [kind for kind in wanted if kind in found and found[kind] != wanted[kind]]
    for then, now in dict.fromkeys(told(found[kind], wanted[kind]) for kind in changed):
        kinds = [kind for kind in changed if told(found[kind], wanted[kind]) == (then, now)]
        made = "made" if kinds == [EXPORT] else "measured"
        report(f"{listed(kinds)} {'was' if len(kinds) == 1 else 'were'} {made} with {then}; here is {now}")


def _found(lock: StageLock) -> Mapping[str, Any]:
    found = lock.params(FILE) or {}
    if not isinstance(found, Mapping) or (others := [key for key, value in found.items() if not is_word(value)]):
        raise SettingsError(
            f"{FILE}: not as Lockgate writes it" + (f": {listed(others)}" if isinstance(found, Mapping) else ""),
            hint="a file of that name is Lockgate's: give yours another name, or remove it and run `lockgate run`",
        )
    return found


def unnamed_methods(project: Project, lock: StageLock) -> Sequence[str]:
    """The line for each stage of `dvc.yaml` that would not run again when something measures, or exports, otherwise."""
    try:
        stages = _defined(lock)
    except InputError:
        return ()
    lacking = {
        _base(stage.name): stage.name
        for name in project.settings.candidates
        for kind in (EXPORT, *STAGED)
        for stage in _makers(project, name, kind, stages)
        if _measures(stage, kind) and kind not in stage.params.get(FILE, ())
    }
    return [_naming(project, name, stages) for name in lacking.values()]


def edits_to_renew(project: Project, name: str, lock: StageLock, kinds: Collection[str]) -> Mapping[str, str]:
    """What has to be done first for those of the kinds that `lockgate run` would not measure again; by kind.

    ``kinds`` were measured otherwise than they would be here.
    """
    try:
        return dict(_edits(project, name, lock, kinds)) if kinds else {}
    except InputError:
        return {}


def _edits(project: Project, name: str, lock: StageLock, kinds: Collection[str]) -> Iterator[tuple[str, str]]:
    """DVC takes a stage for unchanged where it recorded the line that this environment writes."""
    wanted, stages = methods_to_be(project, lock), _defined(lock)
    recorded = {stage.name: stage.params.get(FILE, {}) for stage in lock.stages()}
    for kind in STAGED:
        for stage in makers(project, name, kind, stages) if kind in kinds else ():
            if kind not in stage.params.get(FILE, ()):
                yield kind, _naming(project, stage.name, stages)
            elif recorded[stage.name].get(kind) == wanted[kind]:
                yield kind, f"run `dvc repro --force --single-item {stage.name}`"


def _defined(lock: StageLock) -> list[Stage]:
    """The stages that ran, as they are defined now. Raises ``InputError`` where that cannot be told."""
    return [lock.defined(stage.name) or stage for stage in lock.stages()]


def _naming(project: Project, name: str, stages: Sequence[Stage]) -> str:
    stage = next(each for each in stages if each.name == name)
    of = name.partition("@")[2]
    candidates = [of] if of in project.settings.candidates else project.settings.candidates
    kinds = [
        kind
        for kind in (EXPORT, *STAGED)
        if _measures(stage, kind) and any(_makers(project, each, kind, [stage]) for each in candidates)
    ]
    return f"add `{FILE}: [{', '.join(kinds)}]` to the params of the stage {_base(name)} in dvc.yaml"


def _makers(project: Project, name: str, kind: str, stages: Sequence[Stage]) -> list[Stage]:
    """The stages that make evidence of the kind on a candidate, or its export."""
    if kind != EXPORT:
        return makers(project, name, kind, stages)
    path = project.layout.candidate(name).model.relative_to(project.layout.root).as_posix()
    return [stage for stage in stages if any(overlap(path, out) for out in stage.outs)]


def _measures(stage: Stage, kind: str) -> bool:
    """A command without kinds makes all that it can."""
    if kind == EXPORT:
        return True
    named = " ".join(kinds_named(stage)).split()
    return not named or kind in named


def _base(name: str) -> str:
    return name.partition("@")[0]
