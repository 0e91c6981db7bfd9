"""Senders and the logins that own them: smtpd_sender_login_maps."""

from __future__ import annotations

from mailtui.postfix.addresses import fold
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.mailfind import Found, find
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, restriction
from mailtui.postfix.smtpd.refusals import refuse, retry
from mailtui.postfix.smtpd.replies import SENDER
from mailtui.postfix.smtpd.resolved import resolve
from mailtui.postfix.smtpd.syntax import NO_SENDER, NULL_SENDER
from mailtui.text.safe import safe

_AUTHENTICATED = "reject_authenticated_sender_login_mismatch"
_UNAUTHENTICATED = "reject_unauthenticated_sender_login_mismatch"
_KNOWN = "reject_known_sender_login_mismatch"


def _skipped(context: Context, name: str) -> Outcome | None:
    if not context.yes("smtpd_sasl_auth_enable"):
        warning = f"restriction `{name}' ignored: no SASL support"
        return no_effect("AUTH is switched off here")._replace(warning=warning)
    if not context.sender:
        return no_effect(NO_SENDER if context.sender is None else NULL_SENDER)
    return None


def _owners(context: Context, sender: str) -> tuple[Found, Outcome | None]:
    resolved = resolve(context, sender)
    if resolved.problem:
        return Found(), retry(sender, resolved.problem)
    found = find(context, context.setting("smtpd_sender_login_maps"), resolved.address)
    return found, found.failure(sender) if found.problem else None


def _logged_in(context: Context, sender: str, *, unknown_passes: bool) -> Outcome:
    """Someone who has logged in must own the sender."""
    user = context.session.sasl_user
    if not user:
        return dunno("the client has not logged in")
    found, failure = _owners(context, sender)
    if failure is not None:
        return failure
    if found.value is None and unknown_passes:
        return dunno(f"{safe(sender)} belongs to no login")
    owners = (found.value or "").replace(",", " ").split()
    if fold(user) in (fold(owner) for owner in owners):
        return dunno(f"{safe(sender)} belongs to {safe(user)}")
    whose = (
        f"{safe(sender)} belongs to {safe(', '.join(owners))}" if owners else f"{safe(sender)} has no owner"
    )
    made = refuse(553, "5.7.1", sender, SENDER, f"not owned by user {user}", whose)
    return made._replace(table=found.table, key=found.key, value=found.value or "")


def _anonymous(context: Context, sender: str) -> Outcome:
    """Who has not logged in may not use a sender that a login owns."""
    if context.session.sasl_user:
        return dunno("the client has logged in")
    found, failure = _owners(context, sender)
    if failure is not None:
        return failure
    if found.value is None:
        return dunno(f"{safe(sender)} belongs to no login")
    why = f"{safe(sender)} belongs to {safe(found.value)}, who must log in"
    made = refuse(553, "5.7.1", sender, SENDER, "not logged in", why)
    return made._replace(table=found.table, key=found.key, value=found.value)


@restriction(_AUTHENTICATED)
def reject_authenticated(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a sender that the login does not own."""
    skipped = _skipped(context, _AUTHENTICATED)
    return skipped or _logged_in(context, context.sender or "", unknown_passes=False)


@restriction(_UNAUTHENTICATED)
def reject_unauthenticated(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a sender that some login owns, without a login."""
    return _skipped(context, _UNAUTHENTICATED) or _anonymous(context, context.sender or "")


@restriction("reject_sender_login_mismatch")
def reject_sender_login_mismatch(context: Context, argument: str) -> Outcome:
    """Both of the above, one after the other."""
    first = reject_authenticated(context, argument)
    if first.kind not in {"dunno", "no effect"}:
        return first
    second = reject_unauthenticated(context, argument)
    if first.warning and second.warning:
        return second._replace(warning=f"{first.warning}; {second.warning}")
    return second if context.session.sasl_user == "" else first


@restriction(_KNOWN)
def reject_known_sender_login_mismatch(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Both of the above, for senders that some login owns."""
    skipped = _skipped(context, _KNOWN)
    if skipped is not None:
        return skipped
    sender = context.sender or ""
    if context.session.sasl_user:
        return _logged_in(context, sender, unknown_passes=True)
    return _anonymous(context, sender)
