"""What every implementation of a port must do: inherit a suite, say how to make yours, and run pytest.

class TestMyRegistry(RegistryContract):
    def make(self, root): return MyRegistry(root)
    def bundle(self, folder, number): return write_bundle(folder, documents, files, ...)
        def challenger(self, registry, name): ...
"""

from lockgate.testing.contracts.bundle_writer import BundleWriterContract
from lockgate.testing.contracts.clock import ClockContract
from lockgate.testing.contracts.commit_log import CommitLogContract
from lockgate.testing.contracts.documents import DocumentsContract
from lockgate.testing.contracts.files import FilesContract
from lockgate.testing.contracts.gate import GateContract
from lockgate.testing.contracts.glassbox import GlassboxContract
from lockgate.testing.contracts.project_store import ProjectStoreContract
from lockgate.testing.contracts.registry import RegistryContract
from lockgate.testing.contracts.releases.local_releases import LocalReleasesContract
from lockgate.testing.contracts.releases.release_store import ReleaseStoreContract
from lockgate.testing.contracts.repository import RepositoryContract
from lockgate.testing.contracts.serving.images import ImagesContract
from lockgate.testing.contracts.serving.packager import PackagerContract
from lockgate.testing.contracts.tables import TablesContract

__all__ = [
    "BundleWriterContract",
    "ClockContract",
    "CommitLogContract",
    "DocumentsContract",
    "FilesContract",
    "GateContract",
    "GlassboxContract",
    "ImagesContract",
    "LocalReleasesContract",
    "PackagerContract",
    "ProjectStoreContract",
    "RegistryContract",
    "ReleaseStoreContract",
    "RepositoryContract",
    "TablesContract",
]
