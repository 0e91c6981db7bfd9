"""`mailtui mailbox`: whose mail lies where on this machine."""

from __future__ import annotations

import argparse
import sys

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import Failed, columns, note, write, write_json
from mailtui.edits.plan import Plan
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.mailboxes import MailboxList, MailboxRow, mailbox_list
from mailtui.postfix.mailsize import Size, Sizer, amount
from mailtui.text.query import Query
from mailtui.text.safe import safe


def parser() -> Parser:
    top = Parser(prog="mailtui mailbox", description="Whose mail lies where on this machine.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="virtual mailboxes, and the accounts that get mail")
    one.add_argument("filter", nargs="*", metavar="FILTER", help="as / does on the screen: jean !@falcot.com")
    one.add_argument("--no-sizes", action="store_true", help="do not count what lies in them")
    one.add_argument("--check", action="store_true", help="say also what keeps mail from each")
    one.set_defaults(call=show_list)
    one = verbs.add_parser("add", parents=[common, change], help="a new virtual mailbox")
    one.add_argument("address", metavar="ADDRESS")
    one.add_argument(
        "--format", choices=["maildir", "mbox"], default="", help="default: as the domain's others have it"
    )
    one.add_argument("--path", metavar="P", help="below virtual_mailbox_base; a final slash means a maildir")
    one.add_argument("--uid", type=_number, metavar="N", help="as whom its mail is written")
    one.add_argument("--gid", type=_number, metavar="N")
    one.add_argument("--create", action="store_true", help="make its folder too, mode 0700")
    one.add_argument(
        "--identity", action="store_true", help="an alias to itself too, where a catch-all takes its mail"
    )
    one.set_defaults(call=add)
    one = verbs.add_parser(
        "remove", parents=[common, change], help="take a virtual mailbox out; its mail stays"
    )
    one.add_argument("address", metavar="ADDRESS")
    one.set_defaults(call=remove)
    return top


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= (1 << 32) - 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a user or group")
    return int(text)


def show_list(context: Context, options: argparse.Namespace) -> None:
    try:
        boxes = mailbox_list(context.instance, context.instance, checks=options.check)
        notes = boxes.notes
        rows = _chosen(boxes, Query.parse(" ".join(options.filter)))
    except InstanceError as error:
        raise failed(error) from None
    sizes = {} if options.no_sizes else _counted(rows, quiet=context.json)
    if context.json:
        write_json([row.as_json(sizes.get(row.path)) for row in rows])
    else:
        for line in columns([_cells(row, sizes.get(row.path)) for row in rows]):
            write(line)
    for row in rows:
        for text in row.warnings:
            note(f"warning: {row.address}: {text}")
    for text in notes:
        note(f"note: {text}")


def _chosen(boxes: MailboxList, query: Query) -> list[MailboxRow]:
    if query.empty:
        return [row for row in boxes.rows() if row.is_mailbox]
    rows = (boxes.row(number) for number in boxes.search(query) if number is not None)
    return [row for row in rows if row.is_mailbox]


def _counted(rows: list[MailboxRow], *, quiet: bool) -> dict[str, Size]:
    """What lies in those that are there, by path; somebody at a terminal sees how far it has come."""
    wanted = {row.path: row.job for row in rows if row.path}
    there = {row.path for row in rows if row.exists}
    sizer, shows = Sizer(), sys.stderr.isatty() and not quiet

    def progress(number: int) -> None:
        if shows and not number % 50:
            sys.stderr.write(f"\rcounting {number} of {len(there)}")
            sys.stderr.flush()

    sizer.run((job for path, job in wanted.items() if path in there), progress=progress)
    if shows and len(there) >= 50:
        sys.stderr.write("\r\x1b[K")
    counted = {path: sizer.get(job.path, job.format) for path, job in wanted.items()}
    return {path: Size() if size is None else size for path, size in counted.items()}


def _cells(row: MailboxRow, size: Size | None) -> tuple[str, ...]:
    owner = f"{'?' if row.uid is None else row.uid}:{'?' if row.gid is None else row.gid}"
    if not row.path:
        much = ""
    elif not row.exists:
        much = "not there"
    elif size is None:
        much = "there"
    elif size.problem:
        much = size.problem
    else:
        much = f"{size.messages} in {amount(size.bytes)}"
    place = row.path or row.delivery
    if row.path and row.kind == "virtual" and row.delivery:
        place += f" ({row.delivery})"
    if row.forward:
        place += f" ({row.delivery})"
    return (row.marker, row.address, row.format, owner, much, place)


def _carried_out(context: Context, plan: Plan) -> int:
    if plan.refused:
        what, _, do = plan.refused.rpartition("; ")
        raise Failed(what or do, do=do if what else "")
    for text in plan.says:
        note(f"note: {text}")
    return carry_out(context, plan.edits)


def add(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.mailboxnew import plan_new

    try:
        plan = plan_new(
            context.instance,
            options.address,
            format=options.format,
            path=options.path,
            uid=options.uid,
            gid=options.gid,
            create=options.create,
            identity=options.identity,
        )
    except InstanceError as error:
        raise failed(error) from None
    return _carried_out(context, plan)


def remove(context: Context, options: argparse.Namespace) -> int:
    from itertools import chain

    from mailtui.cli.nearnames import keys_of, near
    from mailtui.edits.mailboxplan import plan_remove, standing_entry
    from mailtui.postfix.mailboxtables import box_tables

    try:
        plan = plan_remove(context.instance, options.address)
        if plan.refused and standing_entry(context.instance, options.address) is None:
            documents = (table.document for table in box_tables(context.instance))
            known = chain.from_iterable(keys_of(each) for each in documents if each is not None)
            meant = near(options.address, known)
            raise Failed(plan.refused, do=f"did you mean {safe(meant)}?" if meant else "")
    except InstanceError as error:
        raise failed(error) from None
    return _carried_out(context, plan)
