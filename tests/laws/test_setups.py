"""Over random small domain set-ups: mail goes where `alias resolve`, the domains and the mailboxes say."""

from __future__ import annotations

import json
import sys

import pytest

from mailtui.demo import lab as harness
from tests.laws.whole import SEED, WHOLE, tally

SETUPS = 300 if WHOLE else 30
AT_ONCE = 15
"""Set-ups that live on the server at the same time, written as one draft."""
LEAST = 5
"""Addresses of each."""


@pytest.mark.lab
@pytest.mark.law
def test_mail_goes_where_the_screens_say() -> None:
    why = harness.unavailable()
    if why is not None:
        pytest.skip(f"no lab: {why}")
    with harness.Lab() as lab:
        words = (sys.executable, "-m", "tests.laws.setups", str(SEED), str(SETUPS), str(AT_ONCE))
        done = lab.run(*words, timeout=1200)
    assert done.ok, done.words
    told = json.loads(done.out)
    assert told["wrong"] == []
    counts = told["counts"]
    assert counts["setups"] == SETUPS
    assert counts["addresses"] >= LEAST * SETUPS
    assert counts["refused"] > SETUPS
    assert counts["rows"] > SETUPS / 2
    tally("setups", **counts)
