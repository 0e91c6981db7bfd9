"""A password on its way: from where it is typed to a program's standard input, and never into words.

What holds one shows itself as a mask wherever it is printed by mistake: in a message, a traceback, a log.
"""

from __future__ import annotations

import secrets

MASK = "•••••"
LONGEST = 1024
"""Bytes of a password: saslpasswd2 reads 2047 and drops the rest without a word."""
GENERATED = 20
"""Characters of a generated one: 114 bits of these."""
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What cannot be taken for another letter when it is read out or written down."""


class Secret:
    """A password. Only `reveal` gives it away; nothing that prints the object does."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The password itself: for a program's standard input, or the one line that shows a generated one."""
        return self._text

    @property
    def raw(self) -> bytes:
        """As bytes."""
        return self._text.encode("utf-8", "surrogateescape")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and secrets.compare_digest(self.raw, other.raw)

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> str:
        raise TypeError("a password is never stored")


def generated(length: int = GENERATED) -> Secret:
    """A random password that can be read out."""
    return Secret("".join(secrets.choice(_LETTERS) for _ in range(length)))


def refused(secret: Secret) -> str:
    """Why saslpasswd2 would not store this password as it is; empty where it would. It ends at a NUL, and
    keeps a newline that no client can send."""
    if not secret:
        return "the password is empty: saslpasswd2 refuses it"
    if len(secret.raw) > LONGEST:
        return f"the password is longer than {LONGEST} bytes"
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in secret.reveal()):
        return "the password has a control character (a tab or a newline, say), which clients cannot send"
    return ""


def again(first: Secret, second: Secret) -> str:
    """Why these two are no new password; empty where they are the same good one."""
    return refused(first) or ("" if first == second else "the two passwords are not the same")
