"""The lines of one queue id, parted where Postfix gave it to another message.

Short ids are made of the time and the queue file's inode: they come again within seconds. `removed` ends a
message; `client=`, `uid=` and a second `message-id=` begin one. Long ids (enable_long_queue_ids) are unique.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from mailtui.maillog.gather import Found
from mailtui.maillog.head import quick
from mailtui.maillog.stamp import when

_SHORT = re.compile(r"[0-9A-F]+")
_BEGINS = re.compile(rb"client=|uid=\d+ from=|sender=<")
_MESSAGE_ID = re.compile(rb"(?:resent-)?message-id=(.*)")
_LATE = timedelta(seconds=2)
"""How much later than `removed` a line of the same message may be logged."""


def may_repeat(queue_id: str) -> bool:
    """Whether Postfix may give this id to several messages."""
    return _SHORT.fullmatch(queue_id) is not None


class Word(NamedTuple):
    """What a line says of its own queue id: `text` stands behind the id; `own` is False where the id is only
    mentioned (`queued as ID`)."""

    found: Found
    own: bool
    text: bytes


def words(found: Found, queue_id: bytes) -> Word:
    """A line that holds this queue id."""
    head = quick(found.line)
    text = found.line[head.start_of_text :]
    if head.queue_id != queue_id:
        return Word(found, own=False, text=text)
    return Word(found, own=True, text=text.partition(queue_id + b": ")[2])


def begins(said: Word) -> bool:
    """Whether a line is the first that Postfix logs of a message from a client or the sendmail command."""
    return said.own and _BEGINS.match(said.text) is not None


def names_itself(said: Word) -> bool:
    """Whether it is cleanup's line with the message-id, the first of what Postfix makes itself."""
    return said.own and _MESSAGE_ID.match(said.text) is not None


def ends(said: Word) -> bool:
    """Whether it is the last."""
    return said.own and said.text == b"removed"


class _Life:
    """The lines of one message as they are gathered."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.began = False
        self.message_id: bytes | None = None
        self.ended: Word | None = None

    def add(self, said: Word) -> None:
        self.words.append(said)
        if not said.own:
            return
        self.began = self.began or begins(said)
        match = _MESSAGE_ID.match(said.text)
        if match is not None and self.message_id is None:
            self.message_id = match[1]
        if ends(said):
            self.ended = said

    def takes(self, said: Word) -> bool:
        """Whether a line is of this message, and not of the next one with the same id."""
        if not said.own or not any(word.own for word in self.words):
            return True
        if begins(said):
            return not self.began and self._only_just_begun(said)
        if self.ended is not None:
            return _apart(self.ended, said) <= _LATE and _MESSAGE_ID.match(said.text) is None
        match = _MESSAGE_ID.match(said.text)
        if match is None or self.message_id is None or said.text.startswith(b"resent-"):
            return True
        return match[1] == self.message_id and _apart(self.words[0], said) <= _LATE

    def _only_just_begun(self, said: Word) -> bool:
        """Whether the lines so far may be of the message that `said` begins, logged a moment too early."""
        own = [word for word in self.words if word.own]
        return self.ended is None and len(own) <= 2 and _apart(own[0], said) <= timedelta(seconds=1)


def _time(said: Word) -> datetime | None:
    return when(said.found.line, said.found.now)


def _apart(one: Word, other: Word) -> timedelta:
    """The time from one line to another; none where either has no time."""
    first, second = _time(one), _time(other)
    return abs(second - first) if first is not None and second is not None else timedelta()


def parted(said: list[Word], queue_id: str) -> list[list[Word]]:
    """The lines (in their order) of each message that had this id, in order."""
    if not said:
        return []
    lives = [_Life()]
    repeats = may_repeat(queue_id)
    for word in said:
        if repeats and not lives[-1].takes(word):
            lives.append(_Life())
        lives[-1].add(word)
    return [life.words for life in lives if any(word.own for word in life.words)]
