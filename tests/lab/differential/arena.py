"""One Postfix instance with a service for each set-up, and the same sessions asked of it and of explain."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mailtui import commands
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.explain import Explainer
from mailtui.postfix.smtpd.session import Answer, Session
from tests.lab.differential.play import Connection, Told
from tests.lab.differential.setups import Batch

FIRST_PORT = 20000
POLICY_PORT = 19999
MASTER = "/usr/lib/postfix/sbin/master"
MASTER_CF = """\
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
smtp      unix  - - n - - smtp
verify    unix  - - n - 1 verify
error     unix  - - n - - error
retry     unix  - - n - - error
local     unix  - n n - - local
virtual   unix  - n n - - virtual
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
tlsmgr    unix  - - n 1000? 1 tlsmgr
"""
NETWORKS = "203.0.113.64/26 x\n2001:db8::/48 x\n"
_POLICY = (
    "DUNNO",
    "REJECT policy says no",
    "DEFER_IF_PERMIT 4.2.0 come back",
    "OK",
    "PREPEND X-P: q",
    "strict",
)


class Verdict(NamedTuple):
    """What both say of one session with one set-up."""

    setup: int
    session: Session
    told: Told
    answer: Answer

    @property
    def certain(self) -> bool:
        """Whether explain says that it knows."""
        return not self.answer.unknown or (self.answer.code == 0 and self.told.code == 0)

    @property
    def agrees(self) -> bool:
        ours = self.answer
        return (ours.code, ours.enhanced, ours.text, ours.at) == (
            self.told.code, self.told.enhanced, self.told.text, self.told.at,
        )  # fmt: skip


def compare(folder: Path, batch: Batch) -> list[Verdict]:
    """Run every session of a batch both ways, in a fresh instance in `folder`."""
    _write(folder, batch)
    with _running(folder):
        told = _played(batch)
        said = _explained(folder, batch)
    return [
        Verdict(number, session, real, ours)
        for (number, session), real, ours in zip(batch.sessions, told, said, strict=True)
    ]


def _played(batch: Batch) -> list[Told]:
    connections = [Connection(FIRST_PORT + number) for number in range(len(batch.setups))]
    try:
        return [connections[number].play(session) for number, session in batch.sessions]
    finally:
        for connection in connections:
            connection.close()


def _explained(folder: Path, batch: Batch) -> list[Answer]:
    explainer = Explainer(Instance.open(str(folder / "etc")), live=True)
    named = [replace(each, service=f"127.0.0.1:{FIRST_PORT + n}/inet") for n, each in batch.sessions]
    return explainer.answers(named)


# The instance


def _write(folder: Path, batch: Batch) -> None:
    etc = folder / "etc"
    for name in ("etc", "spool", "data", "log", "sasl"):
        (folder / name).mkdir(exist_ok=True)
    os.chmod(folder, 0o755)
    commands.ask(["chown", "postfix", str(folder / "data")])
    (folder / "sasl/smtpd.conf").write_text(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN\n"
    )
    here = str(etc)
    fixed = {
        "queue_directory": folder / "spool", "data_directory": folder / "data",
        "cyrus_sasl_config_path": folder / "sasl", "maillog_file": "",
    }  # fmt: skip
    settings = {**batch.base, **{name: str(value) for name, value in fixed.items()}}
    main = "".join(f"{name} = {value}\n" for name, value in settings.items())
    entries = [setup.master(FIRST_PORT + number) for number, setup in enumerate(batch.setups)]
    files = {name: text for name, (_kind, text) in batch.tables.items()}
    files |= {"main.cf": main, "master.cf": "".join(entries) + MASTER_CF, "nets": NETWORKS}
    past = time.time() - 60
    for name, text in files.items():
        (etc / name).write_text(text.replace("@DIR@", here))
        os.utime(etc / name, (past, past))
    for name, (kind, _text) in batch.tables.items():
        if kind in {"hash", "btree", "lmdb", "cdb"}:
            commands.ask(["postmap", "-c", here, f"{kind}:{etc / name}"])


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[None]:
    etc = str(folder / "etc")
    if not (folder / "spool/active").exists():
        _check(etc)
    master = subprocess.Popen(
        [MASTER, "-c", etc, "-d"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(folder)
        yield
    finally:
        master.terminate()
        master.wait()


def _check(etc: str) -> None:
    done = commands.ask(["postfix", "-c", etc, "check"])
    if not done.ok:
        raise RuntimeError(f"postfix check: {done.words}")


def _wait(folder: Path) -> None:
    """Until the first service answers: master has bound them all by then."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", FIRST_PORT), 5):
            return
        time.sleep(0.01)
    raise RuntimeError(f"no smtpd came up in {folder}")


# The policy server


class _Policy(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked: dict[str, str] = {}
        for raw in self.rfile:
            line = raw.decode("utf-8", "replace").strip()
            if line:
                name, _equals, value = line.partition("=")
                asked[name] = value
                continue
            chosen = sum(f"{asked.get('sender')}{asked.get('client_address')}".encode()) % len(_POLICY)
            self.wfile.write(f"action={_POLICY[chosen]}\n\n".encode())
            asked = {}


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


@contextlib.contextmanager
def policy_server() -> Iterator[None]:
    """A policy server that answers by sender and client, always the same."""
    with _Server(("127.0.0.1", POLICY_PORT), _Policy) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield
        server.shutdown()


def only(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that differ where explain claims to know."""
    return [each for each in verdicts if each.certain and not each.agrees]
