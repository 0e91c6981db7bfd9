"""Filter files: the third list under `6`. The files of the programs beside Postfix, every keyword with its
meaning, and what a change of it needs; lists of hosts, tables and whitelists as lists.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.milters.filterfiles import FileRow, FilterList, filter_list
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import filterfiledetail as detail
from mailtui.screens.parts import filterfileedits as edits_of
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.keys import takes_back
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.servicedetail import said
from mailtui.screens.parts.siblings import Sibling

if TYPE_CHECKING:
    from mailtui.screens.parts.ahead import Trouble


class FilterFilesScreen(Sibling, BackgroundList[FileRow]):
    """See the module's text."""

    MODE = "filterfiles"
    EMPTY = "No file of opendkim, opendmarc, clamav-milter, policyd-spf or postgrey is here"
    COLUMNS = (
        Column("KEYWORD", share=2, least=26),
        Column("VALUE", share=4, least=18),
        Column("DEFAULT", share=2, least=14, drop=100),
        Column("LINE", share=0, least=4, drop=60),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="filterfiles.new",
                tooltip="A keyword that is not set yet, or a row more, in the file under the cursor."),
        Binding("enter", "edit", "edit", id="filterfiles.edit",
                tooltip="Change the value, with the help of its kind; on a file's head: fold it."),
        Binding("number_sign", "switch", "off/on", id="filterfiles.switch",
                tooltip="Comment the line out in place, or in again."),
        Binding("c", "everything", "all/set", id="filterfiles.everything",
                tooltip="Show all that the programs know, or only what the files say."),
        Binding("d", "delete", "default", id="filterfiles.delete",
                tooltip="Take the line out: the program's default holds again."),
        Binding("x", "explain", "explain", show=False, id="filterfiles.explain",
                tooltip="All about the keyword, and what a change of it needs."),
        *list_keys("filterfiles", "keywords", "! ="),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.everything = False
        self.folded: frozenset[str] = frozenset()

    def read(self, after: Instance, edits: Sequence[Edit]) -> FilterList:  # noqa: ARG002
        return filter_list(self.session.instance, after, everything=self.everything, folded=self.folded)

    def cells_of(self, row: FileRow) -> Row:
        place = "" if row.line is None else f":{row.line}"
        if row.sort == "file":
            return Row(([(row.file.name, "title")], [(detail.state(row), "dim")], "", ""), row.marker, "")
        trouble = self._trouble_of(row)
        marker = row.marker if trouble is None else trouble.marker
        dim = not row.enabled or not row.counts or row.marker == "-"
        value = row.value if row.line is not None or row.marker == "-" else row.default
        default = row.default if row.sort == "keyword" else ""
        return Row((f"  {row.name}", detail.shown(row, value), default, place), marker, "dim" if dim else "")

    def _trouble_of(self, row: FileRow) -> Trouble | None:
        """Why what is staged for it cannot be written."""
        found = (self.trouble.get((row.file.target, key)) for key in edits_of.keys(row))
        return next((trouble for trouble in found if trouble is not None), None)

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        trouble = self._trouble_of(row)
        first = [said("staged", trouble.text, "error")] if trouble is not None else []
        self.pane.show(*detail.title(row), [*first, *detail.about(row)])

    # Actions

    def action_everything(self) -> None:
        self.everything = not self.everything
        self.read_again()

    def action_explain(self) -> None:
        if row := self.row:
            self.console.show_plain(row.name or row.file.name, "\n".join(detail.whole(row)), hang=True)

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self.action_edit)

    async def action_edit(self) -> None:
        await self.laid()
        row = self.row
        if row is None:
            return
        if row.sort == "file":
            self.folded ^= {row.file.target.path}
            self.read_again()
            return
        if row.marker == "-":
            self.say(f"{row.name} goes; {takes_back()}", "warning")
            return
        await self.open_form(
            edits_of.form(row),
            lambda after, values: edits_of.with_value(row, values),  # noqa: ARG005  # of the row alone
            lambda after, values: edits_of.notes(row, values),  # noqa: ARG005
        )

    async def action_new(self) -> None:
        await self.laid()
        row = self.row
        if row is None:
            return
        await self.open_form(
            edits_of.new_form(row.file),
            lambda after, values: edits_of.new(after, row.file, values),
            lambda after, values: edits_of.new_notes(after, row.file, values),
        )

    def action_switch(self) -> None:
        def go() -> None:
            if rows := self.chosen():
                self.act(lambda after: edits_of.switch(after, rows))

        self.when_laid(go)

    def action_delete(self) -> None:
        def go() -> None:
            rows = self.chosen()
            self.act(lambda after: edits_of.delete(after, rows))

        ask_many(self, lambda: self.when_laid(go), "Take out")

    def action_copy(self) -> None:
        def go() -> None:
            if rows := self.chosen():
                self.console.copy_and_show("\n".join(detail.as_text(row) for row in rows))

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (detail.as_text(row) for row in self.shown_rows())

        save_text(self, "filterfiles", "filterfiles.txt", lines, lambda path: self.say(f"Saved as {path}"))
