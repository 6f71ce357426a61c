"""Columns that the policy names, held to those that there are: told before anything is trained, and all at once."""

from collections.abc import Iterator, Sequence

from lockgate.domain.model.inputs import Input
from lockgate.domain.model.slices import Slice
from lockgate.domain.names import listed, meant
from lockgate.domain.project.settings import Settings
from lockgate.errors import SettingsError


def demand_columns(settings: Settings, inputs: Sequence[Input]) -> None:
    """Raise ``SettingsError`` for columns of slices, groups and forbidden ones that nothing has, with those meant.

    ``inputs`` are what the models take. Rows are sliced and grouped by an input of one value a row, or by a column that
    is for judging only; of a gate that is off nothing is asked.
    """
    scalar = [column.name for column in inputs if not column.axes]
    judged = tuple(dict.fromkeys((*scalar, *settings.tables.judged_only)))
    every = tuple(dict.fromkeys((*(column.name for column in inputs), *settings.tables.judged_only)))
    problems = [*_of_rows(settings, judged), *_of_inputs(settings, every)]
    if problems:
        hint = f"name an input, or add the column to tables.judged_only; there are {listed(judged)}"
        raise SettingsError(f"params.yaml: {'; '.join(problems)}", hint=hint)


def _of_rows(settings: Settings, known: Sequence[str]) -> Iterator[str]:
    slices, fairness = settings.gates.accuracy.slices, settings.gates.fairness
    asked = {"gates.accuracy.slices.by": slices.by if slices else ()}
    if fairness is not None and fairness.mode != "off":
        asked["gates.fairness.attributes"] = fairness.attributes
    for setting, texts in asked.items():
        names = dict.fromkeys(name for text in texts for name in Slice.parse(text).names)
        for name in (each for each in names if each not in known):
            yield f"{setting}: {name!r} is no input and no column for judging{meant(name, known)}"


def _of_inputs(settings: Settings, known: Sequence[str]) -> Iterator[str]:
    explanation = settings.gates.explanation
    named = explanation.forbidden if explanation is not None and explanation.mode != "off" else ()
    for name in (each for each in named if each not in known):
        yield f"gates.explanation.forbidden: {name!r} is no input and no column for judging{meant(name, known)}"
