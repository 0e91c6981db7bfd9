"""`mailtui milter`: the milters that Postfix asks, in their order, and whether each answers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import REFUSED, USAGE, Failed, columns, note, write, write_json
from mailtui.postfix.errors import InstanceError
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.edits.milters import Which
    from mailtui.edits.plan import Plan
    from mailtui.milters.look import Looked

_GLANCE = 1.0
"""Seconds that `list` waits for an answer."""


def parser() -> Parser:
    top = Parser(prog="mailtui milter", description="The milters that Postfix asks, in their order.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="every milter of every list")
    one.set_defaults(call=show_list)
    one = verbs.add_parser("ping", parents=[common], help="ask each; exit 1 if one does not answer")
    one.add_argument("address", metavar="ADDRESS", nargs="?", help="this one alone")
    one.add_argument("--timeout", type=float, default=3.0, metavar="SECONDS", help="how long each may take")
    one.set_defaults(call=ping)
    one = verbs.add_parser("add", parents=[common, change], help="put a milter into a list")
    one.add_argument("address", metavar="ADDRESS", help="inet:host:port or unix:path")
    _chain_option(one, "both")
    one.add_argument("--before", metavar="ADDRESS", help="above this one; by default where it should stand")
    one.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
                     help="a setting of its own, as default_action=accept")  # fmt: skip
    one.add_argument("--comment", action="append", default=[], metavar="TEXT", help="a line above it")
    one.add_argument(
        "--service", metavar="NAME[/TYPE]", default="", help="in this service's own list: its -o"
    )
    one.set_defaults(call=add)
    one = verbs.add_parser("remove", parents=[common, change], help="take a milter out of its list")
    one.add_argument("address", metavar="ADDRESS")
    _chain_option(one, "both")
    one.add_argument("--service", metavar="NAME[/TYPE]", default="", help="out of this service's own list")
    one.set_defaults(call=remove)
    return top


def _chain_option(one: argparse.ArgumentParser, default: str) -> None:
    one.add_argument(
        "--chain", choices=["smtpd", "non_smtpd", "both"], default=None,
        help=f"smtpd_milters, non_smtpd_milters, or both (default: {default})",
    )  # fmt: skip


# -- looking


def show_list(context: Context, _options: argparse.Namespace) -> None:
    found = _looked(context, _GLANCE)
    if context.json:
        write_json([each.as_json() for each in found])
        return
    from mailtui.milters.chains import milter_chains

    for chain in milter_chains(context.instance):
        asked = ", ".join(each.service for each in chain.asking) or "no service"
        write(f"{chain.place.title}  (asked by {asked})")
        mine = [each for each in found if each.chain.key == chain.key]
        if chain.rows and chain.rows[0].is_map:
            write("\n".join(f"  {safe(row.rule.text)}" for row in chain.rows))
        elif not mine:
            write("  (no milter)")
        for line in columns([_cells(each) for each in mine]) if mine else []:
            write(line)


def _cells(each: Looked) -> tuple[str, ...]:
    row = each.row
    sign = "#" if not row.enabled else " " if each.is_up else "!"
    own = ", ".join(f"{name}={value}" for name, value in row.settings.items())
    says = "off" if not row.enabled else _state(each)
    return (f"  {sign} ", safe(row.address), each.facts.name, says, safe(own), each.problem)


def _state(each: Looked) -> str:
    stopped = each.facts.out_of_reach
    if stopped is not None:
        return stopped.word
    return each.alive.says if each.alive is not None else "DOWN"


def ping(context: Context, options: argparse.Namespace) -> int:
    if not 0 < options.timeout <= 300:
        raise Failed("--timeout wants seconds, from above 0 to 300", do="as --timeout 5", code=USAGE)
    found = [each for each in _looked(context, options.timeout) if each.row.in_force]
    if options.address:
        found = [each for each in found if options.address in (each.row.address, each.facts.name)]
        if not found:
            raise Failed(
                f"no list has a milter {options.address}", file=context.instance.main.path,
                do="mailtui milter list shows them",
            )  # fmt: skip
    if context.json:
        write_json([each.as_json() for each in found])
    else:
        alone = {(each.row.address, each.problem): each for each in found}
        for line in columns([_cells(each) for each in alone.values()]) if alone else []:
            write(line)
    return 0 if all(each.is_up for each in found) else REFUSED


def _looked(context: Context, timeout: float) -> list[Looked]:
    from mailtui.milters.look import look

    try:
        return look(context.instance, timeout)
    except InstanceError as error:
        raise failed(error) from None


# -- changes


def add(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.milters import add as added

    settings = [_setting(word) for word in options.settings]
    try:
        plan = added(
            context.instance, options.address, _which(options), before=options.before, settings=settings,
            service=options.service, comments=options.comment,
        )  # fmt: skip
    except InstanceError as error:
        raise failed(error) from None
    return _done(context, plan)


def _which(options: argparse.Namespace) -> Which:
    chain: Which | None = options.chain
    return chain or ("smtpd" if options.service else "both")


def _setting(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals or not name.strip():
        raise Failed(f"{word!r} is no NAME=VALUE", do="as connect_timeout=10s", code=USAGE)
    return name.strip(), value.strip()


def remove(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.milters import removed

    try:
        plan = removed(context.instance, options.address, _which(options), options.service)
    except InstanceError as error:
        raise failed(error) from None
    return _done(context, plan)


def _done(context: Context, plan: Plan) -> int:
    if plan.refused:
        raise Failed(plan.refused, do="nothing was changed")
    for text in plan.says:
        note(f"note: {text}")
    return carry_out(context, plan.edits)
