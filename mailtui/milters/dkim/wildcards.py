"""The patterns of a `refile:` data set, matched by the C library's own regular expressions, as opendkim does.

Only `*`, `+` and `.` lose their meaning (`*` stands for any text); every other character of an extended
regular expression keeps it, so that `[ab]@example.com` is a pattern too (dkimf_mkregexp in opendkim's
util.c).
"""

from __future__ import annotations

import weakref
from functools import cache
from typing import Any

_EXTENDED, _ICASE, _NOSUB = 1, 2, 8
"""REG_EXTENDED, REG_ICASE and REG_NOSUB of regex.h, the same numbers in glibc and musl."""
_ROOM = 1024
"""Bytes for a regex_t; glibc's has 64."""
LONGEST = 1023
"""Bytes of an expression that opendkim has room for."""
_TURNED = {"*": ".*", "+": "\\+", ".": "\\."}


class BadPattern(ValueError):
    """What regcomp(3) does not take. Its text says why."""


@cache
def _library() -> Any:
    import ctypes

    return ctypes.CDLL(None)


def expression(pattern: str) -> str:
    """The regular expression that opendkim makes of a pattern."""
    return "^" + "".join(_TURNED.get(character, character) for character in pattern) + "$"


class Pattern:
    """One compiled pattern. Raises BadPattern."""

    def __init__(self, pattern: str, *, icase: bool) -> None:
        import ctypes

        text = expression(pattern).encode("utf-8", "surrogateescape")
        if len(text) > LONGEST:
            raise BadPattern("the pattern is too long for opendkim")
        self._compiled = ctypes.create_string_buffer(_ROOM)
        library = _library()
        status = library.regcomp(self._compiled, text, _EXTENDED | _NOSUB | (_ICASE if icase else 0))
        if status:
            words = ctypes.create_string_buffer(200)
            library.regerror(status, self._compiled, words, len(words))
            raise BadPattern(f"no regular expression: {words.value.decode('utf-8', 'replace')}")
        weakref.finalize(self, library.regfree, self._compiled)

    def fits(self, text: str) -> bool:
        """Whether the whole text fits."""
        raw = text.partition("\0")[0].encode("utf-8", "surrogateescape")
        return not _library().regexec(self._compiled, raw, 0, None, 0)
