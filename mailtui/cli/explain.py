"""`mailtui restriction explain` and `check`: what smtpd would answer to a session, and why."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mailtui.cli.context import Context, failed, given_file
from mailtui.cli.output import DONE, REFUSED, USAGE, Failed, columns, note, write, write_json
from mailtui.postfix.errors import InstanceError

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.session import Answer, Session, Step

_MARKS = {"dunno": "–", "no effect": "·", "reject": "STOP", "defer": "STOP", "permit": "OK", "warn": "WARN"}
"""What a rule did, as it is shown; other outcomes are shown by their name."""


def add_verbs(verbs: argparse._SubParsersAction[Any], common: argparse.ArgumentParser) -> None:
    """Add the verbs to the noun."""
    one = verbs.add_parser("explain", parents=[common], help="what a session would be answered, and why")
    one.add_argument("--client-address", metavar="A", help="IPv6 bare, as 2001:db8::1")
    one.add_argument("--client-name", metavar="N", default="unknown", help="its verified name")
    one.add_argument("--reverse-client-name", metavar="N", help="the name of its address, verified or not")
    one.add_argument("--helo", metavar="H")
    one.add_argument("--sender", metavar="S", default="", help="without it the null sender")
    one.add_argument("--recipient", metavar="R")
    one.add_argument("--sasl-user", metavar="U", default="")
    one.add_argument("--tls", action="store_true", help="over TLS")
    one.add_argument("--service", metavar="S", default="smtp", help="name/type, or the name")
    one.add_argument("--stage-until", choices=["rcpt", "data"], default="rcpt")
    one.add_argument("--live", action="store_true", help="ask policy servers too; they may remember it")
    one.add_argument("--batch", metavar="FILE", help="sessions as JSON, one a line; - is standard input")
    one.set_defaults(call=show)
    one = verbs.add_parser(
        "check", parents=[common], help="the saved sessions: is each answered as it must be"
    )
    one.add_argument("--file", metavar="FILE", help="default: sessions.toml beside the settings")
    one.set_defaults(call=check)


def show(context: Context, options: argparse.Namespace) -> int:
    """One session, or a batch of them."""
    from mailtui.postfix.smtpd.explain import explain, explain_batch

    try:
        if options.batch is not None:
            sessions = list(_batch(options.batch))
            for answer in explain_batch(context.instance, sessions, live=options.live):
                write_json(answer.as_json(), line=True)
            return DONE
        session = _session(options)
        answer = explain(context.instance, session, live=options.live)
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json(answer.as_json())
    else:
        for line in told(session, answer):
            write(line)
        if session.helo is None and answer.decided_by.rule == "smtpd_helo_required":
            note("note: real clients say HELO, and so few come to the rules like this; --helo NAME says it")
    return DONE


def _session(options: argparse.Namespace) -> Session:
    for name in ("client_address", "recipient"):
        if not getattr(options, name):
            do = "as --client-address 192.0.2.1 --recipient jean@falcot.com"
            raise Failed(f"--{name.replace('_', '-')} is missing", do=do, code=USAGE)
    from mailtui.postfix.smtpd.session import TEXTS

    given = {name: getattr(options, name) for name in TEXTS}
    return _made({**given, "tls": options.tls, "stage_until": options.stage_until})


def _made(given: dict[str, Any]) -> Session:
    """A session of JSON's names. Raises Failed where it is none."""
    from mailtui.postfix.smtpd.session import session_of

    try:
        return session_of(given)
    except ValueError as error:
        raise Failed(str(error), code=USAGE) from None


_LINE = 'write one session a line, as {"client_address": "192.0.2.1", "recipient": "jean@falcot.com"}'


def _batch(path: str) -> Iterator[Session]:
    raw = sys.stdin.buffer.read() if path == "-" else given_file(path)
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Failed(f"is no JSON: {error}", file=path, line=number, do=_LINE, code=USAGE) from None
        if not isinstance(given, dict):
            raise Failed("is no JSON object", file=path, line=number, do=_LINE, code=USAGE)
        try:
            yield _made(given)
        except Failed as error:
            raise Failed(error.what, file=path, line=number, code=USAGE) from None


# In words


def told(session: Session, answer: Answer) -> Iterator[str]:
    """An explanation as lines for people."""
    yield from _asked(session)
    at = f"  (at {answer.at.upper()})" if answer.at not in {"rcpt", session.until} else ""
    reply = answer.reply if answer.code else "none: the connection ends without a greeting"
    sure = "unknown, perhaps " if answer.action == "unknown" and answer.code else ""
    yield f"ANSWER  {sure}{reply}{at}"
    decided = answer.decided_by
    if decided.rule:
        table = f"  by {decided.key} in {decided.table}" if decided.table else ""
        words = " ".join(part for part in (decided.rule, decided.argument) if part)
        yield f"BY      {decided.stage + ' › ' if decided.stage else ''}{words}{table}"
    yield ""
    stage = ""
    rows = []
    for step in answer.steps:
        shown = step.stage if step.stage != stage else ""
        stage = step.stage
        did = _MARKS.get(step.outcome, step.outcome)
        rows.append((f"{'  ' * step.depth}{shown}", _rule(step), did, _why(step)))
    yield from columns(rows)
    for stage, rules in groupby(answer.never_reached, lambda each: each[0]):
        yield f"never reached: {stage}: {', '.join(' '.join(each[1:]).strip() for each in rules)}"
    for words in answer.warnings:
        yield f"log: {words}"
    for words in answer.unknown:
        yield f"unknown: {words}"


def _asked(session: Session) -> Iterator[str]:
    helo = "no HELO" if session.helo is None else f"HELO {session.helo}"
    yield f"client {session.client_address} ({session.client_name})   {helo}   from {session.sender or '<>'}"
    login = f"AUTH {session.sasl_user}" if session.sasl_user else "no AUTH"
    yield (
        f"to {session.recipient}   service {session.service}   {login}, {'TLS' if session.tls else 'no TLS'}"
    )


def _rule(step: Step) -> str:
    warn = "w " if step.warn_only else ""
    return f"{warn}{step.rule} {step.argument}".rstrip()


def _why(step: Step) -> str:
    return f"{step.why}  {step.ms:.0f} ms" if step.ms >= 1 else step.why


# The saved sessions


def check(context: Context, options: argparse.Namespace) -> int:
    """Replay the saved sessions; exit code 1 where one is not answered as it must be."""
    from mailtui.postfix.smtpd import cases

    path = options.file or cases.user_file()
    try:
        saved = cases.load(path)
        results = cases.replay(context.instance, saved)
    except cases.CaseError as error:
        raise Failed(str(error), file=path) from None
    except InstanceError as error:
        raise failed(error) from None
    if context.json:
        write_json([
            {"name": case.name, "must": case.must, "holds": holds, "answer": answer.as_json()}
            for case, answer, holds in results
        ])  # fmt: skip
    else:
        for line in columns([
            (_VERDICTS[each.holds], each.case.name, _MUST[each.case.must],
             each.answer.reply if each.holds is not None else "; ".join(each.answer.unknown))
            for each in results
        ]):  # fmt: skip
            write(line)
    if not results:
        note(f"note: {path} holds no sessions")
    return REFUSED if any(each.holds is False for each in results) else DONE


_MUST = {"accept": "must be accepted", "refuse": "must be refused"}
_VERDICTS = {True: "ok", False: "WRONG", None: "unknown"}
