"""`mailtui log`: the mail log as lines, records, traces and numbers."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from mailtui.cli.context import Context
from mailtui.cli.logwanted import Wanted
from mailtui.cli.main import Parser, common_options
from mailtui.cli.output import USAGE, Failed
from mailtui.maillog import source

if TYPE_CHECKING:
    from mailtui.maillog.logquery import LogQuery

_LIKE = "as 2026-11-22T20:14:00+01:00, '2026-11-22 20:14', 20:14, 2h, '2 days ago', today, yesterday"


def parser() -> Parser:
    top = Parser(
        prog="mailtui log",
        description="Print the mail log of the instance, its rotated files first, or the files named in "
        "their order (- is standard input). Compressed files are read as they are.",
        epilog=f"Times T are written {_LIKE}. TEXT is what / takes on the screen: words, from: to: client: "
        "status: id: level: since: until:, each also after !. With --json one object a line. The Log screen "
        "itself is `mailtui 8`.",
        parents=[common_options()],
    )
    top.add_argument("files", nargs="*", metavar="FILE")
    top.add_argument(
        "--follow", "-f", action="store_true", help="go on as the log grows, through its rotation"
    )
    top.add_argument("--trace", metavar="ID", help="the story of the message with this queue id")
    top.add_argument("--stats", action="store_true", help="count what happened, as a report")
    top.add_argument("--since", metavar="T", help="nothing that was logged before")
    top.add_argument("--until", metavar="T", help="nothing that was logged later")
    top.add_argument(
        "--filter", default="", metavar="TEXT", help="only lines that match, as / does on the screen"
    )
    top.set_defaults(call=show)
    return top


def show(context: Context, options: argparse.Namespace) -> None:
    _refuse_nonsense(context, options)
    now = datetime.now().astimezone()
    since, until = _moment("since", options.since, now), _moment("until", options.until, now)
    if since is not None and until is not None and since >= until:
        raise Failed("--until is before --since, so nothing lies between", do="exchange them", code=USAGE)
    query = _query(options.filter, now)
    if options.trace is not None:
        _check_id(options.trace)
    wanted = _wanted(context, options, since, until)
    if options.trace is not None:
        from mailtui.cli.logtrace import show_trace

        show_trace(wanted, options.trace, as_json=context.json)
    elif options.stats:
        from mailtui.cli.logstats import show_statistics

        show_statistics(wanted, as_json=context.json)
    else:
        from mailtui.cli import loglines

        show_lines = loglines.follow if options.follow else loglines.show
        show_lines(wanted, query, as_json=context.json)


def _refuse_nonsense(context: Context, options: argparse.Namespace) -> None:
    """Raises Failed (exit code 2) for options that contradict each other."""
    given = {"--trace": options.trace is not None, "--stats": options.stats, "--follow": options.follow}
    several = [name for name, is_given in given.items() if is_given]
    if len(several) > 1:
        raise Failed(f"{' and '.join(several)} do not go together", do="give one of them", code=USAGE)
    if options.filter and (options.trace is not None or options.stats):
        raise Failed(
            f"{several[0]} looks at whole messages; --filter would take lines out of them",
            do="give one of them", code=USAGE,
        )  # fmt: skip
    if options.follow and options.until:
        raise Failed("--follow has no end, so no --until", do="give one of them", code=USAGE)
    if options.follow and (len(options.files) > 1 or "-" in options.files):
        raise Failed("--follow follows one file by its name", do="name one file, or none", code=USAGE)
    if options.files and context.log != "auto":
        raise Failed("--log and FILE both say which log", do="give one of them", code=USAGE)
    if options.files.count("-") > 1:
        raise Failed("standard input can be read only once", do="give - once", code=USAGE)


def _query(text: str, now: datetime) -> LogQuery | None:
    """The filter; None where everything matches. Raises Failed (exit code 2) for what nobody understands."""
    if not text:
        return None
    from mailtui.maillog.logquery import LogQuery

    query = LogQuery.parse(text, now)
    if query.problem:
        raise Failed(f"--filter: {query.problem}", do="it is written as / on the Log screen", code=USAGE)
    return None if query.empty else query


def _moment(name: str, text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    from mailtui.maillog.moments import EXAMPLES, spelled

    found = spelled(text, now)
    if found is None:
        raise Failed(f"--{name} {text}: this is no time", do=f"write it {EXAMPLES}", code=USAGE)
    return found.start if name == "since" else found.end


def _check_id(text: str) -> None:
    from mailtui.maillog.trace import is_queue_id

    if not is_queue_id(text):
        raise Failed(
            f"--trace {text}: this is no queue id",
            do="a queue id is what stands before the colon in the log, as 3FCA722E68E or 4PcV4K5FPLz3tBr",
            code=USAGE,
        )


def _wanted(
    context: Context, options: argparse.Namespace, since: datetime | None, until: datetime | None
) -> Wanted:
    if options.files:
        return Wanted(tuple(options.files), None, since, until)
    found = source.find(context.instance.log_file or "", context.log_wanted)
    if found.kind == "none" or found.why:
        raise Failed(found.why)
    return Wanted((), found, since, until)
