"""The edits by which a mailbox gets its owner: in a table of virtual_uid_maps or virtual_gid_maps."""

from __future__ import annotations

import os

from mailtui.edits.entries import RemoveEntry, SetEntry, current
from mailtui.edits.items import AddItem
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.formats.target import Target
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxids import GIDS, UIDS

_FILES = {UIDS: "vmailbox_uids", GIDS: "vmailbox_gids"}


def owner_edits(
    instance: Instance, address: str, uid: int | None, gid: int | None, now: tuple[int | None, int | None]
) -> list[Edit]:
    """What must be edited so that the address has this owner; None for one that stays. `now`: the owner that
    the maps give it. Raises ParameterError, and OSError for a table that cannot be read."""
    edits: list[Edit] = []
    for parameter, wanted, standing in ((UIDS, uid, now[0]), (GIDS, gid, now[1])):
        if wanted is not None and wanted != standing:
            edits += _set(instance, parameter, address, str(wanted))
    return edits


def _set(instance: Instance, parameter: str, address: str, number: str) -> list[Edit]:
    """The entry in the first table of texts that comes before any answer for all; where there is none a new
    one is put in front. Where nothing is set yet, one number for all."""
    lookups = instance.lookups(parameter)
    if not lookups:
        was = instance.parameters.get(parameter)
        return [SetParameter(instance.main, parameter, f"static:{number}", was)]
    for lookup in lookups:
        if lookup.target is not None:
            return [_entry(instance, lookup.target, address, number)]
        if lookup.type == "static":
            break
    kind = instance.parameters.effective("default_database_type")
    target = Target("table", os.path.join(instance.config_dir, _FILES[parameter]), kind)
    return [
        _entry(instance, target, address, number),
        _named(instance, parameter, target.spec, lookups[0].written),
    ]


def _named(instance: Instance, parameter: str, spec: str, first: str) -> Edit:
    """The table put before the first one of the parameter, which may stand there by a `$name` only."""
    if first in (item for item, _ in instance.parameters.items(parameter)):
        return AddItem(instance.main, parameter, spec, first)
    was = instance.parameters.get(parameter)
    standing = was if was is not None else instance.parameters.default(parameter) or ""
    return SetParameter(instance.main, parameter, f"{spec} {standing}", was)


def _entry(instance: Instance, target: Target, address: str, number: str) -> SetEntry:
    try:
        was = current(entries(instance.files, target), address, "")
    except FileNotFoundError:
        was = None
    return SetEntry(target, address, number, was)


def ownerless_edits(instance: Instance, address: str) -> list[Edit]:
    """The removal of the address's own entries from the tables of owners. Raises as `owner_edits`."""
    edits: dict[str, Edit] = {}
    for parameter in (UIDS, GIDS):
        for lookup in instance.lookups(parameter):
            if lookup.target is None:
                continue
            try:
                was = current(entries(instance.files, lookup.target), address, "")
            except FileNotFoundError:
                continue
            if was is not None:
                edits.setdefault(lookup.target.path, RemoveEntry(lookup.target, address, was))
    return list(edits.values())
