"""The order of a delivery, what it leaves out, and what is left where it does not reach its end."""

from contextlib import contextmanager

import builders
import pytest
from deliveries import Served, Store, way_of

from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference
from lockgate.errors import Busy, InputError, Refused, SettingsError, ToolError
from lockgate.testing import FakePipeline, FakeRegistry, FakeRepository
from lockgate.usecases.deliver.events import Delivered, NothingReleased, Reached, Skipped, Station, Why
from lockgate.usecases.deliver.way import deliver
from lockgate.usecases.making.events import CandidateOut, NamedByHand, NothingRan, StageEnded
from lockgate.usecases.measuring.events import ChampionUnasked, OwnTestsRan, Untimed
from lockgate.usecases.serving.events import Proved

S = Station
BEFORE_THE_GATE = [S.RUN, S.TESTS, S.SELECT, S.GATE]
AFTER_IT = [S.RELEASE, S.PACKAGE, S.SERVE, S.REGISTER]


@pytest.fixture
def way(project, tmp_path):
    return way_of(project, tmp_path)


def reached(way):
    return [event.station for event in way.told if isinstance(event, Reached)]


def skipped(way):
    return {event.station: event.why for event in way.told if isinstance(event, Skipped)}


def test_a_first_delivery_goes_the_whole_way(way):
    done = way.deliver()
    assert done.verdict.outcome is Outcome.PASSED
    assert reached(way) == BEFORE_THE_GATE + AFTER_IT
    assert [event.stage.stage for event in way.told if isinstance(event, StageEnded)] == [
        "prepare",
        "train@fake",
        "export@fake",
        "check@fake",
    ]
    assert skipped(way) == {S.CHAMPION: Why.NO_CHAMPION, S.LATENCY: Why.OFF}
    assert (done.registered.created, done.package.created, done.run.ran) == (True, True, 4)
    assert done.prediction.release == done.release
    assert way.registry.challenger == {"example": "1"}
    assert way.told[-1] == Delivered("build", done.release[7:19], "fake", "", "staging")


def test_a_second_delivery_does_nothing_twice(way):
    first = way.deliver()
    again = way.deliver()
    assert (again.release, again.registered.version) == (first.release, first.registered.version)
    assert (again.registered.created, again.package.created, again.run.ran) == (False, False, 0)
    assert NothingRan in way.kinds()
    assert OwnTestsRan not in way.kinds()
    assert skipped(way)[S.TESTS] is Why.DONE


def test_a_refused_candidate_ends_at_the_gate(way):
    builders.rewrite(way.root / "build/candidates/fake/evidence/parity.json", ParityEvidence, flips=3)
    done = way.deliver()
    assert done.verdict.outcome is Outcome.REFUSED
    assert reached(way) == BEFORE_THE_GATE
    assert isinstance(way.told[-1], NothingReleased)
    assert (done.release, done.registered, way.registry.challenger) == (None, None, {})
    assert not (way.root / "build/releases").exists()


def test_a_candidate_that_is_out_is_told_and_the_others_go_on(way):
    params = way.root / "params.yaml"
    two = params.read_text().replace("[fake]", "[fake, other]").replace("  fake: {}\n", "  fake: {}\n  other: {}\n")
    params.write_text(two)
    pipeline = FakePipeline({"train@fake": None, "train@other": None, "export@other": None}, fails={"train@other": 2})
    way.change(pipeline=lambda: pipeline)
    done = way.deliver()
    assert CandidateOut("other", "train@other") in way.told
    assert (done.verdict.candidate.subject.candidate, reached(way)[-1]) == ("fake", S.GATE)


@pytest.mark.parametrize("broken", ["does not start", "answers wrongly", "answers nothing"])
def test_what_does_not_serve_as_judged_is_not_registered(way, broken, tmp_path):
    way.change(server=lambda: Served(broken))
    with pytest.raises((ToolError, Refused)):
        way.deliver()
    assert reached(way)[-1] is S.SERVE
    assert Proved not in way.kinds()
    assert not list((tmp_path / "packages").glob("*/*")), "it has a name, and does not serve what was judged"
    assert way.registry.challenger == {}
    assert not (tmp_path / "registry").exists()


def test_the_server_is_stopped_where_the_registry_fails(way):
    server = Served()

    class Down(FakeRegistry):
        def register(self, release, folder):
            raise ToolError("the registry does not answer")

    way.change(server=lambda: server, registry=lambda: Down(way.root))
    with pytest.raises(ToolError):
        way.deliver()
    assert server.running.stopped


def test_a_server_that_does_not_stop_ends_the_delivery(way):
    class Stuck(Served):
        @contextmanager
        def start(self, package, host, port, on_request=print):
            with super().start(package, host, port, on_request) as running:
                yield running
            raise ToolError("the server did not stop")

    way.change(server=Stuck)
    with pytest.raises(ToolError, match="did not stop"):
        way.deliver()
    assert Delivered not in way.kinds()


def interrupting():
    raise KeyboardInterrupt


def test_an_interrupted_delivery_registers_nothing_and_the_next_one_goes_on(way):
    pipeline = FakePipeline({"prepare": None, "train@fake": interrupting})
    way.change(pipeline=lambda: pipeline)
    with pytest.raises(KeyboardInterrupt):
        way.deliver()
    assert (reached(way), way.registry.challenger) == ([S.RUN], {})
    pipeline.stages = {"prepare": None, "train@fake": None}
    done = way.deliver()
    assert [stage.state for stage in done.run.stages] == ["cached", "ran"]
    assert done.registered.created


def test_an_interruption_while_it_serves_stops_the_server_and_registers_nothing(way):
    server = Served()
    way.change(server=lambda: server)
    tell = way.told.append

    def interrupted(event):
        tell(event)
        if isinstance(event, Proved):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(way.instruments, None, interrupted)
    assert server.running.stopped
    assert way.registry.challenger == {}
    assert way.deliver().registered.created


def test_where_nothing_can_be_kept_nothing_is_begun(way):
    verdict = way.root / "build/verdict.json"
    way.deliver()
    before = verdict.read_bytes()
    way.change(tracking_store=lambda: Store(InputError("no database of MLflow")))
    with pytest.raises(InputError):
        way.deliver()
    assert (way.told, verdict.read_bytes()) == ([], before)


def test_an_environment_without_a_file_is_told_before_anything_runs(way):
    params = way.root / "params.yaml"
    params.write_text(params.read_text().replace("environments: [staging", "environments: [staging, testing"))
    with pytest.raises(
        SettingsError, match=r"^deploy/testing\.yaml: missing, and params\.yaml names testing"
    ) as raised:
        way.deliver()
    assert "`environment: testing`" in raised.value.hint
    assert way.told == []


def test_another_delivery_in_this_working_copy_keeps_this_one_out(way):
    with way.instruments.alone(), pytest.raises(Busy):
        way.deliver()
    assert way.told == []


def test_a_candidate_named_by_hand_does_not_compete(way):
    assert way.deliver("fake").release
    assert NamedByHand("fake") in way.told


def test_a_time_that_cannot_be_taken_is_told_and_the_gate_says_what_that_means(way):
    with (way.root / "params.yaml").open("a") as params:
        params.write("  latency: {max_milliseconds: 5}\n")
    (way.root / "build/test.parquet").write_bytes(b"no table")
    assert way.deliver().verdict.outcome is Outcome.UNDECIDED
    assert S.LATENCY in reached(way)
    assert Untimed in way.kinds()


def test_a_champion_that_cannot_be_asked_is_told_and_the_gate_says_what_that_means(way):
    first = way.deliver()
    champion = ReleaseReference("example", first.release, first.verdict.content)
    path = way.root / "deploy/staging.yaml"
    builders.DOCUMENTS.write_settings(path, Deployment("staging", champion), heading="")
    way.change(repository=lambda: FakeRepository(way.root, ignored=("build", ".git")))
    builders.write_candidate(way.root, weight=0.02)
    (way.root / "build/test.parquet").write_bytes(b"no table")
    assert way.deliver().verdict.outcome is Outcome.UNDECIDED
    assert reached(way) == [S.RUN, S.TESTS, S.CHAMPION, S.SELECT, S.GATE]
    assert ChampionUnasked in way.kinds()


def test_where_a_page_cannot_be_drawn_no_verdict_is_left_to_be_read(way):
    class Torn:
        def junit(self, verdict):
            raise OSError("the disk is full")

    way.change(reports=Torn)
    with pytest.raises(OSError, match="full"):
        way.deliver()
    assert not (way.root / "build/verdict.json").exists()
