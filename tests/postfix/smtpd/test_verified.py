"""Probed addresses: unknown, unless the answer of verify(8) is supplied."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailtui.postfix.smtpd.context import Probe
from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, context, said

ADDRESS = "x@elsewhere.example"
REJECTED = f"<{ADDRESS}>: {{}} address rejected: "


@pytest.mark.parametrize(
    ("probe", "lines", "sender", "recipient"),
    [
        (None, "", "unknown", "unknown"),
        (Probe("ok"), "", "dunno", "dunno"),
        (Probe("defer", "busy"), "", "defer_if_permit 450 4.1.7 {}unverified address: busy",
         "defer_if_permit 450 4.1.1 {}unverified address: busy"),
        (Probe("todo", "in progress"), "unverified_{}_tempfail_action = defer", "450 4.1.7 {}unverified address: in progress",
         "450 4.1.1 {}unverified address: in progress"),
        (Probe("bounce", "gone"), "unverified_{}_reject_code = 550", "550 5.1.7 {}undeliverable address: gone",
         "550 5.1.1 {}undeliverable address: gone"),
        (Probe("bounce", "gone"), "unverified_{}_reject_code = 250", "dunno", "dunno"),
        (Probe("bounce", "gone"), "unverified_{}_reject_reason = not verified",
         "defer_if_permit 450 4.1.7 {}unverified address: not verified",
         "defer_if_permit 450 4.1.1 {}unverified address: not verified"),
        (Probe("failure"), "", "defer_if_permit 450 4.1.7 {}address verification problem",
         "defer_if_permit 450 4.1.1 {}address verification problem"),
    ],
)  # fmt: skip
def test_probes(
    instance_dir: MakeInstance, probe: Probe | None, lines: str, sender: str, recipient: str
) -> None:
    main = "\n".join(lines.format(which) for which in ("sender", "recipient"))
    asked = context(instance_dir(f"{main}\n"), replace(CLIENT, sender=ADDRESS, recipient=ADDRESS))
    asked.probes = {} if probe is None else {ADDRESS: probe}
    assert said(asked, "reject_unverified_sender") == sender.format(REJECTED.format("Sender"))
    assert said(asked, "reject_unverified_recipient") == recipient.format(REJECTED.format("Recipient"))


def test_nothing_to_probe(instance_dir: MakeInstance) -> None:
    asked = context(instance_dir(), replace(CLIENT, sender="", recipient=None))
    assert said(asked, "reject_unverified_sender") == "no effect"
    assert said(asked, "reject_unverified_recipient") == "no effect"
