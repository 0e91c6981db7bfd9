"""An import in the console: from the `:` line to one staged act; and an export, and what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.screens.aliases import AliasesScreen
from mailtui.screens.importing import ImportScreen
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import ALIASES, MAIN, VIRTUAL, short_folder
from tests.screens.listing import lists

__all__ = ["instance_dir"]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    yield from short_folder()


async def test_from_the_line_to_one_staged_act_and_out_again(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    main = MAIN.format(folder=tmp_path / "etc1", more="").replace(f", regexp:{tmp_path}/etc1/patterns", "")
    folder: Path = instance_dir(main, files={"virtual": VIRTUAL, "aliases": ALIASES})
    rows = "".join(f"n{n}@falcot.org,laure@falcot.com\n" for n in range(120))
    (tmp_path / "new.csv").write_text(f"address,goto\n{rows}contact@falcotsbrand.com,jean\nno one@x,jean\n")
    async with lists(folder, "mailboxes") as up:
        await up.press(":", *"import aliases", "enter")
        await up.shows("What and which file: aliases, mailboxes, domains, accounts")
        await up.press("ctrl+u", *"aliases none.csv", "enter")
        await up.shows("This cannot be imported", "none.csv: No such file or directory")
        await up.press("q")
        await up.until(lambda: isinstance(up.app.screen, ImportScreen))
        assert up.line_with("   none.csv: No such file"), "the list says why it is empty"
        assert "stage" not in up.text, "nothing of it can be staged"
        await up.press("enter")
        await up.shows("The file was not read: nothing to stage")
        await up.press("q", ":", *"import aliases new.csv", "enter")
        await up.until(lambda: isinstance(up.app.screen, ImportScreen) and up.app.screen.report is not None)
        await up.shows(
            "122 rows",
            "1 refused, 1 changed, 120 new",
            "! no one@x",
            "a blank needs quotes",
            "~ contact@falcotsbrand",
            "stage the others",
        )
        await up.press("m")
        await up.shows("6 removed")
        await up.press("m", "/", *"contact", "enter")
        await up.shows("was      laure@falcot.com, sophie@falcot.com")
        await up.press("enter")
        await up.shows("Stage the others?", "1 row is refused and left out")
        await up.press("y")
        await up.until(lambda: len(up.app.session.draft) == 2)
        assert len(up.app.session.draft.groups) == 1
        await up.shows("Staged: import aliases from new.csv: ~1 +120; w writes it")
        await up.press("3")
        await up.until(lambda: isinstance(up.app.screen, AliasesScreen))
        await up.press("/", *"n119", "enter")
        await up.shows("+ n119@falcot.org", "1 of 138")
        await up.press("escape", "u")
        await up.until(lambda: len(up.app.session.draft) == 0)
        await up.press(":", *"export aliases out.json", "enter")
        await up.shows("17 aliases in")
        assert (tmp_path / "out.json").read_text().startswith('[\n{"address": "webmaster@falcotsbrand.com"')
        await up.press(":", *"import domains out.json", "enter")
        await up.shows("out.json:1: no column is known")
        await up.press("escape", "q")
        await up.until(lambda: isinstance(up.app.screen, AliasesScreen))


async def test_marked_rows_are_edited_together(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    etc = tmp_path / "etc1"
    boxes = f"""\
virtual_mailbox_domains = box.test
virtual_mailbox_base = {tmp_path}/vhosts
virtual_mailbox_maps = hash:{etc}/vmailbox
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
"""
    main = MAIN.format(folder=etc, more="").replace(f", regexp:{etc}/patterns", "") + boxes
    vmailbox = "a@box.test box.test/a/\nb@box.test box.test/b\nc@box.test box.test/c\n"
    files = {"virtual": VIRTUAL, "aliases": ALIASES, "vmailbox": vmailbox}
    folder: Path = instance_dir(main, files=files)
    async with lists(folder, "mailboxes") as up:
        await up.at(("virtual", "a@box.test"))
        await up.press("space", "space", "enter")
        await up.shows("2 mailboxes", "owner")
        await up.press(*"6000", "tab", "right")
        await up.shows("1 get another path", "vmailbox_uids")
        await up.press("enter")
        await up.until(up.laid(4))
        assert "b@box.test box.test/b/\n" in up.written("vmailbox")
        assert up.written("vmailbox_uids") == "a@box.test 6000\nb@box.test 6000\n"
        await up.press("u", "3")
        await up.until(lambda: isinstance(up.app.screen, AliasesScreen) and not up.app.session.draft)
        await up.press("/", *"jean", "enter")
        await up.shows("webmaster@falcotsbrand.com")
        await up.press("asterisk", "enter")
        await up.shows("aliases are marked", "a add a destination")
        await up.press("a", *"laure@falcot.com", "enter")
        await up.shows(
            "to laure@falcot.com",
            "webmaster@falcotsbrand.com  jean@falcot.com → jean@falcot.com,",
            "y stage it",
        )
        await up.press("y")
        await up.until(lambda: len(up.app.session.draft.groups) == 1)
        assert "webmaster@falcotsbrand.com   jean@falcot.com, laure@falcot.com\n" in up.written("virtual")
        await up.press("u")
        await up.until(lambda: not up.app.session.draft)
