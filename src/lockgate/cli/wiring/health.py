"""What is looked at for a machine's health, each part by the adapter that knows it."""

from collections.abc import Collection, Sequence

from lockgate.adapters.python.installed import demand
from lockgate.domain.project.health import Part
from lockgate.domain.project.layout import Layout


def python() -> Sequence[Part]:
    """The interpreter."""
    from lockgate.adapters.python import machine

    return machine.python()


def packages(frameworks: Collection[str]) -> Sequence[Part]:
    """Lockgate's extras; those of ``frameworks`` are needed."""
    from lockgate.adapters.python import machine

    return machine.packages(frameworks)


def engine() -> Sequence[Part]:
    """The container engine."""
    from lockgate.adapters.python import machine

    return machine.engine()


def disk(layout: Layout) -> Sequence[Part]:
    """Room, and whether the build folder can be written."""
    from lockgate.adapters.python import machine

    return machine.disk(layout.root, layout.build)


def git(layout: Layout) -> Sequence[Part]:
    """The program, a repository with a commit, and a name to commit with."""
    from lockgate.adapters.git import health

    return health.probe(layout.root)


def origin(layout: Layout) -> Sequence[Part]:
    """Where a promotion is pushed to."""
    from lockgate.adapters.git import health

    return health.origin(layout.root)


def left_running(layout: Layout) -> Sequence[Part]:
    """What deliveries that were killed have left."""
    from lockgate.adapters.leftovers import leftovers

    return leftovers(layout.root)


def data_remote(layout: Layout) -> Sequence[Part]:
    """DVC's remote."""
    demand("dvc", "dvc")
    from lockgate.adapters.dvc.remote import look

    return look(layout.root)
