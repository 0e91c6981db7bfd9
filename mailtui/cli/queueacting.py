"""`mailtui queue hold`, `release`, `requeue`, `flush`, `delete`: asked first, done at once, without undo."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mailtui.cli.accountinput import confirmed
from mailtui.cli.context import Context
from mailtui.cli.output import DONE, REFUSED, USAGE, Failed, note, write, write_json
from mailtui.cli.queuechosen import check_ids, chosen_rows, listed, origins_of, query_of
from mailtui.commands import CommandError
from mailtui.postfix.mailqueue.entry import HOLD, Seen
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.postfix.mailqueue.origins import Origins
from mailtui.postfix.mailqueue.query import FIELDS

if TYPE_CHECKING:
    from mailtui.apply.queueacts import Acted, Verb

_EMPTY = re.compile(rf"(?:^|[\s|])(!?(?:{'|'.join(FIELDS)}):)(?=[\s|]|$)")
"""A field without its word: while one types it asks for everything."""


def act(context: Context, options: argparse.Namespace) -> int:
    from mailtui.apply import queueacts

    check_ids(options)
    verb: Verb = options.verb
    if (empty := _EMPTY.search(options.filter)) is not None:  # as user:$USER leaves where USER is not set
        raise Failed(f"--filter: {empty[1]} names nothing", do=f"write it as {empty[1]}WORD", code=USAGE)
    query = query_of(options.filter)
    whole = verb == "flush" and query.empty and not options.ids
    if verb != "flush" and query.empty and not options.ids:
        raise Failed("which messages?", do="name their ids, or --filter TEXT", code=USAGE)
    if options.site and (options.ids or not query.empty):
        raise Failed("--site says which messages", do="leave out ID and --filter", code=USAGE)
    if context.read_only and not context.dry_run:
        raise Failed("started with --read-only: nothing is changed", do="leave it out, or ask with --dry-run")
    listing = listed(context)
    if whole and (len(listing) or options.site):
        return _flush(context, listing, options.site)
    origins = origins_of(context, listing) if query.asks_origin else Origins()
    entries = [entry for _, entry in chosen_rows(listing, query, origins, options.ids)]
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
