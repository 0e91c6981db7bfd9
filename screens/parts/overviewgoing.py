"""Where a line of the overview, or a finding in it, leads."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.overviewlines import PLACES

if TYPE_CHECKING:
    from mailtui.doctor.model import Finding


def go_to_screen(screen: ConsoleScreen, name: str) -> None:
    """To the screen that has more of a line."""
    console, mode = screen.console, PLACES[name]
    if mode in {"review", "history"}:
        console.action_view(mode)
        return
    console.action_show(mode)
    if name in {"policy", "names"}:
        console.call_after_refresh(lambda: _open_over(console.screen, name))


def _open_over(screen: object, name: str) -> None:
    if not isinstance(screen, ConsoleScreen) or screen.mode != "restrictions":
        return
    if name == "policy":
        from mailtui.screens.policyservices import open_policy_services

        open_policy_services(screen)
    else:
        from mailtui.screens.dnslists import open_dns_lists

        open_dns_lists(screen)


def go_to_finding(screen: ConsoleScreen, finding: Finding) -> bool:
    """To what a finding is about; False where it has no place of its own."""
    from mailtui.postfix.errors import InstanceError
    from mailtui.screens.parts.findingplaces import go, place_of

    try:
        place = place_of(finding, screen.session.instance)
    except (InstanceError, OSError) as error:
        screen.say(str(error), "error")
        return True
    if place is not None:
        go(screen.console, place)
    return place is not None


def open_findings(screen: ConsoleScreen, key: Hashable | None) -> None:
    """All findings, the cursor on one of them."""
    from mailtui.screens.findings import FindingsScreen

    found = FindingsScreen()
    found.wanted_row = key
    screen.app.push_screen(found)
