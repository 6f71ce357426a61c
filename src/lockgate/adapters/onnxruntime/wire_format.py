"""What the process that runs a model and the one that asks it say to each other: msgpack, and never a pickle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from lockgate.domain.model.request_rows import FLOATS, WHOLE
from lockgate.domain.model.signature import Array
from lockgate.typed_values import to_msgpack

LENGTH = 8
NUMBERS = frozenset((*FLOATS, *WHOLE, "bool"))


@dataclass(frozen=True)
class Packed:
    """An array: its dtype, its shape, and its bytes; text as a list."""

    dtype: str
    shape: tuple[int, ...]
    content: bytes | list[str]


def pack(arrays: Mapping[str, Array]) -> dict[str, Packed]:
    """Arrays of numbers, truths or text."""
    return {name: _pack(array) for name, array in arrays.items()}


def _pack(array: Array) -> Packed:
    if array.dtype.name in NUMBERS:
        return Packed(array.dtype.name, array.shape, np.ascontiguousarray(array).tobytes())
    return Packed("string", array.shape, [str(value) for value in array.ravel()])


def unpack(packed: Mapping[str, Packed]) -> dict[str, Array]:
    """The arrays again. Raises ``ValueError`` for bytes that do not fit their shape."""
    return {name: _unpack(array) for name, array in packed.items()}


def _unpack(packed: Packed) -> Array:
    if isinstance(packed.content, bytes):
        if packed.dtype not in NUMBERS:
            raise ValueError(f"dtype {packed.dtype!r}")
        return np.frombuffer(packed.content, dtype=packed.dtype).reshape(packed.shape)
    # One text for all rows that have it: labels are few, and rows may be millions.
    known: dict[str, str] = {}
    texts = np.empty(len(packed.content), dtype=object)
    texts[:] = [known.setdefault(text, text) for text in packed.content]
    return texts.reshape(packed.shape)


def send(stream: IO[bytes], message: Any) -> None:
    """One message, with its length in front."""
    content = to_msgpack(message)
    stream.write(len(content).to_bytes(LENGTH, "big"))
    stream.write(content)
    stream.flush()
