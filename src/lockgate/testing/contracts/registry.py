"""The registry."""
# ruff: noqa: S101 - asserts are what a test is made of

from pathlib import Path

import pytest

from lockgate.domain.identity import sha256
from lockgate.domain.model.candidate import MODEL
from lockgate.domain.releasing.registry_state import Follows, Mark, RegistryState
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

    def edit(self, registry: Registry, name: str, version: str) -> None:
        """What people do behind Lockgate's back: other digests on a version, and an alias and a tag of their own."""
        raise NotImplementedError

    def kept(self, registry: Registry, name: str, version: str) -> bool:
        """Whether the alias and the tag of theirs are still there."""
        raise NotImplementedError

    def spoil(self, registry: Registry, name: str, version: str) -> None:
        """Put other bytes where the version's model lies."""
        raise NotImplementedError

    def lose(self, registry: Registry, name: str, version: str) -> None:
        """Remove the artefacts of a version: its bundle, and its model."""
        raise NotImplementedError

    def records(self, registry: Registry, name: str, version: str) -> list[str]:
        """What was written on a version by ``record``."""
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
        """The alias follows the latest one registered. Each is fetched by its own digest, never the latest."""
        releases = [self.bundle(tmp_path / str(number), number) for number in (1, 2)]
        versions = [
            registry.register(release, tmp_path / str(number)).version for number, release in enumerate(releases, 1)
        ]
        assert versions[0] != versions[1]
        assert self.challenger(registry, "example") == versions[1]
        assert registry.fetch(releases[0].digest, "example", tmp_path / "fetched")
        assert contents(tmp_path / "fetched") == contents(tmp_path / "1")

    def test_another_release_of_the_same_content_is_recorded_on_its_version(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        """Equal bytes are one version, whichever release of them comes; the latest registered one is the challenger.

        Each is fetched byte for byte by its own digest, and named by the state of its version, that first that the
        version was made of.
        """
        releases = {
            name: self.bundle(tmp_path / name, number, measured)
            for name, number, measured in (("first", 1, "1"), ("other", 2, "1"), ("again", 1, "2"), ("last", 1, "3"))
        }
        first, other, again, last = releases.values()
        assert (first.content, first.digest != again.digest) == (again.content, True)
        version = registry.register(first, tmp_path / "first").version
        registry.register(other, tmp_path / "other")
        recorded = registry.register(again, tmp_path / "again")
        assert (recorded.version, recorded.created, recorded.recorded) == (version, False, True)
        assert self.challenger(registry, "example") == version
        known = registry.register(again, tmp_path / "again")
        assert (known.version, known.created, known.recorded) == (version, False, False)
        registry.register(last, tmp_path / "last")
        for name, release in releases.items():
            assert registry.fetch(release.digest, "example", tmp_path / "deep" / "fetched")
            assert contents(tmp_path / "deep" / "fetched") == contents(tmp_path / name)
        state = registry.state("example")
        assert state.there
        found = [(each.version, each.release, each.content, {*each.releases}) for each in state.versions]
        digests = {name: str(release.digest) for name, release in releases.items()}
        assert found == [
            ("1", digests["first"], str(first.content), {digests[name] for name in ("first", "again", "last")}),
            ("2", digests["other"], str(other.content), {digests["other"]}),
        ]
        assert state.aliases == {"challenger": "1"}

    def test_an_unknown_release_is_not_fetched(self, registry: Registry, tmp_path: Path) -> None:
        """And nothing appears where it should have gone."""
        registry.register(self.bundle(tmp_path / "one", 1), tmp_path / "one")
        for name in ("example", "unheard-of"):
            assert not registry.fetch(sha256(b"another"), name, tmp_path / "fetched")
            assert not (tmp_path / "fetched").exists()

    def test_a_model_that_nobody_registered_is_unknown(self, registry: Registry) -> None:
        """And has no versions."""
        assert registry.state("example") == RegistryState(there=False)

    def test_a_release_that_is_no_challenger_gets_a_version_and_no_alias(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        """As one that is put back."""
        registry.register(self.bundle(tmp_path / "1", 1), tmp_path / "1")
        second = registry.register(self.bundle(tmp_path / "2", 2), tmp_path / "2", challenger=False)
        assert second.created
        assert registry.state("example").aliases == {"challenger": "1"}

    def test_what_a_version_holds_is_told_whatever_its_tags_say(self, registry: Registry, tmp_path: Path) -> None:
        """Manifest, bundle and model are those that were registered; tagging says so again."""
        release = self.bundle(tmp_path / "1", 1)
        version = registry.register(release, tmp_path / "1").version
        self.edit(registry, "example", version)
        assert registry.state("example").versions[0].release != str(release.digest)
        assert registry.manifest("example", version) == release.manifest
        assert registry.bundle("example", version, release.digest, tmp_path / "fetched")
        assert contents(tmp_path / "fetched") == contents(tmp_path / "1")
        assert registry.serves("example", version, tmp_path / "1" / MODEL) == ""
        registry.tag("example", version, release.manifest)
        state = registry.state("example").versions[0]
        assert (state.release, state.content) == (str(release.digest), str(release.content))

    def test_a_model_of_other_bytes_is_told(self, registry: Registry, tmp_path: Path) -> None:
        """And so is another graph than the one that was asked for."""
        for number in (1, 2):
            registry.register(self.bundle(tmp_path / str(number), number), tmp_path / str(number))
        assert registry.serves("example", "1", tmp_path / "2" / MODEL)
        self.spoil(registry, "example", "2")
        assert registry.serves("example", "2", tmp_path / "2" / MODEL)
        assert not registry.serves("example", "1", tmp_path / "1" / MODEL)

    def test_artefacts_that_are_gone_are_told(self, registry: Registry, tmp_path: Path) -> None:
        """There is no manifest, and no bundle, and nothing appears."""
        release = self.bundle(tmp_path / "1", 1)
        version = registry.register(release, tmp_path / "1").version
        self.lose(registry, "example", version)
        assert registry.manifest("example", version) is None
        assert not registry.bundle("example", version, release.digest, tmp_path / "fetched")
        assert not registry.fetch(release.digest, "example", tmp_path / "fetched")
        assert not (tmp_path / "fetched").exists()
        assert registry.serves("example", version, tmp_path / "1" / MODEL)

    def test_an_environments_aliases_follow_and_the_version_tells_the_commit(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        """Moved, the version of before still tells its own; taken away, an alias is gone, and again is no error."""
        for number in (1, 2):
            registry.register(self.bundle(tmp_path / str(number), number), tmp_path / str(number))
        marks = [Mark(str(sha256(b"release")), f"{number}" * 40, "2026-01-02T03:04:05+00:00") for number in (1, 2)]
        for version, mark in zip("12", marks, strict=True):
            registry.follow("example", version, Follows("production", ("production", "champion"), mark))
        state = registry.state("example")
        assert state.aliases == {"challenger": "2", "production": "2", "champion": "2"}
        assert [each.marks for each in state.versions] == [{"production": mark} for mark in marks]
        for _ in range(2):
            registry.remove_alias("example", "production")
        assert registry.state("example").aliases == {"challenger": "2", "champion": "2"}

    def test_what_people_add_is_kept(self, registry: Registry, tmp_path: Path) -> None:
        """By registering again, following, tagging and recording."""
        release = self.bundle(tmp_path / "1", 1)
        version = registry.register(release, tmp_path / "1").version
        self.edit(registry, "example", version)
        registry.tag("example", version, release.manifest)
        registry.register(release, tmp_path / "1")
        registry.follow("example", version, Follows("staging", ("staging",), Mark(str(release.digest), "1" * 40, "")))
        registry.record("example", version, "put back")
        assert self.kept(registry, "example", version)

    def test_what_was_put_back_is_written_on_the_version(self, registry: Registry, tmp_path: Path) -> None:
        """Each of them, also where they come within a second."""
        version = registry.register(self.bundle(tmp_path / "1", 1), tmp_path / "1").version
        for said in ("the alias", "the tags"):
            registry.record("example", version, said)
        assert "; ".join(self.records(registry, "example", version)) == "the alias; the tags"

    def test_a_withdrawn_version_is_no_release_and_the_release_gets_another(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        """It stays, for whoever wants to know what happened."""
        release = self.bundle(tmp_path / "1", 1)
        first = registry.register(release, tmp_path / "1").version
        registry.withdraw("example", first)
        assert not registry.fetch(release.digest, "example", tmp_path / "fetched")
        again = registry.register(release, tmp_path / "1")
        assert again.created
        state = registry.state("example")
        assert [(each.version, each.withdrawn, each.ours) for each in state.versions] == [
            (first, True, False),
            (again.version, False, True),
        ]
        assert registry.serves("example", again.version, tmp_path / "1" / MODEL) == ""
