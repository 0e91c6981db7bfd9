"""`mailtui dkim`: the keys that sign our mail, and their life."""

from __future__ import annotations

import argparse

from mailtui.cli.context import Context
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import columns, note, write, write_json


def parser() -> Parser:
    top = Parser(prog="mailtui dkim", description="The keys that sign our mail, and their life.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser(
        "list", parents=[common], help="all keys: for whom they sign, and whether DNS has them"
    )
    one.add_argument("domain", nargs="?", default="", metavar="DOMAIN")
    one.add_argument(
        "--no-dns", action="store_true", help="say what DNS had at the last check, and ask nobody"
    )
    one.set_defaults(call=show_list)
    one = verbs.add_parser(
        "generate",
        parents=[common, change],
        help="a new key: its file is made at once, and signs nothing yet",
    )
    one.add_argument("domain", metavar="DOMAIN")
    one.add_argument("--selector", default="", metavar="S", help="default: year and month, as mail202611")
    kinds = one.add_mutually_exclusive_group()
    kinds.add_argument("--bits", type=int, default=2048, metavar="N", help="of an RSA key; default 2048")
    kinds.add_argument("--type", choices=["rsa", "ed25519"], default="rsa")
    one.add_argument("--file", default="", metavar="F", help="where; default: as the other keys")
    one.set_defaults(call=_late("generate"))
    one = verbs.add_parser(
        "check", parents=[common], help="ask every name server for the record; exit 1 until all have it"
    )
    one.add_argument("domain", metavar="DOMAIN")
    one.add_argument("selector", nargs="?", default="", metavar="SELECTOR")
    one.set_defaults(call=_late("check"))
    one = verbs.add_parser(
        "activate", parents=[common, change], help="sign with a key from now on; only once DNS has it"
    )
    _of_key(one, "activate it though not every name server has its record; DOMAIN typed again")
    one.set_defaults(call=_late("activate"))
    one = verbs.add_parser(
        "retire", parents=[common, change], help="take out a key that another has replaced"
    )
    _of_key(one, "retire it though its grace period is not over; DOMAIN typed again")
    one.set_defaults(call=_late("retire"))
    return top


def _of_key(one: argparse.ArgumentParser, anyway: str) -> None:
    one.add_argument("domain", metavar="DOMAIN")
    one.add_argument("selector", nargs="?", default="", metavar="SELECTOR")
    one.add_argument("--anyway", default="", metavar="DOMAIN", help=anyway)


def _late(name: str) -> object:
    """A command in dkimchange, which a list does not have to load."""

    def call(context: Context, options: argparse.Namespace) -> int:
        from mailtui.cli import dkimchange

        result: int = getattr(dkimchange, name)(context, options)
        return result

    return call


def show_list(context: Context, options: argparse.Namespace) -> None:
    from mailtui.cli.dkimkeys import Keys

    keys = Keys.read(context)
    found = keys.lives(options.domain, ask=not options.no_dns)
    used = keys.last_used(found)
    if context.json:
        told = []
        for life in found:
            moment = used.get(life.key)
            extra = {} if moment is None else {"last_used": moment.isoformat(timespec="seconds")}
            told.append({**life.as_json(), **extra})
        write_json(told)
    else:
        for line in columns([_cells(life, used) for life in found]):
            write(line)
    for life in found:
        for each in life.row.problems:
            note(f"warning: {life.row.selector}._domainkey.{life.row.domain}: {each.words}")
        if life.step.words and not context.json:
            note(f"{life.row.selector}._domainkey.{life.row.domain}: {life.step.action}: {life.step.words}")
    for text in keys.notes:
        note(f"note: {text}")


def _cells(life: object, used: object) -> tuple[str, ...]:
    from mailtui.milters.dkim.rotation import Life

    assert isinstance(life, Life)
    assert isinstance(used, dict)
    row = life.row
    age = row.age()
    kind = f"{row.data.kind} {row.data.bits}" if row.data.kind == "rsa" else row.data.kind
    moment = used.get(life.key)
    last = f"used {moment:%Y-%m-%d %H:%M}" if moment is not None else ""
    node = row.file_node
    rights = f"{node.mode_words} {node.owner}" if node is not None else ""
    published = life.seen.count if life.seen is not None else "not asked"
    signs = ", ".join(row.signs) or "–"
    return (
        "!" if life.needs_care else " ", row.domain, row.selector, kind, "" if age is None else f"{age} d",
        life.state, published, signs, last, rights, row.key_file,
    )  # fmt: skip
