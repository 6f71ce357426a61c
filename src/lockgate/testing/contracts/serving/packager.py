"""Packages of releases: built where nobody finds them, and named in one step."""
# ruff: noqa: S101 - asserts are what a test is made of

from pathlib import Path

import pytest

from lockgate.domain.identity import sha256
from lockgate.domain.releasing.release import MANIFEST, Release
from lockgate.domain.serving.package_proof import odd_source
from lockgate.errors import DocumentError
from lockgate.ports import Files, Package, Packager
from lockgate.ports.serving.packages import BUNDLE, SOURCE


class PackagerContract:
    """The packager port, with bundles of one model."""

    files: Files

    def make(self, home: Path) -> Packager:
        """A packager that may keep things below ``home``, and has no package yet."""
        raise NotImplementedError

    def bundle(self, folder: Path, measured: str = "1") -> Release:
        """Write a bundle whose measurements differ by ``measured``; the release in it."""
        raise NotImplementedError

    def service(self, folder: Path) -> None:
        """Write a service that can be packaged into a folder: ``service.py``, and what belongs to it."""
        raise NotImplementedError

    @pytest.fixture
    def packager(self, tmp_path: Path) -> Packager:
        """The implementation."""
        return self.make(tmp_path / "home")

    @pytest.fixture
    def sealed(self, tmp_path: Path) -> tuple[Release, Path, Path]:
        """A release, its folder, and that of a service."""
        self.service(tmp_path / "serving")
        return self.bundle(tmp_path / "sealed"), tmp_path / "sealed", tmp_path / "serving"

    def held(self, package: Package) -> dict[str, str]:
        """Every file of a package, by its name there."""
        return {name: str(digest) for name, digest in self.files.tree(package.path).items()}

    def test_it_is_made_of_its_parts_and_has_no_name_before_it_is_put(
        self, packager: Packager, sealed: tuple[Release, Path, Path]
    ) -> None:
        """Of the service, of the bundle whole, and of nothing that ``parts`` does not name.

        While it is built and served, nobody finds it. One that is put again replaces it: nothing of it is left.
        """
        release, folder, service = sealed
        parts = packager.parts(folder, service)
        with packager.build(*sealed) as built:
            source = {
                name.removeprefix(f"{SOURCE}/"): digest
                for name, digest in self.files.tree(built.path).items()
                if name.startswith(f"{SOURCE}/") and name.removeprefix(f"{SOURCE}/") not in packager.rewrites
            }
            assert not odd_source(parts, source, BUNDLE)
            assert {name for name in source if name.startswith(f"{BUNDLE}/")} == {
                f"{BUNDLE}/{name}" for name in (*release.manifest.files, MANIFEST)
            }
            assert self.files.tree(built.release) == self.files.tree(folder)
            assert packager.find(release) is None
            held = self.held(built)
            put = packager.put(built)
            assert packager.find(release) == Package(put.tag, put.path, created=False)
        assert put.created
        assert put.tag == f"{release.name}:{release.version}" == built.tag
        assert self.held(put) == held
        self.files.write_bytes(put.path / "more", b"more")
        with packager.build(*sealed) as built:
            assert (put.path / "more").exists()
            again = packager.put(built)
        assert again.path == put.path
        assert not (put.path / "more").exists()
        assert self.files.tree(again.release) == self.files.tree(folder)

    def test_what_is_not_put_is_gone(
        self, packager: Packager, sealed: tuple[Release, Path, Path], tmp_path: Path
    ) -> None:
        """An error in the block leaves nothing."""

        class Stopped(Exception):
            pass

        with pytest.raises(Stopped), packager.build(*sealed) as built:
            raise Stopped
        assert packager.find(sealed[0]) is None
        assert not self.files.tree(tmp_path / "home")
        assert not built.path.exists()

    def test_a_changed_service_or_bundle_has_other_parts(
        self, packager: Packager, sealed: tuple[Release, Path, Path], tmp_path: Path
    ) -> None:
        """A file that was changed or added, and a release of other measurements."""
        _, folder, service = sealed
        parts = packager.parts(folder, service)
        assert packager.parts(folder, service) == parts
        self.bundle(tmp_path / "other", "2")
        assert packager.parts(tmp_path / "other", service) != parts
        self.files.write_bytes(service / "service.py", b"# another\n")
        assert packager.parts(folder, service) == {**parts, "service.py": sha256(b"# another\n")}
        self.files.write_bytes(service / "added.txt", b"added")
        assert packager.parts(folder, service)["added.txt"] == sha256(b"added")

    def test_a_service_without_its_file_or_with_a_link_is_refused(
        self, packager: Packager, sealed: tuple[Release, Path, Path]
    ) -> None:
        """What a link leads to is no part of a commit."""
        _, folder, service = sealed
        (service / "linked.txt").symlink_to(folder / MANIFEST)
        with pytest.raises(DocumentError, match="not a plain file"):
            packager.parts(folder, service)
        (service / "linked.txt").unlink()
        (service / "service.py").unlink()
        with pytest.raises(DocumentError, match=r"service\.py: missing"):
            packager.parts(folder, service)
