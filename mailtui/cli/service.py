"""`mailtui service`: the services of master.cf and their overrides."""

from __future__ import annotations

import argparse

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import USAGE, Failed, columns, note, write, write_json
from mailtui.cli.parameter import refuse_wrong
from mailtui.edits.model import Edit
from mailtui.edits.services import (
    AddService,
    RemoveServiceOption,
    SetServiceField,
    SetServiceOption,
    SwitchService,
    SwitchServiceOption,
)
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.services import ServiceRow, find_service, proposed, services

_FIELDS = ("private", "unprivileged", "chroot", "wakeup", "process_limit", "command")
_PROPOSED = ("submission", "submissions")


def parser() -> Parser:
    top = Parser(prog="mailtui service", description="The services of master.cf and their overrides.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="every entry, those commented out too")
    one.set_defaults(call=show_list)
    one = verbs.add_parser("set", parents=[common, change], help="set an override, or a column")
    one.add_argument("service", metavar="NAME/TYPE", help="as smtp/inet; the name alone where it is unique")
    one.add_argument(
        "settings", nargs="*", metavar="OPTION=VALUE", help=f"-o for this service; or {', '.join(_FIELDS)}=…"
    )
    one.add_argument("--remove", action="append", default=[], metavar="OPTION", help="main.cf holds again")
    one.add_argument("--option-off", action="append", default=[], metavar="OPTION", help="comment an -o out")
    one.add_argument("--option-on", action="append", default=[], metavar="OPTION", help="and in again")
    switch = one.add_mutually_exclusive_group()
    switch.add_argument("--off", action="store_true", help="comment the entry out, with its -o lines")
    switch.add_argument("--on", action="store_true", help="and in again; submission and submissions are made")
    one.set_defaults(call=set_service)
    return top


def show_list(context: Context, _options: argparse.Namespace) -> None:
    try:
        rows = services(context.instance)
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json([row.as_json() for row in rows])
        return
    cells: list[tuple[str, ...]] = []
    for row in rows:
        sign = " " if row.counts else "#" if not row.enabled else "="
        limits = (row.private, row.unprivileged, row.chroot, row.wakeup, row.process_limit)
        cells.append((sign, row.name, row.type, *limits, f"{row.command} {row.also}".strip()))
    for row, line in zip(rows, columns(cells), strict=True):
        write(line)
        for option in row.options:
            write(f"{' ' if option.counts and row.enabled else '#'}     -o {option.name}={option.value}")


def set_service(context: Context, options: argparse.Namespace) -> int:
    try:
        edits = _edits(context, options)
    except InstanceError as error:
        raise failed(error) from None
    return carry_out(context, edits)


def _edits(context: Context, options: argparse.Namespace) -> list[Edit]:
    target = context.instance.master
    name = options.service.removesuffix("/inet")
    if options.on and name in _PROPOSED and not _is_there(context, name):
        return [AddService(target, f"{name}/inet", proposed(context.instance, name))]
    row = find_service(context.instance, options.service)
    changes = [_setting(context, row, word, options.settings) for word in options.settings]
    changes += [_removal(context, row, option) for option in options.remove]
    changes += [_switched(context, row, option, on=False) for option in options.option_off]
    changes += [_switched(context, row, option, on=True) for option in options.option_on]
    found = [edit for edit in changes if edit is not None]
    if options.off or options.on:
        if changes:
            raise Failed(
                "--on and --off stand alone", do="change the service in a second command", code=USAGE
            )
        if row.enabled is not options.on:
            found.append(SwitchService(target, row.service, row.words, on=options.on))
    elif not changes:
        raise Failed("nothing to set", do="say OPTION=VALUE, --remove OPTION, --on or --off", code=USAGE)
    elif not row.enabled:
        raise Failed(f"{row.service} is commented out", file=target.path, line=row.line, do="use --on first")
    return found


def _is_there(context: Context, name: str) -> bool:
    return any((row.name, row.type) == (name, "inet") for row in services(context.instance))


def _setting(context: Context, row: ServiceRow, word: str, together: list[str]) -> Edit | None:
    name, equals, value = word.partition("=")
    if not equals or not name.strip():
        raise Failed(f"{word!r} is no OPTION=VALUE", do="as smtpd_sasl_auth_enable=yes", code=USAGE)
    name, value = name.strip(), value.strip()
    target = context.instance.master
    if name in _FIELDS:
        was = str(getattr(row, name))
        return None if value == was else SetServiceField(target, row.service, name, value, was)
    standing = row.values.get(name)
    if value == standing:
        return None
    if standing is None and name not in context.instance.parameters.names():
        note(f"note: Postfix knows no parameter {name}; it is set as a name of your own")
    others = {each.strip(): said.strip() for each, _, said in (one.partition("=") for one in together)}
    over = {**row.values, **others, "process_name": row.command, "service_name": row.name}
    refuse_wrong(context, name, value, service=row.service, over=over)
    return SetServiceOption(target, row.service, name, value, standing)


def _removal(context: Context, row: ServiceRow, name: str) -> Edit | None:
    was = row.values.get(name)
    return None if was is None else RemoveServiceOption(context.instance.master, row.service, name, was)


def _switched(context: Context, row: ServiceRow, name: str, *, on: bool) -> Edit | None:
    target, standing = context.instance.master, row.values.get(name)
    if (standing is not None) is on:
        return None
    if standing is not None:
        return SwitchServiceOption(target, row.service, name, standing, on=False)
    off = [option for option in row.options if option.name == name and not option.enabled]
    if not off:
        what = f"{row.service} has no -o {name} that is commented out"
        raise Failed(what, file=target.path, line=row.line, do=f"set it: {name}=VALUE")
    return SwitchServiceOption(target, row.service, name, off[-1].value, on=True)
