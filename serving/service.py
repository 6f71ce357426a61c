"""The BentoML service of any release: raw feature columns in, labels and probabilities out.

It reads everything from the sealed bundle beside it, ``release/``, and refuses to start when the model there is not
the one that the manifest names. ``lockgate package`` puts ``lockgate_rows.py`` beside it, which reads the rows, and
``lockgate_requests.py``, which tells each request in a line.
"""

import hashlib
import json
import os
import platform
from pathlib import Path
from typing import Annotated, Any

# ONNX Runtime phones home unless it is told not to before it is imported, under `bentoml serve` by hand too.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import bentoml
import lockgate_requests
import lockgate_rows
import numpy as np
import onnxruntime
from bentoml.exceptions import InvalidArgument
from pydantic import BaseModel, WithJsonSchema

RELEASE = Path(__file__).parent / "release"
MANIFEST = json.loads((RELEASE / "manifest.json").read_text(encoding="utf-8"))
SIGNATURE = json.loads((RELEASE / "signature.json").read_text(encoding="utf-8"))
DTYPES = {column["name"]: column["dtype"] for column in SIGNATURE["inputs"]}
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

# Rows are read by the code that read those that the model was judged on; the schema only tells what it takes.
SCHEMA = {"type": "array", "items": lockgate_rows.row_schema(DTYPES), "minItems": 1, "maxItems": MAX_ROWS}
Rows = Annotated[list[Any], WithJsonSchema(SCHEMA)]


class Prediction(BaseModel):
    """The model's answer for one row."""

    label: str
    probabilities: dict[str, float | None]


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


# BentoML's own log of requests knows no rows, and takes a quarter of the throughput.
@bentoml.service(name=MANIFEST["name"], workers=1, traffic={"timeout": 30}, logging={"access": {"enabled": False}})
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
    def predict(self, rows: Rows) -> Predictions:
        """Predict raw rows; ``null`` is a missing value. A row that does not fit the signature is answered with 400."""
        lockgate_requests.note_rows(len(rows))
        if not 0 < len(rows) <= MAX_ROWS:
            raise InvalidArgument(f"rows: from 1 to {MAX_ROWS} in a request, found {len(rows)}")
        try:
            feed = lockgate_rows.feed(lockgate_rows.read_rows(rows, DTYPES), DTYPES)
        except lockgate_rows.RowError as error:
            raise InvalidArgument(str(error)) from error
        labels, probabilities = self.session.run([SIGNATURE["label"], SIGNATURE["probabilities"]], feed)
        predictions = [
            Prediction(label=label, probabilities=dict(zip(SIGNATURE["classes"], map(_number, row), strict=True)))
            for label, row in zip(labels, probabilities, strict=True)
        ]
        return Predictions(release=DIGEST, predictions=predictions)


Model.add_asgi_middleware(lockgate_requests.RequestLines)


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


def _number(value: np.floating[Any]) -> float | None:
    """A probability; ``null`` for one that is no number, which JSON does not have."""
    return float(value) if np.isfinite(value) else None
