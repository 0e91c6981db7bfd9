"""`python -m tests.lab.differential.inside JSON`, beside a lab's server: runs the sessions and prints what
came of them as JSON."""

from __future__ import annotations

import faulthandler
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.lab.differential.arena import POLICY_PORT, Verdict, compare, only, policy_server
from tests.lab.differential.setups import Batch, Maker, SetUp
from tests.lab.differential.shrink import shrunk
from tests.lab.differential.world import ZONE

STUCK = 3000
PER_INSTANCE = 25
"""Set-ups in one instance."""


def main(seed: str, sessions: int, setups: int, shrink: int, zone: str) -> dict[str, Any]:
    """Compare so many sessions; the first `shrink` differences are made small."""
    Path(zone).write_text(ZONE)
    restrictions: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    differences: list[dict[str, Any]] = []
    unknown: Counter[str] = Counter()
    done = 0
    with tempfile.TemporaryDirectory(prefix="md-") as name, policy_server():
        for number in range(-(-setups // PER_INSTANCE)):
            size = min(PER_INSTANCE, setups - number * PER_INSTANCE)
            share = sessions * (number * PER_INSTANCE + size) // setups - done
            batch = Maker(f"{seed}/{number}", POLICY_PORT).batch(size, share)
            done += share
            verdicts = compare(Path(name), batch)
            for setup in batch.setups:
                restrictions.update(setup.restrictions())
            for each in verdicts:
                outcomes["unknown" if not each.certain else str(each.told.code)] += 1
                unknown.update(each.answer.unknown[:1] if not each.certain else ())
            for each in only(verdicts):
                setup, verdict = batch.setups[each.setup], each
                if len(differences) < shrink:
                    setup, verdict = shrunk(Path(name), batch, each)
                differences.append(_told(f"{seed}/{number}", batch, setup, verdict))
    return {
        "sessions": done, "setups": setups, "restrictions": restrictions, "outcomes": outcomes,
        "unknown": unknown.most_common(20), "differences": differences,
    }  # fmt: skip


def _told(seed: str, batch: Batch, setup: SetUp, verdict: Verdict) -> dict[str, Any]:
    written = str(setup.options)
    session = verdict.session
    return {
        "seed": seed, "options": {name: value for name, value in setup.options.items() if value},
        "tables": {name: table for name, table in batch.tables.items() if f"/{name}" in written},
        "base": {name: value for name, value in batch.base.items() if name in _TELLING},
        "session": {name: getattr(session, name) for name in session.__slots__},
        "smtpd": f"{verdict.told.at}: {verdict.told.line}",
        "explain": f"{verdict.answer.at}: {verdict.answer.reply}",
        "steps": [
            f"{step.stage} {step.rule} {step.argument} -> {step.outcome}: {step.why}"
            for step in verdict.answer.steps
        ],
    }  # fmt: skip


_TELLING = frozenset((
    "mydestination", "relay_domains", "virtual_mailbox_maps", "local_recipient_maps", "relay_recipient_maps",
    "canonical_maps", "recipient_delimiter", "parent_domain_matches_subdomains", "transport_maps",
    "relocated_maps", "show_user_unknown_table_name", "resolve_dequoted_address",
))  # fmt: skip

if __name__ == "__main__":
    faulthandler.dump_traceback_later(STUCK, exit=True)
    print(json.dumps(main(**json.loads(sys.argv[1]))))
