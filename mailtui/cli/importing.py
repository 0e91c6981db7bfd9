"""`mailtui import`: aliases, mailboxes, domains or accounts' names from a CSV or JSON file, as one change."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed, given_file, unreadable
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import DONE, USAGE, Failed, note, write, write_json
from mailtui.cli.sheets import add_arguments, format_of, kind_of
from mailtui.edits.importing import MARKERS, Kind, Line, Marker, Report, report_of
from mailtui.formats.sheet import BadSheet
from mailtui.postfix.errors import InstanceError

SHOWN = 20
"""Rows of each kind that are printed; --json has all."""
LONGEST = 500
"""Characters of a row that are printed."""
_SHOWN: tuple[Marker, ...] = ("!", "-", "~", "+")


def parser() -> Parser:
    top = Parser(
        prog="mailtui import",
        description="Bring in what a file has: a report of what would change, then one change. The"
        " first line of a CSV file names the columns, as `mailtui export` does; JSON is an array of objects.",
        epilog="Accounts get a random password that nobody knows, at once and without undo; mailtui account"
        " password gives each its own.",
        parents=[common_options(), change_options()],
    )
    add_arguments(top, "to be read; - for standard input")
    top.add_argument("--table", metavar="TYPE:PATH", default="", help="where all aliases go")
    top.add_argument("--mirror", action="store_true", help="what is here and not in the file goes")
    top.add_argument("--skip-bad", action="store_true", help="leave refused rows out and import the others")
    top.add_argument("--draft", metavar="OUT", default="", help="write nothing; save it for `draft apply`")
    top.set_defaults(call=bring_in)
    return top


def bring_in(context: Context, options: argparse.Namespace) -> int:
    kind, name = kind_of(options), os.path.basename(options.file)
    if options.table and kind != "aliases":
        raise Failed("--table is for aliases", code=USAGE)
    if options.draft and kind == "accounts":
        raise Failed("accounts are made at once: no draft can hold them", do="leave --draft out", code=USAGE)
    report = _report(context, options, kind, "standard input" if options.file == "-" else name)
    context.told = {"report": as_json(report)}
    if not context.json:
        _print(report, options.file)
    if report.refused and not options.skip_bad:
        if context.json:
            write_json(
                {"applied": False, "edits": [], "diff": "", "plan": [], "not_yours": []} | context.told
            )
        first, count = report.refused[0], len(report.refused)
        raise Failed(
            f"{count:,} {'row is' if count == 1 else 'rows are'} refused, so nothing was imported: "
            f"{first.name}: {first.why}",
            file=options.file, line=first.line or 0, do="mend them, or let --skip-bad leave them out",
        )  # fmt: skip
    if kind == "accounts":
        return _accounts(context, report)
    if options.draft:
        return _saved(context, report, options.draft)
    context.long_diff = len(report.lines) > SHOWN
    return carry_out(context, report.edits)


def _report(context: Context, options: argparse.Namespace, kind: Kind, source: str) -> Report:
    form = format_of(options, None)
    raw = sys.stdin.buffer.read() if options.file == "-" else given_file(options.file)
    watched = sys.stderr.isatty() and not context.json

    def progress(done: int, total: int) -> None:
        if watched and done:
            sys.stderr.write(f"\r{done:,} of {total:,} rows")
            sys.stderr.flush()

    try:
        found = report_of(
            context.instance, kind, raw, form, source,
            table=options.table, mirror=options.mirror, progress=progress,
        )  # fmt: skip
    except BadSheet as error:
        raise Failed(error.what, file=options.file, line=error.line or 0, do=error.do) from None
    except InstanceError as error:
        raise failed(error) from None
    except OSError as error:
        raise unreadable(error, str(error.filename or "")) from None
    finally:
        if watched:
            sys.stderr.write("\r\x1b[K")
    return found


def _print(report: Report, file: str) -> None:
    for marker in _SHOWN:
        lines = report.refused if marker == "!" else [line for line in report.lines if line.marker == marker]
        for line in lines[:SHOWN]:
            write(words(line, file))
        if len(lines) > SHOWN:
            write(f"{marker} … and {len(lines) - SHOWN:,} more")
    write(f"{report.kind} of {report.source}: {report.words}")
    for text in report.says:
        note(f"note: {text}")


def words(line: Line, file: str) -> str:
    """A line of the report: one line, and no longer than one reads."""
    text = _words(line, file).replace("\n", " · ")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _words(line: Line, file: str) -> str:
    if line.marker == "!":
        return f"! {file}:{line.line}: {line.name}: {line.why}"
    if line.marker == "-":
        return f"- {line.name} (was {line.was})"
    was = f" (was {line.was})" if line.marker == "~" and line.was else ""
    arrow = f" → {line.value}" if line.value else ""
    return f"{line.marker} {line.name}{arrow}{was}" + (f"; {line.why}" if line.why else "")


def as_json(report: Report) -> dict[str, Any]:
    """The whole report."""
    counts = {MARKERS[marker].replace("the ", ""): count for marker, count in report.counts.items()}
    rows = (
        {"state": MARKERS[line.marker].replace("the ", ""), "name": line.name, "value": line.value,
         "was": line.was, "line": line.line, "why": line.why}
        for line in report.lines
    )  # fmt: skip
    return {
        "kind": report.kind, "source": report.source, "counts": counts, "not_in_file": report.absent,
        "says": report.says,
        "rows": [{name: value for name, value in row.items() if value not in ("", None)} for row in rows],
    }  # fmt: skip


def _saved(context: Context, report: Report, path: str) -> int:
    """The change as a draft's file."""
    from mailtui.apply.actor import who
    from mailtui.apply.saving import Exists, SaveError, draft_bytes, save
    from mailtui.edits.draft import Group

    groups = [Group(report.edits, report.label)] if report.edits else []
    try:
        saved = save(path, draft_bytes(context.instance, groups, who()), replace=context.yes)
    except Exists as error:
        raise Failed(error.what, do="--yes replaces it, or choose another name") from None
    except SaveError as error:
        raise Failed(error.what, do=error.do) from None
    if context.json:
        edits = [edit.describe() for edit in report.edits]
        plain = {"applied": False, "edits": edits, "diff": "", "plan": [], "not_yours": [], "draft": saved}
        write_json(plain | context.told)
    else:
        note(f"saved as {saved}; mailtui draft apply {saved} writes it")
    return DONE


def _accounts(context: Context, report: Report) -> int:
    """Make the accounts that are new, each locked: nothing of this can be staged or taken back."""
    from mailtui.apply.importaccounts import make, new_accounts
    from mailtui.apply.importaccounts import words as told
    from mailtui.cli.accountinput import confirmed, in_words

    new = new_accounts(report)
    if context.read_only and not context.dry_run:
        raise Failed("started with --read-only: nothing is changed", do="leave it out, or ask with --dry-run")
    if report.counts["-"]:
        do = "mailtui account remove USER@REALM"
        raise Failed("--mirror removes no accounts: that cannot be undone", do=do)
    made: list[str] = []
    if new and not context.dry_run:
        confirmed(context, told(len(new)), str(len(new)))
        with in_words():
            made = make(context.instance, new)
    if context.json:
        edits = made or [f"+ account {each}" for each in new]
        plain = {"applied": bool(made), "edits": edits, "diff": "", "plan": [], "not_yours": []}
        write_json(plain | context.told)
    elif made:
        note(f"made {len(made):,}: mailtui account password USER@REALM gives each one that its user knows")
    return DONE
