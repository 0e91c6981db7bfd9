"""Into the queue and out of it: cleanup, qmgr, pickup, bounce, postsuper."""

from __future__ import annotations

from mailtui.maillog.programs.server import ACTIONS, REFUSED
from mailtui.maillog.programs.shape import ID, WHOLE, Shape
from mailtui.maillog.programs.words import ENVELOPE

_CONTENT = (
    rf"{ID}: (?P<status>(?:milter-)?[a-z]+(?:-[a-z]+)*): (?P<about>"
    rf"(?:mime |nested )?(?:header|body|content) .*) from "
    rf"(?:(?P<client_name>[^\s\[\]]*)\[(?P<client_address>[^\s\[\]]*)\]|local); {ENVELOPE}"
)
"""What cleanup(8) logs for an action of header_checks and body_checks (cleanup_message.c)."""

_CLEANUP = (
    Shape(rf"{ID}: (?:resent-)?message-id=<(?P<message_id>[^>]*)>?", "other"),
    Shape(rf"{ID}: (?:resent-)?message-id=(?P<message_id>.*)", "other"),
    Shape(
        rf"{_CONTENT}: (?:(?P<dsn>\d\.\d{{1,3}}\.\d{{1,3}}) )?(?P<reason>.+)",
        ACTIONS,
        wording="%(reason)s (%(about)s)",
    ),
    Shape(_CONTENT, ACTIONS, wording="%(about)s"),
    Shape(REFUSED, ACTIONS),
    Shape(rf"warning: {ID}: (?P<reason>.*)", "warning", level="warning"),
)
_QMGR = (
    Shape(rf"{ID}: removed", "removed"),
    Shape(rf"{ID}: from=<(?P<sender>[^>]*)>, size=(?P<size>{WHOLE}), nrcpt="
    rf"(?P<nrcpt>{WHOLE}) \(queue active\)", "queued"),
    Shape(rf"{ID}: from=<(?P<sender>.*?)>+, status=(?P<status>expired), (?P<text>.*)", "bounced"),
    Shape(rf"{ID}: from=<(?P<sender>.*?)>, size=(?P<size>{WHOLE}), nrcpt=(?P<nrcpt>{WHOLE}).*", "queued"),
    Shape(rf"{ID}: to=<(?P<recipient>.*?)>, (?:orig_to=<(?P<orig_to>.*?)>, )?relay=(?P<relay>[^,]*), .*?"
          r"(?:dsn=(?P<dsn>\d\.\d{1,3}\.\d{1,3}), )?status=(?P<status>\w+)(?: \((?P<text>.*)\))?",
          {"": "other", "deferred": "deferred", "bounced": "bounced", "sent": "delivered"}),
    Shape(rf"{ID}: (?P<reason>skipped, .*|expired, .*|forced, .*)", "other"),
    Shape(rf"warning: {ID}: (?P<reason>.*)", "warning", level="warning"),
)  # fmt: skip
_PICKUP = (
    Shape(rf"{ID}: uid=(?P<uid>{WHOLE}) from=<(?P<sender>[^>]*)>", "received"),
    Shape(
        rf"{ID}: uid=(?P<uid>{WHOLE}) from=<(?P<sender>.*?)>(?: orig_id=(?P<orig_queue_id>\w+))?", "received"
    ),
    Shape(rf"warning: {ID}: (?P<reason>.*)", "warning", level="warning"),
)
_BOUNCE = (
    Shape(
        rf"{ID}: (?P<about>sender|postmaster) "
        rf"(?P<reason>non-delivery|delivery status|delay|success|double bounce) "
        r"notification: (?P<next_id>\w+)",
        "other",
    ),
    Shape(rf"warning: {ID}: (?P<reason>.*)", "warning", level="warning"),
)
_POSTSUPER = (
    Shape(rf"{ID}: removed", "removed", status="removed"),
    Shape(rf"{ID}: (?P<status>requeued|placed on hold|released from hold|expired)", "other"),
    Shape(
        rf"(?P<status>Deleted|Requeued|Placed on hold|Released from "
        rf"hold|Expired): (?P<count>{WHOLE}) messages?",
        "other",
    ),
)
_OF = {
    "cleanup": _CLEANUP, "qmgr": _QMGR, "oqmgr": _QMGR, "pickup": _PICKUP, "bounce": _BOUNCE,
    "postsuper": _POSTSUPER,
}  # fmt: skip


def shapes(daemon: str) -> tuple[Shape, ...]:
    """The shapes of one of these daemons' lines."""
    return _OF.get(daemon, ())
