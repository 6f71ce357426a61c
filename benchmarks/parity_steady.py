"""Whether the calibrated tolerance cries wolf: the census models, 50 new sessions each, on 1 and on 2 threads.

    python benchmarks/parity_steady.py [--plot FILE.svg]

Each run opens the ONNX model anew, asks it for every held-out row, and judges it as the gate does.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from lockgate.adapters.onnxruntime.runtime import OnnxRuntime
from lockgate.adapters.parquet import ParquetTables
from lockgate.cli.wiring.project import find_project
from lockgate.domain.judging.gates.parity.float64_errors import Calibrating
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.parity.tolerance import limits
from lockgate.domain.measuring.run_conditions import AS_SERVED
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.signature import Signature
from lockgate.known_frameworks import open_trained

ROOT = Path(__file__).parents[1]
RUNS, THREADS = 50, (1, 2)
POLICY = ParityPolicy(tolerance="calibrated")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot", type=Path, metavar="FILE")
    given = parser.parse_args()
    project = find_project(ROOT)
    columns = ParquetTables(project.files).read(ROOT / project.settings.tables.test)
    found = {}
    for name in project.settings.candidates:
        paths = project.layout.candidate(name)
        trained = project.documents.read(paths.trained, Trained)
        signature = project.documents.read(paths.signature, Signature)
        source = open_trained(trained, paths.trained.parent)
        truth = source.reference(columns, source.predict(columns))
        for threads in THREADS:
            runs = [measured(paths.model, signature, columns, truth, threads) for _ in range(RUNS)]
            found[name, threads] = runs
            tell(name, threads, runs)
    if given.plot:
        plot(found, given.plot)


def measured(model, signature, columns, truth, threads):
    session = OnnxRuntime().open(model, signature, replace(AS_SERVED, threads=threads))
    calibrating = Calibrating("probabilities", "float32")
    calibrating.add(session.run(columns)["probabilities"], truth)
    return calibrating.result()


def tell(name, threads, runs):
    largest, rms = limits(POLICY, runs[0])
    passed = sum(run.onnx_largest <= largest and run.onnx_rms <= rms for run in runs)
    print(
        f"{name:<11}{threads} threads: {passed} of {len(runs)} runs passed; largest error "
        f"{min(r.onnx_largest for r in runs):.2e} to {max(r.onnx_largest for r in runs):.2e}, "
        f"{runs[0].source_largest:.2e} is the source's own, {largest:.2e} allowed; rms "
        f"{max(r.onnx_rms for r in runs):.2e}, own {runs[0].source_rms:.2e}, {rms:.2e} allowed"
    )


def plot(found, path):
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "lockgate"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for axis, kind in zip(axes, ("largest", "rms"), strict=True):
        names = list(dict.fromkeys(name for name, _ in found))
        for place, name in enumerate(names):
            limit = limits(POLICY, found[name, 1][0])[kind == "rms"]
            own = getattr(found[name, 1][0], f"source_{kind}")
            axis.plot(
                [place - 0.3, place + 0.3], [limit, limit], color="crimson", label="allowed" if not place else None
            )
            axis.plot(
                [place - 0.3, place + 0.3], [own, own], color="grey", label="source in float32" if not place else None
            )
            for threads, shift, marker in ((1, -0.1, "o"), (2, 0.1, "s")):
                values = [getattr(run, f"onnx_{kind}") for run in found[name, threads]]
                label = f"ONNX, {threads} thread{'s' * (threads > 1)}" if not place else None
                axis.plot(np.full(len(values), place + shift), values, marker, ms=4, alpha=0.4, label=label)
        axis.set(yscale="log", xticks=range(len(names)), xticklabels=names, title=f"{kind} error against float64")
    axes[0].legend(fontsize=7)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
