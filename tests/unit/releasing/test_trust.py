"""A release is signed when it is sealed, and opens where a commit or the user's own keys trust who signed it."""

import json
import os
import subprocess
import sys
from datetime import date

import builders
import pytest
from builders import DOCUMENTS, FILES, git

from lockgate.adapters.signing import key_files
from lockgate.adapters.signing.keyring import FileKeyring
from lockgate.domain.releasing.signing.keys import Keys, TrustedKey, fingerprint_of
from lockgate.domain.releasing.signing.model_signature import parse_signature, signed_files
from lockgate.errors import Refused, SettingsError
from lockgate.usecases.project.release_folders import open_release

DAY = date(2026, 11, 29)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A home without a key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config/lockgate/keys"


@pytest.fixture
def keyring(own):
    return FileKeyring(FILES)


@pytest.fixture
def released(own, project, lockgate):
    """A release of the project's, signed by the first key of a new user."""
    assert lockgate("gate")[0] == 0
    return builders.sealed(project)[1]


@pytest.fixture
def opening(project, released):
    return lambda: open_release(builders.opened(project), released)


def commit_keys(project, *keys):
    (project / "deploy/keys.yaml").write_bytes(Keys(keys).written)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Keys")


def stranger(folder, name="stranger"):
    """A key of somebody else."""
    path = folder / f"{name}.pem"
    key_files.make_private(path)
    public = key_files.public_of(path)
    return path, TrustedKey(name, fingerprint_of(public), public, DAY)


def signed_with(monkeypatch, path, folder):
    monkeypatch.setenv("LOCKGATE_SIGNING_KEY", str(path))
    FileKeyring(FILES).sign(folder)
    monkeypatch.delenv("LOCKGATE_SIGNING_KEY")


def test_the_first_release_makes_the_first_key_for_its_owner_alone(released, own, opening):
    (private,) = own.glob("*.pem")
    assert private.stat().st_mode & 0o777 == 0o600
    assert own.stat().st_mode & 0o777 == 0o700
    signer = opening().signer
    assert (signer.name, signer.committed) == (private.stem, False)


def test_the_signature_is_over_every_other_file_and_in_no_digest(released, opening):
    files = dict(FILES.tree(released))
    signature = parse_signature((released / "model.sig").read_bytes())
    del files["model.sig"]
    assert signed_files(signature) == files
    assert "manifest.json" in files
    assert "model.sig" not in opening().manifest.files


def test_sealing_again_signs_nothing_again(project, released):
    before = (released / "model.sig").read_bytes()
    assert builders.sealed(project)[1] == released
    assert (released / "model.sig").read_bytes() == before


@pytest.mark.slow
def test_the_library_that_signs_verifies_it(released, own):
    command = [sys.executable, "-m", "model_signing", "verify", "key", str(released), "--signature"]
    command += [str(released / "model.sig"), "--public_key", str(next(own.glob("*.pub")))]
    for altered, code in ((False, 0), (True, 1)):
        if altered:
            (released / "model.onnx").write_bytes(b"another model")
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": ""}
        )
        assert done.returncode == code, done.stdout + done.stderr


def test_a_key_that_a_commit_names_is_trusted_by_everybody(project, released, opening, keyring, own):
    commit_keys(project, keyring.signing())
    for path in own.iterdir():
        path.unlink()
    assert opening().signer.committed


def test_a_key_of_nobody_is_foreign(project, released, opening, monkeypatch, tmp_path):
    path, key = stranger(tmp_path)
    signed_with(monkeypatch, path, released)
    with pytest.raises(Refused, match=f"a foreign key, {key.fingerprint.short}; the repository names no key"):
        opening()


def test_a_key_in_a_file_that_is_not_committed_is_foreign(project, released, opening, monkeypatch, tmp_path, keyring):
    path, key = stranger(tmp_path)
    commit_keys(project, keyring.signing())
    signed_with(monkeypatch, path, released)
    (project / "deploy/keys.yaml").write_bytes(Keys((key,)).written)
    with pytest.raises(Refused, match="foreign key"):
        opening()
    git(project, "commit", "--quiet", "--all", "-m", "Trust it")
    assert opening().signer.name == "stranger"


def test_a_retired_key_still_verifies_and_a_revoked_one_never(project, released, opening, keyring):
    key = keyring.signing()
    facts = (key.name, key.fingerprint, key.public, DAY)
    commit_keys(project, TrustedKey(*facts, retired=DAY))
    assert opening().signer.retired
    commit_keys(project, TrustedKey(*facts, revoked=DAY, reason="the laptop was stolen"))
    with pytest.raises(Refused, match="was revoked on 2026-11-29: the laptop was stolen"):
        opening()


def test_a_release_without_a_signature_does_not_open(released, opening):
    (released / "model.sig").unlink()
    with pytest.raises(Refused, match="it is not signed"):
        opening()


def test_a_signature_of_another_bundle_names_what_differs(project, released, opening):
    other = released.parent / "other"
    (other / "evidence").mkdir(parents=True)
    (other / "model.onnx").write_bytes(b"another model")
    (other / "evidence/extra.json").write_text("{}")
    FileKeyring(FILES).sign(other)
    (other / "model.sig").rename(released / "model.sig")
    with pytest.raises(Refused) as raised:
        opening()
    for told in (
        "evidence/extra.json was signed, and is missing",
        "model.onnx was changed",
        "manifest.json was not signed",
    ):
        assert told in str(raised.value)


def test_a_hint_at_a_trusted_key_is_not_its_signature(released, opening, monkeypatch, tmp_path, keyring):
    """The file may say that any key has signed: only the key itself can have."""
    path, key = stranger(tmp_path)
    signed_with(monkeypatch, path, released)
    text = (released / "model.sig").read_text().replace(key.fingerprint.hex, keyring.signing().fingerprint.hex)
    (released / "model.sig").write_text(text)
    with pytest.raises(Refused, match="was not made by the key"):
        opening()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace('","', '", "', 1),
        lambda text: text.replace('{"mediaType"', '{"other":1,"mediaType"'),
        lambda text: text.replace('"keyid":""', '"keyid":"x"'),
        lambda text: text.replace('"tlogEntries":[]', '"tlogEntries":[{}]'),
        lambda text: text.replace("v0.3+json", "v0.2+json"),
        lambda text: json.dumps(json.loads(text)),
        lambda text: text.replace('","keyid"', '\\n","keyid"', 1),
        lambda text: text.replace('","payloadType"', '\\n","payloadType"'),
        lambda text: "[" * 100_000,
        lambda text: "",
        lambda text: "null",
        lambda text: "x" * (2**20 + 1),
    ],
)
def test_a_signature_has_one_written_form(released, opening, change):
    path = released / "model.sig"
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    with pytest.raises(Refused, match=r"model\.sig"):
        opening()


def test_the_unused_bits_of_base64_are_zero(released, opening):
    """`QQ==` and `QR==` decode to the same byte."""
    path = released / "model.sig"
    text, letters = path.read_text(), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    document = json.loads(text)
    for written in (document["dsseEnvelope"]["payload"], document["dsseEnvelope"]["signatures"][0]["sig"]):
        stem = written.rstrip("=")
        if stem != written:
            other = stem[:-1] + letters[letters.index(stem[-1]) ^ 1] + written[len(stem) :]
            path.write_text(text.replace(written, other))
            with pytest.raises(Refused, match="written form"):
                opening()


def test_a_broken_file_of_keys_trusts_nobody(project, released, opening):
    (project / "deploy/keys.yaml").write_text("keys: [{name: x}]\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Broken")
    with pytest.raises(SettingsError, match=r"deploy/keys\.yaml"):
        opening()


def test_a_file_of_keys_is_read_as_it_was_written(keyring, tmp_path):
    one, (_, other) = keyring.make("a.person@host"), stranger(tmp_path)
    given = Keys((TrustedKey(one.name, one.fingerprint, one.public, DAY, DAY, DAY, 'it "leaked": yes'), other))
    assert DOCUMENTS.parse_settings(given.written, "keys.yaml", Keys) == given
    assert DOCUMENTS.parse_settings(Keys().written, "keys.yaml", Keys) == Keys()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda key: [key, key], "twice"),
        (lambda key: [key, TrustedKey("other", key.fingerprint, key.public)], "twice"),
        (lambda key: [key, TrustedKey(key.name, fingerprint_of("x"), "x")], "twice"),
    ],
)
def test_no_key_stands_twice_in_a_file(keyring, change, told):
    with pytest.raises(ValueError, match=told):
        Keys(tuple(change(keyring.make("one"))))


def test_a_fingerprint_is_of_its_key_and_a_revocation_has_a_reason(keyring):
    key = keyring.make("one")
    with pytest.raises(ValueError, match="not that of its key"):
        TrustedKey("one", fingerprint_of("x"), key.public)
    with pytest.raises(ValueError, match="without a reason"):
        TrustedKey("one", key.fingerprint, key.public, revoked=DAY)
