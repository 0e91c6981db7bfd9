"""A difference made small: what can be left out of the set-up while it stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mailtui.postfix.lookups import split_list
from mailtui.postfix.restrictionnames import GUARDS
from mailtui.postfix.smtpd.session import PARAMETERS
from tests.lab.differential.arena import Verdict, compare, only
from tests.lab.differential.setups import Batch, SetUp

ROUNDS = 12


def shrunk(folder: Path, batch: Batch, verdict: Verdict) -> tuple[SetUp, Verdict]:
    """The smallest set-up found that still gives a difference for this session, with that difference."""
    setup = batch.setups[verdict.setup]
    for _ in range(ROUNDS):
        smaller = tuple(each for each in _smaller(setup) if _starts(each))
        if not smaller:
            break
        sessions = tuple((number, verdict.session) for number in range(len(smaller)))
        found = only(compare(folder, replace(batch, setups=smaller, sessions=sessions)))
        if not found:
            break
        best = min(found, key=lambda each: len(str(smaller[each.setup].options)))
        setup, verdict = smaller[best.setup], best
    return setup, verdict


def _smaller(setup: SetUp) -> Iterator[SetUp]:
    lists = {*PARAMETERS.values(), "strict", "soft"}
    for name, value in setup.options.items():
        rest = {key: kept for key, kept in setup.options.items() if key != name}
        if name not in lists:
            if name != "smtpd_restriction_classes" or not _uses_classes(setup):
                yield SetUp(rest)
            continue
        items = split_list(value)
        for at in range(len(items)):
            for width in (1, 2, 3):
                kept = items[:at] + items[at + width :]
                if at + width <= len(items) and (kept or name not in {"strict", "soft"}):
                    yield SetUp({**setup.options, name: ", ".join(kept)})
        if value and name not in {"strict", "soft"}:
            yield SetUp({**setup.options, name: _least(name)})


def _starts(setup: SetUp) -> bool:
    """Whether it surely has the guard without which smtpd does not start."""
    items = split_list(setup.options[PARAMETERS["relay"]])
    return "permit" not in items and any(
        item in GUARDS and items[at - 1 : at] != ["warn_if_reject"] for at, item in enumerate(items)
    )


def _least(name: str) -> str:
    return "reject_unauth_destination" if name == PARAMETERS["relay"] else ""


def _uses_classes(setup: SetUp) -> bool:
    return any("strict" in str(value) or "soft" in str(value) for value in setup.options.values())
