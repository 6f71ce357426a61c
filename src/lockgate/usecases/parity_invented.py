"""Both models on rows that nobody has sent yet: at and beyond the edges of the training data."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lockgate.domain.edge_rows import edge_rows
from lockgate.domain.evidence import InventedParity, OutputParity
from lockgate.domain.parity import compare
from lockgate.domain.profile import Profile
from lockgate.errors import ModelError
from lockgate.ports import Divided, SourceModel, Stored
from lockgate.usecases.answers import answerable, answered
from lockgate.usecases.check import Judged


def on_invented_rows(judged: Judged, source: SourceModel, profile: Profile) -> InventedParity:
    """Compare on every edge of every column, tree thresholds among them; what the source refuses is named."""
    if isinstance(source, Stored):
        return InventedParity(0, stored=True)
    # Frameworks warn of what is asked for here: numbers without an end.
    with np.errstate(all="ignore"):
        return _compared(judged, source, profile)


def _compared(judged: Judged, source: SourceModel, profile: Profile) -> InventedParity:
    thresholds = source.thresholds() if isinstance(source, Divided) else {}
    invented = edge_rows(judged.signature, profile, thresholds)

    def ask(among: Sequence[int]) -> object:
        rows = invented if len(among) == len(invented.names) else invented.only(among)
        return answered(source, rows.columns, judged.signature)

    # With the truth about them: a row that overflows where the truth is worked out has none to be compared with.
    kept = sorted(answerable(ask, range(len(invented.names))))
    there = set(kept)
    refused = tuple(name for row, name in enumerate(invented.names) if row not in there)
    if not kept:
        return InventedParity(0, refused=refused)
    rows = invented if not refused else invented.only(kept)
    expected, truth = answered(source, rows.columns, judged.signature)
    at_threshold = np.flatnonzero(truth.crossing) if truth is not None else np.empty(0, dtype=np.intp)
    if at_threshold.size:
        # float32 cannot hold the threshold: such a row lies on its other side, whatever the export does.
        rows = rows.only(np.flatnonzero(~np.isin(np.arange(len(rows.names)), at_threshold)).tolist())
        expected, truth = answered(source, rows.columns, judged.signature)
    try:
        comparison = compare(judged.signature, expected, judged.session.run(rows.columns), truth)
    except ModelError as error:
        return InventedParity(len(rows.names), refused=refused, error=error.message)
    return InventedParity(
        refused=refused,
        crossing=len(at_threshold),
        rows=len(rows.names),
        missing_outputs=comparison.missing,
        outputs=tuple(_named(output, rows.names) for output in comparison.outputs),
        flips=comparison.flips,
        worst_flips=tuple(replace(flip, name=rows.names[flip.row]) for flip in comparison.worst_flips),
        calibrations=comparison.calibrations,
    )


def _named(output: OutputParity, names: tuple[str, ...]) -> OutputParity:
    return replace(output, worst_rows=tuple(replace(worst, name=names[worst.row]) for worst in output.worst_rows))
