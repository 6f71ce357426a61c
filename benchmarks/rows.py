"""The memory and the time of an accuracy check of many rows: 20 columns of float32, a linear model of two classes.

    python benchmarks/rows.py 1000000 2000000

Each number of rows is checked in a process of its own, whose own peak of resident memory counts; the worker that runs
the model is another process, with its peak beside it. The table is written before, and is not part of what is measured.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = 20
CHUNK = 250_000


def made(folder: Path, rows: int) -> None:
    """A table in row groups, and a model of its columns."""
    import numpy as np
    import onnx
    import pyarrow as pa
    import pyarrow.parquet as pq
    from onnx import TensorProto, helper, numpy_helper

    names = [f"x{place}" for place in range(COLUMNS)]
    random = np.random.default_rng(0)
    kinds = pa.schema([(name, pa.float32()) for name in names] + [("y", pa.string())])
    with pq.ParquetWriter(folder / "rows.parquet", kinds, compression="zstd") as file:
        for start in range(0, rows, CHUNK):
            values = random.normal(size=(min(CHUNK, rows - start), COLUMNS)).astype(np.float32)
            labels = np.where(values.sum(axis=1) + random.normal(size=len(values)) > 0, "yes", "no")
            columns = [pa.array(values[:, place]) for place in range(COLUMNS)]
            file.write_table(pa.table([*columns, pa.array(labels.tolist())], schema=kinds))
    weights = np.stack([-np.ones(COLUMNS), np.ones(COLUMNS)], axis=1).astype(np.float32)
    nodes = [
        helper.make_node("Concat", names, ["rows"], axis=1),
        helper.make_node("MatMul", ["rows", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["place"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "place"], ["label"]),
    ]
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in names],
        [
            helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array(["no", "yes"], dtype=object), "classes"),
        ],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), folder / "model.onnx"
    )


def peak_of(process: int) -> float:
    """The most resident memory that another process had, in GB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1e6 for line in lines if line.startswith("VmHWM"))


def checked(folder: Path) -> dict[str, float]:
    """What `lockgate check accuracy` does with the table, without the project around it."""
    started = time.perf_counter()
    from lockgate.adapters.files.local_files import LocalFiles
    from lockgate.adapters.onnxruntime.isolated_runtime import IsolatedRuntime
    from lockgate.adapters.parquet import ParquetTables
    from lockgate.adapters.sklearn.metrics import SklearnMetrics
    from lockgate.domain.model.inputs import Input
    from lockgate.domain.model.score_table import table_of
    from lockgate.domain.model.signature import Output, Signature
    from lockgate.domain.model.task import Binary
    from lockgate.domain.project.settings import TablesSettings
    from lockgate.usecases.making.labelled_tables import labelled
    from lockgate.usecases.measuring.kinds.accuracy import LoadedModel

    inputs = tuple(Input(f"x{place}", "float32") for place in range(COLUMNS))
    outputs = (Output("label", "string"), Output("probabilities", "float32", (2,)))
    signature = Signature(inputs, outputs, ("no", "yes"), task=Binary(("no", "yes"), "yes"))
    files = LocalFiles()
    tables = ParquetTables(files)
    settings = TablesSettings("", "rows.parquet", "y", "yes", training="")
    columns = labelled(tables.read(folder / "rows.parquet"), settings, "rows.parquet")
    session = IsolatedRuntime(300, 8 << 30).open(folder / "model.onnx", signature)
    judged = LoadedModel.asked("linear", folder / "model.onnx", signature, session, columns)
    answers, truth = judged.answers(), settings.truth(judged.columns)
    sample, table = answers.sample(truth), table_of(answers, truth, judged.inputs)
    tables.write(folder / "scores.parquet", table)
    del answers, table
    files.sha256(folder / "scores.parquet")
    found = SklearnMetrics().measure(sample)
    return {
        "seconds": time.perf_counter() - started,
        "GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "worker_GB": peak_of(session._worker._process.pid),  # noqa: SLF001 - nobody else asks
        "roc_auc": float(found["roc_auc"] or 0.0),
    }


def main() -> None:
    if sys.argv[1] == "--of":
        print(json.dumps(checked(Path(sys.argv[2]))))
        return
    for rows in map(int, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as name:
            subprocess.run(
                [
                    sys.executable,
                    "-c",
                    "import sys; sys.path.insert(0, sys.argv[1]); import rows; "
                    "from pathlib import Path; rows.made(Path(sys.argv[2]), int(sys.argv[3]))",
                    str(Path(__file__).parent),
                    name,
                    str(rows),
                ],
                check=True,
            )
            done = subprocess.run([sys.executable, __file__, "--of", name], check=True, capture_output=True, text=True)
            found = json.loads(done.stdout.splitlines()[-1])
            sizes = f"{found['GB']:5.2f} GB, the worker {found['worker_GB']:.2f}"
            print(f"{rows:>10} rows  {found['seconds']:6.1f} s  {sizes}", flush=True)


if __name__ == "__main__":
    main()
