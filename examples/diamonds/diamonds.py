"""What is a diamond worth? The price that one in ten, half and nine in ten of such diamonds stay below."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from lockgate.project import Column, Plugin, Trained, params, save_sklearn

PRICES = Path(find_spec("plotnine").origin).parent / "data/diamonds.csv"
NUMBERS = ["carat", "depth", "table", "x", "y", "z"]
GRADES = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": ["J", "I", "H", "G", "F", "E", "D"],
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Boosting:
    """`train.boosting` in params.yaml."""

    iterations: int
    learning_rate: float
    leaves: int


class Diamonds(Plugin):
    settings = {"boosting": Boosting}

    def data(self):
        """Each diamond once: the list has some twice. A size of 0 was not measured.

        Measures are whole hundredths (of carats, millimetres, percents): thresholds between whole numbers are exact in
        float32, and the ONNX model sends each number the way that the trained one does.
        """
        rows = pd.read_csv(PRICES).drop_duplicates()
        sizes = (100 * rows[NUMBERS].where(rows[NUMBERS] > 0)).round().astype(np.float32)
        table = {**{name: sizes[name].to_numpy() for name in NUMBERS}, "price": rows.price.to_numpy(np.float64)}
        table |= {name: rows[name].to_numpy(object) for name in GRADES}
        rest, test = train_test_split(np.arange(len(rows)), test_size=0.25, random_state=1)
        training, validation = train_test_split(rest, test_size=0.2, random_state=1)
        splits = {"training": training, "validation": validation, "test": test}
        return {split: {name: values[chosen] for name, values in table.items()} for split, chosen in splits.items()}

    def inputs(self):
        return [*(Column(name, "float32") for name in NUMBERS), *(Column(name, "string") for name in GRADES)]

    def train(self, run):
        settings = params("train.boosting", Boosting)
        columns = pd.DataFrame({column.name: run.training[column.name] for column in self.inputs()})
        models = {}
        for quantile in QUANTILES:
            grades = OrdinalEncoder(
                categories=list(GRADES.values()), handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32
            )
            models[quantile] = make_pipeline(
                ColumnTransformer([("numbers", "passthrough", NUMBERS), ("grades", grades, list(GRADES))]),
                HistGradientBoostingRegressor(
                    loss="quantile",
                    quantile=quantile,
                    max_iter=settings.iterations,
                    learning_rate=settings.learning_rate,
                    max_leaf_nodes=settings.leaves,
                    random_state=1,
                ),
            ).fit(columns, run.training["price"])
        save_sklearn(models, run.folder / "model.skops")
        return Trained("sklearn", "model.skops", tuple(self.inputs()))
