"""Numbers that exporters count in a log (digineo and sergeymakinen), against the same counted in our records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mailtui.maillog.record import facts
from tests.laws.logclaims import Facts, log_lines, logs

DIGINEO = ("digineo__postfix_exporter__1.log", "digineo__postfix_exporter__2.expect.metrics")
SERGEY = ("sergeymakinen__postfix_exporter__1.log", "sergeymakinen__postfix_exporter__2.expect.txt")
SERGEY_WORDS = "sergeymakinen__postfix_exporter__1.expect.txt"
"""The same numbers; the replies put into classes by a file of patterns."""

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")

Count = Callable[[list[Facts], dict[str, str]], float]


def _are(**wanted: str) -> Count:
    """How many records have these values; a label of the sample may be one of them, as `{label}`."""

    def counted(found: list[Facts], labels: dict[str, str]) -> float:
        values = {name: value.format(**labels) for name, value in wanted.items()}
        return sum(all(str(_of(one, name)) == value for name, value in values.items()) for one in found)

    return counted


def _of(found: Facts, name: str) -> object:
    """A field; `daemon` is the last part of the program's name, `instance` its first."""
    process = str(found.get("process", ""))
    if name == "daemon":
        return process.rpartition("/")[2]
    if name == "instance":
        return process.partition("/")[0]
    if name == "words":
        return found["text"]
    return found.get(name)


def _delays(stage: int, sums: bool) -> Count:
    def counted(found: list[Facts], labels: dict[str, str]) -> float:
        values: list[float] = [
            one["delays"][stage] for one in found if "delays" in one and _of(one, "daemon") == "smtp"
        ]
        return round(sum(values), 6) if sums else float(len(values))

    return counted


_STAGES = ("before_queue_manager", "queue_manager", "connection_setup", "transmission")


def _stage(sums: bool) -> Count:
    return lambda found, labels: _delays(_STAGES.index(labels["stage"]), sums)(found, labels)


def _delay(sums: bool) -> Count:
    def counted(found: list[Facts], labels: dict[str, str]) -> float:
        values: list[float] = [
            one["delay"]
            for one in found
            if "delay" in one
            and one["status"] == labels["status"]
            and _of(one, "daemon") == labels["subprogram"]
        ]
        return round(sum(values), 6) if sums else float(len(values))

    return counted


def _screened(found: list[Facts], labels: dict[str, str]) -> float:
    """postscreen's actions by their names; a rejection is `NOQUEUE: RCPT`."""
    seen = Counter(
        f"NOQUEUE: {one['stage']}" if one["event"] == "reject"
        else one.get("status") or one["event"].upper()
        for one in found if _of(one, "daemon") == "postscreen" and one["level"] == "info"
    )  # fmt: skip
    return seen[labels["action"]]


def _lost(found: list[Facts], labels: dict[str, str]) -> float:
    return sum(
        bool(one.get("reason") == "lost connection") and _of(one, "daemon") == labels["subprogram"]
        for one in found
    )


def _unresolved(found: list[Facts], labels: dict[str, str]) -> float:
    return sum("does not resolve to address" in one["text"] for one in found)


def _logins(found: list[Facts], labels: dict[str, str]) -> float:
    return sum(
        bool(one["event"] == "auth_failed") and (labels.get("method") in {None, one.get("sasl_method")})
        for one in found
    )


COUNTS: dict[str, Count] = {
    "postfix_cleanup_messages_processed_total": _are(daemon="cleanup", instance="{name}"),
    "postfix_qmgr_messages_removed_total": _are(event="removed", instance="{name}"),
    "postfix_qmgr_messages_inserted_size_bytes_sum": lambda found, _labels: sum(
        one["size"] for one in found if one["event"] == "queued"
    ),
    "postfix_qmgr_messages_inserted_size_bytes_count": _are(event="queued"),
    "postfix_qmgr_messages_inserted_receipients_sum": lambda found, _labels: sum(
        one["nrcpt"] for one in found if one["event"] == "queued"
    ),
    "postfix_qmgr_messages_inserted_receipients_count": _are(event="queued"),
    "postfix_smtp_delivery_delay_seconds_sum": _stage(sums=True),
    "postfix_smtp_delivery_delay_seconds_count": _stage(sums=False),
    "postfix_smtp_tls_connections_total": _are(
        tls_cipher="{cipher}", tls_protocol="{protocol}", tls_trust="{trust}", tls_bits="{secret_bits}",
        tls_algorithm_bits="{algorithm_bits}", daemon="smtp",
    ),
    # It counts the daemon called smtpd alone, and elsewhere the messages of those who logged in.
    "postfix_smtpd_connects_total": _are(event="connect", process="postfix/smtpd"),
    "postfix_smtpd_disconnects_total": _are(event="disconnect", process="postfix/smtpd"),
    "postfix_smtpd_messages_processed_total": lambda found, _labels: sum(
        one["event"] == "received" and one["process"] == "postfix/smtpd" and "sasl_username" not in one
        for one in found
    ),
    "postfix_smtpd_messages_rejected_total": _are(event="reject", code="{code}"),
    "postfix_smtpd_sasl_authentication_failures_total": _logins,
    "postfix_connects_total": _are(event="connect", daemon="{subprogram}"),
    "postfix_disconnects_total": _are(event="disconnect", daemon="{subprogram}"),
    "postfix_login_failures_total": _logins,
    "postfix_logs_total": _are(level="{severity}", daemon="{subprogram}"),
    "postfix_lost_connections_total": _lost,
    "postfix_milter_actions_total": _are(event="milter_reject", status="milter-{action}", daemon="{subprogram}"),
    "postfix_noqueue_reject_replies_total": lambda found, labels: sum(
        one["event"] == "reject" and labels["text"] in one["text"] and str(one["code"]) == labels["code"]
        and one["dsn"] == labels["enhanced_code"] and one["stage"] == labels["command"] for one in found
        if _of(one, "daemon") == labels["subprogram"] and "code" in one
    ),
    "postfix_not_resolved_hostnames_total": _unresolved,
    "postfix_postscreen_actions_total": _screened,
    "postfix_qmgr_statuses_total": _are(status="{status}", daemon="qmgr"),
    "postfix_statuses_total": _are(status="{status}", daemon="{subprogram}"),
    "postfix_delay_seconds_sum": _delay(sums=True), "postfix_delay_seconds_count": _delay(sums=False),
}  # fmt: skip
"""Their numbers, and how the same is counted in records."""

COUNTS_NOT = {
    r".*_bucket$": "a histogram's steps; its sum and count are compared",
    r"postfix_delay_seconds$": "quantiles; sum and count are compared",
    r"postfix_unsupported": "lines that their parser does not know; ours has every line",
    r"postfix_smtp_status_total$": "counts 0 sent though their own log has two; deliveries are in the delays",
    r"postfix_(?:smtp|status)_replies": "replies put into classes by their file of patterns",
}
"""Numbers that are not compared, and why."""


def samples(log: str, metrics: str) -> list[tuple[str, float, float]]:
    """Each number of a file of metrics: its name with labels, theirs, and ours of the log."""
    folder = logs()
    if folder is None:
        return []
    found = [facts(line) for line in log_lines(folder / log)]
    return [
        (sample[0], float(sample[3]), float(COUNTS[sample[1]](found, _labels(sample[2] or ""))))
        for sample in _samples(folder / metrics)
        if not any(re.match(pattern, sample[1]) for pattern in COUNTS_NOT)
    ]


def _samples(path: Path) -> list[re.Match[str]]:
    rows = path.read_text(encoding="utf-8").splitlines()
    return [found for row in rows if not row.startswith("#") and (found := _SAMPLE.match(row)) is not None]


def _labels(text: str) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="([^"]*)"', text))
