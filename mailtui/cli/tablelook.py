"""`mailtui table list`, `get` and `try`: what is in a table, in its text, and in the live one."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from mailtui.cli.context import Context, unreadable
from mailtui.cli.output import Failed, columns, note, write, write_json
from mailtui.cli.tablenamed import lookups, rules_of, target_of
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import entries
from mailtui.postfix.lookups import Lookup
from mailtui.text.safe import decode, encode


def show_list(context: Context, options: argparse.Namespace) -> None:
    found = lookups(context, options.table)
    rules = rules_of(found[0]) if len(found) == 1 else None
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

    target = target_of(table)
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
