"""What comes from outside under a release's digest: whether it can be that release, by names and sizes alone."""

from collections.abc import Mapping
from typing import Final

from lockgate.domain.identity import Digest
from lockgate.domain.names import listed
from lockgate.domain.releasing.bundle_files import OUTSIDE
from lockgate.domain.releasing.release import Manifest
from lockgate.domain.releasing.safe_names import ELSEWHERE, demand_safe, demand_sizes
from lockgate.errors import DocumentError

DOCUMENT_BYTES: Final = 2**26
"""The most that one document may have where it is read into memory."""


def demand_received(digest: Digest, manifest: Manifest, sizes: Mapping[str, int]) -> None:
    """Raise ``DocumentError`` unless files of these names and sizes can be the release of that digest.

    Names are looked at before any of them is used as one, and sizes before a byte is taken.
    """
    where = f"release {digest.short}"
    demand_safe({*sizes, *manifest.files}, where)
    demand_sizes(sizes, where)
    if manifest.release != digest:
        raise DocumentError(f"{where}: it is {manifest.release}, not {digest}", hint=ELSEWHERE)
    if missing := sorted(set(manifest.files) - set(sizes)):
        raise DocumentError(f"{where}: missing {listed(missing)}", hint=ELSEWHERE)
    if extra := sorted(set(sizes) - set(manifest.files) - OUTSIDE):
        raise DocumentError(f"{where}: not in the manifest: {listed(extra)}", hint="remove what was added")
