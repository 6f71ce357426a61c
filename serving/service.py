"""The BentoML service of any release: raw feature columns in, labels and probabilities out.

It reads everything from the sealed bundle beside it, ``release/``, and refuses to start when the model there is not
the one that the manifest names.
"""

import hashlib
import json
import os
import platform
from pathlib import Path
from typing import Any

# ONNX Runtime phones home unless it is told not to before it is imported, under `bentoml serve` by hand too.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import bentoml
import numpy as np
import onnxruntime
from bentoml.exceptions import InvalidArgument
from pydantic import BaseModel, ConfigDict, Field, create_model

RELEASE = Path(__file__).parent / "release"
MANIFEST = json.loads((RELEASE / "manifest.json").read_text(encoding="utf-8"))
SIGNATURE = json.loads((RELEASE / "signature.json").read_text(encoding="utf-8"))
DTYPES = {"float32": np.float32, "int64": np.int64, "bool": np.bool_, "string": np.object_}
FIELDS = {"float32": float | None, "int64": int, "bool": bool, "string": str | None}
MISSING = {"float32": np.nan, "string": ""}
MAX_ROWS = 10_000


def _release_digest() -> str:
    """The release digest, by the same rule as Lockgate's: SHA-256 over canonical JSON of file name to digest."""
    files = {f"{MANIFEST['name']}/{name}": digest for name, digest in MANIFEST["files"].items()}
    canonical = json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _verified(name: str) -> bytes:
    content = (RELEASE / name).read_bytes()
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != MANIFEST["files"][name]:
        raise RuntimeError(f"release/{name} is {found}, the manifest names {MANIFEST['files'][name]}: not served")
    return content


DIGEST = _release_digest()

# The columns' own names may hold any character, so the fields are numbered and carry the names as aliases.
Row: type[BaseModel] = create_model(
    "Row",
    __config__=ConfigDict(extra="forbid", strict=True, title=f"a row for {MANIFEST['name']}"),
    **{f"column_{i}": (FIELDS[c["dtype"]], Field(alias=c["name"])) for i, c in enumerate(SIGNATURE["inputs"])},
)


class Prediction(BaseModel):
    """The model's answer for one row."""

    label: str
    probabilities: dict[str, float]


class Predictions(BaseModel):
    """The answers in the order of the rows, and the release that gave them."""

    release: str
    predictions: list[Prediction]


class Runtime(BaseModel):
    """The release, the versions that run it, and what the processor can do: sums differ in their last bits with it."""

    release: str
    onnxruntime: str
    numpy: str
    python: str
    machine: str
    cpu_features: list[str]


@bentoml.service(name=MANIFEST["name"], workers=1, traffic={"timeout": 30})
class Model:
    """Serves one release."""

    def __init__(self) -> None:
        _verified("signature.json")
        self.session = onnxruntime.InferenceSession(_verified("model.onnx"), providers=["CPUExecutionProvider"])

    @bentoml.api
    def runtime(self) -> Runtime:
        """What the model runs on."""
        return Runtime(
            release=DIGEST,
            onnxruntime=onnxruntime.__version__,
            numpy=np.__version__,
            python=platform.python_version(),
            machine=platform.machine(),
            cpu_features=_cpu_features(),
        )

    @bentoml.api
    def predict(self, rows: list[Row]) -> Predictions:  # type: ignore[valid-type]
        """Predict raw rows; ``null`` is a missing value. A row that does not fit the signature is answered with 400."""
        if not 0 < len(rows) <= MAX_ROWS:
            raise InvalidArgument(f"rows: from 1 to {MAX_ROWS} in a request, found {len(rows)}")
        feed = {column["name"]: _column(rows, index, column) for index, column in enumerate(SIGNATURE["inputs"])}
        labels, probabilities = self.session.run([SIGNATURE["label"], SIGNATURE["probabilities"]], feed)
        predictions = [
            Prediction(label=label, probabilities=dict(zip(SIGNATURE["classes"], map(float, row), strict=True)))
            for label, row in zip(labels, probabilities, strict=True)
        ]
        return Predictions(release=DIGEST, predictions=predictions)


def _cpu_features() -> list[str]:
    """The vector instructions that Linux tells of; none elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))), [])
    return sorted(
        flag for flag in flags if flag.startswith(("sse", "avx", "fma", "f16c", "amx", "asimd", "sve", "bf16"))
    )


def _column(rows: list[Any], index: int, column: dict[str, str]) -> np.ndarray:
    values = [getattr(row, f"column_{index}") for row in rows]
    known = [MISSING[column["dtype"]] if value is None else value for value in values]
    with np.errstate(over="ignore"):
        array = np.array(known, dtype=DTYPES[column["dtype"]]).reshape(-1, 1)
    if array.dtype == np.float32 and np.isinf(array).any():
        raise InvalidArgument(f"{column['name']}: row {int(np.isinf(array).argmax())} is too large for float32")
    return array
