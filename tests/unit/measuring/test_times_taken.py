"""Which times need not be taken again: those of these very models, by the method of today."""

from dataclasses import replace

import builders
import pytest

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence, Timing
from lockgate.domain.model.candidate import MODEL
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.usecases.judging.gate import gate
from lockgate.usecases.measuring.kinds.latency import of_candidate, raced_already
from lockgate.usecases.measuring.methods import method_here


@pytest.fixture
def entrant(project):
    return of_candidate(builders.opened(project), "fake")


@pytest.fixture
def times(project, entrant):
    """Those of the candidate alone, where it would look for them."""
    method = method_here(builders.opened(project), "latency")
    times = LatencyEvidence(entrant.subject, {}, None, 1000, None, (Timing(1, (0.001,)),), method)
    builders.DOCUMENTS.write(entrant.target, times)
    return times


@pytest.fixture
def champion(project):
    """The digest of the champion's model."""
    gate(builders.instruments(project), "fake", "staging")
    release, folder = builders.sealed(project)
    named = Deployment("staging", ReleaseReference(release.name, release.digest, release.content))
    builders.DOCUMENTS.write_settings(project / "deploy/staging.yaml", named, heading="")
    return builders.FILES.sha256(folder / MODEL)


def raced(project, entrant, evidence):
    builders.DOCUMENTS.write(entrant.target, evidence)
    return raced_already(builders.opened(project), entrant, "staging")


def test_times_of_this_model_alone_stand_where_there_is_no_champion(project, entrant, times):
    assert raced(project, entrant, times)
    assert not raced(project, entrant, replace(times, champion=sha256(b"a champion")))
    assert not raced(project, entrant, replace(times, subject=replace(times.subject, model=sha256(b"another"))))


def test_times_by_another_method_are_taken_again(project, entrant, times):
    assert not raced(project, entrant, replace(times, method="0"))


def test_times_of_batches_that_the_policy_names_now_are_taken(project, entrant, times):
    timed = replace(times, timings=tuple(Timing(rows, (0.001,)) for rows in (1, 1000)))
    assert raced(project, entrant, timed)
    (project / "params.yaml").write_text(
        builders.PARAMS + "  latency: {batches: [1, 32], batch_milliseconds: [5, 9]}\n"
    )
    assert not raced(project, entrant, timed)
    assert raced(project, entrant, replace(timed, timings=(*timed.timings, Timing(32, (0.001,)))))


def test_times_that_are_absent_are_taken(project, entrant, times):
    entrant.target.unlink()
    assert not raced_already(builders.opened(project), entrant, "staging")


def test_times_beside_the_champion_of_today_stand_and_no_others(project, entrant, times, champion):
    assert raced(project, entrant, replace(times, champion=champion))
    assert not raced(project, entrant, times)
    assert not raced(project, entrant, replace(times, champion=sha256(b"another champion")))
