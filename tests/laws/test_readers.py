"""While tables change under a working server no lookup fails, no message is refused, all see the new value."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from mailtui.demo import lab as harness
from tests.laws.whole import WHOLE, tally

CHANGES = 200 if WHOLE else 4
pytestmark = [pytest.mark.lab, pytest.mark.law]


@pytest.fixture(scope="module")
def lab() -> Iterator[harness.Lab]:
    why = harness.unavailable()
    if why is not None:
        pytest.skip(f"no lab: {why}")
    with harness.Lab() as running:
        yield running


@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb", "cdb"])
def test_nobody_who_reads_notices_a_change_but_by_the_new_value(lab: harness.Lab, kind: str) -> None:
    """postmap -q in tight loops, 20 messages a second, one SMTP session that stays open, and after each change
    a new session with a service of one process: what it took must reach the address just written.

    Every second pair of changes finds the old table with a second hard link.
    """
    done = lab.run(sys.executable, "-m", "tests.laws.readers", kind, str(CHANGES), timeout=1200)
    assert done.ok, done.words
    told = json.loads(done.out)
    assert told["wrong"] == []
    assert told["lookups"] > CHANGES
    assert told["batches"] > CHANGES
    assert told["messages"] > CHANGES
    assert told["sessions"] == CHANGES
    # The daemons that saw it were there before: they say so and make room for a new process. Only where an lmdb
    # table with two names changes in place, the same process goes on.
    assert told["noticed"] >= CHANGES // (4 if kind == "lmdb" else 2)
    tally(
        "readers", **{name: told[name] for name in ("lookups", "batches", "messages", "sessions", "noticed")}
    )
