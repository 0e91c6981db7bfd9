"""`mailtui try-message FILE`: which header or body check fires on a message, and what it would do."""

from __future__ import annotations

import argparse
import sys

from mailtui.cli.context import Context, failed, given_file
from mailtui.cli.main import Parser, common_options
from mailtui.cli.output import columns, note, write, write_json
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.trymessage import Fired, try_message
from mailtui.text.safe import safe

SHOWN = 60
"""Columns of a line of the message."""


def parser() -> Parser:
    top = Parser(
        prog="mailtui try-message",
        description="Run a message through the header and body checks as Postfix does, and print which rule"
        " fires on which line. Nothing is sent; exit code 0 whether a rule fires or not.",
        parents=[common_options()],
    )
    top.add_argument("file", metavar="FILE", help="the message with its headers; - for standard input")
    top.set_defaults(call=show)
    return top


def show(context: Context, options: argparse.Namespace) -> None:
    raw = sys.stdin.buffer.read() if options.file == "-" else given_file(options.file)
    try:
        trial = try_message(context.instance, raw)
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json(trial.as_json())
        return
    for problem in (*trial.broken, *trial.problems):
        note(f"warning: {problem}")
    for line in columns([_row(fired) for fired in trial.fired]):
        write(line)
    for fired in trial.fired:
        if fired.action.problem:
            note(f"warning: {fired.place}: {fired.action.problem}")
    if trial.unseen:
        note(f"note: {trial.unseen} body lines are behind body_checks_size_limit and are not looked at")
    write(trial.says)


def _row(fired: Fired) -> tuple[str, ...]:
    text = fired.text.replace("\n", " ")
    return (
        str(fired.at), safe(text, SHOWN), fired.place, fired.parameter, fired.action.word.upper(),
        fired.action.does,
    )  # fmt: skip
