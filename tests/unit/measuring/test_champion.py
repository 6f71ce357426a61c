"""What is known of a champion: documents of its own model, and of no other."""

from dataclasses import replace

import builders
import pytest
from whole import EXPLANATION

from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.model.candidate import MODEL, Subject
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.usecases.judging.gate import gate
from lockgate.usecases.measuring.champion import asked_already, read_champion
from lockgate.usecases.measuring.score_tables import find_scores

TABLES = ParquetTables(builders.FILES)


@pytest.fixture
def paths(project):
    """The champion of staging, which was asked today's rows: where its documents lie."""

    opened = builders.opened(project)
    gate(builders.instruments(project), "fake", "staging")
    release, folder = builders.sealed(project)
    named = ReleaseReference(release.name, release.digest, release.content)
    path = opened.layout.environment("staging")
    builders.DOCUMENTS.write_settings(path, Deployment("staging", named), heading="")
    builders.write_champion(project, release.digest)
    subject = Subject("champion", builders.FILES.sha256(folder / MODEL), md5(builders.TABLE))
    found = opened.layout.champion(release.version)
    builders.DOCUMENTS.write(found.document("explanation"), replace(EXPLANATION, subject=subject))
    (project / "params.yaml").write_text(builders.PARAMS + "  explanation: {mode: warn}\n")
    return found


def champion_of(project):
    return read_champion(builders.opened(project), "staging", None, TABLES)


def with_other(path, kind, **subject):
    builders.rewrite(path, kind, subject=replace(builders.DOCUMENTS.read(path, kind).subject, **subject))


def test_a_champion_is_known_by_its_documents_on_todays_rows(project, paths):
    found = champion_of(project)
    assert found.scores is not None
    assert found.evidence.of(ExplanationEvidence) is not None
    assert asked_already(builders.opened(project), "staging")


@pytest.mark.parametrize("subject", [{"model": sha256(b"another")}, {"data": md5(b"other rows")}])
def test_importances_of_another_model_or_other_rows_are_not_the_champions(project, paths, subject):
    with_other(paths.document("explanation"), ExplanationEvidence, **subject)
    assert champion_of(project).evidence.of(ExplanationEvidence) is None
    assert not asked_already(builders.opened(project), "staging")


def test_scores_of_another_model_are_not_the_champions(project, paths):
    with_other(paths.accuracy, AccuracyEvidence, model=sha256(b"another"))
    found = champion_of(project)
    assert found.scores is None
    assert found.evidence.of(AccuracyEvidence).subject.model == found.model


def test_a_release_that_served_before_has_its_table_among_the_champions(project):
    opened = builders.opened(project)
    own = opened.layout.evidence("fake", "accuracy")
    evidence = opened.documents.read(own, AccuracyEvidence)
    kept = opened.layout.build / "champions/0123456789ab/evidence" / evidence.scores.path
    kept.parent.mkdir(parents=True)
    (own.parent / evidence.scores.path).rename(kept)

    assert find_scores(opened, TABLES, evidence) is not None
    kept.write_bytes(b"another")
    assert find_scores(opened, TABLES, evidence) is None
