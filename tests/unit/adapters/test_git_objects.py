"""One process of git answers many questions: it sees what changes, and what ends it costs nothing but itself."""

import os
import signal
import subprocess

import builders
import pytest
from builders import git

from lockgate.adapters.git.log import GitLog
from lockgate.adapters.git.objects import Object, Objects, objects_of
from lockgate.errors import ToolError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project/params.yaml").write_text("model: example\n")
    builders.make_repository(tmp_path)
    return tmp_path / "project"


@pytest.fixture
def objects(root):
    return Objects(root)


@pytest.fixture
def started(monkeypatch):
    """The processes that were started since."""
    found = []

    class Told(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            found.append(self)

    monkeypatch.setattr(subprocess, "Popen", Told)
    return found


def committed(root, content):
    (root / "params.yaml").write_text(content)
    git(root, "commit", "--quiet", "--all", "-m", "another")
    return git(root, "rev-parse", "HEAD")


def test_what_is_committed_meanwhile_is_seen_by_the_one_process_that_answers(root, objects, started):
    first = objects.commit("HEAD")
    assert objects.find("HEAD:./params.yaml").content == b"model: example\n"
    second = committed(root, "model: other\n")
    git(root, "branch", "side", first)
    git(root, "pack-refs", "--all")
    git(root, "gc", "--quiet", "--prune=now")
    third = committed(root, "model: third\n")
    git(root, "pack-refs", "--all")
    assert [objects.commit(each) for each in ("HEAD", "HEAD~1", "side", third[:10])] == [third, second, first, third]
    assert objects.find("HEAD:./params.yaml").content == b"model: third\n"
    assert objects.file(first, "params.yaml").content == b"model: example\n"
    assert [each for each in started if "cat-file" in each.args] == [objects._process]


def test_what_has_no_such_name_is_none(root, objects):
    head = objects.commit("HEAD")
    assert objects.find("no-such-branch") is None
    assert objects.find("HEAD:./no such file 12") is None
    assert objects.find("--batch-all-objects") is None
    assert objects.file(head, "../nothing") is None
    assert objects.commit("HEAD:./params.yaml") is None
    assert objects.find("HEAD:./").kind == "tree"
    assert objects.file(head, "params.yaml").kind == "blob"


def test_above_the_projects_folder_too_what_a_commit_has_is_found(root, objects):
    (root.parent / "above").mkdir()
    (root.parent / "above/file").write_text("content")
    git(root.parent, "add", "--all")
    head = committed(root, "model: other\n")
    assert objects.file(head, "../above/file").content == b"content"
    assert [objects.file(head, name) for name in ("../above/none", "../none/file", "../none", "a/b/c")] == [None] * 4
    assert objects.file(head, "params.yaml/below") is None


def test_a_submodule_is_told_by_its_commit(root, objects):
    other = root / "other"
    other.mkdir()
    builders.make_repository(other)
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "module")
    head = committed(root, "model: other\n")
    assert objects.file(head, "module") == Object(git(other, "rev-parse", "HEAD"), "commit", b"")
    assert objects.file(head, "module/file") is None


def test_names_that_are_no_line_are_answered_too(root, objects):
    for name in ("a\nb", "a\r", "é ü"):
        (root / name).write_bytes(name.encode())
    git(root, "add", "--all")
    head = committed(root, "model: other\n")
    for name in ("a\nb", "a\r", "é ü"):
        assert objects.file(head, name).content == name.encode()
    assert objects.find("HEAD\nHEAD") is None
    assert objects.commit("HEAD") == head


def test_large_and_empty_files_are_whole(root, objects):
    large = bytes(range(256)) * 8192
    (root / "large").write_bytes(large)
    (root / "empty").write_bytes(b"")
    git(root, "add", "--all")
    committed(root, "model: other\n")
    assert [objects.find(f"HEAD:./{name}").content for name in ("large", "empty")] == [large, b""]


def test_where_git_was_ended_another_one_answers(objects):
    head = objects.commit("HEAD")
    os.kill(objects._process.pid, signal.SIGKILL)
    objects._process.wait()
    assert objects.commit("HEAD") == head
    assert objects.commit("HEAD") == head


@pytest.mark.parametrize("content", [b"nothing of git's", None])
@pytest.mark.parametrize("damaged", ["HEAD:./params.yaml", "HEAD:./deploy", "HEAD:./"])
def test_what_is_damaged_or_lost_is_told_with_gits_words_and_never_taken_for_nothing(root, objects, damaged, content):
    (root / "deploy").mkdir()
    (root / "deploy/keys.yaml").write_text("keys: []\n")
    git(root, "add", "--all")
    head = committed(root, "model: other\n")
    name = git(root, "rev-parse", damaged)
    path = root.parent / ".git/objects" / name[:2] / name[2:]
    path.unlink()
    if content:
        path.write_bytes(content)
    asked = "params.yaml" if "params" in damaged else "deploy/keys.yaml"
    for _ in range(2):
        with pytest.raises(ToolError, match=f"(?s)git [a-z-]+ failed: .*{name}"):
            objects.file(head, asked)
        assert objects.commit("HEAD") == head
    if "params" in damaged:
        assert objects.file(head, "deploy/nothing.yaml") is None


def test_where_there_is_no_repository_nothing_is_found_until_there_is_one(tmp_path):
    (tmp_path / "file").write_text("content")
    objects = Objects(tmp_path)
    assert objects.commit("HEAD") is None
    builders.make_repository(tmp_path)
    assert objects.find("HEAD:./file").content == b"content"


def test_a_process_that_was_forked_asks_a_git_of_its_own(objects):
    head = objects.commit("HEAD")
    child = os.fork()
    if not child:
        os._exit(0 if objects.commit("HEAD") == head else 1)
    # Both ask at once: answers of one are never the other's.
    assert all(objects.commit("HEAD") == head for _ in range(50))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_all_that_ask_of_one_folder_share_a_process_and_it_ends_with_the_last_of_them(root, started):
    objects, other = objects_of(root), objects_of(root)
    assert objects is other
    objects.commit("HEAD")
    (process,) = started
    del objects
    assert process.poll() is None
    del other
    assert process.returncode is not None


@pytest.mark.parametrize("zone", ["+0000", "+0530", "-0930", "-1200"])
def test_the_committers_date_is_as_git_writes_it(root, monkeypatch, zone):
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"1767225600 {zone}")
    committed(root, "model: other\n")
    source = builders.GitRepository(root).source()
    assert source.committed_at == git(root, "log", "-1", "--format=%cI").replace("Z", "+00:00")


def test_a_date_that_is_none_is_what_git_makes_of_it(root):
    text = git(root, "cat-file", "commit", "HEAD")
    broken = "\n".join(
        line if not line.startswith("committer") else f"{line.partition('>')[0]}> 1767225600 +9999"
        for line in text.split("\n")
    )
    command = ["git", "-C", str(root), "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]
    done = subprocess.run(command, input=f"{broken}\n", check=True, capture_output=True, text=True)
    git(root, "update-ref", "HEAD", done.stdout.strip())
    source = builders.GitRepository(root).source()
    assert source.committed_at == git(root, "log", "-1", "--format=%cI").replace("Z", "+00:00")


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1"])
def test_a_message_is_as_git_tells_it_however_it_was_written(root, tmp_path, encoding):
    path = tmp_path / "message"
    path.write_bytes("Größe\n\nZwei Zeilen\ndarunter, and a \x1b mark\n\n\nend\n".encode(encoding))
    git(root, "-c", f"i18n.commitEncoding={encoding}", "commit", "--quiet", "--allow-empty", f"--file={path}")
    said = subprocess.run(
        ["git", "-C", str(root), "log", "-1", "--format=%B"], check=True, capture_output=True, text=True
    ).stdout
    message = GitLog(root).message("HEAD")
    assert f"{message}\n" == said
    assert message.startswith("Größe\n")


def test_the_versions_of_a_file_are_gone_through_once_and_a_new_one_is_seen(root, started):
    log, path = GitLog(root), root / "params.yaml"
    assert [log.versions(path)[0].content for _ in range(3)] == [b"model: example\n"] * 3
    assert len([each for each in started if "rev-list" in each.args]) == 1
    committed(root, "model: other\n")
    assert [each.content for each in log.versions(path)] == [b"model: other\n", b"model: example\n"]


@pytest.mark.parametrize("place", ["", "project"])
def test_a_clone_that_is_made_deeper_meanwhile_has_more_versions(root, tmp_path, place):
    first = (root / "params.yaml").read_bytes()
    second = committed(root, "model: other\n")
    clone = tmp_path / "clone"
    git(root.parent, "clone", "--quiet", "--depth=1", f"file://{root.parent}", str(clone))
    log, path = GitLog(clone / place), clone / "project/params.yaml"
    assert (log.shallow(), [each.commit.hash for each in log.versions(path)]) == (True, [second])
    git(clone, "fetch", "--quiet", "--unshallow")
    assert (log.shallow(), log.versions(path)[1].content) == (False, first)
