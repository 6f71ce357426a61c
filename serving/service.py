"""The BentoML service of any release: raw feature columns in, labels and probabilities, or values, out.

It reads everything from the sealed bundle beside it, ``release/``, and refuses to start when a file there is not the
one that the manifest names. ``lockgate package`` puts modules of Lockgate's own beside it: ``lockgate_bundle.py`` reads
and verifies the bundle, ``lockgate_rows.py`` reads the rows, ``lockgate_requests.py`` tells each request in a line, and
browsers that a page loads nothing from elsewhere.
"""

import os
import platform
from pathlib import Path
from typing import Annotated, Any

# ONNX Runtime phones home unless it is told not to before it is imported, under `bentoml serve` by hand too.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import bentoml
import lockgate_bundle
import lockgate_requests
import lockgate_rows
import numpy as np
import onnxruntime
from bentoml.exceptions import InvalidArgument
from pydantic import BaseModel, ConfigDict, WithJsonSchema, create_model

BUNDLE = lockgate_bundle.ServedBundle.open(Path(__file__).parent / "release")
FORM = BUNDLE.form()
DIGEST = BUNDLE.digest
MAX_ROWS = 10_000

# Rows are read by the code that read those that the model was judged on; the schema only tells what it takes.
SCHEMA = {"type": "array", "items": lockgate_rows.row_schema(FORM.dtypes), "minItems": 1, "maxItems": MAX_ROWS}
Rows = Annotated[list[Any], WithJsonSchema(SCHEMA)]


class Input(bentoml.IODescriptor):
    """The rows, and nothing beside them: what nobody reads is answered with 400, and so is a key that stands twice."""

    model_config = ConfigDict(extra="forbid")
    rows: Rows

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **settings: Any) -> "Input":
        """As BentoML asks for it; its own reader takes the last of several values."""
        content = json_data.encode() if isinstance(json_data, str) else bytes(json_data)
        try:
            found = lockgate_rows.read_request(content)
        except lockgate_rows.RowError as error:
            raise InvalidArgument(str(error)) from error
        return cls.model_validate(found, **settings)


Numbers = dict[str, float | None]
TOLD: dict[str, Any] = {"label": (str, ...)} if FORM.label else {"labels": (list[str], ...)}
if FORM.key == lockgate_bundle.VALUES:
    TOLD = {}
Prediction = create_model("Prediction", **TOLD, **{FORM.key: (Numbers, ...)})
Prediction.__doc__ = "The model's answer for one row."


class Predictions(BaseModel):
    """The answers in the order of the rows, and the release that gave them."""

    release: str
    predictions: list[Prediction]  # type: ignore[valid-type]  # it is made from the signature when the service starts


class Runtime(BaseModel):
    """The release, the versions that run it, and what the processor can do: sums differ in their last bits with it."""

    release: str
    onnxruntime: str
    numpy: str
    python: str
    machine: str
    cpu_features: list[str]


# BentoML's own log of requests knows no rows, and takes a quarter of the throughput.
@bentoml.service(name=BUNDLE.name, workers=1, traffic={"timeout": 30}, logging={"access": {"enabled": False}})
class Model:
    """Serves one release."""

    def __init__(self) -> None:
        BUNDLE.verify()
        model = BUNDLE.content(lockgate_bundle.MODEL)
        self.session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

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

    @bentoml.api(input_spec=Input)
    def predict(self, rows: Rows) -> Predictions:
        """Predict raw rows; ``null`` is a missing value. A row that does not fit the signature is answered with 400."""
        lockgate_requests.note_rows(len(rows))
        if not 0 < len(rows) <= MAX_ROWS:
            raise InvalidArgument(f"rows: from 1 to {MAX_ROWS} in a request, found {len(rows)}")
        try:
            feed = lockgate_rows.feed(lockgate_rows.read_rows(rows, FORM.dtypes), FORM.dtypes)
        except lockgate_rows.RowError as error:
            raise InvalidArgument(str(error)) from error
        answers = FORM.write(*self.session.run(FORM.outputs, feed))
        return Predictions(release=DIGEST, predictions=[Prediction(**each) for each in answers])


Model.add_asgi_middleware(lockgate_requests.RequestLines)
Model.add_asgi_middleware(lockgate_requests.PagesOfThisServer)


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
