"""Edits that are offered (`f`): one is chosen from a list, a reason asked for, and it is staged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from mailtui.edits.plan import Plan
from mailtui.screens.parts.keys import writes

if TYPE_CHECKING:
    from mailtui.screens.parts.chooser import Option
    from mailtui.screens.parts.frame import ConsoleScreen


class Offer(Protocol):
    """An edit that is offered: its words, what staging it comes to, and the same with a reason; or `advice`,
    a text to be sent."""

    @property
    def title(self) -> str: ...
    @property
    def plan(self) -> Plan: ...
    def because(self, reason: str, /) -> Plan: ...
    @property
    def advice(self) -> str: ...


def choose_offer(screen: ConsoleScreen, found: Sequence[Offer], nothing: str) -> None:
    """Let one be chosen, ask for a reason, and stage it. `nothing`: what is said where none is offered, over
    the findings if there are any."""
    if not found:
        from mailtui.screens.findings import open_findings

        open_findings(screen, nothing)
        return
    from mailtui.screens.parts.chooser import Chooser, Option

    session = screen.session

    def chosen(found: Offer | None) -> None:
        if found is None:
            return
        if found.advice:
            screen.console.copy_and_show(found.advice)
            return
        if found.plan.refused:
            screen.say(found.plan.refused, "warning")
            return
        from mailtui.screens.parts.chooser import Reason

        lines = [*found.plan.says, "A reason, if you like: it is kept as a comment with date and name."]
        screen.app.push_screen(Reason(found.title, lines), lambda reason: give(found, reason))

    def give(found: Offer, reason: str | None) -> None:
        if reason is None:
            return
        plan = found.because(reason) if reason else found.plan
        if plan.refused:
            screen.say(plan.refused, "warning")
            return
        session.stage(*plan.edits, label=found.title if len(plan.edits) > 1 else "")
        screen.say(f"Staged: {found.title}; {writes()}")

    options: list[Option[Offer]] = [Option("", one.title, one) for one in found]
    screen.app.push_screen(Chooser("What to do", options), chosen)
