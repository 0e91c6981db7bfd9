"""Parameters that name somebody who leaves; and tables in which nobody can edit one entry: patterns, and what
is kept elsewhere. Those are told of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from mailtui.edits.items import RemoveItem
from mailtui.edits.leavingplaces import Choice, Place, Way
from mailtui.edits.leavingtables import ACCESS, ROLES
from mailtui.edits.leavingwho import ALIASES, Hunt
from mailtui.edits.model import Edit
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.edits.services import RemoveServiceOption, SetServiceOption
from mailtui.postfix import patternask
from mailtui.postfix.accessuses import access_lookup, access_uses
from mailtui.postfix.addresses import split
from mailtui.postfix.files import problem_words
from mailtui.postfix.lookups import PATTERNS, Lookup
from mailtui.postfix.services import services
from mailtui.text.safe import decode, encode, safe

ADDRESSES = {
    "always_bcc": "a copy of all mail",
    "luser_relay": "mail for local names that nobody has",
    "2bounce_notice_recipient": "notices of bounces that cannot be delivered",
    "bounce_notice_recipient": "copies of bounces for the postmaster",
    "delay_notice_recipient": "copies of delay warnings for the postmaster",
    "error_notice_recipient": "notices of errors of resources, software and policy",
    "empty_address_recipient": "mail for the empty address <>",
}
"""Parameters of one address, and what is sent there."""
USERS = {
    "authorized_submit_users": "may submit mail by sendmail(1)",
    "authorized_flush_users": "may flush the queue",
    "authorized_mailq_users": "may look at the queue",
    "authorized_verp_clients": "may ask for VERP",
}
"""Parameters that list users of this machine."""
CHECKS = ("header_checks", "mime_header_checks", "nested_header_checks", "body_checks", "smtp_header_checks",
          "milter_header_checks")  # fmt: skip


def parameter_places(hunt: Hunt) -> Iterator[Place]:
    """Every parameter, in main.cf or of one service, whose value is one of their addresses."""
    instance = hunt.instance
    for name, what in ADDRESSES.items():
        value = instance.parameters.get(name)
        if value is not None and _is_theirs(hunt, instance.parameters.expanded(name)):
            to = hunt.wish.to("parameter", name, instance.main.path, None)
            definition = instance.parameters.definition(name)
            ways = _ways(
                to, SetParameter(instance.main, name, to, value), ResetParameter(instance.main, name, value),
                instance.parameters.default(name) or "",
            )  # fmt: skip
            line = definition.line if definition is not None else None
            place = Place("parameter", name, what, safe(value), "", instance.main.path, line, ways)
            yield _settled(hunt, place, to)
    for row in services(instance):
        for option in row.options if row.counts else ():
            if (
                option.name in ADDRESSES
                and option.counts
                and option.enabled
                and _is_theirs(hunt, option.value)
            ):
                key = f"{row.service} {option.name}"
                to = hunt.wish.to("parameter", key, instance.master.path, option.line)
                target, was = instance.master, option.value
                ways = _ways(
                    to, SetServiceOption(target, row.service, option.name, to, was),
                    RemoveServiceOption(target, row.service, option.name, was), f"main.cf's {option.name}",
                )  # fmt: skip
                what = f"{ADDRESSES[option.name]}, for {row.service}"
                place = Place("parameter", key, what, safe(was), "", target.path, option.line, ways)
                yield _settled(hunt, place, to)
    yield from _users(hunt)


def _is_theirs(hunt: Hunt, value: str) -> bool:
    return len(value.split()) == 1 and "$" not in value and hunt.theirs(value.strip())


def _ways(to: str, setting: Edit, resetting: Edit, default: str) -> dict[Choice, Way]:
    ways: dict[Choice, Way] = {}
    if to:
        ways["forward"] = Way((setting,), f"it goes to {safe(to)}")
    ways["remove"] = Way((resetting,), f"by default: {safe(default) or 'nowhere'}")
    ways["keep"] = Way((), "it goes on to an address that is no more")
    return ways


def _settled(hunt: Hunt, place: Place, to: str) -> Place:
    return hunt.wish.settled(replace(place, default="forward" if to else "remove"))


def _users(hunt: Hunt) -> Iterator[Place]:
    instance = hunt.instance
    for name, what in USERS.items():
        for item, line in instance.parameters.items(name):
            if item in hunt.own:
                edit = RemoveItem(instance.main, name, item, _below(hunt, name, item))
                ways: dict[Choice, Way] = {
                    "remove": Way((edit,), f"{safe(item)} {what} no more"),
                    "keep": Way((), f"{safe(item)} {what}, as long as there is such a user"),
                }
                yield hunt.wish.settled(
                    Place("parameter", name, what, safe(item), "", instance.main.path, line, ways, "remove")
                )


def _below(hunt: Hunt, name: str, item: str) -> str | None:
    """The item after it, for undo."""
    names = [text for text, _ in hunt.instance.parameters.items(name)]
    at = names.index(item) + 1
    return names[at] if at < len(names) else None


# What only somebody else, or somebody with an editor, can change


def other_places(hunt: Hunt) -> Iterator[Place]:
    """Patterns that match their address or name it, and tables elsewhere that know it."""
    done: set[str] = set()
    for lookup in _every(hunt):
        if lookup.target is not None or lookup.error or lookup.spec in done:
            continue
        done.add(lookup.spec)
        if lookup.type in PATTERNS and lookup.has_file:
            yield from _patterns(hunt, lookup)
        elif lookup.type != "cidr" and not (lookup.type == "static" or lookup.path == "passwd.byname"):
            yield from _elsewhere(hunt, lookup)


def _every(hunt: Hunt) -> Iterator[Lookup]:
    for parameter in (*ALIASES, *ROLES, *CHECKS):
        yield from hunt.lookups(parameter)
    for use in access_uses(hunt.instance):
        if use.check in ACCESS:
            yield access_lookup(hunt.instance, use.table)


def _addresses(hunt: Hunt) -> list[str]:
    return sorted({probe for place in hunt.own for probe in hunt.probes(place)})


def _patterns(hunt: Hunt, lookup: Lookup) -> Iterator[Place]:
    """The rules of a table of patterns that answer for their address, and those that name it."""
    files = hunt.instance.files
    try:
        raw = files.raw(lookup.path)
    except OSError as error:
        hunt.notes.append(problem_words(error, lookup.path, lookup.parameter))
        return
    told: set[int] = set()
    addresses = _addresses(hunt)
    if lookup.parameter not in CHECKS and lookup.type != "cidr":
        asked = [encode(address) for address in addresses]
        answers = patternask.ask(lookup, asked, files, headers=False)
        for address, hit in zip(addresses, answers.hits, strict=True):
            if hit is not None and hit.line is not None and hit.line not in told:
                told.add(hit.line)
                yield _pattern(lookup, address, hit.line, decode(hit.value), "matches their address")
    for address in addresses:
        word = re.escape(address.encode("utf-8", "surrogateescape")).replace(rb"\.", rb"\\?\.")
        for match in re.finditer(rb"^[^#\n][^\n]*?(?<![\w.+-])" + word, raw, re.IGNORECASE | re.MULTILINE):
            line = raw.count(b"\n", 0, match.end()) + 1
            if line not in told:
                told.add(line)
                text = decode(raw[match.start() :].split(b"\n", 1)[0])
                yield _pattern(lookup, address, line, text, "names them")


def _pattern(lookup: Lookup, address: str, line: int, value: str, does: str) -> Place:
    of = lookup.parameter or "a restriction"
    what = f"a rule of {of} {does}; patterns are not edited here: see to it by hand"
    return Place("pattern", address, what, safe(value), lookup.written, lookup.path, line)


def _elsewhere(hunt: Hunt, lookup: Lookup) -> Iterator[Place]:
    """A table without a text: what it answers to their address."""
    keys = list(dict.fromkeys((*_addresses(hunt), *sorted(split(each)[0] for each in hunt.own))))
    for key, answer in zip(
        keys, lookup.get_many([encode(key) for key in keys], hunt.instance.files), strict=True
    ):
        if answer.problem:
            hunt.notes.append(f"{answer.problem}: whether it knows them cannot be told")
            return
        if answer.value is not None:
            what = f"is {lookup.how}: it has to be changed there ({lookup.parameter or 'a restriction'})"
            yield Place("other", key, what, safe(answer.value), lookup.written)
            return
    if lookup.type in {"inline", "unionmap", "pipemap"} and any(
        re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", lookup.path, re.IGNORECASE)
        for address in _addresses(hunt)
    ):
        yield Place("other", lookup.written, f"names them: {lookup.how}", safe(lookup.path), lookup.written)
