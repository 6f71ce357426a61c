"""A registry in folders."""

import shutil
from pathlib import Path

from lockgate.domain.identity import Digest
from lockgate.domain.releasing.release import Release
from lockgate.ports import Registered


class FakeRegistry:
    """Model versions as folders below ``home``: each release of one is a folder in ``home/<model>/<version>``."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._versions: dict[tuple[str, Digest], str] = {}
        self._releases: dict[tuple[str, Digest], Path] = {}
        self.challenger: dict[str, str] = {}

    def register(self, release: Release, folder: Path) -> Registered:
        """Register a release once; its content's version gets the alias ``challenger``."""
        content, key = (release.name, release.content), (release.name, release.digest)
        created, known = content not in self._versions, key in self._releases
        if created:
            self._versions[content] = str(1 + sum(name == release.name for name, _ in self._versions))
        version = self._versions[content]
        if not known:
            self._releases[key] = self._home / release.name / version / release.version
            shutil.copytree(folder, self._releases[key])
        self.challenger[release.name] = version
        return Registered(release.name, version, str(self._home), created, recorded=not created and not known)

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""
        bundle = self._releases.get((name, digest))
        if bundle is None:
            return False
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(bundle, into)
        return True
