"""`mailtui export`: aliases, mailboxes, domains or accounts' names as a CSV or JSON file."""

from __future__ import annotations

import argparse

from mailtui.cli.context import Context, failed, unreadable
from mailtui.cli.main import Parser, common_options
from mailtui.cli.output import Failed, note, write_bytes
from mailtui.cli.sheets import add_arguments, format_of, kind_of
from mailtui.postfix.errors import InstanceError


def parser() -> Parser:
    top = Parser(
        prog="mailtui export",
        description="Write what this server has as a file; `mailtui import` reads it. Of accounts the names"
        " alone, no password.",
        parents=[common_options()],
    )
    add_arguments(top, "to be made, mode 0600; - for standard output")
    top.add_argument("--yes", action="store_true", help="replace a file that is there")
    top.set_defaults(call=export)
    return top


def export(context: Context, options: argparse.Namespace) -> None:
    from mailtui.apply.saving import Exists, SaveError, save
    from mailtui.edits import exporting

    form = format_of(options, "json" if context.json else "csv" if options.file == "-" else None)
    try:
        data, count = exporting.export(context.instance, kind_of(options), form)
    except InstanceError as error:
        raise failed(error) from None
    except OSError as error:
        raise unreadable(error, str(error.filename or "")) from None
    if options.file == "-":
        write_bytes(data)
        return
    try:
        path = save(options.file, data, replace=options.yes)
    except Exists as error:
        raise Failed(error.what, do="--yes replaces it, or choose another name") from None
    except SaveError as error:
        raise Failed(error.what, do=error.do) from None
    note(f"{count:,} {options.kind} in {path}")
