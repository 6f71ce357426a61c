"""What a model card says: text and tables, filled from the verdict and its evidence, and from nothing else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.gates.data.evidence import DataEvidence
from lockgate.domain.judging.gates.explanation.evidence import ExplanationEvidence
from lockgate.domain.judging.gates.fairness.group_figures import ALL, GroupTable, group_tables
from lockgate.domain.judging.protocol.finding import Finding, Outcome
from lockgate.domain.model.splits import TRAINING, VALIDATION
from lockgate.domain.model.task import Regression, positive_of
from lockgate.domain.numbers import shown, shown_limit
from lockgate.domain.releasing.bundle_files import plot
from lockgate.domain.releasing.formats.facts import ReleaseFacts
from lockgate.domain.releasing.formats.measures import Measure, measures_of
from lockgate.domain.statistics.interval import Estimate, Interval

STRONGEST: Final = 10
"""How many columns are told that the answers depend on most."""
PICTURES: Final = ("calibration", "roc")


@dataclass(frozen=True)
class Table:
    """A heading, and rows of as many cells; numbers stand in them as they are told."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A part of a card: paragraphs, then tables, then pictures as what they show and where they lie."""

    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()


def sections(facts: ReleaseFacts) -> tuple[Section, ...]:
    """The parts of a card in their order; a part that nothing is known of is left out."""
    made = (
        _what(facts),
        _data(facts),
        _how_good(facts),
        _groups(facts),
        _explanation(facts),
        _by_gate(facts, "Parity", "parity", "The ONNX file against the trained model."),
        _by_gate(facts, "Robustness", "robustness", "Held-out rows with one value changed."),
        _by_gate(facts, "Latency and size", "latency", "Times are of the machine that measured."),
        _limits(facts),
        _waivers(facts.verdict),
    )
    return tuple(section for section in made if section.paragraphs or section.tables)


def _what(facts: ReleaseFacts) -> Section:
    verdict, task = facts.verdict, facts.task
    subject = verdict.candidate.subject
    positive = positive_of(task)
    answers = ", ".join(map(_code, task.columns))
    of = f"; its positive class is {_code(positive)}" if positive else ""
    number = "number" if isinstance(task, Regression) else "probability"
    told = (
        f"`{facts.name}` is a model of the task {task.kind}: to a row of {len(facts.signature.inputs)} inputs it "
        f"answers {answers}, each with a {number}{of}. The ONNX file holds its preprocessing: it takes raw values."
    )
    judged = (
        f"Candidate `{subject.candidate}` of commit `{verdict.source.commit}` was judged for {verdict.environment} by "
        f"engine {verdict.engine} of Lockgate: **{verdict.outcome}**. "
        + (f"It was compared with release `{verdict.champion.short}`." if verdict.champion else "It had no champion.")
        + (
            f" The best release on the same rows before it was `{verdict.anchor.short}`."
            if verdict.anchor not in (None, verdict.champion)
            else ""
        )
    )
    inputs = tuple((_code(each.name), each.dtype, _form(facts, each.name)) for each in facts.signature.inputs)
    return Section("What it is", (told, judged), (Table(("input", "type", f"in the {_profiled(facts)} rows"), inputs),))


def _profiled(facts: ReleaseFacts) -> str:
    """Of which rows the profile is: those of training, or of validation where nobody has them."""
    data = facts.evidence.of(DataEvidence)
    return TRAINING if data is None or TRAINING in data.splits else VALIDATION


def _form(facts: ReleaseFacts, name: str) -> str:
    """What these rows looked like in one column, in a line; see ``Profile`` for what is kept."""
    for number in facts.profile.numbers:
        if number.name == name and number.quantiles:
            low, middle, high = (f"{number.quantiles[place]:.6g}" for place in (0, 4, -1))
            return f"{low} to {high}, median {middle}; {number.missing} of {number.rows} missing"
    for text in facts.profile.texts:
        if text.name == name:
            kinds = len(text.counts) + text.rare_values
            return f"{kinds} values; {text.missing} of {text.rows} missing"
    return ""


def _data(facts: ReleaseFacts) -> Section:
    data = facts.evidence.of(DataEvidence)
    held = f"Held-out rows: `{facts.verdict.candidate.subject.data}`, by DVC."
    if data is None:
        return Section("Data", (held,))
    rows: tuple[tuple[str, ...], ...] = tuple(
        (split, str(of.rows), ", ".join(f"{name}: {count}" for name, count in (of.counts or {}).items()), digest)
        for split, of in data.splits.items()
        for digest in [f"`{data.digests[split]}`" if split in data.digests else ""]
    )
    heading: tuple[str, ...] = ("table", "rows", "of these", "by DVC")
    if not any(row[2] for row in rows):  # a target is not counted
        heading, rows = ("table", "rows", "by DVC"), tuple((row[0], row[1], row[3]) for row in rows)
    return Section("Data", (held,), (Table(heading, rows), _findings(facts, "data")))


def _how_good(facts: ReleaseFacts) -> Section:
    measures = measures_of(facts)
    all_rows = [each for each in measures if not each.where]
    slices = [each for each in measures if each.where and each.gate == "accuracy"]
    words = "On held-out rows. A limit is met by the bound of the interval, never by the number alone."
    tables = [Table(("measure", "found", "interval", "limit", "rows"), tuple(map(_row, all_rows)))]
    if slices:
        rows = tuple((each.where, *_row(each)) for each in slices)
        tables.append(Table(("where", "measure", "found", "interval", "limit", "rows"), rows))
    pictures = [(f"The {name} of the model", plot(name)) for name in PICTURES if plot(name) in facts.files]
    return Section("How good it is", (words,), tuple(tables), tuple(pictures))


def _groups(facts: ReleaseFacts) -> Section:
    policy = facts.verdict.policy.fairness
    if policy is None or policy.mode == "off":
        return Section("Groups", ("What groups of people get was not judged: `gates.fairness` is off.",))
    found = () if facts.evidence.scores is None else group_tables(policy, facts.evidence.scores)
    tables = (_findings(facts, "fairness"), *(Table(each.heading, tuple(_of_groups(each))) for each in found))
    told = [f", with {each.intervals}" for each in found[:1]]
    left_out = (each.left_out for each in found if each.left_out)
    words = (
        f"What groups of at least {policy.min_rows} held-out rows get{''.join(told)}. The "
        "model is judged by these columns; the first section says which it takes."
    )
    return Section("Groups", (words, *dict.fromkeys(left_out)), tables)


def _of_groups(table: GroupTable) -> Iterator[tuple[str, ...]]:
    for each in table.groups:
        of = [each.of or ALL] if table.kind else []
        yield (each.group, *of, str(each.rows), *(_share(each.found.get(name)) for name in table.names))


def _explanation(facts: ReleaseFacts) -> Section:
    evidence = facts.evidence.of(ExplanationEvidence)
    if evidence is None:
        return Section("What it goes by")
    known = [each for each in evidence.importances if each.share is not None]
    strongest = sorted(known, key=lambda each: (-(each.share or 0.0), each.column))[:STRONGEST]
    rows = tuple((_code(each.column), shown(each.share or 0.0), _number(each.drop)) for each in strongest)
    words = f"How much the answers to {evidence.rows} held-out rows change where a column is shuffled."
    heading = ("column", "share of all change", f"what {evidence.metric} loses")
    return Section("What it goes by", (words,), (Table(heading, rows), _findings(facts, "explanation")))


def _by_gate(facts: ReleaseFacts, title: str, gate: str, words: str) -> Section:
    table = _findings(facts, gate)
    return Section(title, (words,), (table,)) if table.rows else Section(title)


def _findings(facts: ReleaseFacts, gate: str) -> Table:
    found = [each for each in facts.verdict.findings if each.gate == gate]
    return Table(("rule", "outcome", "found"), tuple((each.rule, each.outcome, each.message) for each in found))


def _limits(facts: ReleaseFacts) -> Section:
    """What nobody should take from the numbers above."""
    verdict = facts.verdict
    lines = [
        "- It was judged on rows like its held-out rows, and on no others: `profile.json` says what the "
        f"{_profiled(facts)} rows looked like. Nothing here says what it does to people; that is for whoever uses it.",
        *(f"- Let pass, {each.gate}, {each.rule}: {each.message}" for each in _let_pass(verdict.findings)),
        *(f"- Not judged: {gate}." for gate in verdict.off),
    ]
    return Section("Limits", ("\n".join(lines),))


def _let_pass(findings: Iterable[Finding]) -> Iterator[Finding]:
    return (each for each in findings if each.outcome is not Outcome.PASSED)


def _waivers(verdict: Verdict) -> Section:
    if not verdict.waivers:
        return Section("Waivers", ("None was needed.",))
    return Section("Waivers", (), (Table(("gate", "by", "until", "reason"), tuple(map(_waiver, verdict.waivers))),))


def _waiver(waiver: Waiver) -> tuple[str, ...]:
    return (waiver.gate, waiver.name, str(waiver.expires or waiver.scope or ""), waiver.reason)


def _code(name: str) -> str:
    """A name as it is; a backtick in it would end the code."""
    return f"`{name.replace('`', chr(39))}`"


def _row(measure: Measure) -> tuple[str, ...]:
    limit = "" if measure.limit is None else shown_limit(measure.limit)
    return (measure.what, shown(measure.value), _interval(measure.interval), limit, str(measure.rows))


def _share(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return ""
    return f"{shown(estimate.value)} {_interval(estimate.interval) or '(no interval)'}"


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else f"[{shown(interval.low)}, {shown(interval.high)}]"


def _number(value: float | None) -> str:
    return "" if value is None else shown(value)
