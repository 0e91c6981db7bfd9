"""What a change opens is told, and only what it opens: who has an open relay already does other work."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mailtui.apply.dangers import Danger, dangers
from mailtui.apply.look import look
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.services import SetServiceOption
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

SOUND = "permit_mynetworks, reject_unauth_destination"
PUBLIC = "inet_interfaces = all\n"
OPEN = f"{PUBLIC}mynetworks = 127.0.0.0/8 0.0.0.0/0\nsmtpd_relay_restrictions = {SOUND}\n"
HELD = f"""\
{PUBLIC}mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = check_client_access cidr:{{{{10.0.0.0/8 OK}}}}, {SOUND}
"""


def told(instance: Instance, *edits: Edit) -> Sequence[Danger]:
    return dangers(instance, look(instance, edits, None))


def setting(instance: Instance, name: str, value: str) -> SetParameter:
    return SetParameter(instance.main, name, value, instance.parameters.get(name))


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("mynetworks", "127.0.0.0/8 0.0.0.0/0", {"open-relay"}),
        ("mynetworks", "127.0.0.0/8 8.0.0.0/6", set()),  # network-wide: a warning
        ("smtpd_relay_restrictions", "permit", {"no-guard"}),
        ("smtpd_relay_restrictions", "permit_naked_ip_address, reject_unauth_destination", {"open-relay"}),
        ("smtpd_relay_restrictions", "permit_mynetworks", {"no-guard"}),
        ("smtpd_relay_restrictions", "permit_mynetworks, permit_sasl_authenticated, defer", set()),
        ("smtpd_timeout", "200s", set()),
    ],
)
def test_what_a_change_opens(instance_dir: MakeInstance, name: str, value: str, ids: set[str]) -> None:
    instance = Instance.open(str(instance_dir(HELD)))
    assert {each.id for each in told(instance, setting(instance, name, value))} == ids


def test_what_is_open_already_stops_no_other_work(instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir(OPEN)))
    assert told(instance, setting(instance, "smtpd_timeout", "200s")) == ()
    assert told(instance, setting(instance, "mynetworks", "127.0.0.0/8 0.0.0.0/0 ::/0")) == ()
    # a service that was closed is opened too
    option = SetServiceOption(
        instance.master, "submission/inet", "smtpd_relay_restrictions", "permit_mynetworks, reject"
    )
    assert {each.service for each in told(instance, option)} <= {"submission/inet"}


def test_a_row_of_an_access_table_opens_too(instance_dir: MakeInstance) -> None:
    from mailtui.edits.entries import SetEntry

    rules = f"smtpd_relay_restrictions = check_sender_access texthash:$config_directory/who, {SOUND}\n"
    folder = instance_dir(PUBLIC + rules, files={"who": "192.0.2.1 REJECT\n"})
    instance = Instance.open(str(folder))
    found = told(instance, SetEntry(Target("table", f"{folder}/who", "texthash"), "boss@x.example", "OK"))
    assert {each.service for each in found} == {"smtp/inet", "submission/inet"}
    assert {each.title for each in found} == {"an open relay for whoever says the right name"}
    assert "boss@x.example" in str(found[0])
