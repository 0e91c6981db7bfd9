"""What a server is for its records in DNS: names, addresses, keys."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mailtui.dns.facts import Facts, is_seen, same
from mailtui.milters import goodname
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.goodname import facts_of
from mailtui.milters.policydspf import blanks, host_bits, policyds
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

MAIN = "myhostname = mail.falcot.com\ninet_protocols = all\n"


def facts(make: MakeInstance, main: str) -> Facts:
    return facts_of(Instance.open(str(make(MAIN + main))))


def test_addresses_that_mail_leaves_from(instance_dir: MakeInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goodname, "host_addresses", lambda: ["10.0.0.5", "192.0.2.7", "2001:db8::7"])
    bound = facts(
        instance_dir, "inet_interfaces = 127.0.0.1, 192.0.2.25\nsmtp_bind_address6 = 2001:db8::25\n"
    )
    assert (bound.hostname, bound.helo) == ("mail.falcot.com", "mail.falcot.com")
    assert bound.sends == ("192.0.2.25", "2001:db8::25")
    assert "192.0.2.25" in bound.listens
    every = facts(instance_dir, "inet_interfaces = all\nsmtp_helo_name = out.falcot.com\n")
    assert every.sends == ("10.0.0.5", "192.0.2.7", "2001:db8::7")
    assert every.seen == ("192.0.2.7", "2001:db8::7")
    assert (every.helo, every.hidden) == ("out.falcot.com", False)
    four = facts(instance_dir, "inet_interfaces = all\ninet_protocols = ipv4\n")
    assert "2001:db8::7" not in four.sends


def test_behind_nat(instance_dir: MakeInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goodname, "host_addresses", lambda: ["10.0.0.5"])
    nat = facts(instance_dir, "inet_interfaces = 10.0.0.5\n")
    assert (nat.seen, nat.hidden) == ((), True)
    told = facts(instance_dir, "inet_interfaces = 10.0.0.5\nproxy_interfaces = 192.0.2.99\n")
    assert (told.seen, told.hidden) == (("192.0.2.99",), False)


def test_what_cannot_be_read_is_said(instance_dir: MakeInstance) -> None:
    broken = facts(instance_dir, "inet_interfaces = ${broken\n")
    assert broken.silent
    assert broken.sends == ()


def test_keys_that_sign(instance_dir: MakeInstance, tmp_path: Path) -> None:
    key = tmp_path / "mail.private"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "1024"], check=True, capture_output=True)
    (tmp_path / "keys").write_text(f"mail falcot.com:mail2026:{key}\nlost falcot.org:old:/nowhere\n")
    (tmp_path / "signs").write_text("*@falcot.com mail\n*@falcot.org lost\n")
    conf = tmp_path / "opendkim.conf"
    conf.write_text(f"KeyTable {tmp_path}/keys\nSigningTable refile:{tmp_path}/signs\n")
    instance = Instance.open(str(instance_dir(MAIN)))
    config = DkimConfig.read(str(conf), instance.files)
    found = facts_of(instance, ["Falcot.com", "falcot.org", "other.example"], [config]).keys
    assert set(found) == {"falcot.com", "falcot.org"}
    (mail,) = found["falcot.com"]
    assert (mail.selector, mail.domain, mail.kind) == ("mail2026", "falcot.com", "rsa")
    assert mail.public.startswith("MIGf")
    assert found["falcot.org"][0].public == ""


def test_what_the_world_can_see() -> None:
    assert [is_seen(each) for each in ("192.0.2.1", "8.8.8.8", "2001:db8::1", "2600::1")] == [True] * 4
    hidden = ("10.1.1.1", "127.0.0.1", "::1", "fe80::1", "fd00::1", "100.64.0.1", "x")
    assert not any(map(is_seen, hidden))
    assert same("A.example.", "a.Example")


def test_lists_of_policyd_spf() -> None:
    assert (blanks("a,b"), blanks("a, b ,,c")) == (None, "a,b,c")
    assert (host_bits("192.0.2.0/24,x"), host_bits("192.0.2.7/24,x")) == (None, "192.0.2.0/24,x")


def test_what_policyd_spf_does_in_words(instance_dir: MakeInstance, tmp_path: Path) -> None:
    conf = tmp_path / "policyd.conf"
    conf.write_text("TestOnly = 0\nHELO_reject = No_Check\nHeader_Type = AR\nTempError_Defer = True\n")
    master = f"spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf {conf}\n"
    master += "other unix - n n - 0 spawn user=nobody argv=/usr/bin/other\n"
    (found,) = policyds(Instance.open(str(instance_dir(MAIN, master=master))))
    assert (found.endpoint, found.time_limit, found.refuses) == ("unix:private/spf", "spf_time_limit", False)
    said = "; ".join(found.says)
    for words in (
        "refuses nothing",
        "HELO name: not judged",
        "Authentication-Results",
        "(TempError): put off",
    ):
        assert words in said
