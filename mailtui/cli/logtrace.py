"""Traces on standard output."""

from __future__ import annotations

from mailtui.cli.loglines import opened
from mailtui.cli.logwanted import Wanted
from mailtui.cli.output import Failed, flush, write, write_json
from mailtui.maillog import tracewords
from mailtui.maillog.trace import Trace, trace


def show_trace(wanted: Wanted, queue_id: str, *, as_json: bool) -> None:
    """Print the story of every message that had this id. Raises Failed where there is none."""
    with opened(wanted, kept=True) as span:
        found = [one for one in trace(span, queue_id) if _within(one, wanted)]
        for number, one in enumerate(found):
            if as_json:
                write_json(tracewords.as_json(one), line=True)
            else:
                write(("\n" if number else "") + tracewords.as_text(one).removesuffix("\n"))
        flush()
        if not found and not span.trouble:
            what = f"no message with the queue id {queue_id} in {wanted.title}{_between(wanted)}"
            raise Failed(what, do="an older log may have it: name that as FILE")
        if not found:
            raise Failed(
                f"no message with the queue id {queue_id} in what could be read of {wanted.title}; "
                + "; ".join(span.trouble)
            )


def _within(one: Trace, wanted: Wanted) -> bool:
    """Whether anything of a message lies in the stretch that is asked for."""
    times = [step.at for step in one.steps if step.at is not None]
    if not times:
        return True
    return (wanted.since is None or max(times) >= wanted.since) and (
        wanted.until is None or min(times) < wanted.until
    )


def _between(wanted: Wanted) -> str:
    words = ""
    if wanted.since is not None:
        words += f" since {wanted.since:%Y-%m-%d %H:%M:%S}"
    if wanted.until is not None:
        words += f" before {wanted.until:%Y-%m-%d %H:%M:%S}"
    return words
