"""The ONNX model in every setting, against its own answers to all rows at once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lockgate.domain.judging.gates.parity.comparator import compare
from lockgate.domain.judging.gates.parity.evidence import SettingParity
from lockgate.domain.measuring.run_conditions import AS_SERVED, CALLS, RunCondition, settings_for
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Array, Outputs
from lockgate.domain.model.task import Binary
from lockgate.errors import ModelError
from lockgate.ports import BatchedSession, Runtime, Session
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel

SEED = 20_261


def in_every_setting(judged: LoadedModel, runtime: Runtime) -> tuple[SettingParity, ...]:
    """The ONNX model against itself: its answers to all rows at once are what every other setting must give."""
    # The same session is asked again: a new one would begin its random numbers anew.
    sessions: dict[object, Session] = {AS_SERVED.session: judged.session}
    found = []
    for setting in settings_for(runtime.providers()):
        try:
            if setting.session not in sessions:
                sessions[setting.session] = runtime.open(judged.model, judged.signature, setting)
            found.append(_vary(judged, sessions[setting.session], setting))
        except ModelError as error:
            found.append(SettingParity(setting.name, 0, error=error.message))
    return tuple(found)


def _vary(judged: LoadedModel, session: Session, setting: RunCondition) -> SettingParity:
    total = judged.rows
    rows = np.arange(min(total, setting.batch * CALLS or total))
    if setting.shuffled:
        rows = np.random.default_rng(SEED).permutation(rows)
    expected = {name: values[rows] for name, values in judged.outputs.items() if len(values) == total}
    answered = _answer(session, judged.inputs.take(rows), setting.batch)
    comparison = compare(judged.signature, expected, answered)
    worst = [row for output in comparison.outputs for row in output.worst_rows]
    return SettingParity(
        setting=setting.name,
        rows=len(rows),
        missing_outputs=comparison.missing,
        outputs=tuple(replace(output, worst_rows=(), histogram=()) for output in comparison.outputs),
        flips=comparison.flips,
        worst_flips=() if isinstance(judged.task, Binary) else comparison.worst_flips,
        worst_row=int(rows[max(worst, key=lambda row: row.absolute).row]) if worst else None,
    )


def _answer(session: Session, inputs: Inputs, batch: int) -> Outputs:
    if not batch:
        return session.run(inputs)
    if isinstance(session, BatchedSession):
        return joined(session.run_in_batches(inputs, batch))
    return joined([session.run(some) for some in inputs.batches(batch)])


def joined(parts: Sequence[Outputs]) -> Outputs:
    """The answers to all rows, of those to some. Raises ``ModelError`` where a row's answer has another shape."""
    return {name: _one_after_another(name, [np.atleast_1d(part[name]) for part in parts]) for name in parts[0]}


def _one_after_another(name: str, parts: Sequence[Array]) -> Array:
    shapes = {part.shape[1:]: part.shape for part in parts}
    if len(shapes) > 1:
        told = " and ".join(str(list(shape)) for shape in [*shapes.values()][:2])
        raise ModelError(f"what {name} is of a row has not one shape: {told}", hint="each row gets as many numbers")
    return np.concatenate(parts)
