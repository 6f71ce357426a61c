"""Identity is content: digests, and the one byte form of JSON that they are taken over."""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import partial
from io import BufferedReader
from typing import Final, Self, final

_WIDTH: Final = {"md5": 32, "sha256": 64}
_HEX: Final = set("0123456789abcdef")
_FORM: Final = re.compile(r"(?P<algorithm>[a-z0-9]+):(?P<hex>[0-9a-f]+)")


@final
class Digest:
    """An algorithm and a hexadecimal hash, written ``sha256:ab12...``; compared by value, never changed.

    Data is named by ``md5``, because that is the hash that DVC gives it; everything else by ``sha256``.
    """

    __slots__ = ("algorithm", "hex")
    algorithm: str
    hex: str

    def __init__(self, algorithm: str, hex: str) -> None:  # noqa: A002 - the field's standard name
        if len(hex) != _WIDTH.get(algorithm) or not set(hex) <= _HEX:
            raise ValueError(f"not a digest: {algorithm}:{hex}; expected sha256:<64 hex digits> or md5:<32>")
        object.__setattr__(self, "algorithm", algorithm)
        object.__setattr__(self, "hex", hex)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a digest never changes: {name}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the written form; ``Digest.parse(str(d)) == d``. Raises ``ValueError`` for any other text."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"not a digest: {text!r}; expected sha256:<64 hex digits> or md5:<32>")
        return cls(match["algorithm"], match["hex"])

    @property
    def short(self) -> str:
        """The first 12 hexadecimal digits: for people, for folder names, never for a comparison."""
        return self.hex[:12]

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    def __repr__(self) -> str:
        return f"Digest({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digest) and (self.algorithm, self.hex) == (other.algorithm, other.hex)

    def __hash__(self) -> int:
        return hash((self.algorithm, self.hex))


LEAST_DIGITS: Final = 12
"""As many as Lockgate prints where it names a digest in short."""
_START: Final = re.compile(r"(?:sha256:)?(?P<hex>[0-9a-fA-F]{1,64})")


@final
class DigestStart:
    """The start of a SHA-256 digest, as people paste it: ``sha256:`` or nothing, and 12 to 64 hexadecimal digits.

    It is written as it was given. Raises ``ValueError`` for any other text.
    """

    __slots__ = ("_hex", "_text")
    _text: str
    _hex: str

    def __init__(self, text: str) -> None:
        match = _START.fullmatch(text)
        if match is None:
            raise ValueError(f"not a digest: {text!r}; expected sha256: and at least {LEAST_DIGITS} of its digits")
        if (digits := len(match["hex"])) < LEAST_DIGITS:
            raise ValueError(f"{text!r} has {digits} digits of a digest; give at least {LEAST_DIGITS}, in quotes")
        object.__setattr__(self, "_text", text)
        object.__setattr__(self, "_hex", match["hex"].lower())

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a digest never changes: {name}")

    @property
    def whole(self) -> bool:
        """Whether it is all of a digest."""
        return len(self._hex) == _WIDTH["sha256"]

    def begins(self, digest: Digest) -> bool:
        """Whether the digest starts so."""
        return digest.algorithm == "sha256" and digest.hex.startswith(self._hex)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"DigestStart({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DigestStart) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def sha256(content: bytes) -> Digest:
    """The SHA-256 digest of bytes."""
    return Digest("sha256", hashlib.sha256(content).hexdigest())


def md5(content: bytes) -> Digest:
    """The MD5 digest of bytes: DVC's name for a file's content, not a protection against anyone."""
    return Digest("md5", hashlib.md5(content, usedforsecurity=False).hexdigest())


def digest_of_file(file: BufferedReader, algorithm: str) -> Digest:
    """The digest of what a file that is open holds, however much that is: never all of it in memory."""
    return Digest(
        algorithm, hashlib.file_digest(file, partial(hashlib.new, algorithm, usedforsecurity=False)).hexdigest()
    )


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: equal values give equal bytes. Raises ``ValueError`` for NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest_of_files(files: Mapping[str, Digest]) -> Digest:
    """One digest for a set of named files: the SHA-256 of the canonical JSON of name to digest."""
    return sha256(canonical_json({name: str(digest) for name, digest in files.items()}))
