"""What the use cases need from the outside world; every adapter and every fake keeps one of these protocols."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from lockgate.domain.evidence import TestsEvidence
from lockgate.domain.identity import Digest
from lockgate.domain.release import Release
from lockgate.domain.signature import Array, Column, Columns, Output, Outputs, Signature
from lockgate.domain.source import Source

T = TypeVar("T")


class Documents(Protocol):
    """Typed documents on disk. Reading checks the schema; writing is atomic."""

    def read(self, path: Path, kind: type[T]) -> T:
        """Read a JSON document. Raises ``DocumentError`` when it is missing, not JSON, or of another schema."""

    def read_settings(self, path: Path, kind: type[T], section: str = "") -> T:
        """Read a YAML file that people write, or a section of it such as ``train.sklearn``.

        Raises ``SettingsError`` with line, path and the likely meant key.
        """

    def write(self, path: Path, document: object) -> Digest:
        """Write a JSON document whole or not at all; the digest is of the bytes written."""

    def write_settings(self, path: Path, document: object, *, heading: str) -> None:
        """Write a YAML file that people read, with a comment above; whole or not at all."""


class Tables(Protocol):
    """Columnar tables on disk."""

    def read(self, path: Path) -> Columns:
        """Read a table. Raises ``DataError`` when it is missing or not a table."""

    def write(self, path: Path, columns: Columns) -> None:
        """Write a table whole or not at all; equal columns give equal bytes."""


class Files(Protocol):
    """Plain files: their digests, and moving whole folders into place."""

    def sha256(self, path: Path) -> Digest:
        """Digest of a file's bytes. Raises ``DocumentError`` when it is missing."""

    def md5(self, path: Path) -> Digest:
        """The hash that DVC gives to a file. Raises ``DataError`` when it is missing."""

    def tree(self, folder: Path) -> Mapping[str, Digest]:
        """The SHA-256 of every file below a folder, by its relative POSIX path. Refuses links and odd files."""

    def place(self, folder: Path, files: Mapping[str, Path]) -> AbstractContextManager[Path]:
        """Copy files into a new folder that appears at ``folder``, whole, when the block ends without an error."""

    def move(self, folder: Path, target: Path) -> None:
        """Rename a folder; where the target is there already, it is replaced."""

    def write_bytes(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all."""


class Repository(Protocol):
    """The git repository of the project."""

    def source(self) -> Source:
        """The commit, and what differs from it. Raises ``SourceError`` where there is no commit."""

    def commit(self, path: Path, message: str) -> str:
        """Commit that one file and nothing else; the new commit's hash."""

    def restore(self, path: Path) -> None:
        """Make that one file what the commit says."""

    def push(self, branch: str) -> None:
        """Push the commit to that branch of `origin`, from a detached HEAD as well."""


class StageState(StrEnum):
    """What became of a stage."""

    RAN = "ran"
    RESTORED = "restored"
    CACHED = "cached"


@dataclass(frozen=True)
class StageReport:
    """One stage of a run: what became of it, why, and how long it took in seconds."""

    stage: str
    state: StageState
    why: str
    seconds: float = 0.0


class Pipeline(Protocol):
    """The reproducible stages and the data they start from."""

    def fetch(self) -> Sequence[str]:
        """Pull the raw data that is missing; the paths pulled. Raises ``DataError`` when data is missing or altered."""

    def reproduce(self, candidate: str | None, report: Callable[[str], None]) -> Iterator[StageReport]:
        """Run what has changed, stage by stage; ``report`` gets the stages' own lines as they come."""

    def hashes(self) -> Mapping[str, Digest]:
        """Every file that the stages read or write, by its DVC hash."""


class SourceModel(Protocol):
    """A trained model in its own framework."""

    def outputs(self) -> Sequence[Output]:
        """What the ONNX export of this model must answer: names, types and shapes."""

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX with one input for each raw column. Raises ``ModelError``."""

    def predict(self, columns: Columns) -> Outputs:
        """The framework's own answers for ``(rows,)`` columns, in its own precision."""


class Framework(Protocol):
    """Loads trained models of one framework."""

    def load(self, path: Path, inputs: Sequence[Column], classes: Sequence[str]) -> SourceModel:
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""


class Session(Protocol):
    """An ONNX model, loaded."""

    def input_names(self) -> Sequence[str]:
        """The names of the graph's inputs."""

    def run(self, columns: Columns) -> Outputs:
        """Every output of the graph for ``(rows,)`` columns. Raises ``ModelError``."""


class Runtime(Protocol):
    """The runtime that serves: loads ONNX models."""

    def open(self, path: Path, signature: Signature) -> Session:
        """Load a model. Raises ``ModelError`` for a file that is not an ONNX model."""

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that measure."""


class Metrics(Protocol):
    """Measures predictions against labels."""

    def measure(self, labels: Array, predicted: Array, scores: Array) -> Mapping[str, float | None]:
        """Every metric of the policy, by name.

        ``labels`` and ``predicted`` are boolean ``(rows,)`` (the positive class), ``scores`` the probability of the
        positive class, float64 ``(rows,)``. What gives no finite number is ``None``.
        """


class TestRunner(Protocol):
    """Runs the project's own tests."""

    def run(self, command: str, report: Path, source: Source, root: Path) -> TestsEvidence:
        """Run the command in ``root`` and read the JUnit report that it wrote. Raises ``DocumentError``."""


@dataclass(frozen=True)
class Registered:
    """A registered model version: its name, its number, and where to look at it."""

    name: str
    version: str
    where: str
    created: bool


class Registry(Protocol):
    """Holds releases as model versions."""

    def register(self, release: Release, folder: Path) -> Registered:
        """Register a release once; the version gets the alias ``challenger``. Running it again changes nothing."""

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""


@dataclass(frozen=True)
class Package:
    """A packaged release: its tag, the folder that can be served, and whether it was made just now."""

    tag: str
    path: Path
    created: bool

    @property
    def release(self) -> Path:
        """The release inside the package."""
        return self.path / "src" / "release"


class Packager(Protocol):
    """Makes a servable package of a release."""

    def package(self, release: Release, folder: Path, service: Path) -> Package:
        """Package a release's bundle with the service's source. Running it again changes nothing."""


class Running(Protocol):
    """A server that runs."""

    @property
    def url(self) -> str:
        """Where it answers."""

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
        """Its answer to raw rows."""

    def wait(self) -> int:
        """Wait until it ends; its exit code."""


class Server(Protocol):
    """Serves packages."""

    def start(self, package: Package, host: str, port: int) -> AbstractContextManager[Running]:
        """Start and wait until it is ready; leaving the block stops it. Port 0 takes a free one."""


class Wheelhouse(Protocol):
    """Collects the wheels that an image is built from, so that the build itself needs no package index."""

    def collect(self, lock: Path, folder: Path, *, sources: bool) -> bool:
        """Put every package of a lock file into ``folder``, checked against its hashes; whole or not at all.

        A folder that is there is complete and stays as it is; ``False`` says so. With ``sources``, packages that the
        index has no wheel of are built here; without, they are an error. Raises ``ToolError``.
        """

    def project(self, root: Path, folder: Path) -> None:
        """Put the project's own wheel, and nothing else, into ``folder``. Raises ``ToolError``."""


class Images(Protocol):
    """An engine that builds container images."""

    def ping(self) -> str:
        """The engine's version. Raises ``ToolError`` where no engine answers."""

    def find(self, tag: str) -> str | None:
        """The id of the image that the engine has under this tag, or ``None``."""

    def build(
        self,
        context: Mapping[str, Path],
        dockerfile: Path,
        tag: str,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> str:
        """Build an image and tag it; the image's id. Each line of the log goes to ``on_line`` as it comes.

        ``context`` are the files and folders that the build sees, by the name that it sees them under; ``.`` is the
        context itself. Raises ``DocumentError`` where one is missing, ``ToolError`` where the build fails.
        """
