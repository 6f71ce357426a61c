"""The tables of a project, by what each is for."""

from typing import Final

TRAINING: Final = "training"
VALIDATION: Final = "validation"
TEST: Final = "test"
SPLITS: Final = (TRAINING, VALIDATION, TEST)
SEEN: Final = (TRAINING, VALIDATION)
"""Those that a model is made with; the rows of the other are held out."""
