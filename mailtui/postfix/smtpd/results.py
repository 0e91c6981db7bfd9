"""What the value of an access table, or a policy service's answer, does: access(5), check_table_result()."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailtui.postfix.smtpd.outcome import Outcome, misconfigured
from mailtui.postfix.smtpd.replies import fitted, split_status
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context
    from mailtui.postfix.smtpd.state import State

CONFIGURATION_ERROR = "451 4.3.5 Server configuration error"
"""The result that stands for a table that cannot be asked."""

_HEADER = re.compile(r"[^\x00-\x20\x7f:]+[ \t]*:")
_CODE = re.compile(r"[45]\d\d")


def act(found: Outcome, context: Context, state: State) -> Outcome | None:
    """What a result comes to: an Outcome of another kind, or None where it is a list of restrictions."""
    word, _blank, text = re.sub(r"[ \t]", " ", found.value, count=1).partition(" ")
    text = text.lstrip(" \t\n\v\f\r")
    name = word.upper()
    if name in _DELEGATED:
        return _delegated(name, text, found, context, state)
    match name:
        case "DUNNO":
            return _same(found, "dunno", found.why)
        case "REJECT" | "DEFER":
            parameter = f"access_map_{name.lower()}_code"
            return _refusal(found, context.number(parameter), "5.7.1" if name == "REJECT" else "4.7.1", text)
        case "HANGUP":
            return _same(found, "unknown", "HANGUP drops the connection without an answer")
        case "INFO" | "WARN":
            state.log.append(f"{word.lower()}: {text}".rstrip())
            return _same(found, "dunno", f"{name} writes into the log, no more")
        case "DEFER_IF_PERMIT" | "DEFER_IF_REJECT":
            code = context.number("access_map_defer_code")
            made = _refusal(found, code, "4.7.1", text, "Service unavailable")
            return made._replace(kind="defer_if_permit" if name == "DEFER_IF_PERMIT" else "defer_if_reject")
        case "PREPEND":
            return _prepend(found, text, context)
        case _:
            return _code_or_ok(name, text, found)


def _code_or_ok(name: str, text: str, found: Outcome) -> Outcome | None:
    if found.value.isascii() and found.value.isdigit():
        return _same(found, "ok", "digits alone permit")
    if _CODE.fullmatch(name) and text:
        return _refusal(found, int(name), f"{name[0]}.7.1", text)
    if name in {"OK", "RELAY"}:
        return _same(found, "ok", found.why)
    if ":" in found.value:
        return misconfigured(f"the result {safe(found.value)} names a table: put it into a class")
    return None


def _same(found: Outcome, kind: str, why: str) -> Outcome:
    return found._replace(kind=kind, why=why)  # type: ignore[arg-type]  # one of Kind's words, chosen above


def _refusal(found: Outcome, code: int, status: str, text: str, default: str = "Access denied") -> Outcome:
    status, said = split_status(status, text)
    return found._replace(
        kind="reject",
        code=code,
        dsn=fitted(status, found.subject_class),
        text=f"<{found.subject}>: {found.subject_class} rejected: {said or default}",
    )


_DELEGATED = frozenset({"FILTER", "HOLD", "DISCARD", "REDIRECT", "BCC"})


def _delegated(name: str, text: str, found: Outcome, context: Context, state: State) -> Outcome:
    """What is done with the message later, if it is taken at all."""
    why_not = _undelegable(name, context)
    if why_not:
        return _same(found, "dunno", why_not)
    about = f"<{found.subject}>: {found.subject_class}"
    if name == "HOLD":
        if not state.held:
            state.log.append(f"hold: {about} {text or 'triggers HOLD action'}")
        state.held = True
        return _same(found, "dunno", "the message will be held")
    if name == "DISCARD":
        state.log.append(f"discard: {about} {text or 'triggers DISCARD action'}")
        state.discard = True
        return _same(found, "ok", "the message will be thrown away, and nothing else is asked")
    if name == "FILTER":
        if ":" not in text:
            return _same(found, "dunno", "FILTER wants transport:destination: it is skipped")
        state.filter = text
    elif "@" not in text:
        return _same(found, "dunno", f"{name} wants user@domain: it is skipped")
    elif name == "REDIRECT":
        state.redirect = text
    state.log.append(f"{name.lower()}: {about} triggers {name} {text}")
    return _same(found, "dunno", f"the message will get {name} {text}")


def _undelegable(name: str, context: Context) -> str:
    if context.setting("smtpd_proxy_filter"):
        return f"with smtpd_proxy_filter {name} is not available"
    if context.where == "ETRN":
        return f"{name} is not available for ETRN"
    return _outside_mail(name, context)


def _outside_mail(name: str, context: Context) -> str:
    if context.sender is None:
        return f"with smtpd_delay_reject=no {name} is skipped before MAIL FROM"
    return ""


def _prepend(found: Outcome, text: str, context: Context) -> Outcome:
    why_not = _outside_mail("PREPEND", context)
    if not why_not and context.where == "END-OF-MESSAGE":
        why_not = "PREPEND comes too late at the end of the data"
    if not why_not and not _HEADER.match(text):
        why_not = "PREPEND wants header: text: it is skipped"
    return _same(found, "dunno", why_not or f"the message will begin with {text}")
