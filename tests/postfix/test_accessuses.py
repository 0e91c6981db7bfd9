"""Where access tables are asked, what holds there, and trying them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.parameters import SetParameter
from mailtui.edits.patternmaking import adding
from mailtui.formats.target import Target
from mailtui.postfix.accesstry import try_access
from mailtui.postfix.accessuses import AccessRules, AccessUse, access_tables, access_uses
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapchecks import check_map_entry
from mailtui.postfix.patternrows import rules_document
from tests.postfix.conftest import MASTER, instance_dir

__all__ = ["instance_dir"]

SMTPD = (
    "smtp inet n - n - - smtpd\n"
    "submission inet n - n - - smtpd -o smtpd_delay_reject=no -o parent_domain_matches_subdomains="
    " -o smtpd_client_restrictions=check_client_access,hash:{R}/clients\n"
)
MAIN = """\
smtpd_restriction_classes = trusted, strict
trusted = permit_mynetworks, permit
strict = check_recipient_access hash:{R}/people
access = hash:{R}/clients
smtpd_client_restrictions = $access, check_ccert_access { hash:{R}/certs, { search_order = cert_fingerprint } }
smtpd_sender_restrictions = check_sender_mx_access cidr:{R}/nets
smtpd_recipient_restrictions = reject_unauth_destination, warn_if_reject strict
"""
FILES = {
    "clients": "a.example REJECT\n192.0.2 OK\n", "certs": "AA:BB OK\n", "people": "joe@ strict\n",
    "nets": "192.0.2.0/24 REJECT bad server\n",
}  # fmt: skip


@pytest.fixture
def instance(instance_dir: Any, tmp_path: Path) -> Instance:
    folder = str(tmp_path / "etc1")
    made = instance_dir(
        MAIN.replace("{R}", folder), master=MASTER + SMTPD.replace("{R}", folder), files=FILES,
        postmap=["hash:clients", "hash:certs", "hash:people"],
    )  # fmt: skip
    return Instance.open(str(made))


def test_every_rule_with_a_table_is_found(instance: Instance, tmp_path: Path) -> None:
    folder = tmp_path / "etc1"
    found = [
        (use.check, use.table.replace(f"{folder}/", ""), use.service, use.stage)
        for use in access_uses(instance)
    ]
    mine = [
        ("check_sender_mx_access", "cidr:nets", "sender"), ("check_recipient_access", "hash:people", "class:strict"),
    ]  # fmt: skip
    assert found == [
        ("check_client_access", "hash:clients", "smtp/inet", "client"),
        ("check_ccert_access", "hash:certs", "smtp/inet", "client"),
        *[(check, table, "smtp/inet", stage) for check, table, stage in mine],
        ("check_client_access", "hash:clients", "submission/inet", "client"),
        *[(check, table, "submission/inet", stage) for check, table, stage in mine],
    ]


def test_each_service_has_its_own_settings(instance: Instance) -> None:
    first, *_, last = [use for use in access_uses(instance) if use.check == "check_client_access"]
    smtp = AccessRules.of(instance, first.check, first.service, first)
    submission = AccessRules.of(instance, last.check, last.service, last)
    assert (smtp.style.parents, submission.style.parents) == (True, False)
    assert (smtp.place.early, submission.place.early) == (False, True)
    assert smtp.place.classes == ("trusted", "strict")
    assert smtp.place.permitting == {"trusted"}
    assert smtp.wrong(".b.example", "OK")
    assert not submission.wrong(".b.example", "OK")
    assert not smtp.wrong("b.example", "HOLD")
    assert "before MAIL FROM" in submission.wrong("b.example", "HOLD")[0]
    with pytest.raises(KeyError):
        AccessRules.of(instance, "check_nothing_access")


def test_an_entry_is_checked_in_its_place(instance: Instance, tmp_path: Path) -> None:
    use = AccessUse("check_client_access", f"hash:{tmp_path}/etc1/clients", "smtp/inet", "client")
    (table,) = access_tables(instance, use)
    assert table.editable

    def said(key: str, value: str, replacing: str | None = None) -> list[str]:
        return [
            f"{one.severity} {one.text}" for one in check_map_entry(instance, table, key, value, replacing)
        ]

    assert said("b.example", "REJECT") == []
    assert "exists already" in said("A.example", "REJECT")[0]
    assert said("a.example", "OK", "a.example") == []
    assert "hides the addresses of this table" in said("c.example", "DUNNO")[0]
    assert "hides the addresses of this table" in said("unknown", "REJECT")[0]
    assert said("192.0.3", "OK") == []
    assert "newclass" in said("d.example", "newclass")[0]
    edits = [
        SetParameter(instance.main, "smtpd_restriction_classes", "newclass", "trusted, strict"),
        SetParameter(instance.main, "newclass", "reject", None),
    ]
    after = instance.over(Candidate(instance.files, edits))
    assert check_map_entry(after, table, "d.example", "newclass") == []


def test_a_draft_of_a_table_of_networks_is_tried(instance: Instance, tmp_path: Path) -> None:
    path = f"{tmp_path}/etc1/nets"
    use = AccessUse("check_client_access", f"cidr:{path}", "smtp/inet", "client")
    assert try_access(instance, use, "198.51.100.7").found is None
    target = Target("cidr", path, "cidr")
    edit = adding(rules_document(instance.files, target), target, "198.51.100.0/24 REJECT staged")
    staged = instance.over(Candidate(instance.files, [edit]))
    found = try_access(instance, use, "mail.example[198.51.100.7]", staged)
    assert [(one.key, one.value) for one in found.answers] == [
        ("mail.example", None), ("198.51.100.7", "REJECT staged"),
    ]  # fmt: skip
    assert found.does == "refused: 554 5.7.1 … staged"


def test_a_table_that_cannot_be_asked(instance: Instance) -> None:
    use = AccessUse("check_client_access", "hash:/nonexistent/table", "smtp/inet")
    with pytest.raises(InstanceError, match="nonexistent"):
        try_access(instance, use, "192.0.2.1")
