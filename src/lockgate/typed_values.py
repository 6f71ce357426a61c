"""Values of a class in JSON and MessagePack, one thread at a time: the only place that asks msgspec about classes.

msgspec keeps with a class what it has learnt of it, and crashes the interpreter where two threads meet a new class at
once. It holds Python's own lock for the rest of its work, so that nobody waits longer here.
"""

import functools
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")
Hook: TypeAlias = Callable[[type, Any], Any]
"""What makes a value of a class that msgspec does not know. Raises ``ValueError``."""
Written: TypeAlias = Callable[[Any], Any]
"""What it is written as. Raises ``TypeError``."""
_ONE_AT_A_TIME = threading.RLock()


def to_json(value: object, hook: Written | None = None) -> bytes:
    """Fields in the order of the class, without spaces."""
    with _ONE_AT_A_TIME:
        return msgspec.json.encode(value, enc_hook=hook)


def indented(content: bytes) -> bytes:
    """JSON as people read it."""
    return msgspec.json.format(content, indent=2)


def from_json(content: bytes, kind: Any = Any) -> Any:
    """A value of that class. Raises ``msgspec.DecodeError``, of another form ``msgspec.ValidationError``."""
    with _ONE_AT_A_TIME:
        return msgspec.json.decode(content, type=kind)


def to_builtins(value: object, hook: Written | None = None) -> Any:
    """The same in Python's own types."""
    with _ONE_AT_A_TIME:
        return msgspec.to_builtins(value, enc_hook=hook)


def from_builtins(value: object, kind: type[T], hook: Hook | None = None) -> T:
    """A value of that class. Raises ``msgspec.ValidationError``."""
    with _ONE_AT_A_TIME:
        return msgspec.convert(value, kind, dec_hook=hook)


def to_msgpack(value: object) -> bytes:
    """The shortest form, for a process of our own."""
    with _ONE_AT_A_TIME:
        return msgspec.msgpack.encode(value)


def from_msgpack(content: bytes, kind: Any, hook: Hook | None = None) -> Any:
    """A value of that class. Raises ``msgspec.MsgspecError``."""
    with _ONE_AT_A_TIME:
        return _reader(kind, hook).decode(content)


@functools.cache
def _reader(kind: Any, hook: Hook | None) -> Any:
    """A worker reads thousands of messages, and to learn of a class takes longer than to read one."""
    return msgspec.msgpack.Decoder(kind, dec_hook=hook)


def schemas(kinds: Iterable[Any], references: str, hook: Callable[[type], dict[str, Any]] | None = None) -> Any:
    """JSON Schemas of classes, and the definitions that they refer to; ``references`` has ``{name}`` for each."""
    with _ONE_AT_A_TIME:
        return msgspec.json.schema_components(kinds, schema_hook=hook, ref_template=references)
