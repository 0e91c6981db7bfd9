"""A message of the queue as lines: what matters of its headers, what is attached, its text."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.postfix.mailqueue.letter import MOST, Letter
from mailtui.postfix.mailqueue.words import amount
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.text import Spans

LINES = 2000
"""Lines of the text that are shown; `s` saves all that was read."""
_MATTER = ("From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-Id", "List-Id", "X-Mailer")
_WIDE = 12


def _part(title: str) -> Spans:
    return [(title, "title")]


def _named(name: str, value: str) -> Spans:
    return [(f"{name:<{_WIDE}} " if len(name) <= _WIDE else f"{name}: ", "dim"), (value, "")]


def lines_of(letter: Letter, *, every: bool = False) -> Iterator[Spans]:
    """The lines of a message; `every`: with all headers and records."""
    yield []
    if letter.problem:
        yield [("unclear".ljust(LABEL), "dim"), (letter.problem, "warning")]
    if every:
        yield _part("Envelope")
        yield from (_named(name, value) for name, value in letter.envelope)
        yield []
    yield _part("Headers")
    wanted = {name.lower() for name in _MATTER}
    for name, value in letter.headers:
        if every or name.lower() in wanted:
            yield _named(name, value)
    if not letter.headers:
        yield [("it has none", "dim")]
    if letter.attachments:
        yield []
        yield _part("Attached, not opened")
        for each in letter.attachments:
            yield [
                (f"{amount(each.size):>7}  ", "dim"),
                (each.name or "without a name", ""),
                (f"  {each.kind}", "dim"),
            ]
    yield []
    yield _part("Text")
    lines = letter.text.split("\n")
    for line in lines[:LINES]:
        yield [(line.rstrip("\r").expandtabs(8), "")]
    if len(lines) > LINES:
        yield [(f"… {len(lines) - LINES:,} more lines: {key_for('message.save', 's')} saves them", "dim")]
    if not letter.text:
        yield [("no text that can be shown", "dim")]
    if letter.cut:
        yield [(f"… the message goes on: only its first {MOST >> 10} k were read", "dim")]


def text_of(letter: Letter) -> str:
    """All of what was read, as plain text."""
    parts = [f"{name}: {value}" for name, value in letter.envelope]
    parts += ["", *(f"{name}: {value}" for name, value in letter.headers), ""]
    parts += [
        f"[attached: {each.name or '-'}, {each.kind}, {each.size} bytes]" for each in letter.attachments
    ]
    return "\n".join([*parts, "", letter.text])
