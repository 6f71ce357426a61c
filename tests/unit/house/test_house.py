"""The house: no folder overflows, tests lie as the code does, and docs/architecture.md is the imports."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from syntax import nodes

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src/lockgate"
PAGE = ROOT / "docs/architecture.md"
MOST = 13
STATIONS = ("project", "making", "measuring", "judging", "releasing", "serving", "reviewing")
FLOORS = {"cli/verbs": SOURCE / "cli/verbs", **{name: SOURCE / name for name in ("usecases", "ports", "domain")}}


def modules():
    """Every module of the tool's own, without what users copy."""
    return [path for path in sorted(SOURCE.rglob("*.py")) if "template" not in path.parts]


def folders():
    counted = defaultdict(int)
    for path in modules():
        counted[path.parent] += path.name != "__init__.py"
    return counted


def imports(path):
    """The modules of Lockgate that a file imports, deferred imports and those for types too."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lockgate"):
            package = ROOT / "src" / node.module.replace(".", "/")
            for name in node.names if package.is_dir() else ():
                yield f"{node.module}.{name.name}"
            if not package.is_dir():
                yield node.module


def part(module, floor):
    """Where on its floor a module lies, as the picture calls it; ``None`` for other floors."""
    inside = module.removeprefix(f"lockgate.{floor}.")
    if inside == module:
        return None
    first, _, rest = inside.partition(".")
    if floor == "domain" and first == "judging":
        return f"judging.{rest.partition('.')[0]}"
    if not (SOURCE / floor / first).is_dir():
        return "ground" if floor == "domain" else first
    return first


def arrows(floor):
    """Who imports whom on a floor."""
    found = defaultdict(set)
    for path in sorted((SOURCE / floor).rglob("*.py")):
        own = part(".".join(path.relative_to(ROOT / "src").with_suffix("").parts), floor)
        if path.name != "__init__.py":
            found[own] |= {other for name in imports(path) if (other := part(name, floor)) not in {None, own}}
    return found


def lowest_first(found):
    """The parts, each below those that import it; a circle is an error."""
    order, left = [], dict(found)
    while left:
        ready = [name for name in left if left[name] <= {*order}]
        assert ready, f"a circle: {left}"
        order += sorted(ready)
        left = {name: below for name, below in left.items() if name not in ready}
    return order


def picture_of_imports(floor):
    found = arrows(floor)
    order = lowest_first(found)
    lines = [f"{name:<18} {' '.join(sorted(found[name], key=order.index)) or '-'}" for name in order]
    return "\n".join(lines)


def picture_of_the_grid():
    lines = [f"{'':<10} " + " ".join(f"{station:<9}" for station in STATIONS)]
    for floor, folder in FLOORS.items():
        there = ["x" if list(folder.glob(f"{station}*")) else "" for station in STATIONS]
        lines.append(f"{floor:<10} " + " ".join(f"{mark:<9}" for mark in there))
    return "\n".join(line.rstrip() for line in lines)


def shown(name):
    """The block that the page shows after the comment with this name."""
    found = re.search(rf"<!-- {name} -->\n```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"no block {name}"
    return found[1].rstrip("\n")


def test_no_folder_holds_more_than_about_a_dozen_modules():
    assert {str(folder.relative_to(ROOT)): many for folder, many in folders().items() if many > MOST} == {}


def test_a_package_says_in_a_line_what_it_holds():
    for folder in folders():
        assert (ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or "").strip(), (
            folder
        )


def test_unit_tests_lie_as_the_code_does():
    floors = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    known = {"ground", "statistics", "model", "deliver", "house", "golden", *floors, *STATIONS}
    found = {path.name for path in (ROOT / "tests/unit").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert found <= known


@pytest.mark.parametrize("floor", ["domain", "usecases"])
def test_the_page_shows_who_imports_whom(floor):
    assert shown(floor) == picture_of_imports(floor)


def test_the_page_shows_which_stations_stand_on_which_floor():
    assert shown("grid") == picture_of_the_grid()


def names_on_the_way():
    return re.findall(r"\]\(\.\./(src/[\w/]+\.py)\)[^|\n]*?`(\w+)`", PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("path", "name"), names_on_the_way())
def test_what_a_row_and_a_threshold_meet_on_their_way_is_there(path, name):
    defined = {node.name for node in nodes(ROOT / path) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert name in defined, (path, name)


def test_both_ways_are_told():
    assert len(names_on_the_way()) >= 12


def changeable(path):
    """The names of its dataclasses whose fields can be set anew."""
    for node in nodes(path):
        for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
            told = ast.unparse(decorator)
            if told.startswith("dataclass") and "frozen=True" not in told:
                yield node.name


def test_values_of_the_domain_cannot_be_changed_but_for_sums_over_batches():
    found = {name for path in modules() if path.is_relative_to(SOURCE / "domain") for name in changeable(path)}
    assert found == {"Calibrating", "_Error", "_Pending"}


def test_no_two_test_modules_have_one_name():
    """Pytest imports each by its name alone, and the second would be an error wherever both are collected."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
