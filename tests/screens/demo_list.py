"""The list screen of `console_demo`."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.dialogs import Confirm, ErrorDialog, StageOrDiscard, TypedWord
from mailtui.screens.parts.linelist import Rows
from mailtui.screens.parts.listscreen import ListScreen
from mailtui.screens.parts.text import Matcher
from tests.screens.console_demo import DemoEdit, DemoRows


class DemoList(ListScreen):
    """A list of made-up rows with a few actions."""

    MODE = "aliases"
    COLUMNS = (
        Column("ADDRESS", share=3, least=16),
        Column("GOES TO", share=4, least=16),
        Column("TABLE", share=1, least=8, most=12, drop=70),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "edit", id="demo.edit", tooltip="Edit the row."),
        Binding("n", "new", "new", id="demo.new", tooltip="Make a new alias."),
        Binding("d", "delete", "delete", id="demo.delete", tooltip="Delete the row: staged, marked -."),
        Binding("number_sign", "off", "off", id="demo.off", tooltip="Comment the entry out, or in again."),
        Binding("x", "explain", "explain", id="demo.explain", tooltip="Where a mail to this address goes."),
        Binding("f", "fail", "fail", id="demo.fail", tooltip="Fail, to see what happens then."),
    ]

    def load(self) -> Rows:
        return DemoRows(int(os.environ.get("DEMO_ROWS", "1000000")))

    def hits(self, text: str) -> Iterator[int | None]:
        assert isinstance(self.rows, DemoRows)
        return self.rows.hits(text)

    def matcher(self, text: str) -> Matcher | None:
        def match(cell: str) -> list[tuple[int, int]]:
            at = cell.find(text)
            return [(at, at + len(text))] if at >= 0 else []

        return match

    def describe(self, key: Hashable | None) -> None:
        if not isinstance(key, int):
            self.pane.show([], [], [])
            return
        address, goes = self.rows.text(key)  # type: ignore[attr-defined]  # DemoRows
        self.pane.show(
            [(address, "bold")],
            [(f"/etc/postfix/virtual:{key + 1}", "dim")],
            [
                [("now      ", "dim"), (goes, "")],
                [("arrives  ", "dim"), ("jean", "bold"), ("   mailbox /var/mail/jean", "")],
                [("note     ", "warning"), ("also takes the mail of the catch-all @falcotsbrand.com", "")],
            ],
        )

    def open_row(self, key: Hashable) -> None:
        self.say(f"opened {key}")

    def action_new(self) -> None:
        self.session.stage(DemoEdit())  # type: ignore[arg-type]  # a made-up edit
        self.say("staged")

    def action_delete(self) -> None:
        keys = self.lines.chosen()
        self.console.push_screen(
            Confirm(
                f"Delete {len(keys)} entries?",
                ["Mail to them is refused then: 550 User unknown"],
                yes="delete",
            ),
            lambda yes: self.say(f"answer {yes}"),
        )

    def action_off(self) -> None:
        self.console.push_screen(
            TypedWord("Flush 3 messages now, no undo", "3"), lambda done: self.say(f"typed {done}")
        )

    def action_explain(self) -> None:
        self.console.push_screen(
            ErrorDialog(
                "postmap refused /etc/postfix/virtual", ["postmap: fatal: \x1b[2J [/foo] bad line", "x" * 200]
            )
        )

    def action_edit(self) -> None:
        self.console.push_screen(StageOrDiscard(), lambda answer: self.say(f"answer {answer}"))

    def action_fail(self) -> None:
        secret = "hunter2"  # a crash report must not hold it
        raise RuntimeError(f"made to fail {len(secret)}")
