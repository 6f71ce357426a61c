"""What each kind of evidence measures of a model and rows that are stored: equal on every machine, to nine digits.

The model in ``golden/model`` adds numbers that float32 holds exactly, so that its answers are the same bits on every
processor. Its source model is the same function in float64, a little off in one place, with a threshold that float32
does not hold, and it refuses infinite numbers: so every kind has something to find.
"""

import functools
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lockgate.adapters.documents import TypedDocuments, written
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.git.log import GitLog
from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.project_store import LocalProjectStore
from lockgate.adapters.python.junit import JUnitTestRunner
from lockgate.adapters.signing.keyring import FileKeyring
from lockgate.adapters.sklearn.metrics import SklearnMetrics
from lockgate.domain.judging.gates.parity.evidence import PackagedParity
from lockgate.domain.measuring.float64_truth import Reference, crossing
from lockgate.domain.measuring.run_conditions import CPU
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Column, Output, Signature
from lockgate.domain.project.layout import Layout
from lockgate.domain.project.settings import Settings, TablesSettings, TestsSettings
from lockgate.testing import FakeGlassbox, FakeRepository
from lockgate.testing.examples import POLICY, write_bundle
from lockgate.usecases.measuring.kinds.accuracy import check_accuracy, check_tests, open_judged
from lockgate.usecases.measuring.kinds.data import check_data
from lockgate.usecases.measuring.kinds.explanation import check_explanation
from lockgate.usecases.measuring.kinds.glassbox import check_reference
from lockgate.usecases.measuring.kinds.latency import of_candidate, take_times
from lockgate.usecases.measuring.kinds.robustness import check_robustness
from lockgate.usecases.measuring.parity.real_rows import check_parity
from lockgate.usecases.project.project import Project
from lockgate.usecases.serving.packaged_parity import compare_packaged

STORED = Path(__file__).parent / "golden/model"
INPUTS = (Column("age", "float32"), Column("visits", "int64"), Column("member", "bool"), Column("job", "string"))
CLASSES = ("no", "yes")
JOBS, OTHER = {"clerk": 0, "smith": 8, "": -3}, 5
ADULT, OLD, OFTEN = 30.0, 50.1, 3
UNITS = 64
JUDGED_ON = b"data"
OFF = 3e-8
DIGITS = 9
NOTHING = 1e-12
"""Below this a number is what rounding leaves of 0."""
SHOWN = 12
FILES = LocalFiles()
DOCUMENTS, TABLES = TypedDocuments(FILES), ParquetTables(FILES)


class Source:
    """The stored ONNX model as its framework answers, in float64."""

    def outputs(self):
        return (Output("label", "string"), Output("probabilities", "float32", (2,)))

    def to_onnx(self, inputs):
        return (STORED / "model.onnx").read_bytes()

    def predict(self, columns):
        return answered(scored(columns, np.float64))

    def reference(self, columns, answers):
        ages = np.asarray(columns["age"], dtype=np.float64)[:, None]
        rounded = scored(columns, np.float32).astype(np.float32)
        moved = crossing(ages, [np.array([ADULT, OLD])], left_when_equal=False)
        exact, near = answers["probabilities"], answered(rounded)["probabilities"]
        return Reference({"probabilities": exact}, {"probabilities": near}, moved)

    def thresholds(self):
        return {"age": np.array([ADULT, OLD])}

    def exporter(self):
        return {"exporter": "by hand", "opset": "17"}


class Plugin:
    """Opens the source model of the stored one."""

    def inputs(self):
        return INPUTS

    def open(self, trained, folder):
        assert (folder / trained.model).is_file()
        return Source()


class StoredRuntime(OnnxRuntime):
    """ONNX Runtime on the processor; in place of times stand the rows, rounds and seconds that it was asked for."""

    def providers(self):
        return [CPU]

    def race(self, contestants, rounds, seconds):
        return [[float(len(each.columns["age"])), float(rounds), seconds] for each in contestants]


RUNTIME = StoredRuntime()


def scored(columns, precision):
    """The probability of the positive class, ``(rows,)``; ages are held to thresholds of that precision."""
    ages = np.asarray(columns["age"], dtype=np.float64).astype(precision)
    if np.isinf(ages).any():
        raise ValueError("infinite ages are refused")
    visits, jobs = np.asarray(columns["visits"]), [str(job) for job in columns["job"]]
    units = 30 - 8 * (ages < precision(ADULT)) + 12 * ~(ages < precision(OLD))
    units = units + np.where(visits > OFTEN, 6, -2) + np.where(columns["member"], 4, -4)
    units = units + np.array([JOBS.get(job, OTHER) for job in jobs], dtype=np.int64)
    # How far off the source model is: of every row another bit, so that which are the worst is no matter of order.
    off = np.nan_to_num(np.clip(ages.astype(np.float64), -200, 200)) / 8 + np.clip(visits, -64, 64) / 7
    return units / UNITS + OFF * (1 + off / 64 + np.array([len(job) for job in jobs]) / 500)


def answered(positive):
    """Labels ``(rows,)`` and probabilities ``(rows, 2)``."""
    labels = np.array([CLASSES[int(each > 0.5)] for each in positive], dtype=object)
    return {"label": labels, "probabilities": np.column_stack([1 - positive, positive])}


def project_at(root):
    """A project with the stored model as its one candidate, and the stored rows."""
    tables = TablesSettings(
        *("validation.parquet", "test.parquet", "outcome", "yes", ("region",)), training="training.parquet"
    )
    tests = TestsSettings("cp stored.xml build/tests/junit.xml", "build/tests/junit.xml")
    named = ("example", "measured:Plugin", ("example",), ("staging",), {}, {"example": {}})
    settings, layout = Settings(*named, tables, tests, POLICY), Layout(root)
    paths = layout.candidate("example")
    for name in ("training.parquet", "validation.parquet", "test.parquet"):
        shutil.copy(STORED / name, root / name)
    shutil.copy(STORED / "junit.xml", root / "stored.xml")
    paths.export.mkdir(parents=True)
    for name in ("model.onnx", "signature.json", "profile.json"):
        shutil.copy(STORED / name, paths.export / name)
    FILES.write_bytes(root / "serving/requirements.txt", b"onnxruntime==1.0.0\n")
    FILES.write_bytes(paths.trained.parent / "model.bin", b"the source model")
    DOCUMENTS.write(paths.trained, Trained("example", "model.bin", INPUTS, CLASSES))
    return Project(
        layout,
        settings,
        DOCUMENTS,
        FILES,
        LocalProjectStore(layout.root),
        None,
        FileKeyring(FILES),
        GitLog(layout.root),
    )


def _of_model(check):
    """A check that asks the model."""

    def measure(project):
        return check(project, open_judged(project, "example", RUNTIME, TABLES))

    return measure


def _accuracy(project, judged):
    return check_accuracy(project, judged, RUNTIME, SklearnMetrics(), TABLES)


def _parity(project, judged):
    return check_parity(project, judged, Plugin(), RUNTIME, SklearnMetrics())


def _tests(project):
    return check_tests(project, FakeRepository(project.layout.root), JUnitTestRunner())


def _reference(project):
    # Weights that leave every sum exact: else rows of one score would have two on another processor.
    glassbox = FakeGlassbox({"age": 0.0625, "job": 0.5, "visits": 0.125}, -3.0)
    return check_reference(project, INPUTS, glassbox, SklearnMetrics(), TABLES)


class Package:
    """A package of the stored model whose service answers as the source model does."""

    url = "http://127.0.0.1:3000"

    def predict(self, rows):
        columns = {each.name: [row[each.name] for row in rows] for each in INPUTS}
        ages = np.array([np.nan if age is None else age for age in columns["age"]])
        found = answered(scored({**columns, "age": ages, "member": np.array(columns["member"])}, np.float64))
        answers = zip(found["label"], found["probabilities"], strict=True)
        return {
            "predictions": [
                {"label": label, "probabilities": dict(zip(CLASSES, map(float, each), strict=True))}
                for label, each in answers
            ]
        }

    def runtime(self):
        return {"onnxruntime": "1.0.0"}


class StoredTest:
    """The stored test rows, wherever they are looked for: a bundle of `write_bundle` was judged on other bytes."""

    def read(self, path):
        return TABLES.read(STORED / "test.parquet")


def _packaged(project):
    root, signature = project.layout.root, DOCUMENTS.read(STORED / "signature.json", Signature)
    model, columns = (STORED / "model.onnx").read_bytes(), TABLES.read(STORED / "training.parquet")
    taken = {each.name: columns[each.name] for each in INPUTS}
    write_bundle(root / "bundle", DOCUMENTS, FILES, model=model, signature=signature, columns=taken)
    project.keyring.sign(root / "bundle")
    (root / "test.parquet").write_bytes(JUDGED_ON)
    report = compare_packaged(project, root / "bundle", Package(), "bento", RUNTIME, StoredTest())
    return DOCUMENTS.read(root / report.evidence, PackagedParity)


CHECKS = {
    "tests": _tests,
    "data": lambda project: check_data(project, "example", INPUTS, TABLES, {"lockgate": "1"}),
    "accuracy": _of_model(_accuracy),
    "parity": _of_model(_parity),
    "explanation": _of_model(lambda project, judged: check_explanation(project, judged, RUNTIME)),
    "robustness": _of_model(lambda project, judged: check_robustness(project, judged, RUNTIME)),
    "latency": lambda project: take_times(project, of_candidate(project, "example"), None, RUNTIME, TABLES),
    "reference": _reference,
    "packaged": _packaged,
}
KINDS = tuple(CHECKS)


@functools.cache
def measured(kind: str) -> Mapping[str, object]:
    """The document of one of ``KINDS``, as today's code measures it.

    Versions are left out, and so are the commit and the digests of files that are written anew; of a table of scores
    the first rows stand in their place. Numbers have nine digits.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = project_at(Path(folder))
        document = written(CHECKS[kind](project))
        scores = {"accuracy": project.layout.candidate("example").scores, "reference": project.layout.reference_scores}
        table = TABLES.read(scores[kind]) if kind in scores else {}
    if kind == "tests":
        del document["source"]
    if kind == "packaged":
        document |= {"release": "left out", "judged": sorted(document["judged"])}
    document["tools"] = sorted(document.get("tools", {}))
    if table:
        document["scores"]["digest"] = "left out"
        document["scores"]["first rows"] = {name: values[:SHOWN].tolist() for name, values in table.items()}
    return rounded(document)


def rounded(value):
    """The same with numbers of nine digits; a number that is all but 0 is 0."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if abs(value) >= NOTHING else 0.0
    return value


def text(document):
    """As it is stored."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
