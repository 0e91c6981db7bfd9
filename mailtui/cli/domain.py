"""`mailtui domain`: the domains that this server takes mail for."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import USAGE, Failed, columns, note, write, write_json
from mailtui.postfix.domains import CLASS_PARAMETERS, explain_domain
from mailtui.postfix.errors import InstanceError
from mailtui.text.query import Query

if TYPE_CHECKING:
    from mailtui.edits.plan import Plan
    from mailtui.postfix.domainlist import DomainRow

_NAMED, _TOLD = 5, 50
"""Domains that one warning names, and warnings that are told: there may be ten thousand domains."""
CLASSES = [kind for kind, _ in CLASS_PARAMETERS]


def parser() -> Parser:
    top = Parser(prog="mailtui domain", description="The domains that this server takes mail for.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="all domains, whatever list or table they stand in")
    one.add_argument("filter", nargs="*", metavar="FILTER", help="as / does on the screen: falcot !relay")
    one.set_defaults(call=show_list)
    one = verbs.add_parser("add", parents=[common, change], help="take mail for a domain")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--class", dest="klass", choices=CLASSES, required=True, help="what becomes of its mail")
    one.add_argument("--catch-all", default="", metavar="ADDRESS", help="who gets mail for all other names")
    one.add_argument("--postmaster", default="", metavar="ADDRESS", help="who gets postmaster's mail")
    one.add_argument("--abuse", default="", metavar="ADDRESS", help="who gets abuse's mail")
    one.add_argument("--no-roles", action="store_true", help="without entries for postmaster and abuse")
    one.add_argument("--next-hop", default="", metavar="HOST", help="the server of a relay domain")
    one.set_defaults(call=add)
    one = verbs.add_parser("change", parents=[common, change], help="put a domain into another class")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--class", dest="klass", choices=CLASSES, required=True)
    one.set_defaults(call=change_class)
    one = verbs.add_parser(
        "remove", parents=[common, change], help="take no more mail for a domain; addresses and mail stay"
    )
    one.add_argument("name", metavar="NAME")
    one.add_argument("--class", dest="klass", choices=CLASSES, help="only out of this class's list")
    one.set_defaults(call=remove)
    one = verbs.add_parser(
        "dns", parents=[common],
        help="its MX, addresses, SPF, DKIM and DMARC records: what is wrong, and what to publish",
    )  # fmt: skip
    one.add_argument("name", nargs="*", metavar="DOMAIN", help="without one: every domain of this server")
    one.add_argument("--selector", action="append", default=[], metavar="S", help="of a DKIM key")
    one.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="for the answers on one domain together"
    )
    one.set_defaults(call=dns)
    one = verbs.add_parser("settings", parents=[common], help="the settings that every domain depends on")
    one.set_defaults(call=show_settings)
    return top


def show_list(context: Context, options: argparse.Namespace) -> None:
    from mailtui.postfix.domainlist import domain_list

    try:
        found = domain_list(context.instance, context.instance)
        query = Query.parse(" ".join(options.filter))
        numbers = range(len(found)) if query.empty else [n for n in found.search(query) if n is not None]
        rows = [found.row(number) for number in numbers]
        notes = found.notes
    except InstanceError as error:
        raise failed(error) from None
    domains = [row for row in rows if row.listed and row.domain_class != "default"]
    if context.json:
        write_json([row.as_json() for row in domains])
    else:
        cells = [
            (
                row.domain, row.domain_class, row.source, _number(row.aliases, "alias", "aliases"),
                _number(row.mailboxes, "mailbox", "mailboxes"),
                f"@ → {row.catch_all}" if row.catch_all else "",
            )
            for row in domains
        ]  # fmt: skip
        for line in columns(cells):
            write(line)
    _tell(rows)
    for text in notes:
        note(f"note: {text}")


def _tell(rows: Iterable[DomainRow]) -> None:
    """What to know of domains: of several the same once, with the first few of their names."""
    about: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for text in row.warnings:
            about.setdefault(("warning" if row.listed else "note", text), []).append(row.domain)
        if not row.listed and not row.warnings:
            text = f"its domains cannot be listed: {row.why_not}"
            about.setdefault(("note", text), []).append(f"{row.domain} ({row.parameter})")
    for (level, text), names in list(about.items())[:_TOLD]:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        note(f"{level}: {', '.join(names[:_NAMED])}{more}: {text}")
    if len(about) > _TOLD:
        note(f"note: {len(about) - _TOLD:,} more of these; --json has all of them")


def _number(count: int, one: str, more: str) -> str:
    return "" if not count else f"1 {one}" if count == 1 else f"{count} {more}"


# Changing


def add(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.domainplan import plan_new

    if options.next_hop and options.klass != "relay":
        raise Failed("--next-hop is for --class relay", do="leave one of them out", code=USAGE)
    roles = (None, None) if options.no_roles else (options.postmaster, options.abuse)
    try:
        if _classes(context, options.name)[:1] == [options.klass] and not options.next_hop:
            return carry_out(context, [])
        plan = plan_new(
            context.instance, options.name, options.klass, catch_all=options.catch_all,
            postmaster=roles[0], abuse=roles[1], next_hop=options.next_hop,
        )  # fmt: skip
    except InstanceError as error:
        raise failed(error) from None
    return _carry_out(context, plan)


def change_class(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.domainplan import plan_class

    try:
        if _classes(context, options.name) == [options.klass]:
            return carry_out(context, [])
        return _carry_out(context, plan_class(context.instance, options.name, options.klass))
    except InstanceError as error:
        raise failed(error) from None


def remove(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.domainplan import plan_remove

    try:
        if not _classes(context, options.name):
            _tell_absent(context, options.name)
            return carry_out(context, [])
        return _carry_out(context, plan_remove(context.instance, options.name, options.klass))
    except InstanceError as error:
        raise failed(error) from None


def _tell_absent(context: Context, name: str) -> None:
    from mailtui.cli.nearnames import tell_absent
    from mailtui.postfix.domainlist import domain_list

    rows = domain_list(context.instance, context.instance).rows()
    tell_absent("domain", name, (row.domain for row in rows if row.listed))


def _classes(context: Context, name: str) -> list[str]:
    """The classes that take a domain, by whatever item: the one that counts first."""
    seen = explain_domain(context.instance, name)
    return [] if seen.by is None else [each.domain_class for each in (seen.by, *seen.also)]


def _carry_out(context: Context, plan: Plan) -> int:
    if plan.refused:
        raise Failed(plan.refused)
    for text in plan.says:
        note(f"note: {text}")
    return carry_out(context, plan.edits)


# Looking


def dns(context: Context, options: argparse.Namespace) -> int:
    from mailtui.cli.domaindns import show_dns

    return show_dns(context, options)


def show_settings(context: Context, _options: argparse.Namespace) -> None:
    from mailtui.postfix.basesettings import base_settings

    try:
        rows = base_settings(context.instance)
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json([row.as_json() for row in rows])
        return
    cells = [
        (
            row.name,
            f"{row.file}:{row.line}" if row.line else "default",
            "?" if row.effective is None else row.effective,
        )
        for row in rows
    ]  # fmt: skip
    for row, line in zip(rows, columns(cells), strict=True):
        write(line)
        if row.note:
            note(f"  {row.name}: {row.note}")
