"""A message of the queue to be read (Enter): envelope, headers decoded, what is attached, its text."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.apply.queueacts import Acted, Verb
from mailtui.maillog.story import Trace
from mailtui.postfix.mailqueue.entry import Entry, Seen
from mailtui.postfix.mailqueue.letter import Letter, read
from mailtui.screens.parts import queueacts as acts
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.detail import Lines, TitleLine
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.letterlines import lines_of, text_of
from mailtui.screens.parts.queuedetail import about_message, said
from mailtui.screens.parts.queuestore import QueueStore
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.text import Spans

_WAIT = 5.0
"""Seconds until the log has been found, at most."""


class MessageScreen(ConsoleScreen):
    """One message; postcat is asked in a thread."""

    MODE = "queue"
    HELP_TITLE = "a message of the queue"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "trace", "trace", id="message.trace",
                tooltip="The way of this message in the log, step by step."),
        Binding("v", "every", "every header", id="message.every",
                tooltip="All headers and records of the envelope, or the few that matter."),
        Binding("number_sign", "hold", "hold", id="message.hold",
                tooltip="Hold it, or release it where it is on hold."),
        Binding("d", "delete", "delete", id="message.delete", tooltip="Delete it: now, no undo."),
        Binding("f", "offers", "fix", id="message.fix",
                tooltip="What can be done: against its SASL user, its client, its sender."),
        Binding("R", "requeue", "requeue", show=False, id="message.requeue",
                tooltip="Put it in anew: its addresses are rewritten and looked up again."),
        Binding("F", "flush", "flush", show=False, id="message.flush",
                tooltip="Try it now; or all mail for its destination, or the whole queue."),
        Binding("y", "copy", "copy", show=False, id="message.copy",
                tooltip="Copy the message as it is shown, and show it as plain text."),
        Binding("s", "save", "save", show=False, id="message.save",
                tooltip="Save the message as it is shown as a text file."),
        Binding("escape", "close", "back", show=False, id="message.back", tooltip="Go back."),
    ]  # fmt: skip

    def __init__(self, store: QueueStore, queue_id: str) -> None:
        super().__init__()
        self._store, self._queue_id = store, queue_id
        self._entry = self._now()
        self.letter: Letter | None = None
        self._trouble = ""
        self._every = False

    def _now(self) -> Entry | None:
        """What the queue says of it now; None where it is not there any more."""
        row = self._store.listing.row_of(self._queue_id)
        return self._store.listing.entry(row) if row is not None else None

    def body(self) -> ComposeResult:
        yield TitleLine()
        yield Lines(indent=5, focusable=True, classes="report")

    def on_mount(self) -> None:
        focus_now(self.query_one(Lines))
        self._show()
        self._read()

    def _read(self) -> None:
        config_dir = self._store.config_dir

        def got(letter: Letter) -> None:
            self.letter = letter
            self._show()

        def failed(error: Exception) -> None:
            self._trouble = acts.words_of(error)
            self._show()

        beside(self, "letter", lambda: read(config_dir, self._queue_id), got, failed)

    def _show(self) -> None:
        entry = self._entry = self._now() or self._entry
        if entry is None:
            self.query_one(TitleLine).show([(self._queue_id, "bold")], [("not there any more", "warning")])
            return
        origin = self._store.origins.of(self._queue_id)
        left, right, lines = about_message(entry, origin, self._store.no_origins, self._store.lives)
        self.query_one(TitleLine).show(left, right if self._now() else [("not there any more", "warning")])
        told = [*lines, *self._letter_lines()]
        self.query_one(Lines).set_lines([[(" ", ""), *line] for line in told])

    def _letter_lines(self) -> Iterator[Spans]:
        if self.letter is not None:
            yield from lines_of(self.letter, every=self._every)
        elif self._trouble:
            yield []
            yield said("unread", self._trouble, "error")
        else:
            yield said("", "reading it…", "dim")

    # Keys

    def action_every(self) -> None:
        self._every = not self._every
        self._show()

    def action_close(self) -> None:
        self.app.pop_screen()

    def action_trace(self) -> None:
        open_trace(self, self._queue_id, self._entry.arrived if self._entry is not None else None)

    def _picked(self) -> acts.Picked:
        entry = self._now()
        if entry is None:
            self.say("It is not there any more", "warning")
            return acts.Picked([], [], [], {})
        held = [self._queue_id] if entry.held else []
        return acts.Picked([self._queue_id], held, [entry], {self._queue_id: Seen.of(entry)})

    def _act(self, verb: Verb) -> None:
        picked = self._picked()
        if picked.ids:
            acts.ask(self, verb, picked, self._done)

    def action_hold(self) -> None:
        picked = self._picked()
        if picked.ids:
            self._act(acts.toggled(picked)[0])

    def action_delete(self) -> None:
        self._act("delete")

    def action_requeue(self) -> None:
        self._act("requeue")

    def action_flush(self) -> None:
        picked = self._picked()
        if picked.ids:
            site = "".join(picked.first[0].domains[:1])
            acts.flush(self, picked, len(self._store.listing), self._done, site=site)

    def action_offers(self) -> None:
        from mailtui.screens.parts.queueoffers import offer

        offer(self, self._store, None, self._store.listing.row_of(self._queue_id), self._done)

    def _done(self, acted: Acted) -> None:
        """Back to the list, which reads the queue again and says what was done."""
        from mailtui.screens.queue import QueueScreen

        self.app.pop_screen()
        below = self.app.screen
        if isinstance(below, QueueScreen):
            below.acted(acted)

    def action_copy(self) -> None:
        if self.letter is not None:
            self.console.copy_and_show(text_of(self.letter))

    def action_save(self) -> None:
        letter = self.letter
        if letter is not None:
            lines, name = text_of(letter).split("\n"), f"{self._queue_id}.txt"
            save_text(self, "lines", name, lambda: lines, lambda path: self.say(f"Saved as {path}"))


def open_trace(screen: ConsoleScreen, queue_id: str, arrived: int | None) -> None:
    """Show the way of a message in the log, once it is found there."""
    feed = screen.console.live_log.start()

    def look() -> list[Trace]:
        from mailtui.maillog.trace import trace

        end = time.monotonic() + _WAIT
        while not (len(feed.lines) or feed.history.total or feed.trouble) and time.monotonic() < end:
            time.sleep(0.05)
        if arrived is not None:
            found = trace(feed, queue_id, feed.key_at(datetime.fromtimestamp(arrived).astimezone()))
            if found:
                return found
        return trace(feed, queue_id)

    def got(found: list[Trace]) -> None:
        if not found:
            screen.say(feed.trouble or f"The log says nothing of {queue_id}", "warning")
            return
        from mailtui.screens.logtrace import TraceScreen

        screen.say("")
        screen.app.push_screen(TraceScreen(feed, trace=found[-1]))

    screen.say("looking for it in the log…")
    beside(screen, "trace", look, got, lambda error: screen.say(acts.words_of(error), "error"))
