"""Packages releases through BentoML: built where nobody finds it, and moved to its name in one step."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from ruamel.yaml import YAML

from lockgate.adapters.bentoml.command import environment, failed
from lockgate.domain.identity import Digest, digest_of_file, sha256
from lockgate.domain.releasing.release import Release
from lockgate.errors import DocumentError, MissingTool, ToolError
from lockgate.ports import Package
from lockgate.ports.serving.packages import BUNDLE as RELEASE
from lockgate.processes import temporary
from lockgate.processes.short_lived import as_module
from lockgate.processes.starting import ran

READER = "lockgate_rows.py"
BUNDLE = "lockgate_bundle.py"
REQUESTS = "lockgate_requests.py"
# What is put beside a service, and the module of Lockgate's own that it is.
BESIDE = {
    BUNDLE: "serving/served_bundle.py",
    READER: "model/request_rows.py",
    REQUESTS: "serving/request_lines.py",
}
COMPILED = "__pycache__"


class BentoPackager:
    """The packager port: a Bento in the store of ``BENTOML_HOME``, or of the project's own ``build/bentoml``."""

    def __init__(self, root: Path) -> None:
        if find_spec("bentoml") is None:
            raise MissingTool("bentoml", "serve")
        self._root = root
        self._home = Path(os.environ.get("BENTOML_HOME") or root / "build" / "bentoml")

    @property
    def tool(self) -> str:
        """BentoML and its version."""
        return f"bentoml {version('bentoml')}"

    @property
    def rewrites(self) -> frozenset[str]:
        """Its own settings, in another order and with what was left out."""
        return frozenset({"bentofile.yaml"})

    def parts(self, folder: Path, service: Path) -> Mapping[str, Digest]:
        """All that a Bento is made of, by its name beside the service. Raises ``DocumentError``."""
        if not (service / "service.py").exists():
            raise DocumentError(f"{service}/service.py: missing", hint="see `service` in params.yaml")
        if (service / RELEASE).exists():
            raise DocumentError(f"{service / RELEASE}: there", hint="a package's release goes there: name it otherwise")
        bundle = {f"{RELEASE}/{name}": digest for name, digest in _digests(folder).items()}
        return {**_digests(service), **bundle, **{name: sha256(content) for name, content in _beside().items()}}

    def find(self, release: Release) -> Package | None:
        """The Bento that has the release's name, whatever it holds."""
        path = self._home / _place(release)
        return Package(_tag(release), path, created=False) if (path / "bento.yaml").exists() else None

    @contextmanager
    def build(self, release: Release, folder: Path, service: Path) -> Iterator[Package]:
        """Build a Bento in a store of its own beside the others, from where it can be served; then that store is gone.

        BentoML copies file by file into a store: who is killed meanwhile would leave half a Bento.
        """
        self._home.mkdir(parents=True, exist_ok=True)
        prefix = temporary.prefix(self._home, "building")
        with tempfile.TemporaryDirectory(prefix=prefix, dir=self._home, ignore_cleanup_errors=True) as home:
            path = Path(home) / _place(release)
            with tempfile.TemporaryDirectory(prefix="lockgate-bento-") as context:
                _collect(service, folder, Path(context))
                self._build(Path(context), release.version, Path(home))
            if not (path / "bento.yaml").exists():
                raise ToolError(
                    f"bentoml build made no {self._home / _place(release)}", hint="does service.py end the process?"
                )
            yield Package(_tag(release), path, created=True)

    def put(self, package: Package) -> Package:
        """Move a Bento into the store, in one step; what was there before goes aside, and comes back where it fails."""
        home = package.path.parents[2]
        target, aside = self._home / package.path.relative_to(home), home / "replaced"
        target.parent.mkdir(parents=True, exist_ok=True)
        # BentoML's own pointer goes first: who is killed after it has no Bento of that name, and puts it again.
        named = home / "latest"
        named.write_text(target.name, encoding="utf-8")
        named.replace(target.parent / "latest")
        if target.exists():
            target.rename(aside)
        try:
            package.path.rename(target)
        except BaseException:
            if aside.exists():
                aside.rename(target)
            raise
        return Package(package.tag, target, created=True)

    def _build(self, context: Path, version: str, home: Path) -> None:
        done = ran(
            [*as_module("bentoml"), "build", "--version", version, "."],
            self._root,
            "build a Bento",
            environment(home),
            cwd=context,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode != 0:
            raise failed("bentoml build failed", done.stderr or done.stdout)


def _tag(release: Release) -> str:
    return f"{release.name}:{release.version}"


def _place(release: Release) -> Path:
    return Path("bentos") / release.name / release.version


def _digests(folder: Path) -> dict[str, Digest]:
    """The digest of every file below a folder, by its name there; what Python compiled of them is none."""
    found: dict[str, Digest] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if COMPILED in name.parts or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file():
            raise DocumentError(
                f"{path}: not a plain file", hint="a package holds what was committed: put the file itself there"
            )
        with path.open("rb") as file:
            found[name.as_posix()] = digest_of_file(file, "sha256")
    return found


def _collect(service: Path, release: Path, context: Path) -> None:
    """All that a Bento is built of, in one folder."""
    shutil.copytree(service, context, dirs_exist_ok=True, ignore=shutil.ignore_patterns(COMPILED))
    shutil.copytree(release, context / RELEASE)
    for name, content in _beside().items():
        (context / name).write_bytes(content)
    _include(context / "bentofile.yaml", list(BESIDE))


def _beside() -> Mapping[str, bytes]:
    """The modules that read the bundle and the rows, as those that the model was judged on, and tell requests."""
    return {name: files("lockgate.domain").joinpath(module).read_bytes() for name, module in BESIDE.items()}


def _include(bentofile: Path, names: Sequence[str]) -> None:
    """Name files in `include`: a service's folder that was copied before does not know them."""
    if not bentofile.exists():
        return
    yaml = YAML()
    content = yaml.load(bentofile)
    include = content.get("include") if isinstance(content, dict) else None
    if isinstance(include, list) and (absent := [name for name in names if name not in include]):
        include.extend(absent)
        yaml.dump(content, bentofile)
