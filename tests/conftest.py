"""What all tests share: an isolated home, and clones of this repository in which the way really ran."""

import fcntl
import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scratch import PLACE, into_memory
from tutorial import Reader

from lockgate.cli.main import run
from lockgate.domain.project.telemetry import OFF

REPOSITORY = Path(__file__).parents[1]
DEMAND_ALL = "LOCKGATE_DEMAND_ALL"
# Long files first, so that no worker is left alone with one, and what needs no delivery while images and one are made.
ORDER = ("pipeline", "contract", "images", "frameworks", "way", "docs", "census", "unit")
LAST = {"census", "unit"}
QUICK = "not slow"
ALL_SLOW = re.compile(r"^pytestmark = (\[\s*)?pytest\.mark\.slow\b", re.MULTILINE)
DELIVERY = "first_delivery"
DELIVERY_SECONDS = 1200
PROXIES = [f"{kind}_proxy" for kind in ("http", "https", "all", "no")]
PROXIES += [name.upper() for name in PROXIES]
# Workers share the cores, and threads that wait at every step for one without a core train many times slower. Libraries
# read this when they are loaded, as tests are collected.
os.environ["OMP_NUM_THREADS"] = "1"
into_memory()
gc.disable()


def pytest_configure() -> None:
    """What a shell starts in the background ignores these signals, and so would all that the tests start."""
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whoever wants no slow test need not wait until a module of slow tests alone has loaded its libraries."""
    if config.option.markexpr != QUICK or collection_path.suffix != ".py":
        return None
    return bool(ALL_SLOW.search(collection_path.read_text(encoding="utf-8"))) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    waiting = {item.path for item in items if needs_delivery(item)}
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def place(item: pytest.Item) -> tuple[bool, bool, int, bool]:
        folder = item.path.relative_to(REPOSITORY / "tests").parts[0]
        quick = folder in LAST and item.path not in slow
        return folder in LAST, item.path in waiting, ORDER.index(folder), quick

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Thousands of tests and their libraries live to the end: nobody looks through them for what can be thrown away.

    What tests make is small, and is looked through seldom: it took a twentieth of their time.
    """
    gc.freeze()
    gc.set_threshold(20_000, 50, 1000)
    gc.enable()


def needs_delivery(item: pytest.Item) -> bool:
    return DELIVERY in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / ".gitconfig").write_text(
        "[user]\n\tname = Lock Keeper\n\temail = keeper@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    for name in ("hooks", "info"):
        (folder / "template" / name).mkdir(parents=True)
    # One worker makes the first delivery and signs it; the others are the same user.
    keys, _ = claimed(tmp_path_factory, "keys")
    (folder / ".config" / "lockgate").mkdir(parents=True)
    (folder / ".config" / "lockgate" / "keys").symlink_to(keys)
    (folder / "tests").mkdir()
    return folder


@pytest.fixture(scope="session", autouse=True)
def isolated(home: Path) -> Iterator[None]:
    """No test reads or writes the home, the settings or the servers of whoever runs it."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HOME", str(home))
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in [*os.environ]:
        if name.startswith(
            ("LOCKGATE_TRACE", "LOCKGATE_STORE", "MLFLOW_", "BENTOML_", "DVC_", "XDG_", "GIT_AUTHOR", "GIT_COMMITTER")
        ):
            patch.delenv(name)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_GLOBAL", *PROXIES):
        patch.delenv(name, raising=False)
    # A process that a test starts finds compiled what the one before it imported.
    patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    for name, value in {
        **OFF,
        # Stages call `python` and `lockgate`; whoever runs pytest need not have activated the environment.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        # Fourteen examples of hooks in every repository are a quarter of what a copied project holds.
        "GIT_TEMPLATE_DIR": str(home / "template"),
        # Projects that are delivered have tests too, which would leave their folders.
        PLACE: str(home / "tests"),
    }.items():
        patch.setenv(name, value)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def needs() -> Callable[..., None]:
    """Skip where a machine lacks a part; fail where every part was promised (`.ci/run` promises)."""

    def check(*, there: bool, how: str) -> None:
        if there:
            return
        if os.environ.get(DEMAND_ALL):
            pytest.fail(f"a part is missing: {how}")
        pytest.skip(how)

    return check


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_clone(target: Path) -> Path:
    """A clone of this repository as it lies here, uncommitted changes committed, with this environment as `.venv`."""
    # One pack in place of thousands of files: the clone is copied for most tests.
    git(REPOSITORY.parent, "clone", "--quiet", "--no-local", str(REPOSITORY), str(target))
    git(target, "checkout", "--quiet", "-B", "main")
    # Tests judge the files as they are here, committed or not.
    for name in git(REPOSITORY, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0"):
        source = REPOSITORY / name
        if name and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
        elif name:
            (target / name).unlink(missing_ok=True)
    git(target, "add", "--all")
    if git(target, "status", "--porcelain"):
        git(target, "commit", "--quiet", "-m", "As it lies here")
    (target / ".venv").symlink_to(sys.prefix)
    return target


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone: nothing pulled, nothing trained."""
    return make_clone(tmp_path / "clone")


@pytest.fixture(scope="session", autouse=True)
def begun_delivery(
    isolated: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path | None]:
    """The folder in which a delivery begins before the first test, where any needs it: nobody waits while others test.

    One worker begins it, and ends it where the tests are stopped before their end.
    """
    if not any(needs_delivery(item) for item in request.session.items):
        yield None
        return
    home, mine = claimed(tmp_path_factory, "delivered")
    if not mine:
        yield home
        return
    clone = make_clone(home / "made")
    with (home / "stdout").open("w") as out, (home / "stderr").open("w") as err:
        said = '"$0" deliver; echo $? > ../ended.part; mv ../ended.part ../ended'
        command = ["sh", "-c", said, str(Path(sys.executable).parent / "lockgate")]
        process = subprocess.Popen(command, cwd=clone, stdout=out, stderr=err, start_new_session=True)
    yield home
    session = request.session
    if process.poll() is None and (session.exitstatus or session.shouldstop or session.shouldfail):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def claimed(factory: pytest.TempPathFactory, name: str) -> tuple[Path, bool]:
    """A folder that all workers share, and whether this one was first to ask for it."""
    base = factory.getbasetemp()
    # The variable of a worker is there in the tests of a project too, which a worker lets a stage run.
    home = (base.parent if base.name == f"popen-{os.environ.get('PYTEST_XDIST_WORKER')}" else base) / name
    try:
        home.mkdir()
    except FileExistsError:
        return home, False
    return home, True


@pytest.fixture(scope="session")
def first_delivery(begun_delivery: Path) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """A fresh clone after its first `lockgate deliver`, and what that said. Not to be changed: see delivered_clone."""
    deadline = time.monotonic() + DELIVERY_SECONDS
    while not (begun_delivery / "ended").exists():
        assert time.monotonic() < deadline, "the first delivery has not ended"
        time.sleep(0.2)
    code, out, err = ((begun_delivery / name).read_text() for name in ("ended", "stdout", "stderr"))
    assert int(code) == 0, out + err
    return begun_delivery / "made", subprocess.CompletedProcess(["lockgate", "deliver"], int(code), out, err)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], list[Any]]) -> tuple[Path, list[Any]]:
    """A folder that one worker makes while the others wait for it, and what making it said."""
    home, _ = claimed(factory, name)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "said.json").exists():
            shutil.rmtree(home / "made", ignore_errors=True)
            (home / "said.json").write_text(json.dumps(make(home / "made")))
    return home / "made", json.loads((home / "said.json").read_text())


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of MLflow's with its tables, and nothing of ours in it, to be copied: making one takes seconds."""
    folder, _ = made_once(tmp_path_factory, "mlflow", made_empty)
    return folder / "mlflow.db"


def made_empty(folder: Path) -> list[Any]:
    from lockgate.adapters.documents import TypedDocuments
    from lockgate.adapters.files.local_files import LocalFiles
    from lockgate.adapters.mlflow.registry import MlflowRegistry

    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what its libraries warn of is an error in tests
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        MlflowRegistry(folder, TypedDocuments(LocalFiles()), LocalFiles()).state("none")
    return []


@pytest.fixture(scope="session")
def copy_delivered(first_delivery: tuple[Path, object]) -> Callable[[Path], Path]:
    """Make a copy, free to be changed, of a clone in which a delivery passed."""
    return lambda target: shutil.copytree(first_delivery[0], target, symlinks=True)


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases that a test makes are put where no other test's are: a verdict counts how often its rows have judged."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def delivered_clone(copy_delivered: Callable[[Path], Path], tmp_path: Path, own_data: None) -> Path:
    """Such a copy."""
    return copy_delivered(tmp_path / "clone")


@pytest.fixture(scope="session")
def first_tutorial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The project of docs/your-model.md, delivered and promoted, and what was said. See tutorial."""
    folder, told = made_once(tmp_path_factory, "tutorial", followed)
    return folder, told[0]


def followed(folder: Path) -> list[Any]:
    reader = Reader(folder)
    reader.follow()
    return [reader.said, reader.sent, str(reader.home)]


@pytest.fixture(scope="session")
def left_the_machine(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """What its commands sent out, where that could be seen, and the home that they ran with."""
    _, (_, sent, home) = made_once(tmp_path_factory, "tutorial", followed)
    return sent, Path(home)


@pytest.fixture
def tutorial(first_tutorial: tuple[Path, str], tmp_path: Path, own_data: None) -> Path:
    """A copy of it, free to be changed."""
    return shutil.copytree(first_tutorial[0], tmp_path / "tutorial", symlinks=True)


def lockgate(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a verb as its users do: the installed command, in the project's folder."""
    command = [str(Path(sys.executable).parent / "lockgate"), *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )


@pytest.fixture(scope="session")
def run_lockgate() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    return lockgate


@pytest.fixture
def in_this_process(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., "subprocess.CompletedProcess[str]"]]:
    """Run a verb where its libraries are loaded already: loading them is most of what many verbs do."""
    roots: list[Path] = []

    def call(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        monkeypatch.chdir(folder)
        roots.append(folder)
        capfd.readouterr()
        code = run(arguments)
        return subprocess.CompletedProcess(arguments, code, *capfd.readouterr())

    yield call
    # No other test finds the project's modules. Finders that libraries have brought meanwhile stay.
    inside = tuple(f"{root}/" for root in roots)
    sys.meta_path[:] = [each for each in sys.meta_path if getattr(each, "root", None) not in roots]
    sys.path[:] = [each for each in sys.path if not f"{each}/".startswith(inside)]
    for name, module in [*sys.modules.items()]:
        if (getattr(module, "__file__", None) or "").startswith(inside):
            del sys.modules[name]
