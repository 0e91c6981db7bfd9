"""`mailtui parameter`: the settings of main.cf."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import Failed, columns, note, write, write_json
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.formats.splice import Refused
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.parameters import ParameterView
from mailtui.postfix.values import NOTHING
from mailtui.text.safe import decode


def parser() -> Parser:
    top = Parser(prog="mailtui parameter", description="The settings of main.cf.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser(
        "list", parents=[common], help="every parameter that Postfix knows, and every other set"
    )
    one.add_argument("--set", action="store_true", dest="explicit", help="only those set in main.cf")
    one.set_defaults(call=show_list)
    one = verbs.add_parser("get", parents=[common], help="the value in force, with $ expanded")
    one.add_argument("name", metavar="NAME")
    one.set_defaults(call=get)
    one = verbs.add_parser("set", parents=[common, change], help="set a parameter")
    one.add_argument("name", metavar="NAME")
    one.add_argument(
        "value", metavar="VALUE", nargs="*", help="words are joined by a blank; none: the empty value"
    )
    one.set_defaults(call=set_value)
    one = verbs.add_parser(
        "reset", parents=[common, change], help="take it out, so that the default is in force"
    )
    one.add_argument("name", metavar="NAME")
    one.set_defaults(call=reset)
    return top


def as_json(view: ParameterView, used: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """One parameter in interface names; what does not apply is absent. `used`: who names each, as
    `paramlist.users` has it."""
    from mailtui.postfix.paramtables import DEPRECATED

    fields = {name: value for name, value in view._asdict().items() if value is not None and value != ""}
    if view.value == "":
        fields["value"] = ""
    if view.effective == "":
        fields["effective"] = ""
    if view.default == "":
        fields["default"] = ""
    if view.name in DEPRECATED:
        fields["deprecated"] = DEPRECATED[view.name]
    return {
        **fields,
        "duplicates": list(view.duplicates),
        "overridden_by": list(view.overridden_by),
        "used_by": list(used.get(view.name, ())),
    }


def _write_json(context: Context, views: Iterable[ParameterView]) -> None:
    from mailtui.postfix.paramlist import users

    used = users(context.instance.parameters.values)
    write_json([as_json(view, used) for view in views])


def show_list(context: Context, options: argparse.Namespace) -> None:
    try:
        views = list(context.instance.parameters.list(explicit_only=options.explicit))
    except ParameterError as error:
        raise failed(error) from None
    if context.json:
        _write_json(context, views)
        return
    rows = [
        (
            view.name,
            "set" if view.explicit else "",
            view.effective if view.effective is not None else "(cannot be expanded)",
        )
        for view in views
    ]
    for line in columns(rows):
        write(line)


def get(context: Context, options: argparse.Namespace) -> None:
    parameters = context.instance.parameters
    try:
        if context.json:
            _write_json(context, [parameters.view(options.name)])
            return
        write(parameters.effective(options.name))
        view = parameters.view(options.name)
    except ParameterError as error:
        raise failed(error) from None
    for line in view.duplicates:
        note(f"{view.file}:{line}: does not count: line {view.line} sets it again")


def _was(context: Context, name: str) -> str | None:
    definition = context.instance.parameters.definition(name)
    return decode(definition.value) if definition is not None else None


def set_value(context: Context, options: argparse.Namespace) -> int:
    value = " ".join(options.value)
    was = _was(context, options.name)
    if was is None:
        _warn_unknown(context, options.name)
    if value == was:
        return carry_out(context, [])
    refuse_wrong(context, options.name, value)
    try:
        return carry_out(context, [SetParameter(context.instance.main, options.name, value, was)])
    except Refused as refused:
        raise Failed(refused.what, do=refused.do) from None


def refuse_wrong(
    context: Context, name: str, value: str, *, service: str = "", over: Mapping[str, str] = NOTHING
) -> None:
    """Raises Failed where a program of Postfix would stop at the value or defer mail; tells the rest.

    `over`: the other settings of the service it is for.
    """
    from mailtui.postfix.paramcheck import check_value, errors

    try:
        found = check_value(context.instance, name, value, over=over)
    except ParameterError as error:
        raise failed(error) from None
    what = f"{service} -o {name}" if service else name
    wrong = errors(found)
    if wrong:
        raise Failed(f"{what}: {'; '.join(each.text for each in wrong)}", do="nothing was changed")
    for each in found:
        note(f"{each.severity}: {what}: {each.text}")


def _warn_unknown(context: Context, name: str) -> None:
    """A name that Postfix does not know may be a macro of the admin's own: said, not refused."""
    try:
        context.instance.parameters.view(name)
    except ParameterError as error:
        note(f"note: {error.what}; {error.do}; it is set as a name of your own")


def reset(context: Context, options: argparse.Namespace) -> int:
    was = _was(context, options.name)
    if was is None:
        return carry_out(context, [])
    return carry_out(context, [ResetParameter(context.instance.main, options.name, was)])
