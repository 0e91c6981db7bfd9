"""policyd-spf, opendmarc, and what DNS said of the domains: each finding made, and gone once it is mended."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from socket import gethostname
from typing import Any, NamedTuple

import pytest

from mailtui.dns.known import FOLDER, Known
from mailtui.dns.part import DomainDns, Part
from mailtui.doctor import opendmarc as opendmarc_family
from mailtui.doctor import policydspf as policyd_family
from mailtui.doctor import policyservices as policy_family
from mailtui.doctor.case import Case
from mailtui.doctor.domaindns import findings as dns_findings
from mailtui.doctor.model import Finding
from mailtui.doctor.opendmarc import findings as opendmarc_findings
from mailtui.doctor.policydspf import findings as policyd_findings
from mailtui.doctor.policyservices import findings as policy_findings
from mailtui.postfix.instance import Instance
from mailtui.postfix.statefolder import VARIABLE, label
from tests.doctor.ailing import healed
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

PROGRAM = "/usr/bin/policyd-spf"
SMTPD = "smtp inet n - n - - smtpd\n"
LOGIN = "submission inet n - n - - smtpd\n -o smtpd_sasl_auth_enable=yes\n"
SPAWN = "policyd-spf unix - n n - 0 spawn\n  user=policyd-spf argv={program} {conf}\n"
RULE = "check_policy_service unix:private/policyd-spf"
RELAY = "inet_interfaces = all\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
GOOD = f"{RELAY}smtpd_recipient_restrictions = reject_unauth_destination, {RULE}\npolicyd-spf_time_limit = 3600s\n"
MILTERS = "smtpd_milters = inet:127.0.0.1:8891, inet:127.0.0.1:8893\nmyhostname = mail.falcot.com\n"
JUDGE = "Socket inet:8893@127.0.0.1\nPublicSuffixList /etc/hostname\nSPFSelfValidate yes\n"
USERS = "IgnoreAuthenticatedClients yes\n"


class Ill(NamedTuple):
    """`name`: the file that the finding points at; `after`: a line of it, once it is mended."""

    id: str
    name: str
    line: int | None
    after: str = ""
    main: str = GOOD
    policyd: str = "TestOnly = 1\n"
    opendmarc: str | None = None
    opendkim: str = ""
    master: str = SMTPD
    spawn: str = PROGRAM
    """What master.cf starts, empty for nothing."""


ILL = [
    Ill("policyd-spf-unasked", "master.cf", 2, "", f"{RELAY}policyd-spf_time_limit = 3600\n"
        "smtpd_recipient_restrictions = reject_unauth_destination,\n  permit\n"),
    Ill("policyd-spf-early", "main.cf", 3, f"reject_unauth_destination, {RULE}",
        f"{RELAY}smtpd_recipient_restrictions = {RULE}, reject_unauth_destination\npolicyd-spf_time_limit = 1h\n"),
    Ill("policyd-spf-time-limit", "main.cf", None, "policyd-spf_time_limit = 3600s",
        GOOD.replace("policyd-spf_time_limit = 3600s\n", "")),
    Ill("policyd-spf-time-limit", "main.cf", 4, "policyd-spf_time_limit = 3600s", GOOD.replace("3600s", "300s")),
    Ill("policyd-spf-missing", "master.cf", 2, "", policyd="x = 1\n", spawn="/nowhere/policyd-spf"),
    Ill("policy-service-missing", "main.cf", 3, f"reject_unauth_destination, {RULE}",
        GOOD.replace("private/policyd-spf", "private/policy-spf")),
    Ill("policy-service-missing", "main.cf", 3, "policyd-spf_time_limit = 3600s", GOOD, spawn=""),
    Ill("policy-service-missing", "main.cf", 3, "", GOOD.replace("private/policyd-spf", "private/quota")),
    Ill("policyd-spf-unread", "policyd.conf", None, "", policyd=""),
    Ill("policyd-spf-test-only", "policyd.conf", 2, "TestOnly = 1", policyd="# a note\nTestOnly = 0\n"),
    Ill("policyd-spf-number", "policyd.conf", 1, "", policyd="debugLevel = much\n"),
    Ill("policyd-spf-blanks", "policyd.conf", 1, "Whitelist = 192.0.2.0/24,198.51.100.1",
        policyd="Whitelist = 192.0.2.7/24, 198.51.100.1\n"),
    Ill("policyd-spf-host-bits", "policyd.conf", 1, "skip_addresses = 127.0.0.0/8,192.0.2.0/24",
        policyd="skip_addresses = 127.0.0.0/8,192.0.2.7/24\n"),
    Ill("policyd-spf-header", "policyd.conf", 1, "Header_Type = AR", GOOD + MILTERS, "Header_Type = None\n",
        JUDGE.replace("yes", "no") + USERS),
    Ill("opendmarc-trusted", "opendmarc.conf", 5, "TrustedAuthservIDs mail.falcot.com,keys.falcot.com", GOOD + MILTERS,
        opendmarc=JUDGE + USERS + "TrustedAuthservIDs mail.falcot.com\n",
        opendkim="Socket inet:8891@127.0.0.1\nAuthservID keys.falcot.com\n"),
    Ill("opendmarc-own-users", "opendmarc.conf", 1, "IgnoreAuthenticatedClients true", GOOD + MILTERS, opendmarc=JUDGE,
        master=SMTPD + LOGIN),
    Ill("opendmarc-no-spf", "opendmarc.conf", 1, "SPFSelfValidate true", RELAY + MILTERS,
        opendmarc=JUDGE.replace("SPFSelfValidate yes\n", "") + USERS),
    Ill("opendmarc-suffixes", "opendmarc.conf", 2, "", GOOD + MILTERS,
        opendmarc=JUDGE.replace("/etc/hostname", "/nowhere/list") + USERS),
    Ill("opendmarc-own-hosts", "opendmarc.conf", 5, "",
        GOOD + MILTERS + "mynetworks = 127.0.0.0/8, 192.168.7.0/24\n", opendmarc=JUDGE + USERS + "RejectFailures yes\n"),
]  # fmt: skip
UNMENDED = {"opendmarc-own-hosts", "policyd-spf-unread", "policyd-spf-missing"}
"""No edit of text can."""


def made(make: MakeInstance, folder: Path, ill: Ill) -> Instance:
    """The instance with its filters' files beside its folder."""
    conf = folder / "policyd.conf"
    spawn = SPAWN.format(program=ill.spawn, conf=conf) if ill.spawn else ""
    instance = Instance.open(str(make(ill.main, master=ill.master + spawn)))
    if ill.policyd:
        conf.write_text(ill.policyd)
    beside = Path(os.path.dirname(instance.config_dir))
    for name, text in (("opendmarc.conf", ill.opendmarc), ("opendkim.conf", ill.opendkim)):
        if text:
            (beside / name).write_text(text)
    return instance


def found_in(instance: Instance) -> list[Finding]:
    case = Case(instance)
    return [*policy_findings(case), *policyd_findings(case), *opendmarc_findings(case)]


@pytest.mark.parametrize("ill", ILL, ids=lambda ill: ill.id)
def test_each_is_found_and_mended(
    instance_dir: MakeInstance, tmp_path: Path, ill: Ill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opendmarc_family, "SUFFIXES", "/etc/hostname")  # a list that is on every machine
    for family in (policyd_family, policy_family):
        monkeypatch.setattr(family, "is_installed", lambda program=PROGRAM: program == PROGRAM)
    instance = made(instance_dir, tmp_path, ill)
    found = [each for each in found_in(instance) if each.id == ill.id]
    assert len(found) == 1, found_in(instance)
    assert (os.path.basename(found[0].file), found[0].line) == (ill.name, ill.line)
    if ill.id in UNMENDED or "private/quota" in ill.main:
        assert (found[0].fix, bool(found[0].fix_words)) == (None, True)
        return
    after = healed(instance, found[0])
    assert ill.id not in {each.id for each in found_in(after)}
    assert ill.after in after.files.raw(found[0].file).decode() or ill.name == "master.cf"


def test_a_sound_set_up_has_none(instance_dir: MakeInstance, tmp_path: Path) -> None:
    sound = Ill("", "", None, main=GOOD + MILTERS, opendmarc=JUDGE + USERS, policyd="TestOnly = 1\nHeader_Type = AR\n",
                opendkim="Socket inet:8891@127.0.0.1\n")  # fmt: skip
    trusts = sound._replace(opendmarc=JUDGE + USERS + f"TrustedAuthservIDs mail.falcot.com,{gethostname()}\n")
    assert found_in(made(instance_dir, tmp_path, trusts)) == []


def test_nothing_is_said_where_nobody_asks_opendmarc(instance_dir: MakeInstance, tmp_path: Path) -> None:
    quiet = Ill("", "", None, opendmarc="RejectFailures yes\n")
    assert found_in(made(instance_dir, tmp_path, quiet)) == []


# What DNS said

OK = Part("ok", "fine")
FOUND = DomainDns(
    "falcot.com", OK, OK, OK, Part("error", "v=spf1 +all", ("+all lets the whole world send",), "v=spf1 mx -all",
                                   "falcot.com"),
    (Part("missing", problems=("no key",)),), Part("missing", proposed="v=DMARC1; p=none", name="_dmarc.falcot.com"),
)  # fmt: skip


def test_answers_of_dns_are_told_from_memory_alone(
    instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "state"))
    instance = Instance.open(str(instance_dir(f"{RELAY}mydestination = falcot.com\n", master=SMTPD)))
    assert list(dns_findings(Case(instance))) == []
    folder = tmp_path / "state" / label(instance.config_dir)
    folder.mkdir(parents=True, mode=0o700)
    known = Known(str(folder / FOLDER))
    assert known.keep(replace(FOUND, asked=time.time() - 7200)) == ""
    told = list(dns_findings(Case(instance)))
    assert [(each.id, each.severity) for each in told] == [("spf", "error"), ("dmarc", "advice")]
    assert told[0].title == "falcot.com: SPF: +all lets the whole world send"
    assert "2 hours" in told[0].why
    assert told[1].fix_words == "publish _dmarc.falcot.com. TXT v=DMARC1; p=none"
    assert told[1].line == 3
    assert known.keep(replace(FOUND, asked=time.time() - 60 * 86400)) == ""
    assert list(dns_findings(Case(instance))) == []


@pytest.mark.parametrize(
    ("changed", "id_", "severity", "title", "do"),
    [
        ({"mx": Part("error", "10 mx.other.example", ("mail goes to mx.other.example, not here",), "10 mail.falcot.com",
                     "falcot.com", kind="MX")},
         "dns-mx", "error", "falcot.com: MX: mail goes to mx.other.example, not here", "publish falcot.com. MX 10 mail"),
        ({"host": Part("warning", "", ("192.0.2.25 has no PTR",))},
         "dns-host", "warning", "this host: 192.0.2.25 has no PTR", "see the record in Domains"),
        ({"dkim": (Part("error", "v=DKIM1; p=AAAA", ("it has another key",), "v=DKIM1; k=rsa; p=BBBB",
                        "mail._domainkey.falcot.com"),)},
         "dkim-record", "error", "falcot.com: DKIM", "publish mail._domainkey.falcot.com. TXT v=DKIM1; k=rsa; p=BBBB"),
        ({"spf": Part("warning", "v=spf1 ?all", ("?all says nothing",), "v=spf1 mx -all", "falcot.com")},
         "spf", "warning", "falcot.com: SPF: ?all says nothing", "publish falcot.com. TXT v=spf1 mx -all"),
        ({"dmarc": Part("error", "v=DMARC1; p=much", ("p=much is no policy",), "v=DMARC1; p=none", "_dmarc.falcot.com")},
         "dmarc", "error", "falcot.com: DMARC: p=much is no policy", "publish _dmarc.falcot.com. TXT v=DMARC1; p=none"),
    ],
    ids=["mx", "host", "dkim", "spf", "dmarc"],
)  # fmt: skip
def test_each_record_that_is_wrong_is_told_and_no_more_once_it_is_right(
    instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], id_: str,
    severity: str, title: str, do: str,
) -> None:  # fmt: skip
    """No edit of this server's can mend what stands in DNS: the record to publish is named, and a look finds it."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "state"))
    instance = Instance.open(str(instance_dir(f"{RELAY}mydestination = falcot.com\n", master=SMTPD)))
    folder = tmp_path / "state" / label(instance.config_dir)
    folder.mkdir(parents=True, mode=0o700)
    known = Known(str(folder / FOLDER))
    sound = DomainDns("falcot.com", OK, OK, OK, OK, (OK,), OK, asked=time.time())
    assert known.keep(replace(sound, **changed)) == ""
    (found,) = dns_findings(Case(instance))
    assert (found.id, found.severity, found.fix) == (id_, severity, None)
    assert title in found.title
    assert do in found.fix_words
    assert known.keep(sound) == ""
    assert list(dns_findings(Case(instance))) == []
