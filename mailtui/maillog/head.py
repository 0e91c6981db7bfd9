"""The head of a log line: time, host, program and process id, and what stands before the text.

Nov 22 13:22:20 mx postfix/smtpd[138]: connect from …          syslog, also without host (postlogd)
2026-11-22T13:22:20.5+01:00 mx postfix/smtpd[138]: …           RFC 3339
<22>1 2026-11-22T13:22:20Z mx postfix/smtpd 138 - - …          RFC 5424
Nov 22 13:22:20 mx mail.info postfix/smtpd[138]: …             BusyBox
Nov 22 13:22:20 mx postfix/smtpd[138]: [ID 197553 mail.info] … Solaris
Nov 22 13:22:20 <mail.info> mx postfix/smtpd[138]: …           FreeBSD, with -v
Nov 22 13:22:20 Info: imap-login: …                            Dovecot's own file
postfix/smtpd[138]: …                                          a container's log, or lines copied
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mailtui.maillog.stamp import PREFIX

QUEUE_ID = rb"[0-9A-F]{5,25}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,25}"
"""Short ids are hexadecimal, long ones (enable_long_queue_ids) digits and consonants (mail_queue.h)."""

_REST = re.compile(
    rb"[ \t]+(?:<[a-z0-9]+\.[a-z]+>[ \t]+)?"
    rb"(?:(?P<host>[^\s\[\]]*[^\s\[\]:])[ \t]+"
    rb"(?:(?:auth|daemon|local\d|mail|syslog|user)\.[a-z]{3,7}[ \t]+)?)?"
    rb"(?P<process>[^\s\[\]:]+)(?:\[(?P<pid>\d{1,10})\]:?|:)(?:[ \t]|$)(?:\[ID \d+ [a-z0-9]+\.[a-z]+\] )?"
)
_RFC5424 = re.compile(
    rb" (?P<host>\S+) (?P<process>[^\s\[\]:]+) (?P<pid>\d{1,10}|-) \S+ (?:-|\[.*?[^\\]\])"
    rb"(?: (?:\xef\xbb\xbf)?|$)"
)
_OWN_FILE = re.compile(
    rb"[ \t]+(?=(?:[a-z]+(?:-login|-worker)?)(?:\([^()\s]*\))?(?:<[^<>\s]*>)*: "
    rb"(?:Info|Warning|Error|Fatal|Panic|Debug): )"
)
"""A service of Dovecot at the head of its line, as Dovecot writes it into a file of its own."""
_TIMELESS = re.compile(
    rb"(?P<process>[a-z][\w.-]*(?:/[\w.-]+)*)\[(?P<pid>\d{1,10})\]:(?:[ \t]|$)"
    rb"|(?P<daemon>postfix[\w.-]*(?:/[\w.-]+)+):(?:[ \t]|$)"
)
_ID = re.compile(rb"(?:(?:warning|error|fatal|panic): )?(" + QUEUE_ID + rb"): ")
_DOVECOT = frozenset((b"Info", b"Warn", b"Warning", b"Error", b"Fatal", b"Panic", b"Debug"))


class Quick(NamedTuple):
    """What a line says at its head, still as bytes. `queue_id` is the one that begins the text (None for
    NOQUEUE), `process` is empty where the line names none, `start_of_text` an offset in the line."""

    queue_id: bytes | None
    process: bytes
    start_of_text: int


class Head(NamedTuple):
    """The parts of a head. `time` is a match of `stamp.PREFIX`; `host` and `pid` are empty where none is."""

    time: re.Match[bytes] | None
    host: bytes
    process: bytes
    pid: bytes
    start_of_text: int


_NONE = Head(None, b"", b"", b"", 0)


def head(line: bytes) -> Head:
    """The head of a line; a line without one is all text."""
    time = PREFIX.match(line)
    if time is None:
        bare = _TIMELESS.match(line)
        if bare is None:
            return _NONE
        return Head(None, b"", bare["process"] or bare["daemon"], bare["pid"] or b"", bare.end())
    modern = line[:1] == b"<" and time["iso"] is not None and line[time.start("iso") - 1] == 0x20
    found = (_RFC5424 if modern else _REST).match(line, time.end())
    if found is None:
        own = _OWN_FILE.match(line, time.end())
        if own is not None:
            return Head(time, b"", b"dovecot", b"", own.end())
        return Head(time, b"", b"", b"", time.end() + 1)
    host, process, pid = found["host"] or b"", found["process"], found["pid"] or b""
    if process in _DOVECOT and not host:
        return Head(time, b"", b"dovecot", b"", found.start("process"))
    return Head(time, host, process, pid if pid != b"-" else b"", found.end())


def quick(line: bytes) -> Quick:
    """Program, queue id and where the text begins, without decoding anything else."""
    _time, _host, process, _pid, start = head(line)
    found = _ID.match(line, start)
    return Quick(found[1] if found is not None else None, process, start)
