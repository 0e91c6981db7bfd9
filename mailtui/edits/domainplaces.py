"""Where a domain is put into the lists of its class, and how it is taken out of them: the layout stays."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.edits.domainitems import means, out_of_list
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.items import AddItem, RemoveItem
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.domainkeys import bare_keys, index_at
from mailtui.postfix.domains import CLASS_PARAMETERS, DomainClass
from mailtui.postfix.files import entries
from mailtui.postfix.hosted import Hosted, Place
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import parse_map, split_list
from mailtui.text.safe import decode, encode

PARAMETER = dict(CLASS_PARAMETERS)
PRESENT = "OK"
"""What a table that only lists domains says of each: Postfix looks at the keys alone."""


def take_in(instance: Instance, hosted: Hosted, domain: str, kind: DomainClass) -> Plan:
    """The edits that put a domain into the list of a class: into the table or file that the list names, else
    into the list itself. Raises ParameterError."""
    parameter, parameters = PARAMETER[kind], instance.parameters
    is_set = parameters.definition(parameter) is not None
    for target in _containers(instance, hosted, kind):
        if target.format == "list":
            return Plan((AddItem(target, "", domain),))
        value = _habit(instance, target)
        return Plan((SetEntry(target, domain, value),), _by_default(parameter) if not is_set else ())
    if is_set:
        return Plan((AddItem(instance.main, parameter, domain),))
    standing = _default_items(instance, parameter)
    value = ", ".join([*standing, domain])
    says: tuple[str, ...] = ()
    if standing:
        says = (f"{parameter} was not set: what it holds by default ({', '.join(standing)}) stays in it",)
    elif kind in {"virtual-alias", "virtual-mailbox"}:
        maps = parameter.replace("domains", "maps")
        says = (
            f"{parameter} is set now: a domain that stands as a bare key in {maps} no longer counts by that",
        )
    return Plan((SetParameter(instance.main, parameter, value),), says)


def _by_default(parameter: str) -> tuple[str, ...]:
    maps = parameter.replace("domains", "maps")
    return (
        f"{parameter} is not set: the bare domain as a key of {maps} makes it one, as for those there are",
    )


def _default_items(instance: Instance, parameter: str) -> list[str]:
    """What a list that is not set holds by default and must go on holding, as one would write it."""
    if parameter == "mydestination":
        return split_list(instance.parameters.default(parameter) or "")
    if parameter == "relay_domains" and instance.parameters.effective(parameter):
        return ["$mydestination"]  # compatibility_level below 2
    return []


def _containers(instance: Instance, hosted: Hosted, kind: DomainClass) -> Iterator[Target]:
    """The files that hold this class's domains, that with most of them first. A table of addresses is one
    only where it has domains among its keys, or where nothing shows whether it has."""
    parameter = PARAMETER[kind]
    found: dict[Target, int] = {}
    listed = hosted.classes[kind]
    addresses = {lookup.spec for lookup in (*hosted.alias_maps, *hosted.mailbox_maps)}
    for text in split_list(instance.parameters.expanded(parameter)):
        if text.startswith("/"):
            found[Target("list", text)] = sum(place.source == text for place in listed.found.values())
        elif ":" in text and not text.startswith(("[", "!")):
            table = parse_map(text, parameter, instance.config_dir, instance.alias_paths)
            count = sum(place.source == text for place in listed.found.values())
            if table.target is not None and (count or table.spec not in addresses or listed.unlisted):
                found[table.target] = count
    yield from sorted(found, key=lambda target: -found[target])


def _habit(instance: Instance, target: Target) -> str:
    """The value of the last domain in a table, which says how they are written there."""
    try:
        document = entries(instance.files, target)
    except OSError:  # the first entry makes it
        return PRESENT
    offsets = list(bare_keys(document).values())
    index = index_at(document, offsets[-1]) if offsets else None
    return PRESENT if index is None else decode(document.entry(index).value)


def take_out(instance: Instance, hosted: Hosted, domain: str, kind: DomainClass) -> Plan:
    """The edits that take a domain out of every place of a class. Raises ParameterError and OSError."""
    listed = hosted.classes[kind]
    edits: list[Edit] = []
    says: dict[str, None] = {}
    for place in [listed.found[domain], *listed.again.get(domain, ())]:
        plan = _out_of(instance, domain, place)
        if plan.refused:
            return plan
        edits += [edit for edit in plan.edits if edit not in edits]
        says.update(dict.fromkeys(plan.says))
    return Plan(tuple(edits), tuple(says))


def _out_of(instance: Instance, domain: str, place: Place) -> Plan:
    if place.table is not None and place.table.target is not None:
        target = place.table.target
        document = entries(instance.files, target)
        index = document.find(encode(domain))
        if index is None:
            return Plan()
        entry = document.entry(index)
        return Plan((RemoveEntry(target, decode(entry.key), decode(entry.value)),))
    if place.file is None:
        return _out_of_default(instance, domain, place)
    if place.file != instance.parameters.file:
        return Plan((RemoveItem(Target("list", place.file), "", domain),))
    return out_of_list(instance, place.parameter, domain)


def _out_of_default(instance: Instance, domain: str, place: Place) -> Plan:
    if place.parameter != "mydestination":
        return Plan()  # relay_domains' default is mydestination: gone from there it is gone here
    items = split_list(instance.parameters.default(place.parameter) or "")
    kept = [item for item in items if means(instance, item) != [domain]]
    return Plan((SetParameter(instance.main, place.parameter, ", ".join(kept)),))
