"""Host names and addresses as Postfix judges them: valid_hostname(3), valid_mailhost_addr(3).

Postfix is laxer than the RFCs in places (`_` in a name) and stricter in others (`::1` needs `IPv6:` in a
mail address); what it accepts here decides what reject_invalid_helo_hostname and its like answer.
"""

from __future__ import annotations

import re

LONGEST_LABEL, LONGEST_NAME = 63, 255
"""Characters (VALID_LABEL_LEN, VALID_HOSTNAME_LEN)."""

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_OCTETS = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_HEX = re.compile(r"[0-9A-Fa-f]{1,4}")


def is_hostname(name: str, *, wildcard: bool = False) -> bool:
    """Whether a name may be a host's: letters, digits, `_` and inner `-`, not all digits (valid_hostname).
    With `wildcard` its first label may be `*`."""
    if not name or not name.isascii() or len(name) > LONGEST_NAME:
        return False
    labels = name.split(".")
    if wildcard and labels[0] == "*":
        labels = labels[1:]
        if not labels:
            return True
    elif not re.search("[A-Za-z_-]", name):
        return False
    return all(len(label) <= LONGEST_LABEL and _LABEL.fullmatch(label) for label in labels)


def is_ipv4(text: str) -> bool:
    """Whether a text is an IPv4 address: four decimal octets, leading zeros allowed, not `0.x` except
    0.0.0.0 (valid_ipv4_hostaddr)."""
    if not text.isascii() or not _OCTETS.fullmatch(text):
        return False
    octets = [int(octet) for octet in text.split(".")]
    return max(octets) <= 255 and (octets[0] != 0 or not text.strip("0."))


def is_ipv6(text: str) -> bool:
    """Whether a text is an IPv6 address, without `IPv6:` before it (valid_ipv6_hostaddr)."""
    if not text.isascii() or text.count(":") < 2:
        return False
    head, colon, tail = text.rpartition(":")
    if "." in tail:
        if not 2 <= text.count(":") <= 6 or not is_ipv4(tail):
            return False
        tail = "0"
        text = f"{head}{colon}{tail}"
    if text.count(":") > 7 or text.count("::") > 1 or ":::" in text:
        return False
    if text[0] == ":" and text[1] != ":":
        return False
    if text[-1] == ":" and text[-2] != ":":
        return False
    return all(not field or _HEX.fullmatch(field) for field in text.split(":"))


def is_address(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address (valid_hostaddr)."""
    return is_ipv6(text) if ":" in text else is_ipv4(text)


def bare_address(text: str) -> str | None:
    """The address in a mail address's `[…]`, the brackets taken off: `IPv6:` is needed before an IPv6
    address and taken off too. None where it is none (valid_mailhost_addr)."""
    if text[:5].lower() == "ipv6:":
        return text[5:] if is_ipv6(text[5:]) else None
    return text if is_ipv4(text) else None


def without_final_dot(name: str) -> str:
    """A name without one final dot; of two it keeps both."""
    return name[:-1] if len(name) > 1 and name[-1] == "." and name[-2] != "." else name


def as_ascii(domain: str) -> str:
    """A domain with letters beyond ASCII as DNS has it (`xn--…`); as it is where that cannot be had."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
