"""What earlier engines made, as it is stored: see ``golden/engine-6/README.md``."""

import tarfile
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"
ENGINES = ("engine-6",)


def unpacked(engine: str, folder: Path) -> Path:
    """The folder with ``project`` and ``expected`` of that engine."""
    with tarfile.open(GOLDEN / engine / "delivered.tar.xz") as archive:
        # What filters the members came with Python 3.11.4; these are ours.
        archive.extractall(folder / engine, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return folder / engine
