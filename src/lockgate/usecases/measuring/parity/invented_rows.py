"""Both models on rows that nobody has sent yet: at and beyond the edges of the training data."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lockgate.domain.judging.gates.parity.comparator import compare
from lockgate.domain.judging.gates.parity.evidence import InventedParity, OutputParity
from lockgate.domain.measuring.edge_rows import EdgeRows, edge_rows
from lockgate.domain.measuring.float64_truth import Reference
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Array, Outputs, Signature
from lockgate.errors import FOREIGN, LockgateError, ModelError
from lockgate.ports import Divided, SourceModel, Stored
from lockgate.usecases.making.source_answers import answerable, plain_answers, truth_about
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel


def on_invented_rows(judged: LoadedModel, source: SourceModel, profile: Profile) -> InventedParity:
    """Compare on every edge of every column, tree thresholds among them; what the source refuses is named."""
    if isinstance(source, Stored):
        return InventedParity(0, stored=True)
    # Frameworks warn of what is asked for here: numbers without an end.
    with np.errstate(all="ignore"):
        return _compared(judged, source, profile)


def _compared(judged: LoadedModel, source: SourceModel, profile: Profile) -> InventedParity:
    thresholds = _thresholds(source)
    invented = edge_rows(judged.signature, profile, thresholds)

    def ask(among: Sequence[int]) -> object:
        rows = invented if len(among) == len(invented.names) else invented.only(among)
        return _answered(source, rows, judged.signature)

    # With the truth about them: a row that overflows where the truth is worked out has none to be compared with.
    kept = sorted(answerable(ask, invented.by_kind()))
    there = set(kept)
    refused = tuple(name for row, name in enumerate(invented.names) if row not in there)
    if not kept:
        return InventedParity(0, refused=refused)
    rows = invented if not refused else invented.only(kept)
    expected, truth = _answered(source, rows, judged.signature)
    at_threshold = np.flatnonzero(truth.crossing) if truth is not None else np.empty(0, dtype=np.intp)
    if at_threshold.size:
        # float32 cannot hold the threshold: such a row lies on its other side, whatever the export does.
        rows = rows.only(np.flatnonzero(~np.isin(np.arange(len(rows.names)), at_threshold)).tolist())
        expected, truth = _answered(source, rows, judged.signature)
    try:
        comparison = compare(judged.signature, expected, judged.session.run(rows.inputs), truth)
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


def _thresholds(source: SourceModel) -> Mapping[str, Array]:
    try:
        return source.thresholds() if isinstance(source, Divided) else {}
    except LockgateError:
        raise
    except FOREIGN as error:
        raise ModelError(f"where the model's trees divide cannot be told: {type(error).__name__}: {error}") from error


def _answered(source: SourceModel, rows: EdgeRows, signature: Signature) -> tuple[Outputs, Reference | None]:
    """The source's answers, and the truth about them where it knows it. Raises what the framework raises."""
    outputs = plain_answers(source, dict(rows.inputs), signature)
    return outputs, truth_about(source, dict(rows.inputs), outputs, signature)


def _named(output: OutputParity, names: tuple[str, ...]) -> OutputParity:
    return replace(output, worst_rows=tuple(replace(worst, name=names[worst.row]) for worst in output.worst_rows))
