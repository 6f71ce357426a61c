"""The instruments of one working copy, by the adapters of each station."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lockgate.cli.wiring import making, measuring, releasing, reviewing, serving, stores
from lockgate.cli.wiring import project as opening
from lockgate.cli.wiring.judging import with_gates
from lockgate.domain.project.layout import Layout
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project

once = functools.cache


def instruments_at(root: Path | None) -> Instruments:
    """Of the project at ``root``, or of the nearest one above the working directory; its settings are unread."""
    return instruments_of(opening.find_layout(root))


def instruments_of(layout: Layout, project: Callable[[], Project] | None = None) -> Instruments:
    """The same for a layout; ``project`` is read there unless it is given."""
    project = project or once(lambda: opening.project_at(layout))
    return Instruments(
        layout=layout,
        project=project,
        alone=lambda: opening.alone(layout),
        clock=once(opening.clock),
        repository=once(lambda: opening.repository(layout)),
        commit_log=once(lambda: opening.commit_log(layout)),
        store=once(lambda: opening.store(layout)),
        tables=once(lambda: opening.tables(project())),
        pipeline=once(lambda: making.pipeline(layout)),
        stage=lambda: making.running_stage(layout),
        stage_lock=lambda: making.stage_lock(layout),
        reads=lambda: making.reads(layout),
        past_stages=once(making.past_stages),
        past_trainings=once(lambda: making.past_trainings(layout)),
        plugin=once(lambda: making.plugin(project())),
        tracker=once(lambda: making.tracker(project())),
        tracking_store=once(lambda: making.tracking_store(layout)),
        graphs=once(making.graphs),
        runtime=lambda *, soon=False: measuring.runtime(project(), soon=soon),
        metrics=once(measuring.metrics),
        glassbox=once(measuring.glassbox),
        test_runner=once(measuring.test_runner),
        gates_of=with_gates,
        plants=once(lambda: making.plants(project())),
        bundle_writers=once(releasing.bundle_writers),
        bundle_writers_soon=releasing.load_bundle_writers_soon,
        builder=once(releasing.builder),
        release_store=once(lambda: stores.release_store(project())),
        near_store=once(lambda: stores.near_store(project())),
        lineage_events=once(releasing.lineage_events),
        signed_tags=once(lambda: releasing.signed_tags(layout)),
        strangers=releasing.stranger,
        registry=once(lambda: releasing.registry(project())),
        registry_soon=lambda: releasing.load_registry_soon(layout),
        packager=once(lambda: serving.packager(layout)),
        server=once(lambda: serving.server(layout)),
        client=serving.client,
        images=once(serving.images),
        wheelhouse=once(serving.wheelhouse),
        pages=once(reviewing.pages),
        plots=once(reviewing.plots),
        reports=once(reviewing.reports),
    )


def with_instruments(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the instruments of the project that it is called for, as its first argument."""

    @click.pass_obj
    @functools.wraps(command)
    def wrapped(root: Path | None, /, *args: Any, **kwargs: Any) -> int:
        return command(instruments_at(root), *args, **kwargs)

    return wrapped
