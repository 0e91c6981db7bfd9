"""The report of the laws adds up and the sample is the same each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.laws import whole


def test_a_sample_is_the_same_each_time_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "WHOLE", False)
    chosen = whole.sample(range(100), 10, "x")
    assert chosen == whole.sample(range(100), 10, "x") == sorted(set(chosen))
    assert len(chosen) == 10
    assert whole.sample(range(5), 10) == [0, 1, 2, 3, 4]
    monkeypatch.setattr(whole, "WHOLE", True)
    assert whole.sample(range(100), 10, "x") == list(range(100))


def test_the_report_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "report"
    monkeypatch.setenv(whole.REPORT, str(report))
    whole.tally("reading", files=1, entries=20)
    whole.tally("reading", files=1, entries=5)
    whole.differs("reading", "b.cf", "a NUL byte")
    whole.differs("reading", "a.cf", "a NUL byte")
    lines = report.read_text().splitlines()
    assert [json.loads(line)["law"] for line in lines] == ["reading"] * 4
    assert whole.summary(lines) == "reading: 2 files, 25 entries\n    2 x a NUL byte: a.cf, b.cf"
