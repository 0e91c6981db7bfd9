"""The restrictions that need no table, no DNS and no list: permit, reject, defer, the flags, their like."""

from __future__ import annotations

from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.outcome import Outcome, dunno, misconfigured, no_effect, ok, reject, restriction
from mailtui.text.safe import safe


def _about(context: Context) -> str:
    return f"<{context.subject}>: {context.subject_class} rejected:"


@restriction("permit")
def permit(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits whatever comes."""
    return ok("everything that comes this far")


@restriction("reject")
def refuse(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses whatever comes."""
    text = f"{_about(context)} Access denied"
    return reject(context.number("reject_code"), "5.7.1", text, "everything that comes this far")


@restriction("defer")
def defer(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses whatever comes, for now."""
    text = f"{_about(context)} Try again later"
    return reject(context.number("defer_code"), "4.3.2", text, "everything that comes this far")


@restriction("defer_if_permit")
def defer_if_permit(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """A later permission becomes a 450."""
    text = f"{_about(context)} defer_if_permit requested"
    return Outcome("defer_if_permit", "a later permission becomes a 450", 450, "4.7.0", text)


@restriction("defer_if_reject")
def defer_if_reject(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """A later refusal for good becomes a 450."""
    text = f"{_about(context)} defer_if_reject requested"
    return Outcome("defer_if_reject", "a later refusal becomes a 450", 450, "4.7.0", text)


@restriction("sleep")
def sleep(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Waits."""
    if not (argument.isascii() and argument.isdigit()):
        return misconfigured("sleep wants a number of seconds")
    return dunno(f"waits for {safe(argument)} s")


@restriction("reject_plaintext_session")
def reject_plaintext_session(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a session without TLS."""
    if context.session.tls:
        return dunno("the session is encrypted")
    code = context.number("plaintext_reject_code")
    return reject(code, "4.7.1", "Session encryption is required", "the session is not encrypted")


@restriction("reject_unauth_pipelining")
def reject_unauth_pipelining(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a client that does not wait for its turn; a session that is only told of does not show that."""
    return dunno("the client is taken to wait for each answer")


@restriction("reject_multi_recipient_bounce")
def reject_multi_recipient_bounce(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses a bounce for several recipients."""
    if context.sender is None:
        return no_effect("no sender is known yet")
    if context.sender:
        return dunno("the sender is not <>")
    if context.recipients <= (context.where != "RCPT"):
        return dunno("one recipient")
    text = f"{_about(context)} Multi-recipient bounce"
    why = "a bounce goes to one sender only"
    return reject(context.number("multi_recipient_bounce_reject_code"), "5.5.3", text, why)
