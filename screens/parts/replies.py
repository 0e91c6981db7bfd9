"""What comes from the terminal, without what nobody typed.

    parser = CalmParser(); for message in parser.feed(text): …; for message in parser.tick(): …

A terminal answers questions (also those of the program before, late), reports its mouse, and sends keys
that Textual does not know. Textual delivers an unknown sequence as the letters it is made of, and each
letter is a command here: the reply `ESC ] 11 ; rgb:d0d0/… BEL` would delete rows. Whole control sequences
(ECMA-48 5.4 and 5.6) that mean no key are dropped instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._time import get_time
from textual._xterm_parser import SPECIAL_SEQUENCES, XTermParser
from textual.constants import ESCAPE_DELAY
from textual.message import Message

_PARTIAL = re.compile(r"\x1b(\[(\[|M.{0,2}|[0-?]*[ -/]*)?|O[0-?]*|[]PX^_][^\x07\x1b]*(\x1b)?)?\Z", re.DOTALL)
"""A sequence that may go on: CSI (also the Linux console's `ESC [ [`, and mouse reports of three bytes),
SS3, and the strings OSC, DCS, SOS, PM, APC."""
_KNOWN = re.compile(
    r"\x1b\[(<?[-\d;]+[mM]|M...|\d+;\d+R|\?\d+;\d\$y|48;[\d:]+;[\d:]+;[\d:]+;[\d:]+t)\Z", re.DOTALL
)
"""What Textual understands besides keys: the mouse, the cursor's place, modes, the window's size."""
_WHOLE = re.compile(r"\x1b(\[.+|O.+|[]PX^_].*(\x07|\x1b\\))\Z", re.DOTALL)
_LONGEST = 1 << 16
"""Characters after which a string without an end is taken for no string; a clipboard may be long."""
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_END_OF_PASTE = 1.0
"""Seconds of silence after which a paste counts as whole although its end was lost."""


class CalmParser(XTermParser):
    """Textual's parser behind a sieve. Pasted text arrives whole, whatever is in it."""

    def __init__(self) -> None:
        self._held = ""
        self._paste: list[str] | None = None
        self._heard = 0.0
        super().__init__()

    def feed(self, data: str) -> Iterable[Message]:
        """The messages for what was read; "" is the end."""
        for character in data:
            if self._paste is not None:
                yield from self._collect(self._paste, character)
            elif self._held or character == "\x1b":
                yield from self._hold(character)
            else:
                yield from super().feed(character)
        self._heard = get_time()
        if not data:
            yield from self._release()
            yield from super().feed("")

    @property
    def waits(self) -> bool:
        """Whether a sequence has begun and not ended: `tick` is to be called until it has."""
        return bool(self._held) or self._paste is not None or self._timeout_time is not None

    def tick(self) -> Iterable[Message]:
        """To be called now and then: a sequence that does not go on was a key, or is dropped."""
        silence = get_time() - self._heard
        if self._held and silence >= ESCAPE_DELAY:
            yield from self._release()
        if self._paste is not None and silence >= _END_OF_PASTE:
            yield self._pasted("".join(self._paste))
        yield from super().tick()

    def _hold(self, character: str) -> Iterable[Message]:
        before, self._held = self._held, self._held + character
        held = self._held
        if held == _PASTE_BEGINS:
            self._held, self._paste = "", []
        elif held != "\x1b" and self._is_understood(held):
            self._held = ""
            yield from super().feed(held)
        elif _PARTIAL.match(held) and len(held) < _LONGEST:
            return
        elif character == "\x1b":  # a new sequence; the one before was cut off
            self._held = before
            yield from self._release()
            self._held = character
        elif _WHOLE.match(held):
            self._held = ""
        elif len(before) > 1 and before.endswith("\x1b"):  # the same, where the next began within a string
            self._held = "\x1b"
            yield from self._hold(character)
        else:
            yield from self._release()

    def _is_understood(self, sequence: str) -> bool:
        return (
            sequence in ANSI_SEQUENCES_KEYS
            or sequence in SPECIAL_SEQUENCES
            or _KNOWN.match(sequence) is not None
        )

    def _release(self) -> Iterable[Message]:
        """Nothing more came: `ESC` alone, or with one letter, is a key; more is the rest of a reply."""
        text, self._held = self._held, ""
        if text and len(text) <= 2:
            yield from super().feed(text)
            self._timeout_time = 0.0
            yield from super().tick()

    def _collect(self, paste: list[str], character: str) -> Iterable[Message]:
        paste.append(character)
        if character == "~" and "".join(paste[-len(_PASTE_ENDS) :]) == _PASTE_ENDS:
            yield self._pasted("".join(paste[: -len(_PASTE_ENDS)]))

    def _pasted(self, text: str) -> Message:
        self._paste = None
        return events.Paste(text.replace("\x00", ""))
