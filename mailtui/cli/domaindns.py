"""`mailtui domain dns`: what the world sees of domains, what is wrong with it, and what to publish."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mailtui.cli.context import Context, failed
from mailtui.cli.output import DONE, REFUSED, USAGE, Failed, note, write, write_json
from mailtui.postfix.errors import InstanceError

if TYPE_CHECKING:
    from mailtui.dns.facts import Facts, Key
    from mailtui.dns.part import DomainDns, Node, Part


def show_dns(context: Context, options: argparse.Namespace) -> int:
    """Ask, show, and keep what was learnt for `mailtui doctor` and the console."""
    from mailtui.apply.domaindns import asked_names, facts, keep
    from mailtui.dns.facts import Key
    from mailtui.dns.world import LIMIT, look_at_many

    if options.timeout is not None and not options.timeout > 0:
        raise Failed("--timeout wants a number of seconds above 0", do="as --timeout 5", code=USAGE)
    wanted = options.name or _all(context)
    about = facts(context.instance, wanted)
    if options.selector:
        about = _with(about, {name: [Key(each, name) for each in options.selector] for name in wanted})
    found: list[DomainDns] = []
    names = asked_names(options.timeout)
    for each in look_at_many(wanted, about, names, limit=options.timeout or LIMIT):
        found.append(each)
        if not context.json and len(wanted) > 1:
            _write(each)
    if not context.json and len(wanted) == 1:
        _write(found[0])
    problem = keep(context.instance, found)
    if problem:
        note(f"note: the answers are not kept: {problem}")
    found.sort(key=lambda each: wanted.index(each.domain))
    if context.json:
        told = [each.as_json() for each in found]
        write_json(told[0] if len(options.name) == 1 else told)
    return REFUSED if found and all(_unanswered(each) for each in found) else DONE


def _all(context: Context) -> Sequence[str]:
    from mailtui.postfix.domainlist import domain_list

    try:
        rows = domain_list(context.instance, context.instance).rows()
        return list(dict.fromkeys(row.domain for row in rows if row.in_dns and row.domain_class != "default"))
    except InstanceError as error:
        raise failed(error) from None


def _with(about: Facts, keys: dict[str, list[Key]]) -> Facts:
    from dataclasses import replace

    return replace(about, keys={name.rstrip(".").lower(): found for name, found in keys.items()})


def _unanswered(found: DomainDns) -> bool:
    """Whether DNS said nothing about the domain itself."""
    return all(part.state == "unknown" for label, part in found.parts() if label != "this host")


def _write(found: DomainDns) -> None:
    from mailtui.text.safe import safe

    write(safe(found.domain))
    wide = max(len(label) for label, _ in found.parts())
    for label, part in found.parts():
        write(f"  {label:<{wide}}  {part.state:<7}  {part.record}".rstrip())
        for line in _more(part):
            write(f"  {'':<{wide}}  {line}")


def _more(part: Part) -> Iterator[str]:
    if part.lookups is not None and part.lookups:
        yield f"{part.lookups} of 10 lookups, {part.voids} of them without an answer"
        for node in part.tree:
            yield from _branch(node, 1)
    for text in part.problems:
        yield f"- {text}"
    if part.proposed:
        yield f"publish: {part.name}. {part.kind} {part.proposed}"


def _branch(node: Node, depth: int) -> Iterator[str]:
    problem = f": {node.problem}" if node.problem else ""
    yield f"{'  ' * depth}{node.lookups:>2}  {node.term}{problem}"
    for each in node.below:
        yield from _branch(each, depth + 1)
