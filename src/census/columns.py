"""The columns of the Adult data, by their own names, and what each is for."""

NUMBERS = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")
TEXTS = ("workclass", "education", "marital-status", "occupation", "relationship", "native-country")
SENSITIVE = ("race", "sex")
WEIGHT = "fnlwgt"
LABEL = "income"
CLASSES = ("<=50K", ">50K")

RAW = (
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
)
"""The fifteen columns in the order of the raw files."""


def inputs(*, sensitive: bool) -> tuple[str, ...]:
    """The model's inputs in the order of the raw files; the sensitive attributes only where the switch is on."""
    chosen = {*NUMBERS, *TEXTS, *(SENSITIVE if sensitive else ())}
    return tuple(name for name in RAW if name in chosen)
