"""What other people's tests, rules, patterns and counters say of real log lines is what our records say.

A field that differs must stand in EXCEPTIONS with its reason, a file that nothing reads in NOT_READ.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from mailtui.maillog.record import quick
from tests.laws import logcrowdsec, loggrok, logmetrics, logpatterns, logsamples
from tests.laws.logclaims import Claim, index, log_lines, logs
from tests.laws.whole import differs, sample, tally

pytestmark = [
    pytest.mark.law,
    pytest.mark.skipif(logs() is None, reason="no corpus of logs beside the checkout (MAILTUI_CORPUS)"),
]

EXCEPTIONS: tuple[tuple[str, str, str, str], ...] = (
    (r".*", r".*", r": (?:NOQUEUE: reject: )?Unsupported$", "a line made up that no daemon writes"),
    (
        r".*", r".*", r": (?:QueueID|FGHIJ67890|KLMNO11111|UVWXY33333): ",
        "a queue id that Postfix cannot make (mail_queue.h): letters made up, or a word in its place",
    ),
    (r".*", r"postfix_from", r"from=<[^>]*>>", "their sender ends in a bracket too many"),
    (r".*", r".*: helo", r" helo=$", "the sample lost its name with its brackets: no name is not an empty one"),
    (r"Kintyre.*", r"xref", r".*", "its ids are hexadecimal only and end at the first other letter"),
    (r"Kintyre.*", r"status_code_short", r"said: 12 Mal", "a reply code has three digits"),
    (r"NETWAYS.*__4.*", r".*msgid.*", r": (?:error|panic|fatal|timeout|disconnect|connect|addr)\b", "a word is no queue id"),
    (r"fail2ban.*__4\.log", r"time|host", r"^@4000", "multilog's TAI64N stamp, which no syslog writes"),
    (r"fail2ban.*__9\.log", r"time", r"^\[\d\d-", "Roundcube's own file, not syslog"),
)  # fmt: skip
"""File, field and line (patterns), and why they differ."""

NOT_READ = {
    r"tivrobo__.*\.src\..*": "an editor's settings; no expectation",
    r"adyekjaer__.*__2\.expect\.json": "a mail queue as postqueue -j prints it, no log",
    r"digineo__.*__3\.expect\.txt": "a mail queue as showq prints it, no log",
    r"sergeymakinen__.*__3\.expect\.yml": "how to put replies into classes, no expectation of a line",
    r"fail2ban__.*\.expect\.conf": "the filters; what they find in each sample is in the samples' JSON comments",
    r"Kintyre__.*__1\.expect\.conf": "the name of a source",
    r"NETWAYS__.*__(?:16|17|18)\.expect\.conf": "renames fields of the others",
    r"NETWAYS__.*__3\.expect\.conf": "splits the program's name, which the others' choice of pattern tries",
    r"ossec__.*__2\.expect\.ini|wazuh__.*__2\.expect\.ini": "MailScanner and OpenSMTPD, other programs",
}
"""Files of expectations that no claim comes from, and why."""

FEW_LINES = 700
"""Real lines tried with patterns in a sample."""


def _agree(law: str, claims: Iterator[Claim]) -> Counter[str]:
    """Try claims; the exceptions are told, the rest must hold. Returns how many there were by file."""
    tried: Counter[str] = Counter()
    wrong, excepted, lines = [], 0, set()
    for claim in claims:
        tried[claim.file] += 1
        lines.add(claim.line)
        if claim.holds():
            continue
        why = _excepted(claim)
        if why is None:
            wrong.append(
                f"{claim.file} {claim.theirs}: {claim.expected!r}, ours {claim.found()!r} in {claim.line[:240]!r}"
            )
        else:
            excepted += 1
            differs(law, f"{claim.file} {claim.theirs}", why)
    tally(law, files=len(tried), lines=len(lines), fields=tried.total(), excepted=excepted)
    assert not wrong, f"{len(wrong)} fields differ:\n" + "\n".join(wrong[:20])
    assert tried.total() > excepted
    return tried


def _excepted(claim: Claim) -> str | None:
    line = claim.line.decode("utf-8", "replace")
    return next(
        (
            why
            for file, name, text, why in EXCEPTIONS
            if re.fullmatch(file, claim.file) and re.fullmatch(name, claim.theirs) and re.search(text, line)
        ),
        None,
    )


def test_grok_tests() -> None:
    _agree("log grok tests", (claim for path in loggrok.test_files() for claim in loggrok.claims_of(path)))


def test_crowdsec_asserts() -> None:
    _agree("log crowdsec", (claim for pair in logcrowdsec.pairs() for claim in logcrowdsec.claims_of(*pair)))


def test_fail2ban_samples() -> None:
    files = logsamples.fail2ban_files()
    _agree("log fail2ban", (claim for path in files for claim in logsamples.fail2ban_claims(path)))


def test_rules_of_ossec_and_wazuh() -> None:
    files = logsamples.rule_files()
    _agree("log ossec wazuh", (claim for path in files for claim in logsamples.rule_claims(path)))
    asked = {number for path in files for number in logsamples.rules_of(path)}
    assert asked <= set(logsamples.RULES) | set(logsamples.RULES_NOT)


@lru_cache(maxsize=1)
def _postfix_lines() -> list[tuple[str, bytes, str, str]]:
    """File, line, daemon and text of lines that Postfix wrote: all, or a few."""
    folder = logs()
    assert folder is not None
    found = []
    for path in sorted(folder.glob("*.log")):
        for line in log_lines(path):
            _queue_id, process, start = quick(line)
            if process.startswith(b"postfix"):
                daemon = process.rpartition(b"/")[2].decode()
                text = line[start:].decode("utf-8", "surrogateescape").rstrip("\r")
                found.append((path.name, line, daemon, text))
    return sample(found, FEW_LINES, "log patterns")


def test_grok_patterns_on_real_lines() -> None:
    assert len(loggrok.patterns()) > 20
    _agree(
        "log grok patterns",
        (
            claim
            for _file, line, daemon, text in _postfix_lines()
            for claim in loggrok.pattern_claims(
                "whyscream__postfix-grok-patterns__193.expect.grok", line, daemon, text
            )
        ),
    )


def test_pipelines_on_real_lines() -> None:
    assert len(logpatterns.netways()) > 15
    _agree("log netways", (
        claim for _file, line, daemon, text in _postfix_lines() for claim in logpatterns.netways_claims(line, daemon, text)
    ))  # fmt: skip
    _agree("log kintyre", (
        claim
        for _file, line, _daemon, _text in _postfix_lines()
        for claim in logpatterns.kintyre_claims(line, line.decode("utf-8", "surrogateescape").rstrip("\r"))
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("log", "metrics"),
    [logmetrics.DIGINEO, logmetrics.SERGEY, (logmetrics.SERGEY[0], logmetrics.SERGEY_WORDS)],
)
def test_numbers_of_exporters(log: str, metrics: str) -> None:
    numbers = logmetrics.samples(log, metrics)
    wrong = [
        f"{name}: {theirs:g}, ours {ours:g}" for name, theirs, ours in numbers if abs(theirs - ours) > 1e-6
    ]
    tally("log exporters", files=1, fields=len(numbers))
    assert numbers
    assert not wrong, "\n".join(wrong)


def _read() -> set[str]:
    """The files of expectations that claims come from."""
    grok = {path.name for path in loggrok.test_files()}
    told = {asserts.name for asserts, _log in logcrowdsec.pairs()}
    rules = {path.name for path in logsamples.rule_files() if any(logsamples.rule_claims(path))}
    pipes = {name for name, *_rest in logpatterns.netways()} | {
        name for name, _pattern in logpatterns.kintyre()
    }
    metrics = {logmetrics.DIGINEO[1], logmetrics.SERGEY[1], logmetrics.SERGEY_WORDS}
    patterns = {
        "whyscream__postfix-grok-patterns__192.expect.conf",
        "whyscream__postfix-grok-patterns__193.expect.grok",
    }
    return grok | told | rules | pipes | metrics | patterns


def test_every_file_of_expectations_is_read_or_named() -> None:
    files = [name for name in index() if ".expect." in name or ".src." in name or name.endswith(".yaml")]
    read, missing = _read(), []
    for name in files:
        short = Path(name).name
        if short in read:
            continue
        why = next((why for pattern, why in NOT_READ.items() if re.fullmatch(pattern, short)), None)
        if why is None:
            missing.append(name)
        else:
            differs("log expectations", short, why)
    tally("log expectations", files=len(files), read=sum(Path(name).name in read for name in files))
    assert not missing
    assert len(files) > 190
