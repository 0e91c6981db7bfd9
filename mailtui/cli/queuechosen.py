"""Which messages of the queue a command means: their ids, or a filter as the screen has it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime

from mailtui.cli.context import Context
from mailtui.cli.output import USAGE, Failed, note
from mailtui.commands import CommandError
from mailtui.postfix.mailqueue.entry import Entry, is_id
from mailtui.postfix.mailqueue.groups import matched
from mailtui.postfix.mailqueue.listing import Listing, read_all
from mailtui.postfix.mailqueue.origins import Origins
from mailtui.postfix.mailqueue.query import QueueQuery
from mailtui.text.safe import safe


def chosen_by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument(
        "--filter", default="", metavar="TEXT", help="those that match, as / does on the screen"
    )


def query_of(text: str) -> QueueQuery:
    query = QueueQuery.parse(text, datetime.now().astimezone())
    if query.problem:
        raise Failed(f"--filter: {query.problem}", do="it is written as / on the Queue screen", code=USAGE)
    return query


def listed(context: Context) -> Listing:
    try:
        found = read_all(context.instance.config_dir)
    except CommandError as error:
        raise Failed(str(error)) from None
    if found.damaged:
        note(f"note: {found.damaged} lines of postqueue could not be read")
    return found


def origins_of(context: Context, listing: Listing) -> Origins:
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


def chosen_rows(
    listing: Listing, query: QueueQuery, origins: Origins, ids: list[str]
) -> Iterator[tuple[int, Entry]]:
    """The messages that are chosen, the oldest first."""
    wanted = set(ids)
    for row in listing.order:
        entry = matched(listing, query, origins, row)
        if entry is not None and (not wanted or entry.queue_id in wanted):
            yield row, entry


def check_ids(options: argparse.Namespace) -> None:
    wrong = next((each for each in options.ids if not is_id(each)), "")
    if wrong:
        raise Failed(
            f"{safe(wrong)}: this is no queue id",
            do="a queue id is as 3FCA722E68E or 4PcV4K5FPLz3tBr; mailtui queue list shows them",
            code=USAGE,
        )
