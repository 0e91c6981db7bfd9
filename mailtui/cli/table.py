"""`mailtui table`: any lookup table by its name in the configuration, `TYPE:PATH`, or by the parameter that
names it (`transport_maps`)."""

from __future__ import annotations

from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.tablechange import compile_table, remove, set_entry
from mailtui.cli.tablelook import get, show_list, try_key
from mailtui.cli.tablemigrate import migrate


def parser() -> Parser:
    top = Parser(
        prog="mailtui table",
        description="Any lookup table, named as in main.cf (hash:/etc/postfix/access), or by the parameter"
        " that names it (transport_maps).",
    )
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    for verb, call, text in (
        ("list", show_list, "all entries, those that are switched off too"),
        ("get", get, "what the text says for a key"),
        (
            "try",
            try_key,
            "what the live table answers; of a parameter key by key, as Postfix asks for an address",
        ),
    ):
        one = verbs.add_parser(verb, parents=[common], help=text)
        one.add_argument("table", metavar="TYPE:PATH")
        if verb != "list":
            one.add_argument("key", metavar="KEY")
        if verb == "try":
            one.add_argument("--check", default="", metavar="NAME", help="as this check_…_access asks")
        one.set_defaults(call=call)
    one = verbs.add_parser("set", parents=[common, change], help="set an entry, or add it")
    one.add_argument("table", metavar="TYPE:PATH")
    one.add_argument("key", metavar="KEY")
    one.add_argument("value", metavar="VALUE", nargs="+", help="words are joined by a blank")
    one.add_argument("--anyway", action="store_true", help="though it cannot work as it is")
    one.add_argument("--before", metavar="KEY", help="of patterns and networks: before this rule")
    one.set_defaults(call=set_entry)
    one = verbs.add_parser("remove", parents=[common, change], help="take an entry out")
    one.add_argument("table", metavar="TYPE:PATH")
    one.add_argument("key", metavar="KEY")
    one.set_defaults(call=remove)
    one = verbs.add_parser(
        "compile", parents=[common, change], help="compile it from its text, where somebody has not"
    )
    one.add_argument("table", metavar="TYPE:PATH")
    one.set_defaults(call=compile_table)
    one = verbs.add_parser("migrate", parents=[common, change], help="put compiled tables into another type")
    one.add_argument("--to", choices=("lmdb", "cdb"), help="the type (lmdb, where Postfix has it)")
    one.add_argument(
        "--from", dest="leaving", action="append", choices=("hash", "btree", "lmdb", "cdb"),
        help="all tables of this type (hash and btree)",
    )  # fmt: skip
    one.add_argument("table", metavar="TYPE:PATH", nargs="*", help="these alone")
    one.set_defaults(call=migrate)
    return top
