"""An open relay that doctor names is one by the walk through the session too, and none after its fix."""

from __future__ import annotations

import pytest

from mailtui.dns.ask import Names
from mailtui.doctor.examine import examine
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.explain import explain
from mailtui.postfix.smtpd.session import Session
from tests.doctor.ailing import healed
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

RELAY, RECIPIENT, CLIENT = (f"smtpd_{stage}_restrictions" for stage in ("relay", "recipient", "client"))
SET_UPS = [
    {RELAY: "", RECIPIENT: "check_sender_access inline:{p.example=OK}, reject_unauth_destination"},
    {RELAY: "", RECIPIENT: "reject_unauth_destination, check_sender_access inline:{p.example=OK}"},
    {RELAY: "permit_mynetworks, check_helo_access inline:{h.p.example=OK}, reject_unauth_destination"},
    {RELAY: "permit_mynetworks, reject_unauth_destination", RECIPIENT: "permit"},
    {RELAY: "permit_naked_ip_address, warn_if_reject reject, permit, reject", RECIPIENT: "reject_unauth_destination"},
    {RELAY: "defer_if_permit, permit", RECIPIENT: ""},
    {RELAY: "check_client_access static:OK, reject", CLIENT: "permit_mynetworks, reject"},
    {RELAY: "check_client_access static:OK, reject", CLIENT: "permit_mynetworks, warn_if_reject reject"},
    {RELAY: "check_client_access static:REJECT, permit", RECIPIENT: "reject_unauth_destination"},
    {RELAY: "check_sender_access regexp:{{/p/ 550}}, defer", RECIPIENT: "permit_mynetworks"},
    {RELAY: "permit_mynetworks, reject_foo, permit", RECIPIENT: "permit_mynetworks, defer_unauth_destination"},
    {"mynetworks": "!203.0.113.0/24, 0.0.0.0/0", RELAY: "permit_mynetworks, reject"},
    {"mynetworks": "127.0.0.0/8, 0.0.0.0/0", RELAY: "permit_mynetworks, reject"},
    {RELAY: "check_sender_access inline:{p.example=open}, reject_unauth_destination",
     "smtpd_restriction_classes": "open", "open": "permit"},
    {RELAY: "check_sender_access inline:{p.example=open}, reject_unauth_destination",
     "smtpd_restriction_classes": "open", "open": "permit_mynetworks, reject"},
]  # fmt: skip
EXCLUDED = "!"
"""Where the one stranger that is tried is left out of a network that holds everybody else."""


def relays(instance: Instance) -> bool:
    session = Session(
        "203.0.113.9",
        helo="h.p.example",
        sender="a@p.example",
        recipient="b@elsewhere.example",
        service="smtp",
    )
    return explain(instance, session, names=Names(only_supplied=True)).code == 250


@pytest.mark.parametrize("settings", SET_UPS, ids=lambda settings: " / ".join(settings.values())[:60])
def test_doctor_and_explain_agree(settings: dict[str, str], instance_dir: MakeInstance) -> None:
    main = "".join(f"{name} = {value}\n" for name, value in settings.items())
    instance = Instance.open(str(instance_dir(f"inet_interfaces = all\nsmtpd_helo_required = yes\n{main}")))
    found = next((each for each in examine(instance) if each.id == "open-relay"), None)
    if EXCLUDED not in main:
        assert (found is not None) is relays(instance)
    if found is not None:
        assert not relays(healed(instance, found))
