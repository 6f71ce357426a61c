"""The model card in Hugging Face's format, by the huggingface_hub library."""

import re
from collections.abc import Mapping
from typing import Final

from huggingface_hub.repocard import ModelCard
from huggingface_hub.repocard_data import EvalResult, ModelCardData

from lockgate.domain.model.inputs import Input
from lockgate.domain.model.profile import Profile, of_type
from lockgate.domain.model.request_rows import TIMES, TYPES
from lockgate.domain.releasing.bundle_files import CARD
from lockgate.domain.releasing.formats.card import Section, Table, sections
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.domain.releasing.formats.measures import Measure, measures_of

CLASSIFICATION, REGRESSION = "tabular-classification", "tabular-regression"
"""The tasks of tables as Hugging Face calls them; those of images and texts say more of the inputs than is known."""
_TEMPLATE: Final = "---\n{{ card_data }}\n---\n\n{{ body }}\n"
_SPECIAL: Final = re.compile(r"`[^`]*`|<|&|\]\(")
_SERVE: Final = """\
## How to serve it

In the project that made it: `lockgate serve --release VERSION`, or the image that `lockgate image release` makes.
Without Lockgate, any runtime of ONNX: an input is a column of its type, and `labels.json` names the numbers.

```python
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
row = {{
{row}
}}
answers = session.run({outputs}, row)
```"""


class ModelCards:
    """The bundle-writer port: `README.md`, with the measures and their intervals in its metadata as `model-index`."""

    def write(self, facts: ReleaseFacts) -> Mapping[str, bytes]:
        """The card. What evidence says is put into Markdown as text: no name in it makes a heading or a link."""
        data = ModelCardData(
            model_name=facts.name,
            eval_results=[_result(facts, each) for each in measures_of(facts)] or None,
            library_name="onnx",
            pipeline_tag=_pipeline(facts),
            metrics=[*dict.fromkeys(each.what for each in measures_of(facts) if not each.where)],
            tags=["lockgate", facts.task.kind, "onnx"],
        )
        card = ModelCard.from_template(data, template_str=_TEMPLATE, body=_body(facts))
        return {CARD: f"{str(card).rstrip()}\n".encode()}


def _pipeline(facts: ReleaseFacts) -> str:
    return REGRESSION if facts.task.kind == "regression" else CLASSIFICATION


def _result(facts: ReleaseFacts, measure: Measure) -> EvalResult:
    """Hugging Face has no field for an interval: it stands among the arguments of the metric."""
    interval = measure.interval
    told: dict[str, object] = {"rows": measure.rows}
    if interval is not None:
        told |= {"interval": [interval.low, interval.high], "level": interval.level, "method": interval.method}
    if measure.where:
        told["where"] = measure.where
    data = facts.verdict.candidate.subject.data
    return EvalResult(
        task_type=_pipeline(facts),
        dataset_type=f"{facts.name}-test",
        dataset_name=f"held-out rows of {facts.name}",
        dataset_revision=str(data),
        metric_type=measure.what,
        metric_name=f"{measure.what} where {measure.where}" if measure.where else measure.what,
        metric_value=measure.value,
        metric_args=told,
    )


def _body(facts: ReleaseFacts) -> str:
    head = (
        f"# {facts.name}\n\nContent `{facts.content}`. What is said here is drawn from the verdict and the evidence in "
        "this bundle; `lockgate verify .` says whether they are what was sealed."
    )
    return "\n\n".join([head, *(_section(each) for each in sections(facts)), _serving(facts)])


def _section(section: Section) -> str:
    parts = [f"## {section.title}", *map(_text, section.paragraphs)]
    parts += [_table(table) for table in section.tables if table.rows]
    parts += [f"![{what}]({where})" for what, where in section.pictures]
    return "\n\n".join(parts)


def _table(table: Table) -> str:
    lines = [table.heading, ("---",) * len(table.heading), *(tuple(map(_cell, row)) for row in table.rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return _text(" ".join(text.split())).replace("|", "\\|")


def _text(text: str) -> str:
    """What would make a tag or a link is written out; what stands in backticks stays as it is."""
    written = {"<": "&lt;", "&": "&amp;", "](": "]\\("}
    return _SPECIAL.sub(lambda found: written.get(found[0], found[0]), text)


def _serving(facts: ReleaseFacts) -> str:
    row = "\n".join(f"    {each.name!r}: {_input(each, facts.profile)}," for each in facts.signature.inputs)
    return _SERVE.format(row=row, outputs=repr([each.name for each in facts.signature.outputs]))


def _input(declared: Input, profile: Profile) -> str:
    """The typical value as an array of one row, in Python."""
    dtype = f"dtype=np.{_type(declared.dtype)}"
    if declared.axes:
        middle = of_type(profile.quantile(declared.name, 0.5) or 0.0, declared.dtype)
        return f"np.full({(1, *profile.shape(declared))}, {_value(middle, declared.dtype)}, {dtype})"
    value = profile.middle(declared)
    if declared.dtype in TIMES:
        value = str(value).removesuffix("Z")  # NumPy's times are in UTC and do not say so
        return f"np.array([[{value!r}]], dtype='datetime64[{TIMES[declared.dtype]}]').astype(np.int64)"
    return f"np.array([[{_value(value, declared.dtype)}]], {dtype})"


def _value(value: object, dtype: str) -> str:
    missing = TYPES[dtype].missing
    return repr(value) if value is not None else "np.nan" if missing != missing else repr(missing)  # noqa: PLR0124 - NaN


def _type(dtype: str) -> str:
    return TYPES[dtype].numpy.__name__
