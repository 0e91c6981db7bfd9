"""`mailtui account`: the users of SMTP AUTH in sasldb; changes happen at once, without undo."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mailtui.cli.accountinput import confirmed, generated_shown, in_words, password_read
from mailtui.cli.context import Context, failed
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import DONE, REFUSED, Failed, columns, note, write, write_json
from mailtui.postfix.errors import InstanceError
from mailtui.sasl.accounts import AccountRow, Accounts
from mailtui.sasl.names import Account, BadName, account
from mailtui.sasl.services import service_named
from mailtui.text.query import Query
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.sasl.trial import Tried


def parser() -> Parser:
    top = Parser(
        prog="mailtui account",
        description="Who may log in to send mail (Cyrus sasldb). A password is read from standard input,"
        " never from an argument. Changes happen at once and cannot be undone.",
    )
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common, change = common_options(), change_options()
    one = verbs.add_parser("list", parents=[common], help="the accounts, and whether each can be used")
    one.add_argument("filter", nargs="*", metavar="FILTER", help="as / does on the screen: jean !@falcot.com")
    one.set_defaults(call=show_list)
    for verb, text in (
        ("add", "a new account"),
        ("password", "another password"),
        ("lock", "a random password that nobody knows: sasldb has no 'disabled'"),
        ("remove", "take an account out"),
    ):
        one = verbs.add_parser(verb, parents=[common, change], help=text)
        one.add_argument("name", metavar="USER[@REALM]", help="the realm: by default the one smtpd asks for")
        if verb in ("add", "password"):
            one.add_argument(
                "--generate", action="store_true", help="make a password; it is shown once, at the terminal"
            )
        one.set_defaults(call=change_account, verb=verb, generate=False)
    one = verbs.add_parser("test", parents=[common], help="log in, and say why it fails; exit 1 if it does")
    one.add_argument("name", metavar="USER", help="as a client would give it: jean, or jean@falcot.com")
    one.add_argument("--service", default="", metavar="S", help="default: where AUTH is offered")
    one.add_argument("--mechanism", default="", metavar="M", help="default: each that is offered")
    one.set_defaults(call=test)
    one = verbs.add_parser(
        "fix",
        parents=[common, change],
        help="group, mode or copy of a database that keeps accounts out",
    )
    one.add_argument("number", nargs="?", type=int, metavar="N", help="which; without it they are listed")
    one.set_defaults(call=fix)
    return top


def _accounts(context: Context) -> Accounts:
    try:
        return Accounts(context.instance)
    except InstanceError as error:
        raise failed(error) from None


def show_list(context: Context, options: argparse.Namespace) -> None:
    found = _accounts(context)
    query = Query.parse(" ".join(options.filter))
    rows = [found.row(number) for number in found.search(query) if number is not None]
    if context.json:
        write_json([row.as_json() for row in rows])
    else:
        for line in columns([_cells(row) for row in rows]):
            write(line)
    for text in found.notes:
        note(f"note: {text}")
    if not found.all and not any(each.state == "unreadable" for each in found.distinct()):
        note("note: " + (found.nowhere() if not found.asking else "there is no account yet"))


def _cells(row: AccountRow) -> tuple[str, ...]:
    who = row.account
    return (
        row.marker, who.user, who.realm, " ".join(row.mechanisms), "yes" if row.usable else "no",
        ", ".join(row.databases), row.why,
    )  # fmt: skip


def named(found: Accounts, text: str, *, new: bool) -> Account:
    """The account that a name stands for. Raises Failed."""
    there = next((row.account for row in found.all if str(row.account) == text), None)
    if there is not None and not new:
        return there  # whatever its name is made of
    if "@" not in text and not new:
        known = [row.account for row in found.all if row.account.user == text]
        if len(known) == 1:
            return known[0]
        if not known:
            from mailtui.cli.nearnames import absent

            names = [name for each in found.all for name in (str(each.account), each.account.user)]
            raise Failed(absent("account", text, names), do="mailtui account list shows them")
    realms = list(dict.fromkeys(each.realm for each in found.asking or found.services))
    if "@" not in text and len(realms) != 1:
        asked = f" services ask for {', '.join(realms)}" if realms else ""
        raise Failed(f"which realm?{asked}", do="give USER@REALM")
    try:
        return account(text, realms[0] if realms else "")
    except BadName as error:
        raise Failed(error.what, do=error.do) from None


def change_account(context: Context, options: argparse.Namespace) -> int:
    from mailtui.apply.accounts import Verb, carry_out, plan
    from mailtui.sasl.secret import generated

    verb: Verb = options.verb
    if context.read_only and not context.dry_run:
        raise Failed("started with --read-only: nothing is changed", do="leave it out, or ask with --dry-run")
    found = _accounts(context)
    who = named(found, options.name, new=verb == "add")
    with in_words():
        what = plan(found, verb, who)
        if context.dry_run:
            return _tried(context, what.words, what.steps(), what.says)
        for text in what.says:
            note(f"note: {text}")
        if verb != "add":
            confirmed(context, f"{what.words}: now, no undo", str(who))
        secret = None
        if verb == "lock" or options.generate:
            secret = generated()
        elif verb != "remove":
            secret = password_read(str(who))
        if options.generate:
            assert secret is not None
            show = generated_shown(str(who), secret)
        done = carry_out(context.instance, what, secret)
    if options.generate:
        show()
    for text in done.notes:
        note(f"note: {text}")
    if context.json:
        write_json(done.as_json(what))
    else:
        write(done.words)
        note(f"done in {done.seconds:.2f} s; this cannot be undone")
    return DONE


def _tried(context: Context, words: str, steps: list[dict[str, str]], says: tuple[str, ...]) -> int:
    if context.json:
        plan = {"applied": False, "edits": [words], "diff": "", "plan": steps, "not_yours": []}
        write_json(plan)
        return DONE
    note(words)
    for number, step in enumerate(steps, 1):
        note(f"{number:>3} {step['action']:<8} {step['target']}  {step['why']}")
    for text in says:
        note(f"note: {text}")
    return DONE


def test(context: Context, options: argparse.Namespace) -> int:
    from mailtui.sasl.trial import try_account

    found = _accounts(context)
    try:
        service = service_named(list(found.services), options.service)
        secret = password_read(options.name, twice=False)
        told: list[Tried] = []

        def tell(one: Tried) -> None:
            _print_tried(one, first=not told)
            told.append(one)

        if not context.json:
            note(f"{service.name}: {safe(options.name)} is {safe(str(service.asked(options.name)))} to smtpd")
        trial = try_account(
            context.instance, service, options.name, secret, mechanism=options.mechanism,
            log=context.log_wanted, progress=None if context.json else tell,
        )  # fmt: skip
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json(trial.as_json())
    return DONE if trial.ok else REFUSED


def _print_tried(one: Tried, *, first: bool) -> None:
    """Of the first session all; of the later ones, which begin alike, what follows AUTH."""
    attempt = one.attempt
    lines = [str(line) for line in attempt.transcript]
    begins = next((at for at, line in enumerate(lines) if line.startswith("> AUTH")), 0)
    for line in lines if first else lines[begins:]:
        note(f"  {line}")
    answer = f"{attempt.code} {attempt.text}" if attempt.code else attempt.problem
    write(f"{attempt.mechanism or 'AUTH'}  {'yes' if attempt.ok else 'NO'}  {answer}")
    for reason in one.reasons:
        write(f"    why: {reason.text}")
    for text in one.log:
        note(f"    log: {text}")


def fix(context: Context, options: argparse.Namespace) -> int:
    from mailtui.apply.accountrepairs import carry_out, repairs

    offered = repairs(_accounts(context))
    if options.number is None or context.dry_run:
        if context.json:
            told = ({"title": each.title, "says": each.lines, "back": each.back} for each in offered)
            write_json(list(told))
            return DONE
        for number, each in enumerate(offered, 1):
            write(f"{number:>2}  {each.title}")
            for line in each.lines:
                note(f"      {line}")
        if not offered:
            note("nothing to do: group, mode and copies of the databases are as they should be")
        return DONE
    if context.read_only:
        raise Failed("started with --read-only: nothing is changed", do="leave it out, or ask with --dry-run")
    if not 1 <= options.number <= len(offered):
        raise Failed(f"there is no repair {options.number}", do="mailtui account fix lists them")
    chosen = offered[options.number - 1]
    confirmed(context, f"{chosen.title}: now", "yes")
    with in_words():
        number = carry_out(context.instance, chosen)
    if context.json:
        write_json({"applied": True, "edits": [chosen.title], "diff": "", "plan": [], "not_yours": [],
                    "history_id": number})  # fmt: skip
    else:
        write(chosen.title)
        note(f"done; back: {chosen.back}" if chosen.back else "done")
    return DONE
