"""A lineage in the form that other tools collect."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every verb imports the ports, and one alone tells a lineage
    from lockgate.domain.releasing.lineage.document import ReleaseLineage


class LineageEvents(Protocol):
    """Tells a lineage as events: a run of a job for each stage, for gate, release and promotion."""

    def lines(self, told: "ReleaseLineage") -> tuple[str, ...]:
        """Each event as JSON in a line, in the order of the way. The same lineage gives the same events.

        Raises ``MissingTool`` where what makes them is not installed, ``ToolError`` where it does not take one.
        """
