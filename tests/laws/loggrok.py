"""whyscream/postfix-grok-patterns: a test for each kind of line, and the patterns themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tests.laws.logclaims import Claim, Facts, Taker, count, field, logs, number, relay

REPO = "whyscream/postfix-grok-patterns"

WHY_NOT = {
    "postfix_relay_service": "of a relay without brackets; the relay as a whole is compared",
    "postfix_improper_pipelining_data": "what the client sent is `about`, without the blank before it",
}
"""Names for which no field of ours stands."""


def _message(found: Facts) -> object:
    """What follows `warning: ` and a queue id; of a content check, what it found and where from."""
    text: str = found["text"]
    if str(found.get("about", "")).startswith(("header", "body")):
        return _content(found)
    text = re.sub(r"^(?:[0-9A-Za-z]{6,}: )?(?:warning|fatal|info): ", "", text)
    if found.get("queue_id"):
        text = text.removeprefix(f"{found['queue_id']}: ")
    return re.sub(r"^[^\s\[\]]*\[[0-9A-Fa-f.:]+\](?::\d+)?: ", "", text) if "client_name" in found else text


def _content(found: Facts) -> str:
    client = f"{found['client_name']}[{found['client_address']}]" if "client_name" in found else "local"
    return f"{found['about']} from {client}"


def _milter(found: Facts) -> object:
    if str(found.get("about", "")).startswith(("header", "body")):
        return _content(found)
    reply = "".join(f"{found[name]} " for name in ("code", "dsn") if name in found)
    return f"{found['stage']} from {found['client_name']}[{found['client_address']}]: {reply}{found['text']}"


def _status_message(found: Facts) -> object:
    reason = str(found.get("reason", ""))
    return re.sub(r"^Service unavailable; .*? \[[^\]]*\] ", "", reason) if "dnsbl" in found else reason


def _status_data(found: Facts) -> object:
    blocked = re.match(r"Service unavailable; .*? \[([^\]]*)\]", str(found.get("reason", "")))
    return blocked[1] if blocked is not None else found.get("about")


def _without(tail: str, name: str) -> Taker:
    return lambda found: re.sub(tail, "", str(found[name])) if name in found else None


def _tls_size(found: Facts) -> object:
    return f"{found['tls_bits']}/{found['tls_algorithm_bits']}" if "tls_bits" in found else None


def _word(name: str, part: int) -> Taker:
    """A word of `RSA-PSS (4096 bits)`."""
    return lambda found: str(found.get(name, "")).replace("(", "").replace(")", "").split()[part]


def _lost(found: Facts) -> object:
    return "SSL_accept error" if found["text"].startswith("SSL_accept") else found.get("reason")


def _reply(found: Facts) -> object:
    """The reply of a server: of a delivery its text, of a line about the connection the reason."""
    return found["text"] if "status" in found else _without(r" \(in reply to [^()]*\)$", "reason")(found)


def _delay(part: int) -> Taker:
    return lambda found: found["delays"][part]


def _fixed_status(prefix: str) -> Taker:
    return lambda found: str(found.get("status", "")).removeprefix(prefix)


GROK: dict[str, Taker] = {
    "postfix_queueid": field("queue_id"), "postfix_client_ip": field("client_address"),
    "postfix_client_ip_unknown": field("client_address"), "postfix_client_hostname": field("client_name"),
    "postfix_client_port": field("client_port"), "postfix_server_ip": field("server_address"),
    "postfix_server_port": field("server_port"), "postfix_service": field("service"),
    "postfix_anvil_cache_size": field("count"), "postfix_anvil_conn_count": field("count"),
    "postfix_anvil_conn_rate": field("count"), "postfix_anvil_conn_period": field("period"),
    "postfix_anvil_timestamp": field("at"), "postfix_scache_timestamp": field("at"),
    "postfix_bounce_queueid": field("next_id"), "postfix_bounce_recipient": field("about"),
    "postfix_bounce_reason": field("reason"), "postfix_message-id": field("message_id"),
    "postfix_message_level": lambda found: "info" if found.get("status") == "info" else
        "warning" if found.get("status") == "warning" else found["level"],
    "postfix_message": lambda found: found["text"].partition(": ")[2] if found["level"] == "info" and
        "about" not in found else _message(found),
    "postfix_milter_result": _fixed_status("milter-"), "postfix_milter_message": _milter,
    "postfix_milter_data": field("reason"),
    "postfix_prepend_type": lambda found: found["about"].partition(" ")[0],
    "postfix_prepend_trigger": lambda found: found["about"].partition(" ")[2],
    "postfix_prepend_value": field("reason"),
    "postfix_status": field("status"), "postfix_from": field("sender"),
    "postfix_smtp_response": _reply, "postfix_local_response": field("text"),
    "postfix_pipe_response": field("text"), "postfix_error_response": field("text"),
    "postfix_dnsbl_domain": field("dnsbl"), "postfix_dnsbl_result": field("dnsbl_answer"),
    "postfix_version": field("version"), "postfix_config_path": field("about"),
    "postfix_termination_signal": field("signal"),
    "postfix_postscreen_cache_retained": count("retained"), "postfix_postscreen_cache_dropped": count("dropped"),
    "postfix_verify_cache_retained": count("retained"), "postfix_verify_cache_dropped": count("dropped"),
    "postfix_verify_cleanup_type": field("status"),
    "postfix_postscreen_access": lambda found: found.get("status", found["event"].upper()), "postfix_postscreen_violation": field("status"),
    "postfix_postscreen_violation_time": field("elapsed"), "postfix_postscreen_dnsbl_rank": field("score"),
    "postfix_postscreen_toobusy_data": field("reason"), "postfix_postscreen_data": field("about"),
    "postfix_smtp_stage": lambda found: str(found.get("stage", "")).removesuffix(" command"),
    "postfix_action": field("status"), "postfix_status_code": field("code"),
    "postfix_status_code_enhanced": field("dsn"), "postfix_status_data": _status_data,
    "postfix_status_message": _status_message,
    "postfix_postsuper_action": field("status"), "postfix_postsuper_summary_action": field("status"),
    "postfix_postsuper_summary_count": field("count"),
    "postfix_relay_hostname": relay(0), "postfix_relay_ip": relay(1), "postfix_relay_port": relay(2),
    "postfix_scache_hits": count("hits"), "postfix_scache_miss": count("miss"),
    "postfix_scache_success": count("success"), "postfix_scache_domains": count("domains"),
    "postfix_scache_addresses": count("addresses"), "postfix_scache_connection": count("connection"),
    "postfix_tls_trustlevel": field("tls_trust"), "postfix_tls_version": field("tls_protocol"),
    "postfix_tls_cipher": field("tls_cipher"), "postfix_tls_cipher_size": _tls_size,
    "postfix_tls_key_exchange": field("tls_key_exchange"), "postfix_tls_server_digest": field("tls_digest"),
    "postfix_tls_server_signature": _word("tls_signature", 0),
    "postfix_tls_server_signature_curve": _word("tls_signature", 1),
    "postfix_tls_server_signature_size": _word("tls_signature", 1),
    "postfix_tls_error": field("reason"), "postfix_smtp_lostconn_data": field("reason"),
    "postfix_smtp_lostconn_reason": field("stage"), "postfix_smtpd_lostconn_data": _lost,
    "postfix_smtpd_lostconn_reason": field("reason"), "postfix_pix_workaround": field("reason"),
    "postfix_proxy_result": _fixed_status("proxy-"), "postfix_proxy_smtp_stage": field("stage"),
    "postfix_proxy_message": field("text"), "postfix_proxy_status_code": field("code"),
    "postfix_proxy_status_code_enhanced": field("dsn"), "postfix_discarded_ehlo_keywords": field("reason"),
    "postfix_delay_before_qmgr": _delay(0), "postfix_delay_in_qmgr": _delay(1),
    "postfix_delay_conn_setup": _delay(2), "postfix_delay_transmission": _delay(3),
}  # fmt: skip
"""Their names and what takes the same out of a record."""

PAIRS: dict[str, Taker] = {
    "from": field("sender"), "to": field("recipient"), "orig_to": field("orig_to"), "relay": field("relay"),
    "delay": field("delay"), "delays": lambda found: "/".join(f"{part:g}" for part in found["delays"]),
    "dsn": field("dsn"), "status": field("status"), "proto": field("proto"), "helo": field("helo"),
    "size": field("size"), "nrcpt": field("nrcpt"), "uid": field("uid"), "tls": field("tls"),
    "client": lambda found: f"{found['client_name']}[{found['client_address']}]",
    "sasl_method": field("sasl_method"), "sasl_username": field("sasl_username"),
    "sasl_sender": field("sasl_sender"), "orig_client": field("orig_client"),
    "orig_queue_id": field("orig_queue_id"), "message-id": field("message_id"),
    "resent-message-id": field("message_id"), "conn_use": field("conn_use"),
}  # fmt: skip
"""The pairs `name=value` in a line."""

_PAIR = re.compile(r"([a-z_-]+)=(<[^>]*>|\S*?)(?=,? [a-z_-]+=|,?\s*$)")
_WHOLE_LINE = {
    "POSTFIX_DELAYS": "A1B2C3D: to=<a@b>, relay=local, delay=1, delays=%s, dsn=2.0.0, status=sent (ok)",
    "POSTFIX_RELAY": "A1B2C3D: to=<a@b>, relay=%s, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)",
    "POSTFIX_TLS_FEATURES": "A1B2C3D: to=<a@b>, relay=x, delay=1, delays=1/0/0/0, tls=%s, dsn=2.0.0, status=sent (k)",
    "POSTFIX_COMMAND_COUNTER_DATA": "disconnect from a[192.0.2.1] %s",
}
"""Tests of a piece of a line: the line around it."""
_DAEMONS = {"POSTFIX_RELAY": "lmtp", "POSTFIX_DELAYS": "smtp", "POSTFIX_TLS_FEATURES": "smtp",
            "POSTFIX_COMMAND_COUNTER_DATA": "smtpd", "POSTFIX_SCRIPT": "postfix-script",
            "POSTFIX_TRIVIAL_REWRITE": "trivial-rewrite"}  # fmt: skip


def test_files() -> list[Path]:
    folder = logs()
    return sorted((folder / "whyscream__postfix-grok-patterns").glob("*.yaml")) if folder is not None else []


def claims_of(path: Path) -> Iterator[Claim]:
    """What one test says."""
    pattern, data, results = _read(path)
    daemon = _DAEMONS.get(pattern, pattern.removeprefix("POSTFIX_").lower())
    whole = _WHOLE_LINE.get(pattern, "%s") % data
    line = f"2014-10-26T18:13:50+01:00 mx postfix/{daemon}[1]: {whole}".encode()
    if pattern == "POSTFIX_TLS_FEATURES":
        yield Claim(path.name, line, "tls", data, field("tls"))
        return
    for name, value in results.items():
        yield from _claims(path.name, line, name, value, results)


def _claims(where: str, line: bytes, name: str, value: str, results: dict[str, str]) -> Iterator[Claim]:
    if name in {"postfix_keyvalue_data", "postfix_command_counter_data"}:
        pairs = _PAIR.findall(value) if name == "postfix_keyvalue_data" else []
        for pair, said_there in pairs:
            bare = said_there[1:-1] if said_there.startswith("<") else said_there
            yield Claim(where, line, f"{name}: {pair}", _plain(pair, bare), PAIRS.get(pair))
        for word in value.split() if not pairs else ():
            theirs, _equals, numbers = word.partition("=")
            yield Claim(where, line, f"{name}: {theirs}", numbers.rpartition("/")[2], count(theirs))
        return
    if name.startswith("postfix_cmd_"):
        kind = name.removeprefix("postfix_cmd_")
        yield Claim(where, line, name, value, count(kind.replace("count", "commands")))
        return
    if name == "postfix_queueid" and value == "NOQUEUE":
        yield Claim(where, line, name, "None", lambda found: str(found.get("queue_id")))
        return
    if name == "postfix_status_message" and "postfix_status_code" not in results:
        # Their pattern wants both codes, or takes the one, the address and `Service unavailable` as the message.
        value = re.sub(r"^\d{3} (?:<[^>]*>: )?(?:Service unavailable; .*? \[[^\]]*\] )?", "", value)
    if name in WHY_NOT or (name == "postfix_relay_service" and "postfix_relay_hostname" not in results):
        return
    yield Claim(
        where, line, name, number(value) if re.fullmatch(r"\d+\.\d+", value) else value, GROK.get(name)
    )


def _plain(pair: str, value: str) -> str:
    return (
        "/".join(f"{float(part):g}" for part in value.split("/"))
        if pair == "delays"
        else (number(value) if pair == "delay" else value)
    )


def _read(path: Path) -> tuple[str, str, dict[str, str]]:
    """The pattern's name, the data and the results of a test; as much YAML as these files use."""
    pattern, data, results = "", "", {}
    for row in path.read_text(encoding="utf-8").splitlines():
        name, _colon, value = row.strip().partition(":")
        value = _scalar(value.strip())
        if row.startswith("pattern:"):
            found = re.search(r"%\{(\w+)\}", value)
            pattern = found[1] if found is not None else ""
        elif row.startswith("data:"):
            data = value
        elif row.startswith(" ") and not name.startswith("#"):
            results[name] = value
    return pattern, data, results


def _scalar(text: str) -> str:
    if text.startswith('"'):
        return str(json.loads(text))
    return text


_STANDARD = {
    "HOSTNAME": r"\b(?:[0-9A-Za-z][0-9A-Za-z-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}))*(?:\.?|\b)",
    "IP": r"(?:[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|(?:\d{1,3}\.){3}\d{1,3})", "INT": r"(?:[+-]?(?:[0-9]+))",
    "NUMBER": r"[+-]?\d+(?:\.\d+)?", "DATA": r".*?", "GREEDYDATA": r".*", "WORD": r"\b\w+\b",
    "SYSLOGTIMESTAMP": r"[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d", "PATH": r"/\S*",
}  # fmt: skip
"""The patterns of logstash that theirs build on."""


@lru_cache(maxsize=1)
def patterns() -> dict[str, re.Pattern[str]]:
    """Of each daemon that their filter knows, the pattern of its lines."""
    folder = logs()
    if folder is None:
        return {}
    told = (folder / "whyscream__postfix-grok-patterns__193.expect.grok").read_text(encoding="utf-8")
    known = dict(_STANDARD)
    for row in told.splitlines():
        name, blank, pattern = row.partition(" ")
        if blank and not row.startswith("#"):
            known[name] = pattern
    choice = (folder / "whyscream__postfix-grok-patterns__192.expect.conf").read_text(encoding="utf-8")
    found = re.findall(r"\\/([a-z-]+)\$/ \{\s*grok \{[^}]*?%\{(POSTFIX_\w+)\}", choice)
    return {daemon: re.compile(_expanded(known[name], known, [0]), re.DOTALL) for daemon, name in found}


def _expanded(pattern: str, known: dict[str, str], used: list[int]) -> str:
    """A pattern with the others in their places; a group's name gets a number, as it may stand there again."""

    def own(match: re.Match[str]) -> str:
        used[0] += 1
        return f"(?P<{match[1]}__{used[0]}>"

    def other(match: re.Match[str]) -> str:
        name, colon, theirs = match[1].partition(":")
        inner = _expanded(known[name], known, used)
        if not colon:
            return f"(?:{inner})"
        used[0] += 1
        return f"(?P<{theirs.replace('-', 'DASH')}__{used[0]}>{inner})"

    return re.sub(r"%\{([\w:-]+)\}", other, re.sub(r"\(\?<(?![=!])(\w+)>", own, pattern))


def pattern_claims(where: str, line: bytes, daemon: str, text: str) -> Iterator[Claim]:
    """What their patterns find in a real line."""
    pattern = patterns().get(daemon)
    match = pattern.fullmatch(text) if pattern is not None else None
    if match is None:
        return
    results: dict[str, str] = {}
    for name, value in match.groupdict().items():
        if value is not None:
            results.setdefault(name.partition("__")[0].replace("DASH", "-"), value)
    for name, value in results.items():
        yield from _claims(where, line, name, value, results)
