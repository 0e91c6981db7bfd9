"""`mailtui queue`: what waits, and what is done to it; at once, without undo."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from mailtui.cli.context import Context
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import USAGE, Failed, columns, note, write, write_json
from mailtui.cli.queueacting import act
from mailtui.cli.queuechosen import check_ids, chosen_by, chosen_rows, listed, origins_of, query_of
from mailtui.postfix.mailqueue.entry import NULL_SENDER, Entry, fields
from mailtui.postfix.mailqueue.groups import BYS, By, Group, grouped
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.postfix.mailqueue.origins import Origins
from mailtui.postfix.mailqueue.words import age, amount, counts_words

if TYPE_CHECKING:
    from mailtui.apply.queueacts import Verb

_FILTER = "words, from: to: client: user: reason: queue: id: since: until:, each also after !"
_HELP: tuple[tuple[Verb, str], ...] = (
    ("hold", "not tried any more until they are released"),
    ("release", "tried again, after a hold"),
    ("requeue", "put in anew: addresses are rewritten and looked up again; they get other ids"),
    ("flush", "tried now; without ID and filter the whole queue"),
    ("delete", "gone for ever, and nobody is told"),
)


def parser() -> Parser:
    top = Parser(
        prog="mailtui queue",
        description="The mail that waits on this server. What is done here is done at once: it is never"
        " staged, and cannot be undone.",
        epilog=f"TEXT is what / takes on the screen: {_FILTER}. Who handed a message in (user:, client:) is"
        " looked up in the log by its queue id. The Queue screen itself is `mailtui 9`.",
    )
    top.set_defaults(call=_no_command)
    verbs = top.add_subparsers(title="commands", metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="the messages, the oldest first")
    chosen_by(one)
    one.add_argument("--group", choices=BYS, help="count them by SASL user, client, sender, domain or reason")
    one.add_argument("--origin", action="store_true", help="also who handed each in, from the log")
    one.set_defaults(call=show_list)
    for verb, text in _HELP:
        one = verbs.add_parser(verb, parents=[common, change], help=text)
        chosen_by(one)
        if verb == "flush":
            one.add_argument("--site", default="", metavar="DOMAIN", help="all mail for it (postqueue -s)")
        one.set_defaults(call=act, verb=verb, site="")
    return top


def _no_command(_context: Context, _options: argparse.Namespace) -> int:
    """`mailtui queue` alone: the word of a screen that is a command, too."""
    raise Failed("no command given", do="see mailtui queue --help; the screen is mailtui 9", code=USAGE)


def show_list(context: Context, options: argparse.Namespace) -> None:
    check_ids(options)
    query = query_of(options.filter)
    by: By | None = options.group
    if by is not None and options.ids:
        raise Failed("--group counts messages; it takes no ID", do="leave one of them out", code=USAGE)
    listing = listed(context)
    asks = query.asks_origin or options.origin or by in ("user", "client")
    origins = origins_of(context, listing) if asks else Origins()
    if by is not None:
        _show_groups(context, grouped(listing, query, origins, by))
        return
    rows = chosen_rows(listing, query, origins, options.ids)
    if context.json:
        write_json([_object(listing, row, origins) for row, _ in rows])
        return
    now = time.time()
    for line in columns([_cells(entry, origins if asks else None, now) for _, entry in rows]):
        write(line)
    note(counts_words(listing, now))


def _object(listing: Listing, row: int, origins: Origins) -> dict[str, Any]:
    """As postqueue has it, and who handed it in where that is known."""
    try:
        found = fields(listing.line(row))
    except (ValueError, RecursionError):
        entry = listing.entry(row)
        found = {"queue_name": entry.queue, "queue_id": entry.queue_id, "arrival_time": entry.arrived}
    origin = origins.of(listing.entry(row).queue_id)
    more = {"sasl_username": origin.user, "client_name": origin.name, "client_address": origin.address}
    return found | {name: value for name, value in more.items() if value}


def _cells(entry: Entry, origins: Origins | None, now: float) -> tuple[str, ...]:
    more = len(entry.recipients) - 1
    to = (entry.recipients[0].address if entry.recipients else "") + (f" +{more}" if more > 0 else "")
    sender = "<>" if entry.sender == NULL_SENDER else entry.sender
    who: tuple[str, ...] = ()
    if origins is not None:
        origin = origins.of(entry.queue_id)
        who = (origin.user or "-", origin.client or "-")
    return (
        entry.queue_id,
        entry.queue,
        age(now - entry.arrived),
        amount(entry.size),
        *who,
        sender,
        to,
        entry.reason,
    )


def _show_groups(context: Context, groups: list[Group]) -> None:
    if context.json:
        write_json([
            {"by": each.by, "key": each.key, "messages": len(each), "held": each.held, "bytes": each.size,
             "oldest": each.oldest, "domains": dict(each.domains), "clients": dict(each.clients)}
            for each in groups
        ])  # fmt: skip
        return
    now = time.time()
    for line in columns(
        [(f"{len(each):>7}", age(now - each.oldest), each.key or "-", _top(each.domains)) for each in groups]
    ):
        write(line)


def _top(domains: dict[str, int]) -> str:
    ranked = sorted(domains.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ranked[:3]) + (", …" if len(ranked) > 3 else "")
