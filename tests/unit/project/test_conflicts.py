"""A file with both sides of a merge in it is named, with the line and the way out, and nothing is done."""

import pytest

from lockgate.domain.project.conflicts import conflict_line

LEFT = "<<<<<<< HEAD\n=======\n>>>>>>> topic\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> topic\n", 2),
        ("a: 1\n=======\nb: 2\n>>>>>>> topic\n", 2),
        ("a: 1\r\n=======\r\n", 2),
        ("||||||| 1234567\n", 1),
        ("text: |\n  =======\n  <<<<<<< no\n", None),
        ("# ======== a heading ========\na: 1\n", None),
    ],
)
def test_gits_marks_are_found_where_git_writes_them(text, line):
    assert conflict_line(text.encode()) == line


@pytest.mark.parametrize(
    ("path", "verb", "name"),
    [
        ("params.yaml", "run", "params.yaml:1"),
        ("deploy/staging.yaml", "gate", "staging.yaml:1"),
        ("deploy/waivers.yaml", "gate", "waivers.yaml:1"),
    ],
)
def test_a_settings_file_with_a_merge_conflict_is_named(project, lockgate, path, verb, name):
    (project / path).write_text(LEFT + (project / path).read_text())
    code, said = lockgate(verb)
    assert code == 2
    assert f"error: {name}: holds a merge conflict\n  keep one side of each" in said


def test_what_dvc_read_with_a_conflict_is_named_where_its_hashes_are_asked_for(project):
    from lockgate.adapters.dvc.pipeline import DvcPipeline
    from lockgate.errors import DocumentError

    (project / "dvc.lock").write_text((project / "dvc.lock").read_text() + LEFT)
    with pytest.raises(DocumentError, match=r"dvc\.lock:\d+: holds a merge conflict") as caught:
        DvcPipeline(project).hashes()
    assert "git checkout --ours dvc.lock" in caught.value.hint
