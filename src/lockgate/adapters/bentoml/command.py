"""How BentoML is run: its home, nothing that phones home, and what it said where it fails."""

import os
from pathlib import Path

from lockgate.domain.project.disk import fault_in
from lockgate.domain.project.telemetry import OFF
from lockgate.errors import LockgateError, ToolError


def environment(home: Path) -> dict[str, str]:
    """The variables of a BentoML that has its store at ``home``.

    Nothing compiled is left in a package that serves: it stays what it was when it was built.
    """
    return {**os.environ, **OFF, "BENTOML_HOME": str(home), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def failed(message: str, output: str) -> LockgateError:
    """In one sentence where a disk is what failed, else with the output's end."""
    return fault_in(output) or ToolError(message, hint="\n  ".join(output.strip().splitlines()[-12:]))
