"""``lockgate check parity``: the trained model and its ONNX export on real rows, on invented ones, in every setting."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lockgate.domain.identity import Digest, digest_of_files
from lockgate.domain.judging.gates.parity.comparator import CHUNK, Comparator, Comparison
from lockgate.domain.judging.gates.parity.evidence import MetricParity, ParityEvidence
from lockgate.domain.measuring.changes import crossed, improbable
from lockgate.domain.model.answers import Answers
from lockgate.domain.model.candidate import Subject
from lockgate.domain.model.profile import Profile
from lockgate.domain.model.signature import Array, Outputs
from lockgate.domain.model.task import quantiles_of
from lockgate.errors import ModelError
from lockgate.ports import ExplicitExport, Metrics, ModelPlugin, Runtime, SourceModel, WithoutSource
from lockgate.usecases.making.export import open_trained
from lockgate.usecases.making.source_answers import answers, truth_or_none
from lockgate.usecases.measuring.kinds.accuracy import LoadedModel
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.measuring.parity.invented_rows import on_invented_rows
from lockgate.usecases.measuring.parity.variation import in_every_setting
from lockgate.usecases.project.project import Project, read_candidate
from lockgate.usecases.project.service_pins import service_pins


@dataclass(frozen=True)
class Labelled:
    """The true labels of the held-out rows, and how predictions are measured against them."""

    truth: Array
    metrics: Metrics


def check_parity(
    project: Project, judged: LoadedModel, plugin: ModelPlugin, runtime: Runtime, metrics: Metrics
) -> ParityEvidence:
    """Run the trained model and its ONNX export on every held-out row, and record how they differ."""
    trained, source = open_trained(project, judged.name, plugin)
    paths, tables = project.layout.candidate(judged.name), project.settings.tables
    evidence = measure_parity(
        judged,
        source,
        runtime,
        project.documents.read(paths.profile, Profile),
        read_candidate(project, judged.name).subject,
        _digest(project, paths.trained.parent / trained.model),
        Labelled(tables.truth(judged.columns), metrics),
    )
    evidence = replace(
        evidence, serving_runtime=service_pins(project).get("onnxruntime"), method=method_here(project, "parity")
    )
    project.documents.write(paths.parity, evidence)
    return evidence


def _digest(project: Project, path: Path) -> Digest:
    """The digest of a model's file, or of its folder."""
    folder = project.store.has_folder(path)
    return digest_of_files(project.files.tree(path, links=True)) if folder else project.files.sha256(path)


def measure_parity(
    judged: LoadedModel,
    source: SourceModel,
    runtime: Runtime,
    profile: Profile,
    subject: Subject,
    trained: Digest,
    labelled: Labelled | None = None,
) -> ParityEvidence:
    """The facts: on the held-out rows, on rows invented from the profile, and in every setting of the runtime."""
    comparison, given = _on_real_rows(judged, source)
    declared, actual = judged.signature.names, judged.session.input_names()
    return ParityEvidence(
        subject=subject,
        tools=dict(runtime.versions()),
        source=trained,
        rows=judged.rows,
        missing_inputs=tuple(name for name in declared if name not in actual),
        unexpected_inputs=tuple(name for name in actual if name not in declared),
        missing_outputs=comparison.missing,
        unexpected_outputs=comparison.unexpected,
        reordered_outputs=comparison.reordered,
        outputs=comparison.outputs,
        flips=comparison.flips,
        worst_flips=comparison.worst_flips,
        calibrations=comparison.calibrations,
        metrics=() if labelled is None else tuple(_metrics(judged, given, labelled)),
        exporter=dict(source.exporter()) if isinstance(source, ExplicitExport) else {},
        invented=None if isinstance(source, WithoutSource) else on_invented_rows(judged, source, profile),
        settings=in_every_setting(judged, runtime),
        task=judged.task,
        without_source=isinstance(source, WithoutSource),
        improbable=_improbable(judged),
        crossed=_crossed(judged, given),
    )


def _improbable(judged: LoadedModel) -> int:
    """Of the rows with finite answers; what is of another form is told by the comparison."""
    try:
        answers = judged.answers()
    except ModelError:
        return 0
    return improbable(answers.take(np.flatnonzero(np.isfinite(answers.scores).all(axis=1)))) or 0


def _crossed(judged: LoadedModel, given: Outputs) -> tuple[int, int] | None:
    name = judged.signature.probabilities
    if not quantiles_of(judged.task) or name not in judged.outputs:
        return None
    return crossed(given[name]), crossed(judged.outputs[name])


def _on_real_rows(judged: LoadedModel, source: SourceModel) -> tuple[Comparison, Outputs]:
    """Compare on every held-out row, chunk by chunk; and what the source model answered."""
    comparator, given = Comparator(judged.signature), list[Outputs]()
    whole = {name for name, values in judged.outputs.items() if len(values) == judged.rows}
    for start, part in zip(range(0, judged.rows, CHUNK), judged.inputs.batches(CHUNK), strict=True):
        columns = dict(part)
        expected = answers(source, columns, judged.signature, first=start)
        truth = truth_or_none(source, columns, expected, judged.signature)
        # An output that has not a row for each is compared as it is, and found to be of another shape.
        actual = {n: values[start : start + CHUNK] if n in whole else values for n, values in judged.outputs.items()}
        comparator.add(expected, actual, truth)
        given.append(expected)
    return comparator.result(), {name: np.concatenate([part[name] for part in given]) for name in given[0]}


def _metrics(judged: LoadedModel, given: Outputs, labelled: Labelled) -> Iterator[MetricParity]:
    """Every metric of the source model beside that of the ONNX model; none where that lacks what is measured."""
    try:
        answers = [Answers.of(judged.signature, outputs) for outputs in (judged.outputs, given)]
    except ModelError:
        return
    if answers[0].rows != judged.rows:
        return
    ours, theirs = (labelled.metrics.measure(each.sample(labelled.truth)) for each in answers)
    for name, value in ours.items():
        yield MetricParity(name, source=theirs[name], onnx=value)
