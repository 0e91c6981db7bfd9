"""Whether a recipient's domain is one that this server takes mail for from anyone: relay control."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailtui.postfix.smtpd.refusals import retry
from mailtui.postfix.smtpd.resolved import resolve

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context
    from mailtui.postfix.smtpd.outcome import Outcome


class Authority(NamedTuple):
    """`failure`: what smtpd answers at once where a domain list cannot be asked."""

    allowed: bool
    why: str
    failure: Outcome | None = None


def authority(context: Context, recipient: str) -> Authority:
    """What permit_auth_destination says of a recipient."""
    found = resolve(context, recipient)
    if found.problem:
        return Authority(False, found.problem, retry(recipient, found.problem))
    if found.routed and not context.yes("allow_untrusted_routing"):
        return Authority(False, "a @, ! or % before the @ may send it on elsewhere")
    return Authority(found.kind != "default", found.why)
