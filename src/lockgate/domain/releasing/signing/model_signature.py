"""The signature of a bundle, ``model.sig``, as OpenSSF's `model-signing` writes it: a Sigstore bundle of one envelope.

One statement has one written form: bytes that other tools would read as the same are refused here, so that no bit of
the file can be changed. That the signature is of the key is not asked here.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lockgate.domain.identity import Digest, sha256
from lockgate.domain.releasing.bundle_files import SIGNED
from lockgate.errors import DocumentError

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://model_signing/signature/v1.0"
MOST_BYTES: Final = 2**20
"""Of a signature: a bundle of a thousand files has a quarter of that."""
AGAIN: Final = "sign the release again: lockgate keys sign RELEASE"


@dataclass(frozen=True)
class ModelSignature:
    """The fingerprint of the key that is said to have signed, what was signed, and the signature of it (DER)."""

    key: Digest
    payload: bytes
    signature: bytes

    @property
    def message(self) -> bytes:
        """The bytes that the key signed: the envelope's pre-authentication encoding (DSSE)."""
        return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(self.payload), self.payload)

    @property
    def written(self) -> bytes:
        """The one written form."""
        envelope = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(self.signature).decode(), "keyid": ""}],
        }
        material = {"publicKey": {"hint": self.key.hex}, "tlogEntries": []}
        document = {"mediaType": MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}
        return json.dumps(document, separators=(",", ":")).encode()


def parse_signature(content: bytes) -> ModelSignature:
    """Read a signature. Raises ``DocumentError`` for what is none, and for any but the one written form."""
    if len(content) > MOST_BYTES:
        raise _odd(f"it has {len(content)} bytes, at most {MOST_BYTES} are taken")
    try:
        document = json.loads(content)
        key = Digest("sha256", document["verificationMaterial"]["publicKey"]["hint"])
        envelope = document["dsseEnvelope"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        found = ModelSignature(key, payload, base64.b64decode(envelope["signatures"][0]["sig"], validate=True))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise _odd("it is no signature by a key") from error
    if found.written != content:
        raise _odd("it is not in its one written form: bytes were added or changed")
    return found


def signed_files(signature: ModelSignature) -> dict[str, Digest]:
    """The digest of each file by its name, as they were signed. Raises ``DocumentError`` for another statement."""
    try:
        return _files(json.loads(signature.payload, object_pairs_hook=_no_twins))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _odd(f"what is signed is no statement about files: {error}") from error


def _files(statement: Mapping[str, Any]) -> dict[str, Digest]:
    predicate, (subject,) = statement["predicate"], statement["subject"]
    if (statement["_type"], statement["predicateType"]) != (STATEMENT, PREDICATE):
        raise ValueError("it is of another type")
    how = predicate["serialization"]
    if (how["method"], how["hash_type"], how["allow_symlinks"]) != ("files", "sha256", False):
        raise ValueError("the files were hashed otherwise")
    resources = predicate["resources"]
    files = {each["name"]: Digest(each["algorithm"], each["digest"]) for each in resources}
    if len(files) != len(resources) or any(digest.algorithm != "sha256" for digest in files.values()):
        raise ValueError("a file stands there twice, or without its SHA-256")
    root = sha256(b"".join(bytes.fromhex(each["digest"]) for each in resources))
    if subject["digest"] != {"sha256": root.hex}:
        raise ValueError("its own digest is not that of its files")
    return files


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def differences(signed: Mapping[str, Digest], found: Mapping[str, Digest]) -> tuple[str, ...]:
    """Every file that is not as it was signed, in words; ``found`` are all files of the bundle but the signature."""
    names = sorted({*signed, *found})
    why: Callable[[str], str] = lambda name: (  # noqa: E731
        "was not signed" if name not in signed else "was signed, and is missing" if name not in found else "was changed"
    )
    return tuple(f"{name} {why(name)}" for name in names if signed.get(name) != found.get(name))


def _odd(why: str) -> DocumentError:
    return DocumentError(f"{SIGNED}: {why}", hint=AGAIN)
