"""What a server's certificate says, by openssl(1)."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from mailtui import commands
from mailtui.text.safe import safe

_DAY = 86400.0


class Certificate(NamedTuple):
    """What a client sees. `days` until it ends, negative where it has ended; None where that is unknown."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    until: str
    days: int | None
    problem: str = ""
    fingerprint: str = ""
    """SHA-256 of the whole, in hexadecimal."""

    @property
    def self_signed(self) -> bool:
        return bool(self.subject) and self.subject == self.issuer

    def words(self) -> str:
        """In one line."""
        if self.problem:
            return f"certificate: {self.problem}"
        names = ", ".join(self.names) or self.subject
        end = f"until {_date(self.until)}" + (f" ({self.days} days)" if self.days is not None else "")
        by = "self-signed" if self.self_signed else f"by {self.issuer}"
        return f"certificate for {names}, {by}, {end}"


def read(der: bytes) -> Certificate:
    """The facts of a certificate in DER."""
    argv = ["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-issuer", "-enddate"]
    try:
        result = commands.ask([*argv, "-ext", "subjectAltName", "-nameopt", "RFC2253"], stdin=der, timeout=5)
    except commands.CommandError as error:
        return Certificate("", "", (), "", None, str(error))
    text = safe(result.out.decode("utf-8", "replace").replace("\n", "\x1f")).replace(safe("\x1f"), "\n")
    found = dict(re.findall(r"^(subject|issuer|notAfter)=\s*(.*)$", text, re.MULTILINE))
    if "subject" not in found:
        return Certificate("", "", (), "", None, f"openssl cannot read it: {safe(result.words)[:120]}")
    until = found.get("notAfter", "")
    names = tuple(re.findall(r"(?:DNS|IP Address):([^\s,]+)", text))
    digest = sha256(der).hexdigest()
    return Certificate(found["subject"], found["issuer"], names, until, _days(until), "", digest)


def _date(until: str) -> str:
    """The day, as dates are written elsewhere; what openssl says where that is no date."""
    import ssl
    import time

    try:
        return time.strftime("%Y-%m-%d", time.gmtime(ssl.cert_time_to_seconds(until)))
    except ValueError:
        return until


def _days(until: str) -> int | None:
    import ssl
    import time

    try:
        return int((ssl.cert_time_to_seconds(until) - time.time()) // _DAY)
    except ValueError:
        return None
