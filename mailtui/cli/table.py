"""`mailtui table`: any lookup table by its name in the configuration, `TYPE:PATH`."""

from __future__ import annotations

import argparse

from mailtui import commands
from mailtui.cli.change import carry_out
from mailtui.cli.context import Context
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import Failed, columns, write, write_json
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.entries import current as standing
from mailtui.formats.target import Target
from mailtui.postfix.files import entries, problem_words
from mailtui.postfix.lookups import Lookup, parse_maps
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
    found = parse_maps(text, "", instance.config_dir, instance.alias_paths)
    if len(found) != 1 or found[0].error:
        why = found[0].error if found else "nothing named"
        raise Failed(f"{text}: {why}", do="name a table as main.cf does: TYPE:/PATH", code=2)
    return found[0]


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
        raise Failed(problem_words(error, target.path)) from None
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


def get(context: Context, options: argparse.Namespace) -> int:
    table = lookup(context, options.table)
    answer = table.get(encode(options.key), context.instance.files)
    if answer.problem:
        raise Failed(answer.problem)
    if context.json:
        found = {"value": decode(answer.value)} if answer.value is not None else {}
        write_json({"key": options.key, "found": answer.found, **found})
    elif answer.value is not None:
        write(decode(answer.value))
    return 0 if answer.found else 1


def try_key(context: Context, options: argparse.Namespace) -> int:
    """Ask the compiled, live table through postmap -q: the very lookup of a daemon for one key."""
    table = lookup(context, options.table)
    try:
        result = commands.ask(["postmap", "-c", context.instance.config_dir, "-q", options.key, table.spec])
    except commands.CommandError as error:
        raise Failed(str(error)) from None
    if not result.ok and result.err.strip():
        raise Failed(f"{table.spec}: {result.words}")
    value = decode(result.out.removesuffix(b"\n"))
    if context.json:
        found = {"value": value} if result.ok else {}
        write_json({"key": options.key, "tried": [options.key], "found": result.ok, **found})
    elif result.ok:
        write(value)
    return 0 if result.ok else 1


def set_entry(context: Context, options: argparse.Namespace) -> int:
    target = _target(context, options.table)
    value = " ".join(options.value)
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
        raise Failed(problem_words(error, target.path)) from None
    return value if value is None or isinstance(value, str) else ", ".join(value)
