"""Labels of any plain type go the whole way, from the table to the score table, as the text that they become."""

from dataclasses import dataclass

import builders
import numpy as np
import pytest

from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.domain.model.signature import Signature
from lockgate.testing import FakePlugin, FakeRuntime, FakeTracker
from lockgate.testing.fakes.making.logistic_model import fake_model
from lockgate.testing.fakes.making.plugin import INPUTS
from lockgate.usecases.judging.drill.plant import Bed
from lockgate.usecases.judging.drill.plants.fairness import unfair
from lockgate.usecases.making.export import export
from lockgate.usecases.making.prepare import prepare
from lockgate.usecases.making.train import train
from lockgate.usecases.measuring.kinds.accuracy import check_accuracy, open_judged
from lockgate.usecases.measuring.kinds.data import check_data
from lockgate.usecases.measuring.parity.real_rows import check_parity
from lockgate.usecases.measuring.score_tables import find_scores

TABLES = ParquetTables(builders.FILES)
KINDS = [
    pytest.param(np.array([0, 1]), "1", ("0", "1"), id="int64"),
    pytest.param(np.array([0, 1], dtype=np.int8), '"1"', ("0", "1"), id="int8"),
    pytest.param(np.array([False, True]), "true", ("false", "true"), id="bool"),
    pytest.param(np.array([0.0, 1.0]), "1.0", ("0", "1"), id="float64"),
    pytest.param(np.array([0, 1], dtype=object), "1", ("0", "1"), id="object"),
    pytest.param(np.array(["0", "1"]), "1", ("0", "1"), id="text"),
]


@dataclass(frozen=True)
class Labelled(FakePlugin):
    """The fake plug-in with labels of a type, handed over as they are."""

    labels: tuple[object, ...] = ()

    def data(self):
        found = super().data()
        names = np.array(self.labels)
        return {
            split: {**table, "outcome": names[(table["outcome"] == "yes").astype(int)]}
            for split, table in found.items()
        }

    def train(self, run):
        assert run.training["outcome"].dtype.kind == np.array(self.labels).dtype.kind or isinstance(self.labels[0], str)
        trained = super().train(run)
        written = type(trained)(trained.framework, trained.model, trained.inputs, self.labels)
        (run.folder / "model.fake").write_bytes(fake_model(INPUTS, written.classes, {"age": 0.1}, -3.0))
        return written


@pytest.mark.parametrize(("labels", "positive", "classes"), KINDS)
def test_labels_of_a_type_are_measured_as_texts_are(project, labels, positive, classes):
    (project / "params.yaml").write_text(builders.PARAMS.replace('positive: "yes"', f"positive: {positive}"))
    plugin, opened = Labelled(labels=tuple(labels.tolist())), builders.opened(project)
    prepare(opened, plugin, TABLES)
    repository, runtime, metrics = builders.GitRepository(project), FakeRuntime(), SklearnMetrics()
    report = train(opened, "fake", plugin, TABLES, metrics, FakeTracker(), repository, lambda *_: None)
    assert report.validation.metrics["accuracy"] == 1.0
    export(opened, "fake", plugin, runtime, TABLES, None)
    assert builders.DOCUMENTS.read(opened.layout.candidate("fake").signature, Signature).classes == classes
    judged = open_judged(opened, "fake", runtime, TABLES)
    accuracy = check_accuracy(opened, judged, runtime, metrics, TABLES)
    assert (accuracy.positive, accuracy.metrics["accuracy"]) == (classes[1], 1.0)
    assert find_scores(opened, TABLES, accuracy).classes == classes
    parity = check_parity(opened, judged, plugin, runtime, metrics)
    assert (parity.flips, parity.invented.flips) == (0, 0)
    data = check_data(opened, "fake", INPUTS, TABLES, {})
    assert [facts.problems for facts in data.splits.values()] == [(), (), ()]
    assert data.positives("test") == accuracy.positives > 0


def test_plants_ask_for_labels_in_their_written_form_and_train_on_them_as_they_are(project):
    (project / "params.yaml").write_text(
        builders.PARAMS.replace('positive: "yes"', "positive: 1")
        + "  fairness: {attributes: [job], max_error_rate_difference: 0.5, min_rows: 1}\n"
    )
    opened = builders.opened(project)
    table = Labelled(labels=(0, 1)).data()
    signature = builders.DOCUMENTS.read(opened.layout.candidate("fake").signature, Signature)
    bed = Bed(
        opened.settings.gates, opened.settings.tables, signature, b"", table["training"], table["test"], None, None
    )
    assert set(bed.labels(bed.test)) == {"0", "1"}
    np.testing.assert_array_equal(bed.positives(bed.test), table["test"]["outcome"] == 1)
    planted = unfair(bed).training["outcome"]
    assert planted.dtype == np.int64
    assert 0 < planted.sum() < table["training"]["outcome"].sum()
