"""The time of each station of the way, and what Lockgate adds to the bare training, export and inference calls.

    python benchmarks/overhead.py

In a fresh clone of this repository, with the environment that runs this. Bare is what a team would write by hand for
the same work: for each candidate one script that trains and saves, one that loads and exports, one that answers the
held-out rows with the framework and with ONNX Runtime; no DVC, no MLflow, no evidence. Each is a process of its own, as
the stages are, and the same work is done in both: the ONNX files are compared. Lockgate's time is that of the whole
`lockgate run`, what DVC and MLflow take included, without the stages prepare and
reference, which no bare script does.
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
CANDIDATES = ("sklearn", "fairlearn", "torch", "tensorflow")

PRELUDE = """
import importlib, sys
from pathlib import Path
import pyarrow.parquet as parquet
sys.path.insert(0, "src")
from census.plugin import Census
from lockgate.domain.model.candidate import Trained

name, folder = sys.argv[1], Path("build/bare") / sys.argv[1]
folder.mkdir(parents=True, exist_ok=True)
plugin = Census()

def rows(split):
    table = parquet.read_table(f"build/data/{split}.parquet")
    return {c: table.column(c).to_numpy(zero_copy_only=False) for c in table.column_names}
"""
BARE = {
    "train": """
import json, msgspec
class Run:
    candidate, folder, training, validation = name, folder, rows("training"), rows("validation")
    def epoch(self, number, of, **metrics):
        print(number, of, metrics)
(folder / "trained.json").write_bytes(msgspec.json.encode(plugin.train(Run())))
""",
    "export": """
import msgspec
trained = msgspec.json.decode((folder / "trained.json").read_bytes(), type=Trained)
(folder / "model.onnx").write_bytes(plugin.open(trained, folder).to_onnx(trained.inputs))
""",
    "check": """
import msgspec, numpy as np, onnxruntime
from sklearn.metrics import roc_auc_score
trained = msgspec.json.decode((folder / "trained.json").read_bytes(), type=Trained)
test = rows("test")
reference = plugin.open(trained, folder).predict(test)["probabilities"]
session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
_, answer = session.run(None, {i.name: test[i.name].reshape(-1, 1) for i in session.get_inputs()})
print(np.abs(reference - answer).max(), roc_auc_score(test["income"] == ">50K", answer[:, 1]))
""",
}


def timed(command: list[str], clone: Path) -> tuple[float, str]:
    environment = os.environ | {"MLFLOW_TRACKING_URI": "", "DVC_NO_ANALYTICS": "1"}
    started = time.perf_counter()
    done = subprocess.run(command, cwd=clone, env=environment, check=True, capture_output=True, text=True)
    return time.perf_counter() - started, done.stdout


def bare(clone: Path) -> dict[str, float]:
    """Seconds of each bare script, named as the stage that does the same."""
    return {
        f"{step}@{name}": timed([sys.executable, "-W", "ignore", "-c", PRELUDE + code, name], clone)[0]
        for step, code in BARE.items()
        for name in CANDIDATES
    }


def main() -> None:
    verb = [str(Path(sys.executable).parent / "lockgate")]
    print(f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(clone)], check=True)
        whole, said = timed([*verb, "run", "--json"], clone)
        stages = {stage["stage"]: stage["seconds"] for stage in json.loads(said)["stages"]}
        calls = bare(clone)
        rest = {name: timed([*verb, *arguments], clone)[0] for name, arguments in STATIONS.items()}
        for name in CANDIDATES:
            ours, theirs = (
                clone / f"build/{place}/model.onnx" for place in (f"candidates/{name}/export", f"bare/{name}")
            )
            assert ours.read_bytes() == theirs.read_bytes(), f"{name}: not the same work"
    print(f"{'station':<20}{'Lockgate':>10}{'bare':>10}")
    for name, seconds in stages.items():
        print(f"{name:<20}{seconds:>8.1f} s" + (f"{calls[name]:>8.1f} s" if name in calls else ""))
    rows, total = whole - stages["prepare"] - stages["reference"], sum(calls.values())
    left = "without prepare and reference"
    print(f"{'lockgate run':<20}{rows:>8.1f} s{total:>8.1f} s  ({left})  overhead {rows / total - 1:+.1%}")
    print("at most +10 % wanted")
    for name, seconds in rest.items():
        print(f"{name:<20}{seconds:>8.1f} s")


STATIONS = {
    "check tests latency": ["check", "tests", "latency"],
    "gate": ["gate"],
    "release": ["release"],
    "register": ["register"],
    "package": ["package"],
}

if __name__ == "__main__":
    main()
