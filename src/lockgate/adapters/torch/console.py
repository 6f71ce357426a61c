"""What PyTorch says while it works: errors in a line, and no progress on the stage's console."""

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def first_line(error: BaseException) -> str:
    """The first line of what lies at the bottom of an error: PyTorch wraps the operator's name in advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    return _COLOUR.sub("", str(error).strip() or type(error).__name__).splitlines()[0]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """PyTorch's exporter tells its progress and its own deprecations; neither is for the stage's console."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
