"""`mailtui alias`: who gets the mail of an address."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from itertools import chain

from mailtui.cli.aliaschecks import advise, refuse_hopeless
from mailtui.cli.aliasends import find, show_resolved
from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed, unreadable
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.nearnames import keys, tell_absent
from mailtui.cli.output import DONE, USAGE, Failed, columns, note, write, write_json
from mailtui.edits.entries import RemoveDisabledEntry, RemoveEntry, SetEntry
from mailtui.edits.entries import current as standing
from mailtui.edits.model import Edit
from mailtui.postfix.aliases import AliasList, AliasTable, AliasTables
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.text.query import Query

_OTHER = "name another table with --table"
_ANYWAY = "though mail to a destination bounces as it is"


def parser() -> Parser:
    top = Parser(prog="mailtui alias", description="Who gets the mail of an address.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="all aliases of all tables")
    one.add_argument(
        "filter", nargs="*", metavar="FILTER", help="as / does on the screen: jean !@falcot.com ^web"
    )
    one.set_defaults(call=show_list)
    one = verbs.add_parser("set", parents=[common, change], help="set the destinations of an address")
    one.add_argument("address", metavar="ADDRESS")
    one.add_argument("destinations", nargs="*", metavar="DESTINATION", help="these, and no others")
    one.add_argument("--add", action="append", default=[], metavar="D", help="one destination more")
    one.add_argument("--drop", action="append", default=[], metavar="D", help="one destination less")
    one.add_argument(
        "--table", metavar="TYPE:PATH", help="where an address stands in two tables, or for a new one"
    )
    one.add_argument("--anyway", action="store_true", help=_ANYWAY)
    one.set_defaults(call=set_alias)
    one = verbs.add_parser("remove", parents=[common, change], help="take an alias out")
    one.add_argument("address", metavar="ADDRESS")
    one.add_argument("--table", metavar="TYPE:PATH")
    one.add_argument("--off", action="store_true", help="the entry that is commented out, out of the file")
    one.set_defaults(call=remove)
    one = verbs.add_parser("resolve", parents=[common], help="follow an address to its final deliveries")
    one.add_argument("address", metavar="ADDRESS")
    one.set_defaults(call=show_resolved)
    one = verbs.add_parser("find", parents=[common], help="every alias whose mail ends at an address")
    one.add_argument("address", metavar="ADDRESS")
    one.set_defaults(call=find)
    one = verbs.add_parser("replace", parents=[common, change], help="one destination by another, everywhere")
    one.add_argument("old", metavar="OLD")
    one.add_argument("new", metavar="NEW")
    one.add_argument("--anyway", action="store_true", help=_ANYWAY)
    one.set_defaults(call=replace)
    return top


def _tables(instance: Instance) -> AliasTables:
    try:
        return AliasTables.of(instance)
    except InstanceError as error:
        raise failed(error) from None


def show_list(context: Context, options: argparse.Namespace) -> None:
    instance = context.instance
    tables = _tables(instance)
    aliases = AliasList(tables, instance.files)
    query = Query.parse(" ".join(options.filter))
    numbers: Iterator[int | None] = iter(range(len(aliases))) if query.empty else aliases.search(query)
    rows = [row for row in (aliases.row(n) for n in numbers if n is not None) if row.kinds != ("opaque",)]
    if context.json:
        write_json([row.as_json() for row in rows])
    else:
        cells = [
            (row.marker or " ", row.address, ", ".join(row.destinations), row.table.name) for row in rows
        ]
        for line in columns(cells):
            write(line)
    for table in tables:
        if table.note:
            note(f"note: {table.spec}: {table.note}")


# Changing


def _standing(
    context: Context, table: AliasTable, name: str, *, enabled: bool = True
) -> tuple[str, ...] | None:
    """The destinations that count in a table, or those commented out; None where the address is not in it."""
    if table.target is None or not table.editable:
        return None
    try:
        found = standing(entries(context.instance.files, table.target), name, (), enabled=enabled)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(error, table.target.path) from None
    return found if isinstance(found, tuple) else None


def _named(tables: AliasTables, spec: str) -> AliasTable:
    table = tables.by_spec(spec)
    if table is None:
        names = ", ".join(table.spec for table in tables)
        raise Failed(f"{spec} is no alias table of this instance", do=f"there are {names}", code=USAGE)
    if not table.editable:
        raise Failed(f"{spec} cannot be edited here: {table.note or table.lookup.how}", do=_OTHER)
    return table


def _place(
    context: Context, tables: AliasTables, address: str, spec: str | None
) -> tuple[AliasTable, tuple[str, ...]] | None:
    """The table in which the address stands, and its destinations. Raises Failed where it stands in two."""
    if spec is not None:
        table = _named(tables, spec)
        was = _standing(context, table, address)
        return (table, was) if was is not None else None
    texts: dict[str, tuple[AliasTable, tuple[str, ...]]] = {}
    for table in tables:
        was = _standing(context, table, address)
        if was is not None:  # a text compiled as two types is one place
            texts.setdefault(os.path.realpath(table.lookup.path), (table, was))
    found = list(texts.values())
    if len(found) > 1:
        both = " and ".join(table.spec for table, _was in found)
        raise Failed(f"{address} stands in {both}", do="say which with --table")
    return found[0] if found else None


def set_alias(context: Context, options: argparse.Namespace) -> int:
    if not options.address.strip():
        raise Failed("no address given", do="an alias needs one", code=USAGE)
    if not (options.destinations or options.add or options.drop):
        raise Failed("no destination given", do="name them, or use --add or --drop", code=USAGE)
    tables = _tables(context.instance)
    place = _place(context, tables, options.address, options.table)
    was = place[1] if place is not None else ()
    wanted = _wanted(options, was)
    if place is None:
        table, name = _proposed(context, tables, options.address, options.table)
    else:
        table, name = place[0], options.address
    if table.target is None:
        raise Failed(f"{table.spec} cannot be edited here: {table.note}", do=_OTHER)
    if not wanted:
        raise Failed(f"{options.address} would have no destination left", do="remove the alias instead")
    if wanted == was:
        return carry_out(context, [])
    if not options.anyway:
        refuse_hopeless(context, table, (item for item in wanted if item not in was))
    advise(context, table, name, wanted, None if place is None else name)
    status = carry_out(context, [SetEntry(table.target, name, wanted, was if place is not None else None)])
    dropped = [item for item in was if item not in wanted]
    if dropped and options.destinations and status == DONE:
        say = note if context.json or context.dry_run else write
        say(f"no longer to {', '.join(dropped)}")
    return status


def _wanted(options: argparse.Namespace, was: Sequence[str]) -> tuple[str, ...]:
    items = list(options.destinations or was)
    items += [item for item in options.add if item not in items]
    missing = [item for item in options.drop if item not in items]
    if missing:
        raise Failed(
            f"{options.address} does not go to {missing[0]}", do=f"it goes to {', '.join(was) or 'nobody'}"
        )
    return tuple(item for item in items if item not in options.drop)


def _proposed(
    context: Context, tables: AliasTables, address: str, spec: str | None
) -> tuple[AliasTable, str]:
    """The table for a new address, and its name there."""
    from mailtui.postfix.propose import proposed_table

    if spec is not None:
        return _named(tables, spec), address
    try:
        proposal = proposed_table(context.instance, tables, address)
    except InstanceError as error:
        raise failed(error) from None
    if proposal.table is None:
        raise Failed(proposal.reason, do="--table says into which")
    note(f"note: into {proposal.table.spec}: {proposal.reason}")
    other = _standing(context, proposal.table, proposal.address)
    if other is not None:
        raise Failed(
            f"{proposal.address} stands in {proposal.table.spec} already and takes {address}",
            do=f"set {proposal.address}, or name another table with --table",
        )
    return proposal.table, proposal.address


def remove(context: Context, options: argparse.Namespace) -> int:
    if options.off:
        return _remove_off(context, options)
    tables = _tables(context.instance)
    place = _place(context, tables, options.address, options.table)
    if place is None:
        targets = [each.target for each in tables if each.editable and each.target is not None]
        known = chain.from_iterable(keys(context.instance.files, each) for each in targets)
        tell_absent("alias", options.address, known)
        return carry_out(context, [])
    table, was = place
    if table.target is None:
        raise Failed(f"{table.spec} cannot be edited here: {table.note}", do=_OTHER)
    edit = RemoveEntry(table.target, options.address, was)
    _tell_fate(context, edit)
    return carry_out(context, [edit])


def _remove_off(context: Context, options: argparse.Namespace) -> int:
    """The commented-out entry of the address, of several in a table the last."""
    tables = _tables(context.instance)
    found: dict[str, Edit] = {}
    for table in tables if options.table is None else [_named(tables, options.table)]:
        was = _standing(context, table, options.address, enabled=False)
        if was is not None and table.target is not None:
            place = os.path.realpath(table.lookup.path)
            found.setdefault(place, RemoveDisabledEntry(table.target, options.address, was))
    if len(found) > 1:
        raise Failed(
            f"{options.address} is commented out in {' and '.join(found)}", do="say which with --table"
        )
    return carry_out(context, list(found.values()))


def _tell_fate(context: Context, edit: Edit) -> None:
    from mailtui.edits.candidate import Candidate
    from mailtui.postfix.resolve import fate

    name = getattr(edit, "name", "")
    address = f"anyone{name}" if name.startswith("@") else name
    try:
        after = context.instance.over(Candidate(context.instance.files, [edit]))
        note(f"note: without it mail to {address} is {fate(after, address)}")
    except (InstanceError, OSError) as error:
        note(f"note: {error}")


def replace(context: Context, options: argparse.Namespace) -> int:
    """OLD by NEW in every destination list; where NEW stands already, OLD is only dropped."""
    if options.old == options.new:
        return carry_out(context, [])
    instance = context.instance
    aliases = AliasList(_tables(instance), instance.files)
    wanted = options.old.casefold()
    edits: dict[tuple[str, str], Edit] = {}
    for number in aliases.search(Query.parse(_quoted(options.old))):
        row = aliases.row(number) if number is not None else None
        if row is None or not row.editable or not row.enabled or row.table.target is None:
            continue
        if not any(item.casefold() == wanted for item in row.destinations):
            continue
        if not options.anyway:
            refuse_hopeless(context, row.table, [options.new])
        items = [options.new if item.casefold() == wanted else item for item in row.destinations]
        place = os.path.realpath(row.table.target.path), row.key
        changed = SetEntry(row.table.target, row.key, tuple(dict.fromkeys(items)), row.destinations)
        edits.setdefault(place, changed)
    if not edits:
        note(f"note: no alias that can be edited goes to {options.old}")
    return carry_out(context, list(edits.values()))


def _quoted(text: str) -> str:
    """The text as one literal term of a filter."""
    return "'" + text.lower().replace("\\", "\\\\").replace(" ", "\\ ")


# Following
