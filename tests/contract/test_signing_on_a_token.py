"""A key on a PKCS #11 token signs, and never leaves it: SoftHSM2, a token in software, as a real one would."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.signing.keyring import FileKeyring
from lockgate.domain.releasing.signing.model_signature import parse_signature, signed_files
from lockgate.errors import ToolError

pytestmark = pytest.mark.slow

FILES = LocalFiles()
PIN = "4711"
MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")]


@pytest.fixture(scope="module")
def module(needs):
    found = next((path for path in MODULES if path.exists()), None)
    needs(there=found is not None and shutil.which("softhsm2-util") is not None, how="SoftHSM2 is not installed")
    return found


@pytest.fixture(scope="module")
def token(module, tmp_path_factory):
    """A token with one key, and the environment that finds it."""
    home = tmp_path_factory.mktemp("token")
    (home / "tokens").mkdir()
    (home / "softhsm2.conf").write_text(f"directories.tokendir = {home}/tokens\nobjectstore.backend = file\n")
    (home / "pin").write_text(PIN)
    key = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (home / "key.pem").write_bytes(key.private_bytes(*form))

    def ask(*arguments):
        subprocess.run(
            ["softhsm2-util", "--module", str(module), *arguments],
            check=True,
            capture_output=True,
            env={"SOFTHSM2_CONF": str(home / "softhsm2.conf")},
        )

    ask("--init-token", "--free", "--label", "releases", "--pin", PIN, "--so-pin", "0815")
    ask("--import", str(home / "key.pem"), "--token", "releases", "--label", "ci", "--id", "A1", "--pin", PIN)
    (home / "key.pem").unlink()
    return home


@pytest.fixture
def bundle(tmp_path):
    (tmp_path / "bundle/evidence").mkdir(parents=True)
    (tmp_path / "bundle/model.onnx").write_bytes(b"a model")
    (tmp_path / "bundle/evidence/tests.json").write_text("{}")
    return tmp_path / "bundle"


@pytest.fixture
def keyring(token, module, monkeypatch, tmp_path):
    """A keyring that signs with the key of a URI."""
    monkeypatch.setenv("SOFTHSM2_CONF", str(token / "softhsm2.conf"))

    def of(attributes="token=releases;object=ci", pin=None):
        pin = pin or f"pin-source=file:{token}/pin"
        monkeypatch.setenv("LOCKGATE_SIGNING_KEY", f"pkcs11:{attributes}?module-path={module}&{pin}")
        return FileKeyring(FILES, tmp_path / "keys")

    return of


def test_a_key_on_a_token_signs_a_bundle(keyring, bundle, tmp_path):
    ring = keyring()
    key = ring.sign(bundle)
    signature = parse_signature((bundle / "model.sig").read_bytes())
    assert key.name == "ci"
    assert ring.check(key.public, signature.message, signature.signature)
    assert signature.key == key.fingerprint == ring.own().keys[0].fingerprint
    assert signed_files(signature) == {
        name: digest for name, digest in FILES.tree(bundle).items() if name != "model.sig"
    }
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("attributes", "pin"),
    [
        ("token=other;object=ci", None),
        ("token=releases;object=other", None),
        ("token=releases;object=ci", "pin-value=0"),
    ],
)
def test_a_token_that_cannot_sign_is_told_without_its_pin(keyring, bundle, attributes, pin):
    ring = keyring(attributes, pin)
    with pytest.raises(ToolError, match="cannot be used") as raised:
        ring.sign(bundle)
    assert "pin-value=0" not in str(raised.value)
    assert not (bundle / "model.sig").exists()
    assert "pin-value=0" not in ring.where
