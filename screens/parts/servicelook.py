"""What the services of AUTH answer: asked in a thread beside the list, never while it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mailtui.commands import CommandError
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.sasl import dovecot, saslauthd
from mailtui.sasl.login import Attempt, greet
from mailtui.sasl.matrix import ServiceLine
from mailtui.sasl.reading import reader
from mailtui.sasl.services import AuthService, endpoint
from mailtui.sasl.tls import Facts
from mailtui.text.safe import safe

PATIENCE = 5.0
"""Seconds for a service's greeting."""


class Answer(NamedTuple):
    """What came of asking: the service itself, and who checks its passwords (in words; `fine`: it works)."""

    greeting: Attempt | None
    problem: str
    checker: str = ""
    fine: bool = True

    def served(self, found: Sequence[Facts]) -> str:
        """Whether the certificate that is shown is that of a file; empty where that is not known."""
        shown = self.greeting.certificate if self.greeting is not None else None
        if shown is None or not shown.fingerprint:
            return ""
        known = [each.certificate.fingerprint for each in found if each.certificate is not None]
        return "same" if shown.fingerprint in known else "other"


def look(instance: Instance, lines: Sequence[ServiceLine]) -> Mapping[str, Answer]:
    """Ask each that is in force. Raises InstanceError."""
    if not instance.running():
        return {}
    return {line.name: _one(instance, line.auth) for line in lines if line.auth is not None}


def _one(instance: Instance, auth: AuthService) -> Answer:
    checker, fine = _checker(instance, auth) if auth.offered else ("", True)
    try:
        host, port = endpoint(instance, auth)
    except InstanceError as error:
        return Answer(None, str(error), checker, fine)
    found = greet(host, port, wrapper=auth.tls == "wrapper", timeout=PATIENCE)
    return Answer(found, found.problem, checker, fine)


def _checker(instance: Instance, auth: AuthService) -> tuple[str, bool]:
    queue = instance.queue_directory
    try:
        if saslauthd.used(auth):
            who = reader(instance)
            way = saslauthd.reach(queue, auth, who)
            if way.trouble:
                return f"saslauthd: {way.says(who.user)}; {saslauthd.advice(way, who)}", False
            told = saslauthd.ping(way.path)
            answer = "answers" if told.answers else f"does not answer: {told.text}"
            return f"saslauthd {answer} at {safe(way.path)} ({way.owner})", told.answers
        if dovecot.used(auth):
            who = reader(instance)
            way = dovecot.reach(queue, auth, who)
            if way.trouble:
                return f"dovecot: {way.says(who.user)}; {dovecot.advice(way, who)}", False
            heard = dovecot.ask(queue, auth)
            answer = f"answers, {heard.text}" if heard.answers else f"does not answer: {heard.text}"
            return f"dovecot {answer} at {safe(way.path)} ({way.owner})", heard.answers
    except CommandError as error:
        return str(error), False
    return "", True
