"""A domain's records in DNS (`t` in Domains): the state of each, what is wrong, what to publish instead.

open_domain_names(screen, "falcot.com", names)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.domaindns import age, judged
from mailtui.screens.parts.domainpart import PartLine, about, as_text, copied
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.text.fewrows import FewRows

if TYPE_CHECKING:
    from mailtui.screens.parts.domaindns import Names
    from mailtui.screens.parts.frame import ConsoleScreen


class DomainNamesScreen(BackgroundList[PartLine]):
    """See the module's text."""

    MODE = "domains"
    NOUNS = ("record", "records")
    HELP_TITLE = "a domain in DNS"
    EMPTY = "Nothing is known yet; {domainnames.again:r} asks DNS"
    COLUMNS = (
        Column("RECORD", share=0, least=14),
        Column("STATE", share=0, least=10),
        Column("SAYS", share=5, least=20),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "copy record", id="domainnames.copy",
                tooltip="Copy the record to publish, else the one there is; show it unwrapped."),
        Binding("r", "again", "ask again", id="domainnames.again",
                tooltip="Ask DNS for the domain once more."),
        Binding("enter", "open", "in full", id="domainnames.open",
                tooltip="The record with all that is to be said of it, and every form to publish it in."),
        *(key for key in list_keys("domainnames", "records", "! ?") if key.key != "y"),
        Binding("escape", "end", "end, back", show=False, id="domainnames.back",
                tooltip="End the asking; once there is an answer: go back."),
    ]  # fmt: skip

    def __init__(self, domain: str, names: Names) -> None:
        super().__init__()
        self.domain, self._names = domain, names

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[PartLine]:  # noqa: ARG002
        found = self._names.found(self.domain)
        rows = [] if found is None else [
            PartLine(label, part, judged(label, part, found)) for label, part in found.parts()
        ]  # fmt: skip
        return FewRows(rows, lambda row: row.key, lambda row: f"{row.label} {row.part.record}")

    def tell(self) -> None:
        """DNS has answered, or is asked. Before the view is up there is nothing to tell: it reads then."""
        if self.is_mounted:
            self.wanted_row = self.lines.key
            self.read_again()

    def aside(self) -> str:
        if self._names.is_asking(self.domain):
            return "asking DNS…  Esc ends it"
        found = self._names.found(self.domain)
        told = f"  asked {age(found.age())} ago" if found is not None else ""
        return f"{self.domain}{told}"

    def cells_of(self, row: PartLine) -> Row:
        sign, word, style = row.told
        part = row.part
        says = part.problems[0] if part.problems and part.state != "ok" else part.record
        return Row((row.label, [(word, style)], says or ""), sign)

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        name = row.part.name if row.part.name != self.domain else ""
        self.pane.show([(row.label, "bold"), (f"  {self.domain}", "dim")], [(name, "dim")], list(about(row)))

    def open_row(self, key: Hashable) -> None:
        row = self.row_of(key)
        if row is not None:
            texts = ["".join(text for text, _ in spans) for spans in about(row, full=True)]
            self.app.push_screen(TextView(f"{row.label} of {self.domain}", texts))

    def action_again(self) -> None:
        self._names.ask([self.domain])
        self.tell()

    def action_end(self) -> None:
        if self._names.is_asking(self.domain):
            self._names.stop()
            self.tell()
            self.say(f"Ended. {key_for('domainnames.again', 'r')} asks again")
        else:
            self.app.pop_screen()

    def action_copy(self) -> None:
        texts = [copied(row.part) for row in self.chosen() if copied(row.part)]
        if texts:
            self.console.copy_and_show("\n".join(texts))
        else:
            self.say("There is no record here, and none to propose", "warning")

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (as_text(row) for row in self.shown_rows())

        save_text(self, "records", "domain.txt", lines, lambda path: self.say(f"Saved as {path}"))


def open_domain_names(screen: ConsoleScreen, domain: str, names: Names) -> None:
    """Open the view over a screen."""
    screen.app.push_screen(DomainNamesScreen(domain, names))
