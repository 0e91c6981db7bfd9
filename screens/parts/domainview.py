"""Enter on a domain: all that is known of it as plain lines, completed while they are read; and the question
for an address in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from mailtui.screens.parts.detail import Lines
from mailtui.screens.parts.dialogs import Dialog, TextView
from mailtui.screens.parts.field import Field
from mailtui.screens.parts.footer import Footer
from mailtui.screens.parts.keyorder import focus_now
from mailtui.screens.parts.text import Spans, show


class DomainView(TextView):
    """All about one domain. `lines` says what is known now; `again` has DNS asked once more."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "ask_again", "ask DNS", id="domains.ask-again", tooltip="Ask DNS for the domain again."),
    ]

    def __init__(
        self, domain: str, lines: Callable[[], Sequence[Spans]], again: Callable[[], object]
    ) -> None:
        super().__init__(f"Domain {domain}", [], hang=True)
        self.domain = domain
        self._now, self._again = lines, again

    def on_mount(self) -> None:
        self.call_after_refresh(self.tell)

    def tell(self) -> None:
        """Something more is known."""
        if not self.is_mounted:
            return  # it tells so itself, once it is up
        lines = self._now()
        self._lines = ["".join(text for text, _ in line) for line in lines]
        shown = self.query_one(Lines)
        top = shown.top
        shown.set_lines(lines)
        shown.top = top
        focus_now(shown)

    def action_ask_again(self) -> None:
        self._again()
        self.tell()


class AddressDialog(Dialog[str]):
    """Which address is to be followed; answers what was typed, with the domain where it has none."""

    class AddressField(Field):
        """The address."""

        BINDINGS: ClassVar[list[BindingType]] = [
            Binding("enter", "screen.take", "follow", id="dialog.take", tooltip="Follow this address."),
        ]

    def __init__(self, domain: str) -> None:
        super().__init__(
            f"Where does mail for an address in {domain} go?", ["Type the part before the @, or an address."]
        )
        self._domain = domain

    def inputs(self) -> ComposeResult:
        yield self.AddressField("postmaster")

    def on_mount(self) -> None:
        field = self.query_one(Field)
        field.action_select_all()
        focus_now(field)

    def action_take(self) -> None:
        text = self.query_one(Field).value.strip()
        if not text:
            self.query_one(Footer).say(f"Type a name that is in {show(self._domain)}", "warning")
        else:
            self.dismiss(text if "@" in text else f"{text}@{self._domain}")
