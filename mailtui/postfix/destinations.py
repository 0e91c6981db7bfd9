"""Checks of an alias's destinations: can each be written, is it allowed there, does mail arrive."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.formats.addresses import is_one
from mailtui.postfix.addresses import complete, fold, quote, recipient, split, strip_extension
from mailtui.postfix.aliasrows import item_kind
from mailtui.postfix.entrychecks import EntryWarning, Proposed, Severity
from mailtui.postfix.resolution import Resolution
from mailtui.postfix.syntax import address_problem, domain_problem
from mailtui.text.safe import encode, safe


def check_destinations(alias: Proposed) -> Iterator[EntryWarning]:
    """What to say about each destination, and about circles that the alias would close."""
    if not any(alias.destinations):
        yield EntryWarning("destination", "an alias needs at least one destination", "error", 0)
    seen: set[str] = set()
    for index, item in enumerate(alias.destinations):
        if not item:
            continue
        if fold(item) in seen:
            yield EntryWarning("destination", "is named twice; mail is delivered once", "advice", index)
        seen.add(fold(item))
        yield from _destination(alias, item, index)
    yield from _loops(alias)


def _destination(alias: Proposed, item: str, index: int) -> Iterator[EntryWarning]:
    kind = item_kind(item)
    problem = ""
    if not is_one(encode(item)):
        problem = "blanks and commas separate destinations; put the whole in quotes"
        if kind == "command":
            problem = f'blanks separate destinations; write "{safe(item)}" in quotes'
    elif kind != "plain" and alias.is_virtual:
        problem = "bounces: works only in alias_maps"
    elif kind == "include":
        problem = _include_problem(alias, recipient(item)[len(":include:") :])
    elif kind != "plain":
        allowed = alias.instance.parameters.effective(f"allow_mail_to_{kind}s").replace(",", " ").split()
        problem = "" if "alias" in allowed else f"bounces: allow_mail_to_{kind}s does not hold alias"
    else:
        problem = _address_problem(alias, quote(recipient(item)) if "<" in item else item)
        if not problem:
            yield from _dead_end(alias, recipient(item), index)
    if problem:
        yield EntryWarning("destination", problem, "error", index)


def _include_problem(alias: Proposed, path: str) -> str:
    if not path.startswith("/"):
        return "bounces: an :include: list needs its full path"
    try:
        alias.instance.files.raw(path)
    except PermissionError:  # whoever runs this may not read it, local(8) may
        return ""
    except OSError as error:
        return f"bounces: {safe(path)} cannot be read ({error.strerror or error})"
    return ""


def _address_problem(alias: Proposed, text: str) -> str:
    if not text.startswith("@"):
        return address_problem(text.removeprefix("\\"))
    if alias.is_virtual:
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
