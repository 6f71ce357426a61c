"""``lockgate drill``, whole: the candidate, the tests that it needs, the plants that were asked for, and the report."""

from collections.abc import Sequence

from lockgate.domain.identity import digest_of_files
from lockgate.domain.judging.deciding.drill_report import DrillReport
from lockgate.domain.names import listed, meant
from lockgate.errors import InputError
from lockgate.usecases.judging.drill.caching_plugin import CachingPlugin
from lockgate.usecases.judging.drill.drill import drill, open_drill
from lockgate.usecases.judging.drill.forgery import Forgery
from lockgate.usecases.judging.drill.plant import Plant
from lockgate.usecases.judging.drill.plants.registry import PLANTS
from lockgate.usecases.judging.drill.sandbox import Tools
from lockgate.usecases.judging.events import DrillBegan, DrillEnded, PlantJudged
from lockgate.usecases.making.select import chosen
from lockgate.usecases.measuring.check import check_tests, tested_already
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments


def drill_gates(
    instruments: Instruments,
    candidate: str | None,
    only: str | None,
    tell: Tell,
    forgeries: Sequence[Forgery] = (),
) -> DrillReport:
    """Plant all bad candidates, or those with ``only`` in their name or gate; the report goes to ``build/drill.json``.

    ``forgeries`` are planted after them. Alone in this working copy. Raises ``InputError`` where no plant is meant by
    ``only``.
    """
    with instruments.alone():
        project = instruments.project()
        ours = tuple(plant for plant in PLANTS if project.settings.tables.task in plant.tasks)
        plants = plants_named((*ours, *instruments.plants(), *forgeries), only)
        name, _ = chosen(project, candidate)
        if not tested_already(instruments):
            check_tests(instruments, tell)
        tools = _tools(instruments)
        tell(DrillBegan(name))
        repository, log = instruments.repository(), instruments.commit_log()
        of = open_drill(project, name, repository, log, tools, instruments.stage_lock())
        report = drill(of, plants, lambda result: tell(PlantJudged(result, only is not None)), twin=only is None)
        project.documents.write(project.layout.drill, report)
    tell(DrillEnded(report))
    return report


def plants_named(plants: tuple[Plant | Forgery, ...], only: str | None) -> tuple[Plant | Forgery, ...]:
    """Those that ``only`` names, by their gate or by a part of their name."""
    found = tuple(plant for plant in plants if only is None or only in plant.name or only == plant.gate)
    if not found:
        raise InputError(
            f"no plant has {only!r} in its name or gate{meant(only or '', _names_of(plants))}",
            hint="there are: " + listed((plant.name for plant in plants), "; ", most=len(plants)),
        )
    return found


def _names_of(plants: tuple[Plant | Forgery, ...]) -> set[str]:
    """What `--only` may say: names, their words, and gates."""
    names = {plant.name for plant in plants}
    return names | {plant.gate for plant in plants} | {word for name in names for word in name.split()}


def _tools(instruments: Instruments) -> Tools:
    files = instruments.project().files
    return Tools(
        CachingPlugin(instruments.plugin(), lambda folder: digest_of_files(files.tree(folder, links=True))),
        instruments.runtime,
        instruments.metrics(),
        instruments.tables(),
        instruments.test_runner(),
        instruments.graphs(),
        instruments.clock(),
    )
