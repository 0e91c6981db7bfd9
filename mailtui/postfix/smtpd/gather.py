"""What a session will ask of tables and of DNS, found out beforehand, so that it can be asked all at once.

Every rule of every list that the session reaches is tried with tables that hold nothing and names that do
not exist; what it decides does not matter, only what it asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mailtui.dns.ask import Answer as DnsAnswer
from mailtui.postfix.lookups import Answer, split_list
from mailtui.postfix.smtpd.chain import BUILT_IN, Rule, parse_rules
from mailtui.postfix.smtpd.commands import envelope, neutered
from mailtui.postfix.smtpd.outcome import RESTRICTIONS
from mailtui.postfix.smtpd.session import PARAMETERS, Stage
from mailtui.postfix.smtpd.state import Stop

if TYPE_CHECKING:
    from mailtui.dns.ask import Names as Resolver
    from mailtui.postfix.smtpd.context import Context
    from mailtui.postfix.smtpd.tables import Tables

_DEFAULTS: dict[Stage, str] = {
    "client": "check_client_access", "helo": "check_helo_access", "sender": "check_sender_access",
    "relay": "check_recipient_access", "recipient": "check_recipient_access",
}  # fmt: skip
_NO_SUCH_NAME = DnsAnswer("nxdomain")


class _Wanted:
    """Tables that hold nothing, and names that do not exist; both remember what they were asked."""

    def __init__(self, tables: Tables, names: Resolver) -> None:
        self._tables, self._names = tables, names

    def get(self, table: str, keys: Sequence[str]) -> list[Answer]:
        self._tables.want(table, keys)
        return [Answer()] * len(keys)

    def ahead(self, questions: Iterable[tuple[str, str]]) -> None:
        self._names.ahead(questions)

    def ask(self, name: str, kind: str) -> DnsAnswer:
        self._names.ahead([(name, kind)])
        return _NO_SUCH_NAME


def gather(context: Context, tables: Tables, names: Resolver) -> None:
    """Ask DNS ahead for what the lists up to the session's end may want, and note what tables will be asked:
    `tables.fetch` asks them. The context is left as after a walk."""
    wanted = _Wanted(tables, names)
    context.tables = context.names = wanted
    session = context.session
    context.helo = None if session.helo is None else neutered(session.helo)
    context.sender = None if session.sender is None else envelope(session.sender)
    context.recipient = None if session.recipient is None else envelope(session.recipient)
    stages: tuple[Stage, ...] = ("client", "helo", "sender", "relay", "recipient", "data")
    for stage in stages if session.until == "data" else stages[:-1]:
        context.stage, context.where = stage, "DATA" if stage == "data" else "RCPT"
        for rule in _rules(context, context.setting(PARAMETERS[stage])):
            _try(rule, _DEFAULTS.get(stage, ""), context)


def _rules(context: Context, value: str, within: tuple[str, ...] = ()) -> Iterator[Rule]:
    """The rules of a list, those of its classes in their place."""
    classes = frozenset(split_list(context.setting("smtpd_restriction_classes")))
    for rule in parse_rules(value, classes):
        if not rule.is_class:
            yield rule
        elif rule.name not in within:
            inner = BUILT_IN.get(rule.name) or context.setting(rule.name)
            yield from _rules(context, inner, (*within, rule.name))


def _try(rule: Rule, default: str, context: Context) -> None:
    name = rule.name.lower() or (default if rule.argument else "")
    if name not in RESTRICTIONS or name == "check_policy_service":
        return
    if name.endswith("_access") and ":" not in rule.argument:
        return
    try:
        RESTRICTIONS[name](context, rule.argument)
    except Stop:
        return  # a refusal by the way; the walk will meet it again
