"""A network that takes its inputs itself, tensors and columns, with no preprocessing in front."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lockgate.domain.making.probabilities import problem_of_numbers
from lockgate.domain.measuring.float64_truth import Reference
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Input, Inputs
from lockgate.domain.model.signature import Array, Columns, Output, Outputs, free_name
from lockgate.domain.model.task import Task
from lockgate.domain.names import listed
from lockgate.errors import ModelError
from lockgate.ports import Composer, DirectFramework, DirectNetwork, SourceModel

LABEL = "label"
LAST = "its last layer gives one number for each class, label or target: see docs/your-model.md"


@dataclass(frozen=True)
class Direct:
    """The source-model port on a network alone: what is judged is fed to it as to its graph."""

    network: DirectNetwork
    inputs: tuple[Input, ...]
    composer: Composer
    task: Task

    def outputs(self) -> Sequence[Output]:
        """The label where the task has one, the numbers, and whatever else the network answers by name."""
        found = tuple(replace(each, name=each.name or self.task.output) for each in self.network.outputs())
        numbers = next((each for each in found if each.name == self.task.output), None)
        if numbers is None:
            told = f"the network answers {listed(repr(each.name) for each in found)}, and no {self.task.output!r}"
            raise ModelError(told, hint=f"a {self.task.kind} model answers one tensor, or a dict with that name in it")
        if numbers.shape != (self.task.width,):
            told = f"the network answers [rows, {', '.join(map(str, numbers.shape))}] as {numbers.name}"
            raise ModelError(f"{told} instead of [rows, {self.task.width}], for {listed(self.task.columns)}", hint=LAST)
        return (Output(LABEL, "string"), *found) if self.task.labelled else found

    def to_onnx(self, inputs: Sequence[Input]) -> bytes:
        """The network's graph by the inputs' names, with the label where the task has one. Raises ``ModelError``."""
        taken = [each.name for each in inputs]
        numbers = free_name(self.task.output, taken)
        answered = self.outputs()[1 if self.task.labelled else 0 :]
        names = [numbers if each.name == self.task.output else each.name for each in answered]
        return self.composer.headed(self.network.to_onnx(), taken, names, self.task)

    def predict(self, columns: Columns) -> Outputs:
        """The network's own answers, and the likeliest label. Raises ``ModelError`` for what are no probabilities."""
        found = self._named(self.network.predict(Inputs.of(columns, self.inputs).fed()))
        numbers = found[self.task.output].astype(np.float64)
        if problem := problem_of_numbers(self.task, numbers):
            raise ModelError(f"the network's {self.task.output}: {problem}", hint=LAST)
        outputs = {**found, self.task.output: numbers}
        if not self.task.labelled:
            return outputs
        return {LABEL: np.asarray(self.task.columns, dtype=object)[numbers.argmax(axis=1)], **outputs}

    def _named(self, found: Mapping[str, Array]) -> dict[str, Array]:
        """By the names of ``outputs()``: a network of one tensor does not name it."""
        (first, *others) = found
        return dict(found) if others or first else {self.task.output: found[first]}

    def reference(self, columns: Columns, answers: Outputs) -> Reference | None:
        """The network in float64, beside what was answered; ``None`` where it cannot be brought to it."""
        exact = self.network.exact(Inputs.of(columns, self.inputs).fed())
        if exact is None:
            return None
        name = self.task.output
        numbers = self._named(exact)[name]
        return Reference({name: numbers}, {name: answers[name]}, np.zeros(len(numbers), dtype=np.bool_))

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""
        return self.network.exporter()


def open_direct(trained: Trained, folder: Path, framework: object, composer: Composer) -> SourceModel:
    """A network that takes its inputs itself. Raises ``ModelError`` where the framework has none that do."""
    if not isinstance(framework, DirectFramework):
        raise ModelError(
            f"{folder}/trained.json: a {trained.framework} model needs preprocessing, and none is named",
            hint="save it with lockgate.project.save_preprocessing and name its file",
        )
    network = framework.load_direct(folder / trained.model, trained.inputs)
    return Direct(network, trained.inputs, composer, trained.answered)
