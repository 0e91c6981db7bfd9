"""Statistics on standard output."""

from __future__ import annotations

from mailtui.cli.loglines import blocks_of, opened
from mailtui.cli.logwanted import Wanted
from mailtui.cli.output import flush, write, write_json
from mailtui.maillog import statwords
from mailtui.maillog.stats import Statistics


def show_statistics(wanted: Wanted, *, as_json: bool) -> None:
    """Print what happened in the stretch that is asked for. Raises Failed."""
    numbers = Statistics()
    with opened(wanted, kept=False) as span:
        for block, now in blocks_of(span, wanted):
            numbers.add(block, now)
        if as_json:
            write_json(statwords.as_json(numbers), line=True)
        else:
            write(statwords.report(numbers, title=wanted.title).removesuffix("\n"))
        flush()
