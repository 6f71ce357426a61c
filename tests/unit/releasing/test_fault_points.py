"""Killed at any change that it makes, or on a disk that is full from there on, a verb is completed by running it again.

Nothing is there twice, and nothing is lost. The points are not listed here: they are counted while the verb runs, and
each kind is tried. See fault_points.
"""

import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import builders
import pytest
from builders import FILES, git
from fault_points import HIDDEN, apart, ended, takes_room
from packages import Serving, with_service

from lockgate.adapters.bentoml.packager import BentoPackager
from lockgate.cli.boundary import guarded
from lockgate.cli.main import run
from lockgate.domain.releasing.bundle_files import SIGNED
from lockgate.testing import FakeRuntime
from lockgate.usecases.measuring import measured_again
from lockgate.usecases.project.release_folders import latest_release
from lockgate.usecases.serving.package import package

pytestmark = pytest.mark.slow
SERVING = Path(builders.__file__).parents[2] / "serving"
TIMED = (SIGNED, "changing.lock")
"""Each signature differs, and a lock says who held it since when."""


@contextlib.contextmanager
def mounted(needs, target, *options):
    """Another disk at that folder, for as long as the block lasts."""
    made = subprocess.run(["mount", *options, str(target)], check=False, capture_output=True).returncode == 0
    needs(there=made, how="this user may not mount a disk, and no package changes that")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(target)], check=True)


@pytest.fixture(scope="module", autouse=True)
def few_rows_again():
    """A release asks a thousand rows one by one before it writes anything; what it writes does not tell how many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measured_again, "VARIED", 16)
        yield


@pytest.fixture(scope="module")
def judged(made_project, tmp_path_factory):
    """A project whose candidate has passed; nothing is released."""
    root = shutil.copytree(made_project, tmp_path_factory.mktemp("judged") / "project")
    assert run(["-C", str(root), "gate"]) == 0
    return root


@pytest.fixture(scope="module")
def served(released_project, tmp_path_factory):
    """A project with a release and a service, and the Bento of both as BentoML builds it."""
    home = tmp_path_factory.mktemp("served")
    root = with_service(released_project, home / "project")
    shutil.copytree(SERVING, root / "serving", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "Lockgate's service")
    release, folder = latest_release(builders.opened(root), None)
    with BentoPackager(home).build(release, folder, root / "serving") as built:
        shutil.copytree(built.path, home / "built")
    return root


class Replayed(BentoPackager):
    """BentoML's own answer, given again: it takes seconds each time, and copies file by file as this does."""

    def __init__(self, root, built):
        super().__init__(root)
        self._built = built

    def _build(self, context, version, home):
        shutil.copytree(self._built, home / "bentos/example" / version)


def package_at(root, made):
    """Package the one release in a copy of ``made``; its exit code."""
    project = builders.opened(root)
    instruments = replace(
        builders.instruments(root),
        packager=lambda: Replayed(root, made.parent / "built"),
        runtime=lambda **_: FakeRuntime(),
        server=Serving,
    )
    package(instruments, latest_release(project, None)[1])
    return 0


@dataclass(frozen=True)
class Verb:
    """What is done to a copy of a project that was made before; with ``fresh``, by a user who has no key yet."""

    made: str
    arguments: tuple[str, ...] = ()
    fresh: bool = False

    def work(self, root, made):
        """In the copy ``root`` of the project ``made``: its exit code."""
        if self.fresh:
            os.environ["XDG_CONFIG_HOME"] = str(root.parent / "config")
        os.environ["XDG_DATA_HOME"] = str(root.parent / "data")
        if self.arguments:
            return run(["-C", str(root), *self.arguments])
        return guarded(lambda: package_at(root, made))


VERBS = {
    "release": Verb("judged", ("release",), fresh=True),
    "promote": Verb("released_project", ("promote", "staging")),
    "store put": Verb("released_project", ("store", "put")),
    "package": Verb("served"),
}


KNOWN = {}
"""What ``known`` tells of each verb."""


def is_timed(name):
    """Whether two runs leave another content there, for what is the same in both."""
    return name.name in TIMED or name.parts[0] == "config"


def state(root):
    """All that a verb changes, as the next one finds it, without times and what differs with each key."""
    shown = {}
    for path in sorted(root.parent.rglob("*")):
        name = path.relative_to(root.parent)
        if path.is_file() and not any(part.startswith(".") for part in name.parts) and "logs" not in name.parts:
            shown[name.as_posix()] = "" if is_timed(name) else str(FILES.sha256(path))
    status = git(root, "status", "--porcelain").splitlines()
    return {
        **shown,
        "commits": git(root, "log", "--format=%an %s", "--name-only"),
        "status": [line for line in status if not HIDDEN.search(line.replace(" ", "/"))],
        "tags": git(root, "for-each-ref", "--format=%(refname) %(objecttype)", "refs/tags"),
    }


def whole_disk(root):
    """Every file and folder that lies there, hidden ones too; of git's index what it names, not when it was written."""
    found = []
    for path in root.parent.rglob("*"):
        name = path.relative_to(root.parent)
        if path != root / ".git/index" and "project/build/logs" not in name.as_posix():
            same = not path.is_file() or is_timed(name)
            found.append((HIDDEN.sub("/.hidden", f"/{name}"), None if same else path.read_bytes()))
    return sorted(found, key=str), git(root, "ls-files", "--stage")


def known(tried, monkeypatch):
    """Of a verb its points, what it leaves where nothing happens, and the numbers of the points to try."""
    # What is imported here needs not be imported by each process of many.
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    assert tried.verb.work(tried.copy("first"), tried.made) == 0
    monkeypatch.undo()
    root = tried.copy("whole")
    before = state(root)
    done = tried.do(root)
    whole = state(root)
    assert (done.code, whole != before) == (0, True), done.said
    # A log of what libraries said is looked at by people alone.
    numbers = [each for each in apart(done.points) if "project/build/logs" not in done.points[each - 1]]
    assert len(numbers) > 8
    return done.points, whole, numbers


@pytest.fixture
def tried(request, tmp_path, monkeypatch):
    """Copies of what a verb begins with, what it leaves where nothing happens, and its points."""

    class Tried:
        def __init__(self, verb):
            self.verb, self.made = VERBS[verb], request.getfixturevalue(VERBS[verb].made)
            if verb not in KNOWN:
                KNOWN[verb] = known(self, monkeypatch)
            self.points, self.whole, self.numbers = KNOWN[verb]

        def copy(self, number):
            return shutil.copytree(self.made, tmp_path / str(number) / "project", symlinks=True)

        def do(self, root, **how):
            return ended(root.parent, lambda: self.verb.work(root, self.made), **how)

        def copied_at_each_point(self):
            """Where the verb ran, now free, and by point where the copy of what lay there waits to be moved there."""
            root = self.copy("run")
            left = {number: tmp_path / f"left at {number}" for number in self.numbers}
            done = self.do(root, copies=left)
            assert (done.code, len(done.points), state(root)) == (0, len(self.points), self.whole), done.said
            shutil.rmtree(root.parent)
            return root, left

        def left_by_a_kill(self, number):
            root = self.copy(f"killed at {number}")
            done = self.do(root, at=number)
            assert done.killed, done.said
            return state(root)

        def demand_completed(self, root, what):
            again = self.do(root)
            assert again.code == 0, f"{what}: {again.said}"
            assert state(root) == self.whole, what
            shutil.rmtree(root.parent)

    return Tried


@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_any_point_it_is_completed_by_running_it_again(verb, tried):
    """What one run has on its disk at each point is what a kill leaves there: three are really killed to show it."""
    tried = tried(verb)
    root, left = tried.copied_at_each_point()
    killed = {tried.numbers[place] for place in (0, len(tried.numbers) // 2, -1)}
    for number in tried.numbers:
        left[number].rename(root.parent)
        what = f"killed at {tried.points[number - 1]}"
        if number in killed:
            assert tried.left_by_a_kill(number) == state(root), what
        tried.demand_completed(root, what)


@pytest.mark.parametrize("verb", VERBS)
def test_on_a_full_disk_it_says_so_and_is_completed_when_there_is_room(verb, tried):
    """Where it leaves what an earlier full disk made it leave, it is not run again: it would find the same."""
    tried, completed = tried(verb), []
    for number in (each for each in tried.numbers if takes_room(tried.points[each - 1])):
        root = tried.copy(number)
        done = tried.do(root, at=number, full=True)
        if done.code:
            assert (done.code, "the disk is full" in done.said) == (1, True), f"{tried.points[number - 1]}: {done.said}"
            assert "Traceback" not in done.said
        left = whole_disk(root)
        if left in completed:
            shutil.rmtree(root.parent)
            continue
        completed.append(left)
        tried.demand_completed(root, f"full at {tried.points[number - 1]}")
    assert len(completed) > 1


@pytest.mark.parametrize("verb", ["release", "promote", "store put"])
@pytest.mark.parametrize("room", [0, 8, 64])
def test_on_a_disk_that_is_really_full_nothing_is_lost(verb, room, tried, tmp_path, needs):
    """Git writes by itself, and what it writes is no point of ours: this disk is full for it too."""
    tried = tried(verb)
    place = tmp_path / "small"
    place.mkdir()
    with mounted(needs, place, "-t", "tmpfs", "-o", "size=8m", "tmpfs"):
        root = shutil.copytree(tried.made, place / "project", symlinks=True)
        fill(place / "filler", room * 1024)
        done = tried.do(root)
        if done.code:
            assert done.code == 1, done.said
            assert re.search("disk is full|No space left", done.said), done.said
        assert room or done.code
        (place / "filler").unlink()
        assert tried.do(root).code == 0
        assert state(root) == tried.whole


def fill(path, but):
    """Make a disk full but for so many bytes."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    os.truncate(path, max(path.stat().st_size - but, 0))
