"""What is said of a file beside what was measured: columns that reach no input, digits that are lost, other types."""

from collections.abc import Mapping, Sequence

from lockgate.domain.model.graphs.chosen_outputs import Chosen
from lockgate.domain.model.graphs.facts import DeclaredInput, other_declaration
from lockgate.domain.model.graphs.read_answers import ReadAnswers
from lockgate.domain.model.inputs import Array, losses
from lockgate.domain.model.signature import Columns
from lockgate.domain.names import listed
from lockgate.usecases.judging.model_files.asking import AskedModel


def other_signature(declared: tuple[DeclaredInput, ...], asked: AskedModel) -> tuple[str, ...]:
    """Where the signature in the registry is not that of the graph, which is judged."""
    told = other_declaration(declared, asked.facts)
    return (f"its signature in the registry is another: {told}, and the graph is judged",) if told else ()


def idle(asked: AskedModel, columns: Columns, not_fed: Sequence[str]) -> tuple[str, ...]:
    """Columns that might be meant for an input, and reach none."""
    fed = {name for feeding in asked.feedings for name in feeding.columns}
    idle = [name for name in columns if name not in fed and name not in not_fed]
    return (f"no input takes the column{'s' if len(idle) > 1 else ''} {listed(idle)}",) if idle else ()


def lost_digits(asked: AskedModel, columns: Columns) -> tuple[str, ...]:
    """Numbers that are rounded, in one line: of many columns nobody reads a line each."""
    found = losses(columns, asked.loaded.signature.inputs)
    more = f"; so are values of {len(found) - 1} more columns" if len(found) > 1 else ""
    return (f"{found[0]}{more}",) if found else ()


def other_types(truths: Mapping[str, Array], read: ReadAnswers, asked: AskedModel, chosen: Chosen) -> tuple[str, ...]:
    """Said where labels are of one type in the table and of another in the model, and mean the same all the same."""
    task = read.answers.task
    if not task.labelled:
        return ()
    name, values = next(iter(truths.items()))
    text = values.dtype.kind in "OU"
    whole = asked.facts.whole or (chosen.labels is not None and chosen.labels.dtype.kind in "iu")
    own = asked.facts.classes or tuple(str(place) for place in range(task.width))
    if text and whole and set(values.tolist()) <= set(own):
        return (f"the model's labels are whole numbers, {name} holds texts: taken for the same where they read alike",)
    return ()
