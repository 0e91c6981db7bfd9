"""DKIM keys (Tab in Milters): whose mail each signs, whether every name server has its record, and what comes
next.

DNS is asked in threads, the keys that wait for it once a minute. A key file is made at once and never staged;
who signs is a change of the draft like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.milters.dkim.keyrows import KeyRow
from mailtui.milters.dkim.publication import Publication
from mailtui.milters.dkim.rotation import Life
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import dkimacts, dkimlines, dkimnew
from mailtui.screens.parts.background import BackgroundList
from mailtui.screens.parts.beside import beside, in_daemon
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.dialogs import TextView, TypedWord
from mailtui.screens.parts.dkimlines import KeyLine, name_of
from mailtui.screens.parts.form import Made, Values
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.siblings import Sibling
from mailtui.text.fewrows import FewRows
from mailtui.text.safe import safe

EVERY = 60.0
"""Seconds after which DNS is asked again for keys that wait for it."""
SELDOM = 15
"""Times EVERY after which it is asked again for the others."""


class DkimKeysScreen(Sibling, BackgroundList[KeyLine]):
    """See the module's text."""

    MODE = "dkimkeys"
    NOUNS = ("key", "keys")
    EMPTY = "No key signs anything yet; {dkimkeys.new:n} makes one"
    COLUMNS = (
        Column("DOMAIN", share=3, least=14),
        Column("SELECTOR", share=2, least=8),
        Column("AGE", share=0, least=6, drop=66, right=True),
        Column("SIGNS", share=3, least=14, drop=72),
        Column("PUBLISHED", share=0, least=11),
        Column("STATE", share=0, least=9),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new selector", id="dkimkeys.new",
                tooltip="Make a key: the next selector of this domain, or the first of another."),
        Binding("y", "record", "record", id="dkimkeys.record",
                tooltip="Its DNS record unwrapped, for every way to publish it; copied as one string."),
        Binding("f", "step", "next step", id="dkimkeys.step",
                tooltip="Take the next step of its life: activate, rotate, retire; or hear why not yet."),
        Binding("enter", "open", "details", id="dkimkeys.open",
                tooltip="All about the key: the way to its file, what each name server has."),
        Binding("d", "retire", "retire", show=False, id="dkimkeys.retire",
                tooltip="Take out a key that signs nothing any more; its file and its record stay."),
        Binding("c", "settings", "settings", show=False, id="dkimkeys.settings",
                tooltip="opendkim.conf: Canonicalization, Mode, SubDomains, InternalHosts and the rest."),
        Binding("r", "again", "ask again", show=False, id="dkimkeys.again",
                tooltip="Read the files again, and ask every name server now."),
        *[each for each in list_keys("dkimkeys", "keys", "! ?") if each.key != "y"],
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.seen: dkimacts.Seen = {}
        self.used: dict[tuple[str, str], datetime] = {}
        self.trouble_of_memory = ""
        self._asked: set[tuple[str, str]] = set()
        self._asking: set[tuple[str, str]] = set()
        self._round = 0
        self._wanted: dkimacts.NewKey | None = None

    # Reading and asking

    def read(self, after: Instance, edits: Sequence[Edit]) -> FewRows[KeyLine]:  # noqa: ARG002
        seen = dkimacts.sight(self.session.instance, after, dict(self.seen), write=not self.session.read_only)
        self.trouble_of_memory = seen.trouble
        lines = [KeyLine(life, seen.markers.get(life.key, "")) for life in seen.lives]
        return FewRows(lines, lambda line: line.life.key, dkimlines.words)

    @on(events.Mount)
    def _begin_asking(self) -> None:
        self.set_interval(EVERY, self._ask_again)

    def _ask_again(self) -> None:
        self._round += 1
        if self.is_current:
            self._asked -= {
                line.life.key
                for line in self._lines()
                if line.life.state == "new" or not self._round % SELDOM
            }
            self._ask()

    def reload(self, to: Hashable | None = None) -> None:
        super().reload(to)
        self._ask()
        if self.trouble_of_memory:
            self.say(self.trouble_of_memory, "warning")

    def _lines(self) -> list[KeyLine]:
        return self.listing.rows if isinstance(self.listing, FewRows) else []

    def _ask(self) -> None:
        """Ask DNS for the keys that have not been asked for."""
        fresh = [line.life.row for line in self._lines() if line.life.key not in self._asked]
        for row in fresh:
            self._asked.add(row.key)
            self._asking.add(row.key)
            self._ask_one(row)
        if fresh:
            keys = [row.key for row in fresh]
            beside(self, "last used", lambda: self._last_used(keys), self._know_used, self.bad)

    def _ask_one(self, row: KeyRow) -> None:
        def answered(found: Publication) -> None:
            self._asking.discard(row.key)
            self.seen[row.key] = found
            self.read_again()

        def failed(error: Exception) -> None:
            self._asking.discard(row.key)
            self.bad(error)

        beside(self, f"dns {row.key}", lambda: dkimacts.ask(row), answered, failed)

    def _last_used(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
        from mailtui.maillog.source import find
        from mailtui.milters.dkim.lastused import last_used

        source = find(self.session.instance.log_file or "")
        return {} if source.kind == "none" or source.why else last_used(source, keys)

    def _know_used(self, found: dict[tuple[str, str], datetime]) -> None:
        self.used.update(found)
        self.describe(self.lines.key)

    def action_again(self) -> None:
        self._asked.clear()
        self.session.reread()
        self._ask()

    # What is shown

    def cells_of(self, row: KeyLine) -> Row:
        return dkimlines.cells_of(row, asking=row.life.key in self._asking)

    def aside(self) -> str:
        ready = sum(line.life.step.ready for line in self._lines())
        return f"{super().aside()}{f'   {ready} next' if ready else ''}"

    def describe(self, key: Hashable | None) -> None:
        line = self.row_of(key)
        if line is None:
            self.pane.show([], [], [])
            return
        life = line.life
        self.pane.show(*dkimlines.title(life), list(dkimlines.about(life, self.used.get(life.key))))

    def open_row(self, key: Hashable) -> None:
        line = self.row_of(key)
        if line is not None:
            texts = list(dkimlines.in_full(line.life, self.used.get(line.life.key)))
            self.app.push_screen(TextView(safe(name_of(line.life)), texts, hang=True))

    def action_record(self) -> None:
        line = self.row
        if line is None:
            return
        text = dkimlines.record_forms(line.life)
        if text:
            said = self.console.copied(dkimlines.record_value(line.life))
            self.console.show_plain(f"{said} (the value in one string)", text)
        else:
            self.say("The key cannot be read, so there is no record to show", "warning")

    def action_settings(self) -> None:
        self.console.show_filtered("filterfiles", "opendkim.conf")

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (dkimlines.one_line(line.life) for line in self.shown_rows())

        save_text(self, "keys", "dkimkeys.txt", lines, lambda path: self.say(f"Saved as {path}"))

    # A new key

    async def action_new(self) -> None:
        line = self.row
        await self._open_new(line.life.row.domain if line is not None else "")

    async def _open_new(self, domain: str) -> None:
        if self.session.read_only:
            self.say("Started with --read-only: no key is made", "warning")
            return
        instance = self.session.instance
        selector = await in_daemon(lambda: dkimacts.selector_for(instance, domain), "selector")
        self._wanted = None
        await self.open_form(dkimnew.form(domain, selector), self._want)

    def _want(self, after: Instance, values: Values) -> Made:  # noqa: ARG002  # a key is made now, not staged
        """In a thread: the form as a key to be made."""
        self._wanted, made = dkimnew.wanted(self.session.instance, values)
        return made

    async def _stage_form(self) -> None:
        await super()._stage_form()
        wanted, self._wanted = self._wanted, None
        if self.editor is None and wanted is not None:
            self._confirm_key(wanted)

    def _confirm_key(self, wanted: dkimacts.NewKey) -> None:
        def made(row: KeyRow) -> None:
            self.say(
                f"Made {safe(row.selector)}, {safe(row.key_file)}; "
                f"{key_for('dkimkeys.record', 'y')} shows the record to publish"
            )
            self.wanted_row = row.key
            self.read_again()

        def answered(yes: bool | None) -> None:
            if yes:
                instance = self.session.instance
                beside(self, "make", lambda: dkimacts.make(instance, wanted), made, self.bad)

        self.app.push_screen(dkimnew.question(wanted), answered)

    # The next step

    def action_step(self) -> None:
        line = self.row
        if line is None:
            return
        life = line.life
        match life.step.action:
            case "activate":
                self._when(life, "Activate", lambda after: dkimacts.activation(after, life))
            case "retire":
                self._retire(life)
            case "rotate":
                self.call_later(self._open_new, life.row.domain)
            case "unpublish" if life.step.ready:
                self._remember(
                    lambda: dkimacts.forget(self.session.instance, life), f"{name_of(life)} is forgotten"
                )
            case "publish" | "unpublish":
                record = key_for("dkimkeys.record", "y")
                self.say(f"{name_of(life)}: {life.step.words}; {record} shows the record")
            case "mend":
                self.say(life.step.words, "warning")
            case _:
                self.say("Nothing is to be done: it signs, and DNS has it")

    def action_retire(self) -> None:
        line = self.row
        if line is None:
            return
        if line.life.row.signs:
            self.say(f"It signs for {', '.join(line.life.row.signs)}: activate another key first", "warning")
        elif line.life.state == "retired":
            self.say(line.life.step.words)
        else:
            self._retire(line.life)

    def _retire(self, life: Life) -> None:
        if life.row.configured:
            self._when(life, "Retire", lambda after: dkimacts.retirement(after, life))
        else:
            self._agreed(life, "Retire", lambda: self._remember(
                lambda: dkimacts.retire_now(self.session.instance, life), f"{name_of(life)} is retired"
            ))  # fmt: skip

    def _when(self, life: Life, verb: str, make: Callable[[Instance], Plan]) -> None:
        """Stage it when it is ready, else once the domain has been typed."""

        def made(after: Instance) -> Made:
            plan = make(after)
            label = f"{verb.lower()} {name_of(life)}"
            return Made(plan.edits, label, life.key, plan.says, plan.refused)

        self._agreed(life, verb, lambda: self.when_laid(lambda: self.act(made)))

    def _agreed(self, life: Life, verb: str, go: Callable[[], None]) -> None:
        if life.step.ready:
            go()
            return
        lines = [
            life.step.words or "It has not been activated.",
            "Mail may fail verification if you do it all the same.",
        ]
        title = f"{verb} {name_of(life)} all the same"
        self.app.push_screen(TypedWord(title, life.row.domain, lines), lambda yes: go() if yes else None)

    def _remember(self, work: Callable[[], None], words: str) -> None:
        if self.session.read_only:
            self.say("Started with --read-only: nothing is kept", "warning")
            return

        def done(_nothing: None) -> None:
            self.say(words)
            self.read_again()

        beside(self, "remember", work, done, self.bad)
