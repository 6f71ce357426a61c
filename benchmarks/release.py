"""What a release costs: its size, sealing it, `lockgate verify`, a clone that verifies the champion, a promotion.

    python benchmarks/release.py

The reference model is delivered once in a clone of this repository, by a user and with a store of their own, all in a
temporary folder and with the environment that runs this. Each line says what was done, how often, and what is wanted.
Nothing that is timed was done before in the same process: every verb is a process of its own, as its users start it.
"""

import hashlib
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
LOCKGATE = str(Path(sys.executable).parent / "lockgate")
ENVIRONMENT = "staging"
TIMES = 5
MEGABYTE = 1_000_000


class User:
    """Somebody with a home, keys and a store of their own."""

    def __init__(self, home: Path) -> None:
        (home / "home").mkdir(parents=True)
        self._variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "LOCKGATE_", "GIT_"))},
            "HOME": str(home / "home"),
            "LOCKGATE_STORE": str(home / "store"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            **{f"GIT_{who}_NAME": "Lock Keeper" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "keeper@example.org" for who in ("AUTHOR", "COMMITTER")},
        }

    def does(self, folder: Path, *command: str) -> str:
        """Run a command; what it says. It ends the benchmark where it fails."""
        done = subprocess.run(command, cwd=folder, env=self._variables, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def git(self, folder: Path, *arguments: str) -> str:
        """Run git."""
        return self.does(folder, "git", *arguments)

    def lockgate(self, folder: Path, *arguments: str) -> str:
        """Run a verb."""
        return self.does(folder, LOCKGATE, *arguments)


def seconds(work: Callable[[], object], before: Callable[[], object] = lambda: None, times: int = TIMES) -> list[float]:
    """How long the work takes, each time; ``before`` is done ahead of each, and not counted."""
    took = []
    for _ in range(times):
        before()
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return took


def tell(what: str, took: list[float], wanted: str = "") -> None:
    """The median with the shortest and the longest."""
    spread = f"{statistics.median(took):7.3f} s  [{min(took):.3f}, {max(took):.3f}] of {len(took)}"
    print(f"{what:<58} {spread}{f'  wanted: {wanted}' if wanted else ''}", flush=True)


def hashed(folder: Path) -> None:
    """The SHA-256 of every file, and nothing else."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256")


def tell_size(bundle: Path) -> None:
    """How many bytes the bundle has, and which files have most."""
    sizes = {path.relative_to(bundle).as_posix(): path.stat().st_size for path in bundle.rglob("*") if path.is_file()}
    most = sorted(sizes.items(), key=lambda found: -found[1])[:4]
    told = ", ".join(f"{name} {size / MEGABYTE:.2f}" for name, size in most)
    print(
        f"bundle of {len(sizes)} files: {sum(sizes.values()) / MEGABYTE:.2f} MB  wanted: below 5 MB  ({told})",
        flush=True,
    )


def tell_again(user: User, clone: Path) -> None:
    """A release that is sealed anew, all of it measured again, and a delivery with nothing to do."""
    user.lockgate(clone, "gate")

    def anew() -> None:
        shutil.rmtree(clone / "build/releases")

    what = "lockgate release of a judged candidate, all measured again"
    tell(what, seconds(lambda: user.lockgate(clone, "release"), anew, times=3))
    tell("lockgate deliver with nothing changed", seconds(lambda: user.lockgate(clone, "deliver")), "below 5 s")


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {cores} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        user, origin, clone, fresh = User(home), home / "origin.git", home / "clone", home / "fresh"
        user.git(home, "clone", "--quiet", "--bare", str(REPOSITORY), str(origin))
        branch = user.git(origin, "symbolic-ref", "--short", "HEAD").strip()
        user.git(home, "clone", "--quiet", str(origin), str(clone))
        tell("a first delivery, once", seconds(lambda: user.lockgate(clone, "deliver"), times=1))
        user.git(clone, "add", "dvc.lock", "measuring.yaml")
        user.git(clone, "commit", "--quiet", "--allow-empty", "-m", "Record what the stages made")
        (bundle,) = (path for path in (clone / "build/releases").iterdir() if not path.name.startswith("."))
        tell_size(bundle)
        tell_again(user, clone)

        start = user.git(clone, "rev-parse", "HEAD").strip()
        tell(
            f"promote of a judged release to {ENVIRONMENT}, no champion yet",
            seconds(
                lambda: user.lockgate(clone, "promote", ENVIRONMENT, "--release", bundle.name),
                lambda: user.git(clone, "reset", "--quiet", "--hard", start),
                times=3,
            ),
            "below 5 s",
        )
        user.git(clone, "push", "--quiet", "origin", f"HEAD:{branch}")

        plain = seconds(lambda: hashed(bundle))
        tell("SHA-256 of the same files, in a process that runs", plain)
        tell("lockgate --version: starting a process", seconds(lambda: user.lockgate(clone, "--version")))
        tell(
            "lockgate verify of the bundle's folder",
            seconds(lambda: user.lockgate(clone, "verify", str(bundle))),
            f"below {1 + statistics.median(plain):.3f} s, 1 s plus hashing",
        )

        def from_nothing() -> None:
            user.git(home, "clone", "--quiet", str(origin), str(fresh))
            user.lockgate(fresh, "verify", ENVIRONMENT)

        tell(
            f"git clone, and lockgate verify of {ENVIRONMENT}'s champion",
            seconds(from_nothing, lambda: shutil.rmtree(fresh, ignore_errors=True)),
            "below 3 s",
        )


if __name__ == "__main__":
    main()
