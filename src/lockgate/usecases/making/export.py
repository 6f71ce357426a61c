"""``lockgate export``: a trained model becomes an ONNX file with its signature and reference profile."""

from dataclasses import dataclass

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.making.identifiers import Identifier, identifiers_of
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.labels import listed_classes, number_of
from lockgate.domain.model.profile import profile_of
from lockgate.domain.model.signature import ANSWERS, Signature
from lockgate.domain.names import listed
from lockgate.domain.project.labelled_rows import demand_task, labelled
from lockgate.domain.project.task_of_candidates import task_of_model
from lockgate.errors import DataError, ModelError
from lockgate.ports import Adapted, GraphEditor, ModelPlugin, Runtime, SourceModel, Tables
from lockgate.usecases.making.hand_over import demand_inputs, inputs_of, opened_by
from lockgate.usecases.making.source_answers import signature_of
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project


@dataclass(frozen=True)
class ExportReport:
    """What was exported; ``adapted`` says what was changed of an ONNX file that was handed over."""

    candidate: str
    path: str
    model: Digest
    inputs: tuple[str, ...]
    bytes: int
    identifiers: tuple[Identifier, ...] = ()
    adapted: tuple[str, ...] = ()


def open_trained(project: Project, name: str, plugin: ModelPlugin) -> tuple[Trained, SourceModel]:
    """What the train stage handed over, and the model in its own framework."""
    path = project.layout.candidate(name).trained
    trained = project.documents.read(path, Trained)
    task_of_model(name, trained, project.settings.tables)
    return trained, opened_by(plugin, trained, path.parent)


def export_candidate(instruments: Instruments, candidate: str | None) -> ExportReport:
    """Convert the candidate of that name, which may be left out where there is one alone."""
    project = instruments.project()
    name, plugin = project.settings.candidate(candidate), instruments.plugin()
    return export(project, name, plugin, instruments.runtime(soon=True), instruments.tables(), instruments.graphs())


def export(
    project: Project, name: str, plugin: ModelPlugin, runtime: Runtime, tables: Tables, graphs: GraphEditor
) -> ExportReport:
    """Convert, load the result once in the runtime that will serve it, and write model, signature and profile."""
    trained, model = open_trained(project, name, plugin)
    demand_inputs(f"candidate {name}", trained, inputs_of(plugin))
    signature = signature_of(trained, model, project.settings.tables.task_of(trained.classes))
    columns, min_rows = _inputs(project, signature, tables), project.settings.tables.min_rows_per_value
    profile = profile_of(columns, signature, min_rows)
    content = with_texts(model, signature, model.to_onnx(trained.inputs), graphs)
    paths = project.layout.candidate(name)
    project.files.write_bytes(paths.model, content)
    project.documents.write(paths.signature, signature)
    project.documents.write(paths.profile, profile)
    runtime.open(paths.model, signature)
    return ExportReport(
        name,
        str(paths.model.relative_to(project.layout.root)),
        sha256(content),
        signature.names,
        len(content),
        identifiers_of(columns, signature, min_rows),
        tuple(model.adapted(trained.inputs)) if isinstance(model, Adapted) else (),
    )


def with_texts(model: SourceModel, signature: Signature, content: bytes, graphs: GraphEditor) -> bytes:
    """The graph, with an answer in the written form where the framework's labels are numbers."""
    if not signature.task.labelled or all(
        output.dtype == "string" for output in model.outputs() if output.name in {ANSWERS[0], signature.label}
    ):
        return content
    texts = {number: name for name in signature.classes if (number := number_of(name)) is not None}
    if len(texts) != len(signature.classes):
        raise ModelError(
            f"the model answers numbers as labels, and its classes are {listed_classes(signature.classes)}",
            hint="hand over the labels themselves in Trained.classes, such as (0, 1)",
        )
    return graphs.with_texts(content, signature.label, texts)


def _inputs(project: Project, signature: Signature, tables: Tables) -> Inputs:
    settings = project.settings.tables
    split, path = settings.splits[0], project.layout.root / (settings.training or settings.validation)
    columns = tables.read(path)
    if absent := [name for name in signature.names if name not in columns]:
        raise DataError(
            f"{path}: has no column {listed(absent)}, which the model takes",
            hint="the prepare stage must leave every input of the model in each table",
        )
    demand_task(settings, {split: labelled(columns, settings, str(path))})
    return Inputs.of(columns, signature.inputs)
