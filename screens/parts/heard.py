"""What DNS lists and policy services said when they were last asked: kept as long as the console runs, so
that the chains show it too. Nothing is asked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mailtui.postfix.chainrows import RuleRow
    from mailtui.postfix.dnsbl import Holds, ZoneState
    from mailtui.postfix.policyservices import Tried
    from mailtui.screens.parts.text import Spans


class Told(NamedTuple):
    """What is to be said of a rule: the row's letter, a word or two in the row, a sentence in the pane."""

    marker: str
    word: str
    says: str
    style: str = ""


class Heard:
    """The last answers. Only for the screens' thread."""

    def __init__(self) -> None:
        self._zones: dict[tuple[str, Holds], tuple[ZoneState, str]] = {}
        self._policies: dict[str, tuple[Tried, str]] = {}

    def zone(self, argument: str, holds: Holds, state: ZoneState) -> None:
        """A list has answered, or has not in time."""
        self._zones[argument, holds] = state, _now()

    def policy(self, written: str, tried: Tried) -> None:
        """A policy service has answered, or has not in time."""
        self._policies[written] = tried, _now()

    def zone_state(self, argument: str, holds: Holds) -> tuple[ZoneState, str] | None:
        """What is known of a list, and since when; None where it has not been asked."""
        return self._zones.get((argument, holds))

    def policy_state(self, written: str) -> tuple[Tried, str] | None:
        """What is known of a policy service, and since when."""
        return self._policies.get(written)

    def of(self, row: RuleRow) -> Told | None:
        """What is to be said of a rule; None where nothing is known, or where it asks nobody."""
        if not row.enabled or not row.argument or not (self._zones or self._policies):
            return None
        name = row.name.lower()
        if name == "check_policy_service":
            from mailtui.postfix.smtpd.policy import endpoint

            policy = self._policies.get(endpoint(row.argument).written)
            return policy_told(*policy) if policy is not None else None
        from mailtui.postfix.dnsbl import holds_of

        holds = holds_of(name)
        zone = self._zones.get((row.argument, holds)) if holds is not None else None
        return zone_told(row.argument, *zone) if zone is not None else None


def _now() -> str:
    from datetime import datetime

    return datetime.now().astimezone().strftime("%H:%M")


def zone_told(argument: str, state: ZoneState, when: str) -> Told:
    """A list's state in words."""
    took = f" {state.ms:.0f} ms" if state.health in {"alive", "no test entry"} else ""
    marker, style = zone_marker(argument, state)
    return Told(marker, f"{state.health}{took}", f"{state.says} (asked {when})", style)


def zone_marker(argument: str, state: ZoneState) -> tuple[str, str]:
    """The letter of a list's row, and its style: wrong is what refuses honest clients."""
    if state.health in {"alive", "no test entry"}:
        return " ", "good" if state.good else ""
    if state.health in {"lists all", "closed"} or (state.health == "refused" and "=" not in argument):
        return "!", "error"
    return "?", "warning"


def policy_told(tried: Tried, when: str) -> Told:
    """A policy service's state in words."""
    if tried.alive:
        return Told(
            " ", f"alive {tried.ms:.0f} ms", f"{tried.says} in {tried.ms:.0f} ms (asked {when})", "good"
        )
    if tried.closed:
        return Told(" ", "unseen", f"{tried.says} (asked {when})", "dim")
    return Told("!", "DOWN", f"{tried.says} (asked {when})", "error")


def line_of(told: Told, label: int) -> Spans:
    """The pane's line."""
    sign = told.marker if told.marker.strip() else "answers"
    return [(f"{sign:<{label}}", "dim"), (told.says, told.style if told.marker.strip() else "")]
