"""Every line of the real logs, as it is and broken, is a record; the quick ways say the same as the long one."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailtui.maillog.jsonlines import JsonLines
from mailtui.maillog.record import Record, facts, parse, quick, stamp, when
from tests.laws.logclaims import log_lines, logs
from tests.laws.whole import sample, tally

pytestmark = [
    pytest.mark.law,
    pytest.mark.skipif(logs() is None, reason="no corpus of logs beside the checkout (MAILTUI_CORPUS)"),
]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEW = 1_500
"""Lines tried in a sample."""
_NAMES = set(Record.__dataclass_fields__)


def _lines(salt: str) -> list[tuple[Path, bytes]]:
    folder = logs()
    assert folder is not None
    found = [(path, line) for path in sorted(folder.glob("*.log")) for line in log_lines(path)]
    return sample(found, FEW, salt)


def test_every_line_is_a_record() -> None:
    known = 0
    lines = _lines("records")
    for _path, line in lines:
        found = facts(line, NOW)
        assert set(found) <= _NAMES
        assert found["raw"] == line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")
        record = parse(line, NOW)
        assert {name: value for name, value in record.as_json().items() if name in found} == found
        known += record.process is not None
    tally("log lines", files=len({path for path, _line in lines}), lines=len(lines), with_process=known)
    assert known > len(lines) * 0.9


def test_the_quick_way_says_the_same() -> None:
    lines = _lines("quick")
    for _path, line in lines:
        found, head = facts(line, NOW), quick(line)
        assert head.process.decode("utf-8", "surrogateescape") == found.get("process", "")
        if head.queue_id is not None and found["event"] != "other":
            assert found.get("queue_id") == head.queue_id.decode()
        moment = when(line, NOW)
        assert (moment.isoformat() if moment is not None else None) == found.get("time")
        assert line.startswith(stamp(line))
        assert bool(stamp(line)) or moment is None
    tally("log quick", lines=len(lines))


def test_json_lines_say_the_same() -> None:
    lines = [line for _path, line in _lines("json")]
    printed = JsonLines(NOW).block(b"\n".join(lines)).splitlines()
    assert len(printed) == len(lines)
    for line, text in zip(lines, printed, strict=True):
        assert text.isascii()
        assert json.loads(text) == json.loads(json.dumps(facts(line, NOW))), line
    tally("log json", lines=len(lines))


def test_broken_lines_are_records_too() -> None:
    lines = [line for _path, line in _lines("broken")]
    chance = random.Random(3)
    for line in lines:
        broken = _broken(line, chance)
        found = facts(broken, NOW)
        parse(broken, NOW)
        text = JsonLines(NOW).block(broken.replace(b"\n", b" ")).strip()
        if b"\n" not in broken and broken.strip(b" \t\r\v\f"):
            assert json.loads(text) == json.loads(json.dumps(found)), broken
        quick(broken)
    tally("log broken", lines=len(lines))


def _broken(line: bytes, chance: random.Random) -> bytes:
    """The line cut, doubled, with bytes changed or others put in."""
    at = chance.randrange(len(line) + 1)
    kind = chance.randrange(5)
    noise = chance.choice(
        [b"\x00", b"\xff\xfe", b"\x1b[2J", b"[/]", "\u202e".encode(), b'"', b"\\", b": ", b"<", b">", b"="]
    )
    if kind == 0:
        return line[:at]
    if kind == 1:
        return line[at:]
    if kind == 2:
        return line[:at] + noise + line[at:]
    if kind == 3:
        return line[:at] + line[at + chance.randrange(1, 9) :]
    return line[:at] + bytes([chance.randrange(256)]) + line[at + 1 :]
