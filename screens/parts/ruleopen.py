"""What Enter opens for a rule that asks somebody: the DNS lists, or the policy services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.postfix.dnsbl import holds_of

if TYPE_CHECKING:
    from mailtui.screens.parts.frame import ConsoleScreen
    from mailtui.screens.parts.rulelines import RuleLine


def open_asked(screen: ConsoleScreen, line: RuleLine | None, *, test: bool = False) -> bool:
    """Open what the rule of a line asks, and have it tried with `test`; whether there is such a thing."""
    row = line.row if line is not None else None
    if row is None or not row.enabled or row.marker == "-" or not row.argument:
        return False
    name = row.name.lower()
    holds = holds_of(name)
    if holds is not None:
        from mailtui.screens.dnslists import open_dns_lists

        open_dns_lists(screen, row.argument, holds, test=test)
        return True
    if name == "check_policy_service" and ":" in row.argument:
        from mailtui.screens.policyservices import open_policy_services

        open_policy_services(screen, row.argument, test=test)
        return True
    return False
