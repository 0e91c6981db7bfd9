"""Why DMARC failed, from lines that the real programs wrote."""

from __future__ import annotations

import pytest

from mailtui.maillog.dmarcwhy import why
from mailtui.maillog.trace import trace
from mailtui.maillog.tracewords import as_text
from tests.maillog.memorylog import log

HEAD = """\
20:14:05 smtpd[7]: connect from mx1.example.net[198.51.100.7]
20:14:05 smtpd[7]: 3FCA722E68E: client=mx1.example.net[198.51.100.7]
20:14:05 cleanup[6]: 3FCA722E68E: message-id=<a@example.net>
"""
REFUSED = (
    "20:14:06 cleanup[6]: 3FCA722E68E: milter-reject: END-OF-MESSAGE from mx1.example.net[198.51.100.7]:"
    " 5.7.1 rejected by DMARC policy for bank.example; from=<x@list.example> to=<jean@falcot.com> proto=ESMTP"
    " helo=<mx1.example.net>\n"
)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (
            "20:14:05 opendkim[9]: 3FCA722E68E: s=s1 d=list.example a=rsa-sha256 SSL \n"
            "20:14:05 opendkim[9]: 3FCA722E68E: DKIM verification successful\n"
            "20:14:05 opendmarc[8]: 3FCA722E68E: SPF(mailfrom): x@list.example pass\n"
            "20:14:05 opendmarc[8]: 3FCA722E68E: bank.example fail\n" + REFUSED,
            ["From is bank.example, and DMARC fails for it",
             "SPF: pass for list.example, which is not bank.example: it does not count (a forwarder, or a list)",
             "DKIM: the signature of list.example is good, which is not bank.example: it does not count",
             "it was refused, as the domain's policy asks and RejectFailures wants"],
        ),
        (
            "20:14:05 opendkim[9]: 3FCA722E68E: bad signature data\n"
            "20:14:05 opendmarc[8]: 3FCA722E68E: SPF(mailfrom): x@bank.example softfail\n"
            "20:14:05 opendmarc[8]: 3FCA722E68E: bank.example fail\n",
            ["From is bank.example, and DMARC fails for it", "SPF: softfail for bank.example",
             "DKIM: bad signature data",
             "it was let through: the domain's policy, or RejectFailures, does not have it refused"],
        ),
        (
            "20:14:05 opendkim[9]: 3FCA722E68E: no signature data\n"
            "20:14:05 opendmarc[8]: 3FCA722E68E: bank.example fail\n",
            ["From is bank.example, and DMARC fails for it", "SPF: the log has no result",
             "DKIM: no signature data",
             "it was let through: the domain's policy, or RejectFailures, does not have it refused"],
        ),
        ("20:14:05 opendmarc[8]: 3FCA722E68E: bank.example pass\n", []),
        ("20:14:05 opendmarc[8]: 3FCA722E68E: SPF(mailfrom): x@bank.example fail\n", []),
    ],
)  # fmt: skip
def test_reasons(lines: str, wanted: list[str]) -> None:
    (found,) = trace(log(HEAD + lines), "3FCA722E68E")
    assert list(why(found)) == wanted
    assert all(line in as_text(found) for line in wanted)
