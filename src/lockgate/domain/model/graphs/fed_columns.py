"""Which columns of a table are fed to which input of a graph."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from lockgate.domain.model.graphs.facts import GraphFacts, GraphInput
from lockgate.domain.model.inputs import Array, Axis, Columns, DType, Input, dtype_name
from lockgate.domain.model.request_rows import TYPES
from lockgate.domain.names import listed, meant
from lockgate.errors import ModelError


@dataclass(frozen=True)
class Feeding:
    """An input of the graph, and the columns that it is made of: one, or several side by side, in that order.

    ``rank`` is how many axes the graph's input has, ``None`` where it does not say.
    """

    input: str
    dtype: str
    columns: tuple[str, ...]
    rank: int | None
    tensor: bool = False

    @property
    def plain(self) -> bool:
        """Whether the column is fed as it is, under its own name."""
        return self.columns == (self.input,) and (self.tensor or self.rank in {None, 2})

    def __str__(self) -> str:
        if self.columns == (self.input,):
            return f"{self.input} takes the column of that name"
        if len(self.columns) == 1:
            return f"{self.input} takes the column {self.columns[0]}"
        return f"{self.input} takes {len(self.columns)} columns: {listed(self.columns)}"


def fed_columns(
    facts: GraphFacts, columns: Columns, not_fed: Sequence[str], stated: Mapping[str, tuple[str, ...]]
) -> tuple[Feeding, ...]:
    """What each input is made of. ``not_fed`` say what is true, ``stated`` what the user said of an input.

    An input takes the column of its name; the only input of a graph takes all columns in the order of the table.
    Raises ``ModelError``.
    """
    if unknown := [name for name in stated if name not in {each.name for each in facts.inputs}]:
        raise ModelError(f"the model has no input {listed(unknown)}", hint=_has(facts))
    for each in facts.inputs:
        _demand_of_rows(each, facts)
    free = tuple(name for name in columns if name not in not_fed)
    if lost := [name for names in stated.values() for name in names if name not in columns]:
        hint = f"the table has {listed(columns)}"
        raise ModelError(f"the rows have no column {listed(lost)}{meant(lost[0], columns)}", hint=hint)
    return tuple(_feeding(each, facts, columns, free, stated.get(each.name, ())) for each in facts.inputs)


def demand_rows_in(facts: GraphFacts) -> None:
    """Raise ``ModelError`` for a graph that nothing of a row reaches, or that remembers the rows before."""
    if not facts.inputs:
        raise ModelError("the model takes no input: nothing of a row reaches it")
    if facts.states:
        told = listed(f"{told} goes into {given} at the next call" for given, told in facts.states)
        hint = "a model with a memory is not judged: what it answers to a row depends on the rows before"
        raise ModelError(f"the model has a memory: {told}", hint=hint)


def _demand_of_rows(given: GraphInput, facts: GraphFacts) -> None:
    if given.dtype not in TYPES:
        told = f"the input {given.name} holds {given.dtype or 'no tensor'}, which no column of a table is"
        raise ModelError(told, hint=_has(facts))
    if given.shape is not None and not given.shape:
        told = f"the input {given.name} is one value for all rows, and no row of a table has it"
        raise ModelError(told, hint="make it a constant of the graph; what is judged takes rows alone")


def _feeding(
    given: GraphInput, facts: GraphFacts, columns: Columns, free: Sequence[str], stated: tuple[str, ...]
) -> Feeding:
    if stated:
        return _of(given, stated, columns)
    if given.name in free:
        return _of(given, (given.name,), columns)
    if len(facts.inputs) > 1:
        told = f"the rows have no column {given.name}, which the model takes{meant(given.name, free)}"
        raise ModelError(told, hint=f"name the columns: --inputs {given.name}=...; the table has {listed(free)}")
    return _of(given, _only(given, columns, free), columns)


def _only(given: GraphInput, columns: Columns, free: Sequence[str]) -> tuple[str, ...]:
    """The columns of the only input, which has another name than any of them."""
    tensors = [name for name in free if columns[name].ndim > 1]
    if len(tensors) == 1:
        return (tensors[0],)
    if tensors or len(given.row_axes) > 1:
        what = f"it takes {given}; the table's tensors are {listed(tensors) or 'none'}"
        hint = f"say which: --inputs {given.name}={tensors[0]}" if tensors else "give it a tensor column of Parquet"
        raise ModelError(f"it is not clear which column {given.name} is: {what}", hint=hint)
    wanted = given.row_axes[0] if given.row_axes else None if given.shape is None else 1
    if isinstance(wanted, int) and wanted != len(free):
        told = f"{given.name} takes {wanted} values a row, and the table has {len(free)} columns beside the truth"
        few = f"give it rows with the {wanted} columns that the model takes"
        raise ModelError(
            f"{told}{': ' if free else ''}{listed(free)}", hint=few if wanted > len(free) else _say(given, free)
        )
    return tuple(free)


def _of(given: GraphInput, names: tuple[str, ...], columns: Columns) -> Feeding:
    rank = None if given.shape is None else len(given.shape)
    several = len(names) > 1
    tensor = columns[names[0]].ndim > 1
    if several and (odd := next((name for name in names if columns[name].ndim > 1), "")):
        raise ModelError(f"{given.name} takes several columns, and {odd} holds tensors", hint="name it alone")
    if several and rank not in {None, 2}:
        raise ModelError(f"{given} does not take {len(names)} columns side by side", hint="give it a tensor column")
    if tensor:
        _demand_shape(given, names[0], columns[names[0]])
    elif len(names) == 1 and rank is not None and rank > 2:  # noqa: PLR2004 - rows, and one value
        raise ModelError(
            f"{given}; the column {names[0]} has one value a row", hint="a tensor column of Parquet holds the others"
        )
    elif given.row_axes and isinstance(given.row_axes[0], int) and given.row_axes[0] != len(names):
        count = f"{len(names)} columns are given" if several else "one column is given"
        hint = f"name as many columns, --inputs {given.name}=a,b,..., or give it one tensor column of Parquet"
        raise ModelError(f"{given}; {count}: {listed(names)}", hint=hint)
    _demand_type(given, names, columns)
    return Feeding(given.name, given.dtype, names, rank, tensor)


def _demand_shape(given: GraphInput, name: str, values: Array) -> None:
    if given.shape is None:
        return
    row = values.shape[1:]
    fits = len(row) == len(given.row_axes) and all(
        not isinstance(size, int) or size == found for size, found in zip(given.row_axes, row, strict=True)
    )
    if not fits:
        raise ModelError(
            f"{given}; a row of the column {name} has the shape {list(row)}", hint="bring the column to that shape"
        )


def _demand_type(given: GraphInput, names: Sequence[str], columns: Columns) -> None:
    text = given.dtype == "string"
    if odd := next((name for name in names if (dtype_name(columns[name]) == "string") != text), ""):
        values = columns[odd]
        such = f", as {values[0]!r}" if not text and values.ndim == 1 and len(values) else ""
        told = f"{given.name} takes {given.dtype}, and the column {odd} holds {dtype_name(values)}{such}"
        others = [name for name in names if name != odd]
        hint = (
            "write it as text, in Parquet: in comma-separated text digits are numbers"
            if text
            else "write it as numbers"
        )
        raise ModelError(told, hint=f"{hint}, or leave it out: --ignore {odd}" if others else hint)


def _say(given: GraphInput, free: Sequence[str] | Columns) -> str:
    names = list(free)
    if not names:
        return "give it rows with the columns that the model takes"
    return f"say which, in their order: --inputs {given.name}={','.join(names[:3])}{',...' if len(names) > 3 else ''}"  # noqa: PLR2004


def _has(facts: GraphFacts) -> str:
    return f"it takes {listed(facts.inputs, '; ')}"


def inputs_of(feedings: Sequence[Feeding], columns: Columns) -> tuple[Input, ...]:
    """What the graph takes once it takes columns: each once, in the type of its input. Raises ``ModelError``."""
    found: dict[str, Input] = {}
    for each in _inputs(feedings, columns):
        if (other := found.setdefault(each.name, each)).dtype != each.dtype:
            raise ModelError(
                f"the column {each.name} is fed as {other.dtype} and as {each.dtype}", hint="write it twice"
            )
    return tuple(found.values())


def _inputs(feedings: Sequence[Feeding], columns: Columns) -> Iterator[Input]:
    for feeding in feedings:
        dtype = cast("DType", feeding.dtype)
        for name in feeding.columns:
            shape = columns[name].shape[1:] if feeding.tensor else ()
            yield Input(name, dtype, tuple(Axis(f"axis {at}", size) for at, size in enumerate(shape, 1)))
