"""`mailtui log`: the mail log as records."""

from __future__ import annotations

import argparse
import io
import sys
import threading
from collections.abc import Callable, Iterator

from mailtui import commands
from mailtui.cli.context import Context
from mailtui.cli.main import Parser, common_options
from mailtui.cli.output import Failed, flush, write, write_json
from mailtui.maillog import journal, source
from mailtui.maillog.record import parse
from mailtui.maillog.tail import FileTail
from mailtui.maillog.tail import follow as follow_file
from mailtui.text.query import Query
from mailtui.text.safe import decode

JOURNAL_LINES = 10_000
"""Entries read from the journal where no file is named."""


def parser() -> Parser:
    top = Parser(
        prog="mailtui log",
        description="Print the mail log of the instance, or of the files named (- is standard input).",
        parents=[common_options()],
    )
    top.add_argument("files", nargs="*", metavar="FILE")
    top.add_argument(
        "--follow", "-f", action="store_true", help="go on as the log grows, through its rotation"
    )
    top.add_argument(
        "--filter", default="", metavar="TEXT", help="only lines that match, as / does on the screen"
    )
    top.set_defaults(call=show)
    return top


def show(context: Context, options: argparse.Namespace) -> None:
    give = _printer(Query.parse(options.filter), as_json=context.json)
    if options.files:
        for path in options.files:
            for block in _blocks(path):
                give(block)
        return
    found = source.find(context.instance.log_file or "", context.log)
    if found.kind == "none" or found.why:
        raise Failed(found.why)
    if options.follow:
        _follow(found, give)
    elif found.kind == "journal":
        try:
            give(journal.newest(JOURNAL_LINES))
        except commands.CommandError as error:
            raise Failed(str(error)) from None
    else:
        for block in _blocks(found.path):
            give(block)


def _printer(query: Query, *, as_json: bool) -> Callable[[bytes], None]:
    """What prints the lines of a block that match."""

    def give(block: bytes) -> None:
        for line in (each.rstrip(b"\r\n") for each in io.BytesIO(block)):
            if not line.strip() or not (query.empty or query.matches(line)):
                continue
            if as_json:
                write_json(parse(line).as_json(), line=True)
            else:
                write(decode(line))
        flush()

    return give


def _blocks(path: str, size: int = 1 << 20) -> Iterator[bytes]:
    """A file in blocks of whole lines; the last line may lack its newline. `.gz` is unpacked."""
    try:
        with _opened(path) as stream:
            rest = b""
            while chunk := stream.read(size):
                chunk = rest + chunk
                cut = chunk.rfind(b"\n") + 1
                rest = chunk[cut:]
                yield chunk[:cut]
            yield rest
    except EOFError:
        raise Failed("the compressed file is cut short; what came before was printed", file=path) from None
    except OSError as error:
        raise Failed((error.strerror or str(error)).lower(), file=path) from None


def _opened(path: str) -> io.BufferedIOBase:
    if path == "-":
        return sys.stdin.buffer  # type: ignore[return-value]  # BinaryIO in the stubs, a BufferedReader in fact
    if path.endswith(".gz"):
        import gzip

        return gzip.open(path)
    return open(path, "rb")


def _follow(found: source.Source, give: Callable[[bytes], None]) -> None:
    """Until the reader has enough: Ctrl+C ends it, and so does a closed pipe."""
    stop = threading.Event()
    if found.kind == "journal":
        journal.follow(give, stop, backlog=10)
    else:
        follow_file(FileTail(found.path, backlog=2048), give, stop)
