"""main.cf as a whole: names defined twice, the compatibility level, soft_bounce."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import Finding
from mailtui.edits.duplicates import DropDuplicates
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import RemoveServiceOption
from mailtui.text.safe import safe

NEWEST = (3, 6)
"""The highest compatibility level there is (COMPATIBILITY_README)."""


def findings(case: Case) -> Iterator[Finding]:
    """Of main.cf; soft_bounce of each service too."""
    yield from _duplicates(case)
    yield from _level(case)
    yield from _soft(case)


def _duplicates(case: Case) -> Iterator[Finding]:
    instance = case.instance
    values = instance.parameters.values
    several = [name for name in values.definitions if len(values.main.all(name)) > 1]
    hang = ""
    if len(several) > 1 and case.setting("maillog_file"):
        hang = (
            "; with maillog_file set, postlogd itself can wait for ever at its start when there are several"
            " such warnings: postfix reload then hangs"
        )
    for name in several:
        found = values.main.all(name)
        last = found[-1]
        lost = found[:-1]
        same = all(each.value == last.value for each in lost)
        edit = DropDuplicates(instance.main, name, tuple(_text(each.value) for each in lost))
        fix, words = fixed(case.tried(Plan((edit,))), f"take line {lost[0].line} out")
        lines = ", ".join(str(each.line) for each in lost)
        yield Finding(
            "duplicate-parameter", "advice" if same and not hang else "warning",
            f"{safe(name)} is set {len(found)} times", instance.main.path, lost[0].line,
            f"the last one counts (line {last.line}); line {lines} says "
            f"{'the same' if same else 'otherwise, and does nothing'}{hang}", fix, words,
        )  # fmt: skip


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _level(case: Case) -> Iterator[Finding]:
    name = "compatibility_level"
    written = case.instance.parameters.get(name)
    level = _number(case.setting(name))
    newest = min(NEWEST, _number(case.setting("mail_version"))[:2] or NEWEST)
    if newest < NEWEST:
        newest = (2,)  # before 3.6 levels were whole numbers
    if level >= newest and written is not None:
        return
    say = ".".join(map(str, newest))
    plan = Plan((SetParameter(case.instance.main, name, say, written),))
    fix, words = fixed(case.tried(plan), f"set {name} = {say}")
    if level < (2,):
        yield Finding(
            "compatibility-level", "warning" if written is None else "advice",
            f"{name} is not set" if written is None else f"{name} = {safe(written)} is of old",
            case.instance.main.path, case.line(name),
            "Postfix keeps the defaults of 2.x and warns in the log: mynetworks_style = subnet trusts the"
            " neighbours in the network, services are chrooted where master.cf has - for chroot, and the"
            " relay list is asked after the recipient list. Set what you want to keep before you raise it",
            fix, words,
        )  # fmt: skip
    elif level < newest:
        yield Finding(
            "compatibility-level", "advice", f"{name} = {safe(written or '')} is below {say}",
            case.instance.main.path, case.line(name),
            "the recipient list is asked before the relay list, as before 3.6: its refusals are the first"
            " that strangers get to see", fix, words,
        )  # fmt: skip


def _number(text: str) -> tuple[int, ...]:
    parts: list[int] = []
    for part in text.strip().split("."):
        if not part.isdigit():
            break
        parts.append(int(part))
    return tuple(parts)


def _soft(case: Case) -> Iterator[Finding]:
    name = "soft_bounce"
    main = case.instance.main
    written = case.instance.parameters.get(name)
    why = (
        "what is refused for good is answered with a 4xx: senders try again for days, and get no error;"
        " it is meant for a day of trying out"
    )
    if written is not None and case.setting(name).lower() == "yes":
        fix, words = fixed(case.tried(Plan((ResetParameter(main, name, written),))), "take it out")
        yield Finding(
            "soft-bounce", "warning", "soft_bounce is on", main.path, case.line(name), why, fix, words
        )
    for server in case.servers:
        if not server.lists.own(name) or not server.lists.yes(name):
            continue
        service, place = server.service, server.lists.place(name)
        edit = RemoveServiceOption(place.target, service, name, case.option(service, name))
        fix, words = fixed(case.tried(Plan((edit,))), "take it out")
        yield Finding(
            "soft-bounce", "warning", f"soft_bounce is on for {service}", place.target.path, place.line, why,
            fix, words, (service,),
        )  # fmt: skip
