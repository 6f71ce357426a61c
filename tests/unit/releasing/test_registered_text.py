"""What a model version says of itself, from the card or from the verdict."""

import pytest
from builders import DOCUMENTS, FILES

from lockgate.domain.releasing.registered_text import LONGEST, description
from lockgate.testing.examples import write_bundle

FRONT = "---\nlicense: other\ntags: [lockgate]\n---\n"


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("release") / "one", DOCUMENTS, FILES)


def test_the_card_is_told_without_its_metadata_and_its_plots(release):
    card = f"{FRONT}# example\n\nWhat it is.\n\n![Calibration](calibration.svg)\n\nHow good.\n"
    told = description(release, card)
    first, rest = told.split("\n\n", 1)
    assert release.version in first
    assert release.content.short in first
    assert "license" not in told
    assert "svg" not in told
    assert rest.startswith("# example\n\nWhat it is.")
    assert rest.endswith("How good.\n")


def test_a_long_card_is_cut_between_paragraphs_and_says_where_the_rest_is(release):
    told = description(release, FRONT + "\n\n".join(f"Paragraph {number} " + "x" * 90 + "." for number in range(100)))
    assert len(told) <= LONGEST
    assert told.endswith("(The rest stands in the artifact release/README.md of the run.)")
    assert told.split("\n\n")[-2].endswith("x.")


def test_without_a_card_the_verdict_is_told_with_its_waivers(release):
    told = description(release, None)
    assert "**passed**" in told
    assert "- accuracy, floor: passed: roc_auc 0.94" in told
    assert "waived: accuracy, by A. Person" in told
