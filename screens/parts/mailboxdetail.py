"""What the list and the detail pane say about a mailbox."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from mailtui.postfix.mailboxes import MailboxRow
from mailtui.postfix.mailsize import Size, amount
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import on_again
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Spans, short_path

CELL = 18
"""Characters of an account's path above which only its end is in the list: that tells it from others."""
_FORMATS = {
    "maildir": "maildir: a folder, each message a file of its own",
    "mbox": "mbox: one file for all messages",
}
_NOTHING = "–"


def cells(row: MailboxRow, size: Size | None) -> Row:
    """A row of the list; `size` None: not counted yet."""
    style = "" if row.enabled and row.marker not in {"=", "-"} else "dim"
    where = (row.address, _path_cell(row), _kind(row), _ids(row))
    return Row((*where, *_size_cells(row, size)), row.marker, style)


def _path_cell(row: MailboxRow) -> str | Spans:
    if row.delivery and (row.kind == "virtual" or not row.path):
        return [(row.delivery, "dim")]
    return row.written or short_path(row.path, CELL)


def _kind(row: MailboxRow) -> str:
    return "local" if row.kind == "local" else row.format or _NOTHING


def _ids(row: MailboxRow) -> str:
    return "" if row.uid is None and row.gid is None else f"{_or(row.uid)}:{_or(row.gid)}"


def _or(number: int | None) -> str:
    return "?" if number is None else str(number)


def _size_cells(row: MailboxRow, size: Size | None) -> tuple[str, str, str]:
    if not row.path or not _is_there(row, size):
        return _NOTHING, _NOTHING, ""
    if size is None:
        return "", "", ""
    if size.problem and not size.messages:
        return "?", "?", ""
    sign = "?" if size.problem else ""
    return amount(size.bytes) + sign, f"{size.messages}{sign}", _day(size.newest)


def _is_there(row: MailboxRow, size: Size | None) -> bool:
    """Whether there is a mailbox: it may have come after the row was made."""
    return row.exists or (size is not None and size.messages > 0)


def _moment(newest: float | None) -> datetime | None:
    """When a message came, on this machine's clock; None also for a time that no calendar has: whoever owns
    the files sets it."""
    try:
        return None if newest is None else datetime.fromtimestamp(newest, UTC).astimezone()
    except (OverflowError, ValueError, OSError):
        return None


def _day(newest: float | None) -> str:
    """The day of the newest message; of one of today the time."""
    then = _moment(newest)
    if then is None:
        return ""
    return f"{then:%H:%M}" if then.date() == datetime.now(UTC).astimezone().date() else f"{then:%Y-%m-%d}"


def holds(row: MailboxRow, size: Size | None, *, made: bool = False) -> str:
    """How much lies in a mailbox, in words. `made`: its folder is staged."""
    if not _is_there(row, size):
        if made:
            return "nothing: its folder is made when this is written"
        comes = row.enabled and row.marker != "-"
        return "nothing: it is not there" + (" yet, Postfix makes it with the first mail" if comes else "")
    if size is None:
        return "not counted yet"
    if size.problem and not size.messages:
        return size.problem
    words = size.words if size.messages else "no message"
    then = _moment(size.newest)
    if then is not None:
        words += f", the newest of {then:%Y-%m-%d %H:%M}"
    return f"{words}; {size.problem}" if size.problem else words


def about(
    row: MailboxRow, size: Size | None, notes: Sequence[str], then: str = "", *, made: bool = False
) -> tuple[Spans, Spans, list[Spans]]:
    """Title left and right, and lines. `notes` are those of the whole list, `then` what becomes of mail to an
    address that has no mailbox any more, `made` whether its folder is staged."""
    left: Spans = [(row.address, "bold"), ("  local account" if row.kind == "local" else "", "dim")]
    lines = list(_state(row, then))
    lines += [_said("? note", words, "warning") for words in row.warnings]
    lines += _place(row, size, made=made) if row.is_mailbox else [_said("is", row.delivery)]
    if not row.editable and row.kind == "virtual":
        lines.append(_said("fixed", f"cannot be edited here: {row.why_not}"))
    lines += [_said("note", words) for words in notes]
    return left, [(_stands(row), "dim")], lines


def _state(row: MailboxRow, then: str) -> Iterator[Spans]:
    if row.marker == "-":
        yield _said("deleted", "the entry goes; the mail that lies there stays", "warning")
    elif not row.enabled:
        yield _said("off", f"commented out: no mail gets here; {on_again('mailboxes')}")
    if then:
        yield _said("then", then, "warning")
    if row.was and row.was != row.written:
        yield _said("before", row.was)


def _place(row: MailboxRow, size: Size | None, *, made: bool) -> Iterator[Spans]:
    if row.path:
        yield _said("holds", holds(row, size, made=made))
        yield _said("path", row.path)
        yield _said("format", _FORMATS.get(row.format, ""))
    if row.delivery:
        yield _said("delivery", row.delivery, "warning" if row.forward else "")
    if _ids(row):
        yield _said("owner", f"uid:gid {_ids(row)}")


def _stands(row: MailboxRow) -> str:
    """Where it stands: `/etc/postfix/vmailbox:4`; of an account, the parameter that decides."""
    if row.kind == "local":
        return row.table
    path = row.table.partition(":")[2] or row.table
    path = short_path(path)
    return f"{path}:{row.line}" if row.line is not None else f"{path} (new)" if row.marker == "+" else path


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def as_text(row: MailboxRow, size: Size | None) -> str:
    """A row as a line: its letter, the address, where its mail lies, and how much."""
    text = f"{row.marker} {row.address}  {row.path or row.delivery}"
    return f"{text}  ({size.words})" if size is not None and row.exists else text
