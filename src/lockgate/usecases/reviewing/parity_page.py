"""``lockgate parity``: what the parity check found, judged by today's policy, as a page for people."""

from dataclasses import dataclass

from lockgate.domain.judging.gates.parity.evidence import ParityEvidence
from lockgate.domain.judging.gates.parity.gate import judge_parity
from lockgate.domain.judging.protocol.finding import Finding, Outcome, overall
from lockgate.domain.model.signature import Signature
from lockgate.ports import Pages
from lockgate.usecases.making.select import chosen
from lockgate.usecases.project.instruments import Instruments
from lockgate.usecases.project.project import Project, read_candidate


@dataclass(frozen=True)
class ParityReport:
    """A candidate's parity: the findings, how they sum up, and the page that shows all of it."""

    candidate: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    page: str


def show_parity(instruments: Instruments, candidate: str | None) -> ParityReport:
    """The same for the candidate that was named, or that wins the selection."""
    project = instruments.project()
    name, _ = chosen(project, candidate)
    return picture(project, name, instruments.pages())


def picture(project: Project, name: str, pages: Pages) -> ParityReport:
    """Judge the stored evidence and draw its page. Runs no model."""
    paths = project.layout.candidate(name)
    evidence = project.documents.read(paths.parity, ParityEvidence)
    signature, subject = project.documents.read(paths.signature, Signature), read_candidate(project, name).subject
    findings = judge_parity(project.settings.gates.parity, evidence, subject, signature)
    project.files.write_bytes(paths.parity_page, pages.parity(evidence, findings).encode())
    where = str(paths.parity_page.relative_to(project.layout.root))
    return ParityReport(name, overall(findings), findings, where)
