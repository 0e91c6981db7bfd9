"""The pages for the admin, as far as no server is needed: each link resolves, each command that they name
parses, each page is in the index. `tests/lab/test_guide.py` runs them."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

from mailtui.__main__ import wanted_screen
from mailtui.cli.main import NOUNS, module_of
from mailtui.cli.output import Failed
from mailtui.postfix.smtpd.cases import load as saved_sessions
from mailtui.screens.parts.command import Unknown, parse
from mailtui.settingsread import read
from mailtui.settingswords import SETTINGS
from tests.guide import GUIDE, PAGES, ROOT, as_printed, blocks, commands, named

LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
WORD = re.compile(r"`(:[a-z][^`]*)`")
LANGUAGES = {"sh", "console", "text", "toml"}
MISSING = re.compile("are required|is required|expected one argument|expected at least one")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve_and_commands_parse(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert {block.language for block in blocks(page)} <= LANGUAGES
    run = [each.text for each in commands(page) if each.text.startswith("mailtui") and each.status != 2]
    told = dict.fromkeys([*named(page), *run])
    assert {text: why for text in told if (why := _unknown(text))} == {}


def test_words_after_the_colon_are_known() -> None:
    words = {word for page in PAGES for word in WORD.findall(page.read_text(encoding="utf-8"))}
    assert len(words) > 8
    assert [word for word in words if isinstance(parse(word[1:]), Unknown)] == [":include:"]


def test_settings_and_sessions_are_read_without_a_complaint(tmp_path: Path) -> None:
    file = tmp_path / "file.toml"
    told = [(page.stem, block) for page in PAGES for block in blocks(page) if block.language == "toml"]
    assert len(told) > 2
    for page, block in told:
        file.write_text("\n".join(block.lines), encoding="utf-8")
        if page == "restrictions":
            assert len(saved_sessions(str(file))) == 1
        else:
            assert read(str(file)).problems == ()


def test_the_page_on_settings_has_them_all() -> None:
    texts = ((GUIDE / name).read_text(encoding="utf-8") for name in ("settings-and-keys.md", "instances.md"))
    text = "\n".join(texts)
    assert [each.name for each in SETTINGS if not re.search(rf"^\[*{each.name}\b", text, re.MULTILINE)] == []


def test_the_index_has_every_page_once() -> None:
    links = LINK.findall((GUIDE / "README.md").read_text(encoding="utf-8"))
    pages = sorted(page.name for page in GUIDE.glob("*.md") if page.name != "README.md")
    assert sorted(link for link in links if "/" not in link) == pages


def test_pages_are_short() -> None:
    lines = {page.name: len(page.read_text(encoding="utf-8").splitlines()) for page in GUIDE.glob("*.md")}
    assert {name: count for name, count in lines.items() if not 30 <= count <= 90} == {}
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_a_command_that_is_none_is_found() -> None:
    assert _unknown("mailtui alias list [FILTER…]") == ""
    assert _unknown("mailtui dkim activate") == ""
    assert _unknown("mailtui --read-only 9") == ""
    assert "no command" in _unknown("mailtui mailx list")
    assert "invalid choice" in _unknown("mailtui alias lst")
    assert "unrecognized" in _unknown("mailtui alias set ADDRESS --ad D")
    assert as_printed(("a  b …", "…", "z"), "a b c\nd\ne\nz\n")
    assert not as_printed(("a b", "…", "z"), "a b c\nz\n")


def _unknown(text: str) -> str:
    """Why `mailtui …`, as a page names it, is no command; empty where it is one. What is missing behind a
    verb, and what stands in brackets, is what an admin puts there."""
    plain = re.sub(r"\[[^]]*\]| [|>] .*", "", text).replace("…", "")
    words = shlex.split(re.sub(r"\bID\b", "1", plain).replace("COMMAND --help", "--help"))[1:]
    if wanted_screen(words) is not None or words in (["--version"], ["--help"]):
        return ""
    while words and words[0].startswith("--"):
        del words[: 2 if words[0] in {"--config-dir", "--instance", "--log"} else 1]
    noun, *rest = words
    if noun not in NOUNS:
        return f"no command {noun}"
    if noun == "demo":
        return ""
    parser = importlib.import_module(module_of(noun)).parser()
    for more in range(5):
        try:
            parser.parse_args([*rest, *["aliases"] * more])
        except Failed as error:
            if not MISSING.search(error.what):
                return error.what
        else:
            return ""
    return "it wants more than five arguments"
