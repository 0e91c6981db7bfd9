"""`mailtui doctor`: what is wrong with the instance, where, why, and the edit that puts it right."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mailtui.cli.context import Context
from mailtui.cli.main import Parser, common_options
from mailtui.cli.output import DONE, REFUSED, Failed, note, write, write_json

if TYPE_CHECKING:
    from mailtui.doctor.model import Finding

HOURS = 24
"""How far back `--log` is looked at."""


def parser() -> Parser:
    top = Parser(
        prog="mailtui doctor",
        description="What is wrong or doubtful, the worst first; exit 1 if anything is an error. "
        f"With --log also what ended fatally in the last {HOURS} hours.",
        parents=[common_options()],
    )
    top.add_argument("--all", action="store_true", help="those too that the settings silence")
    top.set_defaults(call=show)
    return top


def show(context: Context, options: argparse.Namespace) -> int:
    from mailtui.doctor.examine import examine
    from mailtui.doctor.silence import reason, told
    from mailtui.settings import load

    silences = load().silence
    everything = [*examine(context.instance), *(_logged(context) if hasattr(options, "log") else ())]
    everything.sort(key=lambda each: each.weight)
    audible = told(everything, silences)
    findings = everything if options.all else audible
    status = REFUSED if any(each.severity == "error" for each in audible) else DONE
    whys = [reason(each, silences) for each in findings]
    if context.json:
        write_json([_as_json(each, why) for each, why in zip(findings, whys, strict=True)])
        return status
    for number, (found, why) in enumerate(zip(findings, whys, strict=True)):
        if number:
            write("")
        _print(found, why)
    if not findings:
        write("nothing is wrong that mailtui knows to look for")
    if len(findings) < len(everything):
        count = len(everything) - len(findings)
        note(f"note: {count} silenced by the settings; --all shows {'it' if count == 1 else 'them'}")
    return status


def _as_json(found: Finding, why: str) -> dict[str, Any]:
    return {**found.as_json(), **({"silenced": why} if why else {})}


def _print(found: Finding, why: str) -> None:
    place = f"{found.file}:{found.line}" if found.line else found.file
    write(f"{found.severity:<8}  {found.title}")
    write(f"          {place}  [{found.id}]")
    write(f"          {found.why}")
    if found.fix_words:
        write(f"          {'fix' if found.fix is not None else 'do'}: {found.fix_words}")
    for words in found.fix.says if found.fix is not None else ():
        write(f"               {words}")
    if why:
        write(f"          silenced: {why}")


def _logged(context: Context) -> Sequence[Finding]:
    """What the log says of processes that ended. Raises Failed where it cannot be read."""
    from datetime import datetime, timedelta

    from mailtui.cli.context import failed
    from mailtui.cli.loglines import blocks_of, opened
    from mailtui.cli.logwanted import Wanted
    from mailtui.doctor.logged import Ends
    from mailtui.maillog import source
    from mailtui.postfix.errors import InstanceError

    try:
        found = source.find(context.instance.log_file or "", context.log_wanted)
    except InstanceError as error:
        raise failed(error) from None
    if found.kind == "none" or found.why:
        raise Failed(found.why)
    ends = Ends()
    wanted = Wanted((), found, datetime.now().astimezone() - timedelta(hours=HOURS), None)
    with opened(wanted, kept=False) as span:
        for block, _now in blocks_of(span, wanted):
            ends.add(block)
    return ends.findings(wanted.title, HOURS)
