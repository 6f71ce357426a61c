"""``lockgate check champion``: ask an environment's champion the rows that today's candidates are judged on.

So is its anchor, the best champion on these rows, where that is another release.
"""

from dataclasses import replace
from typing import TypeVar

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.registry import NAMES
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.protocol.anchor import Anchor
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.evidence import Evidence
from lockgate.domain.model.candidate import MODEL, Subject
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.releasing.release import MANIFEST, Manifest, sealed
from lockgate.domain.statistics.metrics.registry import value
from lockgate.errors import LockgateError
from lockgate.ports import Metrics, Runtime, Tables
from lockgate.usecases.measuring.anchor import Value, find_anchor
from lockgate.usecases.measuring.kinds.accuracy import measure_accuracy, open_export
from lockgate.usecases.measuring.kinds.explanation import measure_explanation
from lockgate.usecases.measuring.methods import measured_here, method_here
from lockgate.usecases.measuring.score_tables import read_scores
from lockgate.usecases.project.champions import champion_of
from lockgate.usecases.project.project import Project
from lockgate.usecases.project.release_folders import fetch_release
from lockgate.usecases.project.stored.elsewhere import Elsewhere
from lockgate.usecases.project.valid_documents import read_if_sound

D = TypeVar("D", AccuracyEvidence, ExplanationEvidence)


def asked_already(project: Project, environment: str) -> bool:
    """Whether there is nothing to ask: no champion, or its scores on today's rows are here."""
    champion = champion_of(project, environment)
    if champion is None:
        return True
    version = champion.release.short
    found = _asked_here(project, version)
    if found is None or project.settings.gates.explanation is None:
        return found is not None
    explained = _explained(project, version, found.subject.model)
    return explained is not None and measured_here(project, "explanation", explained.method)


def unasked_champions(
    project: Project, environment: str, elsewhere: Elsewhere | None, tables: Tables
) -> tuple[tuple[ReleaseReference, ...], str]:
    """Champions of before to ask today's rows: the anchor, where its scores on them are not here.

    Where a release was sealed without today's metric, it is asked first, as any of them may be the anchor. Beside them
    stands why the anchor cannot be told where asking them does not help.
    """
    wanted: list[ReleaseReference] = []

    def kept(release: ReleaseReference) -> float | None:
        if _asked_here(project, release.release.short) is None:
            wanted.append(release)
        return _kept_metric(project, release, tables)

    champion = champion_of(project, environment)
    found = find_anchor(project, environment, _rows(project), elsewhere, kept)
    if found.release is not None and found.release != champion:
        wanted += [found.release] if _asked_here(project, found.release.release.short) is None else []
    return tuple(dict.fromkeys(wanted)), "" if wanted else found.problem


def ask_release(
    project: Project,
    release: ReleaseReference,
    elsewhere: Elsewhere | None,
    runtime: Runtime,
    metrics: Metrics,
    tables: Tables,
) -> AccuracyEvidence:
    """Run that champion's ONNX model on the held-out rows and keep its scores."""
    folder, name = fetch_release(project, release, elsewhere), release.release.short
    subject = Subject(name, project.files.sha256(folder / MODEL), _rows(project))
    judged = open_export(project, name, folder, runtime, tables)
    return measure_accuracy(project, judged, subject, project.layout.champion(name), runtime, metrics, tables)


def ask_champion(
    project: Project, environment: str, elsewhere: Elsewhere | None, runtime: Runtime, metrics: Metrics, tables: Tables
) -> AccuracyEvidence | None:
    """Run the champion's ONNX model on the held-out rows and keep its scores; ``None`` where there is none.

    Where the policy asks for explanations, its importances are measured on these rows too.

    Raises ``ModelError`` or ``DataError`` where the champion does not take today's rows, and what ``fetch_release``
    raises where it cannot be had.
    """
    champion = champion_of(project, environment)
    if champion is None:
        return None
    folder = fetch_release(project, champion, elsewhere)
    name = champion.release.short
    subject = Subject(name, project.files.sha256(folder / MODEL), _rows(project))
    judged = open_export(project, name, folder, runtime, tables)
    paths = project.layout.champion(name)
    if project.settings.gates.explanation is not None:
        truth = project.settings.tables.truth(judged.columns)
        blocks = project.settings.tables.blocks(judged.columns)
        explained = measure_explanation(judged, truth, subject, dict(runtime.versions()), blocks)
        explained = replace(explained, method=method_here(project, "explanation"))
        project.documents.write(paths.document("explanation"), explained)
    return measure_accuracy(project, judged, subject, paths, runtime, metrics, tables)


def read_champion(project: Project, environment: str, elsewhere: Elsewhere | None, tables: Tables) -> Champion | None:
    """The environment's champion with its evidence on today's rows, else its sealed one; ``None``: there is none."""
    named = champion_of(project, environment)
    return None if named is None else _known(project, named, elsewhere, tables)


def read_anchor(
    project: Project,
    environment: str,
    champion: Champion | None,
    elsewhere: Elsewhere | None,
    tables: Tables,
    asked: Value | None = None,
) -> Anchor | None:
    """The environment's anchor with its evidence on today's rows; ``None`` where there is no champion.

    ``asked`` tells a metric that a release was sealed without; by default it is what was kept of its answers.
    """
    if champion is None:
        return None
    if champion.model is None:  # whoever was asked for it is not asked again
        why = f"the {champion.name} is one of those that may be it, and cannot be had: {champion.absent}"
        return Anchor(champion.release, absent=why, remedy=champion.remedy)

    def kept(release: ReleaseReference) -> float | None:
        return _kept_metric(project, release, tables)

    found = find_anchor(project, environment, _rows(project), elsewhere, asked or kept)
    if found.release is None:
        return Anchor(champion.release, absent=found.problem, remedy=found.remedy)
    if found.release.release == champion.release:
        return Anchor.of(champion, found.among)
    return Anchor.of(_known(project, found.release, elsewhere, tables), found.among)


def _known(project: Project, named: ReleaseReference, elsewhere: Elsewhere | None, tables: Tables) -> Champion:
    release = named.release
    try:
        folder = fetch_release(project, named, elsewhere)
    except LockgateError as error:  # the gate says what that means: nothing to compare with is undecided
        return Champion(release, absent=error.message, remedy=error.hint)
    model = project.documents.read(folder / MANIFEST, Manifest).files[MODEL]
    size = project.store.size(folder / MODEL)
    own = _of(model, project.documents.read(folder / sealed(NAMES[AccuracyEvidence]), AccuracyEvidence))
    explanation, path = None, folder / sealed(NAMES[ExplanationEvidence])
    if project.store.has(path):
        explanation = _of(model, project.documents.read(path, ExplanationEvidence))
    asked = _asked(project, release.short)
    if asked is None or asked.subject.model != model:
        return Champion(release, Evidence().holding(own, explanation), model, size)
    scores = read_scores(tables, project.files, project.layout.champion(release.short).scores, asked)
    explained = _explained(project, release.short, model)
    kinds = frozenset(type(document) for document in (asked, explained) if document is not None)
    evidence = Evidence(scores=scores).holding(asked, explained or explanation)
    return Champion(release, evidence, model, size, kinds)


def champion_scores(project: Project, environment: str, tables: Tables) -> ScoreTable | None:
    """The champion's scores on today's rows, where it was asked them; no registry is needed."""
    champion = champion_of(project, environment)
    if champion is None:
        return None
    paths, asked = project.layout.champion(champion.release.short), _asked(project, champion.release.short)
    return None if asked is None else read_scores(tables, project.files, paths.scores, asked)


def _of(model: Digest, document: D) -> D | None:
    """The document, where it is of the champion's own model: of another one it says nothing."""
    return document if document.subject.model == model else None


def _asked(project: Project, version: str) -> AccuracyEvidence | None:
    """What was asked before; where it cannot be read, it is asked again."""
    return read_if_sound(project, project.layout.champion(version).accuracy, AccuracyEvidence)


def _asked_here(project: Project, version: str) -> AccuracyEvidence | None:
    """What it answered to today's rows, measured as it would be here."""
    found = _asked(project, version)
    today = found is not None and found.subject.data == _rows(project)
    return found if found is not None and today and measured_here(project, "accuracy", found.method) else None


def _kept_metric(project: Project, release: ReleaseReference, tables: Tables) -> float | None:
    """The policy's metric of what it answered to today's rows: evidence states only what is usually looked at."""
    version, metric = release.release.short, project.metric
    found = _asked_here(project, version)
    stated = None if found is None or metric is None else found.metrics.get(metric.name)
    if found is None or metric is None or stated is not None or metric.package:
        return stated
    scores = read_scores(tables, project.files, project.layout.champion(version).scores, found)
    return None if scores is None else value(metric, scores.sample)


def _explained(project: Project, version: str, model: Digest) -> ExplanationEvidence | None:
    """Its importances on today's rows; older ones say less, and are not taken, nor are those of another model."""
    found = read_if_sound(project, project.layout.champion(version).document("explanation"), ExplanationEvidence)
    return _of(model, found) if found is not None and found.subject.data == _rows(project) else None


def _rows(project: Project) -> Digest:
    return project.files.md5(project.layout.root / project.settings.tables.test)
