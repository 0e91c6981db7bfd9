"""The delivery agents: smtp, lmtp, local, virtual, pipe, error, discard (log_adhoc.c, smtp_trouble.c)."""

from __future__ import annotations

from mailtui.maillog.programs.shape import ID, WHOLE, Shape
from mailtui.maillog.programs.words import TLS

STATUSES = {
    "": "other", "sent": "delivered", "deliverable": "delivered", "deferred": "deferred",
    "bounced": "bounced", "undeliverable": "bounced",
    "undeliverable-but-not-cached": "bounced", "expired": "bounced",
    "deliverable-but-not-cached": "delivered",
}  # fmt: skip
"""The event of each status. A probe's `deliverable` counts as a delivery: it says that one would succeed."""

_D = r"(?:0|[1-9]\d{0,9})(?:\.\d{1,9})?"
_MIDDLE = (
    rf"relay=(?P<relay>[^,]*), (?:conn_use=(?P<conn_use>{WHOLE}), )?delay=(?P<delay>{_D}), "
    rf"(?:delays=(?P<delays>{_D}/{_D}/{_D}/{_D}), )?(?:tls=(?P<tls>[^,]*), )?"
    rf"(?:dsn=(?P<dsn>\d\.\d{{1,3}}\.\d{{1,3}}), )?"
)
_TO = rf"{ID}: to=<(?P<recipient>[^>]*)>, (?:orig_to=<(?P<orig_to>[^>]*)>, )?{_MIDDLE}"
_LOOSE = rf"{ID}: (?:to=)?<?(?P<recipient>.*?)>?, (?:orig_to=<?(?P<orig_to>.*?)>?, )?{_MIDDLE}"
_RELAY = r"(?P<relay>[^\s\[\]]*\[[^\]]*\](?::\d+)?)"
_REPLIED = r"(?P<code>[1-5]\d\d)(?:[ -].*?)?(?: \(in reply to (?P<stage>.+?)(?: command)?\))?"

DELIVERIES = (
    Shape(
        rf"{ID}: to=<(?P<recipient>[^>]*)>, relay=(?P<relay>[^,]*), delay=(?P<delay>{_D}), "
        rf"delays=(?P<delays>{_D}/{_D}/{_D}/{_D}), dsn=(?P<dsn>\d\.\d\.\d+), status=(?P<status>sent) "
        r"\((?P<text>(?P<code>[1-9]\d\d) .*queued as (?P<next_id>[0-9A-Za-z]+))\)",
        "delivered",
    ),
    Shape(
        rf"{ID}: to=<(?P<recipient>[^>]*)>, relay=(?P<relay>[^,]*), delay=(?P<delay>{_D}), "
        rf"delays=(?P<delays>{_D}/{_D}/{_D}/{_D}), dsn=(?P<dsn>\d\.\d\.\d+), status=(?P<status>[a-z]+) "
        r"\((?P<text>host \S+ said: (?P<code>[1-5]\d\d)[ -].* \(in reply to (?P<stage>[^()]+) command\))\)",
        STATUSES,
    ),
    Shape(
        rf"{_TO}status=(?P<status>sent) \((?P<text>(?P<code>[1-9]\d\d) .*queued as (?P<next_id>\w+))\)",
        STATUSES,
    ),
    Shape(
        rf"{_TO}status=(?P<status>\S+) \((?P<text>(?:host \S+ "
        rf"(?:said|refused to talk to me): )?{_REPLIED})\)",
        STATUSES,
    ),
    Shape(rf"{_TO}status=(?P<status>\S+) \((?P<text>.*)\)", STATUSES),
    Shape(rf"{_LOOSE}status=(?P<status>\S+) \((?P<text>(?:host \S+ said: )?{_REPLIED})\)", STATUSES),
    Shape(rf"{_LOOSE}status=(?P<status>\S+)(?: \((?P<text>.*)\))?", STATUSES),
)

_SMTP = (
    Shape(rf"(?:(?P<tls_trust>\w+) )?TLS connection (?:established|reused) to {_RELAY}: {TLS}", "other"),
    Shape(rf"{ID}: host {_RELAY} (?:said|refused to talk to me): (?P<reason>{_REPLIED})", "other"),
    Shape(
        rf"{ID}: host {_RELAY} (?:said|refused to talk to me): (?P<reason>.*?)"
        rf"(?: \(in reply to (?P<stage>[^()]+?)(?: command)?\))?",
        "other",
    ),
    Shape(rf"(?:{ID}: )?(?P<reason>lost connection) with {_RELAY} while (?P<stage>.*)", "other"),
    Shape(rf"(?:{ID}: )?conversation with {_RELAY} (?P<reason>timed out) while (?P<stage>.*)", "other"),
    Shape(rf"connect to {_RELAY}: (?P<reason>.*)", "other"),
    Shape(rf"(?:warning: )?SSL_connect error to {_RELAY}: (?P<reason>.*)", "other"),
    Shape(rf"(?:server )?certificate verification failed for {_RELAY}: (?P<reason>.*)", "other"),
    Shape(rf"{ID}: enabling PIX workarounds: (?P<reason>.*?) for {_RELAY}", "other"),
    Shape(rf"(?:{ID}: )?SASL authentication failed; server {_RELAY} said: (?P<reason>{_REPLIED})", "other"),
    Shape(rf"warning: {ID}: (?P<reason>.*)", "warning", level="warning"),
    Shape(rf"{ID}: Cannot start TLS: (?P<reason>.*)", "other"),
    Shape(rf"{ID}: TLS is required, (?P<reason>.*)", "other"),
    Shape(rf"{ID}: (?P<reason>replacing command .*|discarding EHLO keywords: .*)", "other"),
    Shape(rf"discarding EHLO keywords: (?P<reason>.*?)(?: for {_RELAY})?", "other"),
)


def shapes(daemon: str) -> tuple[Shape, ...]:
    """The shapes of a delivery agent's lines."""
    return DELIVERIES + _SMTP if daemon in {"smtp", "lmtp"} else DELIVERIES
