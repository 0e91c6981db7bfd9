"""What is a package, what a checkout's links lead to, what a wheel holds, what a plain command imports."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINKED = ("screens", "styles")
LITTER = shutil.ignore_patterns(
    ".git", ".venv*", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", "tests"
)


def settings() -> dict[str, object]:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert isinstance(found, dict)
    return found


def package_folders() -> set[str]:
    """Every folder with an __init__.py, by the name under which it is imported."""
    found = set()
    for top in ("mailtui", *LINKED):
        for path in (ROOT / top).rglob("__init__.py"):
            folder = path.parent.relative_to(ROOT)
            if folder.parts[:2] in {("mailtui", name) for name in LINKED}:
                continue  # the same folder by its link
            name = ".".join(folder.parts)
            found.add(name if top == "mailtui" else f"mailtui.{name}")
    return found


def test_every_package_is_listed() -> None:
    assert sorted(settings()["packages"]) == sorted(package_folders())  # type: ignore[call-overload]  # TOML


def test_the_listed_folders_are_where_the_map_says() -> None:
    folders = settings()["package-dir"]
    assert isinstance(folders, dict)
    for name in package_folders():
        _, *rest = name.split(".")
        if rest and rest[0] in LINKED:
            assert folders[name] == "/".join(rest)
    assert folders["mailtui"] == "mailtui"


@pytest.mark.parametrize("name", LINKED)
def test_a_checkouts_links_lead_to_its_folders(name: str) -> None:
    link = ROOT / "mailtui" / name
    assert link.is_symlink()
    assert str(link.readlink()) == f"../{name}"
    assert link.resolve() == (ROOT / name).resolve()


def test_no_module_is_loaded_under_two_names() -> None:
    assert not set(sys.modules) & set(LINKED)


def sheets() -> set[str]:
    return {
        f"mailtui/styles/{path.relative_to(ROOT / 'styles')}" for path in (ROOT / "styles").rglob("*.tcss")
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of a copy of this checkout: building leaves litter behind."""
    work = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, work / "source", symlinks=True, ignore=LITTER)
    how = ["--no-isolation"] if setuptools_is_new() else []
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", *how, "--outdir", str(work), str(work / "source")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = work.glob("*.whl")
    return built


def setuptools_is_new() -> bool:
    """Whether the setuptools at hand can build this project, so that none need be fetched."""
    if importlib.util.find_spec("setuptools") is None:
        return False
    from importlib.metadata import version

    return int(version("setuptools").split(".")[0]) >= 77


def test_a_wheel_holds_one_package_and_every_sheet(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == {"mailtui"}
    beside = {name.partition(".data/")[2] for name in names if ".data/" in name}
    assert beside == {"data/share/man/man8/mailtui.8"}
    assert sheets() <= names
    for name in package_folders():
        assert f"{name.replace('.', '/')}/__init__.py" in names
    assert "mailtui/py.typed" in names
    modules = {
        str(path.relative_to(ROOT / top).as_posix())
        for top in ("mailtui", *LINKED)
        for path in (ROOT / top).rglob("*.py")
        if not (top == "mailtui" and path.relative_to(ROOT / top).parts[0] in LINKED)
    }
    assert len([name for name in names if name.endswith(".py")]) >= len(modules)


def test_a_wheel_names_its_command_and_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        (points,) = (name for name in file.namelist() if name.endswith("entry_points.txt"))
        assert "mailtui = mailtui.__main__:main" in file.read(points).decode()
        assert any(name.endswith("/licenses/LICENSE") for name in file.namelist())


COMMANDS = (
    ["--version"],
    ["--help"],
    ["parameter", "--help"],
    ["alias", "--help"],
    ["demo", "--help"],
    ["inspect", "main.cf", "/dev/null"],
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_plain_command_never_imports_textual(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from mailtui.__main__ import main\n"
        "try:\n"
        "    status = main(sys.argv[1:])\n"
        "except SystemExit as end:\n"
        "    status = end.code\n"
        "heavy = {'textual', 'rich', 'asyncio', 'sqlite3', 'dns', 'tomlkit'} & {n.split('.')[0] for n in sys.modules}\n"
        "assert not status, status\n"
        "sys.exit(' '.join(sorted(heavy)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
