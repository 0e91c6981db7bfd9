"""`mailtui queue`: what waits, and what is done to it; at once, without undo."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mailtui.cli.accountinput import confirmed
from mailtui.cli.context import Context
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import DONE, REFUSED, USAGE, Failed, columns, note, write, write_json
from mailtui.commands import CommandError
from mailtui.postfix.mailqueue.entry import HOLD, NULL_SENDER, Entry, Seen, fields, is_id
from mailtui.postfix.mailqueue.groups import BYS, By, Group, grouped, matched
from mailtui.postfix.mailqueue.listing import Listing, read_all
from mailtui.postfix.mailqueue.origins import Origins
from mailtui.postfix.mailqueue.query import QueueQuery
from mailtui.postfix.mailqueue.words import age, amount, counts_words
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.apply.queueacts import Acted, Verb

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
    _chosen_by(one)
    one.add_argument("--group", choices=BYS, help="count them by SASL user, client, sender, domain or reason")
    one.add_argument("--origin", action="store_true", help="also who handed each in, from the log")
    one.set_defaults(call=show_list)
    for verb, text in _HELP:
        one = verbs.add_parser(verb, parents=[common, change], help=text)
        _chosen_by(one)
        if verb == "flush":
            one.add_argument("--site", default="", metavar="DOMAIN", help="all mail for it (postqueue -s)")
        one.set_defaults(call=act, verb=verb, site="")
    return top


def _no_command(_context: Context, _options: argparse.Namespace) -> int:
    """`mailtui queue` alone: the word of a screen that is a command, too."""
    raise Failed("no command given", do="see mailtui queue --help; the screen is mailtui 9", code=USAGE)


def _chosen_by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument(
        "--filter", default="", metavar="TEXT", help="those that match, as / does on the screen"
    )


# Reading


def _query(text: str) -> QueueQuery:
    query = QueueQuery.parse(text, datetime.now().astimezone())
    if query.problem:
        raise Failed(f"--filter: {query.problem}", do="it is written as / on the Queue screen", code=USAGE)
    return query


def _listed(context: Context) -> Listing:
    try:
        found = read_all(context.instance.config_dir)
    except CommandError as error:
        raise Failed(str(error)) from None
    if found.damaged:
        note(f"note: {found.damaged} lines of postqueue could not be read")
    return found


def _origins(context: Context, listing: Listing) -> Origins:
    """Who handed each in, as far as the log can be read; what cannot is said."""
    from mailtui.maillog import source

    found = Origins()
    log = source.find(context.instance.log_file or "", context.log_wanted)
    if log.kind == "none" or log.why:
        raise Failed(f"who handed a message in stands in the log: {log.why}")
    for _ in found.look_in(log, listing):
        pass
    for trouble in found.trouble:
        note(f"note: {trouble}")
    return found


def _rows(
    listing: Listing, query: QueueQuery, origins: Origins, ids: list[str]
) -> Iterator[tuple[int, Entry]]:
    """The messages that are chosen, the oldest first."""
    wanted = set(ids)
    for row in listing.order:
        entry = matched(listing, query, origins, row)
        if entry is not None and (not wanted or entry.queue_id in wanted):
            yield row, entry


def _check(options: argparse.Namespace) -> None:
    wrong = next((each for each in options.ids if not is_id(each)), "")
    if wrong:
        raise Failed(
            f"{safe(wrong)}: this is no queue id",
            do="a queue id is as 3FCA722E68E or 4PcV4K5FPLz3tBr; mailtui queue list shows them",
            code=USAGE,
        )


def show_list(context: Context, options: argparse.Namespace) -> None:
    _check(options)
    query = _query(options.filter)
    by: By | None = options.group
    if by is not None and options.ids:
        raise Failed("--group counts messages; it takes no ID", do="leave one of them out", code=USAGE)
    listing = _listed(context)
    asks = query.asks_origin or options.origin or by in ("user", "client")
    origins = _origins(context, listing) if asks else Origins()
    if by is not None:
        _show_groups(context, grouped(listing, query, origins, by))
        return
    rows = _rows(listing, query, origins, options.ids)
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


# Acting


def act(context: Context, options: argparse.Namespace) -> int:
    from mailtui.apply import queueacts

    _check(options)
    verb: Verb = options.verb
    query = _query(options.filter)
    whole = verb == "flush" and query.empty and not options.ids
    if verb != "flush" and query.empty and not options.ids:
        raise Failed("which messages?", do="name their ids, or --filter TEXT", code=USAGE)
    if options.site and (options.ids or not query.empty):
        raise Failed("--site says which messages", do="leave out ID and --filter", code=USAGE)
    if context.read_only and not context.dry_run:
        raise Failed("started with --read-only: nothing is changed", do="leave it out, or ask with --dry-run")
    listing = _listed(context)
    if whole and (len(listing) or options.site):
        return _flush(context, listing, options.site)
    origins = _origins(context, listing) if query.asks_origin else Origins()
    entries = [entry for _, entry in _rows(listing, query, origins, options.ids)]
    seen = {entry.queue_id: Seen.of(entry) for entry in entries}
    ids = list(seen)
    gone = [each for each in dict.fromkeys(options.ids) if listing.row_of(each) is None]
    if not ids:
        return _nothing(context, gone)
    plan = queueacts.plan(context.instance.config_dir, verb, len(ids))
    words = f"{verb} {queueacts.counted(len(ids))}"
    if verb == "requeue" and (held := sum(entry.queue == HOLD for entry in entries)):
        words += f" ({held:,} on hold: requeueing ends that, and they are delivered)"
    if context.dry_run:
        return _tried(context, words, plan, ids)
    confirmed(context, f"{words}: now, no undo", str(len(ids)))
    with _in_words():
        acted = queueacts.carry_out(context.instance, verb, [*ids, *gone], options.filter, seen)
    return _told(context, acted, plan)


def _flush(context: Context, listing: Listing, site: str) -> int:
    from mailtui.apply import queueacts

    program = f"postqueue -c {context.instance.config_dir} {f'-s {site}' if site else '-f'}"
    plan = [{"action": "run", "target": program, "why": "now"}]
    words = f"flush the mail for {site}" if site else f"flush all {queueacts.counted(len(listing))}"
    if context.dry_run:
        return _tried(context, words, plan, [])
    confirmed(context, f"{words}: now", site or str(len(listing)))
    with _in_words():
        acted = queueacts.flush(context.instance, site or "*")
    return _told(context, acted, plan)


def _nothing(context: Context, gone: list[str]) -> int:
    """Nothing of what was named is there; of a filter that finds nothing, that is no error."""
    if gone:
        raise Failed(
            f"{', '.join(gone[:5])}{' …' if len(gone) > 5 else ''}: not in the queue any more", code=REFUSED
        )
    if context.json:
        write_json({"applied": False, "edits": [], "diff": "", "plan": [], "not_yours": []})
    else:
        note("nothing to do: no message matches")
    return DONE


def _tried(context: Context, words: str, plan: list[dict[str, Any]], ids: list[str]) -> int:
    if context.json:
        write_json(
            {"applied": False, "edits": [words], "diff": "", "plan": plan, "not_yours": [], "ids": ids}
        )
        return DONE
    note(words)
    for number, step in enumerate(plan, 1):
        note(f"{number:>3} {step['action']:<8} {step['target']}  {step['why']}")
    for each in ids:
        write(each)
    return DONE


def _told(context: Context, acted: Acted, plan: list[dict[str, Any]]) -> int:
    for text in acted.notes:
        note(f"note: {text}")
    if context.json:
        steps = [{**step, "result": "ok", "ms": round(acted.seconds * 1000)} for step in plan]
        write_json(acted.as_json(steps))
    else:
        write(acted.words)
    already = acted.verb in ("hold", "release")  # nothing to do is nothing wrong
    return DONE if acted.done or acted.site or already else REFUSED


@contextmanager
def _in_words() -> Iterator[None]:
    """What can go wrong while something is done, as a command ends with it."""
    import os

    from mailtui.apply.queueacts import QueueError

    try:
        yield
    except (QueueError, CommandError) as error:
        raise Failed(str(error), do="" if os.geteuid() == 0 else "only root may do it") from None
