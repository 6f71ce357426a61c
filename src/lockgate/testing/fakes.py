"""Small, deterministic fakes of the ports; they keep their state in memory or in a folder that you give."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from lockgate.domain.candidate import MODEL
from lockgate.domain.evidence import TestsEvidence
from lockgate.domain.identity import Digest, sha256
from lockgate.domain.release import MANIFEST, Manifest, Release
from lockgate.domain.setting import AS_SERVED, CPU, Setting
from lockgate.domain.signature import Array, Column, Columns, Output, Outputs, Signature
from lockgate.domain.source import Source
from lockgate.domain.statistics.sample import Floats
from lockgate.errors import DataError, DocumentError, ModelError, SourceError, ToolError
from lockgate.ports import (
    Contestant,
    Framework,
    Glassbox,
    Metrics,
    Package,
    Packager,
    Pipeline,
    Registered,
    Registry,
    Repository,
    Runtime,
    Server,
    StageReport,
    StageState,
    TestRunner,
)

LOCK = "dvc.lock"
EPOCH = "2026-01-01T00:00:{:02d}+00:00"


class FakeRepository:
    """A repository without git: what lies in ``root`` when it is made is the first commit.

    ``ignored`` are folders and files that do not count, as in ``.gitignore``; ``committed=False`` stands for a
    repository that has no commit yet. ``log`` and ``pushed`` are for the test to look at.
    """

    def __init__(self, root: Path, *, ignored: Sequence[str] = ("build",), committed: bool = True) -> None:
        self._root = root
        self._ignored = frozenset(ignored)
        self._committed: dict[str, bytes] = {}
        self.log: list[tuple[str, str]] = []
        self.pushed: dict[str, str] = {}
        if committed:
            self._committed = self._files()
            self._advance("first commit")

    def source(self) -> Source:
        """The commit, and what differs from it. Raises ``SourceError`` where there is no commit."""
        if not self.log:
            raise SourceError(f"{self._root} has no commit", hint="FakeRepository(root) commits what is there")
        now = self._files()
        names = sorted({*now, *self._committed})
        changed = tuple(name for name in names if now.get(name) != self._committed.get(name) and name != LOCK)
        return Source(self.log[-1][0], EPOCH.format(len(self.log) % 60), changed)

    def committed(self, path: Path) -> bool:
        """Whether that file is in the latest commit as it is here."""
        name = path.relative_to(self._root).as_posix()
        return path.exists() and self._committed.get(name) == path.read_bytes()

    def commit(self, path: Path, message: str) -> str:
        """Commit that one file and nothing else; the new commit's hash."""
        name = path.relative_to(self._root).as_posix()
        if self._committed.get(name) == path.read_bytes():
            raise ToolError(f"nothing to commit: {name} is as committed")
        self._committed[name] = path.read_bytes()
        return self._advance(message)

    def restore(self, path: Path) -> None:
        """Make that one file what was committed."""
        path.write_bytes(self._committed[path.relative_to(self._root).as_posix()])

    def push(self, branch: str) -> None:
        """Remember the commit under that branch."""
        self.pushed[branch] = self.source().commit

    def _advance(self, message: str) -> str:
        state = hashlib.sha1(usedforsecurity=False)
        for part in (self.log[-1][0] if self.log else "", message, *sorted(self._committed)):
            state.update(part.encode() + b"\0" + self._committed.get(part, b""))
        self.log.append((state.hexdigest(), message))
        return state.hexdigest()

    def _files(self) -> dict[str, bytes]:
        found = ((path.relative_to(self._root), path) for path in sorted(self._root.rglob("*")) if path.is_file())
        return {
            name.as_posix(): path.read_bytes()
            for name, path in found
            if name.parts[0] != ".git" and name.as_posix() not in self._ignored and name.parts[0] not in self._ignored
        }


@dataclass
class FakePipeline:
    """Stages that do what you give them: the first run runs all of them, later ones find them cached.

    ``stages`` maps each name to its work, ``None`` for none; ``fails`` maps a stage to the exit code it ends with;
    ``missing`` is data that a fetch pulls, ``lost`` data that none can.
    """

    stages: Mapping[str, Callable[[], None] | None] = field(default_factory=lambda: {"prepare": None, "train": None})
    data: Mapping[str, Digest] = field(default_factory=dict)
    missing: Sequence[str] = ()
    lost: Sequence[str] = ()
    fails: Mapping[str, int] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def fetch(self) -> Sequence[str]:
        """Pull the raw data that is missing; the paths pulled. Raises ``DataError`` where it is lost."""
        if self.lost:
            raise DataError(f"data is missing and could not be pulled: {', '.join(self.lost)}")
        pulled, self.missing = tuple(self.missing), ()
        return pulled

    def pending(self, candidate: str | None) -> Sequence[str]:
        """The stages that did not run yet."""
        return [
            stage
            for stage in self.stages
            if stage not in self.done and (candidate is None or "@" not in stage or stage.endswith(f"@{candidate}"))
        ]

    def reproduce(self, candidate: str | None, report: Callable[[str], None]) -> Iterator[StageReport]:
        """Run the stages that did not run yet; what needs one that failed is left out."""
        out: set[str] = set()
        for stage, work in self.stages.items():
            if "" in out or stage.partition("@")[2] in out:
                continue
            if candidate is not None and "@" in stage and not stage.endswith(f"@{candidate}"):
                continue
            if stage in self.done:
                yield StageReport(stage, StageState.CACHED, "ran before")
                continue
            report(f"{stage} runs: it did not run yet")
            if stage in self.fails:
                yield StageReport(stage, StageState.FAILED, "it was told to", exit_code=self.fails[stage])
                out.add(stage.partition("@")[2])
                continue
            if work is not None:
                work()
            self.done.add(stage)
            yield StageReport(stage, StageState.RAN, "it did not run yet")

    def hashes(self) -> Mapping[str, Digest]:
        """The data that you gave."""
        return self.data


class FakeRegistry:
    """Model versions as folders below ``home``: ``home/<model>/<version>``."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._versions: dict[tuple[str, Digest], str] = {}
        self.challenger: dict[str, str] = {}

    def register(self, release: Release, folder: Path) -> Registered:
        """Register a release once; the version gets the alias ``challenger``. Running it again changes nothing."""
        key = (release.name, release.digest)
        created = key not in self._versions
        if created:
            version = str(1 + sum(name == release.name for name, _ in self._versions))
            shutil.copytree(folder, self._home / release.name / version)
            self._versions[key] = version
        self.challenger[release.name] = self._versions[key]
        return Registered(release.name, self._versions[key], str(self._home), created)

    def fetch(self, digest: Digest, name: str, into: Path) -> bool:
        """Copy the bundle of a registered release into a folder; ``False`` where the registry has none."""
        version = self._versions.get((name, digest))
        if version is None:
            return False
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(self._home / name / version, into)
        return True


class FakePackager:
    """Packages as plain folders below ``home``: the service's source, and the release beside it."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def package(self, release: Release, folder: Path, service: Path) -> Package:
        """Package a release's bundle with the service's source. Running it again changes nothing."""
        tag, path = f"{release.name}:{release.version}", self._home / release.name / release.version
        if path.exists():
            return Package(tag, path, created=False)
        shutil.copytree(service, path / "src")
        shutil.copytree(folder, path / "src" / "release")
        return Package(tag, path, created=True)


class FakeRunning:
    """A server without a socket: answers rows by the fake model inside the package."""

    def __init__(self, package: Package, url: str) -> None:
        self._model = _FakeModel.read(package.release / MODEL)
        self._release = _manifest(package.release).release
        self._url = url
        self.stopped = False

    @property
    def url(self) -> str:
        """Where it would answer."""
        return self._url

    def runtime(self) -> Mapping[str, object]:
        """What the fake runtime says."""
        return {"release": str(self._release), "fake": "1"}

    def predict(self, rows: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
        """Its answer to raw rows. Raises ``ToolError`` for a row that lacks a column, and when it was stopped."""
        if self.stopped:
            raise ToolError("the server did not answer: it was stopped")
        try:
            columns = {name: np.array([row[name] for row in rows]) for name in self._model.inputs}
        except KeyError as error:
            raise ToolError(f"the server answered 400: no column {error}") from error
        answers = self._model.answer(columns)
        predictions = [
            {"label": str(label), "probabilities": dict(zip(self._model.classes, map(float, row), strict=True))}
            for label, row in zip(answers["label"], answers["probabilities"].astype(np.float32), strict=True)
        ]
        return {"predictions": predictions, "release": str(self._release)}

    def wait(self) -> int:
        """Ends at once, with 0."""
        return 0


class FakeServer:
    """Serves packages of fake models in this process."""

    @contextmanager
    def start(self, package: Package, host: str, port: int) -> Iterator[FakeRunning]:
        """Ready at once; leaving the block stops it. Port 0 becomes 3000."""
        running = FakeRunning(package, f"http://{host}:{port or 3000}")
        try:
            yield running
        finally:
            running.stopped = True


@dataclass
class FakeTestRunner:
    """Says what you tell it to about the tests, and writes the report that such a run would have left."""

    tests: int = 12
    failed: Sequence[str] = ()
    skipped: int = 0
    exit_code: int | None = None

    def run(self, command: str, report: Path, source: Source, root: Path) -> TestsEvidence:  # noqa: ARG002 - the port's
        """Write a JUnit report with those counts; nothing is run."""
        cases = "".join(f'<testcase name="{name}"><failure/></testcase>' for name in self.failed)
        counts = f'tests="{self.tests}" failures="{len(self.failed)}" errors="0" skipped="{self.skipped}"'
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(f"<testsuites><testsuite {counts}>{cases}</testsuite></testsuites>", encoding="utf-8")
        return TestsEvidence(
            source=source,
            command=command,
            exit_code=(1 if self.failed else 0) if self.exit_code is None else self.exit_code,
            tests=self.tests,
            failures=len(self.failed),
            errors=0,
            skipped=self.skipped,
            failed=tuple(self.failed),
            report=sha256(report.read_bytes()),
        )


def fake_model(
    inputs: Sequence[Column], classes: Sequence[str], weights: Mapping[str, float], bias: float = 0.0
) -> bytes:
    """The file of a model of two classes: the logistic function of ``bias`` and the weighted columns.

    A number counts as itself, NaN as 0; a text as 1, an empty one as 0. ``FakeFramework`` loads such a file.
    """
    document = {
        "fake": "lockgate",
        "inputs": [column.name for column in inputs],
        "classes": list(classes),
        "weights": dict(weights),
        "bias": bias,
    }
    return json.dumps(document, sort_keys=True).encode()


@dataclass(frozen=True)
class _FakeModel:
    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    weights: Mapping[str, float]
    bias: float

    @classmethod
    def read(cls, path: Path) -> "_FakeModel":
        try:
            document: dict[str, Any] = json.loads(path.read_bytes())
            model = cls(
                tuple(document["inputs"]), tuple(document["classes"]), document["weights"], float(document["bias"])
            )
        except FileNotFoundError as error:
            raise ModelError(f"{path}: missing") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path}: not a fake model: {error}", hint="lockgate.testing.fake_model makes one") from (
                error
            )
        if len(model.classes) != 2:  # noqa: PLR2004
            raise ModelError(f"{path}: a fake model has two classes")
        return model

    def answer(self, columns: Columns) -> dict[str, Array]:
        rows = len(next(iter(columns.values()))) if columns else 0
        score = np.full(rows, self.bias)
        for name in self.inputs:
            score += self.weights.get(name, 0.0) * _as_numbers(columns[name])
        positive = 1.0 / (1.0 + np.exp(-score))
        labels = np.array([self.classes[int(p > 0.5)] for p in positive], dtype=object)  # noqa: PLR2004
        return {"label": labels, "probabilities": np.column_stack([1.0 - positive, positive])}


def _as_numbers(values: Array) -> Any:
    if values.dtype.kind in "OUST":
        return np.array([float(str(value) != "") for value in values])
    return np.nan_to_num(values.astype(np.float64), nan=0.0)


def _manifest(bundle: Path) -> Manifest:
    """The manifest of a bundle, read without an adapter."""
    try:
        document: dict[str, Any] = json.loads((bundle / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise DocumentError(f"{bundle / MANIFEST}: not a manifest: {error}") from error
    return Manifest(document["name"], {name: Digest.parse(text) for name, text in document["files"].items()})


class FakeSourceModel:
    """A fake model as its framework sees it: answers in float64."""

    def __init__(self, model: _FakeModel, content: bytes) -> None:
        self._model = model
        self._content = content

    def outputs(self) -> Sequence[Output]:
        """The label and two probabilities."""
        return (Output("label", "string"), Output("probabilities", "float32", (2,)))

    def to_onnx(self, inputs: Sequence[Column]) -> bytes:
        """The same bytes, which ``FakeRuntime`` opens. Raises ``ModelError`` for other inputs."""
        if tuple(column.name for column in inputs) != self._model.inputs:
            raise ModelError(f"the fake model takes {', '.join(self._model.inputs)}")
        return self._content

    def predict(self, columns: Columns) -> Outputs:
        """The model's own answers, probabilities in float64."""
        return self._model.answer(columns)


class FakeFramework:
    """Loads what ``fake_model`` makes."""

    def load(self, path: Path, inputs: Sequence[Column], classes: Sequence[str]) -> FakeSourceModel:
        """Raises ``ModelError`` for a file that is no fake model, or one of other inputs or classes."""
        model = _FakeModel.read(path)
        if model.classes != tuple(classes) or model.inputs != tuple(column.name for column in inputs):
            raise ModelError(f"{path}: a fake model of other inputs or classes")
        return FakeSourceModel(model, path.read_bytes())


class FakeSession:
    """A fake model, loaded to serve: answers in float32."""

    def __init__(self, model: _FakeModel) -> None:
        self._model = model

    def input_names(self) -> Sequence[str]:
        """The names of the model's inputs."""
        return self._model.inputs

    def run(self, columns: Columns) -> Outputs:
        """Label and probabilities for ``(rows,)`` columns. Raises ``ModelError`` where a column is missing."""
        if absent := [name for name in self._model.inputs if name not in columns]:
            raise ModelError(f"the model takes {', '.join(absent)} too")
        answer = self._model.answer(columns)
        return {"label": answer["label"], "probabilities": answer["probabilities"].astype(np.float32)}


class FakeRuntime:
    """Opens what ``FakeSourceModel.to_onnx`` makes."""

    def open(self, path: Path, signature: Signature, setting: Setting = AS_SERVED) -> FakeSession:  # noqa: ARG002
        """Raises ``ModelError`` for a file that is no fake model."""
        return FakeSession(_FakeModel.read(path))

    def race(self, contestants: Sequence[Contestant], rounds: int, seconds: float) -> Sequence[Sequence[float]]:  # noqa: ARG002
        """A microsecond for each row in every round, whatever the model is. Raises ``ModelError`` for no fake model."""
        taken = []
        for each in contestants:
            answers = self.open(each.model, each.signature).run(each.columns)
            taken.append([1e-6 * len(answers["label"])] * rounds)
        return taken

    def providers(self) -> Sequence[str]:
        """The processor."""
        return [CPU]

    def versions(self) -> Mapping[str, str]:
        """A fake tool of one version."""
        return {"fake": "1"}


@dataclass(frozen=True)
class FakeMetrics:
    """Answers the metrics that you give, whatever the predictions are."""

    metrics: Mapping[str, float | None] = field(default_factory=lambda: MappingProxyType({"roc_auc": 0.93}))

    def measure(self, labels: Array, predicted: Array, scores: Array) -> Mapping[str, float | None]:  # noqa: ARG002
        """The given metrics."""
        return dict(self.metrics)


@dataclass(frozen=True)
class FakeGlassbox:
    """A glassbox that learns nothing: the logistic function of ``bias`` and the weighted columns, as ``fake_model``.

    It is its own fitted model for the columns of ``weights``, each of which is a term.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    bias: float = 0.0

    @property
    def intercept(self) -> float:
        """The bias."""
        return self.bias

    def fit(self, columns: Columns, inputs: Sequence[Column], labels: Array) -> "FakeGlassbox":
        """A model of the columns that it gets. Raises ``ModelError`` where the labels are of one class."""
        if len(set(labels.tolist())) != 2:  # noqa: PLR2004
            raise ModelError("a fake glassbox needs rows of both classes")
        return FakeGlassbox({c.name: self.weights.get(c.name, 0.0) for c in inputs if c.name in columns}, self.bias)

    def terms(self) -> Mapping[str, Sequence[str]]:
        """One term for each column."""
        return {name: (name,) for name in self.weights}

    def explain(self, columns: Columns) -> tuple[Floats, Floats]:
        """Scores and contributions."""
        terms = [weight * _as_numbers(columns[name]) for name, weight in self.weights.items()]
        contributions = np.column_stack(terms)
        return 1.0 / (1.0 + np.exp(-self.bias - contributions.sum(axis=1))), contributions

    def settings(self) -> Mapping[str, str]:
        """The bias."""
        return {"bias": str(self.bias)}

    def versions(self) -> Mapping[str, str]:
        """A fake tool of one version."""
        return {"fake": "1"}


def _keeps_the_ports(folder: Path) -> tuple[object, ...]:
    """Never called: mypy checks here that each fake is what its port demands."""
    repository: Repository = FakeRepository(folder)
    pipeline: Pipeline = FakePipeline()
    registry: Registry = FakeRegistry(folder)
    packager: Packager = FakePackager(folder)
    server: Server = FakeServer()
    runner: TestRunner = FakeTestRunner()
    framework: Framework = FakeFramework()
    runtime: Runtime = FakeRuntime()
    metrics: Metrics = FakeMetrics()
    glassbox: Glassbox = FakeGlassbox()
    return repository, pipeline, registry, packager, server, runner, framework, runtime, metrics, glassbox
