"""How long `lockgate --help` takes, beside the `--help` of a bare click group with the same number of commands.

    python benchmarks/startup.py [RUNS]

The two are started in turns, each as a process of its own, and the ratio is that of the medians.
"""

import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version

from lockgate.cli.main import VERBS

BARE = f"""
import click

@click.group()
def group():
    "A bare group."

for name in {list(VERBS)!r}:
    group.command(name, help="A bare command.")(lambda: None)

group(prog_name="bare", args=["--help"])
"""
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "bare click group --help": [sys.executable, "-c", BARE],
    "lockgate --help": [sys.executable, "-m", "lockgate", "--help"],
}


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    measured: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():  # once each, so that every file is in the system's cache
        seconds(command)
    for _ in range(runs):
        for name, command in COMMANDS.items():
            measured[name].append(seconds(command))
    print(f"Python {platform.python_version()}, click {version('click')}, {runs} runs each, in turns; milliseconds")
    for name, times in measured.items():
        low, middle, high = (1000 * f(times) for f in (min, statistics.median, max))
        print(f"{name:<24} median {middle:6.1f}  min {low:6.1f}  max {high:6.1f}")
    ratio = statistics.median(measured["lockgate --help"]) / statistics.median(measured["bare click group --help"])
    print(f"lockgate / bare group: {ratio:.2f} (at most 1.10 wanted)")


if __name__ == "__main__":
    main()
