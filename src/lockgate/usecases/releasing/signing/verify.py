"""``lockgate verify``: look at everything in a bundle, and name every difference from what was sealed and signed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.bundle_files import MANIFEST, SIGNED, VERSIONS
from lockgate.domain.releasing.release import Manifest
from lockgate.domain.releasing.safe_names import shown
from lockgate.domain.releasing.signing.keys import Signer
from lockgate.domain.releasing.signing.verification import (
    Difference,
    Verification,
    file_differences,
    name_differences,
    state_of,
)
from lockgate.errors import InputError
from lockgate.usecases.project.trust import UNSIGNED, check_signature
from lockgate.usecases.releasing.signing.verdict_follows import Bench, Judged, content_of, judge_sealed, told_inside


@dataclass(frozen=True)
class Asked:
    """How a REF was given, the release that it is said to be, and whether an unsigned one of before is taken.

    ``left`` are files that lie where the bundle was copied from and can lie in none, and why.
    """

    text: str
    digest: Digest | None = None
    allow_unsigned: bool = False
    today: date | None = None
    left: Mapping[str, str] = field(default_factory=dict)


def verify_bundle(bench: Bench, folder: Path, asked: Asked) -> Verification:
    """What the bundle in a folder is, whatever is wrong with it. Changes nothing."""
    found, odd = bench.files.inventory(folder)
    differences = [*name_differences(found, odd)]
    differences += [Difference("unsafe", shown(name), f"{shown(name)}: {why}") for name, why in asked.left.items()]
    manifest, problem = _manifest(bench, folder, found)
    differences += [problem] if problem else []
    if manifest is not None:
        differences += file_differences(manifest, found)
        if asked.digest is not None and manifest.release != asked.digest:
            told = f"it is release {manifest.release.short}, {asked.text} is said to be {asked.digest.short}"
            differences.append(Difference("other", MANIFEST, told))
    files = {name: digest for name, digest in found.items() if name != SIGNED}
    checked = check_signature(bench.store, bench.keyring, folder, files, (bench.committed, bench.own))
    before = checked.unsigned and manifest is not None and manifest.schema == VERSIONS[0]
    if not before:
        differences += [Difference("signature", SIGNED, why) for why in checked.problems]
    judged = judge_sealed(bench, folder, manifest) if manifest is not None else Judged()
    differences += judged.differences
    named = before and manifest is not None and bench.named(manifest.release)
    every = tuple(dict.fromkeys(differences))
    return Verification(
        asked.text,
        state_of(every, checked.signer, vouched=before and (named or asked.allow_unsigned)),
        "" if manifest is None else manifest.name,
        None if manifest is None else manifest.release,
        None if manifest is None else content_of(manifest),
        checked.signer,
        every,
        judged.again,
        judged.taken,
        (
            *_of_signer(checked.signer),
            *([_unsigned(named=named, shallow=bench.shallow)] if before else []),
            *judged.notes,
            *_expired(judged, asked),
        ),
    )


def _manifest(bench: Bench, folder: Path, found: "dict[str, Digest]") -> tuple[Manifest | None, Difference | None]:
    if MANIFEST not in found:
        return None, Difference("missing", MANIFEST, f"{MANIFEST} is missing: it names every other file")
    try:
        manifest = bench.documents.read(folder / MANIFEST, Manifest)
    except InputError as error:
        return None, Difference("form", MANIFEST, told_inside(error.message, folder))
    if bench.documents.digest(manifest) != found[MANIFEST]:
        return manifest, Difference("form", MANIFEST, f"{MANIFEST} is not in its one written form: bytes were changed")
    return manifest, None


def _of_signer(signer: Signer | None) -> Iterator[str]:
    if signer is not None and not signer.committed:
        yield f"the key {signer.name} is your own: nobody else trusts it before a commit names it: lockgate keys trust"
    if signer is not None and signer.retired:
        yield f"the key {signer.name} is retired: it signs nothing new"


def _unsigned(*, named: bool, shallow: bool) -> str:
    why = "a commit has named it by its digest" if named else "no commit has named it"
    if shallow and not named:
        why = "no commit in this shallow clone has named it: git fetch --unshallow"
    return f"{UNSIGNED}: it was made before releases were signed, and {why}"


def _expired(judged: Judged, asked: Asked) -> Iterator[str]:
    """An expired waiver stops new promotions, and no release that was made under it."""
    today = asked.today
    for waiver in judged.verdict.waivers if judged.verdict and today else ():
        if waiver.expires is not None and today is not None and waiver.expires < today:
            told = f"its waiver of {waiver.gate} by {waiver.name} expired on {waiver.expires}"
            yield f"{told}: it is promoted nowhere new"
