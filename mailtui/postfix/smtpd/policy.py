"""check_policy_service: the policy protocol (SMTPD_POLICY_README) as smtpd(8) speaks it.

A server is asked only where the admin asks for it: greylisting remembers who has come, and a question may
cost it a delay. What is not asked is unknown.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailtui.postfix.lookups import split_list
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.outcome import DEFAULT_ACTION, Outcome, misconfigured, restriction, unknown
from mailtui.text.safe import decode, encode, safe

LONGEST_WAIT = 10.0
"""Seconds that an answer is waited for, whatever the server's own limit is (100 by default)."""
LONGEST_ANSWER = 65536
"""Bytes of an answer."""

_GLOBAL = {
    "timeout": "smtpd_policy_service_timeout",
    "default_action": "smtpd_policy_service_default_action",
    "policy_context": "smtpd_policy_service_policy_context",
    "try_limit": "smtpd_policy_service_try_limit",
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A policy server as a rule names it. `options`: what it has of its own, by the names within `{ }`."""

    transport: str
    place: str
    options: dict[str, str] = field(default_factory=dict)

    @property
    def written(self) -> str:
        """`inet:127.0.0.1:10023`."""
        return f"{self.transport}:{self.place}"


class PolicyError(Exception):
    """The server cannot be asked, or gives no action. `closed`: the caller may not connect."""

    closed = False


def endpoint(argument: str) -> Endpoint:
    """What follows check_policy_service: an endpoint, or one with options in `{ }`."""
    if not argument.startswith("{"):
        transport, _colon, place = argument.partition(":")
        return Endpoint(transport, place)
    inside = argument.removeprefix("{").removesuffix("}")
    name, *settings = split_list(inside)
    transport, _colon, place = name.partition(":")
    return Endpoint(transport, place, dict(_options(settings)))


def _options(settings: list[str]) -> Iterator[tuple[str, str]]:
    for each in settings:
        bare = each.removeprefix("{").removesuffix("}") if each.startswith("{") else each
        name, equals, value = bare.partition("=")
        if equals:
            yield name.strip(), value.strip()


_BUILT_IN = "451 4.3.5 Server configuration problem"
"""Instead of the default action, where that asks a service again that does not answer."""


@restriction("check_policy_service")
def check_policy_service(context: Context, argument: str) -> Outcome:
    """Asks a server what to do; its answer is a value of access(5)."""
    if ":" not in argument:
        return misconfigured("check_policy_service wants inet:host:port or unix:path")
    server = endpoint(argument)
    given = context.policies.get(server.written)
    if given is not None:
        return _result(context, server, given, f"{safe(server.written)} is taken to say {safe(given)}")
    if not context.live:
        return unknown(f"{safe(server.written)} was not asked")
    try:
        queue = context.setting("queue_directory")
        action = ask(server, request(context, server), _limit(context, server), queue)
    except PolicyError as error:
        why = f"{safe(server.written)} does not answer: {error}"
        action = _BUILT_IN if context.defaults else _setting(context, server, "default_action")
        return _result(context, server, action, why)._replace(key=DEFAULT_ACTION)
    why = f"{safe(server.written)}{_known_as(action)} says {safe(action)}"
    return _result(context, server, action, why)


def _result(context: Context, server: Endpoint, action: str, why: str) -> Outcome:
    return Outcome(
        "result", why, table=server.written, key="policy query", value=action,
        subject=context.subject, subject_class=context.subject_class,
    )  # fmt: skip


def _known_as(action: str) -> str:
    """Which program speaks so, in words; empty for one that is not known."""
    low = action.lower()
    if "greylist" in low or "x-greylist" in low:
        return " (postgrey)"
    if "received-spf" in low or "spf" in low or "authentication-results" in low:
        return " (an SPF check)"
    return ""


def _setting(context: Context, server: Endpoint, name: str) -> str:
    return server.options[name] if name in server.options else context.setting(_GLOBAL[name])


def _limit(context: Context, server: Endpoint) -> float:
    text = _setting(context, server, "timeout")
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "s")
    known = number.isascii() and number.isdigit()
    return min(LONGEST_WAIT, float(number) * _UNITS[unit]) if known else LONGEST_WAIT


def request(context: Context, server: Endpoint) -> bytes:
    """The attributes as smtpd sends them."""
    session = context.session
    at_data = context.where in {"DATA", "END-OF-MESSAGE"}
    attributes = {
        "request": "smtpd_access_policy",
        "protocol_state": context.where,
        "protocol_name": "ESMTP",
        "client_address": session.client_address,
        "client_name": session.client_name,
        "client_port": "0",
        "reverse_client_name": session.reverse_name,
        "server_address": "",
        "server_port": "0",
        "helo_name": context.helo or "",
        "sender": context.sender or "",
        "recipient": context.recipient or "",
        "recipient_count": "1" if at_data else "0",
        "queue_id": "",
        "instance": f"mailtui.{os.getpid()}.{id(session):x}",
        "size": "0",
        "etrn_domain": "",
        "stress": "",
        "sasl_method": "PLAIN" if session.sasl_user else "",
        "sasl_username": session.sasl_user,
        "sasl_sender": "",
        "ccert_subject": "",
        "ccert_issuer": "",
        "ccert_fingerprint": "",
        "ccert_pubkey_fingerprint": "",
        "encryption_protocol": "TLSv1.3" if session.tls else "",
        "encryption_cipher": "",
        "encryption_keysize": "0",
        "policy_context": _setting(context, server, "policy_context"),
    }
    lines = (f"{name}={value.translate(_ONE_LINE)}\n" for name, value in attributes.items())
    return encode("".join(lines)) + b"\n"


_ONE_LINE = {10: 63, 0: 63}


def ask(server: Endpoint, question: bytes, seconds: float, queue_directory: str) -> str:
    """The action that a server answers with; a relative unix: path is below the queue. Raises PolicyError."""
    until = time.monotonic() + seconds
    try:
        with _connected(server, seconds, queue_directory) as sock:
            sock.sendall(question)
            return _action(sock, until)
    except (OSError, ValueError) as error:
        problem = PolicyError(safe(getattr(error, "strerror", None) or str(error)))
        problem.closed = isinstance(error, PermissionError)
        raise problem from None


def _connected(server: Endpoint, seconds: float, queue_directory: str) -> socket.socket:
    if server.transport != "inet":
        path = os.path.join(queue_directory, server.place.lstrip("/"))
        if server.place.startswith("/") and not _is_missing(server.place):
            path = server.place
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(seconds)
        try:
            sock.connect(path)
        except OSError:
            sock.close()
            raise
        return sock
    host, _colon, port = server.place.rpartition(":")
    number = int(port) if port.isdigit() else socket.getservbyname(port, "tcp")
    return socket.create_connection((host.strip("[]") or "127.0.0.1", number), timeout=seconds)


def _is_missing(path: str) -> bool:
    """Whether nothing is there; what may not be looked at is taken to be."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False


def _action(sock: socket.socket, until: float) -> str:
    """The action in the answer, which must be there by `until`, however slowly it comes."""
    answer = b""
    while b"\n\n" not in answer:
        left = until - time.monotonic()
        if left <= 0:
            raise PolicyError("its answer has not ended in time")
        sock.settimeout(left)
        block = sock.recv(4096)
        if not block:
            raise PolicyError("it ends the connection without an action")
        answer += block
        if len(answer) > LONGEST_ANSWER:
            raise PolicyError("its answer does not end")
    for line in answer.split(b"\n"):
        name, _equals, value = line.partition(b"=")
        if name == b"action":
            return decode(value)
    raise PolicyError("its answer has no action")
