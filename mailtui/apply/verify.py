"""Whether Postfix is as it was after a change: it lives, answers, and uses what was written."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from mailtui import commands
from mailtui.apply.compile import program
from mailtui.formats.target import Target
from mailtui.postfix.instance import master_pid
from mailtui.text.safe import decode

BANNER_WAIT = 4.0
"""Seconds a service may take to greet; the first greeting after a reload waits for a new process."""
SETTLE = 0.1
"""Seconds for which an old smtpd may still take a connection after `postfix reload` has returned."""
RETRY = 5.0
"""Seconds within which a service that greeted before must greet again. One whose process dies at its start
is not tried again by master(8) for service_throttle_time (60 s), reload or not: only a restart ends that."""
_SMTPD = frozenset({"smtpd", "postscreen"})
_SILENT = re.compile(r"smtpd_tls_wrappermode\s*=\s*yes|(smtpd|postscreen)_upstream_proxy_protocol\s*=\s*\w")
_BAD = re.compile(rb"(?:fatal|panic): ")
_STAMP = re.compile(rb"^.*?[\w/.-]+\[\d+\]: ")


class Services(Protocol):
    """What is asked of an instance here."""

    config_dir: str

    @property
    def queue_directory(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an inet service of master.cf listens."""

    service: str
    """As master.cf names it (`smtp`, `127.0.0.1:10025`)."""
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.service} ({self.host}:{self.port})"


@dataclass(frozen=True, slots=True)
class Health:
    """How an instance was at one moment."""

    pid: int | None
    """Of its master(8); None: it did not run."""
    banners: Mapping[Endpoint, bool] = field(default_factory=dict)
    """Which services greeted."""


def endpoints(
    config_dir: str, ask: Callable[[Sequence[str]], commands.Result] = commands.ask
) -> list[Endpoint]:
    """The inet services that greet a client first: smtpd(8) and postscreen(8) without TLS wrapping and
    without a proxy in front, each at one address it listens on. Raises CommandError."""
    names = ("inet_interfaces", "inet_protocols", "smtpd_tls_wrappermode", "smtpd_upstream_proxy_protocol")
    lines = decode(ask(("postconf", "-c", config_dir, "-x", *names)).out).splitlines()
    if any(_SILENT.search(line) for line in lines):
        return []
    settings = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    interfaces, protocols = settings.get("inet_interfaces", ""), settings.get("inet_protocols", "")
    found = []
    for line in decode(ask(("postconf", "-c", config_dir, "-Mx")).out).splitlines():
        fields = line.split()
        if len(fields) < 8 or fields[1] != "inet" or fields[7] not in _SMTPD or _SILENT.search(line):
            continue
        endpoint = _endpoint(fields[0], interfaces, protocols)
        if endpoint is not None:
            found.append(endpoint)
    return found


def _endpoint(service: str, interfaces: str, protocols: str) -> Endpoint | None:
    host, _, port = service.rpartition(":")
    host = host.strip("[]")
    try:
        number = int(port) if port.isdigit() else socket.getservbyname(port, "tcp")
    except OSError:
        return None
    if not host:
        words = interfaces.replace(",", " ").split()
        first = words[0] if words else "all"
        everywhere = first in {"all", "loopback-only", "localhost"}
        host = ("::1" if protocols.strip() == "ipv6" else "127.0.0.1") if everywhere else first.strip("[]")
    return Endpoint(service, host, number)


def banners(where: Sequence[Endpoint], wait: float = BANNER_WAIT) -> dict[Endpoint, bool]:
    """Which of the services greet within `wait` seconds; all are tried at the same time."""
    if not where:
        return {}
    with ThreadPoolExecutor(max_workers=min(16, len(where))) as pool:
        return dict(zip(where, pool.map(lambda each: _greets(each, wait), where), strict=True))


def _greets(endpoint: Endpoint, wait: float) -> bool:
    until = time.monotonic() + wait
    said = b""
    try:
        with socket.create_connection((endpoint.host, endpoint.port), timeout=wait) as connection:
            while b"\n" not in said and len(said) < 4096:
                connection.settimeout(max(0.01, until - time.monotonic()))
                part = connection.recv(4096)
                if not part:
                    return False
                said += part
            if said.startswith(b"220 "):  # never in the middle of a multi-line greeting (postscreen's teaser)
                connection.sendall(b"QUIT\r\n")
    except OSError:
        return False
    # 4xx and 5xx count: a server that refuses us in words answers (a client limit, a DNS list).
    return said[:1] in {b"2", b"4", b"5"}


def health(subject: Services, where: Sequence[Endpoint], wait: float = BANNER_WAIT) -> Health:
    """How the instance is now. No service is asked while it does not run."""
    pid = master_pid(subject.queue_directory)
    return Health(pid, banners(where, wait) if pid is not None else {})


def unlike(subject: Services, before: Health, *, restarted: bool = False, within: float = RETRY) -> list[str]:
    """What is worse than `before`, in words; nothing where all is well.

    Postfix must run where it ran, as the same master(8) unless it was `restarted`, and every service that
    greeted must greet within `within` seconds. One that was stopped need not run.
    """
    if before.pid is None:
        return []
    if before.banners:
        time.sleep(SETTLE)
    left = [each for each, greeted in before.banners.items() if greeted]
    until = time.monotonic() + within
    while True:
        now = health(subject, left)
        left = [each for each in left if not now.banners.get(each)]
        if now.pid is not None and not left:
            break
        if time.monotonic() > until:
            break
        time.sleep(0.2)
    if now.pid is None:
        return ["Postfix does not run any more"]
    worse = [f"{each} does not answer any more" for each in left]
    if now.pid != before.pid and not restarted:
        worse.append(f"Postfix's master is another process: {now.pid} instead of {before.pid}")
    return worse


def answers(
    config_dir: str, target: Target, spec: str, keys: Sequence[bytes]
) -> dict[bytes, bytes | None] | str:
    """What a table answers for each key, or why it cannot be queried, in Postfix's words.

    `spec` is the table to ask, in the format of `target`: the live one, or a candidate in a work folder.
    Raises CommandError.
    """
    if not keys:
        return {}
    lines = b"".join(key + b"\n" for key in keys)
    done = commands.ask(
        (program(target), "-c", config_dir, "-q", "-", spec), stdin=lines, timeout=commands.ACT_TIMEOUT
    )
    if done.status not in {0, 1} or b"fatal: " in done.err:
        return done.words
    mark = b":\t" if target.format == "aliases" else b"\t"  # postalias prints `key:`, then the tab
    found = dict(line.split(mark, 1) for line in done.out.split(b"\n") if mark in line)
    return {key: found.get(key) for key in keys}


def lookups(config_dir: str, target: Target, expected: Mapping[bytes, bytes | None]) -> list[str]:
    """Where the live table answers otherwise than `expected` (None: nothing), by Postfix's own lookup.

    Keys are given as they stand in the table, values as postmap(1) stores them. Raises CommandError.
    """
    found = answers(config_dir, target, target.spec, list(expected))
    if isinstance(found, str):
        return [f"{target.spec} cannot be queried: {found}"]
    return [
        f"{target.spec} answers {_shown(found.get(key))} for {decode(key)}, not {_shown(value)}"
        for key, value in expected.items()
        if found.get(key) != value
    ]


def _shown(value: bytes | None) -> str:
    return "nothing" if value is None else decode(value)


def alarms(log: bytes, touched: Iterable[str], earlier: bytes = b"") -> list[str]:
    """The `fatal` and `panic` lines of `log` that name something touched (a path, a parameter, a service)
    and say what `earlier`, the log of the minutes before the change, does not say already."""
    names = [
        re.compile(rb"(?<![\w-])" + re.escape(name.encode("utf-8", "surrogateescape")) + rb"(?![\w-])")
        for name in touched
    ]
    known = {_STAMP.sub(b"", line) for line in earlier.splitlines() if _BAD.search(line)}
    return [
        decode(line)
        for line in log.splitlines()
        if _BAD.search(line)
        and any(name.search(line) for name in names)
        and _STAMP.sub(b"", line) not in known
    ]
