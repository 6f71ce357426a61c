"""The contract of the raw data: what every row of ``adult.data`` and ``adult.test`` must be."""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from census.columns import CLASSES, LABEL, NUMBERS, RAW
from lockgate.project import DataError

MISSING = "?"
"""How the raw files write a missing value; everywhere behind this module it is the empty string, ``""``."""

WORKCLASS = (
    "Private",
    "Self-emp-not-inc",
    "Self-emp-inc",
    "Federal-gov",
    "Local-gov",
    "State-gov",
    "Without-pay",
    "Never-worked",
    "",
)
EDUCATION = (
    "Bachelors",
    "Some-college",
    "11th",
    "HS-grad",
    "Prof-school",
    "Assoc-acdm",
    "Assoc-voc",
    "9th",
    "7th-8th",
    "12th",
    "Masters",
    "1st-4th",
    "10th",
    "Doctorate",
    "5th-6th",
    "Preschool",
)
MARITAL = (
    "Married-civ-spouse",
    "Divorced",
    "Never-married",
    "Separated",
    "Widowed",
    "Married-spouse-absent",
    "Married-AF-spouse",
)
OCCUPATION = (
    "Tech-support",
    "Craft-repair",
    "Other-service",
    "Sales",
    "Exec-managerial",
    "Prof-specialty",
    "Handlers-cleaners",
    "Machine-op-inspct",
    "Adm-clerical",
    "Farming-fishing",
    "Transport-moving",
    "Priv-house-serv",
    "Protective-serv",
    "Armed-Forces",
    "",
)
RELATIONSHIP = ("Wife", "Own-child", "Husband", "Not-in-family", "Other-relative", "Unmarried")
RACE = ("White", "Asian-Pac-Islander", "Amer-Indian-Eskimo", "Other", "Black")
SEX = ("Female", "Male")
# The misspellings are the data's own.
COUNTRY = (
    "United-States",
    "Cambodia",
    "England",
    "Puerto-Rico",
    "Canada",
    "Germany",
    "Outlying-US(Guam-USVI-etc)",
    "India",
    "Japan",
    "Greece",
    "South",
    "China",
    "Cuba",
    "Iran",
    "Honduras",
    "Philippines",
    "Italy",
    "Poland",
    "Jamaica",
    "Vietnam",
    "Mexico",
    "Portugal",
    "Ireland",
    "France",
    "Dominican-Republic",
    "Laos",
    "Ecuador",
    "Taiwan",
    "Haiti",
    "Columbia",
    "Hungary",
    "Guatemala",
    "Nicaragua",
    "Scotland",
    "Thailand",
    "Yugoslavia",
    "El-Salvador",
    "Trinadad&Tobago",
    "Peru",
    "Hong",
    "Holand-Netherlands",
    "",
)


def _number(low: float, high: float) -> pa.Column:
    return pa.Column(float, pa.Check.in_range(low, high))


def _text(values: tuple[str, ...]) -> pa.Column:
    return pa.Column(str, pa.Check.isin(values))


CONTRACT = pa.DataFrameSchema(
    {
        "age": _number(17, 90),
        "workclass": _text(WORKCLASS),
        "fnlwgt": _number(1, 2_000_000),
        "education": _text(EDUCATION),
        "education-num": _number(1, 16),
        "marital-status": _text(MARITAL),
        "occupation": _text(OCCUPATION),
        "relationship": _text(RELATIONSHIP),
        "race": _text(RACE),
        "sex": _text(SEX),
        "capital-gain": _number(0, 99_999),
        "capital-loss": _number(0, 4_356),
        "hours-per-week": _number(1, 99),
        "native-country": _text(COUNTRY),
        LABEL: _text(CLASSES),
    },
    strict=True,
    ordered=True,
)


def read(path: Path) -> pd.DataFrame:
    """The rows of a raw file as the contract has them: numbers in float64, missing text ``""``, labels without a stop.

    The index is the line in the unpacked file, from 1. Raises ``DataError`` with row, column and rule.
    """
    frame = _parse(path)
    texts = frame.columns.difference([*NUMBERS, "fnlwgt"])
    frame[texts] = frame[texts].replace(MISSING, "")
    frame[LABEL] = frame[LABEL].str.removesuffix(".")
    try:
        valid: pd.DataFrame = CONTRACT.validate(_with_numbers(frame, path), lazy=True)
    except SchemaErrors as error:
        raise _broken(path, error) from error
    return valid


def _parse(path: Path) -> pd.DataFrame:
    try:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    except FileNotFoundError as error:
        raise DataError(f"{path}: missing", hint="dvc pull") from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a gzip file of text: {error}", hint=f"dvc checkout {path}.dvc") from error
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("|")]
    for number, line in rows:
        if (fields := line.count(",") + 1) != len(RAW):
            raise DataError(
                f"{path}: row {number}: {fields} fields instead of {len(RAW)}: {line[:80]}",
                hint="every row has the fifteen columns of adult.names",
            )
    text = "\n".join(line for _, line in rows)
    frame = pd.read_csv(io.StringIO(text), names=list(RAW), skipinitialspace=True, dtype=str, keep_default_na=False)
    frame.index = pd.Index([number for number, _ in rows], name="row")
    return frame


def _with_numbers(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    for column in (*NUMBERS, "fnlwgt"):
        numbers = pd.to_numeric(frame[column], errors="coerce").astype(np.float64)
        if (wrong := frame.index[numbers.isna()]).size:
            row = wrong[0]
            raise DataError(
                f"{path}: row {row}, column {column}: not a number: {frame.loc[row, column]!r}",
                hint=f"{wrong.size} row(s) break this rule; mend the data and `dvc add {path}`",
            )
        frame[column] = numbers
    return frame


def _broken(path: Path, error: SchemaErrors) -> DataError:
    cases = error.failure_cases
    shown = [
        f"{path}: row {case['index']}, column {case['column']}: {case['failure_case']!r} breaks {case['check']}"
        for case in cases.head(5).to_dict("records")
    ]
    return DataError(
        "\n".join(shown),
        hint=f"{len(cases)} value(s) break the contract in src/census/contract.py; mend the data and `dvc add {path}`",
    )
