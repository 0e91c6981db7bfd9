"""What DNS says of one thing, and what is to be said about it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from mailtui.dns.ask import Answer

State = Literal["ok", "warning", "error", "missing", "unknown"]
"""`missing`: DNS says that there is none; `unknown`: no answer came, or there is nothing to ask."""


class Asked(Protocol):
    """Whom a part asks: `mailtui.dns.ask.Names`, or `Limited`."""

    def ask(self, name: str, kind: str) -> Answer: ...

    def ahead(self, questions: list[tuple[str, str]]) -> None: ...


@dataclass(frozen=True, slots=True)
class Node:
    """A term of an SPF record that asks DNS, and what it leads to. `lookups`: it and all below it, of the ten
    that there may be. `name`: the name that is asked, as written. `record`: the SPF record there. Safe."""

    term: str
    name: str
    lookups: int
    record: str = ""
    problem: str = ""
    void: bool = False
    below: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """`record`: its text as found, or names and addresses in order. `name`: where it stands, or should.
    `problems`: what is wrong in words. `proposed`: the record to publish instead, built from what this server
    is. All is safe to show; `proposed` is what may be copied."""

    state: State
    record: str = ""
    problems: tuple[str, ...] = ()
    proposed: str = ""
    name: str = ""
    selector: str = ""
    """Of a DKIM key."""
    kind: str = "TXT"
    """The type of `proposed`."""
    tree: tuple[Node, ...] = ()
    """Of an SPF record."""
    lookups: int | None = None
    voids: int | None = None

    def as_json(self) -> dict[str, Any]:
        """In interface names; what does not apply is absent."""
        fields: dict[str, Any] = {
            "selector": self.selector, "name": self.name, "record": self.record, "proposed": self.proposed,
            "type": self.kind if self.proposed else "", "lookups": self.lookups, "void_lookups": self.voids,
            "tree": [_node_json(node) for node in self.tree],
        }  # fmt: skip
        found = {name: value for name, value in fields.items() if value not in ("", [], None)}
        return {"state": self.state, **found, "problems": list(self.problems)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Part:
        """The inverse. Raises KeyError, TypeError or ValueError for what is none."""
        if found["state"] not in {"ok", "warning", "error", "missing", "unknown"}:
            raise ValueError(found["state"])
        texts = {name: str(found.get(name, "")) for name in ("record", "proposed", "name", "selector")}
        return cls(
            state=found["state"], problems=tuple(map(str, found["problems"])),
            kind=str(found.get("type", "TXT")), tree=tuple(_node(each) for each in found.get("tree", ())),
            lookups=_number(found.get("lookups")), voids=_number(found.get("void_lookups")), **texts,
        )  # fmt: skip


def _node_json(node: Node) -> dict[str, Any]:
    fields = {
        "term": node.term, "name": node.name, "lookups": node.lookups, "record": node.record,
        "problem": node.problem, "void": node.void, "below": [_node_json(each) for each in node.below],
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value not in ("", [], False)}


def _node(found: Mapping[str, Any]) -> Node:
    return Node(
        str(found["term"]), str(found.get("name", "")), int(found["lookups"]), str(found.get("record", "")),
        str(found.get("problem", "")), bool(found.get("void", False)),
        tuple(_node(each) for each in found.get("below", ())),
    )  # fmt: skip


def _number(found: Any) -> int | None:
    return None if found is None else int(found)


def unknown(problem: str, **fields: Any) -> Part:
    """No answer came."""
    return Part("unknown", problems=(problem,), **fields)


def worst(problems: Mapping[str, State]) -> State:
    """The state of a record with these problems."""
    found = set(problems.values())
    return next((state for state in ("error", "warning") if state in found), "ok")


@dataclass(frozen=True, slots=True)
class DomainDns:
    """What DNS says of a domain. `mx`: hosts in order of preference, with the addresses that they have.
    `address`: the A and AAAA of the domain itself, to which mail goes where there is no MX. `host`: this
    server's own names and addresses, which are the same for every domain. `asked`: when, in seconds since
    1970."""

    domain: str
    mx: Part
    address: Part
    host: Part
    spf: Part
    dkim: tuple[Part, ...]
    dmarc: Part
    asked: float = 0.0

    def parts(self) -> list[tuple[str, Part]]:
        """All of them with what they are called, in the order to be read."""
        keys = [(f"DKIM {key.selector}".rstrip(), key) for key in self.dkim]
        return [
            ("MX", self.mx), ("A/AAAA", self.address), ("SPF", self.spf), *keys, ("DMARC", self.dmarc),
            ("this host", self.host),
        ]  # fmt: skip

    def age(self) -> float:
        """Seconds since it was asked."""
        return max(time.time() - self.asked, 0.0)

    def as_json(self) -> dict[str, Any]:
        """The object of interface `domain dns DOMAIN`."""
        from datetime import UTC, datetime

        return {
            "domain": self.domain,
            "asked": datetime.fromtimestamp(self.asked, UTC).isoformat(timespec="seconds"),
            "mx": self.mx.as_json(),
            "address": self.address.as_json(),
            "host": self.host.as_json(),
            "spf": self.spf.as_json(),
            "dkim": [part.as_json() for part in self.dkim],
            "dmarc": self.dmarc.as_json(),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> DomainDns:
        """The inverse. Raises KeyError, TypeError or ValueError for what is none."""
        from datetime import datetime

        one = {name: Part.from_json(found[name]) for name in ("mx", "address", "host", "spf", "dmarc")}
        return cls(
            str(found["domain"]), dkim=tuple(Part.from_json(each) for each in found["dkim"]),
            asked=datetime.fromisoformat(found["asked"]).timestamp(), **one,
        )  # fmt: skip


def selected(part: Part, selector: str) -> Part:
    """A part as that of a selector."""
    return replace(part, selector=selector)
