"""A process that asks a PKCS #11 token: its public key, or a signature of a bundle. The key's URI comes by stdin."""

import os
import sys
from pathlib import Path
from typing import Any

from lockgate.adapters.signing.key_files import written
from lockgate.adapters.signing.signers import sign_with

MODULES = "LOCKGATE_PKCS11_MODULES"
FOLDERS = ("/usr/lib/softhsm", "/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/lib64/pkcs11", "/usr/lib/pkcs11")


def main() -> int:
    """Without arguments the public key goes to stdout; with a folder and a file the signature goes there."""
    uri, what = sys.stdin.read(), sys.argv[1:]
    modules = [folder for folder in os.environ.get(MODULES, "").split(os.pathsep) if folder] or [*FOLDERS]
    try:
        if what:
            sign_with(lambda config: config.use_pkcs11_signer(pkcs11_uri=uri, module_paths=modules), *map(Path, what))
        else:
            from model_signing._signing.sign_pkcs11 import Signer  # noqa: PLC0415 - half a second

            signer: Any = Signer
            sys.stdout.write(written(signer(uri, modules).public_key()))
    except ImportError:
        sys.stderr.write("PKCS #11 is not installed: pip install 'lockgate[release]'\n")
        return 1
    except Exception as error:
        sys.stderr.write(f"{' '.join(str(error).split()) or type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
