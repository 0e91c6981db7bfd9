"""postscreen(8) with dnsblog(8) and tlsproxy(8), the daemons before smtpd (POSTSCREEN_README)."""

from __future__ import annotations

from mailtui.maillog.programs.server import ACTIONS, REFUSED
from mailtui.maillog.programs.shape import MAYBE_ID, NUMBER, PEER, WHOLE, Shape
from mailtui.maillog.programs.words import ENVELOPE, TLS

_STAGE = r" after (?P<stage>.*?)(?:: (?P<about>.*))?"
CACHE_CLEANUP = Shape(
    rf"cache (?P<about>\S+) (?P<status>full|partial) cleanup: "
    rf"(?P<counts>retained={WHOLE} dropped={WHOLE}) entries",
    "other",
)
"""What a daemon with a cache in dict_cache(3) says (postscreen, verify)."""

_POSTSCREEN = (
    Shape(rf"CONNECT from {PEER} to \[(?P<server_address>[^\s\[\]]*)\]:(?P<server_port>{WHOLE})", "connect"),
    Shape(rf"(?P<status>PASS OLD|PASS NEW|(?:ALLOW|WHITE|DENY|BLACK)LISTED) {PEER}", "other"),
    Shape(rf"DISCONNECT {PEER}", "disconnect"),
    Shape(rf"(?P<status>DNSBL) rank (?P<score>{NUMBER}) for {PEER}", "other"),
    Shape(rf"(?P<status>PREGREET) {WHOLE} after (?P<elapsed>{NUMBER}) from {PEER}: (?P<about>.*)", "other"),
    Shape(
        rf"(?P<status>HANGUP) after (?P<elapsed>{NUMBER}) from {PEER} in tests "
        rf"(?P<stage>before|after) SMTP handshake",
        "other",
    ),
    Shape(
        rf"{MAYBE_ID}: (?P<status>reject): (?P<stage>[A-Z]+) from {PEER}: "
        r"(?P<code>[2-5]\d\d|1\d\d) (?:(?P<dsn>\d\.\d{1,3}\.\d{1,3}) )?(?P<text>(?P<reason>"
        r"Service unavailable; client \[(?P<about>[^\]]*)\] blocked using "
        r"(?P<dnsbl>[^\s;]+)(?:; .*?)?|.*?)); " + ENVELOPE,
        "reject",
    ),
    Shape(
        rf"{MAYBE_ID}: (?P<status>reject): (?P<stage>CONNECT) from {PEER}: (?P<text>(?P<reason>.*))", "reject"
    ),
    Shape(REFUSED, ACTIONS),
    Shape(rf"(?P<status>(?:ALLOW|WHITE)LIST VETO) {PEER}", "other"),
    Shape(
        rf"(?P<status>COMMAND (?:TIME|COUNT|LENGTH) LIMIT|BARE NEWLINE|NON-SMTP COMMAND|COMMAND PIPELINING) "
        rf"from {PEER}{_STAGE}",
        "other",
    ),
    Shape(rf"(?P<status>DATA|BDAT) (?P<reason>without valid RCPT) from {PEER}", "other"),
    CACHE_CLEANUP,
)
_TLSPROXY = (
    Shape(rf"CONNECT (?:from|to) {PEER}", "connect"),
    Shape(rf"DISCONNECT {PEER}", "disconnect"),
    Shape(rf"(?:(?P<tls_trust>\w+) )?TLS connection established (?:from|to) {PEER}: {TLS}", "other"),
    Shape(rf"(?P<reason>TLS handshake failed) for service=(?P<service>\S+) peer={PEER}", "other"),
    Shape(rf"(?P<reason>.*) from {PEER}", "other"),
)
_DNSBLOG = (
    Shape(r"addr (?P<client_address>\S+) listed by domain (?P<dnsbl>\S+) as (?P<dnsbl_answer>\S+)", "other"),
)
_OF = {"postscreen": _POSTSCREEN, "tlsproxy": _TLSPROXY, "dnsblog": _DNSBLOG}


def shapes(daemon: str) -> tuple[Shape, ...]:
    """The shapes of one of these daemons' lines."""
    return _OF.get(daemon, ())
