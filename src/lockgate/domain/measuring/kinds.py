"""The kinds of evidence, in the order in which they are collected: what each needs, and where it lies."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Kind:
    """One kind of evidence, by the name of its document.

    ``of_model`` says that the candidate's ONNX model is asked, ``staged`` that a stage of `dvc.yaml` makes it. ``file``
    is where it lies in the build folder when it is the project's and not a candidate's.
    """

    name: str
    of_model: bool = False
    staged: bool = True
    file: str = ""


KINDS: Final = (
    Kind("tests", staged=False, file="tests/evidence.json"),
    Kind("data"),
    Kind("accuracy", of_model=True),
    Kind("parity", of_model=True),
    Kind("explanation", of_model=True),
    Kind("robustness", of_model=True),
    Kind("latency", staged=False),
    Kind("reference", file="reference/reference.json"),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
STAGED: Final = tuple(kind.name for kind in KINDS if kind.staged)
"""Those that stages measure, in the order of their lines in ``measuring.yaml``."""
OUTSIDE: Final = frozenset(kind.name for kind in KINDS if not kind.staged)
"""Evidence that no stage makes: it names its commit, or the champion of the day."""
OF_A_STAGE: Final = tuple(kind.name for kind in KINDS if kind.staged and not kind.file)
"""The evidence of one candidate that a stage makes, whatever the policy asks for: a gate that is new finds it there."""
OF_A_MODEL: Final = tuple(kind.name for kind in KINDS if kind.of_model)
OF_A_CANDIDATE: Final = tuple(kind.name for kind in KINDS if not kind.file)
