"""The tables beside the aliases: what each is called, and how one speaks of its keys and values.

Only words: a list needs no more before its rows are shown. What may stand in them is checked in
`mapchecks.py`, what an entry does to mail is told in `mapwords.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from mailtui.postfix.accessuses import AccessRules

Keys = Literal["address", "transport", "access"]
Values = Literal["address", "copy", "transport", "text", "any", "access"]


class MapKind(NamedTuple):
    """A parameter whose tables map addresses to something that is no list of destinations."""

    parameter: str
    manual: str
    """Where its rules stand."""
    key_title: str
    """The heading of the list's first column."""
    value_title: str
    key_hint: str
    """What may be typed as a key, shown where nothing is typed yet."""
    value_label: str
    """What stands before the value in the editor, eight characters at most."""
    value_hint: str
    keys: Keys
    """How Postfix looks in the table: by an address and its parts, as transport(5) or as access(5) does."""
    values: Values
    asks: str
    """Who asks the table, and when."""
    follows: bool
    """Whether a recipient's way through this server shows what the entry does."""
    access: AccessRules | None = None
    """What holds for an access table where it is asked."""


_ADDRESS = "user@domain, user (at $myorigin and local domains) or @domain"
_REWRITE = "one address, or @domain: the same name in that domain"

_KINDS = (
    MapKind(
        "canonical_maps", "canonical(5)", "ADDRESS", "REWRITTEN TO", _ADDRESS, "becomes", _REWRITE,
        "address", "address",
        "cleanup(8), for senders and recipients, as mail comes in and before any alias", follows=True,
    ),
    MapKind(
        "sender_canonical_maps", "canonical(5)", "SENDER", "REWRITTEN TO", _ADDRESS, "becomes", _REWRITE,
        "address", "address",
        "cleanup(8), for senders, as mail comes in and before canonical_maps", follows=False,
    ),
    MapKind(
        "recipient_canonical_maps", "canonical(5)", "RECIPIENT", "REWRITTEN TO", _ADDRESS, "becomes",
        _REWRITE, "address", "address",
        "cleanup(8), for recipients, as mail comes in and before canonical_maps and any alias", follows=True,
    ),
    MapKind(
        "transport_maps", "transport(5)", "ADDRESS OR DOMAIN", "TRANSPORT:NEXTHOP",
        "domain, .domain (its subdomains), user@domain, or * (everything)",
        "goes by", "smtp:[host]:port, smtp:domain (by MX), :[host], error:text, discard:, or : (no change)",
        "transport", "transport",
        "trivial-rewrite(8), for each recipient once aliases are expanded", follows=True,
    ),
    MapKind(
        "relocated_maps", "relocated(5)", "ADDRESS", "HAS MOVED TO", _ADDRESS,
        "moved to", "any text, such as the new address: the sender is told User has moved to …",
        "address", "text",
        "trivial-rewrite(8), last of all, for each recipient once aliases are expanded", follows=True,
    ),
    MapKind(
        "relay_recipient_maps", "postconf(5)", "RECIPIENT", "ANY VALUE",
        "user@domain in relay_domains, or @domain (everybody)",
        "value", "any word, such as OK: that the address is there makes it known",
        "address", "any",
        "smtpd(8), at RCPT TO, for recipients in relay_domains", follows=True,
    ),
    MapKind(
        "smtp_generic_maps", "generic(5)", "ADDRESS HERE", "SHOWN OUTSIDE AS", _ADDRESS, "becomes", _REWRITE,
        "address", "address",
        "smtp(8), as mail leaves by SMTP; what is delivered here is not touched", follows=False,
    ),
    MapKind(
        "sender_bcc_maps", "postconf(5)", "SENDER", "COPY TO", _ADDRESS, "copy to", "exactly one address",
        "address", "copy",
        "cleanup(8), for the envelope sender of mail that comes in", follows=False,
    ),
    MapKind(
        "recipient_bcc_maps", "postconf(5)", "RECIPIENT", "COPY TO", _ADDRESS, "copy to",
        "exactly one address", "address", "copy",
        "cleanup(8), for each recipient of mail that comes in, before aliases", follows=False,
    ),
)  # fmt: skip

MAP_KINDS: dict[str, MapKind] = {kind.parameter: kind for kind in _KINDS}
"""By parameter, in the order in which lists show them: that of a message's way."""
