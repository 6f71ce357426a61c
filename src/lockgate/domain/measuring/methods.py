"""How each kind of evidence is measured: a number that we raise by hand, and the libraries whose versions count.

Evidence carries the method that measured it as one text, such as ``3, onnxruntime 1.32.0, numpy 2.4.6``. Stages that
measure depend on it by a line each in ``measuring.yaml``, and those that export on the number of the export; stages
that prepare or train depend on none of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

FILE: Final = "measuring.yaml"
"""What the stages of a project measure with: DVC takes it for a file of params."""
HEADING: Final = """\
# What the checks of this project measure with. `lockgate run` writes it; commit it with dvc.lock. A check whose line
# changes runs again, and so does an export. To edit it changes no verdict: evidence says by itself what measured it.
"""
MODEL: Final = ("onnxruntime", "numpy")
"""The libraries behind what is asked of the ONNX model."""


@dataclass(frozen=True)
class Method:
    """The number is raised when the same model, rows and libraries would give another measurement than before."""

    number: int
    libraries: tuple[str, ...] = ()


METHODS: Final[Mapping[str, Method]] = {
    "tests": Method(1),
    "accuracy": Method(1, MODEL),
    "parity": Method(1, MODEL),
    "data": Method(3, ("numpy",)),
    "explanation": Method(2, MODEL),
    "robustness": Method(2, MODEL),
    "latency": Method(1, MODEL),
    "reference": Method(1, ("interpret-core", "numpy")),
    "packaged": Method(1, MODEL),
}
"""Every kind of evidence. Where the values of ``tests/unit/golden/measured/<kind>.json`` change, so does its number."""
EXPORT: Final = "export"
EXPORTING: Final = Method(2)
"""How a model is exported. The number is raised where what was exported before is another file now, or is refused."""
_WORD = re.compile(r"\d+(, [\w.-]+ [^\s,]+)*")


def method_of(kind: str, versions: Mapping[str, str]) -> str:
    """The method of a kind as evidence carries it: the number alone where one of its libraries is not installed."""
    method = EXPORTING if kind == EXPORT else METHODS[kind]
    whole = set(method.libraries) <= set(versions)
    named = (f"{name} {versions[name]}" for name in method.libraries) if whole else ()
    return ", ".join((str(method.number), *named))


def with_libraries(word: str, versions: Mapping[str, str]) -> str:
    """The method with more that it measures with: a metric or a probe that somebody else's package brings."""
    return ", ".join((word, *(f"{name} {version}" for name, version in versions.items())))


def number_of(method: str) -> int:
    """The number of a method; evidence that does not say how it was measured is of the first."""
    return int(method.partition(",")[0]) if is_word(method) else 1


def otherwise(measured: str, here: str) -> bool:
    """Whether something was measured by another method than that of here.

    What does not say how it was measured is not compared, nor are versions where this environment could not measure.
    """
    return bool(measured and here) and next(_differences(measured, here), None) is not None


def told(measured: str, here: str) -> tuple[str, str]:
    """What differs, then and here: ``onnxruntime 1.31.0``, ``1.32.0``. Both are empty where nothing does."""
    differences = list(_differences(measured, here))
    then = " and ".join(f"{name} {before}" if before else f"no {name}" for name, before, _ in differences)
    named = differences if len(differences) > 1 else [("", before, now) for _, before, now in differences]
    return then, " and ".join(f"{name} {now}".strip() for name, _, now in named)


def is_word(value: object) -> bool:
    """Whether a value is a method as ``method_of`` writes it."""
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def as_yaml(words: Mapping[str, str]) -> str:
    """The content of ``measuring.yaml``."""
    return HEADING + "".join(f'{kind}: "{word}"\n' for kind, word in words.items())


def _differences(measured: str, here: str) -> Iterator[tuple[str, str, str]]:
    then, now = _parts(measured), _parts(here)
    for name, version in now.items():
        if then.get(name) != version:
            yield name, then.get(name, ""), version


def _parts(word: str) -> dict[str, str]:
    number, *libraries = word.split(", ")
    return {"method": number} | {name: version for name, _, version in (each.partition(" ") for each in libraries)}
