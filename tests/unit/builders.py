"""A project on disk whose evidence passes every gate, in a real git repository; no heavy tool is needed to judge it."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import yaml

from lockgate.adapters.documents import TypedDocuments
from lockgate.adapters.dvc.stages.hashes import Hashes
from lockgate.adapters.dvc.stages.lock import DvcLock
from lockgate.adapters.files.local_files import LocalFiles
from lockgate.adapters.folder_store import FolderReleases
from lockgate.adapters.git.log import GitLog
from lockgate.adapters.git.repository import GitRepository
from lockgate.adapters.parquet import ParquetTables
from lockgate.adapters.project_store import LocalProjectStore
from lockgate.adapters.signing.keyring import FileKeyring
from lockgate.cli.wiring import measuring
from lockgate.cli.wiring.instruments import instruments_of
from lockgate.cli.wiring.releasing import bundle_writers
from lockgate.domain.identity import Digest, md5, sha256
from lockgate.domain.making.selection import Validation
from lockgate.domain.making.stage_records import value_of
from lockgate.domain.measuring.run_conditions import AS_SERVED
from lockgate.domain.model.candidate import MODEL, Subject
from lockgate.domain.model.profile import profile_of
from lockgate.domain.project.layout import Layout
from lockgate.testing import FakePipeline, FakeRuntime, examples, fake_model
from lockgate.testing.examples import (
    COLUMNS,
    SIGNATURE_OF_EXAMPLE,
    evidence_of_accuracy,
    evidence_of_parity,
    evidence_of_tests,
)
from lockgate.testing.fakes.making.logistic_model import Remembered
from lockgate.usecases.project.project import open_project
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.releasing.seal import seal
from lockgate.usecases.releasing.sealing.bundle import SealingTools

GOLDEN = Path(__file__).parent / "golden"

WRITERS = cache(bundle_writers)
FILES = LocalFiles()
DOCUMENTS = TypedDocuments(FILES)
REPORT = b"report"
PARAMS = """\
model: example
plugin: example:Plugin
candidates: [fake]
environments: [staging, production]
data: {}
train:
  fake: {}
tables:
  training: build/train.parquet
  validation: build/validation.parquet
  test: build/test.parquet
  label: outcome
  positive: "yes"
tests:
  command: pytest
  report: build/tests/junit.xml
gates:
  tests:
    min_tests: 10
  accuracy:
    metric: roc_auc
    floor: 0.9
    margin: 0.001
  parity:
    max_absolute: 1e-5
    max_relative: 0.01
"""
WAIVERS = """\
schema: lockgate/waivers/1
waivers:
  - gate: accuracy
    scope: no-champion-yet
    reason: the first release has no champion
    name: A. Person
"""


DVC_YAML = """\
stages:
  prepare:
    cmd: lockgate
    deps: [.gitignore]
    params: [data, tables]
    outs: [build/validation.parquet, build/test.parquet]
  train:
    matrix: {candidate: "${candidates}"}
    cmd: lockgate
    deps: [build/validation.parquet]
    params: [train]
    outs: ["build/candidates/${item.candidate}/trained"]
    metrics: ["build/candidates/${item.candidate}/validation.json"]
  export:
    matrix: {candidate: "${candidates}"}
    cmd: lockgate
    deps: ["build/candidates/${item.candidate}/trained"]
    outs: ["build/candidates/${item.candidate}/export"]
  check:
    foreach: ${candidates}
    do:
      cmd: lockgate
      deps: [build/test.parquet, "build/candidates/${item}/trained", "build/candidates/${item}/export"]
      params: [tables]
      outs: ["build/candidates/${item}/evidence"]
  reference:
    cmd: lockgate
    deps: [build/test.parquet]
    outs: [build/reference]
"""


def score_table(separation=2.2):
    """That of the examples, where no two rows have the same age: a fake model knows each by heart."""
    table = examples.score_table(separation)
    return table | {"age": table["age"] + ((table["row"] + 1) / 4096).astype(np.float32)}


def _table():
    """The bytes of the held-out rows: what the score table has of them, and their label."""
    rows = score_table()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        ParquetTables(FILES).write(path, {"age": rows["age"], "job": rows["job"], "outcome": rows["label"]})
        return path.read_bytes()


TABLE = _table()


@cache
def model_of(weight=0.01, separation=2.2):
    """A fake model that answers the held-out rows as ``score_table(separation)`` says, and others by ``weight``."""
    rows = score_table(separation)
    by_heart = Remembered("age", dict(zip(rows["age"].tolist(), rows["score of yes"].tolist(), strict=True)))
    inputs, classes = SIGNATURE_OF_EXAMPLE.inputs, SIGNATURE_OF_EXAMPLE.classes
    return fake_model(inputs, classes, {"age": weight, "job": -0.5}, remembered=by_heart)


def git(root, *arguments):
    command = ["git", "-C", str(root), "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def make_repository(root):
    """A git repository with an identity of its own and everything in it committed."""
    git(root, "init", "--quiet")
    with (root / ".git/config").open("a") as file:
        file.write("[user]\n\tname = Lock Keeper\n\temail = keeper@example.org\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "first commit")
    return GitRepository(root)


def make_project(root: Path):
    """The project's folder, committed, with a candidate and its evidence under ``build/``."""
    (root / "deploy").mkdir(parents=True)
    (root / ".gitignore").write_text("build/\n")
    (root / "params.yaml").write_text(PARAMS)
    (root / "dvc.yaml").write_text(DVC_YAML)
    (root / "deploy/waivers.yaml").write_text(WAIVERS)
    for name in ("staging", "production"):
        (root / f"deploy/{name}.yaml").write_text(f"environment: {name}\n")
    make_repository(root)
    write_candidate(root)
    return packed(root)


def packed(root: Path) -> Path:
    """The same project, as few files to be copied: thousands of tests have a copy."""
    git(root, "repack", "-adqn")
    shutil.rmtree(root / ".git/logs")
    return root


def write_candidate(root: Path, *, weight: float = 0.01, separation: float = 2.2, locked: bool = True) -> None:
    """Write a candidate and evidence of it on the present commit; ``weight`` makes it another model.

    It answers as well as ``separation`` says, and the evidence is what it answers.

    ``locked`` writes `dvc.lock` as well, as if stages had just made it.
    """
    layout = Layout(root)
    paths = layout.candidate("fake")
    model = model_of(weight, separation)
    FILES.write_bytes(paths.model, model)
    FILES.write_bytes(root / "build/test.parquet", TABLE)
    FILES.write_bytes(root / "build/validation.parquet", TABLE)
    FILES.write_bytes(paths.trained.parent / "model.fake", model)
    DOCUMENTS.write(
        paths.validation, Validation("fake", "fake", "model.fake", sha256(model), md5(TABLE), 100, {"roc_auc": 0.9})
    )
    DOCUMENTS.write(paths.signature, SIGNATURE_OF_EXAMPLE)
    DOCUMENTS.write(paths.profile, profile_of(COLUMNS, SIGNATURE_OF_EXAMPLE))
    subject = Subject("fake", FILES.sha256(paths.model), md5(TABLE))
    ParquetTables(FILES).write(paths.scores, score_table(separation))
    DOCUMENTS.write(paths.accuracy, evidence_of_accuracy(subject, separation, FILES.sha256(paths.scores)))
    DOCUMENTS.write(paths.parity, evidence_of_parity(subject))
    if locked:
        lock(root)
    FILES.write_bytes(root / "build/tests/junit.xml", REPORT)
    DOCUMENTS.write(layout.tests, evidence_of_tests(GitRepository(root).source()))


def lock(root: Path) -> None:
    """Write and commit what DVC would after stages that made all that lies there from what is there now."""
    record(root)
    git(root, "add", "--", "dvc.lock")
    if git(root, "diff", "--cached", "--name-only", "--", "dvc.lock"):
        git(root, "commit", "--quiet", "-m", "Record the results", "--", "dvc.lock")


def record(root: Path) -> None:
    """The same, in the folder alone."""
    hashes, defined = Hashes(root), DvcLock(root)
    names = ["prepare", "train@fake", "export@fake", "check@fake"]
    names += ["reference"] if (root / "build/reference").exists() else []

    def entry(name):
        stage = defined.defined(name)
        read, made = (
            [{"path": path, "hash": "md5", "md5": hashes.of(root / path)} for path in paths]
            for paths in (stage.deps, stage.outs)
        )
        keys = {
            file: {key: value_of(defined.params(file), key) for key in keys}
            for file, keys in stage.params.items()
            if keys
        }
        return {"cmd": stage.cmd, "deps": read, "params": keys, "outs": made}

    stages = {name: entry(name) for name in names}
    with (root / "dvc.lock").open("w") as file:
        yaml.dump({"schema": "2.0", "stages": stages}, file, yaml.CSafeDumper, sort_keys=False)


def write_champion(root: Path, release: Digest, separation: float = 2.2) -> None:
    """What a champion, another model, answered to today's rows: as `lockgate check champion` leaves it."""
    layout = Layout(root)
    paths = layout.champion(release.short)
    ParquetTables(FILES).write(paths.scores, score_table(separation))
    model = FILES.sha256(layout.release(release.short) / MODEL)
    evidence = evidence_of_accuracy(Subject("champion", model, md5(TABLE)), separation, FILES.sha256(paths.scores))
    DOCUMENTS.write(paths.accuracy, evidence)


def write_read(path: Path, content: str = "content") -> None:
    """Write a file that somebody has read a second later."""
    path.write_text(content)
    written = path.stat().st_mtime_ns
    os.utime(path, ns=(written + 1_000_000_000, written))


def rewrite(path: Path, kind, **changes):
    """Write a document again with some fields changed."""
    DOCUMENTS.write(path, replace(DOCUMENTS.read(path, kind), **changes))


def opened(root: Path):
    """The project as the use cases see it."""
    return open_project(Layout(root), DOCUMENTS, FILES, *stores(root))


def stores(root: Path):
    """What lies in the project's folder, its releases, the user's own keys, and the project's commits."""
    releases = FolderReleases(Layout(root).releases, DOCUMENTS, FILES)
    return LocalProjectStore(root), releases, FileKeyring(FILES), GitLog(root)


def instruments(root: Path):
    """What the verbs work with there, on the real adapters."""
    return instruments_of(Layout(root), cache(lambda: opened(root)))


def sealed(root: Path, writers=None):
    """Seal the candidate that ``lockgate gate`` passed: the release and its folder."""
    return seal(opened(root), "fake", GitRepository(root), sealing_tools(root, writers))


def given_release(root: Path, released: Path):
    """Put into a copy of a project what its gate and its release left behind in another one; the release."""
    shutil.copytree(released / "build", root / "build", dirs_exist_ok=True)
    return latest_release(opened(root), None)[0]


def sealing_tools(root: Path, writers=None):
    """What a release is written with, in the formats of others too."""
    pipeline = FakePipeline(data={"build/test.parquet": md5(TABLE)})
    return SealingTools(pipeline, DvcLock(root), FakeRuntime(), ParquetTables(FILES), writers or WRITERS())


def answering_fakes(patch):
    """Whatever runs in this process from now on can open a fake model, and ONNX Runtime opens all others."""
    real = measuring.runtime
    patch.setattr(measuring, "runtime", lambda project, *, soon=False: EitherRuntime(partial(real, project)))


class EitherRuntime(FakeRuntime):
    """ONNX Runtime is started for a model that is no fake one."""

    def __init__(self, make):
        self._real = cache(make)

    def open(self, path, signature, setting=AS_SERVED):
        fake = path.is_file() and path.read_bytes().startswith(b"{")
        return (super() if fake else self._real()).open(path, signature, setting)


def committed(project, path, content):
    """Change a file of the project, commit it, and run the tests on that commit: all but the stages."""
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text(content)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "Another commit")
    write_candidate(project, locked=False)
