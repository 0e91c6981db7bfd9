"""permit_mx_backup: domains that name this host as a backup MX."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.postfix.conftest import MakeInstance
from tests.postfix.smtpd.asked import CLIENT, context, said

DNS = """\
backup.example MX 10 first.example
backup.example MX 20 mx.falcot.com
byaddress.example MX 10 first.example
byaddress.example MX 20 other-name.example
primary.example MX 10 mx.falcot.com
primary.example MX 20 first.example
foreign.example MX 10 first.example
foreign.example MX 20 second.example
alone.example MX 10 first.example
lost.example MX 10 gone.example
lost.example MX 20 second.example
down.example MX !
first.example A 203.0.113.1
second.example A 203.0.113.2
other-name.example A 192.0.2.25
"""
MAIN = "mydestination = falcot.com, mx.falcot.com\ninet_interfaces = 192.0.2.25\n"
TROUBLE = "defer_if_reject 450 4.4.4 <{}>: Recipient address rejected: "


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("jean@falcot.com", "ok"),
        ("x@backup.example", "ok"),
        ("x@byaddress.example", "ok"),
        ("x@primary.example", "dunno"),
        ("x@foreign.example", "dunno"),
        ("x@alone.example", "dunno"),
        ("x@nowhere.example", "dunno"),
        ("x%y@backup.example", "dunno"),
        ("x@[203.0.113.1]", "dunno"),
        (
            "x@down.example",
            TROUBLE + "Unable to look up mail exchanger information: Host not found, try again",
        ),
        (
            "x@lost.example",
            TROUBLE + "Unable to look up mail exchanger host gone.example: Name or service not known",
        ),
    ],
)
def test_domains(instance_dir: MakeInstance, recipient: str, expected: str) -> None:
    asked = context(instance_dir(MAIN), replace(CLIENT, recipient=recipient), DNS)
    assert said(asked, "permit_mx_backup") == expected.format(recipient)


def test_networks_of_the_first_mx(instance_dir: MakeInstance) -> None:
    session = replace(CLIENT, recipient="x@backup.example")
    for networks, expected in (
        ("203.0.113.0/24", "ok"),
        ("198.51.100.0/24", "dunno"),
        ("first.example", "ok"),
    ):
        folder = instance_dir(f"{MAIN}permit_mx_backup_networks = {networks}\n")
        assert said(context(folder, session, DNS), "permit_mx_backup") == expected
    folder = instance_dir(f"{MAIN}permit_mx_backup_networks = 203.0.113.1/24\n")
    assert said(context(folder, session, DNS), "permit_mx_backup") == (
        TROUBLE.format("x@backup.example") + "Unable to verify host first.example as mail exchanger"
    )
