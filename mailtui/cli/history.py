"""`mailtui history`: what was written here, by whom, and back."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from mailtui.apply.faults import WriteError
from mailtui.apply.history import Entry, History, HistoryError
from mailtui.apply.journal import JournalError
from mailtui.apply.recover import Mended
from mailtui.apply.state import StateError
from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, Ended
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import CONFLICT, DONE, REFUSED, Failed, columns, note, write, write_json
from mailtui.edits.notundone import not_undone

WORDS = 60
"""Columns of the edits in a list; `show` has them whole."""


def parser() -> Parser:
    top = Parser(prog="mailtui history", description="Every change that mailtui wrote, newest first.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="every change, newest first")
    one.set_defaults(call=show_list)
    one = verbs.add_parser("show", parents=[common], help="one change with its diff")
    one.add_argument("id", metavar="ID", type=_number)
    one.set_defaults(call=show)
    one = verbs.add_parser("undo", parents=[common, change], help="write the inverse of one change")
    one.add_argument("id", metavar="ID", type=_number)
    one.set_defaults(call=undo)
    one = verbs.add_parser(
        "recover", parents=[common, change], help="end what a crash left half done, or take it back"
    )
    one.set_defaults(call=recover)
    return top


def _number(text: str) -> int:
    """The number of a change."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"{text!r} is no change's number: mailtui history list shows it")
    return int(text)


def _refused(error: HistoryError | JournalError | StateError) -> Failed:
    return Failed(error.what, do=error.do, file=getattr(error, "path", ""))


def _tell(context: Context, history: History) -> None:
    """What is wrong with the journal, and what waits to be recovered."""
    context.tells_unfinished = True
    if history.told:
        note(f"note: {history.told}")
    for words in history.unfinished():
        note(f"note: {words}")


def show_list(context: Context, _options: argparse.Namespace) -> None:
    history = History.open(context.instance)
    try:
        entries = history.list()
        _tell(context, history)
    except (JournalError, StateError) as error:
        raise _refused(error) from None
    if context.json:
        write_json([entry.as_json() for entry in entries])
        return
    if not entries:
        note(_nothing_yet())
    for line in columns([_row(entry) for entry in entries]):
        write(line)


def _nothing_yet() -> str:
    """What an empty history says: another user's own may be kept elsewhere."""
    from mailtui.apply.state import ROOT_STATE, base

    if os.geteuid() == 0 or base() == ROOT_STATE:
        return "nothing was written here yet"
    return "you wrote nothing here yet; what root wrote: sudo mailtui history list"


def _row(entry: Entry) -> tuple[str, ...]:
    number = len(entry.edits)
    words = f"{entry.label} ({number} edit{'' if number == 1 else 's'})" if entry.label else entry.words
    if len(words) > WORDS:
        words = words[: WORDS - 1] + "…"
    return str(entry.id), entry.time[:16].replace("T", " "), entry.who, entry.state, words


def _found(context: Context, number: int) -> Entry:
    try:
        return History.open(context.instance).show(number)
    except (HistoryError, JournalError, StateError) as error:
        raise _refused(error) from None


def show(context: Context, options: argparse.Namespace) -> None:
    entry = _found(context, options.id)
    if context.json:
        write_json(entry.as_json() | {"diff": entry.diff})
        return
    note(f"change {entry.id} of {entry.time} by {entry.who}: {entry.state}")
    if entry.reason:
        note(entry.reason)
    for words in entry.told:
        note(words)
    for words in entry.not_undone:
        note(f"undo: {words}")
    if entry.diff:
        write(entry.diff.removesuffix("\n"))


def undo(context: Context, options: argparse.Namespace) -> int:
    try:
        history = History.open(context.instance)
        edits, label = history.undo(options.id), history.show(options.id).undo_label
    except (HistoryError, JournalError, StateError) as error:
        raise _refused(error) from None
    for words in () if context.json or context.dry_run else not_undone(edits):  # a dry run shows it itself
        note(f"note: {words}")
    return carry_out(context, edits, label)


def recover(context: Context, _options: argparse.Namespace) -> int:
    context.tells_unfinished = True
    history = History.open(context.instance)
    if context.read_only and not context.dry_run:
        raise Failed("started with --read-only: nothing is written", do="leave it out, or ask with --dry-run")
    try:
        if context.dry_run:
            return _would(context, history)
        mended = history.recover()
    except (HistoryError, JournalError, StateError) as error:
        raise _refused(error) from None
    except WriteError as error:
        raise Failed(str(error)) from None
    words = "; ".join(str(each) for each in mended) or "nothing to recover"
    context.ended = Ended(_code(mended), words)
    if context.json:
        write_json([_as_json(each) for each in mended])
    else:
        for each in mended:
            write(str(each))
        if not mended:
            note("nothing to recover: every change has ended")
    return _code(mended)


def _would(context: Context, history: History) -> int:
    """What a recovery would look at. Nothing is repaired."""
    waiting = history.unfinished()
    if context.json:
        write_json([{"result": "unfinished", "words": words} for words in waiting])
    elif not waiting:
        note("nothing to recover: every change has ended")
    for words in [] if context.json else waiting:
        write(words)
    return DONE


def _as_json(mended: Mended) -> dict[str, Any]:
    return {
        "id": mended.id,
        "result": mended.state,
        "words": mended.words,
        "files": sorted(mended.paths),
    }


def _code(mended: Sequence[Mended]) -> int:
    states = {each.state for each in mended}
    if "conflict" in states:
        return CONFLICT
    return REFUSED if "failed" in states else DONE
