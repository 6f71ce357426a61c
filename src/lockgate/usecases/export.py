"""``lockgate export``: a trained model becomes an ONNX file with its signature and reference profile."""

from dataclasses import dataclass

from lockgate.domain.candidate import Trained
from lockgate.domain.identity import Digest, sha256
from lockgate.domain.profile import profile_of
from lockgate.domain.signature import Columns, Signature
from lockgate.errors import DataError
from lockgate.ports import Framework, Runtime, SourceModel, Tables
from lockgate.usecases.project import Project


@dataclass(frozen=True)
class ExportReport:
    """What was exported."""

    candidate: str
    path: str
    model: Digest
    inputs: tuple[str, ...]
    bytes: int


def load_source(project: Project, name: str, framework: Framework, trained: Trained) -> SourceModel:
    """The trained model in its own framework."""
    folder = project.layout.candidate(name).trained.parent
    return framework.load(folder / trained.model, trained.inputs, trained.classes)


def read_trained(project: Project, name: str) -> Trained:
    """What the train stage handed over."""
    return project.documents.read(project.layout.candidate(name).trained, Trained)


def export(
    project: Project, name: str, trained: Trained, framework: Framework, runtime: Runtime, tables: Tables
) -> ExportReport:
    """Convert, load the result once in the runtime that will serve it, and write model, signature and profile."""
    model = load_source(project, name, framework, trained)
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
            f"{path}: has no column {', '.join(absent)}, which the model takes",
            hint="the prepare stage must leave every input of the model in the training table",
        )
    return {name: columns[name] for name in signature.names}
