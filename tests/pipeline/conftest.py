"""What every test of the pipeline needs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from jenkins import INSTALL

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module", autouse=True)
def groovy(needs: Callable[..., None]) -> None:
    needs(there=bool(shutil.which("groovy") and shutil.which("java")), how=f"groovy or java is missing; {INSTALL}")
