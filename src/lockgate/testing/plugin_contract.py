# ruff: noqa: S101 - a suite asserts
"""What a plug-in must keep; a suite that tells its author what is missing.

class TestMyModel(PluginContract):
    candidates = ("forest",)
    label, positive = "outcome", "yes"
    def make(self): return MyModel()

Run it in the project's folder, with `params.yaml` there.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.labels import Label, counted, written, written_labels
from lockgate.domain.model.request_rows import RowError, feed, typed
from lockgate.domain.model.signature import Array, Column, Columns, Outputs, answer_names
from lockgate.domain.model.splits import SPLITS, TEST, TRAINING, VALIDATION
from lockgate.domain.model.task import TaskKind
from lockgate.domain.project.labelled_rows import demand_task, labelled
from lockgate.domain.project.settings import UNSAID, TablesSettings
from lockgate.domain.project.task_of_candidates import in_full, task_of_model
from lockgate.errors import ModelError
from lockgate.ports import ModelPlugin, SourceModel

TOLERANCE = 1e-5


@dataclass
class ContractRun:
    """A training run that checks what it is told."""

    candidate: str
    folder: Path
    training: Columns
    validation: Columns
    epochs: list[Mapping[str, float]] = field(default_factory=list)

    def epoch(self, number: int, of: int, **metrics: float) -> None:
        """Epochs count from 1 and never pass their end."""
        assert 1 <= number <= of, f"epoch {number} of {of}: epochs count from 1"
        if wrong := [name for name, value in metrics.items() if not math.isfinite(value)]:
            raise ModelError(f"{wrong[0]} is no finite number in epoch {number}")
        self.epochs.append(metrics)


@dataclass(frozen=True)
class Made:
    """One candidate, trained: what was handed over, where it lies, and the model opened again."""

    trained: Trained
    folder: Path
    model: SourceModel


class PluginContract:
    """Subclass it in your tests, name your candidates and your label, and make your plug-in."""

    candidates: tuple[str, ...] = ()
    label = ""
    positive: str | int | bool = ""
    task: TaskKind = "binary"
    labels: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = ()
    rows = 2000
    """How many training rows the suite uses: a quick try, not a training."""

    def make(self) -> ModelPlugin:
        """Your plug-in."""
        raise AssertionError("write make(): it returns your plug-in")

    @pytest.fixture(scope="class")
    def plugin(self) -> ModelPlugin:
        """The plug-in, made once."""
        return self.make()

    @pytest.fixture(scope="class")
    def tables(self, plugin: ModelPlugin) -> Mapping[str, Columns]:
        """Its data, read once."""
        return plugin.data()

    @pytest.fixture(scope="class")
    def made(
        self, plugin: ModelPlugin, tables: Mapping[str, Columns], tmp_path_factory: pytest.TempPathFactory
    ) -> Mapping[str, Made]:
        """Every candidate, trained on the first rows."""
        assert self.candidates, "name your candidates"
        return {name: self._train(plugin, tables, name, tmp_path_factory.mktemp(name)) for name in self.candidates}

    def _train(self, plugin: ModelPlugin, tables: Mapping[str, Columns], name: str, folder: Path) -> Made:
        training = {column: values[: self.rows] for column, values in tables.get(TRAINING, {}).items()}
        trained = plugin.train(ContractRun(name, folder, training, tables["validation"]))
        trained = in_full(name, trained, self._settings())
        return Made(trained, folder, plugin.open(trained, folder))

    def _settings(self) -> TablesSettings:
        """What `tables` in params.yaml says of the truth."""
        positive = Label(written(self.positive)) if self.positive != "" else UNSAID
        return TablesSettings(
            *(VALIDATION, TEST, self.label, positive),
            training=TRAINING,
            task=self.task,
            labels=self.labels,
            quantiles=self.quantiles,
        )

    def test_the_data_are_three_tables_with_every_input_and_the_label(
        self, plugin: ModelPlugin, tables: Mapping[str, Columns]
    ) -> None:
        """data() and inputs() fit together; without training rows there are two."""
        assert {VALIDATION, TEST} <= tables.keys() <= {*SPLITS}
        for split, columns in tables.items():
            lengths = {len(values) for values in columns.values()}
            assert len(lengths) == 1, f"{split}: columns are of unequal length"
            demand_task(self._settings(), {split: labelled(columns, self._settings(), f"the {split} table")})
            for column in plugin.inputs():
                assert column.name in columns, f"{split}: no column {column.name}"
                assert not (wrong := _misfit(column, columns[column.name])), f"{split}: {wrong}"

    def test_a_missing_text_is_the_empty_string(self, plugin: ModelPlugin, tables: Mapping[str, Columns]) -> None:
        """ONNX knows no null text."""
        for split in tables:
            for column in plugin.inputs():
                if column.dtype == "string":
                    kinds = {type(value) for value in tables[split][column.name]}
                    assert kinds == {str}, f"{split}: {column.name} holds {kinds}: write a missing text as ''"

    def test_the_data_are_the_same_when_read_again(self, plugin: ModelPlugin, tables: Mapping[str, Columns]) -> None:
        """A split that moves lets test rows into training."""
        again = plugin.data()
        for split in tables:
            for name, values in tables[split].items():
                np.testing.assert_array_equal(again[split][name], values, err_msg=f"{split}: {name}")

    def test_what_is_handed_over_is_there_and_fits(
        self, plugin: ModelPlugin, tables: Mapping[str, Columns], made: Mapping[str, Made]
    ) -> None:
        """trained.json will name these files."""
        for name, candidate in made.items():
            trained = candidate.trained
            for file in filter(None, (trained.model, trained.preprocessing)):
                assert (candidate.folder / file).is_file(), f"{name}: {file} is not in run.folder"
            assert tuple(trained.inputs) == tuple(plugin.inputs()), f"{name}: other inputs than inputs()"
            task = task_of_model(name, trained, self._settings())
            if task.labelled:
                wrong = task.problem_of_rows(list(counted(np.asarray(tables["test"][self.label]))))
                assert not wrong, f"{name}: {wrong}"

    def test_predictions_are_one_number_for_each_column_and_the_likeliest_label(
        self, tables: Mapping[str, Columns], made: Mapping[str, Made]
    ) -> None:
        """The reference of the parity gate."""
        for name, candidate in made.items():
            rows = _taken(candidate, tables["test"], 200)
            outputs = candidate.model.predict(rows)
            probabilities, task = _numbers(outputs), candidate.trained.answered
            assert probabilities.shape == (len(next(iter(rows.values()))), task.width), name
            assert np.isfinite(probabilities).all(), name
            if not task.labelled:
                continue
            np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-4, err_msg=name)
            likeliest = np.asarray(candidate.trained.classes, dtype=object)[probabilities.argmax(axis=1)]
            assert (written_labels(outputs["label"]) == likeliest).mean() > 0.99, name  # noqa: PLR2004 - ties

    def test_a_row_is_answered_alone_as_among_others(
        self, tables: Mapping[str, Columns], made: Mapping[str, Made]
    ) -> None:
        """Batch norm and dropout must be off."""
        for name, candidate in made.items():
            alone = _numbers(candidate.model.predict(_taken(candidate, tables["test"], 1)))
            among = _numbers(candidate.model.predict(_taken(candidate, tables["test"], 50)))[:1]
            np.testing.assert_allclose(alone, among, atol=TOLERANCE, err_msg=name)

    def test_the_export_answers_as_the_model_does(
        self, plugin: ModelPlugin, tables: Mapping[str, Columns], made: Mapping[str, Made]
    ) -> None:
        """From raw columns, in the runtime that serves."""
        for name, candidate in made.items():
            rows = _taken(candidate, tables["test"], 500)
            ours = _onnx(candidate.model.to_onnx(list(plugin.inputs())), plugin, rows)
            theirs = candidate.model.predict(rows)
            task = candidate.trained.answered
            label, numbers = answer_names(plugin.inputs(), task)
            wanted = (label, numbers) if task.labelled else (numbers,)
            assert set(wanted) <= set(ours), f"{name}: the graph answers {sorted(ours)}, not {sorted(wanted)}"
            np.testing.assert_allclose(
                _numbers({task.output: ours[numbers]}),
                _numbers(theirs),
                rtol=0 if task.output == "probabilities" else TOLERANCE,
                atol=TOLERANCE,
                err_msg=f"{name}: see docs/parity.md",
            )

    def test_training_again_gives_the_same_answers(
        self,
        plugin: ModelPlugin,
        tables: Mapping[str, Columns],
        made: Mapping[str, Made],
        tmp_path_factory: pytest.TempPathFactory,
    ) -> None:
        """Set every seed."""
        for name, candidate in made.items():
            rows = _taken(candidate, tables["test"], 200)
            again = self._train(plugin, tables, name, tmp_path_factory.mktemp("again"))
            np.testing.assert_allclose(
                _numbers(again.model.predict(rows)),
                _numbers(candidate.model.predict(rows)),
                atol=TOLERANCE,
                err_msg=f"{name}: set its seeds",
            )


def _numbers(outputs: Outputs) -> npt.NDArray[np.float64]:
    """One column for each that the task has: probabilities, or the values of a regression."""
    found = np.asarray(outputs["values" if "values" in outputs else "probabilities"])
    return found.reshape(len(found), -1).astype(np.float64)


def _misfit(declared: Column, values: Array) -> str:
    """Why a column is none of its input; empty where ``lockgate prepare`` takes it."""
    try:
        typed(declared.name, np.asarray(values), declared.type)
    except RowError as error:
        return str(error)
    return ""


def _taken(candidate: Made, columns: Columns, rows: int) -> Columns:
    """The first rows as every check asks them: the inputs alone, in their types."""
    return dict(Inputs.of({name: values[:rows] for name, values in columns.items()}, candidate.trained.inputs))


def _onnx(content: bytes, plugin: ModelPlugin, rows: Columns) -> Outputs:
    import onnxruntime  # noqa: PLC0415 - only where a plug-in is tested

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    fed = feed(rows, {column.name: column.type for column in plugin.inputs()})
    names = [node.name for node in session.get_outputs()]
    return dict(zip(names, map(np.asarray, session.run(None, fed)), strict=True))
