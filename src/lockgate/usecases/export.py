"""``lockgate export``: a trained model becomes an ONNX file with its signature and reference profile."""

from dataclasses import dataclass

from lockgate.domain.candidate import Trained
from lockgate.domain.identity import Digest, sha256
from lockgate.domain.names import listed
from lockgate.domain.profile import profile_of
from lockgate.domain.signature import Columns, Signature
from lockgate.errors import DataError
from lockgate.ports import ModelPlugin, Runtime, SourceModel, Tables
from lockgate.usecases.project import Project


@dataclass(frozen=True)
class ExportReport:
    """What was exported."""

    candidate: str
    path: str
    model: Digest
    inputs: tuple[str, ...]
    bytes: int


def open_trained(project: Project, name: str, plugin: ModelPlugin) -> tuple[Trained, SourceModel]:
    """What the train stage handed over, and the model in its own framework."""
    path = project.layout.candidate(name).trained
    trained = project.documents.read(path, Trained)
    return trained, plugin.open(trained, path.parent)


def export(project: Project, name: str, plugin: ModelPlugin, runtime: Runtime, tables: Tables) -> ExportReport:
    """Convert, load the result once in the runtime that will serve it, and write model, signature and profile."""
    trained, model = open_trained(project, name, plugin)
    signature = Signature(inputs=trained.inputs, outputs=tuple(model.outputs()), classes=trained.classes)
    profile = profile_of(_inputs(project, signature, tables), signature)
    content = model.to_onnx(trained.inputs)
    paths = project.layout.candidate(name)
    project.files.write_bytes(paths.model, content)
    project.documents.write(paths.signature, signature)
    project.documents.write(paths.profile, profile)
    runtime.open(paths.model, signature)
    return ExportReport(
        name, str(paths.model.relative_to(project.layout.root)), sha256(content), signature.names, len(content)
    )


def _inputs(project: Project, signature: Signature, tables: Tables) -> Columns:
    path = project.layout.root / project.settings.tables.training
    columns = tables.read(path)
    if absent := [name for name in signature.names if name not in columns]:
        raise DataError(
            f"{path}: has no column {listed(absent)}, which the model takes",
            hint="the prepare stage must leave every input of the model in the training table",
        )
    return {name: columns[name] for name in signature.names}
