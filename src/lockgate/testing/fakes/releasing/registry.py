"""A registry in folders."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.model.candidate import MODEL
from lockgate.domain.releasing.registry_state import CHALLENGER, Follows, RegistryState, VersionState
from lockgate.domain.releasing.release import Manifest, Release
from lockgate.ports import Registered


@dataclass
class _Version:
    """A model version: what stands on it, and what was written on it."""

    state: VersionState
    bundle: Path
    manifest: Manifest
    later: dict[Digest, Path] = field(default_factory=dict)
    records: list[str] = field(default_factory=list)


class FakeRegistry:
    """Model versions as folders below ``home``: each release of one is a folder in ``home/<model>/<version>``.

    ``aliases`` and ``versions`` may be changed, as people do behind Lockgate's back.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self.versions: dict[str, dict[str, _Version]] = {}
        self.aliases: dict[str, dict[str, str]] = {}

    @property
    def challenger(self) -> dict[str, str]:
        """The version with the alias `challenger`, by model."""
        return {name: aliases[CHALLENGER] for name, aliases in self.aliases.items() if CHALLENGER in aliases}

    def where(self) -> str:
        """The folder."""
        return str(self._home)

    def register(self, release: Release, folder: Path, *, challenger: bool = True) -> Registered:
        """Register a release once; its content's version gets the alias ``challenger``."""
        versions = self.versions.setdefault(release.name, {})
        held = [each for each in versions.values() if each.state.content == str(release.content)]
        known = [each for each in held if str(release.digest) in each.state.releases]
        number = known[0].state.version if known else held[0].state.version if held else ""
        if not held:
            number = str(1 + max(map(int, versions), default=0))
            bundle = self._copied(release, folder, number)
            state = VersionState(number, str(release.digest), str(release.content), (str(release.digest),))
            versions[number] = _Version(state, bundle, release.manifest)
        elif not known:
            found = versions[number]
            found.later[release.digest] = self._copied(release, folder, number)
            found.state = replace(found.state, releases=(*found.state.releases, str(release.digest)))
        if challenger:
            self.aliases.setdefault(release.name, {})[CHALLENGER] = number
        return Registered(release.name, number, str(self._home), not held, recorded=bool(held) and not known)

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""
        version = self.state(name).holding(digest)
        return version is not None and self.bundle(name, version.version, digest, into)

    def bundle(self, name: str, version: str, digest: Digest, into: Path) -> bool:
        """Copy the bundle that a version has for a release, whatever its tags say."""
        found = self.versions[name][version]
        bundle = found.later.get(digest, found.bundle)
        if not bundle.exists():
            return False
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(bundle, into)
        return True

    def state(self, name: str) -> RegistryState:
        """What the registry says of a model."""
        if name not in self.versions:
            return RegistryState(there=False)
        versions = sorted(self.versions[name].values(), key=lambda each: int(each.state.version))
        return RegistryState(tuple(each.state for each in versions), dict(self.aliases.get(name, {})))

    def manifest(self, name: str, version: str) -> Manifest | None:
        """What the bundle that a version was made of says that it is."""
        found = self.versions[name][version]
        return found.manifest if found.bundle.exists() else None

    def serves(self, name: str, version: str, model: Path) -> str:
        """Empty where the version has the ONNX graph of this file."""
        served = self.versions[name][version].bundle / MODEL
        same = served.exists() and served.read_bytes() == model.read_bytes()
        return "" if same else "its model is another ONNX graph"

    def follow(self, name: str, version: str, follows: Follows) -> None:
        """Give an environment's aliases to a version."""
        found = self.versions[name][version]
        found.state = replace(found.state, marks={**found.state.marks, follows.environment: follows.mark})
        self.aliases.setdefault(name, {}).update(dict.fromkeys(follows.aliases, version))

    def remove_alias(self, name: str, alias: str) -> None:
        """Take an alias away."""
        self.aliases.get(name, {}).pop(alias, None)

    def tag(self, name: str, version: str, manifest: Manifest) -> None:
        """Tag a version with the digests of its bundle."""
        found = self.versions[name][version]
        release, content = str(manifest.release), str(manifest.content)
        later = tuple(map(str, found.later))
        found.state = replace(found.state, release=release, content=content, releases=(release, *later))

    def withdraw(self, name: str, version: str) -> None:
        """Take the digests from a version."""
        found = self.versions[name][version]
        found.state = replace(found.state, release="", content="", releases=(), withdrawn=True)

    def record(self, name: str, version: str, said: str) -> None:
        """Write on a version what was put back."""
        self.versions[name][version].records.append(said)

    def records(self, name: str, version: str) -> list[str]:
        """What was written on a version."""
        return self.versions[name][version].records

    def _copied(self, release: Release, folder: Path, number: str) -> Path:
        return Path(shutil.copytree(folder, self._home / release.name / number / release.version))
