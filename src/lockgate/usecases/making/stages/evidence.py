"""What `dvc.yaml` needs before `lockgate run` can collect evidence: a stage that makes it, and reads what it is of."""

import re
from collections.abc import Iterator, Mapping, Sequence

from lockgate.domain.making.stage_records import Stage, overlap
from lockgate.domain.measuring.kinds import OF_A_STAGE
from lockgate.errors import InputError
from lockgate.ports import StageLock
from lockgate.usecases.project.project import Project

_COMMAND = re.compile(r"\blockgate check((?: +[a-z]+)+)")


def edits_needed(project: Project, name: str, lock: StageLock) -> Mapping[str, str]:
    """An edit of `dvc.yaml` for each kind of evidence that `lockgate run` would not collect, or not again.

    Empty where there is no record of stages: the integrity gate says so.
    """
    try:
        stages = [lock.defined(stage.name) or stage for stage in lock.stages()]
    except InputError:
        return {}
    edits = dict(_edits(project, name, stages))
    if not makers(project, name, "reference", stages) and lock.defined("reference") is None:
        edits["reference"] = "add the stage `reference` of docs/gates.md to dvc.yaml"
    return edits


def _edits(project: Project, name: str, stages: Sequence[Stage]) -> Iterator[tuple[str, str]]:
    for kind in OF_A_STAGE:
        found = makers(project, name, kind, stages)
        named = [kinds for stage in found for kinds in kinds_named(stage)]
        there = project.store.has(project.layout.evidence(name, kind))
        if named and not there and kind not in " ".join(named).split():
            stage = found[0].name.partition("@")[0]
            yield kind, f"take the kinds out of `lockgate check{named[0]}` in the stage {stage} of dvc.yaml"
    yield from _pins(project, makers(project, name, "parity", stages))


def _pins(project: Project, found: Sequence[Stage]) -> Iterator[tuple[str, str]]:
    """Parity is evidence of the service's runtime too."""
    pins = f"{project.settings.service}/requirements.txt"
    read = any(overlap(pins, path) for stage in found for path in stage.deps)
    if found and not read and project.store.has(project.layout.root / pins):
        yield "parity", f"list {pins} under the `deps` of the stage {found[0].name.partition('@')[0]} in dvc.yaml"


def kinds_named(stage: Stage) -> list[str]:
    """The kinds that the stage's commands name, those of a command in one text; none where it makes what it can."""
    return _COMMAND.findall(stage.cmd)


def makers(project: Project, name: str, kind: str, stages: Sequence[Stage]) -> list[Stage]:
    """The stages that make the evidence of that kind on a candidate."""
    path = project.layout.evidence(name, kind).relative_to(project.layout.root).as_posix()
    return [stage for stage in stages if any(overlap(path, out) for out in stage.outs)]
