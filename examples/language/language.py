"""Which language is a line in? Nine languages in Latin letters, by the letters that follow each other."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import yaml
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from lockgate.project import Column, Plugin, Trained, params, save_sklearn

CORPUS = Path(find_spec("chatterbot_corpus").origin).parent / "data"


@dataclass(frozen=True)
class Letters:
    """`train.letters` in params.yaml."""

    longest: int
    features: int
    C: float


class Language(Plugin):
    settings = {"letters": Letters}

    def data(self):
        """Each line once; one that stands in two languages, such as a name, is left out.

        Several blanks are one for scikit-learn's analyzer of letters, not for its ONNX graph: texts have single ones.
        """
        lines = pd.DataFrame(
            [
                (" ".join(str(line).split()), language)
                for language in params("data", Data).languages
                for line in spoken(language)
            ],
            columns=["text", "language"],
        )
        lines = lines[lines.text.str.len() > 0].drop_duplicates().drop_duplicates("text", keep=False)
        lines["length"] = lines.text.str.len()
        rest, test = train_test_split(lines, test_size=0.3, random_state=1, stratify=lines.language)
        training, validation = train_test_split(rest, test_size=0.2, random_state=1, stratify=rest.language)
        splits = {"training": training, "validation": validation, "test": test}
        return {split: {name: rows[name].to_numpy() for name in rows} for split, rows in splits.items()}

    def inputs(self):
        return [Column("text", "string")]

    def train(self, run):
        settings = params("train.letters", Letters)
        letters = TfidfVectorizer(
            analyzer="char", ngram_range=(1, settings.longest), max_features=settings.features, lowercase=False
        )
        # Languages with few lines count as much as English.
        model = make_pipeline(
            ColumnTransformer([("letters", letters, "text")]),
            LogisticRegression(C=settings.C, class_weight="balanced", max_iter=1000),
        )
        model.fit(pd.DataFrame({"text": run.training["text"]}), run.training["language"])
        save_sklearn(model, run.folder / "model.skops")
        return Trained("sklearn", "model.skops", tuple(self.inputs()), tuple(model.classes_))


@dataclass(frozen=True)
class Data:
    """`data` in params.yaml."""

    languages: tuple[str, ...]


def spoken(language):
    """Every line of every conversation in it."""
    for path in sorted((CORPUS / language).glob("*.yml")):
        for conversation in yaml.safe_load(path.read_text("utf-8"))["conversations"]:
            yield from map(str, conversation)
