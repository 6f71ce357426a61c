"""How long a first and a second `lockgate deliver` take in a fresh clone of this repository.

    python benchmarks/delivery.py

The clone lies in a temporary folder and uses the environment that runs this; the second delivery has nothing to do.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
COMMAND = [str(Path(sys.executable).parent / "lockgate"), "deliver", "--json"]


def deliver(clone: Path) -> tuple[float, list[str]]:
    """Seconds, and what became of each stage."""
    started = time.perf_counter()
    done = subprocess.run(COMMAND, cwd=clone, check=True, capture_output=True)
    took = time.perf_counter() - started
    return took, [f"{stage['stage']} {stage['state']}" for stage in json.loads(done.stdout)["run"]["stages"]]


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {cores} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(clone)], check=True)
        for name in ("first", "second"):
            took, stages = deliver(clone)
            print(f"{name:<7} {took:5.1f} s  {', '.join(stages)}")
    print("at most 5 s wanted for the second")


if __name__ == "__main__":
    main()
