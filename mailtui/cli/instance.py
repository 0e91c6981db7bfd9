"""`mailtui instance`: the Postfix instances of this host, and what mailtui found in one."""

from __future__ import annotations

import argparse
from typing import Any

from mailtui.apply.instances import Seen, seen
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, common_options
from mailtui.cli.output import columns, note, write, write_json
from mailtui.overview.found import as_json, found, lines_of
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instances import HostInstance, host_instances, others, with_here
from mailtui.settings import load

LABEL = 10
"""Columns before what is told of an instance."""


def parser() -> Parser:
    top = Parser(
        prog="mailtui instance",
        description="The Postfix instances of this host: the default one, those that it manages "
        "(postmulti), and those that the settings name. --instance NAME works on one, in every command.",
    )
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common = common_options()
    one = verbs.add_parser("list", parents=[common], help="their names and directories; which of them run")
    one.set_defaults(call=show_list)
    one = verbs.add_parser(
        "show", parents=[common], help="what mailtui found in one, where it writes, and the way back"
    )
    one.set_defaults(call=show)
    return top


def show_list(context: Context, _options: argparse.Namespace) -> None:
    listed = host_instances(load().instances)
    if context.config_dir:
        listed = with_here(listed, context.config_dir)
    rows = [seen(each) for each in listed]
    if context.json:
        write_json([_as_json(each) for each in rows])
        return
    if not rows:
        note("no Postfix instance was found; --config-dir DIR names one")

    def row(each: Seen) -> tuple[str, ...]:
        of = each.instance
        written = each.written[:16].replace("T", " ") if each.written else "-"
        return (
            of.name, of.group or "-", _enabled(of), each.state, f"{each.staged} staged",
            written, of.config_dir,
        )  # fmt: skip

    if rows:
        head = ("NAME", "GROUP", "ENABLED", "STATE", "KEPT", "LAST WRITE", "DIRECTORY")
        for line in columns([head, *map(row, rows)]):
            write(line)
    for each in rows:
        if each.problem:
            note(f"note: {each.problem}")


def _enabled(of: HostInstance) -> str:
    """As postmulti says it; of what it does not know, nothing."""
    return ("y" if of.enabled else "n") if of.managed else "-"


def _as_json(each: Seen) -> dict[str, Any]:
    of = each.instance
    return {
        "name": of.name, "config_dir": of.config_dir, "managed": of.managed, "enabled": of.enabled,
        "staged": each.staged,
        **({"group": of.group} if of.group else {}),
        **({"names": list(of.names)} if of.names else {}),
        **({} if each.running is None else {"running": each.running}),
        **({"log": of.log} if of.log else {}),
        **({"last_write": each.written} if each.written else {}),
        **({"problem": each.problem} if each.problem else {}),
    }  # fmt: skip


def show(context: Context, _options: argparse.Namespace) -> None:
    instance = context.instance
    beside = others(host_instances(load().instances), instance.config_dir)
    try:
        facts = found(instance, context.log_wanted, beside)
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json(as_json(facts))
        return
    for label, text in lines_of(facts):
        write(f"{label:<{LABEL}}{text}".rstrip())
