"""`mailtui leave`: somebody leaves; every place in which an address stands, as one change."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import DONE, USAGE, Failed, columns, note, write, write_json
from mailtui.postfix.errors import InstanceError
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.apply.accounts import AccountPlan
    from mailtui.edits.leaving import Leave, Place
    from mailtui.edits.leavingplaces import Choice

_TYPED = "--forward TO, or for each --give PLACE=TO, --remove PLACE (the alias goes) or --keep PLACE"


def parser() -> Parser:
    top = Parser(
        prog="mailtui leave",
        description="Somebody leaves: destinations, own aliases, mailbox, access, canonical, copies, all as"
        " one change with one undo. Mail on the disk is never deleted. --dry-run lists the places.",
        parents=[common_options(), change_options()],
    )
    top.add_argument("address", metavar="ADDRESS")
    top.add_argument("--forward", default="", metavar="TO", help="who gets the mail from now on")
    top.add_argument(
        "--also", action="append", default=[], metavar="ADDRESS", help="another address of theirs"
    )
    top.add_argument("--keep", action="append", default=[], metavar="PLACE", help="leave it as it is")
    top.add_argument("--remove", action="append", default=[], metavar="PLACE", help="take it out")
    top.add_argument(
        "--give", action="append", default=[], metavar="PLACE=TO", help="hand this place on to somebody else"
    )
    top.add_argument(
        "--lock-account",
        action="store_true",
        help="lock their logins, too, once all is written: now, no undo; asks for each name",
    )
    top.epilog = (
        "A PLACE is named as --dry-run prints it (virtual:web@falcot.com), by its key, kind or FILE:LINE."
    )
    top.set_defaults(call=leave_all)
    return top


def leave_all(context: Context, options: argparse.Namespace) -> int:
    from mailtui.edits.leaving import Wish, leave

    choices: dict[str, Choice] = dict.fromkeys(options.keep, "keep")
    choices |= dict.fromkeys(options.remove, "remove")
    wish = Wish(
        options.address,
        options.forward.strip(),
        tuple(options.also),
        choices,
        dict(map(_given, options.give)),
    )
    try:
        found = leave(context.instance, wish)
    except InstanceError as error:
        raise failed(error) from None
    if found.refused:
        raise Failed(found.refused, do=found.do)
    context.told = _as_json(found)
    if context.dry_run and not context.json:
        _print_places(found.places)
    for text in found.says:
        note(f"note: {text}")
    if found.waits:
        if context.json and context.dry_run:
            write_json(
                {"applied": False, "edits": [], "diff": "", "plan": [], "not_yours": []} | context.told
            )
        raise Failed(found.waits, do=_TYPED)
    return _carried_out(context, found, lock=options.lock_account)


def _given(text: str) -> tuple[str, str]:
    """PLACE=TO; a place may have an = of its own, an address at its end seldom has."""
    place, sign, to = text.rpartition("=")
    if not sign or not place or not to:
        raise Failed(f"{text} is not PLACE=TO", do="as --give virtual:web@falcot.com=laure", code=USAGE)
    return place, to


def _carried_out(context: Context, found: Leave, *, lock: bool) -> int:
    plans = _locks(context, found.steps) if lock and not context.dry_run else []
    for text in _proof_lines(found):
        note(text)
    status = carry_out(context, found.edits, found.label)
    if status != DONE:
        return status
    if plans:
        _lock(context, plans)
    elif found.steps:
        for place in found.steps:
            note(f"now, no undo, by its own command: {place.now}")
    return status


def _proof_lines(found: Leave) -> list[str]:
    fates = [f"  {fate}" for fate in found.proof.fates]
    still = [f"note: goes on naming them: {name}" for name in found.proof.still]
    return [f"then: {found.proof.words}", *fates, *still]


def _print_places(places: Sequence[Place]) -> None:
    for line in columns([
        (place.marker.strip() or "=", place.kind, safe(place.name), place.value, place.where, _becomes(place))
        for place in places
    ]):  # fmt: skip
        write(line)


def _becomes(place: Place) -> str:
    if place.undecided:
        return f"CHOOSE: {place.what}"
    return place.now or (f"{place.choice}: {place.then}" if place.choice else place.what)


def _as_json(found: Leave) -> dict[str, Any]:
    return {
        "addresses": list(found.addresses),
        "places": [place.as_json() for place in found.places],
        "then": {
            "nothing_arrives": found.proof.nothing,
            "mail": [
                {"address": fate.address, "state": fate.state, "how": fate.words}
                for fate in found.proof.fates
            ],
            "still_named_by": list(found.proof.still),
        },
        "steps": [place.now for place in found.steps],
    }  # fmt: skip


# Logins


def _locks(context: Context, steps: Sequence[Place]) -> list[AccountPlan]:
    """What locking comes to, each account's name typed; before anything is written. Raises Failed."""
    from mailtui.apply.accounts import plan
    from mailtui.cli.accountinput import confirmed, in_words
    from mailtui.sasl.accounts import Accounts

    if not steps or context.read_only:
        return []
    accounts = Accounts(context.instance)
    with in_words():
        plans = [plan(accounts, "lock", step.account) for step in steps if step.account is not None]
    for each in plans:
        confirmed(context, f"{each.words}: now, no undo", str(each.account))
    return plans


def _lock(context: Context, plans: Sequence[AccountPlan]) -> None:
    from mailtui.apply.accounts import carry_out as change
    from mailtui.cli.accountinput import in_words
    from mailtui.sasl.secret import generated

    with in_words():
        for each in plans:
            done = change(context.instance, each, generated())
            note(f"{done.words}: this cannot be undone")
