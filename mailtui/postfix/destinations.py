"""Checks of an alias's destinations: can each be written, is it allowed there, does mail arrive."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.formats.addresses import is_one
from mailtui.postfix.addresses import complete, fold, quote, recipient, split, strip_extension
from mailtui.postfix.aliasrows import item_kind
from mailtui.postfix.entrychecks import EntryWarning, Proposed, Severity
from mailtui.postfix.instance import Instance
from mailtui.postfix.resolution import Resolution
from mailtui.postfix.syntax import address_problem, domain_problem
from mailtui.text.safe import encode, safe

_FEW = 3
"""Destinations for which asking ahead saves nothing."""
_ASKED_FOR_EACH = ("virtual_alias_maps", "transport_maps")
"""What every address is looked up in, whatever becomes of it."""


def check_destinations(alias: Proposed) -> Iterator[EntryWarning]:
    """What to say about each destination, and about circles that the alias would close."""
    if not any(alias.destinations):
        yield EntryWarning("destination", "an alias needs at least one destination", "error", 0)
    _ask_ahead(alias)
    seen: set[str] = set()
    for index, item in enumerate(alias.destinations):
        if not item:
            continue
        if fold(item) in seen:
            yield EntryWarning("destination", "is named twice; mail is delivered once", "advice", index)
        seen.add(fold(item))
        yield from _destination(alias, item, index)
    yield from _loops(alias)


def _ask_ahead(alias: Proposed) -> None:
    """Let pattern tables answer for all destinations in one run of postmap, not in one for each."""
    wanted = [recipient(item) for item in alias.destinations if item and item_kind(item) == "plain"]
    if len(wanted) < _FEW:
        return
    addresses = [complete(text, alias.rules) for text in wanted]
    keys = list(dict.fromkeys(form for each in addresses for form in (quote(each), each)))
    for parameter in _ASKED_FOR_EACH:
        alias.before.maps(parameter).ask_ahead(keys)


def _destination(alias: Proposed, item: str, index: int) -> Iterator[EntryWarning]:
    problem = item_problem(alias.instance, item, virtual=alias.is_virtual)
    if problem:
        yield EntryWarning("destination", problem, "error", index)
    elif item_kind(item) == "plain":
        yield from _dead_end(alias, recipient(item), index)


def item_problem(instance: Instance, item: str, *, virtual: bool) -> str:
    """Why a destination cannot be written so, or is not allowed; empty where it is. Raises ParameterError."""
    kind = item_kind(item)
    problem = ""
    if not is_one(encode(item)):
        problem = "blanks and commas separate destinations; put the whole in quotes"
        if kind == "command":
            problem = f'blanks separate destinations; write "{safe(item)}" in quotes'
    elif kind != "plain" and virtual:
        problem = "bounces: works only in alias_maps"
    elif kind == "include":
        problem = _include_problem(instance, recipient(item)[len(":include:") :])
    elif kind != "plain":
        allowed = instance.parameters.effective(f"allow_mail_to_{kind}s").replace(",", " ").split()
        problem = "" if "alias" in allowed else f"bounces: allow_mail_to_{kind}s does not hold alias"
    else:
        problem = _address_problem(quote(recipient(item)) if "<" in item else item, virtual=virtual)
    return problem


def _include_problem(instance: Instance, path: str) -> str:
    if not path.startswith("/"):
        return "bounces: an :include: list needs its full path"
    try:
        instance.files.raw(path)
    except PermissionError:  # whoever runs this may not read it, local(8) may
        return ""
    except OSError as error:
        return f"bounces: {safe(path)} cannot be read ({error.strerror or error})"
    return ""


def _address_problem(text: str, *, virtual: bool) -> str:
    if not text.startswith("@"):
        return address_problem(text.removeprefix("\\"))
    if virtual:
        return domain_problem(text[1:])
    return "@domain as a destination works only in virtual_alias_maps"


def _dead_end(alias: Proposed, text: str, index: int) -> Iterator[EntryWarning]:
    """Mail that goes to a name that nobody has."""
    full = complete(text, alias.rules)
    if text.startswith("@") or fold(strip_extension(full, alias.rules)[0]) == fold(alias.whole):
        return
    found = alias.after.resolve(quote(full))
    reason = "" if found.loops else _dead(found)
    if not reason:
        return
    if found.domain_class == "local" and "unknown" in reason.lower():
        reason = f"no such local user: mail to {safe(full)} bounces"
    severity: Severity = "warning" if found.domain_class == "default" else "error"
    yield EntryWarning("destination", reason, severity, index)


def _dead(found: Resolution) -> str:
    """Why nothing of the mail arrives, empty where some does."""
    if found.why:
        return f"bounces: {safe(found.why)}"
    if found.final and all(end.how == "error" for end in found.final):
        return f"bounces: {safe(found.final[0].delivery)}"
    return ""


def _loops(alias: Proposed) -> Iterator[EntryWarning]:
    first = [fold(complete(recipient(one), alias.rules)) for one in alias.destinations]
    for loop in alias.after.resolve(quote(alias.whole)).loops:
        names = {fold(name) for name in loop.split(" → ")}
        places = (at for at, one in enumerate(first) if one in names or split(one)[0] in names)
        yield EntryWarning(
            "destination", f"loop: {safe(loop)}; its mail bounces", "error", next(places, None)
        )
