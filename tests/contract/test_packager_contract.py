"""The packagers: BentoML's, and the fake."""

import shutil
from pathlib import Path

import pytest

from lockgate.adapters.bentoml.packager import BentoPackager
from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.testing import FakePackager
from lockgate.testing.contracts import PackagerContract
from lockgate.testing.examples import write_bundle

FILES = LocalFiles()
DOCUMENTS = TypedDocuments(FILES)
SERVING = Path(__file__).parents[2] / "serving"


class Bundles:
    files = FILES

    def bundle(self, folder, measured="1"):
        return write_bundle(folder, DOCUMENTS, FILES, runtime=measured)


class TestFakePackager(Bundles, PackagerContract):
    def make(self, home):
        return FakePackager(home)

    def service(self, folder):
        FILES.write_bytes(folder / "service.py", b"# a service\n")


@pytest.mark.slow
class TestBentoPackager(Bundles, PackagerContract):
    @pytest.fixture(autouse=True)
    def own_home(self, monkeypatch):
        monkeypatch.delenv("BENTOML_HOME", raising=False)

    def make(self, home):
        return BentoPackager(home)

    def service(self, folder):
        shutil.copytree(SERVING, folder, ignore=shutil.ignore_patterns("__pycache__"))

    def test_it_is_made_of_its_parts_and_has_no_name_before_it_is_put(self, packager, sealed):
        """BentoML's own pointer to the latest one names it."""
        super().test_it_is_made_of_its_parts_and_has_no_name_before_it_is_put(packager, sealed)
        assert (packager.find(sealed[0]).path.parent / "latest").read_text() == sealed[0].version

    def test_what_a_module_was_compiled_to_is_no_part_of_it(self, packager, sealed):
        _, folder, service = sealed
        parts = packager.parts(folder, service)
        FILES.write_bytes(service / "__pycache__/service.cpython-311.pyc", b"compiled")
        assert packager.parts(folder, service) == parts
