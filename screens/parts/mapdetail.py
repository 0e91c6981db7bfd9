"""What the detail pane, `x` and `t` say about an entry of a rewriting or routing table. For a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.postfix.addresses import quote
from mailtui.postfix.aliases import AliasRow
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapchecks import check_map_entry
from mailtui.postfix.mapkeys import asked, example
from mailtui.postfix.mapkinds import MAP_KINDS
from mailtui.postfix.maptry import Tried, try_address
from mailtui.postfix.mapwords import told, without
from mailtui.postfix.resolver import Resolver
from mailtui.screens.parts.aliasdetail import way
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.text import Spans
from mailtui.screens.parts.typedlines import SIGNS

if TYPE_CHECKING:
    from mailtui.postfix.accessuses import AccessRules


def said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def words(after: Instance, row: AliasRow) -> list[Spans]:
    """What the entry does to mail, who asks for it, and what is wrong with it. Raises InstanceError."""
    kind = row.table.kind
    if kind is None or not row.enabled or row.marker == "-" or row.duplicate:
        return []
    resolver = None if kind.access is not None else Resolver(after)
    value = "".join(row.destinations)
    checked = check_map_entry(after, row.table, row.address, value, row.address, resolver)
    works = all(found.severity != "error" for found in checked)
    sentences = told(after, row.table, row.address, value, resolver) if works else []
    lines = [said("" if place else "does", text) for place, text in enumerate(sentences)]
    for found in checked:
        if found.text not in row.notes:
            sign, style = SIGNS[found.severity]
            lines.append(said("", sign + found.text, style))
    return [*lines, said("asked by", kind.asks, "dim")]


def fate_of(after: Instance, row: AliasRow) -> str:
    """What becomes of mail once the entry is gone. Raises InstanceError."""
    kind = row.table.kind
    if kind is None or not kind.follows:
        return without(row.table, row.key)
    from mailtui.postfix.resolve import fate

    address = quote(example(kind.keys, row.key, Resolver(after)))
    return f"mail to {address}: {fate(after, address)}"


def explained(after: Instance, row: AliasRow) -> list[str]:
    """All there is to say, as plain lines. Raises InstanceError."""
    kind = row.table.kind
    if kind is None:
        return []
    lines = [f"{row.address} → {''.join(row.destinations)}", ""]
    lines += ["".join(text for text, _ in line[1:]) for line in words(after, row)[:-1]]
    lines += ["", f"Asked by {kind.asks}; rules: {kind.manual}"]
    if kind.access is not None:
        return [*lines, *_access_keys(kind.access, row.address)]
    resolver = Resolver(after)
    address = example(kind.keys, row.address, resolver)
    lines += ["", f"For {quote(address)} Postfix asks {kind.parameter}, until one of these answers:"]
    lines += [f"  {key}" for key, _ in asked(kind.parameter, address, resolver)]
    if kind.follows:
        found = resolver.resolve(quote(address))
        lines += ["", f"Mail for {found.address}", *way(found)]
    return lines


def _access_keys(rules: AccessRules, key: str) -> list[str]:
    """The keys by which smtpd asks where it comes to this one."""
    from mailtui.postfix.accesskeychecks import key_problem
    from mailtui.postfix.accesskeys import asked as asked_for
    from mailtui.postfix.accesskeys import example as session_of

    if key_problem(rules.kind, rules.style, key):
        return []
    subject = session_of(rules.kind, rules.style, key)
    who = " ".join(part for part in subject if part) or rules.style.null_key
    keys = dict.fromkeys(each for each, _ in asked_for(rules.kind, rules.style, subject) if each)
    return ["", f"For {who} smtpd asks, until one of these answers:", *(f"  {each}" for each in keys)]


def tried(instance: Instance, parameter: str, text: str) -> list[str]:
    """An address tried on the live tables, as plain lines. Raises InstanceError."""
    found = try_address(instance, parameter, text)
    lines = [f"Asked of the live tables by postmap -q, for {quote(found.address)}:", ""]
    wide = min(max((len(one.key) for one in found.answers), default=0), 40)
    for one in found.answers:
        answer = f"→ {one.value}" if one.value is not None else "–"
        lines.append(f"  {one.key:<{wide}}  {one.table}  {answer}")
    return [*lines, "", _outcome(found, parameter)]


def _outcome(found: Tried, parameter: str) -> str:
    if found.found is None:
        return f"No answer: {parameter} does nothing to {quote(found.address)}. What is staged is not asked."
    manual = MAP_KINDS[parameter].manual if parameter in MAP_KINDS else "the first answer counts"
    return f"{found.found.key} answers ({manual}); nothing further is asked."
