"""Lists of recipients, read and rewritten the short way where they are as plain as nearly all are."""

from __future__ import annotations

import re

from mailtui.formats import addresses
from mailtui.text.safe import decode, encode

_TIDY_ITEM = r"[^\x00-\x20\x7f\"\\()<>\[\]|:;!%,]++"
_TIDY_TEXT = re.compile(f"{_TIDY_ITEM}(?:, {_TIDY_ITEM})*+")
_TIDY = re.compile(_TIDY_TEXT.pattern.encode())
"""Recipients without anything special, a comma and a blank between any two: nearly all lists there are."""
_SHOWN = re.compile(rb"[!-~\x80-\xff](?:[ -~\x80-\xff]*[!-~\x80-\xff])?")
"""A text that no blank begins or ends, and without control characters."""


def recipients(value: bytes) -> list[bytes]:
    """The recipients of a right-hand side as they are written; quickly where they are plain."""
    return value.split(b", ") if _TIDY.fullmatch(value) else addresses.items(value)


def recipient_texts(value: str) -> list[str]:
    """The same for a text."""
    if _TIDY_TEXT.fullmatch(value):
        return value.split(", ")
    return [decode(item) for item in recipients(encode(value))]


def retyped(old: bytes, value: bytes, *, lists: bool) -> bytes | None:
    """What stands in the place of `old`, the whole value of an entry on one line, once it is `value`: of a
    list the items, with the gaps of the old one between them. None where a closer look is needed."""
    if not (_SHOWN.fullmatch(value) and _SHOWN.fullmatch(old)):
        return None
    if not value.isascii():
        try:
            value.decode()
        except UnicodeDecodeError:
            return None
    if not lists or (_TIDY.fullmatch(value) and _TIDY.fullmatch(old)):
        return value
    if not addresses.is_simple(value):
        return None
    gap = _gap(old)
    return gap.join(addresses.items(value)) if gap else None


def _gap(value: bytes) -> bytes:
    """What stands between any two recipients of a simple list, always the same; empty where it is not."""
    if not addresses.is_simple(value):
        return b""
    items = addresses.items(value)
    return next((gap for gap in (b", ", b",", b" ") if gap.join(items) == value), b"")
