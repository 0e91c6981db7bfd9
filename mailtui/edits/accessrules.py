"""A table that strangers are looked up in: the one there is, else a new file and the rule that asks it."""

from __future__ import annotations

from typing import NamedTuple

from mailtui.edits.domaintables import free_path
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.rules import InsertRule
from mailtui.edits.services import SetServiceOption
from mailtui.formats.target import Target
from mailtui.postfix.accessplaces import AccessTable, Check, Gap, access_tables, gap, outside
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import INDEXED
from mailtui.text.safe import safe

FILES: dict[Check, str] = {
    "check_sender_access": "sender_access", "check_client_access": "client_access",
    "check_recipient_access": "recipient_access",
}  # fmt: skip
"""What a new table is called, beside main.cf."""


class Place(NamedTuple):
    """A table to write in. `edits` make it one that is asked; `refused`: why there is none."""

    target: Target
    title: str
    edits: tuple[Edit, ...] = ()
    says: tuple[str, ...] = ()
    refused: str = ""


def places(instance: Instance, check: Check) -> list[Place]:
    """The tables that a check asks about strangers, the first that is asked first; where there is none, one
    that is made for it. Raises InstanceError."""
    found = [Place(table.target, _title(table)) for table in access_tables(instance, check)]
    return found or [new_place(instance, check)]


def _title(table: AccessTable) -> str:
    return f"{safe(table.target.name)}, asked in {table.parameter}"


def new_place(instance: Instance, check: Check, *, first: bool = False) -> Place:
    """A new table, and the rule for it at its place in the list. Raises InstanceError."""
    wanted = instance.parameters.effective("default_database_type")
    kind = wanted if wanted in INDEXED else "hash"
    path = free_path(instance, FILES[check], kind)
    target = Target("table", path, kind)
    where = gap(instance, check, first=first)
    if where.problem:
        return Place(target, "", refused=f"{safe(where.problem)}: put {check} {safe(target.spec)} into it")
    says = [f"{safe(path)} is made, and {check} asks it in {where.place.title}"]
    if where.passes:
        says.append(f"before it {', '.join(map(safe, where.passes))} lets some strangers pass")
    if not where.spares:
        says.append(f"nothing in {where.place.title} spares our own people: it holds for them too")
    return Place(target, f"{safe(target.name)}, new", (_rule(instance, where, check, target),), tuple(says))


def _rule(instance: Instance, where: Gap, check: Check, target: Target) -> Edit:
    place = where.place
    rule = f"{check} {target.spec}"
    if not where.empty:
        default = None if place.is_set else place.default
        below, number = where.before or (None, 0)
        return InsertRule(place.target, place.name, place.service, rule, 0, default, below, number)
    value = ", ".join([*_own_people(instance), rule])
    if not place.service:
        return SetParameter(instance.main, place.name, value, "" if place.is_set else None)
    return SetServiceOption(instance.master, place.service, place.name, value, "")


def _own_people(instance: Instance) -> list[str]:
    """What stands first in a list that is new, so that it holds for strangers only."""
    logged_in = outside(instance).yes("smtpd_sasl_auth_enable")
    return ["permit_mynetworks", *(["permit_sasl_authenticated"] if logged_in else [])]
