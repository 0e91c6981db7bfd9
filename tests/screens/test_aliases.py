"""The Aliases screen: its list, its keys, what they stage and what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.entries import SetDisabledEntry, SwitchEntry
from mailtui.screens.aliases import AliasesScreen
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.linelist import LineList
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import console, shop, tmp_path

__all__ = ["instance_dir", "tmp_path"]


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return shop(instance_dir, tmp_path)


# What it shows


async def test_every_table_is_in_the_list(instance_dir: Any, tmp_path: Path) -> None:
    folder = shop(instance_dir, tmp_path, ldap=True)
    async with console(folder, size=(100, 48)) as up:
        await up.shows("webmaster@falcotsbrand.com", "virtual", "aliases")
        assert "20 aliases" in up.text
        assert "off" not in up.line_with("# old@falcotsbrand.com")
        assert "catch-all" in up.line_with(" @falcotsbrand.com")
        assert "extension" in up.line_with("press+fr@falcot.org")
        assert 'command "|/usr/bin/new ticket"' in up.line_with("   tickets ")
        assert "file /var/mail/archive" in up.line_with("archive")
        assert f"list :include:{folder}/team" in up.line_with("team")
        assert "pattern" in up.line_with("/^ticket")
        assert "ldap:" in up.line_with("ldap.cf")
        assert up.line_with("? bad@falcotsbrand.com")
        await up.until(lambda: up.line_with("= webmaster"))


async def test_the_detail_says_where_the_mail_ends(folder: Path) -> None:
    async with console(folder, size=(100, 30)) as up:
        await up.shows("arrives", "nobody@falcot.com", "mailbox")
        await up.go_to("ping@falcotsbrand.com")
        await up.shows("LOOP", "ping@falcotsbrand.com → pong@falcotsbrand.com")
        await up.go_to("bad@falcotsbrand.com")
        await up.shows("works only in alias_maps")


async def test_filter_as_you_type_with_the_grammar(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("slash")
        await up.type("^web !falcotsbrand | root$")
        await up.shows("2 of 19 shown")
        await up.press(*["backspace"] * 30)
        await up.shows("19 aliases")
        await up.type("sophie@")
        await up.shows("2 of 19 shown")
        await up.press("enter")
        assert up.here == "contact@falcotsbrand.com"
        assert up.app.focused is up.screen.lines
        await up.press("slash", "escape")
        await up.shows("19 aliases")
        assert up.here == "contact@falcotsbrand.com"


# Deleting, switching, taking back


async def test_delete_says_what_becomes_of_the_mail(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("d")
        await up.until(up.staged(1))
        await up.shows("- webmaster@falcotsbrand.com", "taken by @falcotsbrand.com → nobody")
        assert up.said == ["- virtual webmaster@falcotsbrand.com (was jean@falcot.com)"]
        await up.shows("then     taken by")
        await up.press("d")
        await up.pilot.pause()
        assert len(up.app.session.draft) == 1
        await up.press("u")
        await up.until(up.staged(0))
        await up.shows("Taken back: - virtual webmaster@falcotsbrand.com")
        assert not up.line_with(" - webmaster")


async def test_two_deletes_in_one_burst_are_one(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("d", "d", "j", "d")
        await up.until(up.staged(2))
        assert [word.split()[2] for word in up.said] == [
            "webmaster@falcotsbrand.com",
            "contact@falcotsbrand.com",
        ]


async def test_delete_of_an_unknown_address_is_refused(folder: Path) -> None:
    async with console(folder) as up:
        await up.go_to("@falcotsbrand.com")
        await up.press("d")
        await up.shows("refused 550", "User unknown")


async def test_off_and_on(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("number_sign")
        await up.until(up.staged(1))
        await up.shows("# webmaster@falcotsbrand.com")
        assert up.said == ["# virtual webmaster@falcotsbrand.com off"]
        await up.press("number_sign")
        await up.until(up.staged(0))
        await up.go_to("old@falcotsbrand.com")
        await up.press("number_sign")
        await up.until(up.staged(1))
        await up.shows("~ old@falcotsbrand.com")
        assert up.here == "old@falcotsbrand.com"
        assert up.said == ["~ virtual old@falcotsbrand.com on again"]


async def test_an_entry_that_is_switched_off_and_then_deleted_is_deleted(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("number_sign")
        await up.until(up.staged(1))
        await up.press("d")
        await up.until(lambda: up.said == ["- virtual webmaster@falcotsbrand.com (was jean@falcot.com)"])
        await up.shows("- webmaster@falcotsbrand.com")


async def test_an_entry_that_is_off_in_the_file_is_taken_out_of_it(folder: Path) -> None:
    async with console(folder) as up:
        await up.go_to("old@falcotsbrand.com")
        await up.press("d")
        await up.until(up.staged(1))
        await up.shows("- old@falcotsbrand.com", "Only a comment goes, not mail: old@falcotsbrand.com")
        assert "(commented out; was" in up.said[0]
        await up.press("u")
        await up.until(up.staged(0))
        await up.shows("# old@falcotsbrand.com")
        await up.press("number_sign", "d")
        await up.until(lambda: len(up.said) == 1 and "(commented out; was" in up.said[0])


async def test_marks_and_a_bulk_edit_taken_back_together(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("space", "space")
        await up.shows("2 marked")
        assert up.line_with(">  webmaster@falcotsbrand.com")
        await up.press("d")
        await up.until(up.staged(2))
        await up.shows("- webmaster@falcotsbrand.com", "- contact@falcotsbrand.com")
        assert "marked" not in up.text
        await up.press("u")
        await up.until(up.staged(0))
        await up.shows("Taken back: - 2 aliases: webmaster@falcotsbrand.com, contact@falcotsbrand.com")
        await up.press("slash")
        await up.type("ping")
        await up.press("enter", "asterisk")
        await up.shows("2 marked")
        await up.press("asterisk")
        await up.until(lambda: "marked" not in up.text)


async def test_what_is_off_is_edited_with_the_others_and_stays_off(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("slash", *"falcotsbrand", "enter", "asterisk", "enter")
        await up.press("a", *"laure@falcot.com", "enter")
        await up.shows("# old@falcotsbrand.com  sophie@falcot.com → sophie@falcot.com,", "stays off")
        await up.press("y")
        await up.until(lambda: len(up.app.session.draft.groups) == 1)
        await up.shows("~ old@falcotsbrand.com")
        (off,) = (each for each in up.app.session.draft.edits if isinstance(each, SetDisabledEntry))
        assert (off.name, off.value) == ("old@falcotsbrand.com", ("sophie@falcot.com", "laure@falcot.com"))
        await up.press("slash", *["backspace"] * 12, *"old@", "enter", "number_sign")
        await up.until(lambda: len(up.app.session.draft.groups) == 2)
        last = up.app.session.draft.edits[-1]
        assert last == SwitchEntry(off.target, off.name, off.value, on=True)
        await up.shows("~ old@falcotsbrand.com")
        assert up.screen.row is not None
        assert (up.screen.row.enabled, up.screen.row.destinations) == (True, off.value)


async def test_many_are_taken_out_once_that_is_confirmed(folder: Path) -> None:
    async with console(folder) as up:
        await up.shows("webmaster@falcotsbrand.com")
        await up.press("asterisk")
        count = len(up.screen.lines.marked)
        assert count > 5
        for no in ("n", "escape"):
            await up.press("d")
            await up.shows(f"Delete {count} aliases?", "as one change; u takes that back", "y delete")
            await up.press(no)
            await up.until(lambda: isinstance(up.app.screen, AliasesScreen))
            assert not up.app.session.draft
        await up.press("slash", *"ping", "enter", "d")
        await up.until(up.staged(2))  # a handful goes at once, and what the filter hides stays
        await up.press("u")
        await up.until(up.staged(0))
        await up.press("slash", "escape")
        await up.until(lambda: len(up.screen.lines.rows) == count)
        await up.press("asterisk", "slash", *"falcotsbrand", "enter")
        await up.until(lambda: 5 < len(up.screen.lines.rows) < count)
        shown = len(up.screen.lines.rows)
        await up.press("d")
        more = count - shown
        await up.shows(
            f"Delete {shown} aliases?", f"{more} more {'is' if more == 1 else 'are'} marked and not shown"
        )
        await up.press("y")
        await up.until(lambda: bool(up.app.session.draft))
        assert len(up.app.session.draft.groups) == 1
        await up.press("u")
        await up.until(up.staged(0))


async def test_marks_that_the_filter_hides_are_for_no_action_and_that_is_said(folder: Path) -> None:
    async with console(folder) as up:
        await up.go_to("webmaster@falcotsbrand.com")
        await up.press("space", "slash", *"ping", "enter")
        await up.until(lambda: len(up.screen.lines.rows) == 2)
        for key in ("d", "number_sign", "y"):
            await up.press(key)
            await up.shows("The marked rows are hidden by the filter; / and Esc show all")
            assert up.staged(0)()
            up.screen.say("")
            await up.until(lambda: "hidden by the filter" not in up.text)


async def test_rows_that_cannot_be_edited_say_why(instance_dir: Any, tmp_path: Path) -> None:
    folder = shop(instance_dir, tmp_path, ldap=True)
    async with console(folder) as up:
        rows = up.screen.lines.rows
        await up.go_to("/^ticket-[0-9]+@falcotsbrand\\.com$/")
        for key in ("enter", "d", "number_sign"):
            await up.press(key)
            await up.shows("cannot be edited here")
        up.screen.lines.move_to(len(rows) - 1)
        await up.press("d")
        await up.shows("cannot be edited here: asked of an LDAP directory")
        assert not up.said
        await up.until(lambda: up.line_with("= webmaster"))
        up.screen.lines.move_to(len(rows) - 2)
        await up.press("d")
        await up.shows("does not count")
        assert not up.said


# Looking


async def test_explain_names_hops_loops_and_who_else(folder: Path) -> None:
    async with console(folder, size=(100, 30)) as up:
        await up.press("x")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        await up.shows("class virtual-alias", "virtual:2", "jean@falcot.com", "nobody@falcot.com", "mailbox")
        await up.shows("other aliases end at nobody@falcot.com")
        await up.press("q")
        await up.go_to("ping@falcotsbrand.com")
        await up.press("x")
        await up.shows("LOOP")


async def test_next_and_previous_problem(folder: Path) -> None:
    async with console(folder) as up:
        await up.until(lambda: up.screen.aliases is not None and "=" in markers(up))
        await up.press("e")
        await up.until(lambda: up.here == "bad@falcotsbrand.com")
        await up.press("e")
        await up.until(lambda: up.screen.row is not None and up.screen.row.duplicate)
        await up.press("E")
        await up.until(lambda: up.here == "bad@falcotsbrand.com")
        await up.press("E")
        await up.shows("No problem above")


def markers(up: Any) -> str:
    rows = up.screen.rows
    return "".join(rows.cells(index).marker for index in range(len(rows)))


async def test_copy_and_plain_text(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("space", "space", "y")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        lines = "webmaster@falcotsbrand.com  jean@falcot.com\ncontact@falcotsbrand.com  laure@falcot.com, sophie@falcot.com"
        assert up.app.clipboard == lines
        assert lines.splitlines()[1] in up.text


async def test_save_the_shown_list(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUDO_UID", raising=False)
    async with console(folder) as up:
        await up.press("slash")
        await up.type("sophie@")
        await up.shows("2 of 19 shown")
        await up.press("enter", "s")
        await up.shows("Save the aliases that are shown", "aliases.txt")
        await up.press("enter")
        await up.shows("Saved as")
        file = tmp_path / "aliases.txt"
        assert file.stat().st_mode & 0o777 == 0o600
        assert [line.split()[0] for line in file.read_text().splitlines()] == [
            "contact@falcotsbrand.com",
            "#",
        ]
        file.write_text("precious")
        await up.press("s", "enter")
        await up.shows("is there already")
        await up.press("n")
        await up.pilot.pause()
        assert file.read_text() == "precious"


# The disk


async def test_a_change_on_the_disk_keeps_cursor_and_draft(folder: Path) -> None:
    async with console(folder) as up:
        await up.press("d")
        await up.until(up.staged(1))
        await up.go_to("pong@falcotsbrand.com")
        table = folder / "virtual"
        table.write_text("new@falcotsbrand.com  root\nnewer@falcotsbrand.com  root\n" + table.read_text())
        await up.shows("21 aliases")
        assert up.here == "pong@falcotsbrand.com"
        assert up.line_with("- webmaster@falcotsbrand.com")
        assert len(up.app.session.draft) == 1


async def test_an_edit_that_someone_else_overtook_is_marked(folder: Path) -> None:
    async with console(folder, size=(100, 30)) as up:
        await up.press("d")
        await up.until(up.staged(1))
        table = folder / "virtual"
        table.write_text(table.read_text().replace("jean@falcot.com", "laure@falcot.com", 1))
        await up.until(lambda: up.line_with("* webmaster@falcotsbrand.com"))
        await up.shows(
            "changed on the disk meanwhile: laure@falcot.com, it was jean@falcot.com", "is to be deleted"
        )
        assert "laure@falcot.com" in up.line_with("* webmaster@falcotsbrand.com"), "what the file has now"
        await up.go_to("contact@falcotsbrand.com")
        await up.press("E")
        await up.until(lambda: up.here == "webmaster@falcotsbrand.com")


async def test_what_is_staged_can_be_written_by_the_real_engine(folder: Path) -> None:
    """The edits that the keys staged, replayed: the bytes are those a careful admin would have typed."""
    from mailtui.edits.candidate import Candidate

    async with console(folder) as up:
        await up.press("d")
        await up.until(up.staged(1))
        await up.go_to("ping@falcotsbrand.com")
        await up.press("number_sign")
        await up.until(up.staged(2))
        session = up.app.session
        candidate = Candidate(session.instance.files, session.draft.edits)
        (change,) = candidate.changes
        before = (folder / "virtual").read_bytes()
        assert change.after == before.replace(b"webmaster@falcotsbrand.com   jean@falcot.com\n", b"").replace(
            b"ping@falcotsbrand.com  ", b"#ping@falcotsbrand.com  ", 1
        )


async def test_an_unreadable_main_cf_is_said(folder: Path) -> None:
    async with console(folder) as up:
        main = folder / "main.cf"
        main.write_text(
            main.read_text().replace("recipient_delimiter = +", "recipient_delimiter = $recipient_delimiter")
        )
        await up.press("r")
        await up.shows("recipient_delimiter")
        assert isinstance(up.app.screen.query_one(LineList), LineList)


# Hostile and huge


async def test_hostile_text_is_shown_and_kept(instance_dir: Any, tmp_path: Path) -> None:
    virtual = "a@falcotsbrand.com  \x1bPWNED\x07@y.example, [bold]b[/bold]@y.example, [/foo]@z.example\n"
    folder = shop(instance_dir, tmp_path, virtual=virtual)
    async with console(folder, size=(100, 30)) as up:
        await up.shows("a@falcotsbrand.com", "␛PWNED␇@y.example", "[/bold]@y.example")
        assert "\x1b" not in up.text
        await up.press("x")
        await up.until(lambda: isinstance(up.app.screen, TextView))
        assert "\x1b" not in up.text
        await up.press("q", "enter")
        await up.shows("edit a@falcotsbrand.com")
        assert "\x1b" not in up.text
        await up.type("jean@falcot.com")
        await up.press("enter", "enter")
        await up.until(up.staged(1))
        (edit,) = up.app.session.draft.edits
        assert "\x1bPWNED\x07" in str(edit.describe()), "an item that cannot be shown was changed"


async def test_a_large_table_is_decoded_as_it_is_shown(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailtui.postfix import aliases as module

    folder = shop(instance_dir, tmp_path)
    with (folder / "virtual").open("a") as table:
        table.writelines(f"user{n:06}@falcotsbrand.com  box{n % 977}@falcot.com\n" for n in range(200_000))
    asked: list[int] = []
    real = vars(module)["entry_row"]

    def counted(*args: Any, **more: Any) -> Any:
        asked.append(args[2])
        return real(*args, **more)

    monkeypatch.setattr(module, "entry_row", counted)
    async with console(folder) as up:
        await up.shows("200019 aliases")
        asked.clear()
        await up.press("pagedown", "G", "g", "j")
        await up.pilot.pause()
        assert 0 < len(set(asked)) < 100
        await up.press("slash")
        await up.type("user199999")
        await up.shows("1 of 200019 shown")
        await up.press("enter", "d")
        await up.until(up.staged(1))
        assert up.here == "user199999@falcotsbrand.com"
        assert len(set(asked)) < 300


async def test_at_sixty_columns_and_in_ascii(folder: Path) -> None:
    from mailtui.screens.parts.terminal import Plan

    async with console(folder, size=(60, 20), plan=Plan(ansi=True, no_colour=True, ascii_only=True)) as up:
        await up.shows("webmaster@falcotsbrand.com", "jean@falcot.com")
        assert "->" not in up.line_with("webmaster@")
        assert up.text.isascii()
        await up.press("enter")
        await up.shows("edit webmaster@falcotsbrand.com", "goes to")
        assert up.text.isascii()
