"""Models are asked again: what was kept of a champion decides nothing, and what its release says stands."""

from dataclasses import replace

import builders
import pytest
from whole import EXPLANATION

from lockgate.adapters.parquet import ParquetTables
from lockgate.domain.identity import md5
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.model.candidate import MODEL, Subject
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.domain.releasing.release import sealed
from lockgate.testing import FakeRuntime
from lockgate.testing.examples import passing_case
from lockgate.usecases.judging.gate import gate
from lockgate.usecases.measuring.asked_again import Asking, ask_case_again
from lockgate.usecases.measuring.champion import read_champion
from lockgate.usecases.measuring.methods import method_here
from lockgate.usecases.project.project import read_candidate

TABLES = ParquetTables(builders.FILES)
FORGED = replace(EXPLANATION, importances=EXPLANATION.importances[:1])


@pytest.fixture
def folder(project):
    """The bundle of staging's champion, which was asked today's rows and of which importances were forged here."""
    gate(builders.instruments(project), "fake", "staging")
    release, folder = builders.sealed(project)
    named = ReleaseReference(release.name, release.digest, release.content)
    opened = builders.opened(project)
    builders.DOCUMENTS.write_settings(opened.layout.environment("staging"), Deployment("staging", named), heading="")
    builders.write_champion(project, release.digest)
    builders.DOCUMENTS.write(opened.layout.champion(release.version).document("explanation"), of(folder, FORGED))
    builders.write_candidate(project, weight=0.02)
    (project / "params.yaml").write_text(builders.PARAMS + "  explanation: {mode: warn}\n")
    return folder


def of(folder, document, rows=builders.TABLE):
    return replace(document, subject=Subject("champion", builders.FILES.sha256(folder / MODEL), md5(rows)))


def champion_again(project, folder, told=None):
    opened = builders.opened(project)
    champion = read_champion(opened, "staging", None, TABLES)
    if told is not None:
        builders.DOCUMENTS.write(folder / sealed("explanation"), told)
    case = replace(passing_case(), candidate=read_candidate(opened, "fake"), champion=champion)
    asking = Asking(opened, FakeRuntime(), TABLES, md5(builders.TABLE))
    return ask_case_again(asking, case, opened.layout.candidate("fake").export, folder).champion


def test_importances_that_were_kept_here_are_measured_again(project, folder):
    found = champion_again(project, folder).evidence.of(ExplanationEvidence)
    assert [each.column for each in found.importances] == ["age", "job"]
    assert found.subject.data == md5(builders.TABLE)


@pytest.mark.parametrize("rows", [builders.TABLE, b"rows of before"], ids=["these rows", "rows of before"])
def test_importances_of_the_release_count_where_they_are_of_these_rows(project, folder, rows):
    method = method_here(builders.opened(project), "explanation")
    told = replace(of(folder, EXPLANATION, rows), method=method)
    found = champion_again(project, folder, told).evidence.of(ExplanationEvidence)
    assert (found == told) is (rows == builders.TABLE)


def test_a_champion_that_does_not_take_the_rows_has_nothing_to_compare_with(project, folder):
    (folder / MODEL).write_bytes(b"no model")
    opened = builders.opened(project)
    asking = Asking(opened, FakeRuntime(), TABLES, md5(builders.TABLE))
    case = replace(passing_case(), candidate=read_candidate(opened, "fake"))
    case = replace(case, champion=replace(case.champion, model=builders.FILES.sha256(folder / MODEL)))
    asked = ask_case_again(asking, case, opened.layout.candidate("fake").export, folder).champion
    assert asked.scores is None
    assert asked.evidence.of(AccuracyEvidence) == case.champion.evidence.of(AccuracyEvidence)
