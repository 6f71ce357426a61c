"""How candidates compete, as a table: the metric, and fairness beside it where the policy asks."""

from collections.abc import Iterator, Sequence

from lockgate.domain.making.selection import Selection, Standing

CELL = 9


def table(selection: Selection) -> Iterator[str]:
    """A line for each competitor, the winner marked; with fairness, a line of headings and one that explains them."""
    width = max(len(standing.candidate) for standing in selection.standings)
    attributes = _attributes(selection.standings)
    first = len(f"   {'':<{width}}  {'':<10}  {selection.metric} 0.0000")
    if attributes:
        headings = "".join(f"{f'{name} dp':>{_cell(name)}}{f'{name} eo':>{_cell(name)}}" for name in attributes)
        yield f"{'':<{first}}{headings}"
    for standing in selection.standings:
        mark = "->" if standing.candidate == selection.winner else "  "
        value = f"{selection.metric} {standing.value:.4f}" if standing.value is not None else standing.reason
        yield f"{f'{mark} {standing.candidate:<{width}}  {standing.framework:<10}  {value}':<{first}}{_cells(standing)}"
    if attributes:
        yield (
            "dp, eo: demographic parity and equalized odds difference "
            f"between groups of at least {selection.min_rows} rows"
        )


def _attributes(standings: Sequence[Standing]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.attribute for standing in standings for found in standing.disparities))


def _cells(standing: Standing) -> str:
    return "".join(
        f"{'none' if value is None else f'{value:.3f}':>{_cell(found.attribute)}}"
        for found in standing.disparities
        for value in (found.demographic_parity, found.equalized_odds)
    )


def _cell(attribute: str) -> int:
    return max(CELL, len(attribute) + 5)
