"""A verdict for people and for Jenkins: Markdown, and JUnit XML in which a gate is a test case."""

import xml.etree.ElementTree as ET

from lockgate.domain.verdict import OPENING, Finding, Outcome, Verdict

_MARKS = {Outcome.REFUSED: "failure", Outcome.UNDECIDED: "error"}


class VerdictReports:
    """The reports port."""

    def junit(self, verdict: Verdict) -> str:
        """JUnit XML: one case for each gate that was judged, and a skipped one for each that is off."""
        return _junit(verdict)

    def markdown(self, verdict: Verdict) -> str:
        """A heading with the outcome, a table of findings, then waivers and gates that are off."""
        return _markdown(verdict)


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
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


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
        + f", engine {verdict.engine}.",
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
    lines += [f"- waiver used: {w.gate}, by {w.name}: {w.reason}" for w in verdict.waivers]
    lines += [f"- waiver not used: {u.waiver.gate}, by {u.waiver.name}: {u.why}" for u in verdict.unused_waivers]
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
