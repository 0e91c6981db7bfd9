"""`mailtui table`: any lookup table by its name in the configuration, `TYPE:PATH`, or by the parameter that
names it (`transport_maps`)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed, unreadable
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import USAGE, Failed, columns, note, write, write_json
from mailtui.edits.entries import SetEntry
from mailtui.edits.entries import current as standing
from mailtui.edits.standing import removal
from mailtui.formats.target import Target
from mailtui.postfix.errors import InstanceError, ParameterError
from mailtui.postfix.files import entries
from mailtui.postfix.lookups import PATTERNS, Lookup, parse_map
from mailtui.postfix.mapkinds import MAP_KINDS
from mailtui.text.safe import decode, encode

if TYPE_CHECKING:
    from mailtui.postfix.entrychecks import EntryWarning

_LEVELS = {"error": "warning", "warning": "warning", "advice": "note"}
"""How a finding is announced that does not keep the entry from being set."""


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


def lookup(context: Context, text: str) -> Lookup:
    """The table that `TYPE:PATH` names. Raises Failed."""
    instance = context.instance
    try:
        name = instance.parameters.expand_text(text) if "$" in text else text
        found = parse_map(name, "", instance.config_dir, instance.alias_paths)
    except ParameterError as error:
        raise failed(error) from None
    if found.error:
        raise Failed(found.error, do="write TYPE:PATH, as hash:/etc/postfix/virtual", code=USAGE)
    return found


def _is_parameter(text: str) -> bool:
    return ":" not in text and "$" not in text


def lookups(context: Context, text: str) -> list[Lookup]:
    """The tables that `TYPE:PATH`, or a parameter, names, in Postfix's order. Raises Failed."""
    if not _is_parameter(text):
        return [lookup(context, text)]
    parameters = context.instance.parameters
    try:
        if not text.endswith("_maps") or (parameters.get(text) is None and parameters.default(text) is None):
            return [lookup(context, text)]
        found = context.instance.lookups(text)
    except InstanceError as error:
        raise failed(error) from None
    if not found:
        raise Failed(f"{text} names no table", do=f"mailtui parameter set {text} TYPE:PATH")
    return found


def _one(context: Context, text: str) -> Lookup:
    """As `lookups`, where one table is meant. Of several the only one that can be edited."""
    found = lookups(context, text)
    able = [each for each in found if each.editable]
    if len(found) == 1 or len(able) == 1:
        return found[0] if len(found) == 1 else able[0]
    raise Failed(f"{text} names {', '.join(each.spec for each in found)}", do="say which")


def _rules(table: Lookup) -> Target | None:
    """The text of a table of patterns or networks; None for other tables."""
    if table.type not in PATTERNS:
        return None
    from mailtui.postfix.patternrows import rules_target

    return rules_target(table)


def _target(table: Lookup) -> Target:
    if table.target is None:
        what = f"{table.spec} is {table.how}: it has no entries that can be edited here"
        raise Failed(what, do="change it where it is kept")
    return table.target


def show_list(context: Context, options: argparse.Namespace) -> None:
    found = lookups(context, options.table)
    rules = _rules(found[0]) if len(found) == 1 else None
    if rules is not None:
        from mailtui.cli.tablerules import list_rules

        list_rules(context, rules)
        return
    several = len(found) > 1
    for table in found if several else ():
        if not table.editable:
            note(f"note: {table.spec} is {table.how}: mailtui table list {table.spec}")
    listed = [table for table in found if table.editable] if several else found
    rows = [row for table in listed for row in _rows(context, table, named=several)]
    if context.json:
        write_json(rows)
        return
    cells = [
        (
            "#" if not row["enabled"] else " " if row["counts"] else "=",
            str(row["key"]), str(row["value"]), *([str(row["table"])] if "table" in row else []),
        )
        for row in rows
    ]  # fmt: skip
    for line in columns(cells):
        write(line)


def _rows(context: Context, table: Lookup, *, named: bool) -> Iterator[dict[str, object]]:
    """The entries of a table, as JSON has them; of one that holds passwords the values masked. `named`: with
    the table of each."""
    from mailtui.apply.secret import MASK
    from mailtui.apply.uses import all_uses, is_secret, of_file

    target = _target(table)
    hidden = is_secret(target, of_file(all_uses(context.instance), target))
    try:
        document = entries(context.instance.files, target)
    except OSError as error:
        raise unreadable(error, target.path) from None
    unused = set(document.duplicates())
    for index in range(len(document)):
        entry = document.entry(index)
        yield {
            "key": decode(entry.key), "value": MASK if hidden else decode(entry.value),
            "enabled": entry.enabled,
            "line": entry.line, "counts": entry.enabled and index not in unused,
            **({"table": table.spec} if named else {}),
        }  # fmt: skip


def get(context: Context, options: argparse.Namespace) -> None:
    for table in lookups(context, options.table):
        answer = table.get(encode(options.key), context.instance.files)
        if answer.problem:
            raise Failed(answer.problem)
        if answer.value is not None:
            break
    else:
        raise Failed(f"{options.key} is not in {options.table}", do="mailtui table list shows what is")
    if context.json:
        write_json({"key": options.key, "found": True, "value": decode(answer.value)})
    else:
        write(decode(answer.value))


# Trying


def try_key(context: Context, options: argparse.Namespace) -> None:
    """Ask the compiled, live tables through postmap -q: a table for the key alone, those of a parameter for
    each key that its daemon asks for. That nothing is found is an answer, not an error."""
    from mailtui.postfix.mapkeys import TRIED
    from mailtui.postfix.maptry import Asked, ask, try_address

    tables = lookups(context, options.table)
    try:
        if options.table in TRIED:
            answers = try_address(context.instance, options.table, options.key, tables).answers
        elif _tried_as_access(context, options, tables):
            return
        else:
            found = [
                Asked(options.key, each.spec, ask(context.instance, each, options.key)) for each in tables
            ]
            hit = next((at for at, one in enumerate(found) if one.value is not None), len(found))
            answers = tuple(found[: hit + 1])
    except InstanceError as error:
        raise Failed(str(error)) from None
    last = answers[-1] if answers and answers[-1].value is not None else None
    if context.json:
        told = {"value": last.value, "by": last.key, "table": last.table} if last is not None else {}
        tried = list(dict.fromkeys(one.key for one in answers))
        write_json({"key": options.key, "tried": tried, "found": last is not None, **told})
    elif last is not None and last.value is not None:
        write(last.value)
        if last.key != options.key:
            note(f"note: by the key {last.key}")
    else:
        note(f"{options.table} has no answer to {options.key}")


def _tried_as_access(context: Context, options: argparse.Namespace, tables: list[Lookup]) -> bool:
    from mailtui.cli.tableaccess import try_as_asked

    return try_as_asked(context, options, tables)


# Changing


def set_entry(context: Context, options: argparse.Namespace) -> int:
    table = _one(context, options.table)
    rules = _rules(table)
    if rules is not None:
        from mailtui.cli.tablerules import set_rule

        return set_rule(context, options, table, rules)
    target = _target(table)
    value = " ".join(options.value).strip()
    was = _standing(context, target, options.key)
    _check(context, options, table, value, None if was is None else options.key)
    return carry_out(context, [] if value == was else [SetEntry(target, options.key, value, was)])


def _check(
    context: Context, options: argparse.Namespace, lookup: Lookup, value: str, replacing: str | None
) -> None:
    """What is known of the entry where a rewriting or routing parameter names the table, or a rule of smtpd
    asks it. Raises Failed where it cannot work."""
    from mailtui.cli.tableaccess import access_findings
    from mailtui.postfix.aliastables import AliasTables
    from mailtui.postfix.mapchecks import check_map_entry

    wrong: list[str] = []

    def tell(found: EntryWarning) -> None:
        if found.severity == "error" and not options.anyway:
            wrong.append(found.text)
        else:
            note(f"{_LEVELS[found.severity]}: {found.text}")

    try:
        for parameter in MAP_KINDS:
            if _is_parameter(options.table) and parameter != options.table:
                continue
            table = AliasTables.of_maps(context.instance, parameter).by_spec(lookup.spec)
            if table is None or not table.editable:
                continue
            for found in check_map_entry(context.instance, table, options.key, value, replacing):
                tell(found)
        if not _is_parameter(options.table):
            for found in access_findings(context, lookup, options.key, value, replacing):
                tell(found)
    except InstanceError as error:
        note(f"note: {error}")
    if wrong:
        raise Failed(f"{options.key} → {value}: {'; '.join(wrong)}", do="--anyway sets it all the same")


def remove(context: Context, options: argparse.Namespace) -> int:
    table = _one(context, options.table)
    rules = _rules(table)
    if rules is not None:
        from mailtui.cli.tablerules import remove_rule

        return remove_rule(context, options, rules)
    target = _target(table)
    was = _standing(context, target, options.key)
    if was is None:
        from mailtui.cli.nearnames import keys, tell_absent

        tell_absent("entry", options.key, keys(context.instance.files, target))
    gone = [] if was is None else removal(context.instance.files, target, options.key, was)
    return carry_out(context, gone)


def _standing(context: Context, target: Target, key: str) -> str | None:
    try:
        value = standing(entries(context.instance.files, target), key, "")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(error, target.path) from None
    return value if value is None or isinstance(value, str) else ", ".join(value)


def migrate(context: Context, options: argparse.Namespace) -> int:
    from mailtui.cli.tablemigrate import migrate as carried_out

    return carried_out(context, options)


def compile_table(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.compiling import CompileTable

    table = _one(context, options.table)
    if table.compiled_path is None:
        do = "postfix reload makes its text count" if table.needs == "reload" else "nothing is to be done"
        raise Failed(f"{table.spec} is not compiled: {table.how}", do=do, code=USAGE)
    target = table.target
    assert target is not None  # what is compiled has a text of entries
    return carry_out(context, [CompileTable(target)])
