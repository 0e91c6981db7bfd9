"""`mailtui doctor`: what is wrong with the instance, where, why, and the edit that puts it right."""

from __future__ import annotations

import argparse

from mailtui.cli.context import Context
from mailtui.cli.main import Parser, common_options
from mailtui.cli.output import DONE, REFUSED, write, write_json


def parser() -> Parser:
    top = Parser(
        prog="mailtui doctor",
        description="What is wrong or doubtful, the worst first; exit 1 if anything is an error.",
        parents=[common_options()],
    )
    top.set_defaults(call=show)
    return top


def show(context: Context, _options: argparse.Namespace) -> int:
    from mailtui.doctor.examine import examine
    from mailtui.doctor.model import Finding

    findings = examine(context.instance)
    status = REFUSED if any(each.severity == "error" for each in findings) else DONE
    if context.json:
        write_json([each.as_json() for each in findings])
        return status

    def told(found: Finding) -> None:
        place = f"{found.file}:{found.line}" if found.line else found.file
        write(f"{found.severity:<8}  {found.title}")
        write(f"          {place}  [{found.id}]")
        write(f"          {found.why}")
        if found.fix_words:
            write(f"          {'fix' if found.fix is not None else 'do'}: {found.fix_words}")
        for words in found.fix.says if found.fix is not None else ():
            write(f"               {words}")

    for number, found in enumerate(findings):
        if number:
            write("")
        told(found)
    if not findings:
        write("nothing is wrong that mailtui knows to look for")
    return status
