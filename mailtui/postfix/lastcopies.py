"""A table whose text is gone: Postfix goes on answering from its compiled copy, and so do searches here."""

from __future__ import annotations

import os

from mailtui.postfix.lookups import Answer, Lookup
from mailtui.text.safe import safe

MOST = 300
"""Keys that are asked of such tables, one run of postmap each; no more, so that no list waits for minutes."""


def last_copy(lookup: Lookup) -> str:
    """The compiled copy that is all there is of a table on the disk; empty where there is more or nothing."""
    state = lookup.compiled()
    return state.path if state is not None and state.exists and not os.path.lexists(lookup.path) else ""


def answered_by(lookup: Lookup, copy: str) -> str:
    """In one line: where answers come from, and how the text comes back."""
    remade = f"{lookup.program} -s {safe(lookup.spec)} > {safe(lookup.path)} writes it anew"
    if lookup.type == "cdb":  # postmap(1) cannot list one
        remade = "cdb -d prints what it holds (tinycdb)"
    return f"{safe(lookup.path)} does not exist, and Postfix answers from {safe(copy)} alone; {remade}"


class LastCopies:
    """The answers of such tables; each key is asked once of a copy."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, bytes], Answer] = {}

    def get(self, lookup: Lookup, key: bytes) -> Answer | None:
        """The copy's answer; None where there is no such copy, or too many keys were asked."""
        copy = last_copy(lookup)
        try:
            asked = (copy, os.stat(copy).st_mtime_ns, key)
        except OSError:
            return None
        if asked not in self._known:
            if len(self._known) >= MOST:
                return None
            self._known[asked] = lookup.live([key])[0]
        return self._known[asked]
