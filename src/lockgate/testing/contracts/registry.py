"""The registry."""
# ruff: noqa: S101 - asserts are what a test is made of

from pathlib import Path

import pytest

from lockgate.domain.identity import sha256
from lockgate.domain.releasing.release import Release
from lockgate.ports import Registry
from lockgate.testing.contracts.folder_contents import contents


class RegistryContract:
    """The registry port, with bundles of one model."""

    def make(self, root: Path) -> Registry:
        """An empty registry that keeps its things below ``root``."""
        raise NotImplementedError

    def bundle(self, folder: Path, number: int, measured: str = "1") -> Release:
        """Write a bundle whose model differs by its number, and its measurements by ``measured``; the release in it."""
        raise NotImplementedError

    def challenger(self, registry: Registry, name: str) -> str:
        """The version that has the alias `challenger`."""
        raise NotImplementedError

    @pytest.fixture
    def registry(self, tmp_path: Path) -> Registry:
        """The implementation."""
        root = tmp_path / "registry"
        root.mkdir()
        return self.make(root)

    def test_a_release_is_registered_once(self, registry: Registry, tmp_path: Path) -> None:
        """Running it again finds the same version."""
        release = self.bundle(tmp_path / "one", 1)
        first = registry.register(release, tmp_path / "one")
        again = registry.register(release, tmp_path / "one")
        assert (first.created, again.created) == (True, False)
        assert (first.name, first.version) == (again.name, again.version)

    def test_another_release_is_another_version_and_the_challenger(self, registry: Registry, tmp_path: Path) -> None:
        """The alias follows the latest one registered."""
        versions = [
            registry.register(self.bundle(tmp_path / str(number), number), tmp_path / str(number)).version
            for number in (1, 2)
        ]
        assert versions[0] != versions[1]
        assert self.challenger(registry, "example") == versions[1]

    def test_another_release_of_the_same_content_is_recorded_on_its_version(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        """Equal bytes are one version, whichever release of them comes; the latest registered one is the challenger."""
        first = self.bundle(tmp_path / "first", 1)
        other = self.bundle(tmp_path / "other", 2)
        again = self.bundle(tmp_path / "again", 1, "2")
        assert (first.content, first.digest != again.digest) == (again.content, True)
        version = registry.register(first, tmp_path / "first").version
        registry.register(other, tmp_path / "other")
        recorded = registry.register(again, tmp_path / "again")
        assert (recorded.version, recorded.created, recorded.recorded) == (version, False, True)
        assert self.challenger(registry, "example") == version
        known = registry.register(again, tmp_path / "again")
        assert (known.version, known.created, known.recorded) == (version, False, False)

    def test_each_release_of_one_content_is_fetched_by_its_own_digest(self, registry: Registry, tmp_path: Path) -> None:
        """With its own measurements and verdict."""
        releases = {name: self.bundle(tmp_path / name, 1, name) for name in ("1", "2", "3")}
        for name, release in releases.items():
            registry.register(release, tmp_path / name)
        for name, release in releases.items():
            assert registry.fetch(release.digest, "example", tmp_path / "fetched")
            assert contents(tmp_path / "fetched") == contents(tmp_path / name)

    def test_what_is_fetched_is_byte_for_byte_what_was_registered(self, registry: Registry, tmp_path: Path) -> None:
        """The registry holds the whole bundle."""
        release = self.bundle(tmp_path / "one", 1)
        registry.register(release, tmp_path / "one")
        assert registry.fetch(release.digest, release.name, tmp_path / "deep" / "fetched")
        assert contents(tmp_path / "deep" / "fetched") == contents(tmp_path / "one")

    def test_each_release_is_fetched_by_its_own_digest(self, registry: Registry, tmp_path: Path) -> None:
        """Never the latest, never another."""
        releases = [self.bundle(tmp_path / str(number), number) for number in (1, 2)]
        for number, release in enumerate(releases, start=1):
            registry.register(release, tmp_path / str(number))
        registry.fetch(releases[0].digest, "example", tmp_path / "fetched")
        assert contents(tmp_path / "fetched") == contents(tmp_path / "1")

    @pytest.mark.parametrize("name", ["example", "unheard-of"])
    def test_an_unknown_release_is_not_fetched(self, registry: Registry, tmp_path: Path, name: str) -> None:
        """And nothing appears where it should have gone."""
        release = self.bundle(tmp_path / "one", 1)
        registry.register(release, tmp_path / "one")
        assert not registry.fetch(sha256(b"another"), name, tmp_path / "fetched")
        assert not (tmp_path / "fetched").exists()
