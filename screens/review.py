"""Review (`w`): what would be written, in which steps, and what stands against it; Enter writes it."""

from __future__ import annotations

import asyncio
from functools import partial
from threading import Event
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from mailtui.apply.review import Cancelled, Review, review
from mailtui.edits.model import Edit, Value
from mailtui.screens.parts.beside import problem
from mailtui.screens.parts.dialogs import ErrorDialog
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.overrule import ask_to_overrule, ask_to_write, wants_name
from mailtui.screens.parts.reviewlines import ReviewRows
from mailtui.screens.parts.reviewwords import (
    Phase,
    is_another,
    why_not,
)
from mailtui.screens.parts.reviewwriting import ReviewWriting
from mailtui.screens.parts.savedraft import save_draft
from mailtui.screens.parts.session import Change


class ReviewScreen(ReviewWriting):
    """See the module's text."""

    MODE = "review"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "apply", id="review.apply",
                tooltip="Write the changes, once every check has answered."),
        Binding("a", "accept", "accept", id="review.accept",
                tooltip="Let what others saved and did not compile go live with this; again: do not."),
        Binding("d", "drop", "drop edit", id="review.drop", tooltip="Drop the edit under the cursor."),
        Binding("s", "save", "save draft", id="review.save",
                tooltip="Save the draft as a file that somebody else can review and write."),
        Binding("y", "copy", "copy diff", id="review.copy", show=False,
                tooltip="Copy the diff, and show it as plain text."),
        Binding("exclamation_mark", "overrule", "overrule", key_display="!", id="review.overrule",
                tooltip="Write what opens a relay, or in spite of a rehearsal that failed or could not be."),
        Binding("tab", "heading(1)", "next part", id="review.next-part", show=False,
                tooltip="Go to the next part: problems, each file, the plan."),
        Binding("shift+tab", "heading(-1)", "previous part", id="review.previous-part", show=False,
                tooltip="Go to the previous part."),
        Binding("escape,q", "back", "back", key_display="q", id="review.back",
                tooltip="Go back; while it is written, ask whether to stop."),
        Binding("ctrl+c", "back", show=False),
    ]  # fmt: skip

    class Early(Message):
        """All but the rehearsal has answered, in the work that `stop` belongs to."""

        def __init__(self, stop: Event, found: Review, rows: ReviewRows) -> None:
            super().__init__()
            self.stop_event, self.found, self.rows = stop, found, rows

    def __init__(self) -> None:
        super().__init__()
        self._asked: set[tuple[Edit, Value | None]] = set()
        """Conflicts for which the conflict view was opened."""

    def on_mount(self) -> None:
        if self.session.read_only:
            words = "Save the draft as a file: this console is read-only."
            keys = self._bindings.key_to_bindings
            keys["enter"] = [Binding("enter", "apply", "save draft", id="review.apply", tooltip=words)]
            keys["s"] = [Binding("s", "save", "save draft", id="review.save", show=False, tooltip=words)]
        focus_now(self.lines)
        self._look()

    def on_unmount(self) -> None:
        if self.phase in {"looking", "rehearsing"}:
            self._cancel.set()

    # Looking

    def refresh_view(self, change: Change) -> None:
        if self.phase == "applying" or not (change.draft or change.paths):
            return
        if self.phase != "done" or self.session.draft:
            self._look()

    def _look(self) -> None:
        """Review the draft against the disk as it is now."""
        self._cancel.set()
        self._cancel = Event()
        self._results, self._extra, self._told = {}, [], ()
        edits = self.session.draft.edits
        if not edits:
            self.workers.cancel_group(self, "review")
            self.found, self.phase = None, "empty"
            self.lines.empty = "Nothing is staged"
            self._show()
            return
        self.phase, self.lines.empty = "looking", ""
        self._title()
        if self.found is None:
            self.lines.set_rows(self._ahead(self.size.width), first=True)
        self.refresh_bindings()
        self.run_worker(self._review(edits, self._cancel), group="review", exclusive=True)

    async def _review(self, edits: tuple[Edit, ...], cancel: Event) -> None:
        showing = self._rows(self.size.width).showing  # a diff may be long: in the thread as well

        def early(found: Review) -> None:
            self.post_message(self.Early(cancel, found, showing(found)))

        look = partial(
            review, self.session.instance, edits, progress=self._telling(cancel), cancel=cancel, early=early
        )
        try:
            found = await asyncio.to_thread(look)
            rows = await asyncio.to_thread(showing, found)
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001  # whatever it is: it is said, and the console goes on
            if cancel is self._cancel:
                self.found, self.phase = None, "unchecked"
                self._show()
                self.app.push_screen(ErrorDialog("The changes could not be checked", [problem(error)]))
            return
        if cancel is self._cancel:
            self._arrived(found, rows, "ready")
            self._settle_conflicts()

    def on_review_screen_early(self, event: Early) -> None:
        event.stop()
        if event.stop_event is self._cancel and self.phase == "looking":
            self._arrived(event.found, event.rows, "rehearsing")

    def _arrived(self, found: Review, rows: ReviewRows, phase: Phase) -> None:
        if self.found is not None and is_another(found, self.found):
            self.changed_now()
        if not frozenset(found.not_yours) <= self._accepted:
            self._accepted = frozenset()
        first = self.found is None
        self.found, self.phase = found, phase
        self._results |= {report.number: report for report in found.steps}
        self._show(first=first, rows=rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        if action == "accept":
            return bool(self.found and self.found.not_yours and self.phase != "done")
        if action == "overrule":
            return bool(self.found and self.found.wants_insisting and self.phase == "ready")
        if action == "apply":
            return self.phase not in {"done", "empty"}
        if action in {"drop", "save"}:
            return self.phase not in {"done", "empty", "applying"}
        return True

    # What the keys do

    def action_back(self) -> None:
        if self.phase == "applying":
            self._ask_to_stop()
            return
        self.console.quit_after_write = False
        self.app.pop_screen()

    def action_drop(self) -> None:
        key = self.lines.key
        if self.found is None or not isinstance(key, tuple) or key[0] != "edit":
            self.say("Put the cursor on an edit, at the top, to drop it", "warning")
            return
        line = self.found.edits[key[1]]
        if line.edit not in self.session.draft.edits:
            self.say("This edit is dropped already; the rest is being looked at", "warning")
            return
        self.session.draft.drop(line.edit)
        self.session.draft_changed()
        self.say(f"Dropped: {line.text}")

    def action_accept(self) -> None:
        if self.found is not None and self.phase == "ready":
            self._accepted = frozenset() if self._accepted else frozenset(self.found.not_yours)
            self._show()

    def action_save(self) -> None:
        save_draft(
            self.session, self.app.push_screen, lambda path: self.say(f"Saved as {path}; it is still staged")
        )

    def action_copy(self) -> None:
        if self.found is not None and self.found.diff:
            self.console.copy_and_show(self.found.diff.removesuffix("\n"))

    def action_overrule(self) -> None:
        found = self.found
        why = why_not(self.phase, found, accepted=bool(self._accepted), overruled=True)
        if self.session.read_only:
            self.say("Read-only: nothing is written", "warning")
        elif why or found is None:
            self.say(why, "warning")
        else:
            ask_to_overrule(self.app, found, self._host, partial(self._write_asked, found, True))

    @property
    def _host(self) -> str:
        return self.session.status.host or self.session.instance.hostname

    def _write_asked(self, found: Review, overruled: bool = False) -> None:
        """The host's name was typed for what was seen then."""
        if self.found is found and self.phase == "ready":
            self._write(overruled=overruled)
        else:
            self.say("This changed meanwhile: look at it again", "warning")

    # Writing

    def action_apply(self) -> None:
        if self.session.read_only and self.session.draft:
            self.say("Read-only: the draft is saved instead", "warning")
            self.action_save()
        elif self.phase == "ready" and self.found is not None and self.found.conflicts:
            self._asked.clear()
            self._settle_conflicts()
        else:
            why = why_not(self.phase, self.found, accepted=bool(self._accepted))
            if why or self.found is None:
                self.say(why, "warning")
            elif wants_name(self.found, self.session.settings.ask_write):
                ask_to_write(self.app, self.found, self._host, partial(self._write_asked, self.found))
            else:
                self._write()

    # Conflicts

    def on_screen_resume(self) -> None:
        self._settle_conflicts()

    def _settle_conflicts(self) -> None:
        """Open the conflict view, by itself once for each conflict."""
        found = self.found
        if self.phase != "ready" or found is None or not self.is_active:
            return
        conflicts = {(conflict.edit, conflict.theirs) for conflict in found.conflicts}
        if not conflicts <= self._asked:
            from mailtui.screens.conflict import ConflictScreen

            self._asked |= conflicts
            self.app.push_screen(ConflictScreen(found))
