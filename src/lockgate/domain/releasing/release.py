"""A release: the immutable bundle of a passed candidate, its manifest, and its two digests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lockgate.domain.identity import Digest, digest_of_files
from lockgate.domain.judging.deciding.verdict import Verdict
from lockgate.domain.judging.protocol.finding import Outcome, overall
from lockgate.domain.names import listed
from lockgate.domain.releasing.bundle_files import (
    CONTENT,
    MANIFEST,
    OUTSIDE,
    PROVENANCE,
    REQUIRED,
    SIGNED,
    VERDICT,
    demanded,
    is_known,
    sealed,
)
from lockgate.domain.releasing.provenance import Provenance
from lockgate.domain.releasing.signing.keys import Signer
from lockgate.errors import DocumentError, GateClosed, Refused, Undecided

__all__ = [
    "CONTENT",
    "MANIFEST",
    "PROVENANCE",
    "REQUIRED",
    "SIGNED",
    "VERDICT",
    "Manifest",
    "Provenance",
    "Release",
    "demand_passed",
    "demand_release",
    "no_release",
    "sealed",
    "verified",
]


@dataclass(frozen=True)
class Manifest:
    """The name of the model and the digest of every file in the bundle, but of itself and the signature.

    The version says which files there must be: see ``bundle_files``. A release of version 1 stays what it was.
    """

    name: str
    files: dict[str, Digest]
    schema: Literal["lockgate/release/1", "lockgate/release/2"] = "lockgate/release/2"

    @classmethod
    def of(cls, name: str, found: Mapping[str, Digest]) -> "Manifest":
        """The manifest of a bundle with these files; itself and the signature do not count."""
        return cls(name, {name: digest for name, digest in found.items() if name not in OUTSIDE})

    @property
    def content(self) -> Digest:
        """The content digest: model, signature, profile; equal wherever the same ONNX bytes are sealed."""
        return digest_of_files({name: self.files[name] for name in CONTENT})

    @property
    def release(self) -> Digest:
        """The release digest: the whole bundle, with its measurements."""
        return digest_of_files({f"{self.name}/{name}": digest for name, digest in self.files.items()})


@dataclass(frozen=True)
class Release:
    """A bundle whose every file was compared with its manifest and whose verdict is `passed` for its content.

    Only ``verified`` makes one, so whoever holds a release holds a verified one. ``signer`` is the key that
    signed it and is trusted here; ``None`` where nobody has asked, or for a release of before there were signatures.
    """

    name: str
    digest: Digest
    content: Digest
    manifest: Manifest
    verdict: Verdict
    signer: Signer | None = None

    @property
    def version(self) -> str:
        """The name that people, folders and image tags use: the first 12 digits of the release digest."""
        return self.digest.short


def verified(manifest: Manifest, found: Mapping[str, Digest], verdict: Verdict) -> Release:
    """Turn a manifest into a release, or raise ``DocumentError`` or ``GateClosed`` with the first thing that is wrong.

    ``found`` are the digests of the files that really are in the bundle; manifest and signature do not count.
    """
    _demand_files(manifest, found)
    demand_passed(verdict, manifest.content)
    _demand_evidence(manifest, verdict)
    return Release(manifest.name, manifest.release, manifest.content, manifest, verdict)


def no_release(version: str) -> DocumentError:
    """A store has no release of that version."""
    return DocumentError(f"there is no release {version}", hint="seal it, or fetch it: lockgate release")


def demand_release(digest: Digest, manifest: Manifest, found: Mapping[str, Digest]) -> None:
    """Raise ``DocumentError`` unless these files are the release of that digest; what its verdict says is not asked."""
    _demand_files(manifest, found)
    if manifest.release != digest:
        raise DocumentError(
            f"release {manifest.name}: it is {manifest.release}, not {digest}",
            hint="take the release from where it was published, or seal it again",
        )


def demand_passed(verdict: Verdict, content: Digest) -> None:
    """Raise unless the verdict is `passed` for exactly this content digest."""
    if verdict.content != content or verdict.candidate.content != content:
        raise Undecided(
            f"the verdict is about {verdict.content.short}, not about {content.short}",
            hint="judge this candidate: lockgate gate",
        )
    if verdict.outcome is Outcome.PASSED and overall(verdict.findings) is not Outcome.PASSED:
        raise Undecided(
            f"the verdict on {content.short} says passed, its findings do not",
            hint="it was changed by hand; judge again: lockgate gate",
        )
    if verdict.outcome is not Outcome.PASSED:
        kinds: dict[Outcome, type[GateClosed]] = {Outcome.REFUSED: Refused}
        reasons = listed((f"{f.gate}: {f.message}" for f in verdict.blocking), "; ")
        raise kinds.get(verdict.outcome, Undecided)(
            f"the verdict on {content.short} is {verdict.outcome}: {reasons}", hint="see: lockgate status"
        )


def _demand_files(manifest: Manifest, found: Mapping[str, Digest]) -> None:
    where, there = f"release {manifest.name}", set(found) - OUTSIDE
    if missing := sorted((demanded(manifest.schema) - set(manifest.files)) | (set(manifest.files) - there)):
        raise DocumentError(f"{where}: missing {listed(missing)}", hint="seal it again: lockgate release")
    if extra := sorted(there - set(manifest.files)):
        raise DocumentError(f"{where}: not in the manifest: {listed(extra)}", hint="remove what was added")
    if unknown := sorted(name for name in manifest.files if not is_known(name)):
        raise DocumentError(
            f"{where}: {listed(unknown)}: no release of this Lockgate holds a file called so",
            hint="take the release from where it was published, or read it with a newer Lockgate",
        )
    for name, digest in manifest.files.items():
        if found[name] != digest:
            raise DocumentError(
                f"{where}: {name} was changed: {found[name]} instead of {digest}",
                hint="take the release from where it was published, or seal it again",
            )


def _demand_evidence(manifest: Manifest, verdict: Verdict) -> None:
    for kind, name in {kind: sealed(kind) for kind in (*REQUIRED, *verdict.evidence)}.items():
        if kind not in verdict.evidence or verdict.evidence[kind] != manifest.files.get(name):
            raise Undecided(
                f"the verdict was not drawn from {name} of this bundle", hint="judge it again: lockgate gate"
            )
