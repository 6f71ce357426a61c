"""What docs/extending.md shows, installed as a package would be: the code and the entry points of one section."""

import re
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs/extending.md"


def section(title):
    """The text under a heading of the second level."""
    return re.split(rf"^## {title}$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1].split("\n## ")[0]


def blocks(title, language):
    """The blocks of code of a section in that language."""
    return re.findall(rf"```{language}\n(.*?)```", section(title), re.DOTALL)


def install(title, site, monkeypatch):
    """Put the module of a section, and what its `pyproject.toml` says, where Python finds packages."""
    module = re.search(r"`(acme_\w+)\.py`", section(title))[1]
    (site / f"{module}.py").parent.mkdir(parents=True, exist_ok=True)
    (site / f"{module}.py").write_text(blocks(title, "python")[0])
    for told in blocks(title, "toml"):
        name, version = (re.search(rf'^{key} = "(.*)"', told, re.MULTILINE)[1] for key in ("name", "version"))
        (group,) = re.findall(r'entry-points\."(.*?)"', told)
        (entry,) = re.findall(r'^"(.*?)" = "(.*?)"', told, re.MULTILINE)
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{entry[0]} = {entry[1]}\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setitem(sys.modules, module, None)  # what is imported goes again with the test
    del sys.modules[module]
    return site / f"{module}.py"
