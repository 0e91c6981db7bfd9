"""The policy services that the chains ask: which program each is, and whether it answers.

A service is recognised by its endpoint, the entry of master.cf that spawns it, the process that listens
there, and the way it answers. The question that tries it is harmless: a null sender, a reserved recipient,
and a client of the documentation network (RFC 5737), which no greylist meets again.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mailtui.postfix.chainread import ServiceLists, smtpd_services
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import master_cf
from mailtui.postfix.greylisting import options, places
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.policy import Endpoint, PolicyError, ask, endpoint
from mailtui.postfix.smtpd.session import PARAMETERS
from mailtui.text.safe import decode, encode, safe

Program = Literal["postgrey", "policyd-spf", "other"]

SECONDS = 3.0
"""How long an answer is waited for."""
POSTGREY_PORT = 10023
"""Where Debian's postgrey listens."""

_NAMES: tuple[tuple[str, Program], ...] = (
    ("postgrey", "postgrey"), ("policyd-spf", "policyd-spf"), ("policyd_spf", "policyd-spf"),
    ("pypolicyd", "policyd-spf"),
)  # fmt: skip
_TCP = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENS = "0A"


@dataclass(frozen=True, slots=True)
class PolicyService:
    """A service that rules name. `rules`: how, as `smtpd_recipient_restrictions in main.cf:12`. `by`: what
    told which program it is; `process`: its command, empty where it is not seen."""

    endpoint: Endpoint
    program: Program
    by: str
    rules: tuple[str, ...]
    process: str = ""

    @property
    def written(self) -> str:
        return self.endpoint.written


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying a service: its answer (an action of access(5)), or why there is none; in ms."""

    alive: bool
    action: str = ""
    problem: str = ""
    ms: float = 0.0
    program: Program = "other"
    closed: bool = False
    """Whether it answers is not known: the caller, who is not root, may not connect."""

    @property
    def says(self) -> str:
        """In one line."""
        if not self.alive:
            return f"does not answer: {self.problem}"
        return f"answers {safe(self.action, 120)}"


def policy_services(instance: Instance) -> list[PolicyService]:
    """The services that main.cf and master.cf name, in the order in which smtpd meets them. Raises
    ParameterError."""
    found: dict[str, tuple[Endpoint, list[str]]] = {}
    for argument, where in _named(instance):
        server = endpoint(argument)
        found.setdefault(server.written, (server, []))[1].append(where)
    services = []
    for server, rules in found.values():
        program, by, process = recognise(instance, server)
        services.append(PolicyService(server, program, by, tuple(dict.fromkeys(rules)), process))
    return services


def _named(instance: Instance) -> Iterator[tuple[str, str]]:
    for service in smtpd_services(instance):
        lists = ServiceLists(instance, service)
        for parameter in (*PARAMETERS.values(), *lists.classes):
            place, rules, _ = lists.rules(parameter)
            for each in rules:
                rule = each.rule
                if rule.name.lower() != "check_policy_service" or not each.written.enabled:
                    continue
                if ":" in rule.argument:
                    file = os.path.basename(place.target.path)
                    line = f":{each.written.line}" if each.written.line else ""
                    yield rule.argument, f"{place.title} in {file}{line}"


def recognise(instance: Instance, server: Endpoint) -> tuple[Program, str, str]:
    """Which program a service is, what tells it, and its command."""
    spawned = _spawned(instance, server)
    if spawned:
        return _program(spawned), f"master.cf spawns {safe(spawned, 80)}", spawned
    process = _listener(server, instance.queue_directory)
    if process:
        return _program(process), f"the process {safe(process, 80)}", process
    if _is_configured_postgrey(instance, server):
        return "postgrey", "/etc/default/postgrey has it listen there", ""
    return "other", "nothing tells which program it is", ""


def _program(command: str) -> Program:
    """By the names of the interpreter, if there is one, and of what it runs; no option tells."""
    words = [word for word in command.lower().split() if not word.startswith("-")]
    names = " ".join(os.path.basename(word) for word in words[:2])
    return next((program for name, program in _NAMES if name in names), "other")


def _spawned(instance: Instance, server: Endpoint) -> str:
    """The command of the spawn(8) service whose socket this is, empty where it is none."""
    name = server.place.removeprefix("private/").removeprefix("public/")
    try:
        services = master_cf(instance.files, instance.master).services
    except OSError:
        return ""
    for service in services:
        if not service.enabled or service.command != "spawn" or service.name != name:
            continue
        if service.type == server.transport or (server.transport == "inet" and service.type == "inet"):
            words = [decode(word) if isinstance(word, bytes) else word for word in service.arguments]
            argv = [word for word in words if not word.startswith("user=")]
            return " ".join(argv).removeprefix("argv=")
    return ""


def _listener(server: Endpoint, queue_directory: str) -> str:
    """The command of the process that listens at an endpoint; empty where none is seen (another user's
    processes may be hidden)."""
    inodes = set(_inodes(server, queue_directory))
    if not inodes:
        return ""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if any(os.readlink(link) in wanted for link in (folder / "fd").iterdir()):
                return _command(folder)
        except OSError:
            continue
    return ""


def _command(folder: Path) -> str:
    raw = (folder / "cmdline").read_bytes().replace(b"\0", b" ").strip()
    return decode(raw or (folder / "comm").read_bytes().strip())


def _inodes(server: Endpoint, queue_directory: str) -> Iterator[str]:
    if server.transport == "inet":
        port = _port(server)
        for path in _TCP:
            for words in _lines(path):
                if words[3] == _LISTENS and int(words[1].rpartition(":")[2], 16) == port:
                    yield words[9]
        return
    paths = {server.place, os.path.join(queue_directory, server.place.lstrip("/"))}
    for words in _lines("/proc/net/unix"):
        if len(words) > 7 and words[7] in paths:
            yield words[6]


def _lines(path: str) -> Iterator[list[str]]:
    try:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    for line in text.splitlines()[1:]:
        yield line.split()


def _port(server: Endpoint) -> int | None:
    import socket

    port = server.place.rpartition(":")[2]
    try:
        return int(port) if port.isdigit() else socket.getservbyname(port, "tcp")
    except OSError:
        return None


def _is_configured_postgrey(instance: Instance, server: Endpoint) -> bool:
    try:
        listens = options(instance.files, places(instance).defaults).listens
    except OSError:
        return False
    kind, _, place = listens.partition(":")
    if kind != server.transport:
        return False
    if kind == "unix":
        return place == server.place or place == os.path.join(instance.queue_directory, server.place)
    return place.rpartition(":")[2] == server.place.rpartition(":")[2]


# Trying


PROBE = {
    "protocol_state": "RCPT", "client_address": "192.0.2.1", "client_name": "probe.example.net",
    "reverse_client_name": "probe.example.net", "helo_name": "probe.example.net", "sender": "",
    "recipient": "mailtui-probe@example.invalid", "sasl_username": "",
}  # fmt: skip
"""The session that is nobody's."""


def question(seconds_now: float | None = None, told: Mapping[str, str] = PROBE) -> bytes:
    """A question about a session; by default a harmless one: it lets nobody in, and its triplet is met once
    only. `told`: what is said of the session, by the protocol's names (SMTPD_POLICY_README)."""
    stamp = time.time() if seconds_now is None else seconds_now
    attributes = {
        "request": "smtpd_access_policy", "protocol_name": "ESMTP", **PROBE, **told,
        "recipient_count": "0", "queue_id": "", "instance": f"mailtui.{os.getpid()}.{stamp:.6f}", "size": "0",
        "etrn_domain": "", "sasl_method": "PLAIN" if told.get("sasl_username") else "", "sasl_sender": "",
        "ccert_subject": "", "ccert_issuer": "", "ccert_fingerprint": "", "encryption_protocol": "",
        "encryption_cipher": "", "encryption_keysize": "0",
    }  # fmt: skip
    lines = (f"{name}={value.translate(_ONE_LINE)}\n" for name, value in attributes.items())
    return encode("".join(lines)) + b"\n"


_ONE_LINE = {10: 63, 0: 63}


def try_service(
    instance: Instance, server: Endpoint, seconds: float = SECONDS, told: Mapping[str, str] = PROBE
) -> Tried:
    """Ask a service about a session, by default the harmless question."""
    began = time.perf_counter()
    try:
        action = ask(server, question(told=told), seconds, instance.queue_directory)
    except PolicyError as error:
        if error.closed and os.geteuid() != 0:
            return Tried(False, problem="root alone may ask it", closed=True)
        return Tried(False, problem=str(error), ms=(time.perf_counter() - began) * 1000)
    except ParameterError as error:
        return Tried(False, problem=str(error))
    return Tried(True, action, ms=(time.perf_counter() - began) * 1000, program=by_answer(action))


_GREY = re.compile(r"greylist|x-greylist|postgrey", re.IGNORECASE)
_SPF = re.compile(r"received-spf|\bspf\b|authentication-results", re.IGNORECASE)


def by_answer(action: str) -> Program:
    """Which program speaks so."""
    if _GREY.search(action):
        return "postgrey"
    return "policyd-spf" if _SPF.search(action) else "other"
