"""Use cases and verbs never ask the disk by themselves: a port does. Paths are names to them."""

import ast
from pathlib import Path, PurePath

import pytest

import lockgate

SOURCE = Path(lockgate.__file__).parent
FLOORS = [*sorted((SOURCE / "usecases").rglob("*.py")), *sorted((SOURCE / "cli/verbs").rglob("*.py"))]
# What a path has that is more than a name; `group` and `owner` are names of other things here.
ASKING = {name for name in set(dir(Path)) - set(dir(PurePath)) if not name.startswith("_")} - {"group", "owner"}
MODULES = {"fcntl", "glob", "io", "os", "shutil", "stat", "subprocess", "tempfile"}
NUMPY = {"fromfile", "genfromtxt", "load", "loadtxt", "memmap", "save", "savetxt", "savez"}
PORTS = {
    "open": {"plugin", "_plugin", "releases", "runtime"},
    "resolve": {"commit_log", "log"},
    "write_bytes": {"files"},
}
"""Where a port has a name that a path has too: what it is called on."""


def asked(tree):
    """Each place that asks the disk: the line, and what it says."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in MODULES:
            yield node.lineno, str(node.module)
        elif _asks(node):
            yield node.lineno, ast.unparse(node)


def _asks(node):
    if isinstance(node, ast.Attribute):  # handed to another function
        return node.attr in ASKING and isinstance(node.value, ast.Name) and node.value.id == "Path"
    return isinstance(node, ast.Call) and _calls(node)


def _calls(call):
    if isinstance(call.func, ast.Name):
        return call.func.id == "open"
    if not isinstance(call.func, ast.Attribute):
        return False
    name, of = call.func.attr, call.func.value
    receiver = of.attr if isinstance(of, ast.Attribute) else getattr(of, "id", "")
    if receiver in {"np", "numpy"}:
        return name in NUMPY
    if name == "replace":  # of a text, it takes two
        return len(call.args) < 2
    return name in ASKING and receiver not in PORTS.get(name, ())


def test_no_use_case_and_no_verb_asks_the_disk():
    named = {path.relative_to(SOURCE).as_posix(): path for path in FLOORS}
    found = [
        f"{name}:{line}: {said}"
        for name, path in named.items()
        for line, said in asked(ast.parse(path.read_text("utf-8")))
    ]
    assert not found, "these ask the disk by themselves: ask project.store, project.releases or project.files"
    assert len(named) > 50


@pytest.mark.parametrize(
    "line",
    [
        "import shutil",
        "from tempfile import mkdtemp",
        "import os.path",
        "path.exists()",
        "filter(Path.exists, paths)",
        "all(map(Path.is_dir, paths))",
        "(folder / name).stat().st_size",
        "sorted(folder.glob('*'))",
        "folder.joinpath(name).read_text('utf-8')",
        "path.write_bytes(b'')",
        "self.path.unlink(missing_ok=True)",
        "path.resolve().is_relative_to(folder)",
        "path.replace(target)",
        "open(path)",
        "path.open('rb')",
        "project.layout.verdict.open()",
        "np.load(path)",
        "Path.cwd()",
    ],
)
def test_what_asks_the_disk_is_found(line):
    assert list(asked(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "project.store.has(path)",
        "project.files.write_bytes(path, b'')",
        "runtime.open(path, signature)",
        "project.releases.open(version)",
        "self._plugin.open(trained, folder)",
        "log.resolve(revision)",
        "text.replace('a', 'b')",
        "replace(project, layout=layout)",
        "path.relative_to(root).as_posix()",
        "path.with_name('b').suffix",
        "np.sort(values)",
    ],
)
def test_what_is_a_port_or_a_name_is_not(line):
    assert not list(asked(ast.parse(line)))
