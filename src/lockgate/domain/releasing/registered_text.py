"""What a registered model version says of itself to people: from the model card, or else from the verdict."""

import re

from lockgate.domain.releasing.release import Release

LONGEST = 5000
"""Characters: what the registry's database keeps."""
ABOUT = (
    "Releases made by Lockgate. The alias of an environment follows `deploy/<environment>.yaml` in git, `champion`"
    " the last environment, `challenger` the latest release registered. `lockgate registry check` compares it with git."
)
_MORE = "\n\n(The rest stands in the artifact release/README.md of the run.)"
_FRONT = re.compile(r"\A---\r?\n.*?\n---\r?\n", re.DOTALL)
_IMAGE = re.compile(r"^!\[[^\]]*\]\([^)]*\)\s*$\n?", re.MULTILINE)


def description(release: Release, card: str | None) -> str:
    """Markdown of at most ``LONGEST`` characters: which release, then the card's text, without its plots."""
    head = f"Release {release.version} of commit {release.verdict.source.commit[:12]}, content {release.content.short}."
    body = _IMAGE.sub("", _FRONT.sub("", card)).strip() if card else _of_verdict(release)
    text = f"{head}\n\n{body}\n"
    if len(text) <= LONGEST:
        return text
    cut = text[: LONGEST - len(_MORE)]
    return cut[: max(cut.rfind("\n\n"), len(head))].rstrip() + _MORE


def _of_verdict(release: Release) -> str:
    verdict = release.verdict
    findings = "\n".join(f"- {each.gate}, {each.rule}: {each.outcome}: {each.message}" for each in verdict.findings)
    waivers = "".join(f"\n- waived: {each.gate}, by {each.name}: {each.reason}" for each in verdict.waivers)
    return (
        f"Candidate {verdict.candidate.subject.candidate}, judged for {verdict.environment}: **{verdict.outcome}**."
        f"\n\n{findings}{waivers}"
    )
