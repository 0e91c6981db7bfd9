"""All milters of all lists at once: what is known of each, and whether it answers. They are asked side by
side, so that the whole takes as long as the slowest, and never longer than its limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailtui.formats.milteritem import Endpoint
from mailtui.milters.alive import SECONDS, Alive, ping
from mailtui.milters.chains import MilterChain, MilterRow, as_json, milter_chains
from mailtui.milters.facts import Facts, World, facts
from mailtui.postfix.instance import Instance

_GRACE = 0.5
"""Seconds after the limit in which an answer is still taken."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A milter of a list, what is known of it, and what came of asking it (None: it was not asked)."""

    chain: MilterChain
    row: MilterRow
    facts: Facts
    alive: Alive | None = None

    @property
    def reachable(self) -> bool:
        """Whether Postfix gets to it: something takes the connection, and nothing keeps Postfix from it."""
        return self.alive is not None and self.alive.reachable and self.facts.out_of_reach is None

    @property
    def is_up(self) -> bool:
        """Whether it serves Postfix."""
        return self.reachable and self.alive is not None and self.alive.negotiated

    @property
    def is_hidden(self) -> bool:
        """Whether nothing can be said of it: the caller, who is not root, may not connect."""
        return self.alive is not None and self.alive.closed and self.facts.out_of_reach is None

    @property
    def problem(self) -> str:
        """Why it does not; empty where it does."""
        stopped = self.facts.out_of_reach
        if stopped is not None:
            return stopped.why
        return self.alive.problem if self.alive is not None else ""

    def as_json(self) -> dict[str, Any]:
        """In the names of `mailtui milter list --json`."""
        fields = as_json(self.chain, self.row)
        fields["name"] = self.facts.name
        if self.alive is not None:
            fields |= {
                "reachable": self.reachable, "negotiated": self.alive.negotiated,
                "protocol_version": self.alive.protocol_version, "ms": round(self.alive.ms, 1),
                "actions": list(self.alive.actions), "steps": list(self.alive.steps),
            }  # fmt: skip
        own = self.facts.known.own
        here = self.facts.known.here
        fields |= {
            "own_address": own.written if own is not None else None,
            "listens": here.endpoint.postfix if here is not None else None,
            "problem": self.problem or None,
            "states": [{"state": state.word, "why": state.why} for state in self.facts.states],
        }  # fmt: skip
        keep = ("service", "settings", "enabled")
        return {name: value for name, value in fields.items() if name in keep or value not in (None, "", [])}


Target = tuple[Endpoint, str]
"""A milter's address, and the root of its path."""


def target_of(row: MilterRow, found: Facts) -> Target | None:
    """What to connect to; None for what is no milter in force."""
    where = row.item.endpoint
    if where is None or row.item.harm or row.is_map or not row.in_force:
        return None
    if where.kind == "unix":
        return (Endpoint("unix", path=found.sights[0].path), "/") if found.sights else None
    return where, "/"


def ask_all(targets: Iterable[Target], timeout: float = SECONDS) -> Mapping[Target, Alive]:
    """Ask several at once, each once."""
    answers: dict[Target, Alive] = {}
    wanted = list(dict.fromkeys(targets))

    def ask(target: Target) -> None:
        answers[target] = ping(target[0], timeout=timeout, root=target[1])

    threads = [threading.Thread(target=ask, args=(each,), daemon=True, name="ping") for each in wanted]
    for thread in threads:
        thread.start()
    end = time.monotonic() + timeout + _GRACE
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = Alive(False, False, ms=timeout * 1000, problem=f"no answer within {timeout:g} s")
    return {each: answers.get(each, late) for each in wanted}


def look(instance: Instance, timeout: float = SECONDS, *, chains: Sequence[MilterChain] = ()) -> list[Looked]:
    """Every milter of every list, in order, those in force asked. Raises InstanceError."""
    world = World(instance)
    rows = [
        (chain, row, facts(world, chain, row))
        for chain in chains or milter_chains(instance)
        for row in chain.rows
        if not row.is_reference and not row.is_map
    ]
    targets = [target_of(row, found) for _, row, found in rows]
    answers = ask_all((each for each in targets if each is not None), timeout)
    return [
        Looked(chain, row, found, answers[target] if target is not None else None)
        for (chain, row, found), target in zip(rows, targets, strict=True)
    ]
