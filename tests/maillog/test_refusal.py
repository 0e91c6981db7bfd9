"""Which rule gave a refusal: smtpd's own texts, and what is honestly not known."""

from __future__ import annotations

import subprocess

import pytest

from mailtui.maillog.record import parse
from mailtui.maillog.refusal import refusal
from mailtui.maillog.replytexts import TEXTS
from mailtui.postfix.restrictionnames import ARGUMENTS

HEAD = b"Jan  1 13:22:20 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from c[192.0.2.1]: "
TAIL = b"; from=<a@b.test> to=<n@c.test> proto=ESMTP helo=<vm>"


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (b"554 5.7.1 <n@c.test>: Relay access denied", "reject_unauth_destination"),
        (b"454 4.7.1 <n@c.test>: Relay access denied", "defer_unauth_destination"),
        (b"550 5.1.1 <n@c.test>: Recipient address rejected: User unknown in local recipient table",
         "reject_unlisted_recipient (local_recipient_maps)"),
        (b"550 5.1.1 <n@c.test>: Recipient address rejected: User unknown in virtual mailbox table",
         "reject_unlisted_recipient (virtual_mailbox_maps)"),
        (b"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using dnsbl.test; see http://x",
         "reject_rbl_client dnsbl.test"),
        (b"554 5.7.1 Service unavailable; Client host [c.test] blocked using rhsbl.test", "reject_rhsbl_client rhsbl.test"),
        (b"554 5.7.1 Service unavailable; Sender address [a@b.test] blocked using rhsbl.test",
         "reject_rhsbl_sender rhsbl.test"),
        (b"550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.test", "postscreen_dnsbl_sites zen.test"),
        (b"504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", "reject_non_fqdn_helo_hostname"),
        (b"501 5.5.2 <v m>: Helo command rejected: Invalid name", "reject_invalid_helo_hostname"),
        (b"450 4.7.1 <vm>: Helo command rejected: Host not found", "reject_unknown_helo_hostname"),
        (b"450 4.1.8 <a@b.test>: Sender address rejected: Domain not found", "reject_unknown_sender_domain"),
        (b"504 5.5.2 <a>: Sender address rejected: need fully-qualified address", "reject_non_fqdn_sender"),
        (b"450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", "reject_unknown_client_hostname"),
        (b"450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
         "reject_unknown_reverse_client_hostname"),
        (b"450 4.1.1 <n@c.test>: Recipient address rejected: unverified address: x", "reject_unverified_recipient"),
        (b"554 5.7.1 <c[192.0.2.1]>: Client host rejected: Access denied", "check_client_access, or reject"),
        (b"554 5.7.1 <vm>: Helo command rejected: that is our own name", "check_helo_access or check_policy_service"),
        (b"450 4.2.0 <n@c.test>: Recipient address rejected: Greylisted, see http://x", "check_policy_service"),
        (b"553 5.7.1 <a@b.test>: Sender address rejected: not owned by user x", "reject_sender_login_mismatch"),
        (b"450 4.3.2 Service currently unavailable", "postscreen(8)"),
        (b"554 5.7.1 whatever", ""),
    ],
)  # fmt: skip
def test_the_rule_behind_a_reply(said: bytes, rule: str) -> None:
    record = parse(HEAD + said + TAIL)
    assert record.event == "reject"
    found = refusal(record)
    assert found.rule == rule
    assert found.why


def test_a_milter_and_a_pattern() -> None:
    milter = b"Jan  1 13:22:20 mx postfix/cleanup[1]: 3FCA722E68E: milter-reject: END-OF-MESSAGE from c[192.0.2.1]: 5.7.1 no"
    assert "milter" in refusal(parse(milter + TAIL)).rule
    content = (
        b"Jan  1 13:22:20 mx postfix/cleanup[1]: 3FCA722E68E: reject: header Subject: win from c[192.0.2.1]; "
        b"from=<a@b.test> to=<n@c.test> proto=ESMTP helo=<vm>: 5.7.1 we do not gamble"
    )
    assert "header_checks" in refusal(parse(content)).rule


@pytest.mark.parametrize(
    ("said", "certainty"),
    [
        (b"554 5.7.1 <n@c.test>: Relay access denied", "sure"),
        (b"554 5.7.1 <vm>: Helo command rejected: see why relay access denied is said", "likely"),
        (b"450 4.2.0 <n@c.test>: Recipient address rejected: Greylisted, see http://x", "likely"),
        (b"554 5.7.1 <a@b.test>: Sender address rejected: Access denied", "likely"),
        (b"554 5.7.1 whatever", "unknown"),
    ],
)
def test_how_sure_that_is(said: bytes, certainty: str) -> None:
    found = refusal(parse(HEAD + said + TAIL))
    assert found.certainty == certainty
    assert found.do


def test_the_words_and_names_are_postfix_s_own() -> None:
    """Each name is a restriction, or a parameter that postconf knows; no text hides a later one."""
    known = {
        line.partition(b" ")[0].decode() for line in subprocess.check_output(["postconf", "-d"]).splitlines()
    }
    for number, entry in enumerate(TEXTS):
        assert entry.words == entry.words.lower()
        assert not any(before.words in entry.words for before in TEXTS[:number]), entry.words
        for word in ("sender", "recipient"):
            for name in entry.names:
                assert name.replace("{}", word) in known | set(ARGUMENTS), name
