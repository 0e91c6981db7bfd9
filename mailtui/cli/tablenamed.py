"""The tables that a word of `mailtui table` means: `TYPE:PATH`, or the parameter that names them."""

from __future__ import annotations

from mailtui.cli.context import Context, failed
from mailtui.cli.output import USAGE, Failed
from mailtui.formats.target import Target
from mailtui.postfix.errors import InstanceError, ParameterError
from mailtui.postfix.lookups import PATTERNS, Lookup, parse_map


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


def is_parameter(text: str) -> bool:
    return ":" not in text and "$" not in text


def lookups(context: Context, text: str) -> list[Lookup]:
    """The tables that `TYPE:PATH`, or a parameter, names, in Postfix's order. Raises Failed."""
    if not is_parameter(text):
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


def one(context: Context, text: str) -> Lookup:
    """As `lookups`, where one table is meant. Of several the only one that can be edited."""
    found = lookups(context, text)
    able = [each for each in found if each.editable]
    if len(found) == 1 or len(able) == 1:
        return found[0] if len(found) == 1 else able[0]
    raise Failed(f"{text} names {', '.join(each.spec for each in found)}", do="say which")


def rules_of(table: Lookup) -> Target | None:
    """The text of a table of patterns or networks; None for other tables."""
    if table.type not in PATTERNS:
        return None
    from mailtui.postfix.patternrows import rules_target

    return rules_target(table)


def target_of(table: Lookup) -> Target:
    if table.target is None:
        what = f"{table.spec} is {table.how}: it has no entries that can be edited here"
        raise Failed(what, do="change it where it is kept")
    return table.target
