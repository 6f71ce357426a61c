"""The project's folders on Python's path, so that they take nobody's modules away.

    python -P -m lockgate.adapters.python.import_path MODULE [ARGUMENT]...

runs a module as ``python -m`` does, with the working directory on the path in this way.

``python -m`` and ``sys.path.insert(0, ...)`` put a project's ``email.py`` in front of Python's own, for everything that
is imported later: DVC, MLflow, ONNX Runtime. Here a project's module is found first only where neither the standard
library nor what Lockgate is made of has one of that name.
"""

import ast
import email.parser  # noqa: F401 - what importlib.metadata imports only when it reads: see ProjectFinder.find_spec
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement

from lockgate.processes import short_lived

SOURCES = "src"
ITSELF = "/src/lockgate/__init__.py"
"""Lockgate's own repository is a project too: what its plug-in means is the Lockgate that runs."""
NEEDED = ("lockgate", "pytest")
# What distributions leave beside their packages by accident: nobody imports these from there.
STRAY = frozenset({"docs", "examples", "scripts", "test", "tests"})
PYTHONS_OWN = "Python's standard library"


class ProjectFinder(MetaPathFinder):
    """Finds a project's modules, and never one whose name is taken; ``displaced`` are those, by name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders = [str(root), str(root / SOURCES)]
        self.displaced: dict[str, tuple[str, str]] = {}
        """The project's file, and who has the name."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - importlib's signature
    ) -> ModuleSpec | None:
        """The module of that name; ``None`` where it is none of the project's.

        Python holds its one import lock meanwhile: whatever is needed here is imported before, or a thread that waits
        for that lock while it imports the same module waits for ever.
        """
        if path is not None or fullname in sys.builtin_module_names:
            return None
        ours = PathFinder.find_spec(fullname, self.folders)
        if ours is None or ours.origin is None:
            return None
        theirs, owner = self._elsewhere(fullname)
        if not owner:
            return ours
        self.displaced[fullname] = (ours.origin, owner)
        return theirs

    def taken(self, module: str) -> str:
        """Why the project's file of that name cannot be imported; empty where it can, or where there is none."""
        found = self._displaced(module)
        return f"{self._shown(found[0])} has the name of a module of {found[1]}" if found else ""

    def misled(self) -> Iterator[str]:
        """Each name that the project's modules import, and that is another's though a file of the project has it."""
        told: set[str] = set()
        for file in sorted(_loaded(self.folders)):
            for line, name in _imported(file):
                found = self._displaced(name)
                if found and name not in told and not found[0].endswith(ITSELF):
                    told.add(name)
                    where = f"{self._shown(file)}:{line}"
                    yield f"{where} imports {name}, a module of {found[1]}: {self._shown(found[0])} cannot be imported"

    def absent(self) -> Mapping[str, str]:
        """What the project's loaded modules import and nobody has, by name, with the line where it stands.

        An import that is tried is left out: the code goes on without it.
        """
        found: dict[str, str] = {}
        for file in sorted(_loaded(self.folders)):
            for line, name in _imported(file, tried=False):
                if name not in found and name not in sys.modules and importlib.util.find_spec(name) is None:
                    found[name] = f"{self._shown(file)}:{line}"
        return found

    def names(self) -> frozenset[str]:
        """Every name that the project's loaded modules import from another module, such as a function of its."""
        trees = (ast.walk(tree) for file in _loaded(self.folders) if (tree := _parsed(file)))
        imports = (node for nodes in trees for node in nodes if isinstance(node, ast.ImportFrom))
        return frozenset(alias.name for node in imports for alias in node.names)

    def _displaced(self, name: str) -> tuple[str, str] | None:
        """The project's file of that name and who has the name, where the file cannot be imported."""
        self.find_spec(name, None)
        return self.displaced.get(name)

    def _shown(self, file: str) -> str:
        """A file's path in the project."""
        return file.removeprefix(f"{self.folders[0]}/")

    def _elsewhere(self, name: str) -> tuple[ModuleSpec | None, str]:
        """What has that name without the project, and whose it is; of nobody where the project's may be taken."""
        theirs = PathFinder.find_spec(name, [entry for entry in sys.path if entry not in self.folders])
        if theirs is None or theirs.origin is None or name in STRAY:
            return None, ""
        if name in sys.stdlib_module_names:
            return theirs, PYTHONS_OWN
        owners = [owner for owner in _owners(name) if _is_needed(owner)]
        return theirs, f"the package {owners[0]}" if owners else ""


def put_on_path(root: Path) -> ProjectFinder:
    """Let the project's modules be found, in this process and in those that it starts; again changes nothing."""
    made = ProjectFinder(root)
    for finder in sys.meta_path:
        if isinstance(finder, ProjectFinder) and finder.folders == made.folders:
            return finder
    sys.meta_path.insert(0, made)
    # At the end: processes that multiprocessing starts get this path, and no finder.
    sys.path.extend(folder for folder in made.folders if folder not in sys.path)
    return made


def _loaded(folders: Sequence[str]) -> set[str]:
    """Source files of the project that were imported; not what is installed in an environment below its root."""
    files = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
    inside = tuple(f"{folder}/" for folder in folders)
    return {file for file in files if file and file.startswith(inside) and file.endswith(".py") and _own(file)}


def _own(file: str) -> bool:
    return not file.startswith(f"{sys.prefix}/") and "/site-packages/" not in file


def _imported(file: str, *, tried: bool = True) -> Iterator[tuple[int, str]]:
    """The top names that a source file imports, with their lines; ``tried`` also where it may do without."""
    tree = _parsed(file)
    waiting: list[ast.AST] = [tree] if tree else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]
        if tried or not _spared(node):
            waiting.extend(ast.iter_child_nodes(node))


def _spared(node: ast.AST) -> bool:
    """Whether code goes on without what is imported there."""
    return isinstance(node, ast.Try) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))


def _parsed(file: str) -> ast.Module | None:
    try:
        return ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


@cache
def _owners(module: str) -> Sequence[str]:
    """The distributions that have a top module of that name, or one of its name.

    As `importlib.metadata.packages_distributions` finds them, which reads for all names what is asked for one here.
    """
    listed = re.compile(rf'^"?{re.escape(module)}(/[^,\n]*)?\.py[",\n]', re.MULTILINE)
    found = []
    for distribution in importlib.metadata.distributions():
        declared = (distribution.read_text("top_level.txt") or "").split()
        files = "" if declared else distribution.read_text("RECORD") or distribution.read_text("installed-files.txt")
        if module in declared or (files and listed.search(files)):
            found.append(distribution.metadata["Name"])
    return found or [name for name in (module,) if _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _is_needed(distribution: str) -> bool:
    """Whether Lockgate can be made of it; of itself, the requirements of some hundred others need not be read."""
    return _canonical(distribution) in NEEDED or _canonical(distribution) in _closure()


@cache
def _closure() -> frozenset[str]:
    """Every distribution that Lockgate can be made of, all extras included."""
    extras = importlib.metadata.metadata("lockgate").get_all("Provides-Extra") or []
    found: set[tuple[str, str]] = set()
    waiting = [*((name, "") for name in NEEDED), *(("lockgate", extra) for extra in extras)]
    while waiting:
        wanted = waiting.pop()
        if wanted not in found:
            found.add(wanted)
            waiting.extend(_requirements(*wanted))
    return frozenset(name for name, _ in found)


def _requirements(name: str, extra: str) -> Iterator[tuple[str, str]]:
    try:
        lines = importlib.metadata.requires(name) or ()
    except importlib.metadata.PackageNotFoundError:
        return
    for line in lines:
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            yield from ((_canonical(wanted.name), part) for part in ("", *wanted.extras))


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Run the module that the arguments name."""
    put_on_path(Path.cwd())
    short_lived.main()


if __name__ == "__main__":
    main()
