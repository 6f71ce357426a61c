"""``lockgate keys``: the keys that sign releases, and whom this repository trusts."""

from dataclasses import dataclass, replace
from pathlib import Path

from lockgate.domain.releasing.release import Release
from lockgate.domain.releasing.signing.keys import Keys, TrustedKey, fingerprint_of
from lockgate.errors import Refused, SettingsError
from lockgate.ports import Clock
from lockgate.usecases.project.events import Tell
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import fetch_release, open_release, read_release
from lockgate.usecases.project.stored.elsewhere import elsewhere
from lockgate.usecases.project.trust import committed_keys
from lockgate.usecases.releasing.references import as_named, find_reference
from lockgate.usecases.releasing.store.publish import publish

COMMIT = 'git add deploy/keys.yaml && git commit -m "Trust these keys"'


@dataclass(frozen=True)
class KeyReport:
    """The keys of the latest commit, those that the file here names and no commit does, and the user's own.

    ``signing`` is the fingerprint of the key that signs here, empty where the first delivery will make one; ``where``
    the own keys lie.
    """

    committed: tuple[TrustedKey, ...]
    uncommitted: tuple[TrustedKey, ...]
    own: tuple[TrustedKey, ...]
    signing: str
    where: str


def report_keys(project: Project) -> KeyReport:
    """Every key that is known here."""
    committed, here, ring = committed_keys(project), _keys_here(project), project.keyring
    signing = ring.signing()
    return KeyReport(
        committed.keys,
        tuple(key for key in here.keys if key not in committed.keys),
        ring.own().keys,
        "" if signing is None else str(signing.fingerprint),
        ring.where,
    )


def trust_key(project: Project, key: str | None, name: str | None, clock: Clock) -> TrustedKey:
    """Write a key into ``deploy/keys.yaml``: a file with a public key, one of the user's own, or the one that signs.

    Nothing is trusted before it is committed. Trusting a key twice changes nothing. Raises ``SettingsError`` for a
    revoked key, and for a name that another key has.
    """
    here, found = _keys_here(project), _found(project, key)
    there = here.of(found.fingerprint)
    if there is not None and there.revoked is not None:
        raise SettingsError(
            f"{there.name} was revoked on {there.revoked}: {there.reason}",
            hint="make another key: lockgate keys rotate --name NAME",
        )
    if there is not None:
        return there
    trusted = TrustedKey(name or found.name, found.fingerprint, found.public, clock.today())
    if here.called(trusted.name) is not None:
        raise SettingsError(f"another key is called {trusted.name}", hint="give this one another name: --name NAME")
    _write(project, here.with_key(trusted))
    return trusted


def rotate_key(project: Project, old: str | None, name: str, clock: Clock) -> tuple[TrustedKey, TrustedKey]:
    """A new own key in the place of one that signs; the old and the new one.

    What the old one signed still verifies. Run again after it was interrupted, it ends what was begun.
    """
    own, here = project.keyring.own(), _keys_here(project)
    before = own.called(old) if old else project.keyring.signing()
    if before is None or own.of(before.fingerprint) is None:
        raise SettingsError(f"you have no key {old or 'that signs'}", hint="see: lockgate keys list")
    new = own.called(name) or project.keyring.make(name)
    if new.fingerprint == before.fingerprint or not new.signs:
        raise SettingsError(
            f"{name} is the old key, or signs no more", hint="give the new one another name: --name NAME"
        )
    today = clock.today()
    there = here.of(before.fingerprint) or replace(before, since=before.since or today)
    retired = there if there.retired else replace(there, retired=today, reason=there.reason or f"rotated to {name}")
    # Where the repository names no key yet, the first promotion names the new one.
    if here.keys:
        _write(project, here.with_key(retired).with_key(here.of(new.fingerprint) or replace(new, since=today)))
    if before.retired is None:
        project.keyring.retire(before.name)
    return retired, new


def revoke_key(project: Project, key: str, reason: str, clock: Clock) -> TrustedKey:
    """What a key signed verifies no more, for nobody who has the commit; the user's own one is destroyed.

    Releases that it signed are signed again by another key, and keep their digests.
    """
    if not reason.strip():
        raise SettingsError("a revocation needs a reason", hint="lockgate keys revoke KEY --reason TEXT")
    here, own = _keys_here(project), project.keyring.own()
    found = here.called(key) or own.called(key) or _found(project, key)
    there = here.of(found.fingerprint) or found
    revoked = there if there.revoked else replace(there, revoked=clock.today(), reason=" ".join(reason.split()))
    _write(project, here.with_key(revoked))
    ours = own.of(found.fingerprint)
    if ours is not None and ours.revoked is None:
        project.keyring.revoke(ours.name, reason)
    return revoked


def sign_again(instruments: Instruments, text: str, tell: Tell) -> tuple[Release, TrustedKey]:
    """Sign a release anew, here and in the store. Its files are compared first, and its digest stays.

    A folder that is named is signed where it lies, and goes nowhere.
    """
    project, found = instruments.project(), find_reference(instruments, text)
    folder, named = found.folder, as_named(found)
    if folder is None and named is not None:
        folder = fetch_release(project, named, elsewhere(instruments))
    if folder is None:
        raise SettingsError(f"{found.words} does not lie here", hint="sign it where it lies")
    read_release(project, folder)
    key = project.keyring.sign(folder)
    release = open_release(project, folder)
    if found.folder is None:
        publish(instruments, release, folder, tell)
    return release, key


def demand_known_signer(project: Project, release: Release, revision: str = "HEAD") -> None:
    """Raise ``Refused`` where the repository names keys, and not the one that signed this release.

    A key of one's own opens a release for oneself; what everybody shall serve is signed by one that everybody trusts.
    """
    signer = release.signer
    if signer is None or signer.committed or not (keys := committed_keys(project, revision)).keys:
        return
    names = ", ".join(key.name for key in keys.keys if key.signs) or "none that may sign"
    raise Refused(
        f"release {release.version} is signed by {signer.name} ({signer.fingerprint.short}), which no commit names;"
        f" the repository trusts {names}",
        hint=f"let a commit name it: lockgate keys trust; {COMMIT}",
    )


def first_keys(project: Project, release: Release, clock: Clock) -> bytes | None:
    """What ``deploy/keys.yaml`` shall hold with the first promotion: the key that signed the release.

    ``None`` where the latest commit has that file already, or the release has no signer.
    """
    if release.signer is None or project.commits.content_at("HEAD", project.layout.keys) is not None:
        return None
    key = project.keyring.own().of(release.signer.fingerprint)
    return None if key is None else Keys((replace(key, since=key.since or clock.today(), retired=None),)).written


def _found(project: Project, key: str | None) -> TrustedKey:
    """A key by its name, its fingerprint or its file; the one that signs where nothing is named."""
    own, ring = project.keyring.own(), project.keyring
    if key is None:
        if (signing := ring.signing()) is None:
            raise SettingsError("there is no key to sign with yet", hint="make one: lockgate keys make")
        return signing
    if (known := own.called(key)) is not None:
        return known
    path = Path(key)
    if not project.store.has(path):
        raise SettingsError(f"{key!r} is no key of yours, and no file", hint="see: lockgate keys list")
    public = ring.read_public(path)
    return TrustedKey(path.stem, fingerprint_of(public), public)


def _keys_here(project: Project) -> Keys:
    """What the file that lies here says, to be changed and committed."""
    path = project.layout.keys
    return project.documents.read_settings(path, Keys) if project.store.has(path) else Keys()


def _write(project: Project, keys: Keys) -> None:
    project.files.write_bytes(project.layout.keys, keys.written)
