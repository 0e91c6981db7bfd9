"""The remark above an entry of a table: one comment line that says why the entry is there, who made it, when.

# 2026-11-22 laure: sends us dictionaries
spam@example.net    REJECT
"""

from __future__ import annotations

from mailtui.formats.entry_edits import EntryEdits
from mailtui.formats.lines import COMMENT
from mailtui.formats.splice import Missing, Refused, Splice
from mailtui.text.safe import decode


def note(document: EntryEdits, key: bytes) -> bytes | None:
    """The text of the comment line directly above the entry that counts for `key`, without its `#`; None
    where there is none. Raises Missing where there is no such entry."""
    number = _line_above(document, _present(document, key))
    return None if number is None else _text(document, number)


def set_note(document: EntryEdits, key: bytes, text: bytes | None, was: bytes | None) -> list[Splice]:
    """Make `text` the remark above the entry: in place of `was`, or below what stands there where `was` is
    None or another. A `text` of None takes the line with `was` out.

    Raises Missing where the entry is not there, Refused where the line would be read as anything but a
    remark. Nothing is done where `was` is not there any more.
    """
    index = _present(document, key)
    above = _line_above(document, index)
    standing = None if above is None else _text(document, above)
    if standing == text or (text is None and standing != was):
        return []
    start = end = document.entry(index).start
    if above is not None and standing == was:
        start = document.lines.starts[above]
    splices = [Splice(start, end, b"" if text is None else _comment(document, text))]
    _refuse_misread(document, key, text, splices)
    return splices


def _present(document: EntryEdits, key: bytes) -> int:
    index = document.find(key)
    if index is None:
        raise Missing(decode(key))
    return index


def _line_above(document: EntryEdits, index: int) -> int | None:
    """The number, from 0, of the comment line above an entry; None where the line there is none, has no
    words, or belongs to an entry that is commented out."""
    number = document.entry(index).line - 2
    if number < 0 or document.lines.kinds[number] != COMMENT or not _text(document, number):
        return None
    if index and document.record(index - 1).numbers[-1] >= number:
        return None
    return number


def _text(document: EntryEdits, number: int) -> bytes:
    return document.lines.line(number).strip().lstrip(b"#").strip()


def _comment(document: EntryEdits, text: bytes) -> bytes:
    if b"\n" in text or b"\0" in text or not text.strip():
        raise Refused("a remark is one line of text", "write it on one line")
    return b"# " + text.strip() + document.lines.newline


def _refuse_misread(document: EntryEdits, key: bytes, text: bytes | None, splices: list[Splice]) -> None:
    """A comment below an entry that is commented out may read as more of its value."""
    after = document.spliced(splices)
    index = document.find(key)
    found = after.find(key)
    same = len(after) == len(document) and found is not None and found == index
    if same and index:
        same = after.entry(index - 1).value == document.entry(index - 1).value
    if not same or (text is not None and note(after, key) != text.strip()):
        raise Refused(
            f"a remark above `{decode(key)}` would be read as part of what is commented out there",
            "write it with an editor",
        )
