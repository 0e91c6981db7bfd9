"""Lines of the programs beside Postfix, as steps: what they say of a message, and how they name it.

opendkim, opendmarc and amavis name the queue id; policyd-spf and postgrey the client and the addresses;
clamav-milter the addresses; dovecot, spamd and rspamd the message-id.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mailtui.maillog.head import quick
from mailtui.maillog.story import Kind
from mailtui.text.safe import decode


class Policy(NamedTuple):
    """Whom a line of a policy service is about; None where it does not say."""

    address: str | None
    sender: str | None
    recipient: str | None


Words = tuple[Kind, str, str]

_SIGNED = re.compile(r"DKIM-Signature field added(?: \(s=([^,]*), d=([^)]*)\))?")
_KEY = re.compile(r"s=(\S+) d=(\S+) (?:a=\S+ )?(.*)")
_DMARC = re.compile(r"(\S+) (pass|fail|none|temperror|permerror|policy|accept|reject|quarantine)$")
_OPENDMARC_SPF = re.compile(r"SPF\((\w+)\): (\S+) (\S+)")
_SPF = re.compile(r"Received-SPF: (\w+) \((\w+)\)|\bspf=(\w+)|^(\w+); identity=(\w+);", re.IGNORECASE)
_CLIENT_IP = re.compile(r"client-ip=([0-9A-Fa-f.:]+)")
_ENVELOPE = re.compile(r"envelope-from=\"?<?([^;\s\">]*)")
_POSTGREY = re.compile(r"action=(\w+)(?:, reason=([^,]*))?")
_PAIR = re.compile(r"(\w+)=([^,]*)")
_DELAYED = re.compile(r"delayed (\d+) seconds: ")
_INFECTED = re.compile(
    r"Message (?:\S+ )?from <?([^\s>]*)>? to <?([^\s>]*)>?.*?\b(?:infected by|has been) (.*)", re.IGNORECASE
)
_AMAVIS = re.compile(r"\([\d-]+\) ((?:Passed|Blocked) .*?)(?: \{([^}]*)\})?, ")
_SIEVE = re.compile(r"(?:lmtp|deliver|lda)\(([^)]*)\).*?msgid=\s*<?[^>]*>?: (.*)")
_SPAMD = re.compile(r"result: (\S) +(-?\d+) - (\S*) ")
_RSPAMD = re.compile(r"\(default: (\w) \(([^)]*)\): \[([^\]]*)\]")


def daemon(line: bytes) -> str:
    """The program's name, without a folder and its suffixes: `opendkim`, `policyd-spf`."""
    return decode(quick(line).process).rpartition("/")[2].lower()


def text_of(line: bytes) -> str:
    """The text of a line behind its queue id."""
    head = quick(line)
    text = decode(line[head.start_of_text :])
    return text.partition(f"{decode(head.queue_id)}: ")[2] if head.queue_id is not None else text


def words(line: bytes) -> Words | None:
    """The line as a step; None where it is of no program that is known here."""
    name, text = daemon(line), text_of(line)
    if "dkim" in name:
        return _dkim(text)
    if "dmarc" in name:
        return _dmarc(text)
    if "spf" in name:
        return _spf(text)
    if name in {"postgrey", "sqlgrey", "gld"}:
        return _greylist(name, text)
    if name.startswith("amavis"):
        match = _AMAVIS.match(text)
        return (
            ("milter", "amavis", match[1].lower() + (f" ({match[2]})" if match[2] else "")) if match else None
        )
    if name == "clamav-milter":
        match = _INFECTED.search(text)
        return ("milter", "clamav", f"infected by {match[3]}") if match else ("milter", "clamav", text)
    if name in {"dovecot", "lmtp", "dovecot-lda"}:
        match = _SIEVE.search(text)
        return ("stored", "stored", f"{match[1]}: {match[2]}") if match else ("note", "dovecot", text)
    if name.startswith("rspamd"):
        match = _RSPAMD.search(text)
        return "milter", "rspamd", f"{match[2]} {match[3]}" if match else text
    if name.startswith("spamd"):
        match = _SPAMD.search(text)
        if match is None:
            return "note", "spamd", text
        return (
            "milter",
            "spamassassin",
            f"{'spam' if match[1] == 'Y' else 'clean'}, {match[2]} points, {match[3]}",
        )
    return None


def _dkim(text: str) -> Words:
    match = _SIGNED.match(text)
    if match is not None:
        key = f" with {match[1]} of {match[2]}" if match[1] else ""
        return "dkim", "DKIM", f"signed{key}"
    if text == "DKIM verification successful":
        return "dkim", "DKIM", "pass"
    match = _KEY.match(text)
    if match is not None:
        selector, domain, rest = match.groups()
        rest = re.sub(r"SSL ?-?\s*", "", rest).strip()
        return "dkim", "DKIM", f"key {selector} of {domain}" + (f": {rest}" if rest else "")
    return "dkim", "DKIM", text


def _dmarc(text: str) -> Words:
    match = _OPENDMARC_SPF.match(text)
    if match is not None:
        return "spf", "SPF", f"{match[3]} for {match[2]} ({match[1]})"
    match = _DMARC.match(text)
    return ("dmarc", "DMARC", f"{match[2]} for {match[1]}") if match is not None else ("dmarc", "DMARC", text)


def _spf(text: str) -> Words:
    match = _SPF.search(text)
    if match is None:
        return "spf", "SPF", text
    result = (match[1] or match[3] or match[4]).lower()
    identity = match[2] or match[5] or ""
    sender = _ENVELOPE.search(text) or re.search(r"smtp\.mailfrom=(\S+)", text)
    whom = f" for {sender[1].rstrip(';')}" if sender else ""
    return "spf", "SPF", result + whom + (f" ({identity})" if identity else "")


def _greylist(name: str, text: str) -> Words:
    match = _POSTGREY.match(text)
    if match is not None:
        reason = f": {match[2]}" if match[2] else ""
        delay = re.search(r"\bdelay=(\d+)", text)
        waited = f", after {delay[1]} s" if delay else ""
        if match[1] == "pass":
            return "greylisted", "greylist", f"passed{reason}{waited}"
        return "greylisted", "greylisted", f"told to come again{reason}"
    match = _DELAYED.match(text)
    if match is not None:
        return "greylisted", "greylist", f"passed, after {match[1]} s"
    return "note", name, text


def policy(line: bytes) -> Policy | None:
    """Whom a line of a policy service is about; None for any other line."""
    name, text = daemon(line), text_of(line)
    if "spf" in name:
        address, sender = _CLIENT_IP.search(text), _ENVELOPE.search(text)
        if address is None:
            return None
        return Policy(address[1], sender[1].rstrip(";") if sender else None, None)
    if name not in {"postgrey", "sqlgrey", "gld"}:
        return None
    pairs = dict(_PAIR.findall(text))
    address_text = pairs.get("client_address", "").partition("/")[0] or None
    sender_text = pairs.get("sender", pairs.get("from"))
    recipient = pairs.get("recipient", pairs.get("to"))
    if address_text is None and sender_text is None and recipient is None:
        return None
    return Policy(address_text, sender_text, recipient)


def envelope(line: bytes) -> tuple[str, str] | None:
    """Sender and recipient that clamav-milter names; None for any other line."""
    if daemon(line) != "clamav-milter":
        return None
    match = _INFECTED.search(text_of(line))
    return (match[1], match[2]) if match else None
