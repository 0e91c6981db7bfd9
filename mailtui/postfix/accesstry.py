"""A client, a name or an address tried on an access table by `postmap -q`, key by key as smtpd asks.

    tried = try_access(instance, AccessUse("check_client_access", "hash:/etc/postfix/access"), "192.0.2.7")
    tried.answers, tried.does

What is asked is the compiled table on the disk; of tables of patterns that a draft changes, the draft's text.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailtui.postfix.accessactions import told
from mailtui.postfix.accesskeys import asked, subject_of
from mailtui.postfix.accessuses import AccessRules, AccessUse
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import INDEXED
from mailtui.postfix.maptry import Asked
from mailtui.postfix.smtpd.access import by_whole_key
from mailtui.postfix.smtpd.tables import Tables
from mailtui.text.safe import decode, encode


@dataclass(frozen=True, slots=True)
class TriedAccess:
    """What was asked, in order, the last one answered if any was; and what smtpd does then, in words."""

    subject: str
    answers: tuple[Asked, ...]
    does: str

    @property
    def found(self) -> Asked | None:
        """The key that answered."""
        return self.answers[-1] if self.answers and self.answers[-1].value is not None else None


def try_access(instance: Instance, use: AccessUse, typed: str, staged: Instance | None = None) -> TriedAccess:
    """Ask a table for what a session would be looked up by. `staged`: the instance with the draft laid over.

    Raises InstanceError where the table cannot be asked: smtpd answers 451 then.
    """
    rules = AccessRules.of(staged or instance, use.check, use.service, use)
    subject = subject_of(rules.kind, typed)
    keys = list(asked(rules.kind, rules.style, subject))
    whole = by_whole_key(use.table)
    wanted = list(dict.fromkeys(key for key, full in keys if key and (full or not whole)))
    answers: list[Asked] = []
    tables = Tables(staged or instance)
    lookup = tables.lookup(use.table)
    live = lookup.type in INDEXED and not lookup.error
    raw = [encode(key) for key in wanted]
    found = lookup.live(raw) if live else tables.get(use.table, wanted)
    for key, answer in zip(wanted, found, strict=True):
        if answer.problem:
            raise InstanceError(answer.problem)
        value = None if answer.value is None else decode(answer.value)
        answers.append(Asked(key, use.table, value))
        if value is not None:
            return TriedAccess(typed, tuple(answers), told(value, rules.place))
    return TriedAccess(typed, tuple(answers), "nothing: the next rule is asked")
