"""What becomes of each of scikit-learn's own estimators: fitted, saved, loaded, exported, and asked in ONNX Runtime."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import Parameter, signature
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

from lockgate.adapters.sklearn.models import SklearnFramework, SklearnPreprocessor
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Column
from lockgate.domain.model.task import Binary, Multiclass, Multilabel, Regression
from lockgate.errors import ModelError
from lockgate.project import save_sklearn

NUMBERS = ("a", "b", "c", "d")
TOLERANCE = 1e-4
"""Of the answer itself, or of 1 where that is smaller: what is within it delivers."""
KINDS = {
    "classifier": ("two classes", "three classes", "three labels"),
    "regressor": ("one number", "two numbers"),
    "transformer": ("features",),
}
SMALLER = {"n_estimators": 10, "max_iter_predict": 50, "n_quantiles": 8, "n_init": 1, "Cs": 2, "cv": 2}
SKIPPED = {
    "DictVectorizer": "takes dicts, no columns",
    "FeatureHasher": "takes dicts, no columns",
    "LabelBinarizer": "is for labels",
    "LabelEncoder": "is for labels",
    "MultiLabelBinarizer": "is for labels",
    "PatchExtractor": "takes images",
    "KernelCenterer": "takes a square matrix of kernels",
    "TSNE": "does not transform new rows",
}
SETTINGS = {
    "VotingClassifier": {"voting": "soft"},
    "SVC": {"probability": True},
    "NuSVC": {"probability": True},
    "SGDClassifier": {"loss": "log_loss"},
    **{name: {"n_components": 1} for name in ("CCA", "PLSSVD", "PLSCanonical")},
    **{name: {"radius": 5.0} for name in ("RadiusNeighborsClassifier", "RadiusNeighborsRegressor")},
    "HashingVectorizer": {"n_features": 16},
    **{name: {"max_iter": 9} for name in ("DictionaryLearning", "MiniBatchDictionaryLearning")},
}
TEXTS = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")
ENCODERS = ("OneHotEncoder", "OrdinalEncoder", "TargetEncoder")
WHOLE = ("CategoricalNB",)
ONE_COLUMN = ("IsotonicRegression",)


@dataclass(frozen=True)
class Outcome:
    """What became of an estimator in one form, in a word and in numbers."""

    word: str
    largest: float = 0.0
    rows: int = 0
    of: int = 0

    def __str__(self) -> str:
        return f"{self.word} {self.largest:.1g}, {self.rows} of {self.of} rows" if self.rows else self.word


class _Rows:
    """Rows of four numbers, a text and a category, and what depends on them."""

    def __init__(self, count: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.columns = {name: np.abs(random.normal(size=count)).astype(np.float32) for name in NUMBERS}
        for name in "cd":
            self.columns[name] = random.integers(0, 4, count).astype(np.float32)
        kinds, words = np.array(["x", "y", "z"], dtype=object), np.array(["good", "bad", "it", "naïve"], dtype=object)
        self.columns["kind"] = kinds[random.integers(0, 3, count)]
        self.columns["text"] = np.array([" ".join(words[random.integers(0, 4, 5)]) for _ in range(count)], dtype=object)
        merit = self.columns["a"] - self.columns["b"] + 0.3 * self.columns["c"] + random.normal(size=count) * 0.2
        self.truth = {
            "two classes": (merit > 0.4).astype(int),
            "three classes": np.digitize(merit, [0, 0.7]),
            "three labels": np.column_stack([merit > 0.4, merit > 0.9, self.columns["d"] > 1]).astype(int),
            "one number": 10 + merit * 2,
            "two numbers": np.column_stack([10 + merit * 2, 5 + self.columns["a"] * self.columns["b"]]),
            "features": (merit > 0.4).astype(int),
        }


TRAINING, TEST = _Rows(160, 0), _Rows(200, 1)
TASKS = {
    "two classes": Binary(("0", "1"), "1"),
    "three classes": Multiclass(("0", "1", "2")),
    "three labels": Multilabel(("p", "q", "r")),
    "one number": Regression(("y",)),
    "two numbers": Regression(("y", "z")),
}


def lines(kind: str, folder: Path) -> list[str]:
    """The rows of the table of one kind, in Markdown."""
    forms = KINDS[kind]
    head = [f"| {kind} | {' | '.join(forms)} |", f"| --- |{' --- |' * len(forms)}"]
    found = [
        (name, [str(outcome(name, estimator, form, folder)) for form in forms])
        for name, estimator in all_estimators(type_filter=kind)
        if estimator.__module__.startswith("sklearn.")
    ]
    return head + [f"| `{name}` | {' | '.join(told)} |" for name, told in found]


def outcome(name: str, estimator: type, form: str, folder: Path) -> Outcome:
    """What becomes of one estimator that is fitted to one form of truth."""
    if (reason := SKIPPED.get(name)) is not None:
        return Outcome(reason)
    with _quiet():
        try:
            model = _fitted(name, _made(name, estimator, form), form)
        except Exception as error:
            return Outcome(_unfitted(error))
        try:
            save_sklearn(model, folder / "model.skops")
            return _compared(folder / "model.skops", _inputs(name), form)
        except ModelError as error:
            return Outcome(_told(str(error)))
        except Exception as error:
            return Outcome(f"ONNX Runtime: {_first(error)}")


def _made(name: str, estimator: type, form: str) -> object:
    """One of it, quick to fit; what needs another estimator gets a linear one."""
    given = signature(estimator.__init__).parameters
    inner = Ridge() if "number" in form or name.endswith("Regressor") else LogisticRegression()
    settings: dict[str, object] = {key: value for key, value in SMALLER.items() if key in given}
    needed = {
        "estimator": inner,
        "base_estimator": inner,
        "estimators": [("one", inner), ("two", inner)],
        "transformers": [("all", "passthrough", [0, 1, 2, 3])],
        "transformer_list": [("one", StandardScaler())],
        "steps": [("one", inner)],
        "dictionary": np.eye(4),
        "param_grid": {"alpha" if "number" in form else "C": [0.5, 1.0]},
        "param_distributions": {"alpha" if "number" in form else "C": [0.5, 1.0]},
    }
    wanted = {key for key, value in given.items() if value.default is Parameter.empty}
    wanted |= {"estimator"} & set(given) if name.endswith("Chain") or name == "SelfTrainingClassifier" else set()
    settings |= {key: value for key, value in needed.items() if key in wanted}
    if "random_state" in given:
        settings["random_state"] = 0
    if "eps" in given and "RandomProjection" in name:
        settings["n_components"] = 2
    if "min_samples_leaf" in given and "Hist" in name:
        settings |= {"max_iter": 10}
    settings |= SETTINGS.get(name, {})
    return estimator(**settings)


def _columns(name: str) -> tuple[str, ...]:
    if name in TEXTS:
        return ("text",)
    if name in ENCODERS:
        return ("kind",)
    if name in ONE_COLUMN:
        return ("a",)
    return ("c", "d") if name in WHOLE else NUMBERS


def _inputs(name: str) -> tuple[Column, ...]:
    return tuple(Column(each, "string" if each in {"text", "kind"} else "float32") for each in _columns(name))


def _fitted(name: str, estimator: object, form: str) -> object:
    columns = _columns(name)
    chosen = ("all", estimator, columns[0]) if name in TEXTS else ("all", "passthrough", list(columns))
    front = ColumnTransformer([chosen])
    model = make_pipeline(front) if name in (*TEXTS, "ColumnTransformer") else make_pipeline(front, estimator)
    return model.fit(pd.DataFrame({each: TRAINING.columns[each] for each in columns}), TRAINING.truth[form])


def _compared(path: Path, inputs: tuple[Column, ...], form: str) -> Outcome:
    own, graph = (_asked_features if form == "features" else _asked)(path, inputs, form)
    off = np.abs(graph.reshape(own.shape).astype(np.float64) - own) / np.maximum(1, np.abs(own))
    beyond = (np.nan_to_num(off, nan=1.0, posinf=1.0) > TOLERANCE).reshape(len(own), -1).any(axis=1)
    if not beyond.any():
        return Outcome("delivers")
    return Outcome("differs by", float(np.nan_to_num(off, nan=1.0, posinf=1.0).max()), int(beyond.sum()), len(own))


def _asked(path: Path, inputs: tuple[Column, ...], form: str) -> tuple[np.ndarray, np.ndarray]:
    task = TASKS[form]
    source = SklearnFramework().load(path, inputs, task)
    return np.asarray(source.predict(TEST.columns)[task.output]), _run(source.to_onnx(inputs), inputs, task.output)


def _asked_features(path: Path, inputs: tuple[Column, ...], form: str) -> tuple[np.ndarray, np.ndarray]:
    del form
    source = SklearnPreprocessor().load(path, inputs)
    own = np.asarray(source.transform(TEST.columns), dtype=np.float64)
    return own, _run(source.to_onnx(inputs), inputs, "features")


def _run(content: bytes, inputs: tuple[Column, ...], output: str) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(content, options)
    fed = Inputs.of(TEST.columns, inputs).fed()
    return np.asarray(session.run([output], {each.name: fed[each.name] for each in session.get_inputs()})[0])


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _unfitted(error: Exception) -> str:
    told = str(error)
    if any(word in told for word in ("at least two dimensions", "mono-task", "tuple index out of range")):
        return "fits several alone"
    if "1d array" in told or "single" in told or "multioutput" in told.lower() or "2d" in told or "2D" in told:
        return "fits one alone"
    if "multi-task" in told or "same shape" in told or "multilabel" in told.lower():
        return "fits one alone"
    if "binary" in told.lower() and "multilabel" not in told.lower():
        return "fits two classes alone"
    return f"not fitted: {_first(error)}"


def _told(message: str) -> str:
    """A message of Lockgate's in few words, without what the files were called."""
    if "no predict_proba" in message:
        return "no probabilities"
    if "not a transformer" in message or "has no attribute 'transform'" in message:
        return "does not transform new rows"
    if "is not loaded" in message:
        return f"not loaded: {message.partition('is not loaded: ')[2].partition(chr(10))[0]}"
    if "skops cannot keep" in message:
        return "not kept by skops"
    if "it does not know" in message:
        return "not converted"
    return f"not converted: {_first(message.partition('skl2onnx cannot convert the pipeline: ')[2] or message)}"


def _first(told: object) -> str:
    line = str(told).strip().partition("\n")[0].partition(". ")[0].rstrip(".")
    return line.replace("|", "/").replace("<", "").replace(">", "")[:90]


def shown(page: str, kind: str) -> list[str]:
    """The rows of the table of one kind that a page shows."""
    return page.partition(f"<!-- {kind}s -->")[2].partition("<!-- end -->")[0].strip().splitlines()


def written(page: str, kind: str, rows: list[str]) -> str:
    """The page with these rows as that table."""
    front, begin, rest = page.partition(f"<!-- {kind}s -->")
    return front + begin + "\n" + "\n".join(rows) + "\n" + "<!-- end -->" + rest.partition("<!-- end -->")[2]


if __name__ == "__main__":
    PAGE = Path("docs/estimators.md")
    with TemporaryDirectory() as place:
        for each in KINDS:
            PAGE.write_text(written(PAGE.read_text("utf-8"), each, lines(each, Path(place))), "utf-8")
