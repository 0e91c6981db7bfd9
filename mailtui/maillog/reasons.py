"""Why mail was refused or failed, without what differs from mail to mail: addresses, clients, links."""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 8192
"""Bytes of a reply that are looked at."""
_VARIABLE = re.compile(
    r"<[^>]*>(?:: )?|,? ?\[[0-9A-Fa-f.:]*\](?::\d+)?|;? ?(?:see )?https?://\S*|(?<![\w.])\d+(?:\.\d+){3}(?![\w.])"
    r"|[^\s<>;,:]+@[^\s<>;,:]+"
)
_LISTED = re.compile(r"(blocked using [^\s;]+).*", re.DOTALL)
_CODE = re.compile(r"(?:\d{3} )?(?:\d\.\d{1,3}\.\d{1,3} )?")
_BLANKS = re.compile(r"\s{2,}")
_EDGES = " ;:,"


def reason(rest: bytes) -> str:
    """Why mail was refused, without what differs from mail to mail: `RCPT: Relay access denied`. `rest` is
    what follows `reject: `."""
    text = rest.decode("utf-8", "surrogateescape")
    stage, _blank, said = text.partition(" ")
    if stage in {"header", "body", "content"}:
        return _content(stage, said)
    _from, _colon, said = said.partition(": ")
    said = said.partition("; from=<")[0]
    return f"{stage}: {_bare(_CODE.sub('', said, count=1))}"


def _content(stage: str, said: str) -> str:
    """cleanup's `header Subject: … from …; from=<…> to=<…> proto=… helo=<…>: 5.7.1 words`."""
    envelope = said.rpartition("; from=<")[2]
    words = re.split(r"(?:>|proto=\S+?): ", envelope, maxsplit=1)
    name = said.partition(":")[0] if stage == "header" else ""
    what = f"{stage} {name}".strip()
    return f"{what}: {_bare(_CODE.sub('', words[1], count=1))}" if len(words) > 1 else what


def reply(said: bytes) -> str:
    """Why a delivery failed, without what differs; `said` follows the status: ` (host x[…] said: …)`."""
    text = said[:_LONGEST].decode("utf-8", "surrogateescape").strip().removeprefix("(").removesuffix(")")
    _host, found, words = text.partition(" said: ")
    if found:
        words = words.partition(" (in reply to ")[0]
        return _bare(words)
    return _bare(text)


@lru_cache(maxsize=16384)
def _bare(text: str) -> str:
    listed = _LISTED.search(text)
    bare = _VARIABLE.sub("", _LISTED.sub(r"\1", text) if listed else text)
    bare = _BLANKS.sub(" ", bare).strip(_EDGES).removesuffix(" for").removesuffix(" from")
    return (bare[:120] or "no reason given").strip()
