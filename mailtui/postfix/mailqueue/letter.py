"""A message of the queue to be read: its envelope, headers decoded, its text, what is attached.

`postcat` prints it; no more than MOST bytes are read and parsed, whatever its size. Everything in it was
written by strangers: nothing is opened, unpacked or fetched, and the texts are not yet safe for a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mailtui import commands
from mailtui.text.safe import decode

if TYPE_CHECKING:
    from email.message import Message

MOST = 1 << 20
"""Bytes of header and body that are read."""
ENVELOPE = 1 << 18
HEADERS = 500
TEXT = 200_000
"""Characters of the text that are kept."""
PARTS = 200
"""Parts of a message that are looked at."""
_BOUNDARIES = 50
"""A message that names more boundaries than that is not taken apart: it was made to be slow."""
_RECORD = re.compile(rb"^([a-z_]+): *(.*)$", re.MULTILINE)
_ATTRIBUTE = re.compile(r"([a-z_]+)=(.*)", re.DOTALL)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class Attachment(NamedTuple):
    """What is attached: a file name (may be empty), its type, about how many bytes."""

    name: str
    kind: str
    size: int


@dataclass
class Letter:
    """A message that was read."""

    queue_id: str
    envelope: list[tuple[str, str]] = field(default_factory=list)
    """Records of the queue file, in their order: `sender`, `recipient`, attributes as `sasl_username`."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """In their order, unfolded, encoded words decoded."""
    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    problem: str = ""
    """What of it could not be taken apart, in words."""
    cut: bool = False
    """Whether there is more of it than was read."""

    def header(self, name: str) -> str:
        """The first header of a name; empty where there is none."""
        return next((value for have, value in self.headers if have.lower() == name.lower()), "")


def read(config_dir: str, queue_id: str) -> Letter:
    """Read a message. Raises CommandError, with postcat's words: it is gone, or may not be read."""
    letter = Letter(queue_id)
    envelope, _ = _printed(["postcat", "-c", config_dir, "-e", "-q", queue_id], ENVELOPE)
    letter.envelope = list(_records(envelope))
    raw, letter.cut = _printed(["postcat", "-c", config_dir, "-h", "-b", "-q", queue_id], MOST)
    fill(letter, raw)
    return letter


def _printed(argv: list[str], most: int) -> tuple[bytes, bool]:
    """What a program prints, and whether there is more of it."""
    found = b""
    with closing(commands.stream(argv)) as blocks:
        for block in blocks:
            found += block
            if len(found) > most:
                return found[:most], True
    return found, False


def _records(raw: bytes) -> Iterator[tuple[str, str]]:
    for found in _RECORD.finditer(raw):
        name, value = found[1].decode("ascii"), decode(found[2])
        attribute = _ATTRIBUTE.fullmatch(value) if name == "named_attribute" else None
        yield (attribute[1], attribute[2]) if attribute is not None else (name, value.strip())


def fill(letter: Letter, raw: bytes) -> None:
    """Take the bytes of a message apart, as far as they let themselves."""
    from email.parser import BytesParser

    if raw.count(b"boundary") > _BOUNDARIES:
        letter.problem = "it names too many boundaries to be taken apart: shown as it is"
        _plain(letter, raw)
        return
    try:
        message = BytesParser().parsebytes(raw)
        letter.headers = [(name, decoded(str(value))) for name, value in message.raw_items()][:HEADERS]
        _take_parts(letter, message)
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError) as error:
        # the parser of the library gives up on some of what strangers send
        letter.problem = f"it cannot be taken apart ({type(error).__name__}): shown as it is"
        letter.text, letter.attachments = "", []
        _plain(letter, raw)


def _plain(letter: Letter, raw: bytes) -> None:
    """Headers by hand, the rest as text."""
    found = _BLANK_LINE.search(raw)
    head, body = (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", head)
    pairs = (line.partition(b":") for line in unfolded.split(b"\n"))
    letter.headers = [(decode(name), decoded(decode(value.strip()))) for name, _, value in pairs][:HEADERS]
    letter.text = decode(body[:TEXT])


def _take_parts(letter: Letter, message: Message) -> None:
    texts: list[str] = []
    for number, part in enumerate(message.walk()):
        if number >= PARTS:
            letter.problem = f"only its first {PARTS} parts are shown"
            break
        if part.is_multipart():
            continue
        kind, name = part.get_content_type(), decoded(part.get_filename() or "")
        shown = kind.startswith("text/") and not name and part.get_content_disposition() != "attachment"
        if shown and kind == "text/plain":
            texts.append(_text(part))
        else:
            letter.attachments.append(Attachment(name, kind, _size(part)))
    letter.text = "\n".join(texts)[:TEXT]
    if not texts:
        html = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
        letter.text = _text(html)[:TEXT] if html is not None else ""


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    with suppress(LookupError, UnicodeError, ValueError):
        return raw.decode(part.get_content_charset("utf-8"), "surrogateescape").replace("\r\n", "\n")
    return decode(raw).replace("\r\n", "\n")


def _size(part: Message) -> int:
    payload = part.get_payload()
    if not isinstance(payload, str):
        return 0
    base64 = str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
    return len(payload) * 3 // 4 if base64 else len(payload)


def decoded(value: str) -> str:
    """A header's value in one line, its encoded words (RFC 2047) decoded as far as that goes."""
    from email.errors import HeaderParseError
    from email.header import decode_header

    plain = re.sub(r"\r?\n[ \t]*", " ", value)
    if "=?" not in plain:
        return plain
    try:
        pieces = decode_header(plain)
    except (HeaderParseError, ValueError, LookupError, AssertionError):
        return plain
    found = ""
    for piece, charset in pieces:
        if isinstance(piece, str):
            found += piece
            continue
        try:
            found += piece.decode(charset or "utf-8", "surrogateescape")
        except (LookupError, UnicodeError, ValueError):
            found += decode(piece)
    return found.replace("\r", " ").replace("\n", " ")
