"""`mailtui table`: any lookup table by its name in the configuration, `TYPE:PATH`."""

from __future__ import annotations

import argparse

from mailtui import commands
from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed, unreadable
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import USAGE, Failed, columns, note, write, write_json
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.entries import current as standing
from mailtui.formats.target import Target
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import entries
from mailtui.postfix.lookups import Lookup, parse_map
from mailtui.text.safe import decode, encode


def parser() -> Parser:
    top = Parser(
        prog="mailtui table", description="Any lookup table, named as in main.cf: hash:/etc/postfix/access."
    )
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    for verb, call, text in (
        ("list", show_list, "all entries, those that are switched off too"),
        ("get", get, "what the text says for a key"),
        ("try", try_key, "what the live table answers: Postfix's own lookup"),
    ):
        one = verbs.add_parser(verb, parents=[common], help=text)
        one.add_argument("table", metavar="TYPE:PATH")
        if verb != "list":
            one.add_argument("key", metavar="KEY")
        one.set_defaults(call=call)
    one = verbs.add_parser("set", parents=[common, change], help="set an entry, or add it")
    one.add_argument("table", metavar="TYPE:PATH")
    one.add_argument("key", metavar="KEY")
    one.add_argument("value", metavar="VALUE", nargs="+", help="words are joined by a blank")
    one.set_defaults(call=set_entry)
    one = verbs.add_parser("remove", parents=[common, change], help="take an entry out")
    one.add_argument("table", metavar="TYPE:PATH")
    one.add_argument("key", metavar="KEY")
    one.set_defaults(call=remove)
    return top


def lookup(context: Context, text: str) -> Lookup:
    """The table that `TYPE:PATH` names. Raises Failed."""
    instance = context.instance
    try:
        name = instance.parameters.expand_text(text) if "$" in text else text
        found = parse_map(name, "", instance.config_dir, instance.alias_paths)
    except ParameterError as error:
        raise failed(error) from None
    if found.error:
        raise Failed(found.error, code=USAGE)
    return found


def _target(context: Context, text: str) -> Target:
    table = lookup(context, text)
    if table.target is None:
        raise Failed(f"{table.spec} is {table.how}: it has no entries that can be edited here")
    return table.target


def show_list(context: Context, options: argparse.Namespace) -> None:
    target = _target(context, options.table)
    try:
        document = entries(context.instance.files, target)
    except OSError as error:
        raise unreadable(error, target.path) from None
    unused = set(document.duplicates())
    found = ((index, document.entry(index)) for index in range(len(document)))
    if context.json:
        write_json([
            {
                "key": decode(e.key), "value": decode(e.value), "enabled": e.enabled, "line": e.line,
                "counts": e.enabled and index not in unused,
            }
            for index, e in found
        ])  # fmt: skip
        return
    rows = [
        ("#" if not e.enabled else "=" if index in unused else " ", decode(e.key), decode(e.value))
        for index, e in found
    ]
    for line in columns(rows):
        write(line)


def get(context: Context, options: argparse.Namespace) -> None:
    table = lookup(context, options.table)
    answer = table.get(encode(options.key), context.instance.files)
    if answer.problem:
        raise Failed(answer.problem)
    if answer.value is None:
        raise Failed(f"{options.key} is not in {table.spec}")
    if context.json:
        write_json({"key": options.key, "found": True, "value": decode(answer.value)})
    else:
        write(decode(answer.value))


def try_key(context: Context, options: argparse.Namespace) -> None:
    """Ask the compiled, live table through postmap -q: the very lookup of a daemon for one key. That it
    finds nothing is an answer, not an error."""
    table = lookup(context, options.table)
    try:
        result = commands.ask(["postmap", "-c", context.instance.config_dir, "-q", options.key, table.spec])
    except commands.CommandError as error:
        raise Failed(str(error)) from None
    if result.status not in {0, 1} or (not result.ok and result.err.strip()):
        raise Failed(f"{table.spec}: {result.words}")
    value = decode(result.out.removesuffix(b"\n"))
    if context.json:
        found = {"value": value} if result.ok else {}
        write_json({"key": options.key, "tried": [options.key], "found": result.ok, **found})
    elif result.ok:
        write(value)
    else:
        note(f"{table.spec} has no answer to {options.key}")


def set_entry(context: Context, options: argparse.Namespace) -> int:
    target = _target(context, options.table)
    value = " ".join(options.value).strip()
    was = _standing(context, target, options.key)
    return carry_out(context, [] if value == was else [SetEntry(target, options.key, value, was)])


def remove(context: Context, options: argparse.Namespace) -> int:
    target = _target(context, options.table)
    was = _standing(context, target, options.key)
    return carry_out(context, [] if was is None else [RemoveEntry(target, options.key, was)])


def _standing(context: Context, target: Target, key: str) -> str | None:
    try:
        value = standing(entries(context.instance.files, target), key, "")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(error, target.path) from None
    return value if value is None or isinstance(value, str) else ", ".join(value)
