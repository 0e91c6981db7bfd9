"""The demo with everything beside it: filters, accounts, TLS; what its traffic shows, and that it comes back."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.demo import accounts, guards, zones
from mailtui.demo.lab import Lab
from mailtui.demo.place import Mode, Place

MISSING = accounts.missing() or guards.available(Place(Path("/tmp"), Mode.NAMESPACE))[1]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not the whole demo: {MISSING}")
LOG_IN = """
import json, smtplib, ssl, sys
port, certificate, user, password = json.loads(sys.argv[1])
trusting = ssl.create_default_context(cafile=certificate)
trusting.check_hostname = False
told = []
if port == 465:
    smtp = smtplib.SMTP_SSL("127.0.0.1", port, timeout=20, context=trusting)
    smtp.ehlo()
else:
    smtp = smtplib.SMTP("127.0.0.1", port, timeout=20)
    smtp.ehlo()
    told.append(smtp.has_extn("auth"))
    smtp.starttls(context=trusting)
    smtp.ehlo()
told.append(smtp.has_extn("auth"))
if told[-1]:
    smtp.user, smtp.password = user, password
    for name, way in (("PLAIN", smtp.auth_plain), ("LOGIN", smtp.auth_login), ("CRAM-MD5", smtp.auth_cram_md5)):
        try:
            told.append(smtp.auth(name, way)[0])
        except smtplib.SMTPAuthenticationError as error:
            told.append(error.smtp_code)
            continue
        break
print(json.dumps(told))
"""
RESOLVE = """
import dns.resolver, sys
asked = dns.resolver.Resolver(configure=False)
asked.nameservers = [sys.argv[1]]
print(asked.resolve(sys.argv[2], "TXT")[0])
"""


@pytest.fixture(scope="module")
def whole() -> Iterator[Lab]:
    with Lab(traffic=True, filters=True) as lab:
        yield lab


@pytest.mark.parametrize(
    "pattern",
    [
        r"opendkim\[\d+\]: \w+: DKIM-Signature field added \(s=mail, d=falcot\.com\)",
        r"milter-reject: END-OF-MESSAGE .*5\.7\.1 Virus found: MailTUI\.Demo\.Harmless",
        r"milter-reject: END-OF-MESSAGE .*rejected by DMARC policy for bank\.example",
        r"opendmarc\[\d+\]: \w+: partner\.example pass",
        r"reject: RCPT .*550 5\.7\.23 .*SPF fail",
        r"reject: RCPT .*450 4\.\d\.\d .*[Gg]reylisted",
        r"submission/smtpd\[\d+\]: \w+: client=hotel\.example.*sasl_username=laure@falcot\.com",
        r"sasl_username=sophie@falcot\.org",
        r"203\.0\.113\.67\]: SASL PLAIN authentication failed",
    ],
)
def test_the_traffic_shows(whole: Lab, pattern: str) -> None:
    whole.logged(pattern, within=30)


def test_nothing_of_it_goes_wrong(whole: Lab) -> None:
    whole.logged("SPF fail", within=30)
    assert not whole.place.errors.exists(), whole.place.errors.read_text()
    log = whole.log.read_text()
    wrong = [line for line in log.splitlines() if "fatal:" in line or "panic:" in line]
    assert wrong == []


def told(lab: Lab, port: int, user: str, password: str) -> list[bool | int]:
    """AUTH before and under TLS, then the codes of PLAIN, LOGIN, CRAM-MD5 until one lets the user in."""
    words = json.dumps([port, str(lab.place.certificate), user, password])
    done = lab.run(sys.executable, "-c", LOG_IN, words)
    assert done.ok, done.words
    found: list[bool | int] = json.loads(done.out)
    return found


@pytest.mark.parametrize("account", accounts.PASSWORDS)
def test_each_account_logs_in_outside_the_chroot_and_in_it(whole: Lab, account: str) -> None:
    password = accounts.PASSWORDS[account]
    assert told(whole, 587, account, password) == [False, True, 235]
    assert told(whole, 465, account, password) == [True, 235]
    assert told(whole, 465, account, "wrong") == [True, 535, 535, 535]


def test_a_bare_name_is_one_of_falcot_com_and_nobody_logs_in_on_port_25(whole: Lab) -> None:
    assert told(whole, 587, "jean", accounts.PASSWORDS["jean@falcot.com"]) == [False, True, 235]
    assert told(whole, 587, "sophie", accounts.PASSWORDS["sophie@falcot.org"]) == [False, True, 535, 535, 535]
    assert told(whole, 25, "jean", accounts.PASSWORDS["jean@falcot.com"]) == [False, False]


def test_both_ways_to_the_accounts_lead_to_one_file(whole: Lab) -> None:
    place = whole.place
    outside = place.settings / "sasldb2"
    inside = Path(f"{place.spool}{outside}")
    assert outside.resolve() == inside.resolve() == place.spool / "etc" / "sasldb2"
    listed = whole.run("sasldblistusers2", "-f", str(outside)).out.decode()
    assert sorted(line.partition(":")[0] for line in listed.splitlines()) == sorted(accounts.PASSWORDS)
    assert oct(inside.stat().st_mode)[-3:] == "660"
    key = place.certificate.with_suffix(".key")
    assert oct(key.stat().st_mode)[-3:] == "600"
    ssl.create_default_context().load_cert_chain(place.certificate, key)


def test_a_filter_that_ends_is_started_again(whole: Lab) -> None:
    """As systemd would: so a change that needs a restart can be tried out with `kill`."""
    pid = int((whole.place.run / "opendmarc" / "opendmarc.pid").read_text())
    after = whole.log_size()
    assert whole.run("kill", "-KILL", str(pid)).ok
    whole.logged(r"opendmarc\[\d+\]: OpenDMARC Filter .* starting", after=after)


def test_two_servers_of_its_own_answer_for_falcot(whole: Lab) -> None:
    whole.logged("SPF fail", within=30)
    for server in (zones.FIRST_SERVER, zones.SECOND_SERVER):
        for name, text in (("falcot.com", b"v=spf1 mx -all"), ("mail._domainkey.falcot.com", b"v=DKIM1; ")):
            done = whole.run(sys.executable, "-c", RESOLVE, server, name)
            assert text in done.out, done.words
