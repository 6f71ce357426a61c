"""What people and other tools read of a verdict, beside ``build/verdict.json``: ``.xml`` and ``.md``."""

from lockgate.ports import Reports, Tables
from lockgate.usecases.judging.gate import Judgement
from lockgate.usecases.project.project import Project
from lockgate.usecases.reviewing.group_rates import groups_of
from lockgate.usecases.reviewing.worst_errors import read_worst


def draw_pages(project: Project, judged: Judgement, tables: Tables, reports: Reports) -> str:
    """Write both; the path of the page that tells everything, from the project's root."""
    verdict, layout = judged.verdict, project.layout
    worst = read_worst(project, verdict, tables)
    groups = groups_of(project.settings.gates.fairness, judged.case)
    project.files.write_bytes(layout.verdict_junit, reports.junit(verdict).encode())
    project.files.write_bytes(layout.verdict_markdown, reports.markdown(verdict, worst, groups).encode())
    return page_of(project)


def page_of(project: Project) -> str:
    """Where the page lies."""
    return str(project.layout.verdict_markdown.relative_to(project.layout.root))
