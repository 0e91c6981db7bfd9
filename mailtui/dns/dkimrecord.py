"""The DKIM record of a key (RFC 6376 3.6.1, RFC 8301, RFC 8463): parsed, judged, compared, and written for
every way to publish it.

    record = DkimRecord.parse("v=DKIM1; k=rsa; p=MIIB…")
    judge(["v=DKIM1; p=…"], "rsa", "MIIB…").state      # yes, no, different
    ways(record_text("rsa", "MIIB…"), "mail._domainkey.falcot.com")
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mailtui.text.safe import encode, safe

Published = Literal["yes", "no", "different", "unknown"]

PIECE = 255
"""Bytes that one character-string of a TXT record may have (RFC 1035 3.3)."""
_BLANKS = " \t\r\n"
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def record_name(selector: str, domain: str) -> str:
    """Where the record of a selector stands."""
    return f"{selector}._domainkey.{domain}"


@dataclass(frozen=True, slots=True)
class DkimRecord:
    """One record. `tags` as written, in their order; `faults`: what makes verifiers pass over it, or fail;
    `notes`: what is allowed, and worth to know."""

    text: str
    tags: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> DkimRecord:
        """Never raises: what is wrong is in `faults`."""
        tags: dict[str, str] = {}
        faults: list[str] = []
        for number, part in enumerate(text.split(";")):
            name, equals, value = part.partition("=")
            name = name.strip(_BLANKS)
            if not part.strip(_BLANKS):
                continue
            if not equals or not _TAG.match(name):
                faults.append(f"“{safe(part.strip(), 40)}” is no tag")
            elif name in tags:
                faults.append(f"{name}= stands there twice")
            else:
                tags[name] = value.strip(_BLANKS)
                if name == "v" and number:
                    faults.append("v= must stand first")
        faults += _faults(tags)
        return cls(text, tags, tuple(faults), tuple(_notes(tags)))

    @property
    def kind(self) -> str:
        """`rsa` or `ed25519`; whatever `k=` says."""
        return self.tags.get("k", "") or "rsa"

    @property
    def public(self) -> str:
        """The key, without the blanks that may stand in it."""
        return "".join(self.tags.get("p", "").split())

    @property
    def revoked(self) -> bool:
        """An empty `p=`: whatever is signed with this selector is to be taken for unsigned."""
        return "p" in self.tags and not self.public


def _faults(tags: Mapping[str, str]) -> list[str]:
    faults = []
    if "v" in tags and tags["v"] != "DKIM1":
        faults.append(f"v={safe(tags['v'], 20)} is no version that anybody knows: it must be DKIM1")
    if "p" not in tags:
        faults.append("it has no p=, so no key")
    if "k" in tags and tags["k"] not in {"rsa", "ed25519"}:
        faults.append(f"k={safe(tags['k'], 20)} is no kind of key: rsa or ed25519")
    hashes = [each.strip(_BLANKS) for each in tags.get("h", "sha256").split(":")]
    if "sha256" not in hashes:
        faults.append(f"h={safe(tags['h'], 20)} does not allow sha256, with which opendkim signs")
    services = [each.strip(_BLANKS) for each in tags.get("s", "*").split(":")]
    if not {"*", "email"}.intersection(services):
        faults.append(f"s={safe(tags['s'], 20)} does not allow it for mail")
    return faults


def _notes(tags: Mapping[str, str]) -> list[str]:
    flags = [each.strip(_BLANKS) for each in tags.get("t", "").split(":")]
    notes = []
    if "y" in flags:
        notes.append("t=y: a test; others may treat a bad signature as none")
    if "s" in flags:
        notes.append("t=s: an identity in a subdomain does not count")
    if "v" not in tags:
        notes.append("v=DKIM1 is not there; it may be left out")
    return notes


class Verdict(NamedTuple):
    """What the records at one name say of one key: `why` in words, `record` the one that counts."""

    state: Published
    why: str = ""
    record: DkimRecord | None = None


def judge(records: Sequence[str], kind: str, public: str) -> Verdict:
    """Whether the TXT records at a selector's name publish this key. Several records at one name are no
    answer on which a verifier may rely (RFC 6376 3.6.2.2)."""
    found = [DkimRecord.parse(text) for text in records]
    if not found:
        return Verdict("no", "there is no record")
    if len(found) > 1:
        return Verdict("different", f"{len(found)} records stand there; there must be one", found[0])
    record = found[0]
    if record.revoked:
        return Verdict("different", "the key is revoked: p= is empty", record)
    if not public:
        return Verdict("unknown", "the key itself cannot be read here", record)
    if record.public != public:
        return Verdict("different", "another key stands there", record)
    if record.kind != kind:
        return Verdict("different", f"it says k={safe(record.kind)}, and the key is {kind}", record)
    if record.faults:
        return Verdict("different", "; ".join(record.faults), record)
    return Verdict("yes", "; ".join(record.notes), record)


def record_text(kind: str, public: str) -> str:
    """The record for a key, as one string."""
    return f"v=DKIM1; h=sha256; k={kind}; p={public}"


class Ways(NamedTuple):
    """One record for every way to publish it, each without wrapping."""

    name: str
    """The name with its zone: `mail._domainkey.falcot.com`."""
    host: str
    """The name as the form of a DNS host wants it, without the domain."""
    text: str
    """The value as one string."""
    pieces: tuple[str, ...]
    """The value cut into pieces of at most 255 bytes, which a reader joins again."""
    quoted: str
    """The pieces in quotes on one line, as some forms want them."""
    zone: str
    """A line for a zone file, with the name ended by a dot."""


def ways(text: str, name: str, domain: str) -> Ways:
    """`name`: where the record stands, as `record_name` gives it."""
    pieces = tuple(cut(text))
    quoted = " ".join(f'"{_escaped(piece)}"' for piece in pieces)
    body = f"( {quoted} )" if len(pieces) > 1 else quoted
    host = name.removesuffix(f".{domain}")
    return Ways(name, host, text, pieces, quoted, f"{name}. IN TXT {body}")


def cut(text: str) -> list[str]:
    """The text in pieces of at most 255 bytes of UTF-8, none in the middle of a character."""
    pieces, piece = [], ""
    for character in text:
        if len(encode(piece + character)) > PIECE:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
