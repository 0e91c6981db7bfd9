"""Why DMARC failed, from lines that the real opendkim 2.11 and opendmarc 1.4.2 wrote (in a lab; the times and
process numbers are made alike)."""

from __future__ import annotations

import pytest

from mailtui.maillog.dmarcwhy import why
from mailtui.maillog.trace import trace
from mailtui.maillog.tracewords import as_text
from tests.maillog.memorylog import log

HEAD = """\
20:14:05 smtpd[189]: connect from {client}
20:14:05 smtpd[189]: {id}: client={client}
20:14:05 cleanup[194]: {id}: message-id=<179540771193.194.11192074956040899122@mx1.partner.example>
"""
REFUSED = (
    "20:14:06 cleanup[194]: {id}: milter-reject: END-OF-MESSAGE from {client}: 5.7.1 rejected by DMARC policy"
    " for bank.example; from=<{sender}> to=<jean@falcot.com> proto=ESMTP helo=<mx.new.example>\n"
)
NEW, PARTNER = "mx.new.example[198.51.100.44]", "mx1.partner.example[198.51.100.7]"
LET_THROUGH = "it was let through: the domain's policy, or RejectFailures, does not have it refused"
STOPPED = "it was refused, as the domain's policy asks and RejectFailures wants"


def lines(queue_id: str, client: str, *said: str, refused: str = "") -> tuple[str, str]:
    """The lines of one message, with its queue id."""
    text = HEAD.format(id=queue_id, client=client)
    text += "".join(f"20:14:05 {program}[169]: {queue_id}: {each}\n" for program, each in
                    (one.split(": ", 1) for one in said))  # fmt: skip
    return queue_id, text + (REFUSED.format(id=queue_id, client=client, sender=refused) if refused else "")


FORGED = lines("0772321CEF1", NEW, "opendmarc: SPF(mailfrom): new.example none", "opendmarc: bank.example fail",
               refused="news@new.example")  # fmt: skip
OTHER_ENVELOPE = lines("DE92021C753", PARTNER, "opendmarc: SPF(mailfrom): partner.example pass",
                       "opendmarc: bank.example fail", refused="ana@partner.example")  # fmt: skip
OWN_RECORD = lines("58D4621CEF4", NEW, "opendmarc: SPF(mailfrom): partner.example fail",
                   "opendmarc: partner.example fail")  # fmt: skip
OTHER_SIGNER = lines("575C12164D4", NEW, "opendkim: DKIM verification successful",
                     "opendkim: s=n1 d=new.example a=rsa-sha256 SSL ", "opendmarc: SPF(mailfrom): new.example none",
                     "opendmarc: bank.example fail", refused="x@new.example")  # fmt: skip
BROKEN = lines("28506216594", NEW, "opendkim: s=n1 d=new.example a=rsa-sha256 SSL ", "opendkim: bad signature data",
               "opendmarc: SPF(mailfrom): new.example none", "opendmarc: bank.example fail",
               refused="x@new.example")  # fmt: skip
LOGGED_RESULTS = lines("EEC4E21C75D", NEW, "opendkim: external host mx.new.example attempted to send as falcot.com",
                       'opendkim: signature=LUx+p/W0 domain=falcot.com selector=mail'
                       ' result="signature verification failed"',
                       "opendkim: s=mail d=falcot.com a=rsa-sha256 SSL ", "opendkim: bad signature data",
                       "opendmarc: SPF(mailfrom): new.example none", "opendmarc: falcot.com fail")  # fmt: skip
PASSED = lines("D2BE721CC7E", NEW, "opendkim: DKIM verification successful",
               "opendkim: s=mail d=falcot.com a=rsa-sha256 SSL ", "opendmarc: SPF(mailfrom): new.example none",
               "opendmarc: falcot.com pass")  # fmt: skip
NO_POLICY = lines("1BFC321C98A", "mail.supplier.example[198.51.100.20]",
                  "opendmarc: SPF(mailfrom): supplier.example none", "opendmarc: supplier.example none")  # fmt: skip
UNVERIFIED = "DKIM: the log has no signature that was verified"


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (FORGED, ["From is bank.example, and DMARC fails for it", "SPF: none for new.example", UNVERIFIED, STOPPED]),
        (OTHER_ENVELOPE, [
            "From is bank.example, and DMARC fails for it",
            "SPF: pass for partner.example, which is not bank.example: it does not count (a forwarder, or a list)",
            UNVERIFIED, STOPPED,
        ]),
        (OWN_RECORD, ["From is partner.example, and DMARC fails for it", "SPF: fail for partner.example", UNVERIFIED,
                      LET_THROUGH]),
        (OTHER_SIGNER, [
            "From is bank.example, and DMARC fails for it", "SPF: none for new.example",
            "DKIM: the signature of new.example is good, which is not bank.example: it does not count", STOPPED,
        ]),
        (BROKEN, ["From is bank.example, and DMARC fails for it", "SPF: none for new.example",
                  "DKIM: bad signature data", STOPPED]),
        (LOGGED_RESULTS, ["From is falcot.com, and DMARC fails for it", "SPF: none for new.example",
                          "DKIM: bad signature data", LET_THROUGH]),
        (PASSED, []),
        (NO_POLICY, []),
    ],
    ids=["forged", "other envelope", "own record", "other signer", "broken", "LogResults", "passed", "no policy"],
)  # fmt: skip
def test_reasons(message: tuple[str, str], wanted: list[str]) -> None:
    queue_id, text = message
    (found,) = trace(log(text), queue_id)
    assert list(why(found)) == wanted
    assert all(line in as_text(found) for line in wanted)
