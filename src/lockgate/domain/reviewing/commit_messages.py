"""A commit of desired state in words: a screen for people, and at its end trailers, as git calls lines for programs."""

import textwrap
from collections.abc import Mapping, Sequence

from lockgate.domain.identity import Digest
from lockgate.domain.judging.deciding.verdict import Verdict, Waiver
from lockgate.domain.judging.protocol.finding import Outcome
from lockgate.domain.names import listed
from lockgate.domain.releasing.deployment import ReleaseReference
from lockgate.domain.reviewing.headlines import Headline, headlines, unused

WIDTH = 96
"""Of a line: `git log` indents them by four."""
PROMOTION, ROLLBACK = "Promote ", "Roll "
"""What the first line of each begins with."""
LISTED = 4
"""How many waivers, or approvals, are listed; the verdict that the message names has every one."""


def promotion_message(reference: ReleaseReference, verdict: Verdict, kept: Digest, approvals: Sequence[str]) -> str:
    """What a promotion says: a line for each gate. ``kept`` is the digest by which the store has the verdict on it."""
    gates = [_gate(headline) for headline in headlines(verdict.findings, verdict.policy.accuracy.metric)]
    lists = {
        "Gates": [*gates, *([f"off: {listed(verdict.off)}"] if verdict.off else [])],
        "Waivers used": _few([_permission(waiver) for waiver in verdict.waivers]),
        "Waivers not used": _few([unused(waiver) for waiver in verdict.unused_waivers]),
        "Approvals": _few(approvals),
    }
    trailers = {
        "Release": reference.release,
        "Content": reference.content,
        "Source": verdict.source.commit,
        "Against": verdict.champion or "no champion",
        **({} if verdict.anchor is None else {"Anchor": verdict.anchor}),
        "Verdict": kept,
    }
    return _message(f"{PROMOTION}{reference.name} {reference.release.short} to {verdict.environment}", lists, trailers)


def rollback_message(
    environment: str, to: ReleaseReference, away_from: ReleaseReference | None, reason: str, approvals: Sequence[str]
) -> str:
    """What a rollback says; ``reason`` is what the person who goes back gives."""
    served = "nothing" if away_from is None else away_from.release
    trailers = {"Release": to.release, "Content": to.content, "From": served}
    head = f"{ROLLBACK}{environment} back to {to.name} {to.release.short}"
    told = textwrap.fill(" ".join(reason.split()), WIDTH, break_on_hyphens=False)
    return _message(f"{head}\n\n{told}" if told else head, {"Approvals": _few(approvals)}, trailers)


def _message(head: str, lists: Mapping[str, Sequence[str]], trailers: Mapping[str, object]) -> str:
    parts = ["\n".join([f"{title}:", *map(_line, items)]) for title, items in lists.items() if items]
    return "\n\n".join([head, *parts, "\n".join(f"{key}: {value}" for key, value in trailers.items())]) + "\n"


def _line(text: str) -> str:
    return textwrap.shorten(f"- {text}", WIDTH, placeholder=" ...")


def _few(items: Sequence[str]) -> list[str]:
    return [*items[:LISTED], *([f"and {len(items) - LISTED} more"] if len(items) > LISTED else [])]


def _gate(headline: Headline) -> str:
    """``accuracy: waived 1 (no-champion); roc_auc 0.9279 ...``: first what was let pass, which must not be cut off."""
    let = [finding for finding in headline.in_full if finding.outcome is not Outcome.PASSED]
    counts = {outcome: sum(f.outcome is outcome for f in let) for outcome in dict.fromkeys(f.outcome for f in let)}
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    gate, _, rest = headline.text.partition(": ")
    return f"{gate}: {told}; {rest}" if told else headline.text


def _permission(waiver: Waiver) -> str:
    until = f"until {waiver.expires}" if waiver.expires else "without a date"
    return f"{waiver.gate}, by {waiver.name}, {until}: {waiver.reason}"
