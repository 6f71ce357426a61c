"""What every test of the pipeline needs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from jenkins import INSTALL, compile_harness, compiled

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session", autouse=True)
def harness(needs: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> None:
    needs(there=bool(shutil.which("groovy") and shutil.which("java")), how=f"groovy or java is missing; {INSTALL}")
    folder = tmp_path_factory.mktemp("harness") / "classes"
    compile_harness(folder)
    compiled.append(folder)
