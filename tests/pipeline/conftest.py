"""What every test of the pipeline needs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from jenkins import INSTALL, Harness, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session", autouse=True)
def harness(needs: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    needs(there=bool(shutil.which("groovy") and shutil.which("java")), how=f"groovy or java is missing; {INSTALL}")
    started.append(Harness(tmp_path_factory.mktemp("harness")))
    yield
    started.pop().end()
