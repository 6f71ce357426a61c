"""Ways to make a case worse: each takes a case and an amount from 0 to 1, and undoes nothing that was bad before."""

import math
from dataclasses import replace

import numpy as np
from cases import document, part_of, put_of, with_evidence
from whole import replaced

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.gates.accuracy.evidence import AccuracyEvidence
from lockgate.domain.judging.gates.data.evidence import Overlap
from lockgate.domain.judging.gates.explanation.evidence import Importance
from lockgate.domain.judging.gates.parity.evidence import Flip
from lockgate.domain.model.score_table import ScoreTable
from lockgate.domain.model.task import Binary
from lockgate.domain.statistics.metrics.registry import value

NAN = math.nan
DOCUMENTS = ("tests", "accuracy", "parity", "data", "explanation", "robustness", "latency")
SUBJECTS = ("accuracy", "parity", "explanation", "robustness", "latency")


def of(kind, change):
    """A worsening of one document by ``change(document, amount)``, where it has not been dropped already."""

    def worsen(case, amount):
        found = document(case.evidence, kind)
        return case if found is None else replaced(case, **{kind: change(found, amount)})

    return worsen


def fields(kind, **changes):
    """The same by functions of the old value and the amount, for some fields."""
    return of(kind, lambda doc, amount: replace(doc, **{n: f(getattr(doc, n), amount) for n, f in changes.items()}))


def to(new):
    """A value that does not depend on the old one."""
    return lambda _, __: new


def each(change):
    """The same change of every count."""
    return lambda old, amount: {name: change(count, amount) for name, count in old.items()}


def more(old, amount):
    """A larger count; one below 0 stays as bad as it is."""
    return old if old is None or old < 0 else old + math.ceil(100 * amount)


def since(kind):
    """Records of what was changed after the stages ran."""
    return lambda old, _: tuple(replace(each, found="changed") if each.kind == kind else each for each in old)


def below_0(old, amount):
    """A count that none can be."""
    return -math.ceil(100 * amount)


def added(old, amount):
    """A larger number."""
    return None if old is None else old + amount


def times(old, amount):
    """A larger size, up to a million times."""
    return None if old is None else old * 10 ** (6 * amount)


def first(change):
    """Of several things the first one changed."""
    return lambda old, amount: (change(old[0], amount), *old[1:]) if old else old


def last(change):
    """Of several things the last one changed."""
    return lambda old, amount: (*old[:-1], change(old[-1], amount)) if old else old


def part(**changes):
    """A part of a document with some fields changed; one that is not there stays so."""

    def change(old, amount):
        return old and replace(old, **{name: new(getattr(old, name), amount) for name, new in changes.items()})

    return change


def cut(old, amount):
    """The first of several things alone."""
    return old[:1]


def last_alone(old, amount):
    """The last of several things alone."""
    return old[-1:]


def fewer(old, amount):
    """A smaller count, above 0 where it was; the last one stays."""
    return old if old is None or old < 2 else max(1, math.floor(old * (1 - amount / 2)) - 1)


def beside(**facts):
    """What lies beside the evidence is other than it says."""
    return lambda case, _: replaced(case, beside=replace(case.evidence.beside, **facts))


def without_column(name):
    """Several things without those of a column."""
    return lambda old, _: tuple(each for each in old if each.column != name)


def every(**changes):
    """Each of several things with some fields changed."""
    change = part(**changes)
    return lambda old, amount: tuple(change(each, amount) for each in old)


def entry(name, change):
    """One entry of a mapping changed."""
    return lambda old, amount: {**old, name: change(old[name], amount)} if name in old else old


def without(name):
    """A mapping without an entry."""
    return lambda old, _: {key: found for key, found in old.items() if key != name}


# --- accuracy: rows answered wrongly, metrics to match, a better champion ---


def wrong_rows(case, amount):
    """A share of the rows is answered wrongly and surely so; what the evidence says falls by as much."""
    table, accuracy = case.evidence.scores, case.evidence.of(AccuracyEvidence)
    if table is None or accuracy is None:
        return case
    sample, wrong = table.sample, np.random.default_rng(3).random(table.rows) < amount / 2
    scores = np.where(sample.labels, np.minimum(sample.scores, 0.01), np.maximum(sample.scores, 0.99))
    return with_answers(case, np.where(wrong, ~sample.labels, sample.predicted), np.where(wrong, scores, sample.scores))


def fewer_smiths(case, amount):
    """A share of the smiths is answered no."""
    table = case.evidence.scores
    if table is None or case.evidence.of(AccuracyEvidence) is None:
        return case
    smiths = (table.columns["job"] == "smith") & (np.random.default_rng(4).random(table.rows) < amount)
    return with_answers(case, table.sample.predicted & ~smiths, table.sample.scores)


def with_answers(case, predicted, scores):
    accuracy, before = case.evidence.of(AccuracyEvidence), case.evidence.scores.sample
    sample = replace(before, predicted=predicted, scores=scores)
    table = ScoreTable(sample, case.evidence.scores.columns)
    return with_evidence(case, accuracy=replace(accuracy, metrics=followed(accuracy, sample, before)), scores=table)


def followed(accuracy, sample, before):
    """Metrics that change as the scores do: what was wrong before stays as wrong."""
    return {
        name: None if stated is None else stated + value(name, sample) - value(name, before)
        for name, stated in accuracy.metrics.items()
    }


def of_champion(**changes):
    """A worsening of what is known of the champion."""

    def change(case, amount):
        champion = case.champion
        new = {name: to(part_of(champion, name), amount) for name, to in changes.items()} if champion else {}
        return replace(case, champion=put_of(champion, **new)) if champion else case

    return change


def better_champion(case, amount):
    """Every score of the champion is nearer to the truth, and what its evidence says rises by as much."""
    champion = case.champion
    if champion is None or champion.scores is None:
        return case
    before = champion.scores.sample
    sample = replace(before, scores=before.scores + amount * (before.labels - before.scores))
    accuracy = part_of(champion, "accuracy")
    accuracy = accuracy and replace(accuracy, metrics=followed(accuracy, sample, before))
    return replace(case, champion=put_of(champion, accuracy=accuracy, scores=replace(champion.scores, sample=sample)))


def noisy_scores(old, amount):
    """Scores that are noise in part, whatever the evidence says."""
    if old is None:
        return None
    noise = np.random.default_rng(5).random(old.rows)
    return replace(old, sample=replace(old.sample, scores=(1 - amount) * old.sample.scores + amount * noise))


# --- all of them ---

PROBABILITIES = {
    "differs": part(max_absolute=times),
    "differs in relation": part(max_relative=times),
    "has no number": part(max_absolute=to(None)),
    "is NaN": part(max_absolute=to(NAN)),
    "mismatches": part(mismatches=more),
    "has another type": part(actual_dtype=to("float64")),
    "has another shape": part(actual_shape=to((1,))),
}
FLIPS = {"flips": more, "worst_flips": to((Flip(17, "no", "yes", name="age=nan"),))}
ANSWERS = {
    **{f"an output {name}": {"outputs": last(change)} for name, change in PROBABILITIES.items()},
    "labels flip": FLIPS,
    "labels are unknown": {"flips": to(None)},
    "an output is missing": {"missing_outputs": to(("probabilities",))},
    "no output": {"outputs": to(())},
}
WITHOUT_RELATION = {name: change for name, change in ANSWERS.items() if "relation" not in name}
ONCE_MORE = {name: change for name, change in WITHOUT_RELATION.items() if name != "labels flip"}


def first_of_kind(kind):
    """Probes without the first of a kind."""

    def change(old, _):
        found = next((probe for probe in old if probe.kind == kind), None)
        return tuple(probe for probe in old if probe is not found)

    return change


DROPPED = {
    **{f"no {kind}": of(kind, to(None)) for kind in DOCUMENTS},
    **{f"{kind} of another model": fields(kind, subject=part(model=to(sha256(b"o")))) for kind in SUBJECTS},
    **{f"{kind} of other data": fields(kind, subject=part(data=to(md5(b"o")))) for kind in SUBJECTS},
    "no lineage": of("lineage", to(None)),
    **{f"another {kind} since": fields("lineage", records=since(kind)) for kind in ("param", "file", "result")},
    "no scores": lambda case, _: replaced(case, scores=None),
    "metric is none": fields("accuracy", metrics=entry("roc_auc", to(None))),
    "metric is NaN": fields("accuracy", metrics=entry("roc_auc", to(NAN))),
    "no metric": fields("accuracy", metrics=to({})),
    "no accuracy rows": fields("accuracy", rows=to(0)),
    "tests vanish": fields("tests", tests=lambda old, amount: math.floor(9 * (1 - amount))),
    "tests of another commit": fields("tests", source=lambda old, _: replace(old, commit="f" * 40)),
    "no parity rows": fields("parity", rows=to(0)),
    "no settings": fields("parity", settings=to(())),
    "no invented rows": fields("parity", invented=to(None)),
    "no calibration": fields("parity", calibrations=to(())),
    "labels not compared": fields("parity", flips=to(None)),
    "runtime is unknown": fields("parity", tools=without("onnxruntime")),
    "no invented output": fields("parity", invented=part(outputs=to(()))),
    "a setting without output": fields("parity", settings=first(part(outputs=to(())))),
    "a setting without rows": fields("parity", settings=first(part(rows=to(0)))),
    "data of another test table": fields("data", digests=entry("test", to(md5(b"o")))),
    "no training table": fields("data", splits=without("training")),
    "no overlap": fields("data", overlaps=without("validation")),
    "no importance": fields("explanation", importances=to(())),
    "no probe": fields("robustness", probes=to(())),
    "fewer rows than none cross": fields("parity", calibrations=first(part(crossing=below_0))),
    "fewer labels than none flip": fields("parity", flips=below_0),
    "fewer cells than none mismatch": fields("parity", outputs=last(part(mismatches=below_0))),
    "fewer labels than none flip in a setting": fields("parity", settings=first(part(flips=below_0))),
    "fewer labels than none flip on invented rows": fields("parity", invented=part(flips=below_0)),
    **{
        f"no {kind} probe of a column": fields("robustness", probes=first_of_kind(kind))
        for kind in ("missing", "nudge", "above", "unseen", "empty")
    },
    "a column is not probed": fields("robustness", probes=without_column("job")),
    "fewer rows than none are probed": fields("robustness", probes=first(part(rows=below_0))),
    "a column is not shuffled": fields("explanation", importances=without_column("age")),
    "a forbidden column is not shuffled": fields("explanation", importances=without_column("job")),
    "a column alone tells nothing": fields("data", features=without("age")),
    "a column has no distance": fields("data", distances=without_column("age")),
    "a column is left out of the data": fields("data", features=without("age"), distances=without_column("age")),
    "no timing": fields("latency", timings=to(())),
    "a setting is left out": fields("parity", settings=lambda old, _: old[1:]),
    "one setting alone": fields("parity", settings=cut),
    "a setting of fewer rows": fields("parity", settings=first(part(rows=fewer))),
    "one row is not timed": fields("latency", timings=last_alone),
    "one row alone is timed": fields("latency", timings=cut),
    "report is gone": beside(files={"report": None}),
    "report is another": beside(files={"report": sha256(b"o")}),
    "training table is another": beside(files={"training": md5(b"o")}),
    "validation table is another": beside(files={"validation": md5(b"o")}),
    "label is another": beside(label="income"),
    "positive class is another": beside(positive="no"),
    "runtime is unpinned in the evidence": beside(pins={"onnxruntime": "2.0"}),
    "the model has another size": beside(model_bytes=10**9),
    "failed tests are named and not counted": fields("tests", failed=to(("test_one",))),
    "parity of fewer rows": fields("parity", rows=fewer),
    "invented rows are fewer than compared": fields("parity", invented=part(rows=fewer)),
    "invented rows are said to be none": fields("parity", invented=part(stored=lambda *_: True)),
    **{
        f"calibrated: {name} stretches": fields("parity", calibrations=first(part(**{name: to(1e9)})))
        for name in ("source_largest", "source_rms", "ulp")
    },
    "calibrated: both errors of the source stretch": fields(
        "parity", calibrations=first(part(source_largest=to(1e9), source_rms=to(1e9)))
    ),
    "calibrated: the largest error is below the others": fields("parity", calibrations=first(part(onnx_largest=to(0)))),
    "calibrated: an output that was not compared": fields(
        "parity", calibrations=lambda old, _: old and (*old, replace(old[0], output="other"))
    ),
    "calibrated: invented rows stretch": fields(
        "parity", invented=part(calibrations=first(part(source_largest=to(1e9))))
    ),
    "a time for no row": fields("latency", timings=lambda old, _: old and (replace(old[0], rows=0), *old)),
    "a time is given twice": fields("latency", timings=lambda old, _: old and (old[0], *old)),
    "data of another class": fields("data", task=to(Binary((), "no"))),
    "data of a class that is none": fields("data", task=to(Binary((), "maybe"))),
    "fewer test rows than scores": fields("data", splits=entry("test", part(rows=fewer))),
    "fewer positives than scores": fields("data", splits=entry("test", part(counts=each(fewer)))),
    "fewer training rows than the glassbox": fields("data", splits=entry("training", part(rows=fewer))),
}  # fmt: skip
"""Evidence that is gone or of something else: no waiver stands in for it."""

WORSE = {
    **DROPPED,
    **{f"parity: {name}": fields("parity", **change) for name, change in ANSWERS.items()},
    **{f"setting: {name}": fields("parity", settings=first(part(**change))) for name, change in ONCE_MORE.items()},
    **{f"invented: {name}": fields("parity", invented=part(**change)) for name, change in WITHOUT_RELATION.items()},
    **{
        f"parity: {name}": fields("parity", **{name: to(("thing",))})
        for name in ("missing_inputs", "unexpected_inputs", "unexpected_outputs", "reordered_outputs")
    },
    "parity: labels alone are compared": fields("parity", outputs=cut),
    "parity: labels alone are compared anywhere": fields(
        "parity", outputs=cut, settings=every(outputs=cut), invented=part(outputs=cut, calibrations=to(())),
        calibrations=to(()),
    ),
    "setting: gives up": fields("parity", settings=first(part(error=to("gave up")))),
    "setting: labels flip": fields("parity", settings=first(part(flips=more))),
    "invented: gives up": fields("parity", invented=part(error=to("gave up"))),
    "another runtime": fields("parity", serving_runtime=to("0.9")),
    **{
        f"calibrated: {name}": fields("parity", calibrations=first(part(**{name: times})))
        for name in ("onnx_largest", "onnx_rms")
    },
    "calibrated: below 0": fields("parity", calibrations=first(part(onnx_largest=below_0))),
    "calibrated: NaN": fields("parity", calibrations=first(part(onnx_largest=to(NAN)))),
    "calibrated: crosses": fields("parity", calibrations=first(part(crossing=more, crossing_largest=added))),
    "tests fail": fields("tests", failures=more),
    "tests have errors": fields("tests", errors=more),
    "fewer tests than none are skipped": fields("tests", skipped=below_0),
    "fewer tests than none fail": fields("tests", errors=below_0),
    "tests are skipped": fields("tests", skipped=more),
    "test command fails": fields("tests", exit_code=to(1)),
    "rows are wrong": wrong_rows,
    "smiths are answered no": fewer_smiths,
    "metric is edited": fields("accuracy", metrics=entry("roc_auc", added)),
    "a better champion": better_champion,
    "scores of the champion are not those of its evidence": of_champion(scores=noisy_scores),
    "metric of the champion is edited": of_champion(accuracy=part(metrics=entry("roc_auc", added))),
    "metric of the champion is none": of_champion(accuracy=part(metrics=entry("roc_auc", to(None)))),
    "no metric of the champion": of_champion(accuracy=part(metrics=to({}))),
    "champion without scores": of_champion(scores=to(None)),
    "champion without evidence": of_champion(accuracy=to(None)),
    "champion without importances": of_champion(explanation=to(None)),
    "champion on other rows": of_champion(accuracy=part(subject=part(data=to(md5(b"o"))))),
    "champion without a model": of_champion(model=to(None)),
    "duplicates": fields("data", overlaps=entry("training", part(duplicates=more))),
    "near duplicates": fields("data", overlaps=entry("training", lambda old, a: old and more_alike(old, a))),
    "duplicates unknown": fields("data", overlaps=entry("validation", to(Overlap(None, None)))),
    "fewer duplicates than none": fields("data", overlaps=entry("training", part(duplicates=below_0))),
    "fewer near duplicates than none": fields("data", overlaps=entry("training", part(near_duplicates=below_0))),
    "fewer rows than none": fields("data", splits=entry("test", part(rows=below_0, counts=each(to(-1))))),
    "a feature knows": fields("data", features=entry("age", lambda old, a: old and min(1.0, old + a))),
    "a feature has no number": fields("data", features=entry("age", to(None))),
    "contract broken": fields("data", splits=entry("test", part(problems=to(("no age",))))),
    "no positives": fields("data", splits=entry("test", part(counts=each(to(0))))),
    "a column is far": fields("data", distances=first(part(distance=lambda old, a: old and min(1.0, old + a)))),
    "a distance is NaN": fields("data", distances=first(part(distance=to(NAN)))),
    "a forbidden column matters": fields("explanation", importances=last(part(mean_change=added))),
    "importance has moved": fields("explanation", importances=lambda old, _: moved_to("zip", old)),
    "importance is NaN": fields("explanation", importances=last(part(mean_change=to(NAN), share=to(NAN)))),
    **{
        f"probe: {name}": fields("robustness", probes=first(part(**{name: more})))
        for name in ("not_finite", "out_of_range", "unknown_labels")
    },
    **{
        f"probe: fewer {name} than none": fields("robustness", probes=first(part(**{name: below_0})))
        for name in ("not_finite", "out_of_range", "unknown_labels")
    },
    "an end has no change": fields("robustness", probes=lambda old, _: tuple(map(unmoved_at_an_end, old))),
    "probe moves": fields("robustness", probes=first(part(mean_change=added))),
    "nudge moves": fields("robustness", probes=lambda old, a: tuple(nudged(p, a) for p in old)),
    "probe is unknown": fields("robustness", probes=first(part(not_finite=to(None), mean_change=to(None)))),
    "probe is NaN": fields("robustness", probes=first(part(mean_change=to(NAN)))),
    "probe gives up": fields("robustness", probes=first(part(error=to("gave up")))),
    "slower": fields("latency", timings=lambda old, a: tuple(replace(t, seconds=slower(t, a)) for t in old)),
    "larger": fields("latency", bytes=times),
    "time is NaN": fields("latency", timings=first(part(seconds=lambda old, _: (NAN, *old[1:])))),
    "timed alone": fields("latency", timings=first(part(champion=to(())))),
    "timed beside another": fields("latency", champion=to(sha256(b"o"))),
}  # fmt: skip
"""Every worsening by its name; at its full amount each closes the gate by itself."""


def moved_to(column, importances):
    """All of the importance goes to another column."""
    return (*(replace(each, share=0.0) for each in importances), Importance(column, 0.1, 0.1, 1.0))


def unmoved_at_an_end(probe):
    return replace(probe, mean_change=None) if probe.kind in {"low", "high", "below", "above"} else probe


def more_alike(old, amount):
    return replace(old, near_duplicates=more(old.near_duplicates, amount))


def nudged(probe, amount):
    moved = probe.mean_change is not None and probe.kind == "nudge"
    return replace(probe, mean_change=probe.mean_change + amount) if moved else probe


def slower(timing, amount):
    return tuple(times(second, amount) for second in timing.seconds)
