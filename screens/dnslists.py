"""The DNS lists of the chains (`D` in Restrictions): whether each lives, how long it takes, what its answers
mean; all asked at once, each in a thread of its own and for a few seconds at most.

open_dns_lists(screen)                            # all, the cursor on the first
open_dns_lists(screen, "zen.spamhaus.org", "addresses")
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.dns.ask import Names
from mailtui.edits.model import Edit
from mailtui.postfix.dnsbl import Holds, ZoneState, look, zones
from mailtui.postfix.dnsblask import Found, look_up, question, resolvers, through
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.askedlist import AskedList
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.dialogs import TextView
from mailtui.screens.parts.heard import zone_told
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.trydialog import TryDialog
from mailtui.screens.parts.zonedetail import ZoneLine, about, answers, zone_lines
from mailtui.text.fewrows import FewRows
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.screens.parts.frame import ConsoleScreen
    from mailtui.screens.parts.zonefixes import ZoneFix

SECONDS = 4.0
"""How long the answer of a list is waited for."""


def new_names() -> Names:
    """DNS, asked anew."""
    return Names(timeout=SECONDS)


def _key(line: ZoneLine) -> tuple[str, Holds]:
    return line.asked.argument, line.asked.holds


def _words(line: ZoneLine) -> str:
    return " ".join((line.asked.argument, line.asked.holds, *line.asked.rules))


class DnsListsScreen(AskedList[ZoneLine]):
    """See the module's text."""

    MODE = "restrictions"
    NOUNS = ("list", "lists")
    HELP_TITLE = "DNS lists"
    EMPTY = "No rule asks a DNS list; a rule of Restrictions does"
    COLUMNS = (
        Column("LIST", share=3, least=24),
        Column("STATE", share=0, least=13),
        Column("TOOK", share=0, least=7, drop=56, right=True),
        Column("ASKED IN", share=2, least=12, drop=66),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "test", "test address", id="dnslists.test",
                tooltip="Look an address or a domain up in all of these lists."),
        Binding("r", "again", "ask again", id="dnslists.again", tooltip="Ask all lists once more."),
        Binding("f", "fix", "fix", id="dnslists.fix",
                tooltip="What is offered for a list that is closed, dead or asked without a filter."),
        Binding("enter", "open", "in full", id="dnslists.open", tooltip="All that is known of the list."),
        *list_keys("dnslists", "lists", "! ?"),
        Binding("escape", "end", "end, back", show=False, id="dnslists.back",
                tooltip="End the asking; once all have answered: go back."),
    ]  # fmt: skip

    TYPED = "look up"
    SAVED = ("lists", "dnslists.txt")

    def __init__(self, to: Hashable | None = None, *, test: bool = False) -> None:
        super().__init__(to, test=test)
        self._through = ("", False)

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[ZoneLine]:  # noqa: ARG002
        self._through = through(resolvers())
        return FewRows(zone_lines(zones(after)), _key, _words)

    def key_of(self, row: ZoneLine) -> tuple[str, Holds]:
        return _key(row)

    def asker(self) -> Callable[[ZoneLine], ZoneState]:
        names = new_names()
        return lambda row: look([row.asked], names)[0]

    def heard(self, row: ZoneLine, answer: ZoneState) -> None:
        self.session.heard.zone(*_key(row), answer)

    # What is shown

    def cells_of(self, row: ZoneLine) -> Row:
        known = self.session.heard.zone_state(*_key(row))
        places = ", ".join(dict.fromkeys(_short(place) for place in row.asked.rules))
        where = places if row.times == 1 else f"{row.times}x {places}"
        if known is None or _key(row) in self.asking:
            word = "asking…" if _key(row) in self.asking else "not asked"
            return Row((row.asked.argument, [(word, "dim")], "", [(where, "dim")]))
        told = zone_told(row.asked.argument, *known)
        took = f"{known[0].ms:.0f} ms"
        return Row((row.asked.argument, [(known[0].health, told.style)], took, [(where, "dim")]), told.marker)

    def aside(self) -> str:
        words, public = self._through
        return self.waits() or words.partition(":")[0] + ("  ? trap" if public else "")

    def describe(self, key: Hashable | None) -> None:
        line = self.row_of(key)
        if line is None:
            self.pane.show([], [], [])
            return
        holds = "lists addresses" if line.asked.holds == "addresses" else "lists domains"
        known = self.session.heard.zone_state(*_key(line))
        lines = list(about(line, known, asking=key in self.asking))
        words, public = self._through
        if public:
            lines.insert(1, [("?        ", "dim"), (words, "warning")])
        self.pane.show([(line.asked.argument, "bold")], [(holds, "dim")], lines)

    def open_row(self, key: Hashable) -> None:
        line = self.row_of(key)
        if line is None:
            return
        known = self.session.heard.zone_state(*_key(line))
        words, _ = self._through
        lines = [[("asked    ", "dim"), (words, "")], *about(line, known, asking=key in self.asking)]
        texts = ["".join(text for text, _ in spans) for spans in lines]
        self.app.push_screen(TextView(f"DNS list {safe(line.asked.argument)}", texts, hang=True))

    # Keys

    def action_test(self) -> None:
        dialog = TryDialog(
            "the DNS lists", "", "A client's address, or a domain for the lists of domains",
            "All lists are asked now.",
        )  # fmt: skip
        self.app.push_screen(dialog, self._test)

    def _test(self, text: str | None) -> None:
        if text is None or not isinstance(self.listing, FewRows):
            return
        asked = [line.asked for line in self.listing.rows]
        try:
            holds, _ = question(text)
        except ValueError as error:
            self.say(str(error), "warning")
            return
        skipped = sum(each.holds != holds for each in asked)

        def show(found: list[Found]) -> None:
            self.app.push_screen(TextView(f"{safe(text)} in the DNS lists", answers(text, found, skipped)))

        self.say(f"Asking {len(asked) - skipped} lists for {safe(text)}…  Esc ends it")
        beside(self, self.TYPED, lambda: look_up(asked, text, new_names()), show, self.bad)

    def action_fix(self) -> None:
        from mailtui.screens.parts.chooser import Chooser, Option
        from mailtui.screens.parts.zonefixes import fixes

        line = self.row
        if line is None:
            return
        known = self.session.heard.zone_state(*_key(line))
        found = fixes(line.asked, known[0] if known is not None else None)
        if not found:
            self.say("Nothing is wrong with this list")
            return

        def chosen(fix: ZoneFix | None) -> None:
            if fix is not None:
                self.act(fix.make)

        options = [Option("", fix.says, fix) for fix in found]
        self.app.push_screen(Chooser(safe(line.asked.argument), options), chosen)

    def as_text(self, row: ZoneLine) -> str:
        known = self.session.heard.zone_state(*_key(row))
        says = zone_told(row.asked.argument, *known).says if known is not None else "not asked"
        return f"{safe(row.asked.argument)}  {says}  ({'; '.join(row.asked.rules)})"


def _short(place: str) -> str:
    """A rule's place without what all of them have."""
    return place.partition(",")[0].replace("smtpd_", "").replace("_restrictions", "")


def open_dns_lists(
    screen: ConsoleScreen, argument: str = "", holds: Holds = "addresses", *, test: bool = False
) -> None:
    """Open the lists over a screen, the cursor on the one that a rule asks so; `test`: look an address up."""
    screen.app.push_screen(DnsListsScreen((argument, holds) if argument else None, test=test))
