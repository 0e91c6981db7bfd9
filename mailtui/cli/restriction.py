"""`mailtui restriction`: the lists that smtpd asks at each command of a session, rule by rule."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mailtui.cli import explain
from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import USAGE, Failed, columns, note, write, write_json
from mailtui.postfix.errors import InstanceError

if TYPE_CHECKING:
    from mailtui.edits.plan import Plan
    from mailtui.postfix.chainrows import Chain, Chains, ListPlace, RuleRow

STAGES = ("client", "helo", "sender", "relay", "recipient", "data", "end_of_data", "etrn")
_ENDS = frozenset(("permit", "reject", "defer"))


def parser() -> Parser:
    top = Parser(prog="mailtui restriction", description="The restriction lists of smtpd, rule by rule.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="every list, in the order of the conversation")
    _service_option(one, "only this service")
    one.set_defaults(call=show_list)
    one = verbs.add_parser("add", parents=[common, change], help="put a rule into a list")
    _list_argument(one)
    one.add_argument("rule", metavar="RULE", help="as reject_rbl_client")
    one.add_argument("argument", metavar="ARGUMENT", nargs="?", help="its table, zone or service")
    _place_options(one)
    one.add_argument("--warn-only", action="store_true", help="log what it would refuse, and refuse nothing")
    one.add_argument("--comment", action="append", default=[], metavar="TEXT", help="a line above the rule")
    _service_option(one, "for this service alone: its -o in master.cf")
    one.set_defaults(call=add)
    for verb, words in (("move", "another place in its list"), ("remove", "take a rule out of its list")):
        one = verbs.add_parser(verb, parents=[common, change], help=words)
        _list_argument(one)
        one.add_argument("rule", metavar="RULE", help="its name, or all of it where a name is not enough")
        one.add_argument("argument", metavar="ARGUMENT", nargs="?")
        if verb == "move":
            _place_options(one)
        _service_option(one, "in the list of this service alone: its -o in master.cf")
        one.set_defaults(call=move if verb == "move" else remove)
    explain.add_verbs(verbs, common)
    return top


def _list_argument(one: argparse.ArgumentParser) -> None:
    one.add_argument("stage", metavar="STAGE", help=f"{', '.join(STAGES)}, or class:NAME")


def _place_options(one: argparse.ArgumentParser) -> None:
    where = one.add_mutually_exclusive_group()
    where.add_argument("--before", metavar="RULE", help="above this rule, by its name or all of it")
    where.add_argument("--first", action="store_true", help="above all others")
    where.add_argument("--last", action="store_true", help="below all others")


def _service_option(one: argparse.ArgumentParser, text: str) -> None:
    one.add_argument("--service", metavar="NAME[/TYPE]", help=text)


# -- list


def show_list(context: Context, options: argparse.Namespace) -> None:
    from mailtui.postfix.chains import chains, services

    instance = context.instance
    try:
        names = [options.service] if options.service else services(instance)
        views = [chains(instance, instance, name) for name in names]
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json([each for view in views for each in view.lists_json()])
        return
    for number, view in enumerate(views):
        if number:
            write("")
        _print(view)


def _print(view: Chains) -> None:
    write(f"service {view.service}")
    for text in view.notes:
        write(f"  {text}")
    for chain in view:
        own = f"  (own list of {view.service})" if chain.overridden else ""
        used = f"  used by {', '.join(chain.used_by)}" if chain.used_by else ""
        write(f"{chain.stage}{own}{used}")
        for text in chain.notes:
            write(f"    {text}")
        cells = [_cells(row) for row in chain.rows]
        for line in columns(cells) if cells else []:
            write(line)
    for check in view.checks:
        count = "" if check.rules is None else f"{check.rules} {'rule' if check.rules == 1 else 'rules'}"
        write(f"{check.parameter}  {check.table}  {check.problem or count}")


def _cells(row: RuleRow) -> tuple[str, ...]:
    sign = "#" if not row.enabled else "!" if not row.known else "?" if row.states else " "
    states = "; ".join(f"{state.word}: {state.why}" for state in row.states)
    return (f"  {sign} ", f"{'  ' * row.depth}{row.text}", row.cost.text, states)


# -- changes


def add(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.ruleplan import insert

    chain, place = _list(context, options)
    text = " ".join(
        word
        for word in ("warn_if_reject" if options.warn_only else "", options.rule, options.argument or "")
        if word
    )
    before = _before(chain, options)
    if before is None and not options.last:
        before = _ending(chain)
    return _done(context, insert(context.instance, place, text, before, options.comment))


def _ending(chain: Chain) -> RuleRow | None:
    """The `permit` or `reject` that ends a list: nothing below it would ever be asked."""
    mine = [row for row in chain.rows if row.enabled and row.place == chain.place]
    if not mine or mine[-1].name.lower() not in _ENDS or mine[-1].warn_only:
        return None
    note(f"note: it goes above {mine[-1].text}, behind which nothing is asked; --last puts it below")
    return mine[-1]


def move(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.ruleplan import move as moved

    if not (options.before or options.first or options.last):
        raise Failed("where to?", do="say --before RULE, --first or --last", code=USAGE)
    chain, _ = _list(context, options)
    row = _row(chain, _wanted(options), live=True)
    return _done(context, moved(context.instance, row, _before(chain, options)))


def remove(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.ruleplan import remove as removed

    chain, _ = _list(context, options)
    if not _matching(chain.rows, _wanted(options)):
        return carry_out(context, [])
    return _done(context, removed(context.instance, _row(chain, _wanted(options), live=False)))


def _wanted(options: argparse.Namespace) -> str:
    return f"{options.rule} {options.argument}" if options.argument else str(options.rule)


def _done(context: Context, plan: Plan) -> int:
    if plan.refused:
        raise Failed(plan.refused, do="nothing was changed")
    for text in plan.says:
        note(f"note: {text}")
    return carry_out(context, plan.edits)


def _list(context: Context, options: argparse.Namespace) -> tuple[Chain, ListPlace]:
    """The list that is meant, and where it is written: for a service its own, which may have to be made."""
    from mailtui.postfix.chainread import ServiceLists
    from mailtui.postfix.chains import chains

    stage = str(options.stage)
    try:
        service = options.service or _without_own(context, stage)
        view = chains(context.instance, context.instance, service)
        chain = view.chain(stage)
        if chain is None:
            known = ", ".join((*STAGES, *(each.stage for each in view.classes)))
            raise Failed(f"there is no list {stage}", do=f"one of {known}", code=USAGE)
        if not options.service:
            return chain, chain.place
        place = ServiceLists(context.instance, view.service).own_place(chain.place.name)
    except InstanceError as error:
        raise failed(error) from None
    rows = tuple(replace(row, place=place) if row.place == chain.place else row for row in chain.rows)
    return replace(chain, rows=rows, place=place), place


def _without_own(context: Context, stage: str) -> str:
    """A service that has main.cf's list; who has one of his own is told."""
    from mailtui.postfix.chainread import ServiceLists
    from mailtui.postfix.chains import services
    from mailtui.postfix.smtpd.session import PARAMETERS

    names = services(context.instance)
    parameter = next(
        (name for each, name in PARAMETERS.items() if each == stage), stage.removeprefix("class:")
    )
    own = [name for name in names if ServiceLists(context.instance, name).own(parameter)]
    shared = [name for name in names if name not in own]
    if own:
        have = "has its own" if len(own) == 1 else "have their own"
        note(f"note: {', '.join(own)} {have} {parameter}: main.cf's is not asked there")
    if not shared:
        raise Failed(f"no service uses main.cf's {parameter}", do="say which with --service")
    return shared[0]


def _before(chain: Chain, options: argparse.Namespace) -> RuleRow | None:
    if options.before:
        return _row(chain, options.before, live=True)
    live = [row for row in chain.rows if row.enabled and row.place == chain.place]
    return live[0] if options.first and live else None


def _matching(rows: Sequence[RuleRow], wanted: str) -> list[RuleRow]:
    """The rules of that name, or of that text, as written or with `$` expanded."""
    text = " ".join(wanted.split())
    exact = [row for row in rows if text in (row.text, row.written, f"{row.name} {row.argument}".strip())]
    return exact or [row for row in rows if row.name.lower() == text.lower() or row.argument == text]


def _row(chain: Chain, wanted: str, *, live: bool) -> RuleRow:
    found = _matching([row for row in chain.rows if row.enabled or not live], wanted)
    if any(row.enabled for row in found):
        found = [row for row in found if row.enabled]
    if not found:
        raise Failed(
            f"there is no {wanted} in {chain.place.title}", file=chain.place.target.path,
            line=chain.place.line or 0, do="mailtui restriction list shows the rules",
        )  # fmt: skip
    if len({row.text for row in found}) > 1:
        raise Failed(
            f"{wanted} names several rules: {'; '.join(row.text for row in found)}",
            file=chain.place.target.path, line=found[0].line or 0, do="say all of the rule",
        )  # fmt: skip
    return found[0]
