"""reject_unverified_sender and reject_unverified_recipient: what verify(8) finds out by a probe.

The probe itself is never sent from here: without an answer supplied in its place it is not known.
"""

from __future__ import annotations

from mailtui.postfix.smtpd.context import Context, Probe
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, restriction, unknown
from mailtui.postfix.smtpd.refusals import for_now, refuse
from mailtui.postfix.smtpd.replies import RECIPIENT, SENDER
from mailtui.postfix.smtpd.syntax import NO_RECIPIENT, NO_SENDER, NULL_SENDER
from mailtui.text.safe import safe

REASON_LIMIT = 250
"""Characters of the reason that a temporary refusal repeats."""


@restriction("reject_unverified_sender")
def reject_unverified_sender(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses senders whose own server does not take mail for them."""
    if not context.sender:
        return no_effect(NO_SENDER if context.sender is None else NULL_SENDER)
    return _judge(context, context.sender, SENDER, "sender", "4.1.7")


@restriction("reject_unverified_recipient")
def reject_unverified_recipient(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses recipients whose own server does not take mail for them."""
    if not context.recipient:
        return no_effect(NO_RECIPIENT)
    return _judge(context, context.recipient, RECIPIENT, "recipient", "4.1.1")


def _judge(context: Context, address: str, subject_class: str, which: str, dsn: str) -> Outcome:
    probe = context.probes.get(address)
    if probe is None:
        return unknown(f"{safe(address)} would have to be probed by verify(8)")
    action = f"unverified_{which}_tempfail_action"
    if probe.state == "failure":
        text = "address verification problem"
        return for_now(context, action, dsn, address, subject_class, text, "verify(8) does not answer")
    if probe.state == "ok":
        return dunno(f"the probe reached {safe(address)}")
    code = context.number(f"unverified_{which}_{'reject' if probe.state == 'bounce' else 'defer'}_code")
    reason = _reason(context, probe, which, code)
    why = f"the probe did not reach {safe(address)}: {safe(reason)}"
    match code // 100:
        case 2:
            return dunno(f"{why}; its code {code} lets the mail pass")
        case 4:
            text = f"unverified address: {reason[:REASON_LIMIT]}"
            return for_now(context, action, dsn, address, subject_class, text, why)._replace(code=code)
    return refuse(code, dsn, address, subject_class, f"undeliverable address: {reason}", why)


def _reason(context: Context, probe: Probe, which: str, code: int) -> str:
    instead = context.setting(f"unverified_{which}_reject_reason")
    return instead if instead and code >= 400 else probe.text
