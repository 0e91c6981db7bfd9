"""Someone leaves, by keys: asked, chosen, staged as one, taken back as one."""

from __future__ import annotations

import re
from pathlib import Path

from textual.widgets import Input

from mailtui.screens.leaveaddress import LeaveScreen
from mailtui.screens.mailboxes import MailboxesScreen
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import tmp_path
from tests.screens.mailboxing import folder, mailboxes

__all__ = ["folder", "instance_dir", "tmp_path"]


async def test_from_the_row_to_one_staged_change(folder: Path) -> None:
    async with mailboxes(folder, size=(100, 30)) as up:
        await up.press("colon")
        await up.type("leave")
        await up.press("enter")
        await up.until(lambda: isinstance(up.app.screen, LeaveScreen) and isinstance(up.app.focused, Input))
        await up.shows("someone leaves", "leaves   jean@falcot.org", "mail to")
        await up.type("nobody@falcot.org")
        await up.press("enter", "enter")
        await up.shows("User unknown in virtual mailbox table")  # and what was typed stays
        await up.press("up", "ctrl+u")
        await up.press("enter", "enter")
        await up.shows("! goes to them  webmaster@falcot.org", "CHOOSE", "vmailbox:2", "1 to choose")
        screen = up.app.screen
        assert isinstance(screen, LeaveScreen)
        await up.press("a")
        await up.shows("would lead nowhere; choose with Space")
        assert not up.app.session.draft
        await up.press("space")
        await up.shows("- goes to them  webmaster@falcot.org", "removed", "no mail reaches them then")
        await up.press("right")
        await up.until(lambda: screen.found.places[0].choice == "keep")
        await up.press("t")
        await up.until(lambda: isinstance(up.app.focused, Input))
        await up.type("laure@falcot.org")
        await up.press("enter", "enter")
        await up.until(lambda: screen.found.wish.forward == "laure@falcot.org")
        await up.press("left", "left")
        await up.until(lambda: screen.found.places[0].choice == "forward")
        await up.shows("~ goes to them  webmaster@falcot.org", "their mail", "new alias")
        await up.shows(">forward ")
        labels = [re.search(rf"{label} +(?=\S)", up.text) for label in ("\n *>forward", "\n * keep")]
        assert len({label and len(label[0]) for label in labels}) == 1, "not in one column"
        await up.press("a")
        await up.until(lambda: isinstance(up.app.screen, MailboxesScreen))
        assert [group.label for group in up.app.session.draft.groups] == [
            "jean@falcot.org leaves, laure@falcot.org gets the mail"
        ]
        assert "jean@" not in up.written("vmailbox")
        assert sorted(line.split() for line in up.written("virtual").splitlines()) == [
            ["jean@falcot.org", "laure@falcot.org"],
            ["webmaster@falcot.org", "laure@falcot.org"],
        ]
        await up.press("u")
        await up.until(up.laid(0))
