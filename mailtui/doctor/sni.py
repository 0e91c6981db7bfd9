"""The table of certificates by name (tls_server_sni_maps): its compiled copy holds the keys and chains
themselves, as they were when postmap -F was run (postconf(5), TLS_README)."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mailtui.doctor.case import Case
from mailtui.doctor.model import About, Finding
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import entries
from mailtui.postfix.lookups import Lookup
from mailtui.text.safe import decode, safe

NAME = "tls_server_sni_maps"
MOST = 2000
"""Entries of one table that are looked at."""
_SHOWN = 3


def findings(case: Case) -> Iterator[Finding]:
    """Of its tables that are compiled from a text."""
    try:
        tables = case.instance.lookups(NAME) if case.setting(NAME) else []
    except InstanceError:
        return  # a value that cannot be expanded is told of elsewhere
    for table in tables:
        state = table.compiled()
        if state is not None and state.exists and not state.older:
            newer = _newer(case, table, state.path)
            if newer:
                yield _finding(case, table, newer)


def _newer(case: Case, table: Lookup, copy: str) -> list[str]:
    """The files that its values name and that were written after it was compiled."""
    assert table.target is not None  # what is compiled has a text of entries
    try:
        document, made = entries(case.instance.files, table.target), os.stat(copy).st_mtime_ns
    except OSError:
        return []  # the tables' family tells of it
    found: dict[str, None] = {}
    for index in range(min(len(document), MOST)):
        for path in (decode(item) for item in document.items(index)):
            if os.path.isfile(path) and os.stat(path).st_mtime_ns > made:
                found.setdefault(path)
    return list(found)


def _finding(case: Case, table: Lookup, newer: list[str]) -> Finding:
    shown = ", ".join(map(safe, newer[:_SHOWN])) + (
        f" and {len(newer) - _SHOWN} more" if newer[_SHOWN:] else ""
    )
    return Finding(
        "tls-sni-stale", "warning",
        f"{NAME}: certificates were renewed after {safe(table.path)} was compiled",
        case.instance.main.path, case.line(NAME),
        f"its compiled copy holds what was in the files at that time; since then {shown} changed, and clients"
        " still get the old certificate", None,
        f"the text did not change, so no edit compiles it: postmap -F {safe(table.spec)}, and let the renewal"
        " do so each time (a hook of certbot)", about=About("authservices"),
    )  # fmt: skip
