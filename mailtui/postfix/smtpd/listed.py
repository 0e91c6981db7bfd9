"""reject_unlisted_recipient and reject_unlisted_sender: addresses of our domains that nobody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.postfix.addresses import split
from mailtui.postfix.lookups import split_list
from mailtui.postfix.resolution import AddressClass
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.mailfind import find
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, restriction, unknown
from mailtui.postfix.smtpd.refusals import by_class, refuse, retry
from mailtui.postfix.smtpd.replies import RECIPIENT, SENDER, fitted, split_status
from mailtui.postfix.smtpd.resolved import resolve
from mailtui.postfix.smtpd.syntax import NO_RECIPIENT, NO_SENDER, NULL_SENDER
from mailtui.postfix.smtpd.transports import transport
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.resolved import Resolved
    from mailtui.postfix.smtpd.transports import Transport

_TABLES: dict[AddressClass, tuple[str, str, str]] = {
    "local": ("local_recipient_maps", "local recipient", "unknown_local_recipient_reject_code"),
    "virtual-mailbox": ("virtual_mailbox_maps", "virtual mailbox", "unknown_virtual_mailbox_reject_code"),
    "relay": ("relay_recipient_maps", "relay recipient", "unknown_relay_recipient_reject_code"),
}
_REWRITTEN = ("recipient_canonical_maps", "sender_canonical_maps", "canonical_maps", "virtual_alias_maps")
_LEFT_OVER = (
    "before the sender list reject_unlisted_sender does nothing where it looked at the sender of the message"
    " before, of whatever client: smtpd forgets that only as the sender list begins"
)
_ALWAYS = frozenset({"postmaster", "mailer-daemon"})


@restriction("reject_unlisted_recipient", "check_recipient_maps")
def reject_unlisted_recipient(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses recipients of our domains that are in no table."""
    if not context.recipient:
        return no_effect(NO_RECIPIENT)
    if _not_asked(context):
        return no_effect("receive_override_options says no_unknown_recipient_checks")
    if context.recipient_checked:
        return dunno("the recipient has been looked up already")
    context.recipient_checked = not context.warn_only
    return _check(context, context.recipient, RECIPIENT, context.sender)


@restriction("reject_unlisted_sender")
def reject_unlisted_sender(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Refuses senders of our domains that are in no table."""
    if not context.sender:
        return no_effect(NO_SENDER if context.sender is None else NULL_SENDER)
    if _not_asked(context):
        return no_effect("receive_override_options says no_unknown_recipient_checks")
    if context.sender_checked:
        return dunno("the sender has been looked up already")
    context.sender_checked = not context.warn_only
    found = _check(context, context.sender, SENDER, context.recipient)
    if context.stage in {"client", "helo"} and found.kind != "dunno":
        return unknown(_LEFT_OVER)
    return found


def _not_asked(context: Context) -> bool:
    options = split_list(context.setting("receive_override_options"))
    return "no_unknown_recipient_checks" in (option.lower() for option in options)


def _check(context: Context, address: str, subject_class: str, other: str | None) -> Outcome:
    found = resolve(context, address)
    if found.problem:
        return retry(address, found.problem)
    for parameter in _REWRITTEN:
        if parameter == "sender_canonical_maps" and subject_class != SENDER:
            continue
        hit = find(context, context.setting(parameter), found.address)
        if hit.problem:
            return hit.failure(address)
        if hit.value is not None:
            made = dunno(f"{parameter} has {safe(hit.key)}")
            return made._replace(table=hit.table, key=hit.key, value=hit.value)
    route = transport(context, found, other)
    if route.problem is not None:
        return retry(address, route.problem.problem)
    if route.name in {"error", "retry"}:
        return _undeliverable(context, address, subject_class, found, route)
    return _in_table(context, address, subject_class, found)


def _undeliverable(
    context: Context, address: str, subject_class: str, found: Resolved, route: Transport
) -> Outcome:
    code, first = (450, "4") if route.name == "retry" else (550, "5")
    if route.name == "error" and found.kind == "virtual-alias":
        code = context.number("unknown_virtual_alias_reject_code")
    default = f"{first}.1.{by_class(subject_class, '0', '1')}"
    status, text = split_status(default, route.nexthop.lstrip())
    dsn = fitted(status, subject_class)
    why = f"its transport is {route.name}: {safe(text)}"
    if found.kind == "virtual-alias":
        why = f"{found.why}, and virtual_alias_maps does not have {safe(found.address)}"
    return refuse(code, dsn, address, subject_class, text, why)


def _in_table(context: Context, address: str, subject_class: str, found: Resolved) -> Outcome:
    if found.kind not in _TABLES:
        return dunno(found.why)
    parameter, table, code = _TABLES[found.kind]
    maps = context.setting(parameter)
    if not maps:
        return dunno(f"{parameter} is empty: every address is taken")
    local = split(found.address)[0]
    if found.kind == "local" and local in _ALWAYS | {context.setting("double_bounce_sender").lower()}:
        return dunno(f"{safe(local)} is always taken")
    hit = find(context, maps, found.address)
    if hit.problem:
        return hit.failure(address)
    if hit.value is not None:
        made = dunno(f"{parameter} has {safe(hit.key)}")
        return made._replace(table=hit.table, key=hit.key, value=hit.value)
    named = f" in {table} table" if context.yes("show_user_unknown_table_name") else ""
    dsn = by_class(subject_class, "5.1.0", "5.1.1")
    why = f"{parameter} does not have {safe(found.address)}"
    return refuse(context.number(code), dsn, address, subject_class, f"User unknown{named}", why)
