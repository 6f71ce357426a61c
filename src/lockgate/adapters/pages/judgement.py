"""What is said of an ONNX file, as one self-contained page."""

from lockgate.adapters.pages.templates import template
from lockgate.domain.judging.deciding.judgement import ModelJudgement
from lockgate.domain.numbers import shown
from lockgate.domain.statistics.interval import Estimate


class JudgementPage:
    """The port on Jinja2 with escaping on."""

    def judgement(self, judgement: ModelJudgement) -> str:
        """The page; an equal judgement gives equal text."""
        return template("judgement.html.j2").render(judgement=judgement, number=number)


def number(found: Estimate) -> str:
    """The value with its interval."""
    if found.value is None:
        return "no number"
    if found.interval is None:
        return f"{shown(found.value)}, without an interval"
    return f"{shown(found.value)} [{shown(found.interval.low)}, {shown(found.interval.high)}]"
