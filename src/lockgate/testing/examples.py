"""Values that pass every gate, and a whole bundle of them: change one part and see what your pipeline makes of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lockgate.domain.identity import Digest, md5, sha256
from lockgate.domain.judging.deciding.decision import decide
from lockgate.domain.judging.deciding.policy import Policy
from lockgate.domain.judging.deciding.registry import DOCUMENTS
from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.accuracy.policy import AccuracyPolicy
from lockgate.domain.judging.gates.parity.evidence import (
    InventedParity,
    OutputParity,
    PackagedParity,
    ParityEvidence,
    SettingParity,
)
from lockgate.domain.judging.gates.parity.policy import ParityPolicy
from lockgate.domain.judging.gates.tests.evidence import TestsEvidence
from lockgate.domain.judging.gates.tests.policy import TestsPolicy
from lockgate.domain.judging.protocol.case import Case
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.making.stage_records import Lineage, Record
from lockgate.domain.measuring.run_conditions import SETTINGS
from lockgate.domain.model.candidate import MODEL, PROFILE, SIGNATURE, Candidate, Subject
from lockgate.domain.model.profile import MIN_ROWS, profile_of
from lockgate.domain.model.score_table import ScoreTable, TableReference
from lockgate.domain.model.signature import Column, Columns, Output, Signature
from lockgate.domain.model.task import Binary, Task
from lockgate.domain.releasing import bundle_files
from lockgate.domain.releasing.bundle_documents import Labels, ResolvedPolicy, UsedWaivers
from lockgate.domain.releasing.bundle_files import REQUIRED, sealed
from lockgate.domain.releasing.provenance import Provenance
from lockgate.domain.releasing.release import Manifest, Release, verified
from lockgate.domain.serving.package_proof import PackageProof
from lockgate.domain.source import Source
from lockgate.domain.statistics.bounds.ranks import pairs_in_order
from lockgate.domain.statistics.metrics.registry import value
from lockgate.ports import Documents, Files
from lockgate.testing.fakes.making.logistic_model import fake_model
from lockgate.testing.task_examples import case_of_task

POLICY = Policy(
    tests=TestsPolicy(min_tests=10, max_skipped=1),
    accuracy=AccuracyPolicy(metric="roc_auc", floor=0.9, margin=0.001),
    parity=ParityPolicy(max_absolute=1e-5, max_relative=0.01),
)
SOURCE = Source("0123456789abcdef0123456789abcdef01234567", "2026-01-02T03:04:05+00:00")
SUBJECT = Subject("example", sha256(b"model"), md5(b"data"))
CANDIDATE = Candidate(SUBJECT, sha256(b"signature"), sha256(b"profile"))
BOOTSTRAP = Waiver("accuracy", "the first release has no champion", "A. Person", scope="no-champion-yet")
TASK_OF_EXAMPLE = Binary(("no", "yes"), "yes")
SIGNATURE_OF_EXAMPLE = Signature(
    inputs=(Column("age", "float32"), Column("job", "string")),
    outputs=(Output("label", "string"), Output("probabilities", "float32", (2,))),
    classes=TASK_OF_EXAMPLE.classes,
    task=TASK_OF_EXAMPLE,
)
COLUMNS: Columns = {
    "age": np.tile(np.array([20.0, 30.0, np.nan, 50.0]), MIN_ROWS),
    "job": np.tile(np.array(["clerk", "", "smith", "clerk"], dtype=object), MIN_ROWS),
}
ROWS = 2000
LINEAGE = Lineage(
    ("train", "check"),
    (
        Record("train", "param", "train.example", {"seed": 7}, {"seed": 7}),
        Record("train", "file", "data.parquet", "0" * 32, "0" * 32),
        Record("train", "result", "build/model.onnx", "1" * 32, "1" * 32),
        Record("check", "result", "build/evidence", "2" * 32 + ".dir", "2" * 32 + ".dir"),
    ),
)
"""What made the example, and nothing has changed since."""
DIGESTS: Mapping[str, Digest] = {kind: sha256(kind.encode()) for kind in REQUIRED}


def evidence_of_tests(source: Source = SOURCE) -> TestsEvidence:
    """Twelve tests ran on that source and none failed."""
    return TestsEvidence(source, "pytest", 0, 12, 0, 0, 0, (), sha256(b"report"))


def score_table(separation: float = 2.2, rows: int = ROWS, positive: str = "yes") -> Columns:
    """Per-row scores as they lie on disk: equal for equal arguments, better the larger ``separation`` is.

    Three in ten rows are positive; 2.2 gives an ROC AUC of about 0.94. Columns to slice by: ``age`` and ``job``.
    """
    random = np.random.default_rng(7)
    truth = np.arange(rows) % 10 < 3  # noqa: PLR2004 - three in ten
    margin = random.normal(size=rows) + separation * (truth - 0.5)
    scores = 1 / (1 + np.exp(-separation * margin - np.log(3 / 7)))
    names = np.array(["no", positive], dtype=object)
    return {
        "row": np.arange(rows, dtype=np.int64),
        "label": names[truth.astype(int)],
        "predicted": names[(scores > 0.5).astype(int)],  # noqa: PLR2004 - the likelier class
        f"score of {positive}": scores,
        "age": random.integers(18, 80, rows).astype(np.float32),
        "job": np.array(["clerk", "smith"], dtype=object)[random.integers(0, 2, rows)],
    }


def scores_of(separation: float = 2.2) -> ScoreTable:
    """The same as gates see them."""
    return ScoreTable.of(score_table(separation), TASK_OF_EXAMPLE)


def evidence_of_accuracy(
    subject: Subject = SUBJECT, separation: float = 2.2, scores: Digest | None = None
) -> AccuracyEvidence:
    """The metrics of ``score_table(separation)`` on its rows; ``scores`` is the digest of the table's file."""
    sample = scores_of(separation).binary
    metrics = {"roc_auc": pairs_in_order(sample), **{name: value(name, sample) for name in ("accuracy", "log_loss")}}
    table = TableReference("scores.parquet", ROWS, scores or sha256(b"scores"))
    positives = int(sample.labels.sum())
    counts = {"no": ROWS - positives, "yes": positives}
    return AccuracyEvidence(subject, {"fake": "1"}, ROWS, TASK_OF_EXAMPLE, counts, metrics, table)


def evidence_of_parity(subject: Subject = SUBJECT) -> ParityEvidence:
    """Every output as declared, with differences of rounding only, and no flip."""
    label = OutputParity("label", "string", "string", (ROWS,), (ROWS,))
    probabilities = OutputParity("probabilities", "float32", "float32", (ROWS, 2), (ROWS, 2), 1e-7, 1e-6)
    return ParityEvidence(
        subject,
        {"fake": "1"},
        sha256(b"source"),
        ROWS,
        (),
        (),
        (),
        (),
        (label, probabilities),
        flips=0,
        invented=InventedParity(ROWS, outputs=(label, probabilities), flips=0),
        settings=tuple(SettingParity(each.name, ROWS, outputs=(label, probabilities), flips=0) for each in SETTINGS),
    )


def evidence_of_packaged(subject: Subject = SUBJECT) -> PackagedParity:
    """A packaged release that answers as the judged model does, on the same runtime."""
    parity = evidence_of_parity(subject)
    release, runtime = sha256(b"release"), {"onnxruntime": "1.0"}
    served = {**runtime, "release": str(release), "cpu_features": "avx2 fma"}
    label, probabilities = parity.outputs
    return PackagedParity(
        release, subject, "example:1", ROWS, served, runtime, (), (label, replace(probabilities, max_absolute=0.0)), 0
    )


def proof_of_package(subject: Subject = SUBJECT) -> PackageProof:
    """Of a package that answered every held-out row as judged."""
    release, files = sha256(b"release"), sha256(b"files")
    served = {"release": str(release), "onnxruntime": "1.0"}
    rows = ("typical", "missing", "low", "high")
    return PackageProof(release, SOURCE.commit, files, files, "fake 1", rows, ROWS, subject.data, "", served)


def evidence(subject: Subject = SUBJECT, source: Source = SOURCE) -> Evidence:
    """All the evidence, and all of it good."""
    return Evidence(scores=scores_of(), lineage=LINEAGE).holding(
        evidence_of_tests(source), evidence_of_accuracy(subject), evidence_of_parity(subject)
    )


def champion(separation: float = 2.2, subject: Subject = SUBJECT) -> Champion:
    """A champion that was asked the same rows; better the larger ``separation`` is."""
    found = evidence_of_accuracy(replace(subject, model=sha256(b"other")), separation)
    return Champion(sha256(b"champion"), Evidence(scores=scores_of(separation)).holding(found))


def passing_case(task: Task = TASK_OF_EXAMPLE) -> Case:
    """A case that every gate lets pass: better than the champion, everything fresh.

    Of another task than a binary one it has what the gates of scores and data ask for, and nothing else yet.
    """
    if not isinstance(task, Binary):
        return case_of_task(task)
    return Case(CANDIDATE, SIGNATURE_OF_EXAMPLE, SOURCE, "staging", evidence(), dict(DIGESTS), champion(2.1))


def passed_verdict() -> Verdict:
    """The verdict on ``passing_case``."""
    return decide(POLICY, passing_case())


def write_bundle(
    folder: Path,
    documents: Documents,
    files: Files,
    *,
    name: str = "example",
    model: bytes | None = None,
    signature: Signature = SIGNATURE_OF_EXAMPLE,
    columns: Columns = COLUMNS,
    runtime: str = "1",
) -> Release:
    """Write the whole bundle of a passed candidate into a folder and verify it.

    ``model`` are the bytes of ``model.onnx``, of the signature's inputs, by default ``age`` and ``job``, and by default
    a fake model; ``columns`` are its training rows. ``runtime`` is the version of the runtime that judged it: with
    another, it is another release of the same content.
    """
    weights = {"age": 0.01, "job": -0.5}
    content = model or fake_model(signature.inputs, signature.classes, weights)
    files.write_bytes(folder / MODEL, content)
    subject = replace(SUBJECT, model=sha256(content))
    candidate = Candidate(
        subject,
        documents.write(folder / SIGNATURE, signature),
        documents.write(folder / PROFILE, profile_of(columns, signature)),
    )
    found = evidence(subject)
    digests = {
        kind: documents.write(folder / sealed(kind), found.of(of)) for kind, of in DOCUMENTS.items() if found.of(of)
    }
    verdict = decide(POLICY, Case(candidate, signature, SOURCE, "staging", found, digests), (BOOTSTRAP,))
    documents.write(folder / bundle_files.VERDICT, verdict)
    provenance = Provenance(SOURCE, sha256(b"params"), {"data": md5(b"data")}, {"fake": runtime})
    for each, document in {
        bundle_files.PROVENANCE: provenance,
        bundle_files.LABELS: Labels.of(signature),
        bundle_files.POLICY: ResolvedPolicy(signature.task, verdict.policy, "production", MIN_ROWS),
        bundle_files.WAIVERS: UsedWaivers.of(verdict),
    }.items():
        documents.write(folder / each, document)
    for each in bundle_files.demanded(bundle_files.VERSIONS[-1]) - set(files.tree(folder)):
        files.write_bytes(folder / each, b"{}\n")
    manifest = Manifest.of(name, files.tree(folder))
    documents.write(folder / bundle_files.MANIFEST, manifest)
    return verified(manifest, manifest.files, verdict)
