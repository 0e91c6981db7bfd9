"""A domain out of a list of main.cf, be it there by its own name or by a `$name` that holds several."""

from __future__ import annotations

import re

from mailtui.edits.items import AddItem, RemoveItem
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.paramlist import users
from mailtui.text.safe import safe

_NAMED = re.compile(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))")


def means(instance: Instance, written: str) -> list[str]:
    """The items that a written one stands for, folded."""
    try:
        return [item.casefold() for item in split_list(instance.parameters.expand_text(written))]
    except ParameterError:  # a piece of a macro that spans items
        return []


def out_of_list(instance: Instance, parameter: str, domain: str) -> Plan:
    """The edits that take a domain (folded) out of a list of main.cf.

    A `$name` of the admin's own that serves this list alone loses the domain; in place of any other
    `$name` its items are written here, without the domain: whoever else uses it goes on as before.
    """
    written = [text for text, _ in instance.parameters.items(parameter)]
    mine = [text for text in dict.fromkeys(written) if domain in means(instance, text)]
    edits: list[Edit] = []
    says: list[str] = []
    for text in mine:
        alone = means(instance, text) == [domain]
        name = "" if alone else _name_of(text)
        if not alone and not name:
            return Plan(refused=_by_hand(instance, parameter, text, domain))
        others = [user for user in _users(instance, name) if user != parameter] if name else []
        if name and not others and _is_own(instance, name):
            inner = out_of_list(instance, name, domain)
            if inner.refused:
                return inner
            edits += inner.edits
            says += inner.says
            continue
        if name:
            kept = _spelled(instance, name, domain)
            if kept is None:
                return Plan(refused=_by_hand(instance, parameter, text, domain))
            edits += [AddItem(instance.main, parameter, item, text) for item in kept if item not in written]
            says.append(_spelled_words(parameter, text, kept, others))
        below = [other for other in written[written.index(text) + 1 :] if other not in mine]
        edits.append(RemoveItem(instance.main, parameter, text, below[0] if below else None))
    return Plan(tuple(edits), tuple(says))


def _name_of(text: str) -> str:
    """The parameter that an item is, and nothing else; empty where it is more than a `$name`."""
    found = _NAMED.fullmatch(text)
    return "" if found is None else next(name for name in found.groups() if name)


def _is_own(instance: Instance, name: str) -> bool:
    """Whether a name is the admin's own, and set."""
    parameters = instance.parameters
    return parameters.default(name) is None and parameters.get(name) is not None


def _users(instance: Instance, name: str) -> tuple[str, ...]:
    return users(instance.parameters.values).get(name, ())


def _spelled(instance: Instance, name: str, domain: str) -> list[str] | None:
    """The items of a parameter as they are written, without the domain; None where it cannot be told from
    the others."""
    parameters = instance.parameters
    set_now = parameters.get(name) is not None
    standing = (
        [text for text, _ in parameters.items(name)]
        if set_now
        else split_list(parameters.default(name) or "")
    )
    kept: list[str] = []
    for text in standing:
        stands_for = means(instance, text)
        if domain not in stands_for:
            kept.append(text)
        elif stands_for != [domain]:
            inner = _spelled(instance, _name_of(text), domain) if _name_of(text) else None
            if inner is None:
                return None
            kept += inner
    return list(dict.fromkeys(kept))


def _spelled_words(parameter: str, text: str, kept: list[str], others: list[str]) -> str:
    why = f", which {' and '.join(others[:3])} {'uses' if len(others) == 1 else 'use'} too" if others else ""
    instead = f"{', '.join(kept)} in its place" if kept else "nothing in its place"
    return safe(f"{parameter} no longer names {text}{why}: {instead}")


def _by_hand(instance: Instance, parameter: str, text: str, domain: str) -> str:
    """Why it is not done, and the very edit that does it."""
    rest = [item for item in means(instance, text) if item != domain]
    line = next((line for item, line in instance.parameters.items(parameter) if item == text), None)
    place = instance.parameters.file + ("" if line is None else f":{line}")
    do = f"write {', '.join(rest)} instead of {text}" if rest else f"take {text} out"
    return safe(f"{domain} stands in {parameter} by {text} ({place}): {do} there, then it is gone")
