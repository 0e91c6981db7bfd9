"""postgrey's options and whitelists, changed as an admin means it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from mailtui.edits.greylist import AddWhite, RemoveWhite, SetDefault, SetWhite, SwitchWhite
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.formats.defaults import Defaults
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.formats.whitelist import Listed, means
from mailtui.postfix.greylisting import (
    OPTS,
    STARTED,
    TEXT,
    WRITTEN,
    Places,
    option_problem,
    options,
    whitelists,
    with_option,
)
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode, encode, safe


def set_option(instance: Instance, places: Places, name: str, value: str | None) -> Plan:
    """An option (None: its default again; `TEXT`: the text that a stranger is told). `instance`: with the
    draft over it. Raises OSError."""
    wrong = "" if value is None or name == TEXT else option_problem(name, value)
    if wrong:
        return Plan(refused=f"{name}: {wrong}")
    document = cast("Defaults", instance.files.document(places.defaults))
    if name == TEXT:
        return _set(document, places, TEXT, value)
    held = options(instance.files, places.defaults)
    if value is None and name not in held.options:
        return Plan(refused=f"{name} is not given: its default is in force")
    plan = _set(document, places, OPTS, with_option(held, name, value))
    other = {"inet": "unix", "unix": "inet"}.get(name)
    if plan.edits and other is not None:
        says = (
            "check_policy_service must name the same place: Policy services shows whether it answers",
            *plan.says,
        )
        return Plan(plan.edits, says)
    return plan


def _set(document: Defaults, places: Places, variable: str, value: str | None) -> Plan:
    standing = document.get(encode(variable))
    was = None if standing is None else decode(standing.value)
    if was == value:
        return Plan(says=("it says so already",))
    if value is not None:
        try:
            document.set(encode(variable), encode(value))
        except Refused as error:
            return Plan(refused=str(error))
    return Plan((SetDefault(places.defaults, variable, value, was),), (STARTED,))


def remove_white(places: Places, target: Target, item: str, comment: str = "") -> Plan:
    """An entry out of a whitelist, with the comment behind it."""
    return Plan((RemoveWhite(target, item, comment),), (*_package(places, target), WRITTEN))


def switch_white(places: Places, target: Target, item: str, *, on: bool) -> Plan:
    """An entry off, kept as a comment; or on again."""
    return Plan((SwitchWhite(target, item, on),), (*_package(places, target), WRITTEN))


def change_white(
    instance: Instance, places: Places, target: Target, listed: Listed, item: str, to: str
) -> Plan:
    """Another entry in the place of one. Raises OSError."""
    to = to.strip()
    if to == item:
        return Plan()
    wrong = white_problem(instance, places, listed, to)
    if wrong and to.lower() != item.lower():
        return Plan(refused=wrong)
    return Plan((SetWhite(target, item, to),), (*_package(places, target), WRITTEN))


def add_white(instance: Instance, places: Places, listed: Listed, item: str, note: str = "") -> Plan:
    """One more in the admin's own whitelist, with a comment behind it. Raises OSError."""
    item = item.strip()
    wrong = white_problem(instance, places, listed, item)
    if wrong:
        return Plan(refused=wrong)
    edit: Edit = AddWhite(places.own(listed), item, note)
    return Plan((edit,), (f"{means(encode(item), listed)}: not greylisted", WRITTEN))


def white_problem(instance: Instance, places: Places, listed: Listed, item: str) -> str:
    """Why an entry cannot be added; empty where it can. Raises OSError."""
    try:
        means(encode(item), listed)
    except Refused as error:
        return str(error)
    for target, document in whitelists(instance.files, places.of(listed)):
        found = document.find(encode(item))
        if found is not None:
            return f"{safe(target.path)}:{found.line} has it already"
    return ""


def _package(places: Places, target: Target) -> Sequence[str]:
    """What to mind where a file is not the admin's own."""
    if target in (places.own("clients"), places.own("recipients")):
        return ()
    return (f"{safe(target.name)} is the package's: an upgrade asks, or brings it back",)
