"""Logins tried at one service, by each mechanism that it offers, and why those that fail do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mailtui.postfix.instance import Instance
from mailtui.sasl import momentlog
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.diagnose import Reason, reasons
from mailtui.sasl.login import TIMEOUT, Attempt, try_login
from mailtui.sasl.mechanisms import MECHANISMS
from mailtui.sasl.secret import Secret
from mailtui.sasl.services import AuthService, endpoint


class Tried(NamedTuple):
    """One mechanism."""

    attempt: Attempt
    reasons: Sequence[Reason]
    log: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        one = self.attempt
        told: dict[str, Any] = {"mechanism": one.mechanism, "ok": one.ok}
        if one.code:
            told |= {"code": one.code, "text": one.text}
        return told | {
            "why": [each.text for each in self.reasons],
            "log": list(self.log),
            "transcript": [str(line) for line in one.transcript],
        }


@dataclass(frozen=True)
class Trial:
    """All of them at one service."""

    service: AuthService
    user: str
    tried: Sequence[Tried]

    @property
    def ok(self) -> bool:
        """Whether each mechanism that was tried let the user in."""
        return bool(self.tried) and all(each.attempt.ok for each in self.tried)

    def as_json(self) -> dict[str, Any]:
        """In the names of `account test --json`."""
        first = self.tried[0].attempt
        told: dict[str, Any] = {
            "user": self.user, "service": self.service.name, "host": first.host, "port": first.port,
            "ok": self.ok, "offered": list(first.offered), "offered_before_tls": list(first.before_tls),
        }  # fmt: skip
        if first.tls:
            told["tls"] = first.tls
        if first.certificate is not None:
            facts = first.certificate
            told["certificate"] = {
                "subject": facts.subject, "issuer": facts.issuer, "names": list(facts.names),
                "until": facts.until, "self_signed": facts.self_signed,
            }  # fmt: skip
        return told | {"mechanisms": [each.as_json() for each in self.tried]}


def try_account(
    instance: Instance,
    service: AuthService,
    user: str,
    secret: Secret,
    *,
    mechanism: str = "",
    log: str = "auto",
    timeout: float = TIMEOUT,
    progress: Callable[[Tried], None] | None = None,
) -> Trial:
    """Log in by this mechanism, or by each that is offered, in a session of its own. Raises InstanceError."""
    found = Accounts(instance)
    tried: list[Tried] = []

    def one(name: str) -> Attempt:
        host, port = endpoint(instance, service)
        moment = momentlog.now(instance, log)
        attempt = try_login(
            host, port, user, secret, mechanism=name, wrapper=service.tls == "wrapper", timeout=timeout
        )
        said = [] if attempt.ok else momentlog.since(moment)
        tried.append(Tried(attempt, reasons(found, service, attempt, said), said))
        if progress is not None:
            progress(tried[-1])
        return attempt

    first = one(mechanism)
    if not mechanism and first.mechanism:
        for name in MECHANISMS:
            if name in first.offered and name != first.mechanism:
                one(name)
    return Trial(service, user, tuple(tried))
