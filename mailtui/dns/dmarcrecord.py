"""A DMARC record: its tags, and what is wrong with them by RFC 7489 and by RFC 9989, which takes its place.

Own code, because what there is takes more than receivers do: libopendmarc takes `p` before `v`,
`adkim=strict`, and the first of two records.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailtui.dns.part import State
from mailtui.text.safe import safe

POLICIES = ("none", "quarantine", "reject")
VERSION = "v=DMARC1"
_BLANKS = " \t"
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_MAILTO = re.compile(r"mailto:([^@\s!]+@([^@\s!]+))(![0-9]+[kmgt]?)?\Z", re.IGNORECASE)
_VALUES = {
    "p": POLICIES, "sp": POLICIES, "np": POLICIES, "adkim": ("r", "s"), "aspf": ("r", "s"),
    "psd": ("y", "n", "u"), "t": ("y", "n"),
}  # fmt: skip
_OF_OLD = ("pct", "rf", "ri")
"""Tags that RFC 9989 has no more."""
_KNOWN = frozenset({"v", "rua", "ruf", "fo", *_VALUES, *_OF_OLD})


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """`tags`: in lower case as to their names, values as written, in their order. `problems`: what is wrong,
    in words. All problems are safe to show; tags are not."""

    text: str
    tags: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, State] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> DmarcRecord:
        """Never raises."""
        tags: dict[str, str] = {}
        problems: dict[str, State] = {}
        for number, part in enumerate(text.split(";")):
            name, equals, value = part.partition("=")
            name, value = name.strip(_BLANKS).lower(), value.strip(_BLANKS)
            if not part.strip(_BLANKS):
                continue
            if not equals or not _TAG.match(name):
                problems[f"“{safe(part.strip(), 40)}” is no tag"] = "warning"
            elif name in tags:
                problems[f"{name}= stands there twice"] = "warning"
            elif number and name == "v":
                problems["v= must stand first"] = "error"
            else:
                tags[name] = value
        return cls(text, tags, problems | _version(text) | _judged(tags))

    @property
    def policy(self) -> str:
        """What receivers are asked to do with mail that fails: one of POLICIES. Without a good `p` it is
        `none`, which RFC 7489 has only where there is an address for reports."""
        value = self.tags.get("p", "").lower()
        return value if value in POLICIES else "none"

    def below(self, *, exists: bool = True) -> str:
        """The policy for subdomains: `sp`, and for those that do not exist `np` before it."""
        for name in ("sp",) if exists else ("np", "sp"):
            value = self.tags.get(name, "").lower()
            if value in POLICIES:
                return value
        return self.policy

    def addresses(self, name: str) -> list[str]:
        """The mail addresses of `rua` or `ruf` that can be used."""
        found = [_MAILTO.match(each.strip(_BLANKS)) for each in self.tags.get(name, "").split(",")]
        return [each.group(1) for each in found if each is not None]

    def alignment(self, name: str) -> str:
        """`adkim` or `aspf` in a word."""
        return "strict" if self.tags.get(name, "r").lower() == "s" else "relaxed"


def is_record(text: str) -> bool:
    """Whether a TXT record is one of DMARC for receivers: they know it by its beginning, in capitals."""
    return bool(re.match(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)", text))


def is_meant(text: str) -> bool:
    """Whether a TXT record was meant for one."""
    return "dmarc1" in text.lower()


def _version(text: str) -> dict[str, State]:
    if is_record(text):
        return {}
    return {f"it must begin with “{VERSION};”, in capitals: as it is receivers pass it over": "error"}


def _judged(tags: Mapping[str, str]) -> dict[str, State]:
    problems: dict[str, State] = {}
    for name, values in _VALUES.items():
        given = tags.get(name)
        if given is not None and given.lower() not in values:
            wanted = ", ".join(values[:-1]) + f" or {values[-1]}"
            state: State = "error" if name == "p" else "warning"
            problems[f"{name}={safe(given, 40)} counts for nothing: it must be {wanted}"] = state
    if "p" not in tags:
        why = "p= is missing: receivers take it for p=none, those of RFC 7489 for no record without rua="
        problems[why] = "warning"
    elif list(tags)[:1] == ["v"] and list(tags)[1] != "p":
        problems["p= should stand right behind v=: receivers of RFC 7489 want it there"] = "warning"
    for name in ("rua", "ruf"):
        problems |= _uris(name, tags.get(name))
    options = [each.strip(_BLANKS) for each in tags.get("fo", "0").split(":")]
    if not set(options) <= {"0", "1", "d", "s"}:
        problems[f"fo={safe(tags['fo'], 40)} counts for nothing: it is of 0, 1, d and s, with : between"] = (
            "warning"
        )
    problems |= _percent(tags)
    if tags.get("p", "").lower() == "none" and "rua" not in tags:
        problems["p=none without rua= does nothing: nobody refuses, and nobody reports"] = "warning"
    unknown = [name for name in tags if name not in _KNOWN]
    if unknown:
        problems[f"nobody knows the tag {safe(', '.join(unknown), 60)}: a slip of the pen?"] = "warning"
    return problems


def _uris(name: str, value: str | None) -> dict[str, State]:
    if value is None:
        return {}
    problems: dict[str, State] = {}
    for each in value.split(","):
        uri = each.strip(_BLANKS)
        found = _MAILTO.match(uri)
        if (
            found is None
            and re.match(r"[a-z][a-z0-9+.-]*:", uri, re.IGNORECASE)
            and "mailto" not in uri.lower()
        ):
            problems[f"{name}={safe(uri, 60)}: no receiver sends reports but by mailto:"] = "warning"
        elif found is None:
            problems[f"{name}={safe(uri, 60)} is no address: mailto:user@example.com is one"] = "warning"
        elif found.group(3):
            problems[f"{name}: the limit {safe(found.group(3))} is not in RFC 9989 any more"] = "warning"
    return problems


def _percent(tags: Mapping[str, str]) -> dict[str, State]:
    value = tags.get("pct")
    if value is None:
        return {}
    if not value.isdecimal() or int(value[:6]) > 100:
        return {f"pct={safe(value, 20)} counts for nothing: it must be 0 to 100": "warning"}
    if int(value) == 100:
        return {}
    why = f"pct={value}: receivers of RFC 9989 take the policy for all mail all the same; t=y is for trials"
    return {why: "warning"}


def mended(record: DmarcRecord) -> str:
    """The record with what counts for something, in the order that all receivers take."""
    kept = {name: value for name, value in record.tags.items() if _is_good(name, value)}
    for name in ("rua", "ruf"):
        kept.pop(name, None)
        if record.addresses(name):
            kept[name] = ",".join(f"mailto:{address}" for address in record.addresses(name))
    policy = record.policy
    rest = [f"{name}={value}" for name, value in kept.items() if name not in {"v", "p"}]
    return "; ".join([VERSION, f"p={policy}", *rest])


def _is_good(name: str, value: str) -> bool:
    if name in _VALUES:
        return value.lower() in _VALUES[name]
    if name == "fo":
        return {each.strip(_BLANKS) for each in value.split(":")} <= {"0", "1", "d", "s"}
    return name in {"rua", "ruf"}
