"""What a parameter is for: a sentence of our own, and the text of the installed manual, postconf(5)."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from mailtui.postfix import paramtypes
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramwords import SHORT
from mailtui.text.safe import decode, safe

_SECTION = re.compile(r'^\.SH "?([A-Za-z0-9_-]+) \(default')
_ESCAPE = re.compile(r"\\(?:f[A-Z]|f\([A-Z]{2}|\((..)|\*\((..)|(.))")
_SPECIAL = {"bu": "•", "lq": "“", "rq": "”", "aq": "'", "dq": '"', "em": "—", "en": "–", "ti": "~"}
_TRANSPORT = re.compile(
    r"(.+?)_((?:initial_|extra_|minimum_)?(?:destination|recipient|delivery|transport|time)_\w+)"
)
PREFORMATTED = "    "
"""What each line of an example begins with; any other line is a paragraph, and may be wrapped."""


@dataclass(frozen=True, slots=True)
class Help:
    """`short`: a sentence, empty where there is none. `manual`: paragraphs, safe to show; an example's lines
    begin with PREFORMATTED. `source`: the manual page, or why there is no text of it."""

    short: str
    manual: tuple[str, ...]
    source: str


def help_of(instance: Instance, name: str) -> Help:
    """What there is to say about a parameter. The manual is read once. Raises ParameterError."""
    folder = _folder(instance)
    path = _page(folder)
    if path is None:
        return Help(short_of(name), (), f"{safe(folder)} has no manual page postconf(5)")
    try:
        texts = _manual(path, os.stat(path).st_mtime_ns)
    except (OSError, EOFError, zlib.error) as error:
        return Help(short_of(name), (), f"{safe(path)} cannot be read: {error}")
    for candidate in _headings(instance, name):
        if candidate in texts:
            found = tuple(_paragraphs(texts[candidate]))
            as_other = "" if candidate == name else f", at {candidate}"
            return Help(short_of(name), found, f"postconf(5){as_other}")
    said = "postconf(5) does not tell of it"
    if name not in instance.parameters.values.known:
        said = "not a parameter of Postfix: a name of this instance's own"
    return Help(short_of(name), (), said)


def short_of(name: str) -> str:
    """Our own sentence; of lmtp_x, that of smtp_x. Empty where there is none."""
    words = _short()
    return words.get(name) or words.get(paramtypes.canonical(name), "")


@lru_cache(maxsize=1)
def _short() -> Mapping[str, str]:
    pairs = (line.partition("  ") for line in SHORT.splitlines())
    return {name: sentence for name, _, sentence in pairs}


def _headings(instance: Instance, name: str) -> Iterator[str]:
    """The sections that may tell of a parameter: its own; of `smtp_destination_rate_delay` the one of all
    transports; of an old name the default's."""
    yield name
    own = _TRANSPORT.fullmatch(name)
    if own:
        yield f"transport_{own[2]}"
        yield f"default_{own[2]}"
    canonical = paramtypes.canonical(name)
    if canonical != name:
        yield canonical
    default = re.fullmatch(r"\$\{?(\w+)\}?", instance.parameters.default(name) or "")
    if default:
        yield default[1]


# The manual page


def _folder(instance: Instance) -> str:
    try:
        return instance.parameters.effective("manpage_directory")
    except ParameterError:
        return "/usr/share/man"


def _page(folder: str) -> str | None:
    for name in ("postconf.5.gz", "postconf.5", "postconf.5postfix.gz", "postconf.5postfix"):
        path = os.path.join(folder, "man5", name)
        if os.path.isfile(path):
            return path
    return None


@lru_cache(maxsize=2)
def _manual(path: str, _stamp: int) -> Mapping[str, list[str]]:
    """The roff lines of each parameter's section. Raises OSError, EOFError and zlib.error."""
    with open(path, "rb") as file:
        raw = file.read()
    text = decode(gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw)
    found: dict[str, list[str]] = {}
    section: list[str] = []
    for line in text.splitlines():
        if line.startswith(".SH"):
            heading = _SECTION.match(line)
            section = []
            if heading:
                found[heading[1]] = section
        else:
            section.append(line)
    return found


def _plain(text: str) -> str:
    """A line of roff without its escapes (groff(7))."""

    def shown(found: re.Match[str]) -> str:
        special = found[1] or found[2]
        if special:
            return _SPECIAL.get(special, "")
        if found[3] in {"&", "/", ",", "c", "|", "^"}:  # they print nothing
            return ""
        return {"e": "\\", "0": " ", "~": " "}.get(found[3] or "", found[3] or "")

    return safe(_ESCAPE.sub(shown, text))


def _paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Roff as paragraphs: the few requests that postconf(5) is written with (man(7))."""
    words: list[str] = []
    lead = ""
    as_is = False

    def flush() -> Iterator[str]:
        nonlocal words, lead
        if words or lead:
            yield f"{lead}{' '.join(words)}".rstrip()
        words, lead = [], ""

    for line in lines:
        request, _, rest = line.partition(" ")
        if not line.startswith((".", "'")):
            if as_is:
                yield f"{PREFORMATTED}{_plain(line)}".rstrip()
            elif line.strip():
                words += _plain(line).split()
        elif request in {".B", ".I"}:
            words += _plain(rest.strip().strip('"')).split()
        elif request == ".IP":
            yield from flush()
            lead = _mark(rest)
        elif request == ".nf":
            yield from flush()
            as_is = True
        elif request == ".fi":
            as_is = False
        elif request in {".PP", ".br", ".sp", ".RS", ".RE"}:
            yield from flush()
    yield from flush()


def _mark(rest: str) -> str:
    """What a list item begins with: `• `, or its term and a colon."""
    term = re.match(r'\s*(?:"([^"]*)"|(\S*))', rest)
    text = _plain((term[1] or term[2] or "") if term else "").strip()
    if not text:
        return ""
    return f"{text} " if text == "•" else f"{text}: "
