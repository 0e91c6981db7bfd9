"""The second name server: it knows what the first knew a moment ago."""

from __future__ import annotations

import time
from pathlib import Path

from mailtui.demo.secondary import Secondary

LAG = 0.6


def test_a_change_is_taken_over_after_the_lag(tmp_path: Path) -> None:
    import dns.name

    first = tmp_path / "names"
    first.write_text("old.example A 192.0.2.1\n")
    new = dns.name.from_text("new.example")
    with Secondary(first, "127.0.0.1", LAG, port=0) as second:
        changed = time.time()
        with first.open("a") as file:
            file.write("new.example A 192.0.2.2\n")
        assert new not in second.server.names().records
        while new not in second.server.names().records:
            assert time.time() < changed + 20
            time.sleep(0.02)
        assert time.time() - changed > LAG / 2
