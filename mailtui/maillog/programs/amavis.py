"""amavis: one line for a message that passed or was blocked (RELEASE_NOTES, $log_templ)."""

from __future__ import annotations

from mailtui.maillog.programs.shape import ID, NUMBER, WHOLE, Shape

_HEAD = (
    r"\((?P<session>[\w-]+)\) (?P<status>Passed|Blocked) "
    r"(?P<verdict>[A-Z][A-Z-]*)(?: \((?P<reason>[^{}]*)\))?"
    r"(?: \{(?P<about>[^}]*)\})?,"
)
_SHAPES = (
    Shape(
        rf"{_HEAD}(?:[A-Z_/ ]*? ?\[(?P<client_address>[^\s\[\]]+)\](?::"
        rf"(?P<client_port>{WHOLE}))?)?(?: \[[^\s\[\]]*\])?"
        r"(?: \[[^\s\[\]]*\])? (?:\(\w+\) )?<(?P<sender>[^>]*)> -> <(?P<recipient>[^>]*)>(?:,<[^>]*>)*"
        r"(?:, quarantine: (?P<mailbox>[^,]*))?"
        rf"(?:, Queue-ID: {ID})?(?:, Message-ID: <(?P<message_id>[^>]*)>)?(?:, "
        rf"(?:Resent-Message-ID|mail_id): [^,]*)*"
        rf"(?:, Hits: (?:(?P<score>{NUMBER})|[^,]*))?(?:, size: (?P<size>{WHOLE}))?"
        rf"(?:, queued_as: (?P<next_id>\w+)[^,]*)?(?:, (?!\d+ ms)[^,]*)*(?:, (?P<elapsed_ms>{WHOLE}) ms)?.*",
        {"": "other", "Blocked": "reject"},
    ),
    Shape(rf"{_HEAD}.*", {"": "other", "Blocked": "reject"}),
    Shape(r"\((?P<session>[\w-]+)\) \(?!!?\)?\s*(?P<reason>.*)", "other"),
)


def shapes(_program: str) -> tuple[Shape, ...]:
    """The shapes of amavis' lines."""
    return _SHAPES
