"""What draws pages and reports."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockgate.ports import Pages, Plots, Reports


def pages() -> "Pages":
    """HTML by Jinja2."""
    from lockgate.adapters.pages.parity import ParityPages

    return ParityPages()


def plots() -> "Plots":
    """SVG by Jinja2."""
    from lockgate.adapters.pages.selection import SelectionPlots

    return SelectionPlots()


def reports() -> "Reports":
    """JUnit XML and Markdown."""
    from lockgate.adapters.pages.verdict import VerdictReports

    return VerdictReports()
