"""Git's names of contents, without git."""

import hashlib
import os
from pathlib import Path

SHA1_DIGITS = 40
BLOCK = 1024**2


def is_blob(path: Path, name: str) -> bool:
    """Whether the bytes of a file are those of git's blob of that name. What cannot be read is left to git to tell."""
    digest = hashlib.new("sha1" if len(name) == SHA1_DIGITS else "sha256", usedforsecurity=False)
    try:
        with path.open("rb") as file:
            digest.update(b"blob %d\0" % os.fstat(file.fileno()).st_size)
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError:
        return False
    return digest.hexdigest() == name
