"""The latency gate: candidate and champion in turns, the ratio by its bound, and sizes."""

import math
from dataclasses import replace

import numpy as np
import pytest

from lockgate.domain.identity import sha256
from lockgate.domain.judging.gates.latency.evidence import LatencyEvidence, Timing
from lockgate.domain.judging.gates.latency.gate import judge_latency
from lockgate.domain.judging.gates.latency.policy import LatencyPolicy
from lockgate.domain.judging.protocol.champion import Champion
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.statistics.bounds.medians import median
from lockgate.testing.examples import SUBJECT

PASSED, REFUSED, UNDECIDED = Outcome.PASSED, Outcome.REFUSED, Outcome.UNDECIDED
POLICY = LatencyPolicy(max_ratio=1.5, max_size_ratio=2, max_milliseconds=5, max_mib=1)
CHAMPION = Champion(sha256(b"release"), model=sha256(b"champion"))
SECONDS = tuple(0.001 + 0.00001 * math.sin(round_) for round_ in range(51))
EVIDENCE = LatencyEvidence(
    SUBJECT, {"fake": "1"}, CHAMPION.model, 1000, 900, (Timing(1, SECONDS, SECONDS), Timing(1000, SECONDS, SECONDS))
)


def findings(evidence, policy=POLICY, champion=CHAMPION, **known):
    return {found.rule: found for found in judge_latency(policy, evidence, SUBJECT, champion, **known)}


def times_slower(factor):
    slow = tuple(Timing(t.rows, tuple(factor * s for s in t.seconds), t.champion) for t in EVIDENCE.timings)
    return replace(EVIDENCE, timings=slow)


def test_as_fast_and_as_large_as_the_champion_passes():
    found = findings(EVIDENCE)
    assert list(found) == ["time", "size", "ratio, 1 row", "ratio, 1000 rows", "size ratio"]
    assert all(f.outcome is PASSED and not f.reason and f.limit is not None for f in found.values())
    assert found["ratio, 1000 rows"].rows == 1000
    assert found["ratio, 1 row"].interval.method == "order statistics"


def test_slower_is_refused_and_told_by_how_much():
    found = findings(times_slower(3))["ratio, 1 row"]
    assert (found.outcome, found.reason) == (REFUSED, "slower-than-champion")
    assert found.measured == pytest.approx(3)
    assert found.remedy == "faster by a factor of 2.00 would pass"


def test_a_limit_within_the_noise_is_undecided_and_says_to_measure_again():
    noise = np.random.default_rng(3).lognormal(0, 0.3, 51)
    noisy = tuple(1.5 * s * n for s, n in zip(SECONDS, noise, strict=True))
    found = findings(replace(EVIDENCE, timings=(Timing(1, noisy, SECONDS),)))["ratio, 1 row"]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-enough-rows")
    assert found.interval.low < 1.5 < found.interval.high
    assert "lockgate check latency" in found.remedy


@pytest.mark.parametrize(
    ("changes", "rule", "reason"),
    [
        ({"bytes": 1900}, "size ratio", "too-large"),
        ({"bytes": 3 * 1024**2}, "size", "too-large"),
        ({"timings": (Timing(1, (0.006,) * 51, (0.006,) * 51),)}, "time", "too-slow"),
    ],
)
def test_limits_that_stand_alone(changes, rule, reason):
    found = findings(replace(EVIDENCE, **changes))[rule]
    assert (found.outcome, found.reason) == (REFUSED, reason)
    assert found.remedy


@pytest.mark.parametrize(
    "timing",
    [
        Timing(1, (math.nan, *SECONDS[1:]), SECONDS),
        Timing(1, (0.0, *SECONDS[1:]), SECONDS),
        Timing(1, SECONDS, (-1.0, *SECONDS[1:])),
        Timing(1, SECONDS, SECONDS[1:]),
        Timing(1, SECONDS[:3], SECONDS[:3]),
        Timing(1, (), ()),
    ],
    ids=["nan", "no time", "less than no time", "other rounds", "too few rounds", "no round"],
)
def test_times_that_are_none_are_undecided(timing):
    found = findings(replace(EVIDENCE, timings=(timing,)))["ratio, 1 row"]
    assert (found.outcome, found.reason) == (UNDECIDED, "not-a-number")


def test_what_has_no_sound_evidence_is_undecided():
    assert findings(None)["measured"].reason == "not-measured"
    assert "lockgate check latency" in findings(None)["measured"].remedy
    assert findings(replace(EVIDENCE, timings=()))["measured"].reason == "not-measured"
    other = replace(EVIDENCE, subject=replace(SUBJECT, model=sha256(b"another")))
    assert findings(other)["measured"].reason == "other-subject"
    assert findings(replace(EVIDENCE, champion_bytes=0))["size ratio"].reason == "not-a-number"


@pytest.mark.parametrize("left", EVIDENCE.timings, ids=["one row alone", "a batch alone"])
def test_every_batch_must_have_been_timed_and_none_stands_for_another(left):
    found = findings(replace(EVIDENCE, timings=(left,)), rows=16_281)
    assert (found["measured"].outcome, found["measured"].reason) == (UNDECIDED, "not-measured")
    assert ("time" in found) == (left.rows == 1)


def test_a_table_of_few_rows_makes_a_small_batch():
    few = replace(EVIDENCE, timings=(EVIDENCE.timings[0], replace(EVIDENCE.timings[1], rows=40)))
    assert {found.outcome for found in findings(few, rows=40).values()} == {PASSED}


@pytest.mark.parametrize(
    ("changes", "known", "said"),
    [
        ({"timings": (Timing(0, SECONDS, SECONDS), *EVIDENCE.timings)}, {}, "a time for 0 rows"),
        ({"timings": (EVIDENCE.timings[0], *EVIDENCE.timings)}, {}, "1 row at once: 2 times"),
        ({"bytes": 1}, {"model_bytes": 1000}, "says 1 bytes, the ONNX file has 1000"),
        ({"champion_bytes": 10**9}, {"champion": replace(CHAMPION, bytes=900)}, "1000000000 bytes of the champion"),
    ],
    ids=["no row", "twice", "size", "the champion's size"],
)
def test_times_and_sizes_that_cannot_be_so_are_undecided(changes, known, said):
    (found,) = findings(replace(EVIDENCE, **changes), **known).values()
    assert (found.outcome, found.reason) == (UNDECIDED, "edited")
    assert said in found.message


def test_sizes_that_are_those_of_the_files_pass():
    found = findings(EVIDENCE, champion=replace(CHAMPION, bytes=900), model_bytes=1000)
    assert {each.outcome for each in found.values()} == {PASSED}


@pytest.mark.parametrize(
    ("champion", "reason"),
    [
        (None, "no-champion"),
        (replace(CHAMPION, model=None), "no-champion-evidence"),
        (replace(CHAMPION, model=sha256(b"the next one")), "other-champion"),
    ],
)
def test_there_must_be_a_champion_and_it_must_be_the_one(champion, reason):
    found = findings(EVIDENCE, champion=champion)
    assert (found["champion"].outcome, found["champion"].reason) == (UNDECIDED, reason)
    assert found["time"].outcome is PASSED
    assert "champion" not in findings(EVIDENCE, LatencyPolicy(max_mib=1), champion)


def test_the_champions_own_model_is_no_slower_than_itself():
    found = findings(times_slower(3), champion=replace(CHAMPION, model=SUBJECT.model))
    assert found["champion"].outcome is PASSED


@pytest.mark.parametrize("settings", [{}, {"max_ratio": -1}, {"max_mib": math.inf}, {"max_ratio": 2, "alpha": 0.5}])
def test_a_policy_that_asks_nothing_or_nonsense_is_none(settings):
    with pytest.raises(ValueError, match=r"max_|alpha"):
        LatencyPolicy(**settings)


def test_the_interval_of_a_median_covers_it_as_often_as_it_says():
    """Exact intervals cover at least their level; the chance of a draw below 860 of 1,000 at 0.9 is below 1e-4."""
    generator = np.random.default_rng(11)
    drawn = [median(generator.lognormal(0, 1, 31), 0.9).interval for _ in range(1000)]
    assert sum(found.low <= 1.0 <= found.high for found in drawn) >= 860


def test_the_interval_of_a_median_is_that_of_the_sign_test():
    found = median(range(1, 22), 0.9)
    assert (found.value, found.interval.low, found.interval.high) == (11, 7, 15)  # as tables of the sign test have it
    assert median(range(4), 0.95).interval is None
    assert median([1.0, math.inf], 0.9).value is None


def test_nothing_is_within_a_limit_of_0():
    for policy, rule in ((LatencyPolicy(max_mib=0), "size"), (LatencyPolicy(max_size_ratio=0), "size ratio")):
        found = findings(EVIDENCE, policy)[rule]
        assert (found.outcome, found.remedy) == (REFUSED, "nothing is within a limit of 0")


BATCHES = LatencyPolicy(max_milliseconds=5, batches=(1, 32, 256), batch_milliseconds=(4, 20, 100))


def timed(*sizes):
    return replace(EVIDENCE, timings=tuple(Timing(rows, SECONDS, SECONDS) for rows in sizes))


def test_each_batch_that_the_policy_names_is_held_to_its_limit():
    assert BATCHES.limits == {1: 4, 32: 20, 256: 100}
    found = findings(timed(1, 32, 256, 1000), BATCHES, rows=4000)
    assert {rule: (f.limit, f.outcome) for rule, f in found.items()} == {
        "time": (4, PASSED),
        "time, 32 rows": (20, PASSED),
        "time, 256 rows": (100, PASSED),
    }
    slow = replace(BATCHES, batch_milliseconds=(4, 20, 0.5))
    refused = findings(timed(1, 32, 256, 1000), slow, rows=4000)["time, 256 rows"]
    assert (refused.outcome, refused.reason) == (REFUSED, "too-slow")
    assert refused.message.startswith("milliseconds for 256 rows 1.0")


def test_a_batch_that_was_not_timed_or_has_no_rows_is_undecided():
    (left_out,) = (f for f in judge_latency(BATCHES, timed(1, 32, 1000), SUBJECT, None, rows=4000) if f.remedy)
    assert (left_out.outcome, left_out.message) == (UNDECIDED, "256 rows at once: no time was taken")
    (few,) = (f for f in judge_latency(BATCHES, timed(1, 32, 100), SUBJECT, None, rows=100) if f.remedy)
    assert (few.outcome, few.message) == (
        UNDECIDED,
        "256 rows at once: the test table has 100, so no time was taken",
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batches": (0,)}, "batches: whole numbers from 1 on"),
        ({"batches": (32, 32)}, "none twice"),
        ({"batches": (32,), "batch_milliseconds": (1.0, 2.0)}, "2 limits for 1 batches"),
        ({"batches": (32,), "batch_milliseconds": (math.inf,)}, "finite numbers"),
    ],
)
def test_batches_and_their_limits_go_together(settings, said):
    with pytest.raises(ValueError, match=said):
        LatencyPolicy(max_mib=1, **settings)
