"""Loads scikit-learn objects through skops, never by unpickling."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lockgate.adapters.sklearn.skops_import import UntrustedTypesFoundException, own_trust, skops_io
from lockgate.adapters.sklearn.sound_indices import demand_sound, members
from lockgate.adapters.sklearn.trusted_types import is_trusted, trusted_among
from lockgate.domain.names import listed
from lockgate.errors import ModelError

NOT_TRUSTED = "holds what is not scikit-learn's own, and is not loaded"
BOOSTED = {
    package: f"hand the model over by itself, Trained({tool!r}, ...), and what stands before it as its preprocessing:"
    f" save_{tool}(pipeline[-1], ...) and save_preprocessing(pipeline[:-1], ...)"
    for package, tool in (("xgboost", "xgboost"), ("lightgbm", "lightgbm"))
}
"""What is said of a pipeline that ends in a model of theirs."""


def load(path: Path) -> Any:
    """What lies in the file. Raises ``ModelError`` for one that is not what it says."""
    try:
        content = path.read_bytes()
        with own_trust():
            names = skops_io.get_untrusted_types(data=content)
            loaded = skops_io.loads(content, trusted=trusted_among(names))
        demand_sound(loaded)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: missing", hint="train it: lockgate run") from error
    except UntrustedTypesFoundException as error:
        strange = [name for name in names if not is_trusted(name)]
        raise ModelError(f"{path}: {NOT_TRUSTED}: {listed(strange)}", hint=_way_out(strange)) from error
    except Exception as error:
        raise ModelError(
            f"{path}: not a scikit-learn model in skops form: {error}", hint="train it again: lockgate run"
        ) from error
    return loaded


def _way_out(names: Sequence[str]) -> str:
    """What to do about names that are not trusted."""
    for package, way in BOOSTED.items():
        if any(name.startswith(f"{package}.") for name in names):
            return way
    if any(name.startswith(("sklearn.", "numpy.", "scipy.", "builtins.")) for name in names):
        return "skops would run it with what the file says; leave it out of the fitted pipeline: docs/estimators.md"
    return "use scikit-learn's own steps in the pipeline, or hand over the model as ONNX: docs/estimators.md"


def parts(estimator: Any) -> Iterator[Any]:
    """An estimator and all that it is made of."""
    yield estimator
    inner = [step for _, step in getattr(estimator, "steps", [])]
    inner += [transformer for _, transformer, _ in getattr(estimator, "transformers_", [])]
    inner += members(estimator)
    if (regressor := getattr(estimator, "regressor_", None)) is not None and not hasattr(regressor, "steps"):
        inner.append(regressor)  # that of a transformed target: it takes the same features
    for part in inner:
        yield from parts(part)
