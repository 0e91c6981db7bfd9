"""The screen on which a finding is looked at, and going there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailtui.doctor.model import Finding, RuleName
from mailtui.postfix.files import main_cf, master_cf
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup
from mailtui.screens.parts.names import BY_MODE

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp


class Place(NamedTuple):
    """A screen; what it is filtered by, or the row that the cursor goes to, in Restrictions the rule and its
    service."""

    mode: str
    filter: str = ""
    row: str = ""
    rule: RuleName | None = None
    service: str = ""


def place_of(finding: Finding, instance: Instance) -> Place | None:
    """Where the console shows what a finding is about; None where no screen does. Raises OSError,
    InstanceError."""
    about = finding.about
    if about.screen in BY_MODE:
        return Place(about.screen, about.filter)
    if finding.rules:
        return Place("restrictions", rule=finding.rules[0], service=next(iter(finding.services), ""))
    if finding.file == instance.main.path:
        return Place("parameters", row=_parameter(instance, finding.line or 0))
    if finding.file == instance.master.path:
        return Place("services", _service(instance, finding.line or 0))
    if any(each.path == finding.file for each in _alias_tables(instance)):
        return Place("aliases")
    return None


def _parameter(instance: Instance, line: int) -> str:
    """The parameter that stands there."""
    found = ""
    for each in main_cf(instance.files, instance.main).parameters:
        if each.line > line:
            break
        found = each.name
    return found if line else ""


def _service(instance: Instance, line: int) -> str:
    found = ""
    for each in master_cf(instance.files, instance.master).services:
        if each.line > line:
            break
        found = each.name
    return found if line else ""


def _alias_tables(instance: Instance) -> list[Lookup]:
    names = ("alias_maps", "virtual_alias_maps")
    return [table for name in names for table in instance.lookups(name)]


def go(app: MailtuiApp, place: Place) -> None:
    """Show it."""
    if place.rule is None and not place.row:
        app.show_filtered(place.mode, place.filter)
        return
    app.action_show(place.mode)
    app.call_after_refresh(lambda: _move(app, place))


def _move(app: MailtuiApp, place: Place) -> None:
    """Put the cursor there, once the screen is up."""
    from mailtui.screens.parts.laidlist import LaidList
    from mailtui.screens.parts.ruleview import RuleView

    screen = app.screen
    if isinstance(screen, RuleView) and place.rule is not None:
        screen.go_to_rule(place.rule.stage, place.rule.text, place.service)
    elif isinstance(screen, LaidList):
        screen.filter_to("")
        screen.wanted_row = place.row
        screen.read_again()
