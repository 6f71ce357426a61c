"""The task of a candidate: what its hand-over says, held against what ``tables`` in ``params.yaml`` says."""

from dataclasses import replace

from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.labels import listed_classes
from lockgate.domain.model.signature import Signature
from lockgate.domain.model.task import Task, contradiction
from lockgate.domain.names import listed
from lockgate.domain.project.settings import TablesSettings
from lockgate.errors import ModelError


def task_of_model(name: str, trained: Trained, settings: TablesSettings) -> Task:
    """The task of a trained model. Raises ``ModelError`` for another one than ``tables.task``, or of other classes."""
    if trained.task not in {None, settings.task}:
        told = f"candidate {name}: train() hands over a {trained.task} model, and tables.task is {settings.task}"
        raise ModelError(told, hint="see Trained.task, and tables.task in params.yaml; then: lockgate run")
    task = demanded(name, settings.task_of(trained.classes))
    if not task.labelled and trained.classes and trained.classes != task.truths:
        told = f"train() hands over {listed_classes(trained.classes)}, and tables names {listed_classes(task.truths)}"
        raise ModelError(f"candidate {name}: {told}", hint="leave Trained.classes out; then: lockgate run")
    if trained.quantiles and trained.quantiles != settings.quantiles:
        told = f"train() hands over the quantiles {listed(map(str, trained.quantiles))}"
        hint = f"tables.quantiles has {listed(map(str, settings.quantiles)) or 'none'}; then: lockgate run"
        raise ModelError(f"candidate {name}: {told}", hint=hint)
    return task


def in_full(name: str, trained: Trained, settings: TablesSettings) -> Trained:
    """The hand-over with its task and the names of what it answers. Raises ``ModelError`` as ``task_of_model``."""
    task = task_of_model(name, trained, settings)
    names = trained.classes if task.labelled else task.truths
    return replace(trained, task=settings.task, classes=names, quantiles=settings.quantiles)


def demanded(name: str, task: Task) -> Task:
    """The task of a candidate. Raises ``ModelError`` for one of classes that it cannot have."""
    if problem := task.problem():
        of_two = ", and tables.positive in params.yaml" if task.kind == "binary" else ""
        hint = f"hand over tuple(model.classes_) as Trained.classes{of_two}" if task.labelled else ""
        raise ModelError(f"candidate {name}: {problem}", hint=hint)
    return task


def exported(name: str, signature: Signature, settings: TablesSettings) -> Task:
    """The task of an exported model, by its signature. Raises ``ModelError`` where ``tables`` says another by now."""
    demand_still(name, signature, settings)
    return demanded(name, settings.task_of(signature.task.columns))


def demand_still(name: str, signature: Signature, settings: TablesSettings) -> None:
    """Raise ``ModelError`` for an export of another task than ``tables`` says by now."""
    if problem := contradiction(signature.task, settings.task_of(signature.task.columns)):
        raise ModelError(f"candidate {name}: in its signature, {problem}", hint="export it again: lockgate run")
