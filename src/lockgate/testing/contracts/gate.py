"""A gate: Lockgate's own, or one of your package's."""
# ruff: noqa: S101 - asserts are what a test is made of

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from lockgate.domain.identity import md5, sha256
from lockgate.domain.judging.deciding.guard import checked
from lockgate.domain.statistics.metrics.registry import METRICS
from lockgate.domain.statistics.sample import Sample
from lockgate.gates import Case, Evidence, Finding, Gate, Outcome, OwnReason
from lockgate.testing.examples import passing_case

OPEN = Outcome.PASSED
_JUDGED: dict[type, list[tuple[str, tuple[Finding, ...], bool]]] = {}
SAID = ("scores", "values", "at")
"""What the samples of the tasks call the numbers that were answered."""


class GateContract:
    """What a verdict asks of a gate: findings in its own name, from the case alone, and none that passes by default."""

    def make(self) -> tuple[Gate, Any]:
        """The gate, and settings of it."""
        raise NotImplementedError

    def sound(self) -> Case:
        """A case that it lets pass. By default one with tests, accuracy and parity evidence, scores and a champion."""
        return passing_case()

    def worse(self) -> Mapping[str, Case]:
        """More cases, worse than the sound one in what this gate judges."""
        return {}

    def judged(self, case: Case) -> tuple[Finding, ...]:
        """The findings on a case."""
        gate, policy = self.make()
        return tuple(gate.judge(policy, replace(case, metric=case.metric or METRICS["roc_auc"])))

    def test_settings_and_documents_are_frozen_dataclasses(self) -> None:
        """Settings are read from a section of ``params.yaml``, documents from JSON by their schema's name."""
        gate, policy = self.make()
        for kind in (*([gate.policy] if gate.policy else []), *gate.documents.values()):
            assert is_dataclass(kind)
            assert vars(kind)["__dataclass_params__"].frozen
        assert gate.policy is None or isinstance(policy, gate.policy)
        for kind in gate.documents.values():
            assert "schema" in {field.name for field in fields(kind)}

    def test_the_sound_case_passes(self) -> None:
        """With at least one finding: nothing found is nothing judged."""
        found = self.judged(self.sound())
        assert found
        assert [(each.rule, each.message) for each in found if each.outcome is not OPEN] == []

    def test_findings_are_in_its_own_name_and_hold_what_a_verdict_can(self) -> None:
        """On every case, however bad: it never raises."""
        gate, _ = self.make()
        for name, findings, _ in self._judged_once():
            for found in findings:
                assert checked(found, gate.name) == found, name

    def test_what_does_not_pass_says_why_and_what_to_do(self) -> None:
        """The reason is one of those that the gate lists."""
        gate, _ = self.make()
        listed = {each.code if isinstance(each, OwnReason) else str(each) for each in gate.says}
        for name, findings, _ in self._judged_once():
            for found in findings:
                assert found.outcome is OPEN or found.remedy, name
                assert found.reason in listed if found.outcome is not OPEN else not found.reason, name

    def test_it_gives_the_same_answer_twice_and_changes_nothing(self) -> None:
        """It is a pure function of settings and case."""
        for (name, case), (_, before, unchanged) in zip(self._every(), self._judged_once(), strict=True):
            assert self.judged(case) == before, name
            assert unchanged, name

    def test_it_is_undecided_without_evidence(self) -> None:
        """What was not measured lets nothing pass, and refuses nothing."""
        found = self.judged(replace(self.sound(), evidence=Evidence()))
        assert any(each.outcome is Outcome.UNDECIDED for each in found)
        assert not any(each.outcome is Outcome.REFUSED for each in found)

    def test_a_document_that_is_absent_lets_nothing_pass(self) -> None:
        """One that the gate cannot do without."""
        gate, _ = self.make()
        for kind in gate.judged_by(""):
            case = self.sound()
            found = self.judged(replace(case, evidence=case.evidence.without(kind)))
            assert any(each.outcome is not OPEN for each in found)

    def _judged_once(self) -> list[tuple[str, tuple[Finding, ...], bool]]:
        """The findings on every case, and whether its arrays are as they were: judged once for all tests of a class."""
        if type(self) not in _JUDGED:
            _JUDGED[type(self)] = [self._looked_at(name, case) for name, case in self._every()]
        return _JUDGED[type(self)]

    def _looked_at(self, name: str, case: Case) -> tuple[str, tuple[Finding, ...], bool]:
        before = [np.array(each, copy=True) for each in _arrays(case)]
        found = self.judged(case)
        return name, found, all(_same(*each) for each in zip(before, _arrays(case), strict=True))

    def _every(self) -> Iterator[tuple[str, Case]]:
        sound = self.sound()
        evidence = sound.evidence
        yield "sound", sound
        yield "no evidence", replace(sound, evidence=Evidence())
        yield "no champion", replace(sound, champion=None)
        yield "another candidate", replace(sound, candidate=replace(sound.candidate, subject=_other(sound)))
        yield "no scores", replace(sound, evidence=replace(evidence, scores=None))
        yield "no other tables", replace(sound, evidence=replace(evidence, tables={}))
        yield "no lineage", replace(sound, evidence=replace(evidence, lineage=None))
        for kind in evidence.documents:
            yield f"no {kind.__name__}", replace(sound, evidence=evidence.without(kind))
        if sound.champion is not None:
            yield "a champion without evidence", replace(sound, champion=replace(sound.champion, evidence=Evidence()))
        yield from _of_scores(sound)
        yield from self.worse().items()


def _other(case: Case) -> Any:
    return replace(case.subject, model=sha256(b"of another"), data=md5(b"of another"))


def _of_scores(case: Case) -> Iterator[tuple[str, Case]]:
    """Score tables that are no good: no number, of one class, without columns, without rows."""
    table = case.evidence.scores
    if table is None:
        return
    sample: Any = table.sample
    said = {
        name: np.full_like(part, np.nan) for name, part in vars(sample).items() if name in SAID and part is not None
    }
    one = np.ones_like(sample.true) if isinstance(sample, Sample) else np.zeros_like(sample.true)
    worse = {
        "scores that are no number": replace(table, sample=replace(sample, **said)),
        "labels of one class": replace(table, sample=replace(sample, **{sample.TRUTH: one})),
        "scores without columns": replace(table, columns={}),
        "scores in few blocks": replace(table, sample=replace(sample, blocks=np.arange(table.rows) % 3)),
        "scores without rows": replace(
            table,
            sample=sample.where(np.arange(0)),
            columns={name: values[:0] for name, values in table.columns.items()},
        ),
    }
    for name, other in worse.items():
        yield name, replace(case, evidence=replace(case.evidence, scores=other))


def _arrays(case: Case) -> list[Any]:
    tables = [case.evidence.scores, *case.evidence.tables.values()]
    there = [table for table in tables if table is not None]
    parts = [part for table in there for part in vars(table.sample).values()]
    return [part for part in parts if isinstance(part, np.ndarray)]


def _same(left: Any, right: Any) -> bool:
    return bool(np.array_equal(left, right, equal_nan=left.dtype.kind == "f"))
