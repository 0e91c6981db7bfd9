"""mynetworks: what Postfix cannot read in it, and what is wider than anybody means."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.leaks import is_world
from mailtui.doctor.model import Finding
from mailtui.edits.items import AddItem, RemoveItem
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.lookups import parse_map
from mailtui.text.safe import safe

WIDEST_V4, WIDEST_V6 = 16, 32
"""Public networks wider than this belong to many: a provider's whole allocation."""

_TOLD = 3
"""Names that are told of one by one."""

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def findings(case: Case) -> Iterator[Finding]:
    """Of main.cf's mynetworks, and of mynetworks_style where it is not set."""
    instance = case.instance
    try:
        items = instance.parameters.items("mynetworks")
    except InstanceError:
        return  # case.unread has it
    if instance.parameters.get("mynetworks") is None:
        yield from _style(case)
    yield from _odd(case, items)
    for text, line in items:
        bare = text.lstrip("!")
        yield from _unreadable(case, text, bare, line)
        if bare == text:
            yield from _wide(case, text, line)
            yield from _values(case, text)


def _style(case: Case) -> Iterator[Finding]:
    style = case.setting("mynetworks_style").lower()
    if style != "class":
        return
    was = case.instance.parameters.get("mynetworks_style")
    plan = None
    if was is not None:
        plan = case.tried(Plan((SetParameter(case.instance.main, "mynetworks_style", "host", was),)))
    fix, words = fixed(plan, "set mynetworks_style = host, or mynetworks itself")
    yield Finding(
        "networks-by-class", "error", "mynetworks_style = class trusts whole class A, B or C networks",
        case.instance.main.path, case.line("mynetworks_style"),
        "the clients of the whole A, B or C network of each interface may send anywhere: strangers among"
        " them", fix, words,
    )  # fmt: skip


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


def _exchange(case: Case, text: str, new: str) -> Plan | None:
    """One item of mynetworks in the place of another."""
    main = case.instance.main
    written = [item for item, _ in case.instance.parameters.items("mynetworks")]
    at = written.index(text)
    below = written[at + 1] if at + 1 < len(written) else None
    if new in written:
        return case.tried(Plan((RemoveItem(main, "mynetworks", text, below),)))
    # the new one first: a list is never left empty
    return case.tried(
        Plan((AddItem(main, "mynetworks", new, text), RemoveItem(main, "mynetworks", text, below)))
    )


def _unreadable(case: Case, text: str, bare: str, line: int) -> Iterator[Finding]:
    file = case.instance.main.path
    mark = text[: len(text) - len(bare)]
    found = _network(bare)
    if found is None or "$" in bare or ("/" in bare and bare.startswith("/")):
        return
    address, slash, length = bare.partition("/")
    if found.version == 6 and not bare.startswith("["):
        right = f"{mark}[{address}]{slash}{length}"
        fix, words = fixed(_exchange(case, text, right), f"write {right}")
        yield Finding(
            "network-brackets", "error", f"mynetworks: {text} is read as a table, not as a network", file,
            line, "an IPv6 network stands in [ ]; Postfix takes what is before the first colon for a type of"
            " table, and answers 451 to everybody whom no earlier item decides on", fix, words,
        )  # fmt: skip
        return
    host = ipaddress.ip_address(address.strip("[]"))
    if slash and found.network_address != host:
        net = f"[{found.network_address}]/{length}" if found.version == 6 else str(found)
        fix, words = fixed(_exchange(case, text, mark + net), f"write {net}")
        yield Finding(
            "network-host-bits", "error", f"mynetworks: {text} is no network", file, line,
            "bits of the address stand behind its length; Postfix refuses such an item, and answers 451 to"
            " everybody whom no earlier item decides on", fix, words,
        )  # fmt: skip


def _odd(case: Case, items: Sequence[tuple[str, int]]) -> Iterator[Finding]:
    """What is neither an address nor a table is compared with the client's name."""
    comment = next((at for at, (text, _) in enumerate(items) if text.startswith("#")), None)
    names: list[tuple[str, int]] = []
    for text, line in items if comment is None else items[:comment]:
        bare = text.lstrip("!")
        if _network(bare) is not None or not bare or any(mark in bare for mark in ":/$["):
            continue
        if bare.strip(".").replace(".", "").isdigit():
            yield _short(case, text, bare, line)
        elif bare.lower() != "localhost":  # which /etc/hosts has
            names.append((text, line))
    if names:
        told = ", ".join(safe(text) for text, _ in names[:_TOLD]) + (" …" if len(names) > _TOLD else "")
        yield Finding(
            "network-name", "advice", f"mynetworks trusts by name: {told}", case.instance.main.path,
            names[0][1],
            "Postfix compares it with the name that DNS has for the client, both ways: who is trusted is up"
            " to whoever keeps that domain, and nobody is while DNS does not answer", None,
            "write the addresses",
        )  # fmt: skip
    if comment is not None:
        yield _comment(case, items, comment)


def _short(case: Case, text: str, bare: str, line: int) -> Finding:
    parts = bare.strip(".").split(".")
    net = ".".join([*parts, "0", "0", "0"][:4]) + f"/{8 * len(parts)}"
    plan = _exchange(case, text, text[: len(text) - len(bare)] + net) if len(parts) < 4 else None
    fix, words = fixed(plan, "write the whole network, as 192.0.2.0/24")
    return Finding(
        "network-short", "warning", f"mynetworks: {safe(text)} is no network", case.instance.main.path, line,
        "Postfix takes it for a host name, which no client has: nobody is trusted by it", fix, words,
    )  # fmt: skip


def _comment(case: Case, items: Sequence[tuple[str, int]], at: int) -> Finding:
    """A `#` within the value, and the words behind it on its line."""
    line = items[at][1]
    end = next((n for n in range(at, len(items)) if items[n][1] != line), len(items))
    texts = [text for text, _ in items]
    left = (*texts[:at], *texts[end:])
    plan = None
    if left:
        plan = case.tried(Plan((SetParameter(case.instance.main, "mynetworks", left, tuple(texts)),)))
    fix, words = fixed(plan, "put the comment on a line of its own")
    return Finding(
        "inline-comment", "warning", f"mynetworks: “{safe(' '.join(texts[at:end]), 60)}” is no comment",
        case.instance.main.path, line,
        "a comment is a whole line that begins with #; within a value its words are taken for names of"
        " clients that are trusted", fix, words,
    )  # fmt: skip


def _wide(case: Case, text: str, line: int) -> Iterator[Finding]:
    found = _network(text)
    if found is None or is_world(text) or not found.is_global:
        return
    widest = WIDEST_V4 if found.version == 4 else WIDEST_V6
    if found.prefixlen >= widest:
        return
    yield Finding(
        "network-wide", "warning", f"mynetworks: {text} holds {found.num_addresses:,} public addresses",
        case.instance.main.path, line,
        "every client in it may send anywhere through this server; hardly all of them are yours", None,
        "mailtui cannot know which of them are yours: write those instead",
    )  # fmt: skip


def _values(case: Case, text: str) -> Iterator[Finding]:
    """A table of mynetworks is asked whether it has a client: what it says of it does not count."""
    if ":" not in text or text.startswith("["):
        return
    table = parse_map(case.instance.parameters.expand_text(text), "mynetworks", case.instance.config_dir)
    rows = case.texts.patterns(table) if table.type == "cidr" else case.texts.where(table, _REFUSING)
    for row in rows:
        if row.word in {"REJECT", "NO", "FALSE", "DEFER", "DENY", "DUNNO"}:
            yield Finding(
                "network-value", "error", f"{row.key} {row.value}: it is trusted all the same",
                table.path, row.line,
                "mynetworks asks only whether a client is in the table; what stands behind it does not count",
                None, "take the row out, or write it as !address before the table",
            )  # fmt: skip


_REFUSING = rb"(?:REJECT|NO|FALSE|DEFER|DENY|DUNNO)\b.*"
