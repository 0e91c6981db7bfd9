"""Patterns of other people's log pipelines, tried on real lines: NETWAYS (logstash) and Kintyre (Splunk)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from tests.laws.logclaims import Claim, Taker, field, logs, number, relay
from tests.laws.loggrok import _STANDARD as GROK_STANDARD

NETWAYS: dict[str, Taker] = {
    "[client][address]": field("client_name"),
    "[client][ip]": field("client_address"), "[client][domain]": field("client_name"),
    "[postfix][action]": field("stage"), "[postfix][size]": field("size"), "[postfix][nrcpt]": field("nrcpt"),
    "[source][user][email]": field("sender"), "[source][user][id]": field("uid"),
    "[source][user][name]": field("sender"), "[destination][user][email]": field("recipient"),
    "[postfix][orig_to]": field("orig_to"), "[postfix][relay]": field("relay"),
    "[server][address]": relay(0), "[server][ip]": relay(1), "[server][port]": relay(2),
    "[postfix][delay]": field("delay"), "[postfix][dsn]": field("dsn"), "[postfix][status]": field("status"),
    "[postfix][delays]": lambda found: "/".join(f"{part:g}" for part in found["delays"]),
    "[postfix][msgid]": field("queue_id"), "[postfix][msgid_long]": field("message_id"),
    "[postfix][dnsbl][name]": field("dnsbl"),
    "[postfix][dnsbl][result]": field("dnsbl_answer"), "[postfx][proto]": field("proto"),
    "[postfix][component]": lambda found: found["process"].rpartition("/")[2],
}  # fmt: skip
"""Their names and what takes the same out of a record."""

NETWAYS_NOT = {
    "[postfix][detail]": "the rest of the line, whatever it is; the shapes take it apart",
    "[@metadata][connectdetail]": "the rest of the line; compared as counts by grok's tests",
    "[postfix][connection]": "whatever stands before `from`",
    "[postfix][header]": "a header with and without its name", "[postfix][helo]": "with its angle brackets",
    "[postfix][remote_msgid]": "their pattern always finds nothing, as it ends in `.*?`",
    "program": "cut at its first slash", "message": "what is left of the line",
}  # fmt: skip
"""Names that are not compared, and why."""

KINTYRE: dict[str, Taker] = {
    "queue_id": field("queue_id"), "bounce_queue_id": field("next_id"),
    "bounce_reason": lambda found: f"{found['about']} {found['reason']} notification",
    "status": field("status"), "reason": field("text"), "dest_host": relay(0), "dest_ip": relay(1),
    "dest_port": relay(2), "status_code_short": field("code"), "src_host": field("client_name"),
    "src_ip": field("client_address"), "to": field("recipient"), "from": field("sender"),
    "message-id": field("message_id"), "helo": field("helo"), "subject": lambda found: found["about"].partition(": ")[2],
    "xref": field("next_id"),
}  # fmt: skip
KINTYRE_NOT = {
    "reject_reason": "of any text between a colon and a semicolon the last part",
    "src": "whatever follows `from` without an address",
    "time_before_queue": "of `delays`, compared by the other patterns",
}
"""Names of Kintyre that are not compared, and why."""


@lru_cache(maxsize=1)
def netways() -> list[tuple[str, str, re.Pattern[str], dict[str, str]]]:
    """File, component (empty for all), pattern and the names of its groups."""
    folder = logs()
    found = []
    for path in sorted(folder.glob("NETWAYS__*.conf")) if folder is not None else []:
        text = path.read_text(encoding="utf-8")
        component = re.search(r'\[component\] == "(\w+)"', text)
        for pattern in re.findall(r'match => \["message","(.*)"\]', text):
            names: dict[str, str] = {}
            compiled = re.compile(_translated(pattern, names), re.DOTALL)
            found.append((path.name, component[1] if component is not None else "", compiled, names))
    return found


def _translated(pattern: str, names: dict[str, str]) -> str:
    def group(match: re.Match[str]) -> str:
        kind, _colon, theirs = match[1].partition(":")
        inner = _KINDS.get(kind, GROK_STANDARD.get(kind, r".*?"))
        if not theirs:
            return f"(?:{inner})"
        key = f"g{len(names)}"
        names[key] = re.sub(r":(?:int|float)$", "", theirs)
        return f"(?P<{key}>{inner})"

    return re.sub(r"%\{([^}]+)\}", group, pattern)


_KINDS = {"WORD": r"\b\w+\b"}


_WITH_ID = ("qmgr", "smtp", "submission", "lmtp", "cleanup", "smtpd")
"""The components whose lines their filter takes a queue id from (filter-20-msgid.conf); the id is cut off."""
_ID_FIRST = re.compile(r"(?!warning|NOQUEUE|statistics|fatal|panic|error)\w+: ")


def netways_claims(line: bytes, daemon: str, text: str) -> Iterator[Claim]:
    """What their patterns find in the text of a line."""
    with_id = daemon in _WITH_ID and _ID_FIRST.match(text) is not None
    rest = text.partition(": ")[2] if with_id else text
    for file, component, pattern, names in netways():
        if component and component != daemon:
            continue
        match = pattern.match(rest) if component else pattern.match(text) if with_id else None
        if match is None:
            continue
        for key, theirs in names.items():
            value = match[key]
            if value is None or theirs in NETWAYS_NOT:
                continue
            if theirs == "[postfix][delays]":
                value = "/".join(f"{float(part):g}" for part in value.split("/"))
            ours = NETWAYS.get(theirs)
            if theirs == "[client][address]" and (
                "[client][domain]" in names.values() or component == "dnsblog"
            ):
                ours = field("client_address")  # else it is the name, beside `ip`
            yield Claim(file, line, theirs, number(value) if theirs == "[postfix][delay]" else value, ours)


@lru_cache(maxsize=1)
def kintyre() -> list[tuple[str, re.Pattern[str]]]:
    """File and pattern of each of Splunk's extractions that looks at the whole line."""
    folder = logs()
    found = []
    for path in sorted(folder.glob("Kintyre__*.conf")) if folder is not None else []:
        for row in path.read_text(encoding="utf-8").splitlines():
            rule = re.match(
                r"(?:EXTRACT-\w+|REGEX\s*) = (.*?)(?: in (?:delays|reason))?$",
                row.replace("REGEX   =", "REGEX ="),
            )
            if rule is not None:
                found.append((path.name, re.compile(re.sub(r"\(\?<(\w+)>", r"(?P<\1>", rule[1]))))
    return found


def kintyre_claims(line: bytes, text: str) -> Iterator[Claim]:
    """What Splunk's patterns find in a line of Postfix."""
    for file, pattern in kintyre():
        if "time_before_queue" in pattern.groupindex:
            continue
        match = pattern.search(text)
        if match is None:
            continue
        if not pattern.groupindex:  # $1::$2
            yield Claim(file, line, match[1], match[2], KINTYRE.get(match[1]))
        for name, value in match.groupdict().items():
            if value is not None and name not in KINTYRE_NOT:
                yield Claim(file, line, name, value, KINTYRE.get(name))
