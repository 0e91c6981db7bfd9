"""crowdsecurity/hub: what its parsers find in a log (parser.assert) and what its scenarios see (scenario.assert)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.laws.logclaims import Claim, Facts, Taker, field, index, log_lines, logs

REPO = "crowdsecurity/hub"

WHY_NOT = {
    "datasource_path": "where crowdsec read the line", "datasource_type": "where crowdsec read the line",
    "logsource": "where crowdsec read the line", "log_type": "crowdsec's name of its parser",
    "log_type_enh": "crowdsec's class of attack", "service": "crowdsec's name of its parser",
    "count": "of PREGREET, the bytes sent: in `text`", "auth_func": "in `reason`",
    "smtp_return_codes": "`code` and `dsn`, which are compared singly",
}  # fmt: skip
"""Names that are not compared, and why."""


def _failed(found: Facts) -> object:
    return "auth_failed" if found["event"] == "auth_failed" else None


def _login(found: Facts) -> object:
    """What dovecot says up to its pairs, or of the user."""
    said = re.sub(r"^[a-z0-9-]+-login: ", "", found["text"])
    if found.get("about") and "status" not in found:
        return found["reason"].removeprefix("pam_authenticate() failed: ")
    return re.split(r": user=<|: rip=", said)[0]


def _stamp(raw: str) -> str:
    return raw[:15].rstrip() if raw[3] == " " else raw.partition(" ")[0]


def _utc(found: Facts) -> str:
    """The time as crowdsec has it: UTC, or the clock as it stands where the line has no zone."""
    moment = datetime.fromisoformat(found["time"])
    moment = moment.replace(tzinfo=None) if found["raw"][3] == " " else moment.astimezone(UTC)
    text = moment.replace(tzinfo=None).isoformat()
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "Z"


NAMES: dict[str, Taker] = {
    "message": lambda found: found["raw"].partition(f"{found['process']}" + (
        f"[{found['pid']}]" if "pid" in found else ""))[2].removeprefix(": "),
    "program": field("process"), "pid": field("pid"), "machine": field("host"),
    "timestamp": lambda found: re.sub(r" {2,}", " ", _stamp(found["raw"])),
    "action": field("status"), "command": lambda found: found.get("stage") or found.get("about"),
    "helo": field("about"), "timestamp8601": lambda found: _stamp(found["raw"]), "reason": field("reason"),
    "smtp_basic_status_code": field("code"), "smtp_enhanced_status_code": field("dsn"),
    "remote_addr": field("client_address"), "source_ip": field("client_address"),
    "remote_host": field("client_name"), "source_hostname": field("client_name"),
    "port": field("client_port"), "src_port": field("client_port"),
    "pregreet": field("status"), "message_attempt": field("about"), "time_attempt": field("elapsed"),
    "message_failure": lambda found: f" {found['reason']}",
    "kvItems": lambda found: f"from=<{found['sender']}> to=<{found['recipient']}> proto={found['proto']} "
                             f"helo=<{found['helo']}>",
    "from": lambda found: f"<{found['sender']}>", "to": lambda found: f"<{found['recipient']}>",
    "proto": field("proto"), "postfix.helo": lambda found: f"<{found['helo']}>",
    "amavis_action": field("status"), "amavis_acions": field("about"), "amavis_category": field("verdict"),
    "amavis_match": field("reason"), "amavis_from": field("sender"), "amavis_to": field("recipient"),
    "amavis_size": field("size"), "amavis_elapsedtime": field("elapsed_ms"), "amavis_id": field("session"),
    "amavis_quarantine": field("mailbox"), "amavis_relay_ip": field("client_address"),
    "amavis_amavis_origin_ip": field("client_address"),
    "dovecot_user": field("sasl_username"), "dovecot_remote_ip": field("client_address"),
    "dovecot_local_ip": field("server_address"), "dovecot_user_backend": field("about"),
    "dovecot_login_result": _failed, "dovecot_login_message": _login, "protocol": field("service"),
    "MarshaledTime": _utc, "time": _utc,
}  # fmt: skip
"""Their names and what takes the same out of a record."""

_PARSED = re.compile(
    r'results\["s\d\d-[a-z]+"\]\["[^"]+"\]\[(\d+)\]\.Evt\.(Parsed|Meta|Enriched|Unmarshaled\["postfix"\])\["([^"]+)"\]'
    r'(\[4:\])? == (".*")'
)
_SEEN = re.compile(
    r'results\[(\d+)\]\.Overflow\.Alert\.Events\[(\d+)\]\.GetMeta\("([^"]+)"\)(\[4:\])? == (".*")'
)
_SOURCE = re.compile(r'"([0-9A-Fa-f.:]+)" in results\[\d+\]\.Overflow\.GetSources\(\)')


def pairs() -> list[tuple[Path, Path]]:
    """Each file of asserts with the log that it is about."""
    folder, known = logs(), index()
    if folder is None:
        return []
    of = {
        path.rpartition("/")[0]: name
        for name, (repo, path) in known.items()
        if repo == REPO and name.endswith(".log")
    }
    found = []
    for name, (repo, path) in known.items():
        if repo != REPO or not name.endswith(".assert"):
            continue
        place = path.rpartition("/")[0]
        log = of.get(place) or of.get(_LOGS_OF.get(place.rpartition("/")[2], ""))
        if log is not None:
            found.append((folder / name, folder / log))
    return found


_LOGS_OF = {"amavis-logs": ".tests/amavis-blocked", "dovecot-slow-bf": ".tests/dovecot-slow-bf-no-overlap"}
"""Asserts whose own log is not there; the same lines stand in another's."""


def claims_of(asserts: Path, log: Path) -> Iterator[Claim]:
    """What a file of asserts says of the lines of its log."""
    lines = log_lines(log)
    seen: set[tuple[int, str]] = set()
    for row in asserts.read_text(encoding="utf-8").splitlines():
        parsed = _PARSED.match(row)
        if parsed is not None:
            number, room, name = int(parsed[1]), parsed[2], parsed[3]
            if name in WHY_NOT or (number, room + name) in seen:
                continue
            seen.add((number, room + name))
            yield _claim(asserts.name, lines[number], name, room, parsed[4], json.loads(parsed[5]))
            continue
        source = _SOURCE.match(row)
        if source is not None:
            line = next((line for line in lines if source[1].encode() in line), b"")
            yield Claim(asserts.name, line, "source", source[1], field("client_address"))
    yield from _seen(asserts, lines)


def _claim(where: str, line: bytes, name: str, room: str, cut: str | None, value: str) -> Claim:
    ours = NAMES.get("postfix.helo" if room.startswith("Un") and name == "helo" else name)
    if name == "timestamp8601" and cut:
        ours = lambda found: _stamp(found["raw"])[4:]  # noqa: E731 - one of several takers
    if room == "Enriched" or (room == "Meta" and name == "timestamp"):
        # A year that they take from the day of the test is cut off by them, or the test's own.
        value = value[4:] if line[3:4] == b" " and not cut else value
        taker = NAMES["time"]
        ours = (lambda found: str(taker(found))[4:]) if cut or line[3:4] == b" " else taker
    return Claim(where, line, f"{room.partition('[')[0]}.{name}", value, ours)


def _seen(asserts: Path, lines: list[bytes]) -> Iterator[Claim]:
    """The events of alerts: an event is one of the log's lines, known by its address and time."""
    events: dict[tuple[str, str], dict[str, tuple[str | None, str]]] = {}
    for row in asserts.read_text(encoding="utf-8").splitlines():
        found = _SEEN.match(row)
        if found is not None:
            events.setdefault((found[1], found[2]), {})[found[3]] = (found[4], json.loads(found[5]))
    for names in events.values():
        clock = names["timestamp"][1][-10:-1] if "timestamp" in names else ""
        clock = re.search(r"T(\d\d:\d\d:\d\d)", names["timestamp"][1])[1] if clock else ""  # type: ignore[index]  # always has a clock
        words = [
            clock,
            names["source_ip"][1],
            *(names[name][1] for name in ("action", "reason") if name in names),
        ]
        line = next((one for one in lines if all(word.encode() in one for word in words)), b"")
        for name, (cut, value) in names.items():
            if name not in WHY_NOT:
                yield _claim(asserts.name, line, name, "Meta", cut, value)
