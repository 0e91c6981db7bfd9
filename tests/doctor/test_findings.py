"""Each finding made in a small instance, with its place; gone once its fix is written; none in sound ones."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from mailtui.doctor.examine import examine
from mailtui.edits.candidate import Candidate
from mailtui.postfix.instance import Instance
from tests.doctor.ailing import SOUND, healed, ids, only
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

RELAY = "smtpd_relay_restrictions"
RECIPIENT = "smtpd_recipient_restrictions"
HELO_LINE = "inet_interfaces = all\nsmtpd_helo_required = yes\n"


class Ill(NamedTuple):
    """`line` is where the finding points in main.cf, or in the file named in `at`."""

    id: str
    main: str
    line: int | None
    after: str = ""
    files: dict[str, str] = {}  # noqa: RUF012 - never changed
    postmap: tuple[str, ...] = ()
    at: str = "main.cf"


ILL = [
    Ill("open-relay", f"{HELO_LINE}{RELAY} =\n{RECIPIENT} = check_sender_access inline:{{boss@x.example=OK}},\n"
        " reject_unauth_destination\n", 4),
    Ill("open-relay", f"{HELO_LINE}{RELAY} = permit_mynetworks,\n  check_client_access static:OK,\n"
        "  reject_unauth_destination\n", 4, "permit_mynetworks,\n  reject_unauth_destination,\n  check_client_access"),
    Ill("open-relay", f"{HELO_LINE}{RELAY} = permit_mynetworks, check_helo_access hash:$config_directory/h,"
        " reject_unauth_destination\n", 3, "", {"h": "friend.example OK\n"}, ("hash:h",)),
    Ill("open-relay", f"{HELO_LINE}mynetworks = 127.0.0.0/8, 0.0.0.0/0\n{RELAY} = permit_mynetworks,"
        " reject_unauth_destination\n", 3, "mynetworks = 127.0.0.0/8\n"),
    Ill("open-relay", f"{HELO_LINE}mynetworks = 0.0.0.0/0\n", 3, "mynetworks = 127.0.0.0/8 [::"),
    Ill("open-relay", f"{HELO_LINE}smtpd_restriction_classes = guests\nguests = permit\n{RELAY} ="
        " check_sender_access inline:{x.example=guests}, reject_unauth_destination\n", 5),
    Ill("open-relay", f"{HELO_LINE}{RELAY} =\n{RECIPIENT} = permit_mynetworks, check_policy_service"
        " inet:127.0.0.1:10023, reject_unauth_destination\n", 4),
    Ill("no-guard", f"{HELO_LINE}{RELAY} = permit_mynetworks\n", 3, "permit_mynetworks, reject_unauth_destination"),
    Ill("no-guard", f"{HELO_LINE}{RELAY} =\n", 3),
    Ill("network-host-bits", f"{HELO_LINE}mynetworks = 127.0.0.0/8\n  192.0.2.7/24\n", 4, "192.0.2.0/24"),
    Ill("inline-comment", f"{HELO_LINE}mynetworks = 127.0.0.0/8 # the office\n  192.0.2.0/24\n", 3,
        "mynetworks = 127.0.0.0/8\n  192.0.2.0/24\n"),
    Ill("network-short", f"{HELO_LINE}mynetworks = 127.0.0.0/8 192.168.7\n", 3, "192.168.7.0/24"),
    Ill("network-brackets", f"{HELO_LINE}mynetworks = 127.0.0.0/8 2001:db8::/32\n", 3, "[2001:db8::]/32"),
    Ill("unreachable", f"{SOUND}smtpd_client_restrictions = permit_mynetworks,\n permit,\n reject_rbl_client a.b\n", 6),
    Ill("unreachable", f"{SOUND}smtpd_sender_restrictions = check_sender_access regexp:$config_directory/r,\n"
        " reject_non_fqdn_sender\n", 5, "", {"r": "/^a/ DUNNO\n/./ REJECT no\n"}),
    Ill("unknown-restriction", f"{SOUND}smtpd_client_restrictions = permit_mynetworks,\n  reject_unknown_clint\n", 5,
        "reject_unknown_client_hostname"),
    Ill("unknown-restriction", f"{SOUND}smtpd_client_restrictions = reject_rbl_clint zen.spamhaus.org=127.0.0.[2..11]\n",
        4, "reject_rbl_client zen.spamhaus.org"),
    Ill("unknown-restriction", f"{SOUND}smtpd_client_restrictions = reject_rbl_client a.example, b.example\n", 4,
        "reject_rbl_client b.example"),
    Ill("unknown-restriction", f"{SOUND}smtpd_client_restrictions =\n  permit_mynetworks,\n  frobnicate\n", 6,
        "=\n  permit_mynetworks\n"),
    Ill("inline-comment", f"{SOUND}smtpd_client_restrictions =\n  permit_mynetworks # our own permit\n"
        "  reject_unauth_pipelining\n", 5, "  permit_mynetworks\n"),
    Ill("class-undeclared", f"{SOUND}strict = reject_unknown_client_hostname\nsmtpd_client_restrictions = strict\n", 5,
        "smtpd_restriction_classes = strict"),
    Ill("class-unused", f"{SOUND}smtpd_restriction_classes = one, two\none = reject\ntwo = permit\n"
        "smtpd_client_restrictions = permit_mynetworks, two\n", 5, "smtpd_restriction_classes = two"),
    Ill("no-effect", f"{SOUND}smtpd_client_restrictions = permit_mynetworks, permit_tls_clientcerts\n", 4),
    Ill("no-effect", f"{SOUND}smtpd_delay_reject = no\nsmtpd_client_restrictions = check_recipient_access"
        " inline:{x.example=REJECT}\n", 5),
    Ill("sasl-off", f"{SOUND}smtpd_sender_restrictions = reject_sender_login_mismatch\n", 4),
    Ill("no-argument", f"{SOUND}smtpd_client_restrictions = permit_mynetworks, reject_rbl_client\n", 4),
    Ill("old-name", f"{SOUND}smtpd_client_restrictions = reject_unknown_client\n", 4, "= reject_unknown_client_hostname"),
    Ill("helo-not-required", "inet_interfaces = all\nsmtpd_helo_restrictions = reject_invalid_helo_hostname\n", 2,
        "smtpd_helo_required = yes"),
    Ill("dnsbl-closed", f"{SOUND}smtpd_client_restrictions = permit_mynetworks, reject_rbl_client dnsbl.sorbs.net\n", 4,
        "smtpd_client_restrictions = permit_mynetworks\n"),
    Ill("dnsbl-closed", f"{SOUND}smtpd_client_restrictions = reject_rbl_client cbl.abuseat.org\n", 4,
        "reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]"),
    Ill("dnsbl-twice", f"{SOUND}smtpd_client_restrictions = reject_rbl_client a.example\n{RECIPIENT} ="
        " reject_non_fqdn_recipient, reject_rbl_client a.example\n", 5, f"{RECIPIENT} = reject_non_fqdn_recipient\n"),
    Ill("dnsbl-unfiltered", f"{SOUND}smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n", 4,
        "zen.spamhaus.org=127.0.0.[2..11]"),
    Ill("table-missing", f"{SOUND}smtpd_client_restrictions =\n  check_client_access hash:/nonexistent/a\n", 5, "#"),
    Ill("table-type", f"{SOUND}smtpd_client_restrictions = check_client_access dbm:$config_directory/a\n", 4,
        "check_client_access lmdb:", {"a": "192.0.2.1 OK\n"}),
    Ill("access-digits", f"{SOUND}smtpd_sender_restrictions = check_sender_access hash:$config_directory/s\n", 2,
        "", {"s": "# bad\nspam.example   550\n"}, ("hash:s",), "s"),
    Ill("access-action", f"{SOUND}smtpd_sender_restrictions = check_sender_access hash:$config_directory/s\n", 1,
        "", {"s": "spam.example   REJCT go away\n"}, ("hash:s",), "s"),
    Ill("access-forbidden-ok", f"{SOUND}smtpd_sender_restrictions = check_sender_mx_access hash:$config_directory/s\n",
        1, "", {"s": "mx.example OK\n"}, ("hash:s",), "s"),
    Ill("access-key", f"{SOUND}smtpd_sender_restrictions = check_sender_access hash:$config_directory/s\n", 1,
        "", {"s": "@spam.example  REJECT\n"}, ("hash:s",), "s"),
    Ill("access-key", f"{SOUND}smtpd_sender_restrictions = check_sender_access hash:$config_directory/s\n", 1,
        "", {"s": ".spam.example  REJECT\n"}, ("hash:s",), "s"),
    Ill("access-key", f"{SOUND}smtpd_client_restrictions = check_client_access hash:$config_directory/s\n", 2,
        "", {"s": "192.0.2.1 OK\n10.1.0.0/16  REJECT\n"}, ("hash:s",), "s"),
    Ill("access-key", f"{SOUND}smtpd_client_restrictions = check_client_access hash:$config_directory/s\n", 1,
        "", {"s": "192.0.2.  REJECT\n"}, ("hash:s",), "s"),
    Ill("duplicate-parameter", f"{SOUND}mailbox_size_limit = 0\n# so\nmailbox_size_limit = 51200000\n", 4,
        "# so\nmailbox_size_limit = 51200000"),
    Ill("soft-bounce", f"{SOUND}soft_bounce = yes\n", 4),
    Ill("compatibility-level", f"{SOUND}compatibility_level = 2\n", 4, "compatibility_level = 3.6"),
]  # fmt: skip


@pytest.mark.parametrize("ill", ILL, ids=lambda ill: ill.id)
def test_a_finding_is_made_and_gone_once_its_fix_is_written(ill: Ill, instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir(ill.main, files=ill.files, postmap=ill.postmap)))
    found = only(instance, ill.id)
    assert (found.file, found.line) == (str(Path(instance.config_dir, ill.at)), ill.line)
    assert found.why
    assert found.fix_words
    after = healed(instance, found)
    assert ill.id not in ids(after)
    assert ill.after in after.files.raw(found.file).decode()


@pytest.mark.parametrize("ill", ILL, ids=lambda ill: ill.id)
def test_a_fix_brings_no_other_finding_and_can_be_taken_back(ill: Ill, instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir(ill.main, files=ill.files, postmap=ill.postmap)))
    before = {(each.id, each.file) for each in examine(instance)}
    found = only(instance, ill.id)
    after = healed(instance, found)
    now = {(each.id, each.file) for each in examine(after)}
    assert {each for each in now if each[0] not in {"sasl-off", "table-not-compiled"}} <= before
    assert found.fix is not None
    if ill.id == "inline-comment":
        return  # a `#` within a value cannot be written item by item: its edit stops, as it should
    back = Candidate(after.files, [edit.inverse() for edit in reversed(found.fix.edits)])
    assert not back.conflicts
    assert not back.stopped
    was, undone = instance, instance.over(back)
    names = was.parameters.values.explicit
    assert {name: was.parameters.effective(name) for name in names} == {
        name: undone.parameters.effective(name) for name in names
    }


WITHOUT_FIX = [
    Ill("network-name", f"{HELO_LINE}mynetworks = 127.0.0.0/8, mail.partner.example\n", 3),
    Ill("network-wide", f"{HELO_LINE}mynetworks = 127.0.0.0/8, 8.0.0.0/8\n", 3),
    Ill("class-undefined", f"{SOUND}smtpd_restriction_classes = one\none =\nsmtpd_client_restrictions = one\n", 4),
    Ill("cidr-host-bits", f"{SOUND}smtpd_client_restrictions = check_client_access cidr:$config_directory/c\n", 1, "",
        {"c": "192.0.2.1/24 REJECT\n"}, (), "c"),
    Ill("network-value", f"{HELO_LINE}mynetworks = 127.0.0.0/8 cidr:$config_directory/c\n", 1, "",
        {"c": "192.0.2.0/24 REJECT\n"}, (), "c"),
    Ill("forgeable-ok", f"{SOUND}smtpd_client_restrictions = check_sender_access inline:{{x.example=OK}},"
        " reject_rbl_client a.example\n", 4),
]  # fmt: skip


@pytest.mark.parametrize("ill", WITHOUT_FIX, ids=lambda ill: ill.id)
def test_a_finding_without_a_fix_says_what_to_do(ill: Ill, instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir(ill.main, files=ill.files, postmap=ill.postmap)))
    found = only(instance, ill.id)
    assert (found.file, found.line) == (str(Path(instance.config_dir, ill.at)), ill.line)
    assert found.fix is None
    assert found.fix_words


def test_networks_by_class(instance_dir: MakeInstance) -> None:
    main = b"compatibility_level = 3.6\nmynetworks_style = class\n"
    instance = Instance.open(str(instance_dir(main)))
    found = only(instance, "networks-by-class")
    assert (found.line, found.severity) == (2, "error")
    assert ids(healed(instance, found)) == set()


def test_a_text_changed_after_it_was_compiled(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        f"{SOUND}smtpd_client_restrictions = check_client_access hash:$config_directory/a\n",
        files={"a": "192.0.2.1 OK\n"}, postmap=["hash:a"],
    )  # fmt: skip
    assert "table-stale" not in ids(Instance.open(str(folder)))
    os.utime(folder / "a", (time.time() + 5,) * 2)
    assert "table-stale" in ids(Instance.open(str(folder)))


def test_a_rule_that_only_warns_is_told_of_after_a_month(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        f"{SOUND}smtpd_client_restrictions = warn_if_reject reject_unknown_client_hostname\n"
    )
    assert "warns-only" not in ids(Instance.open(str(folder)))
    os.utime(folder / "main.cf", (time.time() - 40 * 86400,) * 2)
    instance = Instance.open(str(folder))
    found = only(instance, "warns-only")
    assert "40 days" in found.why
    assert "warns-only" not in ids(healed(instance, found))


def test_a_blank_relay_list_of_a_service(instance_dir: MakeInstance) -> None:
    master = (
        "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n"
        f"  -o {RELAY}=\n  -o {RECIPIENT}=permit_mynetworks,reject\n"
    )
    instance = Instance.open(str(instance_dir(SOUND, master=master)))
    found = only(instance, "guard-blanked")
    assert (found.severity, found.services) == ("advice", ("submission/inet",))
    assert "guard-blanked" not in ids(healed(instance, found))
    open_ = master.replace("permit_mynetworks,reject", "check_helo_access,static:OK,reject")
    instance = Instance.open(str(instance_dir(SOUND, master=open_)))
    found = only(instance, "open-relay")
    assert (found.file, found.severity) == (instance.master.path, "error")
    assert "open-relay" not in ids(healed(instance, found))


def test_several_duplicates_with_a_log_of_postfix_s_own_may_hang_a_reload(instance_dir: MakeInstance) -> None:
    twice = "biff = no\nbiff = no\nhome_mailbox = a/\nhome_mailbox = b/\n"
    plain = examine(Instance.open(str(instance_dir(SOUND + twice))))
    assert sorted(each.severity for each in plain) == ["advice", "warning"]
    logged = examine(Instance.open(str(instance_dir(f"{SOUND}{twice}maillog_file = /var/log/x.log\n"))))
    assert [each.severity for each in logged] == ["warning", "warning"]
    assert all("hangs" in each.why for each in logged)


GOOD = [
    "",
    SOUND,
    f"{SOUND}smtpd_client_restrictions = permit_mynetworks, reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n",
    # a permit in the recipient list does no harm behind a guarded relay list
    f"{SOUND}{RECIPIENT} = check_sender_access inline:{{boss@x.example=OK}}, reject_unlisted_recipient\n",
    # whom the admin names by address may relay
    f"{HELO_LINE}{RELAY} = permit_mynetworks, check_client_access inline:{{192.0.2.7=OK}}, reject_unauth_destination\n",
    # 10/8 is nobody else's
    f"{SOUND}mynetworks = 127.0.0.0/8, 10.0.0.0/8, [::1]/128, [fd00::]/8\n",
    # every list is for our own people
    f"{HELO_LINE}{RELAY} =\n{RECIPIENT} = permit_mynetworks, reject\n",
    f"{HELO_LINE}{RELAY} = permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination\n",
    f"{HELO_LINE}smtpd_client_restrictions = permit_mynetworks, reject\n{RELAY} =\n"
    f"{RECIPIENT} = check_helo_access inline:{{x.example=OK}}, reject\n",
    # nobody outside can connect
    f"inet_interfaces = loopback-only\n{RELAY} =\n{RECIPIENT} = check_helo_access inline:{{x.example=OK}}, reject\n",
    f"{SOUND}smtpd_restriction_classes = strict\nstrict = reject_unknown_client_hostname\n"
    "smtpd_client_restrictions = check_recipient_access inline:{x.example=strict}\n",
]


@pytest.mark.parametrize("main", GOOD)
def test_a_sound_set_up_has_no_findings(main: str, instance_dir: MakeInstance) -> None:
    assert [(each.id, each.title) for each in examine(Instance.open(str(instance_dir(main))))] == []


def test_a_table_of_another_kind_that_a_list_asks_too_is_left_alone(instance_dir: MakeInstance) -> None:
    main = (
        f"{SOUND}virtual_alias_maps = hash:$config_directory/v\n"
        "smtpd_recipient_restrictions = check_recipient_access hash:$config_directory/v\n"
    )
    files = {"v": "@brand.example sophie@falcot.com\n"}
    assert "access-key" not in ids(Instance.open(str(instance_dir(main, files=files, postmap=["hash:v"]))))


def test_a_domain_written_both_ways_is_left_alone(instance_dir: MakeInstance) -> None:
    main = f"{SOUND}smtpd_sender_restrictions = check_sender_access hash:$config_directory/s\n"
    for text, told in (
        ("x.example REJECT\n.x.example  REJECT\n", False),
        ("x.example OK\n.x.example REJECT\n", True),
    ):
        instance = Instance.open(str(instance_dir(main, files={"s": text}, postmap=["hash:s"])))
        assert ("access-key" in ids(instance)) is told


def test_a_service_for_users_without_a_login(instance_dir: MakeInstance) -> None:
    master = (
        "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n"
        f"  -o {RELAY}=permit_sasl_authenticated,reject\n"
    )
    found = only(Instance.open(str(instance_dir(SOUND, master=master))), "sasl-off")
    assert (found.severity, found.fix, found.services) == ("warning", None, ("submission/inet",))
    master += "  -o smtpd_sasl_auth_enable=yes\n"
    files = {"sasl/smtpd.conf": "pwcheck_method: saslauthd\nmech_list: PLAIN\n"}  # not this host's sasldb
    assert "sasl-off" not in ids(Instance.open(str(instance_dir(SOUND, master=master, files=files))))


def test_what_cannot_be_read_is_a_finding(instance_dir: MakeInstance) -> None:
    main = f"{SOUND}smtpd_restriction_classes = ${{broken\n"
    assert examine(Instance.open(str(instance_dir(main)))) != []
    folder = instance_dir(SOUND)
    (folder / "master.cf").unlink()
    (folder / "master.cf").mkdir()
    assert "unreadable" in ids(Instance.open(str(folder)))
