"""What the use cases need from the outside world; every adapter and every fake keeps one of these protocols."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from lockgate.domain.candidate import Trained
from lockgate.domain.evidence import ParityEvidence, TestsEvidence
from lockgate.domain.identity import Digest
from lockgate.domain.reference import Reference, Thresholds
from lockgate.domain.release import Release
from lockgate.domain.selection import Limits, Selection
from lockgate.domain.setting import AS_SERVED, Setting
from lockgate.domain.signature import Array, Column, Columns, Output, Outputs, Signature
from lockgate.domain.source import Source
from lockgate.domain.statistics.sample import Floats
from lockgate.domain.verdict import Finding, Verdict
from lockgate.domain.worst_errors import WorstError

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

    def hold(self, path: Path) -> AbstractContextManager[None]:
        """Be the only process in a block that holds this file. Raises ``Busy`` where another one is."""

    def clear(self, folder: Path) -> None:
        """Make a folder that is empty, whatever was there."""

    def move(self, folder: Path, target: Path) -> None:
        """Rename a folder; where the target is there already, it is replaced."""

    def write_bytes(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all."""


class Repository(Protocol):
    """The git repository of the project."""

    def source(self) -> Source:
        """The commit, and what differs from it. Raises ``SourceError`` where there is no commit."""

    def committed(self, path: Path) -> bool:
        """Whether that file is in the latest commit as it is here."""

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
    FAILED = "failed"


@dataclass(frozen=True)
class StageReport:
    """One stage of a run: what became of it, why, how long it took in seconds, and how it ended."""

    stage: str
    state: StageState
    why: str
    seconds: float = 0.0
    exit_code: int = 0

    @property
    def candidate(self) -> str | None:
        """The candidate whose stage it is; ``None`` for a stage that all share."""
        return self.stage.partition("@")[2] or None


class Pipeline(Protocol):
    """The reproducible stages and the data they start from."""

    def fetch(self) -> Sequence[str]:
        """Pull the raw data that is missing; the paths pulled. Raises ``DataError`` when data is missing or altered."""

    def pending(self, candidate: str | None) -> Sequence[str]:
        """The stages that have a reason of their own to run, before anything runs."""

    def reproduce(self, candidate: str | None, report: Callable[[str], None]) -> Iterator[StageReport]:
        """Run what has changed, stage by stage; ``report`` gets the stages' own lines as they come.

        A stage that fails is reported as such; stages that do not need it go on.
        """

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


@runtime_checkable
class Calibratable(Protocol):
    """A source model that knows the truth: what a tolerance can be derived from. A source model may have this."""

    def reference(self, columns: Columns, answers: Outputs) -> Reference | None:
        """The truth about ``(rows,)`` columns; ``answers`` are those that ``predict`` gave. ``None``: there is none."""


@runtime_checkable
class Divided(Protocol):
    """A source model with trees. A source model may have this."""

    def thresholds(self) -> Mapping[str, Array]:
        """Where trees divide the raw columns: the thresholds of each, ``(thresholds,)``, in the column's unit."""


@runtime_checkable
class ExplicitExport(Protocol):
    """A source model that tells how it is exported. A source model may have this."""

    def exporter(self) -> Mapping[str, str]:
        """The exporter with its version, opset, dynamic axes, names: what the evidence records."""


@runtime_checkable
class Stored(Protocol):
    """A source model that is a file of answers: it has none to other rows. A source model may have this."""

    def stored_rows(self) -> int:
        """How many rows have an answer."""


class Framework(Protocol):
    """Loads trained models of one framework."""

    def load(self, path: Path, inputs: Sequence[Column], classes: Sequence[str]) -> SourceModel:
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""


class TrainingRun(Protocol):
    """What a plug-in gets to train one candidate: the rows, a folder of its own, and somebody to report to."""

    @property
    def candidate(self) -> str:
        """Which of the candidates of ``params.yaml``."""

    @property
    def folder(self) -> Path:
        """An empty folder for the model's files; what lies in it afterwards is the trained candidate."""

    @property
    def training(self) -> Columns:
        """The training rows, every column of the table, each ``(rows,)``."""

    @property
    def validation(self) -> Columns:
        """The validation rows: for early stopping and every other choice."""

    def epoch(self, number: int, of: int, **metrics: float) -> None:
        """Report an epoch, from 1; ``loss`` is the training's own. Raises ``ModelError`` for one that is no number."""


class ModelPlugin(Protocol):
    """What a team writes: data, training, export and reference predictions, and the input signature.

    Found by ``plugin: module:object`` in ``params.yaml``; the object is a class without arguments, or an instance.
    ``lockgate.project.Plugin`` brings ``open`` for the frameworks that Lockgate knows.
    """

    def data(self) -> Mapping[str, Columns]:
        """The tables ``training``, ``validation`` and ``test``: the raw feature columns, the label, and what is for
        judging only, each ``(rows,)``; numbers float32, int64 or bool, text as objects with ``""`` for missing."""

    def inputs(self) -> Sequence[Column]:
        """The input signature: the raw columns that the model takes, in order."""

    def train(self, run: TrainingRun) -> Trained:
        """Train ``run.candidate`` into ``run.folder`` and say what lies there."""

    def open(self, trained: Trained, folder: Path) -> "SourceModel":
        """The trained model in that folder: its export to ONNX, and its own answers as the reference for parity."""


class Preprocessing(Protocol):
    """Fitted preprocessing, the same in front of every network."""

    def transform(self, columns: Columns) -> Array:
        """Raw ``(rows,)`` columns become one float32 matrix ``(rows, features)``."""

    def transform_in_float64(self, columns: Columns) -> Array:
        """The same matrix, numbers in float64 all the way."""

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """Convert to ONNX: one input for each raw column, one output ``features``. Raises ``ModelError``."""

    def thresholds(self, features: Thresholds) -> Mapping[str, Array]:
        """Where thresholds on features lie in the raw columns; those that cannot be told are left out."""

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""


class Preprocessor(Protocol):
    """Loads fitted preprocessing."""

    def load(self, path: Path, inputs: Sequence[Column]) -> Preprocessing:
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""


class Network(Protocol):
    """A trained network: a float32 matrix in, probabilities out."""

    def predict(self, features: Array) -> Array:
        """Probabilities ``(rows, classes)`` for float32 ``(rows, features)``, in the framework's own precision."""

    def reference(self, features: Array, answers: Array) -> Reference | None:
        """The truth about float64 ``(rows, features)``, as ``probabilities`` alone; ``None`` where there is none."""

    def thresholds(self) -> Thresholds:
        """Where trees divide the features; empty for a model without trees."""

    def exporter(self) -> Mapping[str, str]:
        """The settings of the conversion."""

    def to_onnx(self) -> bytes:
        """Convert to ONNX: input ``features``, output ``probabilities``, any number of rows. Raises ``ModelError``."""


class NetworkFramework(Protocol):
    """Loads trained networks of one framework."""

    def load(self, path: Path) -> Network:
        """Load without running foreign code. Raises ``ModelError`` for a file that is not what it says."""


class Composer(Protocol):
    """Puts ONNX graphs together."""

    def compose(self, preprocessing: bytes, network: bytes, classes: Sequence[str]) -> bytes:
        """One graph: raw columns in, ``label`` (text, ``(rows,)``) and ``probabilities`` out. Raises ``ModelError``."""


class Session(Protocol):
    """An ONNX model, loaded."""

    def input_names(self) -> Sequence[str]:
        """The names of the graph's inputs."""

    def run(self, columns: Columns) -> Outputs:
        """Every output of the graph for ``(rows,)`` columns. Raises ``ModelError``."""


class GraphEditor(Protocol):
    """Changes ONNX models; each method gives a new one and raises ``ModelError`` for what the model does not have.

    ``nodes`` are in ONNX's textual form, such as ``after = Cast<to=11>(before)``. What else they name is their own, but
    for ``names``, which says what a name of theirs means in the model.
    """

    def weights(self, model: bytes) -> Mapping[str, Array]:
        """Every float tensor of the graph, the leaf values of its trees and the coefficients of linear nodes."""

    def with_weights(self, model: bytes, changed: Mapping[str, Array]) -> bytes:
        """Other values for some of them."""

    def behind(
        self, model: bytes, output: str, nodes: str, dtype: str | None = None, names: Mapping[str, str] = ...
    ) -> bytes:
        """Nodes behind an output: they take ``before`` and give ``after``, which is answered, as that ONNX type."""

    def ahead(self, model: bytes, name: str, nodes: str) -> bytes:
        """Nodes ahead of the graph: they take ``before``, an input, and give ``after``, which it gets in its place."""

    def without_output(self, model: bytes, output: str) -> bytes:
        """One output less."""

    def with_output_named(self, model: bytes, output: str, name: str) -> bytes:
        """Another name for an output."""

    def with_input(self, model: bytes, name: str, dtype: str) -> bytes:
        """One more raw column as input, which added nodes may take."""

    def repeated(self, model: bytes, times: int, signature: Signature) -> bytes:
        """The same answers, for so many times the work."""

    def padded(self, model: bytes, count: int) -> bytes:
        """The same answers, with so many bytes more."""


@dataclass(frozen=True)
class Contestant:
    """An ONNX model whose time is taken, and the rows ``(rows,)`` that it is asked."""

    model: Path
    signature: Signature
    columns: Columns


class Runtime(Protocol):
    """The runtime that serves: loads ONNX models."""

    def open(self, path: Path, signature: Signature, setting: Setting = AS_SERVED) -> Session:
        """Load a model. Raises ``ModelError`` for a file that is not an ONNX model."""

    def race(self, contestants: Sequence[Contestant], rounds: int, seconds: float) -> Sequence[Sequence[float]]:
        """The seconds of every round of each, asked in turns in one process; the order changes from round to round.

        It ends before ``rounds`` where it has taken ``seconds``, and takes 21 rounds at least. Raises ``ModelError``.
        """

    def providers(self) -> Sequence[str]:
        """The execution providers that this machine has."""

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that measure."""


class Pages(Protocol):
    """Draws pages for people."""

    def parity(self, evidence: ParityEvidence, findings: Sequence[Finding]) -> str:
        """One self-contained HTML page; equal evidence gives equal text."""


class Plots(Protocol):
    """Draws pictures for people."""

    def selection(self, selection: Selection, limits: Limits) -> str:
        """One self-contained SVG: metric against fairness, a point for each candidate; equal values give equal text."""


class Reports(Protocol):
    """Writes a verdict for others than Lockgate."""

    def junit(self, verdict: Verdict) -> str:
        """JUnit XML: a gate is a test case; refused is a failure, undecided an error, off is skipped."""

    def markdown(self, verdict: Verdict, worst: Sequence[WorstError] = ()) -> str:
        """Markdown: every finding in a table, with what would make it pass; then the candidate's worst errors."""


class FittedGlassbox(Protocol):
    """A fitted model that explains itself: the positive class's log-odds are an intercept and a sum of terms."""

    @property
    def intercept(self) -> float:
        """The log-odds where no term says anything."""

    def terms(self) -> Mapping[str, Sequence[str]]:
        """The terms in their order, each with the input columns that it takes."""

    def explain(self, columns: Columns) -> tuple[Floats, Floats]:
        """The positive class's probability, float64 ``(rows,)``, and ``(rows, terms)`` contributions in log-odds."""


class Glassbox(Protocol):
    """Fits a model that explains itself, as the reference for what can be learned from the rows."""

    def fit(self, columns: Columns, inputs: Sequence[Column], labels: Array) -> FittedGlassbox:
        """Fit on ``(rows,)`` columns, those of ``inputs`` alone; ``labels`` are boolean: the positive class.

        Equal rows give an equal model. Raises ``ModelError``.
        """

    def settings(self) -> Mapping[str, str]:
        """What it is fitted with: what the evidence records."""

    def versions(self) -> Mapping[str, str]:
        """The versions of the tools that fit."""


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
class DatasetVersion:
    """A table that a training read: what for, its path, and its DVC hash."""

    context: str
    path: str
    digest: Digest


@dataclass(frozen=True)
class TrainingRecord:
    """What is known of a training before it starts."""

    candidate: str
    params: Mapping[str, object]
    tags: Mapping[str, str]
    datasets: Sequence[DatasetVersion]


class Tracked(Protocol):
    """A run on the tracking server."""

    @property
    def where(self) -> str:
        """Its URL, or where to find it; empty where the delivery around it knows."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Metrics of one step. Waits for no server: what could not be sent is kept, and sent at the end or later."""

    def artefact(self, path: Path) -> None:
        """A file or folder. Waits for no server, as ``log``."""


class Tracker(Protocol):
    """Tracks deliveries and trainings."""

    def delivery(
        self, name: str, tags: Mapping[str, str], on_training: Callable[[str, str], None]
    ) -> AbstractContextManager[str]:
        """A parent run, and where to find it; trainings in its block, here or in stages, are its children.

        ``on_training`` gets the name of each and where to find it. Raises ``ToolError`` where the server does not
        answer at the start; later it may go away, and nothing waits for it.
        """

    def catch_up(self) -> None:
        """Send what an earlier server did not take, where there is any. Waits for no server that does not answer."""

    def training(self, name: str, record: TrainingRecord) -> AbstractContextManager[Tracked]:
        """A run of one training. Without a delivery around it, raises ``ToolError`` where the server does not answer
        at the start."""


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


class Answering(Protocol):
    """A packaged release that answers."""

    @property
    def url(self) -> str:
        """Where it answers."""

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
        """Its answer to raw rows."""

    def runtime(self) -> Mapping[str, object]:
        """What it says that it runs on: its release, versions, CPU features."""


class Running(Answering, Protocol):
    """A server that runs."""

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

    def label(self, image: str, name: str) -> str:
        """A label of an image. Raises ``ToolError`` where the engine has no such image, or the image no such label."""

    def serve(self, image: str) -> AbstractContextManager[str]:
        """Run an image that serves a release, on loopback; its URL once it answers. Leaving the block removes it."""

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
