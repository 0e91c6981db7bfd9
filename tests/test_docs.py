"""What the pages say of the code: each path is there, each name can be imported, each package is accounted for."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])
PATH = re.compile(r"(?<![\w/.:-])((?:mailtui|screens|styles|tests|scripts|docs)/[a-z0-9_/.-]*[a-z0-9_/])")
NAME = re.compile(r"`(mailtui(?:\.\w+)+)`")
IMPORT = re.compile(r"^( *)(?:import|from) (\w+)\b", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)\)")
MODULES = {"dns": "dnspython", "spf": "pyspf"}
"""What a package is imported as, where that is not its own name."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_links_and_names_are_there(page: Path) -> None:
    text = page.read_text()
    paths = set(PATH.findall(text))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []
    assert [name for name in NAME.findall(text) if not _is_there(name)] == []


def test_the_pages_name_much_of_the_code() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert len(set(PATH.findall(text))) > 50
    assert len(set(NAME.findall(text))) > 20
    rooms = {path.name for path in (ROOT / "mailtui").iterdir() if (path / "__init__.py").is_file()}
    assert [room for room in sorted(rooms - {"screens", "styles"}) if f"mailtui/{room}/" not in text] == []


def _is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    module, rest = name, list[str]()
    while True:
        try:
            found = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
    for each in rest:
        if not hasattr(found, each):
            return False
        found = getattr(found, each)
    return True


def _rows(heading: str) -> dict[str, list[str]]:
    """A table of the page on packages: the package, the other cells."""
    part = (ROOT / "docs" / "dependencies.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line[:1] == "|"
    ]
    return {name: cells for name, *cells in rows[2:]}


def _wanted(lines: list[str]) -> list[str]:
    return sorted(re.split(r"[\[<>=~! ]", line)[0] for line in lines)


def test_every_package_is_accounted_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert sorted(_rows("At run time")) == _wanted(project["dependencies"])
    assert sorted(_rows("For tests")) == _wanted(project["optional-dependencies"]["test"])
    assert all(all(cells) for heading in ("At run time", "For tests") for cells in _rows(heading).values())


def _imports() -> Iterator[tuple[str, str, bool]]:
    """Each import of a package of another: who imports, what, and whether at the module's top."""
    for room in ("mailtui", "screens"):
        for file in (ROOT / room).rglob("*.py"):
            path = file.relative_to(ROOT)
            if path.parts[:2] in {("mailtui", "screens"), ("mailtui", "styles")}:
                continue  # the same folders by their links
            for indent, name in IMPORT.findall(file.read_text()):
                yield str(path), MODULES.get(name, name), not indent


def test_packages_are_imported_where_the_page_says() -> None:
    rows = _rows("At run time")
    found: dict[str, set[str]] = {name: set() for name in rows}
    early: set[tuple[str, str]] = set()
    for path, name, at_top in _imports():
        if name in rows:
            found[name].add(path)
            if at_top and name != "textual":
                early.add((path, name))
    for name, (_licence, _why, where, _cost) in rows.items():
        places = re.findall(r"`([^`]+)`", where)
        assert [path for path in sorted(found[name]) if not path.startswith(tuple(places))] == [], name
        assert [place for place in places if not any(path.startswith(place) for path in found[name])] == [], (
            name
        )
    assert early == {("mailtui/dns/spfcheck.py", "pyspf")}  # which is itself imported where it is used
