"""What comparing costs: 100,000 rows in batches of 256, against the two inferences alone and against Polygraphy.

    python benchmarks/parity_cost.py [--polygraphy] [--stream ROWS]

Both sides run the same ONNX model in ONNX Runtime, optimised and not. ``--polygraphy`` needs Polygraphy installed; it
takes no texts, so the networks are compared from their features on. ``--stream`` compares that many rows, and tells the
memory that comparing took above the models.
"""

import argparse
import resource
import statistics
import sys
import time
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort

from lockgate.adapters.parquet import ParquetTables
from lockgate.cli.wiring.project import find_project
from lockgate.domain.judging.gates.parity.comparator import Comparator
from lockgate.domain.model.candidate import Trained
from lockgate.domain.model.inputs import Inputs
from lockgate.domain.model.signature import Signature
from lockgate.known_frameworks import open_trained

ROOT = Path(__file__).parents[1]
ROWS, BATCH, REPEATS, BLOCK = 100_000, 256, 5, 65_536


def subject(candidate, rows):
    """A model, what to feed it in batches, and its signature."""
    project = find_project(ROOT)
    paths = project.layout.candidate(candidate)
    signature = project.documents.read(paths.signature, Signature)
    columns = ParquetTables(project.files).read(ROOT / project.settings.tables.test)
    places = np.arange(rows) % len(columns[signature.names[0]])
    source = open_trained(project.documents.read(paths.trained, Trained), paths.trained.parent)
    if hasattr(source, "network"):
        features = source.preprocessing.transform(columns)[places]
        outputs = tuple(output for output in signature.outputs if output.name == signature.probabilities)
        return source.network.to_onnx(), in_batches({"features": features}), replace(signature, outputs=outputs)
    feed = Inputs.of(columns, signature.inputs).take(places).fed()
    return paths.model.read_bytes(), in_batches(feed), signature


def in_batches(feed):
    rows = len(next(iter(feed.values())))
    return [{n: v[start : start + BATCH] for n, v in feed.items()} for start in range(0, rows, BATCH)]


def sessions(model):
    plain = ort.SessionOptions()
    plain.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return [ort.InferenceSession(model, options) for options in (ort.SessionOptions(), plain)]


def inferences(pair, batches):
    for batch in batches:
        for session in pair:
            session.run(None, batch)


def add(comparator, pair, batches, signature):
    names = [output.name for output in signature.outputs]
    for batch in batches:
        left, right = (dict(zip(names, map(np.asarray, session.run(names, batch)), strict=True)) for session in pair)
        comparator.add(left, right)


def compared(pair, batches, signature):
    comparator = Comparator(signature)
    add(comparator, pair, batches, signature)
    return comparator.result()


def polygraphy(pair, batches):
    from polygraphy.backend.onnxrt import OnnxrtRunner
    from polygraphy.comparator import Comparator as Theirs
    from polygraphy.comparator import CompareFunc
    from polygraphy.logger import G_LOGGER

    G_LOGGER.module_severity = {"": G_LOGGER.CRITICAL}
    runners = [OnnxrtRunner(session, name=f"runner {place}") for place, session in enumerate(pair)]
    results = Theirs.run(runners, data_loader=[OrderedDict(batch) for batch in batches])
    Theirs.compare_accuracy(results, compare_func=CompareFunc.simple(atol=1e-5, rtol=1e-2))


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def measure(candidate, *, with_polygraphy):
    model, batches, signature = subject(candidate, ROWS)
    pair = sessions(model)
    inferences(pair, batches[:20])
    ways = {"two inferences": (inferences, pair, batches), "compared": (compared, pair, batches, signature)}
    if with_polygraphy and "features" in batches[0]:
        ways["polygraphy"] = (polygraphy, pair, batches)
    found = {name: [] for name in ways}
    for _ in range(REPEATS):
        for name, way in ways.items():
            found[name].append(seconds(*way))
    medians = {name: statistics.median(values) for name, values in found.items()}
    alone = medians["two inferences"]
    text = ", ".join(f"{name} {value:.2f} s ({value / alone:.2f}x)" for name, value in medians.items())
    what = "from features" if "features" in batches[0] else "from raw columns"
    print(f"{candidate:<11}{what}, {ROWS} rows, batches of {BATCH}, median of {REPEATS}: {text}")


def stream(candidate, rows):
    model, block, signature = subject(candidate, BLOCK)
    pair = sessions(model)
    inferences(pair, block)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    comparator, done = Comparator(signature), 0
    while done < rows:
        add(comparator, pair, block, signature)
        done += BLOCK
    comparator.result()
    above = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{candidate}: {done} rows streamed in {time.perf_counter() - start:.0f} s, {above:.0f} MB above the models "
        f"and a block of {BLOCK} rows"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--polygraphy", action="store_true")
    parser.add_argument("--stream", type=int, metavar="ROWS")
    given = parser.parse_args()
    if not (ROOT / "build/candidates").exists():
        sys.exit("no candidates yet: lockgate run")
    for candidate in find_project(ROOT).settings.candidates:
        if given.stream:
            stream(candidate, given.stream)
        else:
            measure(candidate, with_polygraphy=given.polygraphy)


if __name__ == "__main__":
    main()
