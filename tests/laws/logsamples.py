"""Lines with what a rule makes of them: fail2ban's samples, and the rule tests of OSSEC and Wazuh."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.laws.logclaims import Claim, Facts, Taker, field, logs

FAIL2BAN_NOW = datetime(2005, 8, 14, 12, tzinfo=UTC)
"""The moment of fail2ban's own tests, which gives its lines their years."""

OURS = {"postfix": "fail2ban__fail2ban__8.log", "dovecot": "fail2ban__fail2ban__4.log"}
"""fail2ban's samples of programs that have shapes here; of the others only the time is compared."""


def fail2ban_files() -> list[Path]:
    folder = logs()
    return sorted(folder.glob("fail2ban__*.log")) if folder is not None else []


def fail2ban_claims(path: Path) -> Iterator[Claim]:
    """What the JSON comment above each line says of it."""
    told: dict[str, str] = {}
    for row in path.read_bytes().split(b"\n"):
        comment = re.match(rb"#\s*failJSON:\s*(\{.*\})", row)
        if comment is not None:
            told = json.loads(comment[1])
            continue
        if not row.strip() or row.startswith(b"#"):
            continue
        yield from _fail2ban(path, row, told)
        told = {}


def _fail2ban(path: Path, line: bytes, told: dict[str, str]) -> Iterator[Claim]:
    if "time" in told:
        yield Claim(path.name, line, "time", _seconds(told["time"]), _clock, FAIL2BAN_NOW)
    if path.name not in OURS.values() or not told.get("match"):
        return
    names: dict[str, Taker] = {"host": field("client_address"), "user": field("sasl_username")}
    for name, ours in names.items():
        if told.get(name):
            yield Claim(path.name, line, name, told[name], ours, FAIL2BAN_NOW)


def _seconds(text: str) -> str:
    """Their time: a day may lack its zero, and the fraction is cut off."""
    day, _t, clock = text.partition("T")
    year, month, date = day.split("-")
    return f"{year}-{int(month):02}-{int(date):02}T{clock[:8]}"


def _clock(found: Facts) -> object:
    return found["time"][:19] if "time" in found else None


RULES: dict[int, tuple[str, str]] = {
    9702: ("event", "auth_failed"), 9705: ("event", "auth_failed"), 9770: ("event", "auth_failed"),
    9771: ("event", "auth_failed"), 9704: ("level", "fatal"), 9706: ("event", "disconnect"),
    9707: ("event", "disconnect"), 3306: ("event", "reject"), 3303: ("event", "reject"), 3300: ("event", "reject"),
    3335: ("reason", "lost connection"), 9703: ("process", "dovecot"),
}  # fmt: skip
"""Rules of theirs, and what of a record says the same."""

RULES_NOT = {
    1002: "their catch-all for words like `error`; the tests say that it should not hold",
    3752: "MailScanner, a program without shapes",
    **dict.fromkeys((53500, 53501, 53502, 53503, 53504, 53507), "OpenSMTPD, another server"),
}
"""Rules that are not compared, and why."""


def rule_files() -> list[Path]:
    folder = logs()
    return sorted(folder.glob("*__*.expect.ini")) if folder is not None else []


def rule_claims(path: Path) -> Iterator[Claim]:
    """What each test says of its lines: a rule that takes them, by a decoder that knows the program."""
    for section in re.split(r"(?m)^\[", path.read_text(encoding="utf-8"))[1:]:
        lines = re.findall(r"(?m)^log \d+ (pass|fail) = (.*)$", section)
        rule = re.search(r"(?m)^rule = (\d+)", section)
        decoder = re.search(r"(?m)^decoder = (\S+)", section)
        number = int(rule[1]) if rule is not None else 0
        for verdict, text in lines:
            line = text.encode()
            if verdict == "pass" and number in RULES:
                name, value = RULES[number]
                yield Claim(path.name, line, f"rule {number}", value, _rule(number, name))
            if decoder is not None and number not in RULES_NOT:
                program = decoder[1].partition("-")[0]
                yield Claim(
                    path.name, line, "decoder", program, lambda found: found["process"].partition("/")[0]
                )


def _rule(number: int, name: str) -> Taker:
    if number == 3335:
        return lambda found: "lost connection" if "lost connection" in found["text"] else found.get("reason")
    return field(name)


def rules_of(path: Path) -> set[int]:
    """The rules that a file has tests of."""
    return {int(number) for number in re.findall(r"(?m)^rule = (\d+)", path.read_text(encoding="utf-8"))}
