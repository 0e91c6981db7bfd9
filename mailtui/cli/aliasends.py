"""`mailtui alias resolve|find`: where the mail of an address ends, and who else's ends there."""

from __future__ import annotations

import argparse

from mailtui.cli.context import Context, failed
from mailtui.cli.output import columns, note, write, write_json
from mailtui.postfix.errors import InstanceError


def show_resolved(context: Context, options: argparse.Namespace) -> None:
    from mailtui.postfix.resolve import resolve

    try:
        found = resolve(context.instance, options.address)
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json(found.as_json())
        return
    write(f"{found.address}  class {found.domain_class}")
    for step in found.steps:
        write(f"  {step.source} → {step.to}  ({step.place})")
    for end in found.final:
        write(f"  {end.address}  {end.how}  {end.delivery}")
    if found.why:
        write(f"  {found.why}")
    for loop in found.loops:
        write(f"  loop: {loop}")
    for text in found.notes:
        note(f"note: {text}")


def find(context: Context, options: argparse.Namespace) -> None:
    from mailtui.postfix.ends import find_ends, unsearched

    try:
        ends = find_ends(context.instance, options.address)
        for spec in unsearched(context.instance):
            note(f"note: {spec} has no text that could be searched")
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json([
            {
                "alias": end.alias, "table": end.table, "direct": end.direct,
                "path": [{"from": step.source, "to": step.to, "table": step.table} for step in end.path],
                **({"file": end.file, "line": end.line} if end.file and end.line else {}),
            }
            for end in ends
        ])  # fmt: skip
        return
    for line in columns([
        (end.alias, "" if end.direct else "by " + " → ".join(s.to for s in end.path[:-1]),
         f"{end.file}:{end.line}" if end.file and end.line else end.table)
        for end in ends
    ]):  # fmt: skip
        write(line)
