"""Keys that sign releases: which are trusted, by whom, and since when; the file ``deploy/keys.yaml``."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from lockgate.domain.identity import Digest, sha256

HEADING: Final = """\
# The keys that may sign releases of this repository: what is committed counts.
# Written by: lockgate keys trust, rotate, revoke
"""


@dataclass(frozen=True)
class TrustedKey:
    """A public key, and what became of it.

    ``public`` is an elliptic-curve public key in PEM, as `openssl ec -pubout` writes it; the fingerprint is the SHA-256
    of that text. What a ``retired`` key signed still verifies, and it signs nothing new. What a ``revoked`` key signed
    never verifies, whenever that was.
    """

    name: str
    fingerprint: Digest
    public: str
    since: date | None = None
    retired: date | None = None
    revoked: date | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError("a key needs a name of one line")
        if self.fingerprint != fingerprint_of(self.public):
            raise ValueError(f"the fingerprint of {self.name} is not that of its key")
        if self.revoked is not None and not self.reason.strip():
            raise ValueError(f"{self.name} is revoked without a reason")

    @property
    def signs(self) -> bool:
        """Whether it may sign something new."""
        return self.retired is None and self.revoked is None


def fingerprint_of(public: str) -> Digest:
    """The SHA-256 of a public key's PEM text: what a signature calls its key by."""
    return sha256(public.encode())


@dataclass(frozen=True)
class Keys:
    """The keys that a repository trusts; no two of one name, none twice."""

    keys: tuple[TrustedKey, ...] = ()
    schema: Literal["lockgate/keys/1"] = "lockgate/keys/1"

    EMPTY_KEYS = False
    """A key with nothing after it is an error: only one that is left out means none."""

    def __post_init__(self) -> None:
        every = [*(key.name for key in self.keys), *(str(key.fingerprint) for key in self.keys)]
        if twice := next((one for one in every if every.count(one) > 1), None):
            raise ValueError(f"{twice} stands there twice")

    def of(self, fingerprint: Digest) -> TrustedKey | None:
        """The key of that fingerprint, retired and revoked ones too."""
        return next((key for key in self.keys if key.fingerprint == fingerprint), None)

    def called(self, name: str) -> TrustedKey | None:
        """The key of that name, or whose fingerprint starts so, where it is one alone."""
        start = name.removeprefix("sha256:").lower()
        by_start = [key for key in self.keys if len(start) >= LEAST and key.fingerprint.hex.startswith(start)]
        by_name = next((key for key in self.keys if key.name == name), None)
        return by_name or (by_start[0] if len(by_start) == 1 else None)

    def with_key(self, key: TrustedKey) -> "Keys":
        """The same with this key, in the place of the one of its fingerprint."""
        others = tuple(each for each in self.keys if each.fingerprint != key.fingerprint)
        return replace(self, keys=(*others, key))

    @property
    def written(self) -> bytes:
        """The file ``deploy/keys.yaml`` of these keys, in its one written form."""
        entries = "".join(map(_entry, self.keys))
        return f"{HEADING}schema: {self.schema}\nkeys:{chr(10) + entries if entries else ' []' + chr(10)}".encode()


def _entry(key: TrustedKey) -> str:
    days = {"since": key.since, "retired": key.retired, "revoked": key.revoked}
    told = [f"{name}: {day.isoformat()}" for name, day in days.items() if day is not None]
    told += [f"reason: {json.dumps(key.reason, ensure_ascii=False)}"] if key.reason else []
    public = key.public.rstrip("\n").replace("\n", "\n      ")
    head = f"  - name: {json.dumps(key.name, ensure_ascii=False)}\n    fingerprint: {key.fingerprint}\n"
    return head + f"    public: |\n      {public}\n" + "".join(f"    {line}\n" for line in told)


LEAST: Final = 8
"""Digits of a fingerprint that name a key."""


@dataclass(frozen=True)
class Signer:
    """Who signed a release: the key by its name and fingerprint.

    ``committed`` says that a commit of the repository names it; otherwise it is a key of whoever asks, and trusted by
    nobody else.
    """

    name: str
    fingerprint: Digest
    committed: bool
    retired: bool = False


def signer_of(fingerprint: Digest, committed: Keys, own: Keys) -> tuple[TrustedKey | None, Signer | None, str]:
    """The key, whether it is trusted, and otherwise why it is not.

    What either says of a revoked key holds, whatever the other says.
    """
    theirs, ours = committed.of(fingerprint), own.of(fingerprint)
    if (revoked := _revoked(theirs, ours)) is not None:
        why = f"the key {revoked.name} was revoked on {revoked.revoked}: {revoked.reason}"
        return revoked, None, why
    if (key := theirs or ours) is None:
        count = len(committed.keys)
        named = "another key" if count == 1 else f"{count} other keys" if count else "no key"
        why = f"it is signed by a foreign key, {fingerprint.short}; the repository names {named}"
        return None, None, why
    return key, Signer(key.name, fingerprint, theirs is not None, key.retired is not None), ""


def _revoked(*keys: TrustedKey | None) -> TrustedKey | None:
    return next((key for key in keys if key is not None and key.revoked is not None), None)


def first_of(keys: Iterable[TrustedKey]) -> TrustedKey | None:
    """The key that signs where several could: the one that is the youngest."""
    able = [key for key in keys if key.signs]
    return max(able, key=lambda key: (key.since or date.min, key.name), default=None)
