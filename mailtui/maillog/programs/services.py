"""The daemons behind the others, and the commands: anvil, scache, verify, master, postfix-script …"""

from __future__ import annotations

from mailtui.maillog.programs.postscreen import CACHE_CLEANUP
from mailtui.maillog.programs.shape import ID, WHOLE, Shape

_PEAK = (
    r"for \((?P<service>\[[^\]]*\]:\w+|.+?):(?P<client_address>"
    r"(?:\d{1,3}\.){3}\d{1,3}|unknown|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*"
    r"(?:::ffff:[\d.]+)?)\) at (?P<at>.*)"
)
"""A service may have its address before its port: `127.0.0.1:2525:192.0.2.1`."""

_ANVIL = (
    Shape(rf"statistics: (?P<reason>max (?:connection|message|recipient|newtls|auth) rate) "
    rf"(?P<count>{WHOLE})/(?P<period>\S+) {_PEAK}", "other"),
    Shape(rf"statistics: (?P<reason>max connection count) (?P<count>{WHOLE}) {_PEAK}", "other"),
    Shape(rf"statistics: (?P<reason>max cache size) (?P<count>{WHOLE}) at (?P<at>.*)", "other"),
)  # fmt: skip
_SCACHE = (
    Shape(r"statistics: start interval (?P<at>.*)", "other"),
    Shape(rf"statistics: (?P<reason>domain|address) lookup "
    rf"(?P<counts>hits={WHOLE} miss={WHOLE} success={WHOLE}%)", "other"),
    Shape(rf"statistics: (?P<reason>max simultaneous) "
    rf"(?P<counts>domains={WHOLE} addresses={WHOLE} connection={WHOLE})", "other"),
)  # fmt: skip
_MASTER = (
    Shape(
        r"(?P<status>daemon started|reload) -- version (?P<version>\S+), configuration (?P<about>.*)", "other"
    ),
    Shape(rf"terminating on signal (?P<signal>{WHOLE})", "other", status="terminating"),
    Shape(
        rf"warning: process (?P<about>\S+) pid {WHOLE} (?:killed by signal "
        rf"(?P<signal>{WHOLE})|exit status {WHOLE})",
        "warning",
        level="warning",
    ),
)
_SCRIPT = (
    Shape(r"(?P<status>starting|stopping|refreshing|starting|aborting) the Postfix mail system", "other"),
)
_POSTDROP = (
    Shape(rf"warning: uid=(?P<uid>{WHOLE}): (?P<reason>.*)", "warning", level="warning"),
    Shape(rf"warning: {ID}: (?P<reason>.*)", "warning", level="warning"),
)
_SENDMAIL = (
    Shape(rf"fatal: (?P<about>[^\s()]+)\((?P<uid>{WHOLE})\): (?P<reason>.*)", "fatal", level="fatal"),
    Shape(rf"warning: {ID}: (?P<reason>.*)", "warning", level="warning"),
)
_OF = {
    "anvil": _ANVIL, "scache": _SCACHE, "verify": (CACHE_CLEANUP,), "master": _MASTER,
    "postfix-script": _SCRIPT, "postdrop": _POSTDROP, "sendmail": _SENDMAIL,
}  # fmt: skip


def shapes(daemon: str) -> tuple[Shape, ...]:
    """The shapes of one of these daemons' lines; warnings of the others need none."""
    return _OF.get(daemon, ())
