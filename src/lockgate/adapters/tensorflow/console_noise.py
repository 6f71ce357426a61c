"""Frameworks talk while they load and convert; what they say in an error is worth its first line."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator


def first_line(error: Exception) -> str:
    """The first line of an error, or its kind."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings, no log and no progress on the stage's console."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
