"""`lockgate keys`: what each verb changes, and that nothing is trusted before it is committed."""

import json

import builders
import pytest
from builders import FILES, git

from lockgate.adapters.signing.keyring import FileKeyring
from lockgate.errors import Refused
from lockgate.usecases.project.release_folders import open_release
from lockgate.usecases.releasing.signing.keys import demand_known_signer, first_keys


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config/lockgate/keys"


@pytest.fixture
def released(own, project, lockgate):
    assert lockgate("gate")[0] == 0
    return builders.sealed(project)[1]


def commit(project):
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Keys")


def opened(project, folder):
    return open_release(builders.opened(project), folder)


def test_keys_are_listed_before_there_is_any_and_after(own, lockgate):
    code, said = lockgate("keys", "list")
    assert (code, "none: the first promotion names the key of its release" in said) == (0, True)
    assert not own.exists()
    code, said = lockgate("keys", "make", "laptop")
    assert (code, str(own) in said) == (0, True)
    assert "laptop: since" in lockgate("keys", "list")[1]
    assert lockgate("keys", "make", "laptop")[0] == 2


@pytest.mark.parametrize("name", ["../x", ".x", "a/b", "", "x" * 65, "a b", "a\nb"])
def test_a_key_is_called_as_a_file_may_be(own, lockgate, name):
    code, said = lockgate("keys", "make", name)
    assert (code, "no name of a key" in said) == (2, True) if name else code == 0


def test_a_key_is_trusted_by_a_commit_alone(released, project, lockgate):
    code, said = lockgate("keys", "trust", "--name", "ci")
    assert (code, "until it is committed, nothing has changed" in said) == (0, True)
    assert not opened(project, released).signer.committed
    assert "in deploy/keys.yaml, not committed" in lockgate("keys", "list")[1]
    commit(project)
    assert (opened(project, released).signer.name, opened(project, released).signer.committed) == ("ci", True)
    before = (project / "deploy/keys.yaml").read_bytes()
    assert lockgate("keys", "trust")[0] == 0
    assert (project / "deploy/keys.yaml").read_bytes() == before


def test_a_public_key_of_a_colleague_is_trusted_by_its_file(released, project, lockgate, tmp_path, monkeypatch):
    colleague = FileKeyring(FILES, tmp_path / "colleague")
    key = colleague.make("colleague")
    assert lockgate("keys", "trust", str(tmp_path / "colleague/colleague.pub"))[0] == 0
    commit(project)
    colleague.sign(released)
    assert opened(project, released).signer.fingerprint == key.fingerprint
    code, said = lockgate("keys", "trust", "nobody")
    assert (code, "no key of yours, and no file" in said) == (2, True)
    (tmp_path / "no.pub").write_text("no key")
    assert lockgate("keys", "trust", str(tmp_path / "no.pub"))[0] == 2


def test_a_rotated_key_verifies_and_signs_no_more(released, project, own, lockgate):
    lockgate("keys", "trust")
    commit(project)
    old = opened(project, released).signer
    code, said = lockgate("keys", "rotate", "--name", "second")
    assert (code, f"{old.name} {old.fingerprint.short} signs no more" in said) == (0, True)
    commit(project)
    assert [path.name for path in own.glob("*.pem")] == ["second.pem"]
    assert opened(project, released).signer.retired
    assert lockgate("keys", "sign", str(released))[0] == 0
    assert (opened(project, released).signer.name, opened(project, released).signer.retired) == ("second", False)
    # Interrupted and run again, it makes no third.
    assert lockgate("keys", "rotate", old.name, "--name", "second")[0] == 0
    assert len([*own.glob("*.pem")]) == 1


def test_what_a_revoked_key_signed_is_signed_again_and_keeps_its_digest(released, project, own, lockgate):
    lockgate("keys", "trust")
    commit(project)
    before = opened(project, released)
    code, said = lockgate("keys", "revoke", before.signer.name, "--reason", "the laptop was stolen")
    assert (code, "is revoked: the laptop was stolen" in said) == (0, True)
    assert not [*own.glob("*.pem")]
    with pytest.raises(Refused, match="revoked"):  # by the user's own folder, before anything is committed
        opened(project, released)
    commit(project)
    for path in own.iterdir():
        path.unlink()
    with pytest.raises(Refused, match="the laptop was stolen"):  # by the commit alone
        opened(project, released)
    assert lockgate("keys", "trust", before.signer.name)[0] == 2
    assert lockgate("keys", "make", "new")[0] == 0
    assert lockgate("keys", "sign", before.version)[0] == 0
    assert (opened(project, released).digest, opened(project, released).signer.name) == (before.digest, "new")


def test_a_revocation_has_a_reason(released, lockgate):
    assert lockgate("keys", "revoke", "x", "--reason", " ")[0] == 2
    assert lockgate("keys", "revoke", "x")[0] == 2


def test_a_changed_release_is_not_signed_again(released, lockgate):
    (released / "model.onnx").write_bytes(b"another model")
    code, said = lockgate("keys", "sign", str(released))
    assert (code, "model.onnx was changed" in said) == (2, True)


def test_the_first_promotion_can_name_the_key_and_then_others_are_held(released, project, own, lockgate):
    here, clock = builders.opened(project), builders.instruments(project).clock()
    release = opened(project, released)
    demand_known_signer(here, release)
    content = first_keys(here, release, clock)
    (project / "deploy/keys.yaml").write_bytes(content)
    commit(project)
    assert first_keys(here, opened(project, released), clock) is None
    demand_known_signer(here, opened(project, released))
    lockgate("keys", "make", "another")
    for path in own.glob("*"):
        if not path.name.startswith("another"):
            path.unlink()
    lockgate("keys", "sign", str(released))
    with pytest.raises(Refused, match=r"is signed by another .*, which no commit names; the repository trusts"):
        demand_known_signer(here, opened(project, released))


def test_a_key_that_the_environment_names_signs(released, project, lockgate, tmp_path, monkeypatch):
    (tmp_path / "ci").mkdir()
    FileKeyring(FILES, tmp_path / "ci").make("ci")
    monkeypatch.setenv("LOCKGATE_SIGNING_KEY", str(tmp_path / "ci/ci.pem"))
    assert lockgate("keys", "sign", str(released))[0] == 0
    assert opened(project, released).signer.name == "ci"
    said, _ = json.JSONDecoder().raw_decode(lockgate("keys", "list", "--json")[1])
    assert said["signing"] == str(opened(project, released).signer.fingerprint)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "no key can be read"),
        (lambda path: path.write_text("-----BEGIN PRIVATE KEY-----\nx"), "no key can be read"),
        (lambda path: path.mkdir(), "no key can be read"),
        (lambda path: path.write_text(RSA), "not a key of a curve"),
    ],
)
def test_a_key_that_cannot_be_used_is_told(released, lockgate, tmp_path, monkeypatch, make, told):
    make(tmp_path / "key.pem")
    monkeypatch.setenv("LOCKGATE_SIGNING_KEY", str(tmp_path / "key.pem"))
    code, said = lockgate("keys", "sign", str(released))
    assert (code, told in said) == (2, True), said


def test_an_identity_of_sigstore_is_refused_in_words(released, lockgate, monkeypatch):
    monkeypatch.setenv("LOCKGATE_SIGNING_KEY", "sigstore:")
    code, said = lockgate("keys", "sign", str(released))
    assert (code, "signed by keys, not by identities of Sigstore" in said) == (2, True)


def test_a_public_key_cannot_sign(released, own, lockgate, monkeypatch):
    monkeypatch.setenv("LOCKGATE_SIGNING_KEY", str(next(own.glob("*.pub"))))
    code, said = lockgate("keys", "sign", str(released))
    assert (code, "not a private key" in said) == (2, True), said


def test_a_private_key_that_others_may_read_is_not_used(released, own, lockgate):
    next(own.glob("*.pem")).chmod(0o644)
    code, said = lockgate("keys", "sign", str(released))
    assert (code, "others may read this private key" in said) == (2, True)


def test_a_file_with_a_password(released, own, lockgate, tmp_path, monkeypatch):
    from cryptography.hazmat.primitives import serialization as form

    plain = form.load_pem_private_key(next(own.glob("*.pem")).read_bytes(), None)
    locked = form.BestAvailableEncryption(b"secret")
    path = tmp_path / "locked.pem"
    path.write_bytes(plain.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, locked))
    monkeypatch.setenv("LOCKGATE_SIGNING_KEY", str(path))
    assert "LOCKGATE_SIGNING_PASSWORD" in lockgate("keys", "sign", str(released))[1]
    monkeypatch.setenv("LOCKGATE_SIGNING_PASSWORD", "secret")
    code, said = lockgate("keys", "sign", str(released))
    assert code == 0, said


RSA = """\
-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL2v1Y1yNqn1c1mJjuv6dzt4XHfXVGJv
9vzqkXb4K8d6vJp1mQy0o3u5b2b6mGd1v8b0D3vQ9Zr5k3n2h1wzXlMCAwEAAQ==
-----END PUBLIC KEY-----
"""
