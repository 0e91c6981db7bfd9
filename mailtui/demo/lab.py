"""A running demo for tests to drive: programs run beside its server, mail goes in, the log is read.

Everything that speaks to the running Postfix must go through `Lab.run`: process numbers and ports are the
namespace's own, and `postfix reload` from outside would signal a process of the host.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import mailtui
from mailtui import commands
from mailtui.demo import accounts, namespace
from mailtui.demo.daemon import Daemon
from mailtui.demo.place import DemoError, Mode, Place, settle
from mailtui.demo.traffic import Answer

WAIT = 10.0
"""Seconds until something that a test waits for is missed."""
ENDS = 60.0
"""Seconds that a demo may take to end: its server, its filters, and all the mail that it holds."""
_SEND = """
import json, sys, pathlib
from mailtui.demo import place, traffic
directory, *words = json.loads(sys.argv[1])
there, _ = place.settle(pathlib.Path(directory), place.Mode.NAMESPACE)
sender, recipients, subject, body, client, head, login = words
message = traffic.Message(
    tuple(client or traffic.PARTNER), sender, tuple(recipients), subject, body=body, head=head,
    login=login and tuple(login),
)
answer = traffic.send(there, message, as_client=client is not None)
print(json.dumps([answer.code, answer.text]))
"""


def unavailable() -> str | None:
    """Why no lab can be had here, or None: it needs root, namespaces and Postfix."""
    if commands.find("postfix") is None:
        return "Postfix is not installed"
    return namespace.refused()


class Lab:
    """One demo in its own namespaces, alive between `start` and `stop`; its folder is gone afterwards.

    With `filters` it has the whole demo's filters; without, `filters.Filters` starts single ones.
    """

    def __init__(self, *, traffic: bool = False, filters: bool = False) -> None:
        self.traffic = traffic
        self.filters = filters
        self.place = Place(Path("/nonexistent"), Mode.NAMESPACE)
        self._demo: subprocess.Popen[bytes] | None = None
        self._first = 0
        self._beside: list[Daemon] = []

    @property
    def directory(self) -> Path:
        return self.place.directory

    @property
    def config_dir(self) -> Path:
        return self.place.etc

    @property
    def log(self) -> Path:
        return self.place.log

    def start(self) -> None:
        """Set the demo up. Raises DemoError with its words where it cannot be had."""
        flags = ["--no-traffic"] * (not self.traffic) + ["--no-filters"] * (not self.filters)
        say_where = 'echo "$MAILTUI_CONFIG_DIR"; exec cat'
        self._demo = self._begun([*flags, "--", "sh", "-c", say_where])
        assert self._demo.stdout is not None
        config_dir = self._demo.stdout.readline().decode().strip()
        if not config_dir:
            raise DemoError(self._demo.communicate()[1].decode("utf-8", "replace").strip())
        self.place, _ = settle(Path(config_dir).parents[1], Mode.NAMESPACE)
        unshare = _children(self._demo.pid)[0]
        self._first = _children(unshare)[0]

    def _begun(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """`mailtui demo ARGUMENTS`, just started, with its streams ours."""
        return subprocess.Popen(
            [sys.executable, "-m", "mailtui.demo", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(mailtui.__file__).parent.parent)},
        )

    def stop(self) -> int:
        """End the demo as leaving its console does, and return its exit status."""
        if self._demo is None:
            return 0
        for each in self._beside:
            each.stop()
        self._beside = []
        self._demo.communicate(timeout=ENDS)
        return self._demo.returncode

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` beside the server; also for starting it by other means (tmux)."""
        return ["nsenter", f"--target={self._first}", "--net", "--mount", "--pid", "--", *argv]

    def accompany(self, daemon: Daemon) -> None:
        """End this program with the lab; see `filters.Filters`."""
        self._beside.append(daemon)

    def environment(self) -> dict[str, str]:
        """What a program beside the server finds in its environment; see Demo.environment."""
        config = str(self.config_dir)
        return {
            "MAILTUI_CONFIG_DIR": config,
            "MAILTUI_STATE_DIR": str(self.place.state),
            "MAIL_CONFIG": config,
            "PYTHONPATH": str(Path(mailtui.__file__).parent.parent),
        }

    def run(self, *argv: str, stdin: bytes = b"", timeout: float = 60) -> commands.Result:
        """Run a program beside the server and return its result, whatever its exit status."""
        return commands.ask(self.inside(argv), stdin=stdin, timeout=timeout, env=self.environment())

    def mailtui(self, *arguments: str, stdin: bytes = b"") -> commands.Result:
        """Run `mailtui --config-dir … ARGUMENTS` beside the server."""
        argv = [sys.executable, "-m", "mailtui", "--config-dir", str(self.config_dir), *arguments]
        return self.run(*argv, stdin=stdin)

    def postfix(self, verb: str) -> commands.Result:
        """Run `postfix VERB`; its messages go to the log, as without a terminal they always do."""
        return self.run("postfix", "-c", str(self.config_dir), verb)

    def send(
        self,
        *to: str,
        sender: str = "desk@partner.example",
        subject: str = "A test",
        body: str = "Hello.\r\n",
        client: tuple[str, str] | None = None,
        head: str = "",
        login: str = "",
    ) -> Answer:
        """Send a message: from 127.0.0.1, whom the server trusts, or as `client`, a name and an address.

        `head` stands for the whole header, to the byte; `login` is an account of the demo's, by which the
        message is handed in on the submission port.
        """
        account = (login, accounts.PASSWORDS[login]) if login else None
        words = json.dumps([str(self.directory), sender, to, subject, body, client, head, account])
        done = self.run(sys.executable, "-c", _SEND, words)
        if not done.ok:
            raise DemoError(f"nothing was sent: {done.words}")
        return Answer(*json.loads(done.out))

    def logged(self, pattern: str, *, after: int = 0, within: float = WAIT) -> re.Match[str]:
        """Wait for a log line that matches, looking at the log from byte `after` on."""
        limit = time.monotonic() + within
        while True:
            text = self.log.read_bytes()[after:].decode("utf-8", "replace") if self.log.exists() else ""
            found = re.search(pattern, text, re.MULTILINE)
            if found is not None:
                return found
            if time.monotonic() > limit:
                raise AssertionError(f"the log never said {pattern!r}; it ends\n{text[-2000:]}")
            time.sleep(0.02)

    def log_size(self) -> int:
        """The log's length in bytes now: `after` for what a test does next."""
        return self.log.stat().st_size if self.log.exists() else 0

    def mailbox(self, account: str) -> bytes:
        """What lies in a local account's mailbox."""
        path = self.place.mail / account
        return path.read_bytes() if path.exists() else b""


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
