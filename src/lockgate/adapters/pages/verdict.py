"""A verdict for people and for Jenkins: Markdown, and JUnit XML in which a gate is a test case."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence

from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.gates.fairness.group_figures import ALL, GroupTable
from lockgate.domain.judging.protocol.finding import OPENING, Finding, Outcome
from lockgate.domain.numbers import shown
from lockgate.domain.reviewing.headlines import Headline, headlines, unused
from lockgate.domain.reviewing.worst_errors import WorstError
from lockgate.domain.statistics.interval import Estimate

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 cannot hold, and a name in somebody's data may."""
_SCORES = {
    "multiclass": "the probability of the true class",
    "multilabel": "the probability of the label, whether it is true or not",
    "regression": "a number in the unit of the target",
}
"""What a score is of, by the task; see the page itself for a binary one."""
_MARKS = {Outcome.REFUSED: "failure", Outcome.UNDECIDED: "error"}


class VerdictReports:
    """The reports port."""

    def junit(self, verdict: Verdict) -> str:
        """JUnit XML: one case for each gate that was judged, and a skipped one for each that is off."""
        return _junit(verdict)

    def markdown(self, verdict: Verdict, worst: Sequence[WorstError] = (), groups: Sequence[GroupTable] = ()) -> str:
        """The outcome, each gate in a line, every finding, waivers, gates that are off, groups, the worst errors."""
        return "\n".join([_markdown(verdict), *_groups(groups), *_worst(worst)])


def _junit(verdict: Verdict) -> str:
    gates = dict.fromkeys(finding.gate for finding in verdict.findings)
    cases = [_case(gate, [finding for finding in verdict.findings if finding.gate == gate]) for gate in gates]
    cases += [_off(gate) for gate in verdict.off]
    counts = {mark: sum(case.find(mark) is not None for case in cases) for mark in ("failure", "error", "skipped")}
    suite = ET.Element(
        "testsuite",
        name="lockgate gate",
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
    )
    suite.extend(cases)
    ET.indent(suite)
    text = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", ET.tostring(suite, encoding="unicode"))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _case(gate: str, findings: list[Finding]) -> ET.Element:
    case = ET.Element("testcase", classname="lockgate", name=gate)
    blocking = [finding for finding in findings if finding.outcome not in OPENING]
    if blocking:
        refused = any(finding.outcome is Outcome.REFUSED for finding in blocking)
        mark = _MARKS[Outcome.REFUSED if refused else Outcome.UNDECIDED]
        element = ET.SubElement(case, mark, message="; ".join(f"{f.rule}: {f.message}" for f in blocking))
        element.text = "\n".join(_line(finding) for finding in blocking)
    ET.SubElement(case, "system-out").text = "\n".join(_line(finding) for finding in findings)
    return case


def _off(gate: str) -> ET.Element:
    case = ET.Element("testcase", classname="lockgate", name=gate)
    ET.SubElement(case, "skipped", message=f"off: the policy has no gates.{gate}, or sets mode: off")
    return case


def _line(finding: Finding) -> str:
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{finding.outcome}: {finding.rule}: {finding.message}{remedy}"


def _markdown(verdict: Verdict) -> str:
    subject = verdict.candidate.subject.candidate
    lines = [
        f"## {verdict.outcome.upper()}: {subject} `{verdict.content.short}` for {verdict.environment}",
        "",
        f"Source `{verdict.source.commit[:12]}`, "
        + (f"champion `{verdict.champion.short}`" if verdict.champion else "no champion yet")
        + (f", anchor `{verdict.anchor.short}`" if verdict.anchor not in (None, verdict.champion) else "")
        + f", engine {verdict.engine}.",
        "",
        *(f"- {found.outcome}: {_line_of(found.text)}" for found in _gates(verdict)),
        "",
        "| outcome | gate | rule | what was found | rows | what would make it pass |",
        "| --- | --- | --- | --- | ---: | --- |",
    ]
    lines += [
        f"| {f.outcome} | {f.gate} | {_cell(f.rule)} | {_cell(f.message)} | "
        f"{'' if f.rows is None else f.rows} | {_cell(f.remedy)} |"
        for f in verdict.findings
    ]
    lines += [""] + [f"- off: {gate}" for gate in verdict.off]
    lines += [f"- note: {_line_of(verdict.rows_judged.told)}"] if verdict.rows_judged else []
    lines += [_line_of(f"- waiver used: {w.gate}{_for(w, verdict)}, by {w.name}: {w.reason}") for w in verdict.waivers]
    lines += [f"- {_line_of(unused(each))}" for each in verdict.unused_waivers]
    return "\n".join(lines).rstrip() + "\n"


def _gates(verdict: Verdict) -> Sequence[Headline]:
    return headlines(verdict.findings, verdict.policy.accuracy.metric)


def _for(waiver: Waiver, verdict: Verdict) -> str:
    """The candidate as the waiver names it, and what that means where it is the start of a digest."""
    if waiver.candidate is None:
        return ""
    meant = verdict.meant.get(str(waiver.candidate))
    return f", for {waiver.candidate}" + (f" ({meant})" if meant and not waiver.candidate.whole else "")


def _line_of(text: str) -> str:
    return text.replace("\n", " ")


def _groups(groups: Sequence[GroupTable]) -> Iterator[str]:
    for place, table in enumerate(groups):
        if not place:
            yield "### Groups"
            yield ""
            yield f"What each group gets on the held-out rows, with {table.intervals}."
            yield ""
        if table.left_out:
            yield table.left_out
            yield ""
        yield f"| {' | '.join(table.heading)} |"
        yield f"| {' | '.join('---:' if name == 'rows' else '---' for name in table.heading)} |"
        for each in table.groups:
            told = (each.group, *([each.of or ALL] if table.kind else []), str(each.rows))
            shares = (_share(each.found.get(name)) for name in table.names)
            yield f"| {' | '.join((*map(_cell, told), *shares))} |"
        yield ""


def _share(found: Estimate | None) -> str:
    if found is None or found.value is None:
        return "-"
    if found.interval is None:
        return f"{shown(found.value, 3)}, no interval"
    value, low, high = (shown(each, 3) for each in (found.value, found.interval.low, found.interval.high))
    return f"{value} [{low}, {high}]"


def _worst(worst: Sequence[WorstError]) -> Iterator[str]:
    if not worst:
        return
    yield "### Worst errors"
    yield ""
    explained = worst[0].task == "binary" or any(error.reference_score is not None for error in worst)
    yield from _what_worst_are(worst[0].task, explained=explained)
    yield ""
    truth = "true class" if worst[0].task == "binary" else "truth"
    yield f"| row | {truth} | model | its strongest columns |{' glassbox | its strongest terms |' if explained else ''}"
    yield f"| ---: | --- | ---: | --- |{' ---: | --- |' if explained else ''}"
    for error in worst:
        beside = f" {_score(error.reference_score)} | {_moves(error.reference_terms)} |" if explained else ""
        yield f"| {error.row} | {_cell(error.truth)} | {_score(error.score)} | {_moves(error.columns)} |{beside}"
    yield ""


def _what_worst_are(task: str, *, explained: bool) -> Iterator[str]:
    """What a score is, and what the glassbox is there for where there is one."""
    if not explained:
        yield f"Held-out rows on which the model is most wrong. A score is {_SCORES[task]}; columns move it by so much."
        return
    yield "Held-out rows on which the model is most wrong, and what the glassbox, a model that explains itself, says of"
    if task == "binary":
        yield "them. Where both are wrong, the row is hard; where the glassbox is not, the model may be. A score is the"
        yield "probability of the positive class; columns move it by so much, the glassbox's terms move its log-odds."
    else:
        yield "them. Where both are wrong, the row is hard; where the glassbox is not, the model may be. A score is"
        yield f"{_SCORES[task]}; columns move it by so much."


def _score(value: float | None) -> str:
    return "-" if value is None else shown(value)


def _moves(contributions: Sequence[tuple[str, float]]) -> str:
    return _cell(", ".join(f"{name} {value:+.2g}" for name, value in contributions)) or "-"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
