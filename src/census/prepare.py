"""The prepare stage: raw files in, three tables out, under the contract."""

from pathlib import Path

import pandas as pd

from census.columns import LABEL, NUMBERS, SENSITIVE, TEXTS
from census.contract import read
from census.params import Data
from census.split import is_validation, without_rows_of
from lockgate.project import params, stage, write_table

RAW = Path("data/raw")
OUT = Path("build/data")
KEPT = [*NUMBERS, *TEXTS, *SENSITIVE, LABEL]


@stage
def main() -> None:
    """Write ``train``, ``validation`` and ``test`` to ``build/data``; say how many rows each has."""
    settings = params("data", Data)
    known, test = read(RAW / "adult.data.gz"), read(RAW / "adult.test.gz")
    distinct = without_rows_of(known, test)
    validation = is_validation(distinct, settings.validation_percent)
    _write("train", distinct[~validation])
    _write("validation", distinct[validation])
    _write("test", test)
    print(
        f"train {(~validation).sum()}, validation {validation.sum()}, test {len(test)} rows; "
        f"{len(known) - len(distinct)} exact duplicates of test rows left out"
    )


def _write(name: str, frame: pd.DataFrame) -> None:
    columns = {column: frame[column].to_numpy("float32" if column in NUMBERS else object) for column in KEPT}
    write_table(OUT / f"{name}.parquet", columns)


if __name__ == "__main__":
    main()
