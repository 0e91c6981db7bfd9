"""The queue (`9`): the mail that waits, singly or in groups, and what is done to it: at once, not staged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.apply.queueacts import Acted, Verb
from mailtui.postfix.mailqueue.groups import BYS, By
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.screens.parts import queueacts as acts
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.listkeys import COPIED, list_keys
from mailtui.screens.parts.queuelist import QueueList
from mailtui.screens.parts.queuerows import as_text, whose
from mailtui.screens.parts.savetext import save_text


class QueueScreen(QueueList):
    """All of it; the messages of one group are such a screen over it."""

    MODE = "queue"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "group", "group", id="queue.group",
                tooltip="Group by SASL user, client, sender, recipient domain, reason, or not at all."),
        Binding("enter", "open", "open", id="queue.open",
                tooltip="Read the message; of a group, show its messages."),
        Binding("number_sign", "hold", "hold", id="queue.hold",
                tooltip="Hold the message, the group or the marked ones; release them where all are held."),
        Binding("d", "delete", "delete", id="queue.delete",
                tooltip="Delete it, the group or the marked ones: now, no undo."),
        Binding("f", "offers", "fix", id="queue.fix",
                tooltip="What can be done: against a SASL user, a client, a sender; for a destination."),
        Binding("R", "requeue", "requeue", show=False, id="queue.requeue",
                tooltip="Put it in anew: its addresses are rewritten and looked up again."),
        Binding("F", "flush", "flush", show=False, id="queue.flush",
                tooltip="Try it now; or all mail for its destination, or the whole queue."),
        Binding("t", "trace", "trace", show=False, id="queue.trace",
                tooltip="The way of this message in the log, step by step."),
        Binding("slash", "filter", "filter", show=False, id="list.filter",
                tooltip="Filter as you type: words, from: to: client: user: reason: queue: id: since: "
                "until:, each with ! to exclude."),
        *list_keys("queue", "messages", "! ?"),
        Binding("escape", "close", "back", show=False, id="queue.back",
                tooltip="From the messages of a group, back to the groups."),
    ]  # fmt: skip

    def _chosen(self) -> tuple[Listing, Sequence[int], str]:
        """The rows of what is marked, or of what the cursor is on; and what they have in common."""
        keys = self.lines.chosen()
        group = self.group(keys[0]) if len(keys) == 1 else None
        about = whose(group) if group is not None else ""
        rows = dict.fromkeys(row for key in keys for row in self._rows_of(key))
        return self.store.listing, list(rows), about

    def _rows_of(self, key: Hashable) -> Sequence[int]:
        """The rows of a message, or of all of a group."""
        group = self.group(key)
        if group is not None:
            return group.rows
        row = self.store.listing.row_of(key) if isinstance(key, str) else None
        return [] if row is None else [row]

    def _pick(self, then: Callable[[acts.Picked, str], object]) -> None:
        """Gather what is chosen, in a thread, and go on with it."""
        listing, rows, about = self._chosen()
        if not rows:
            if not self.none_shown():
                self.say("No message is chosen", "warning")
            return
        beside(self, "pick", lambda: acts.pick(listing, rows), lambda found: then(found, about), self.bad)

    # Keys

    def open_row(self, key: Hashable) -> None:
        group = self.group(key)
        if group is not None:
            self.app.push_screen(QueueScreen(self.store, (group.by, group.key)))
        elif isinstance(key, str):
            from mailtui.screens.queuemessage import MessageScreen

            self.app.push_screen(MessageScreen(self.store, key))

    def action_group(self) -> None:
        if self.within is not None:
            back = key_for("app.quit", "q")
            self.say(f"These are the messages of one group; {back} goes back to the groups")
            return
        order: tuple[By | None, ...] = (None, *BYS)
        self.group_by(order[(order.index(self.store.by) + 1) % len(order)])

    def _act(self, verb: Verb) -> None:
        def go(picked: acts.Picked, about: str) -> None:
            acts.ask(self, verb, picked, self.acted, about=about)

        self._pick(go)

    def action_hold(self) -> None:
        def go(picked: acts.Picked, about: str) -> None:
            verb, ids = acts.toggled(picked)
            acts.ask(self, verb, picked, self.acted, ids=ids, about=about)

        self._pick(go)

    def action_requeue(self) -> None:
        self._act("requeue")

    def action_delete(self) -> None:
        self._act("delete")

    def action_flush(self) -> None:
        group = self.group(self.lines.key)
        site = group.key if group is not None and group.by == "domain" else ""

        def go(picked: acts.Picked, about: str) -> None:
            one = picked.first[0].domains if len(picked.ids) == 1 and picked.first else []
            acts.flush(
                self, picked, len(self.store.listing), self.acted, site=site or "".join(one[:1]), about=about
            )

        self._pick(go)

    def acted(self, acted: Acted) -> None:
        self.lines.unmark_all()
        self.read_again()
        words = acted.words
        self.say(
            " · ".join((words[:1].upper() + words[1:], *acted.notes)),
            "warning" if acted.gone or acted.other else "information",
        )

    def action_offers(self) -> None:
        from mailtui.screens.parts.queueoffers import offer

        row = self.store.listing.row_of(self.lines.key) if isinstance(self.lines.key, str) else None
        offer(self, self.store, self.group(self.lines.key), row, self.acted)

    def action_trace(self) -> None:
        key = self.lines.key
        if isinstance(key, str):
            from mailtui.screens.queuemessage import open_trace

            row = self.store.listing.row_of(key)
            open_trace(self, key, self.store.listing.arrived(row) if row is not None else None)
        else:
            self.say(f"A trace is of one message: {key_for('queue.open', 'Enter')} shows those of the group")

    def action_copy(self) -> None:
        listing, rows, _ = self._chosen()
        if not rows and self.none_shown():
            return
        text = "\n".join(self._texts(listing, rows[:COPIED]))
        self.console.copy_and_show(text, len(rows) - COPIED)

    def action_save(self) -> None:
        listing, shown = self.store.listing, self.lines.rows

        def lines() -> Iterator[str]:
            keys = (shown.key(index) for index in range(len(shown)))
            rows: list[int] = []
            for key in keys:
                rows += self._rows_of(key)
            return self._texts(listing, rows)

        save_text(self, "messages", "queue.txt", lines, lambda path: self.say(f"Saved as {path}"))

    def _texts(self, listing: Listing, rows: Sequence[int]) -> Iterator[str]:
        for row in rows:
            entry = listing.entry(row)
            yield as_text(entry, self.store.origins.of(entry.queue_id))

    def action_close(self) -> None:
        if self.within is not None:
            self.app.pop_screen()
