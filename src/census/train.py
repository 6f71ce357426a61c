"""The train stage: one candidate, judged on validation rows."""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from census.columns import CLASSES, LABEL, NUMBERS, inputs
from census.params import Data, GradientBoosting
from census.sklearn_candidate import fit
from lockgate.project import Column, Trained, params, save_sklearn, stage, write_json, write_trained

DATA = Path("build/data")
CANDIDATES = Path("build/candidates")


@stage
def main() -> None:
    """Train a candidate and write ``model.skops``, ``trained.json`` and the validation metrics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("candidate", choices=["sklearn"])
    name = parser.parse_args().candidate
    columns = inputs(sensitive=params("data", Data).sensitive_as_inputs)
    train, validation = pd.read_parquet(DATA / "train.parquet"), pd.read_parquet(DATA / "validation.parquet")
    model = fit(params(f"train.{name}", GradientBoosting), columns, train, train[LABEL])
    probabilities = model.predict_proba(validation[list(columns)])
    truth = validation[LABEL] == CLASSES[1]
    metrics = {
        "roc_auc": float(roc_auc_score(truth, probabilities[:, 1])),
        "accuracy": float(accuracy_score(truth, probabilities[:, 1] > 0.5)),  # noqa: PLR2004 - the even odds
        "log_loss": float(log_loss(truth, probabilities)),
    }
    folder = CANDIDATES / name
    save_sklearn(model, folder / "trained" / "model.skops")
    write_trained(
        folder / "trained",
        Trained(
            framework="sklearn",
            model="model.skops",
            inputs=tuple(Column(c, "float32" if c in NUMBERS else "string") for c in columns),
            classes=CLASSES,
        ),
    )
    write_json(folder / "validation.json", metrics)
    print(
        f"{name}: {len(train)} rows; on {len(validation)} validation rows: "
        + ", ".join(f"{metric} {value:.4f}" for metric, value in metrics.items())
    )


if __name__ == "__main__":
    main()
