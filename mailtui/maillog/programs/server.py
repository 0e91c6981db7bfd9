"""smtpd(8): connections, rejections, logins, TLS (smtpd.c, smtpd_check.c, smtpd_sasl_glue.c,
smtpd_proxy.c)."""

from __future__ import annotations

from mailtui.maillog.programs.shape import CLIENT, ID, MAYBE_ID, NAMED, WHOLE, Shape
from mailtui.maillog.programs.words import BRIEF_TLS, ENVELOPE, TLS

ACTIONS = {
    "": "other", "reject": "reject", "milter-reject": "milter_reject", "proxy-reject": "reject",
    "reject_warning": "warning", "warn": "warning", "warning": "warning",
}  # fmt: skip
"""The event of each action that smtpd and cleanup log; one that lets the mail pass is `other`."""

_ACTION = (
    r"(?P<status>(?:milter|proxy)-[a-z-]+|reject_warning|reject|discard|hold"
    r"|filter|redirect|warn|info|prepend|"
    r"bcc|strip|replace|permit|delay|trigger)"
)
_REPLY = r"(?:(?P<code>[2-5]\d\d|1\d\d) )?(?:(?P<dsn>\d\.\d{1,3}\.\d{1,3}) )?"
_REASON = (
    r"(?P<text>(?:<(?P<about>[^>]*)>: )?(?P<reason>(?:Service unavailable; [^\[\]]{1,40} \[[^\]]*\] "
    r"blocked using (?P<dnsbl>[^\s;]+)(?:; .*?)?|.*?)))"
)
REFUSED = (
    rf"{MAYBE_ID}: {_ACTION}: (?P<stage>\S+(?: [a-z]\S*)*?) from {CLIENT}: "
    rf"{_REPLY}{_REASON}(?:; ?{ENVELOPE})?[;\s]*"
)
"""A decision about a command. Also of postscreen(8), whose pairs have commas, and milters in cleanup(8)."""

_PROXY = (
    rf"(?:{MAYBE_ID}: )?(?P<status>proxy-[a-z]+): (?P<stage>[^\s:]+): "
    r"(?P<text>(?:(?P<code>[1-9]\d\d)(?: |(?=;)))?(?:(?P<dsn>\d\.\d{1,3}\.\d{1,3}) )?"
)
"""What a before-queue filter decided (smtpd_proxy.c); the bracket of `text` is still open."""
_COUNTS = r"(?P<counts>[a-z_]+=[\d/]+(?: [a-z_]+=[\d/]+)*)"

_OFTEN = (
    Shape(rf"connect from {NAMED}", "connect"),
    Shape(rf"disconnect from {NAMED} {_COUNTS}", "disconnect"),
    Shape(rf"{ID}: client={NAMED}", "received"),
    Shape(
        rf"NOQUEUE: (?P<status>reject): (?P<stage>[A-Z]+) from {NAMED}: "
        rf"(?P<code>[45]\d\d) (?P<dsn>[45]\.\d\.\d{{1,2}}) "
        r"(?P<text><(?P<about>[^>]*)>: (?P<reason>[^;<>]*)); from=<"
        r"(?P<sender>[^>]*)> to=<(?P<recipient>[^>]*)> "
        r"proto=(?P<proto>[A-Z]+) helo=<(?P<helo>[^>]*)>",
        "reject",
    ),
    Shape(rf"(?P<reason>lost connection|timeout) after (?P<stage>\S+) from {NAMED}", "other"),
    Shape(rf"(?P<tls_trust>[A-Z]\w+) TLS connection established from {NAMED}: {BRIEF_TLS}", "other"),
    Shape(
        rf"warning: {NAMED}: SASL (?P<sasl_method>[A-Z0-9-]+) authentication failed: (?P<reason>[^,]+), "
        r"sasl_username=(?P<sasl_username>\S+)",
        "auth_failed",
        level="warning",
    ),
)
"""What a busy server logs most, without the parts that are seldom there: tried first, for speed alone."""

_SHAPES = (
    *_OFTEN,
    Shape(rf"connect from {CLIENT}", "connect"),
    Shape(rf"disconnect from {CLIENT}(?: {_COUNTS})?", "disconnect"),
    Shape(
        rf"{ID}: client={CLIENT}(?:, sasl_method=(?P<sasl_method>[^,]*))?"
        rf"(?:, sasl_username=(?P<sasl_username>[^,]*))?"
        r"(?:, sasl_sender=(?P<sasl_sender>[^,]*))?(?:, orig_queue_id=(?P<orig_queue_id>[^,]*))?"
        r"(?:, orig_client=(?P<orig_client>.*))?",
        "received",
    ),
    Shape(
        rf"(?:NOQUEUE: )?(?P<reason>lost connection|timeout) after "
        rf"(?P<stage>\S+?)(?: \((?P<size>{WHOLE}) bytes\))? "
        rf"from {CLIENT}",
        "other",
    ),
    Shape(REFUSED, ACTIONS),
    Shape(rf"(?:(?P<tls_trust>\w+) )?TLS connection established from {CLIENT}: {TLS}", "other"),
    Shape(
        rf"warning: {CLIENT}: SASL (?P<sasl_method>\S+) authentication failed:?\s*(?P<reason>.*?)"
        r"(?:, sasl_username=(?P<sasl_username>\S*))?\s*",
        "auth_failed",
        level="warning",
    ),
    Shape(
        r"warning: hostname (?P<client_name>\S+) does not resolve to address "
        r"(?P<client_address>[0-9A-Fa-f.:]+?)"
        r"(?:: (?P<reason>.*))?",
        "warning",
        level="warning",
    ),
    Shape(
        rf"warning: (?P<reason>.* rate limit exceeded): {WHOLE} from {CLIENT} for service (?P<service>\S+)",
        "warning",
        level="warning",
    ),
    Shape(rf"warning: (?P<reason>non-SMTP command) from {CLIENT}: (?P<about>.*)", "warning", level="warning"),
    Shape(
        rf"warning: (?P<reason>Illegal address syntax) from {CLIENT} in "
        rf"(?P<stage>\S+) command: (?P<about>.*)",
        "warning",
        level="warning",
    ),
    Shape(rf"(?:warning: )?(?P<reason>too many errors) after (?P<stage>\S+).*? from {CLIENT}", "other"),
    Shape(
        rf"(?:{MAYBE_ID}: )?(?P<reason>improper command pipelining|bare <LF> received) after (?P<stage>.+?) "
        rf"from {CLIENT}(?::\s?(?P<about>.*))?",
        "other",
    ),
    Shape(rf"SSL_accept error from {CLIENT}(?:: (?P<reason>.*))?", "other"),
    Shape(rf"{_PROXY}(?P<reason>.*queued as (?P<next_id>\w+))); ?{ENVELOPE}", ACTIONS),
    Shape(rf"{_PROXY}(?P<reason>.*?)); ?{ENVELOPE}", ACTIONS),
    Shape(r"discarding EHLO keywords: (?P<reason>.*)", "other"),
    Shape(
        rf"{ID}: (?P<reason>queue file size limit exceeded|too much message data)(?: from {CLIENT})?", "other"
    ),
    Shape(rf"setting up TLS connection from {CLIENT}", "other"),
    Shape(rf"warning: {CLIENT}: (?P<reason>.*)", "warning", level="warning"),
)


def shapes(_daemon: str) -> tuple[Shape, ...]:
    """The shapes of smtpd's lines."""
    return _SHAPES
