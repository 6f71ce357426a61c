"""An ONNX file of somebody else's, asked the rows of a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.judging.gates.parity.comparator import compare
from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.parity.variation import judge_settings
from lockgate.domain.judging.protocol.finding import Finding
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.graphs.chosen_outputs import Chosen
from lockgate.domain.model.graphs.facts import DeclaredInput, GraphFacts
from lockgate.domain.model.graphs.fed_columns import Feeding, demand_rows_in, fed_columns, inputs_of
from lockgate.domain.model.graphs.read_answers import AnswerForm
from lockgate.domain.model.signature import Columns, Output, Outputs, Signature
from lockgate.domain.names import listed
from lockgate.errors import ModelError
from lockgate.ports import Clock, Files, GraphFiles, Runtime
from lockgate.usecases.judging.model_files.file_policy import GivenPolicy
from lockgate.usecases.judging.model_files.not_run import why_not_run
from lockgate.usecases.judging.model_files.turned_answers import TurnedAnswers
from lockgate.usecases.judging.model_files.whole_batches import WholeBatches
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.parity.variation import in_every_setting

SECONDS = 0.5
"""How long all rows may take in one setting; of a slower model the first rows are asked."""
FEWEST = 8


@dataclass(frozen=True)
class Fetched:
    """The file of a model, what the registry that it came from says that it takes, and what it is called there."""

    path: Path
    declared: tuple[DeclaredInput, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Bench:
    """The ports that judge a file; ``work`` is a folder of its own, which is gone afterwards.

    ``fetch`` gives the file of a model by its name: a path, or a model of a registry.
    """

    graphs: GraphFiles
    runtime: Runtime
    read_table: Callable[[Path], Columns]
    files: Files
    clock: Clock
    work: Path
    read_policy: Callable[[Path], GivenPolicy]
    fetch: Callable[[str], Fetched] = lambda name: Fetched(Path(name))


@dataclass(frozen=True)
class AskedModel:
    """The model that was run, what was fed to it, and everything that it answered to all rows."""

    facts: GraphFacts
    feedings: tuple[Feeding, ...]
    model: Path
    runtime: Runtime
    loaded: LoadedModel
    said: tuple[str, ...]
    seconds: float

    @property
    def outputs(self) -> Outputs:
        """What it answered."""
        return self.loaded.outputs


def ask(
    bench: Bench, path: Path, columns: Columns, not_fed: tuple[str, ...], stated: Mapping[str, tuple[str, ...]]
) -> AskedModel:
    """Ask the model all rows. Raises ``ModelError`` for one that cannot be fed with rows, or gives up at them."""
    facts = bench.graphs.read(path)
    demand_rows_in(facts)
    feedings = fed_columns(facts, columns, not_fed, stated)
    names = [output.name for output in facts.outputs if output.kind != "other"]
    if not names:
        raise ModelError(f"the model answers no tensor: {listed(facts.outputs, '; ')}")
    model = bench.work / "model.onnx"
    bench.files.write_bytes(model, bench.graphs.adapted(path, feedings, names))
    batch = _batch(facts)
    runtime = WholeBatches(bench.runtime, batch) if batch else bench.runtime
    signature = Signature(inputs_of(feedings, columns), (), ())
    try:
        session, started = runtime.open(model, signature), bench.clock.seconds()
        loaded = LoadedModel.asked(path.name, model, signature, session, columns)
        seconds = bench.clock.seconds() - started
    except ModelError as error:
        raise why_not_run(error.message.replace(str(model), str(path)), facts) from error
    said = (*_said(facts, batch), *_untrue(facts, loaded.outputs))
    return AskedModel(facts, feedings, model, runtime, loaded, said, seconds)


def _batch(facts: GraphFacts) -> int:
    """How many rows it takes at once, 0 where it takes any number. Raises ``ModelError`` where inputs disagree."""
    sizes = {each.batch for each in facts.inputs if each.batch is not None}
    if len(sizes) > 1:
        told = listed(facts.inputs, "; ")
        raise ModelError(f"the first axis is not that of the rows: {told}", hint="every input has its rows first")
    return sizes.pop() if sizes else 0


def _said(facts: GraphFacts, batch: int) -> list[str]:
    said = []
    if batch:
        filled = "" if batch == 1 else ", the last ones filled up with a row of their own"
        said.append(f"it takes exactly {batch} row{'s' if batch > 1 else ''} at once: asked so{filled}")
    if facts.defaults:
        said.append(f"{facts.defaults} of its inputs are weights that are listed as inputs: none is fed")
    if facts.random:
        said.append(f"it draws at random ({listed(facts.random)}): asked again it answers something else")
    said += [
        f"{each.name} is a map of classes (ZipMap): judged by the tensor behind it"
        for each in facts.outputs
        if each.kind == "classes"
    ]
    return said


def _untrue(facts: GraphFacts, outputs: Outputs) -> list[str]:
    """Where the file says another shape than it answers: what it answers is judged."""
    wrong = []
    for each in facts.outputs:
        if each.shape is None or each.name not in outputs:
            continue
        answered = outputs[each.name].shape
        fits = len(answered) == len(each.shape) and all(
            not isinstance(size, int) or size == found for size, found in zip(each.shape[1:], answered[1:], strict=True)
        )
        if not fits:
            wrong.append(f"it says that it answers {each}; it answers {list(answered)}")
    return wrong


def as_judged(asked: AskedModel, form: AnswerForm) -> AskedModel:
    """The same model, which answers as every export does: a label in text, and a number for each column."""
    task, chosen = form.task, form.chosen
    label, numbers = chosen.label or f"{chosen.numbers}/label", chosen.numbers or f"{chosen.label}/number"

    def turn(outputs: Outputs) -> Outputs:
        answers = form.answers(outputs.get(chosen.label), outputs.get(chosen.numbers))
        return {numbers: answers.scores} if answers.labels is None else {label: answers.labels, numbers: answers.scores}

    told = (Output(label, "string", ()),) if task.labelled else ()
    outputs = (*told, Output(numbers, "float64", (task.width,)))
    classes = task.columns if task.labelled else ()
    signature = Signature(
        asked.loaded.signature.inputs, outputs, classes, label if task.labelled else "", numbers, task
    )
    runtime = TurnedAnswers(asked.runtime, turn)
    session = runtime.turned(asked.loaded.session)
    return replace(
        asked,
        runtime=runtime,
        loaded=replace(asked.loaded, signature=signature, session=session, outputs=turn(asked.outputs)),
    )


def judge_variation(asked: AskedModel, chosen: Chosen, model: Digest, rows: Digest, policy: ParityPolicy) -> Finding:
    """Whether it answers a row the same whatever its neighbours, the threads and the optimisation are.

    ``asked`` answers as it is judged. A label that is only the likeliest class is not held to be the same.
    """
    judged, task = _first_rows(asked), asked.loaded.task
    kept = judged.outputs
    evidence = ParityEvidence(
        subject=Subject(judged.name, model, rows),
        tools=dict(asked.runtime.versions()),
        source=model,
        rows=judged.rows,
        missing_inputs=(),
        unexpected_inputs=(),
        missing_outputs=(),
        unexpected_outputs=(),
        outputs=compare(judged.signature, kept, kept).outputs,
        flips=0,
        settings=tuple(
            found if chosen.label else replace(found, flips=0) for found in in_every_setting(judged, asked.runtime)
        ),
        task=task,
    )
    return judge_settings(policy, evidence, task)


def _first_rows(asked: AskedModel) -> LoadedModel:
    """As many of the rows as a slow model answers in every setting within seconds."""
    loaded = asked.loaded
    rows = max(FEWEST, int(loaded.rows * SECONDS / max(asked.seconds, SECONDS)))
    if rows >= loaded.rows:
        return loaded
    first = {name: values[:rows] for name, values in loaded.columns.items()}
    outputs = {name: values[:rows] for name, values in loaded.outputs.items()}
    return replace(loaded, columns=first, outputs=outputs, inputs=loaded.inputs.take(slice(rows)))
