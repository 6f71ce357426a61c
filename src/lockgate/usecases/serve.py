"""``lockgate serve``: serve a package on this machine, and prove that it answers what was judged."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lockgate.domain.candidate import MODEL, PROFILE, SIGNATURE
from lockgate.domain.profile import Profile
from lockgate.domain.signature import Signature
from lockgate.errors import ToolError
from lockgate.ports import Package, Running, Runtime, Server
from lockgate.usecases.project import Project
from lockgate.usecases.releases import open_release


@dataclass(frozen=True)
class Prediction:
    """A row, and what the server answered for it."""

    row: Mapping[str, object]
    label: str
    probabilities: Mapping[str, float]
    release: str


def serve(project: Project, package: Package, server: Server, host: str, port: int) -> AbstractContextManager[Running]:
    """Start the package. Opening its release demands a `passed` verdict for exactly its content."""
    open_release(project, package.release)
    return server.start(package, host, port)


def predict_typical(project: Project, folder: Path, running: Running, runtime: Runtime) -> Prediction:
    """Ask the server for the profile's typical row. Raises ``ToolError`` unless it answers as the judged model does."""
    row = project.documents.read(folder / PROFILE, Profile).typical_row()
    answer = running.predict([row])
    prediction = _parse(row, answer)
    expected = _judged_answer(project, folder, row, runtime)
    if any(
        not np.isclose(prediction.probabilities[name], value, rtol=0, atol=1e-6) for name, value in expected.items()
    ):
        raise ToolError(
            f"the server answers {dict(prediction.probabilities)}, the judged model {expected}",
            hint="it does not serve what was judged: package the release again",
        )
    return prediction


def _parse(row: Mapping[str, object], answer: Mapping[str, object]) -> Prediction:
    try:
        first = _only(answer["predictions"])
        return Prediction(
            row,
            str(first["label"]),
            {str(k): float(v) for k, v in first["probabilities"].items()},
            str(answer["release"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolError(f"the server's answer is not a prediction: {answer}", hint="see serving/service.py") from error


def _judged_answer(project: Project, folder: Path, row: Mapping[str, object], runtime: Runtime) -> dict[str, float]:
    signature = project.documents.read(folder / SIGNATURE, Signature)
    columns = {
        c.name: np.array([row[c.name]], dtype=object if c.dtype == "string" else np.float64) for c in signature.inputs
    }
    (probabilities,) = runtime.open(folder / MODEL, signature).run(columns)[signature.probabilities]
    return dict(zip(signature.classes, map(float, probabilities), strict=True))


def _only(predictions: object) -> Mapping[str, Any]:
    if not isinstance(predictions, list) or len(predictions) != 1:
        raise ValueError("one row was asked for")
    only: Mapping[str, Any] = predictions[0]
    return only
