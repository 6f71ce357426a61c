"""A file of desired state keeps the form that people and formatters gave it, whatever is promoted."""

import builders
import pytest

from lockgate.domain.identity import sha256
from lockgate.domain.releasing.deployment import Deployment, ReleaseReference

ONE, TWO = (
    Deployment("staging", ReleaseReference("example", sha256(text), sha256(text + b" content")))
    for text in (b"one", b"two")
)
HEADING = "What staging should serve"
PLAIN = f"""\
# {HEADING}
environment: staging
champion:
  name: example
  release: {TWO.champion.release}
  content: {TWO.champion.content}
schema: lockgate/deployment/1
"""


@pytest.fixture
def promoted(tmp_path):
    """The text of the file after a promotion of the second release, given the text of before."""
    path = tmp_path / "staging.yaml"

    def write(text):
        path.write_bytes(text.encode())
        builders.DOCUMENTS.write_settings(path, TWO, heading=HEADING)
        assert builders.DOCUMENTS.read_settings(path, Deployment) == TWO
        return path.read_bytes().decode()

    return write


def plain(deployment):
    return PLAIN.replace(str(TWO.champion.release), str(deployment.champion.release)).replace(
        str(TWO.champion.content), str(deployment.champion.content)
    )


@pytest.mark.parametrize(
    "text",
    [
        "environment: staging\n",
        "environment: staging",
        "environment: staging\nchampion: null\nschema: lockgate/deployment/1\n",
        "environment: staging\nchampion:\nschema: lockgate/deployment/1\n",
        f"# {HEADING}\nenvironment: staging\nchampion: ~",
        plain(ONE),
        PLAIN,
        "",
        "- not\n- a mapping\n",
        "<<<<<<< HEAD\n",
        "other: true\n",
    ],
)
def test_a_file_without_a_form_of_its_own_is_written_plainly(promoted, text):
    assert promoted(text) == PLAIN


@pytest.mark.parametrize(
    "form",
    [
        lambda text: "---\n" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("environment: staging", 'environment: "staging"'),
        lambda text: text.replace("release: ", "release: '").replace("\n  content", "'\n  content"),
        lambda text: text.replace("champion:", "# Ask the team before you change it.\n\nchampion:"),
        lambda text: text + "# The end.\n",
        lambda text: text.replace("name: example", "name: example  # the census model"),
    ],
    ids=["document start", "CRLF", "double quotes", "single quotes", "comment", "comment at the end", "comment beside"],
)
def test_the_form_stays(promoted, form):
    assert promoted(form(plain(ONE))) == form(PLAIN)
    assert promoted(form(PLAIN)) == form(PLAIN)


def test_no_line_ends_in_a_space_and_the_file_ends_in_one_line_end(promoted):
    for text in ("environment: staging\nchampion: null", plain(ONE)):
        said = promoted(text)
        assert all(line == line.rstrip() for line in said.split("\n"))
        assert said.endswith("\n")
        assert not said.endswith("\n\n")
