"""The one function through which text from outside reaches a terminal, and the codec beside it.

Files, logs, HELO names and DNS answers are hostile: an escape sequence in them would steer the
terminal, a bidi mark would show one address as another. `safe` makes each such character visible.
"""

from __future__ import annotations

REPLACEMENT_LIMIT = 4096
"""Longest text in characters that `safe` keeps unless told otherwise; a log line may be megabytes."""


def decode(raw: bytes) -> str:
    """Bytes of a file as text that `encode` turns back into the same bytes (UTF-8, surrogateescape)."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` was given."""
    return text.encode("utf-8", "surrogateescape")


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    import unicodedata

    if unicodedata.category(character) == "Zs":
        return " "
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def safe(text: str | bytes, limit: int = REPLACEMENT_LIMIT) -> str:
    """One line of text with nothing in it that a terminal would obey.

    Control characters become their pictures (U+2400 block), bytes that are not UTF-8 `\\xNN`, and
    C1, bidi, zero-width and other unprintable characters `\\uNNNN`. A text longer than `limit`
    characters is cut and ends in `…`.
    """
    if isinstance(text, bytes):
        text = decode(text[: limit * 4 + 4])
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _visible(c) for c in text)


def safe_lines(text: str | bytes, limit: int = REPLACEMENT_LIMIT) -> list[str]:
    """Several lines, each made safe by itself (only LF and CRLF end a line)."""
    if isinstance(text, bytes):
        text = decode(text)
    return [safe(line.removesuffix("\r"), limit) for line in text.split("\n")]
