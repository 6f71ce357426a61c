"""A project that takes a small environment: that of docs/your-model.md, without what releases and serves it."""

import contextlib
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tutorial import WRITTEN

REPOSITORY = Path(__file__).parents[2]
EXTRAS = ("dvc", "mlflow", "sklearn")
PACKAGES = re.compile(r"^(?=\S)", re.MULTILINE)


def sources_with_a_small_lock(folder: Path) -> Path:
    """Lockgate's sources and `docker/`, with the settings of the page's project and what it needs of our lock file."""
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, folder)
    for name in ("docker", "src"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "params.yaml").write_text(WRITTEN["params.yaml"])
    (folder / "requirements.lock").write_text("".join(locked(EXTRAS)))
    # Wheels that were collected once stay where the repository's own do.
    kept = REPOSITORY / "build" / "wheels"
    kept.mkdir(parents=True, exist_ok=True)
    (folder / "build").mkdir()
    (folder / "build" / "wheels").symlink_to(kept)
    return folder


@contextlib.contextmanager
def own_index():
    """Which index pip asks is the setting of whoever runs the tests, and it may stand in their home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", pwd.getpwuid(os.getuid()).pw_dir)
        yield


def a_project_of_the_page(folder: Path) -> Path:
    """The page's files, nothing made yet; the plug-in lies under `src/`, where the image looks for packages too."""
    folder.mkdir()
    for name, content in WRITTEN.items():
        path = folder / ("src/tumours.py" if name == "tumours.py" else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace("tumours.py", "src/tumours.py") if name == "dvc.yaml" else content)
    shutil.copytree(REPOSITORY / "src/lockgate/template/serving", folder / "serving")
    for command in ("git init --quiet", "dvc init --quiet", "git add --all", "git commit --quiet -m all"):
        subprocess.run(command.split(), cwd=folder, check=True)
    return folder


def locked(extras: tuple[str, ...]) -> Iterator[str]:
    """The part of our lock file, hashes and all, that Lockgate with these extras needs."""
    needed = closure(extras)
    for package in filter(None, PACKAGES.split((REPOSITORY / "requirements.lock").read_text())):
        if canonicalize_name(package.partition("==")[0].partition("[")[0]) in needed:
            yield package


def closure(extras: tuple[str, ...]) -> set[str]:
    """What is installed for Lockgate with these extras: by what each package itself says that it needs."""
    seen: set[tuple[str, str]] = set()
    waiting = [("lockgate", extra) for extra in ("", *extras)]
    while waiting:
        if (each := waiting.pop()) in seen:
            continue
        seen.add(each)
        name, extra = each
        for needed in map(Requirement, distribution(name).requires or ()):
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(needed.name), more) for more in ("", *needed.extras)]
    return {name for name, _ in seen}
