"""A server program in the foreground beside a demo's Postfix: started, hung, let go on, stopped, restarted.

Whether it listens is read from the kernel's tables (proc(5): net/tcp, net/unix) through its own process, so
that nothing disturbs it, and from outside of its namespaces too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailtui import commands
from mailtui.demo.place import DemoError

READY_WITHIN = 15.0
"""Seconds until a program that does not listen counts as failed; a busy machine needs some."""
_LISTEN = "0A"
_ACCEPTS = 0x10000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a program listens: a Unix socket, or a port of 127.0.0.1."""

    path: Path | None = None
    port: int = 0

    def postfix(self, queue_directory: Path) -> str:
        """The address as Postfix writes it; a socket below the queue directory by its name there."""
        if self.path is None:
            return f"inet:127.0.0.1:{self.port}"
        inside = self.path.is_relative_to(queue_directory)
        return f"unix:{self.path.relative_to(queue_directory) if inside else self.path}"

    def milter(self) -> str:
        """The address as libmilter's programs write it (smfi_setconn)."""
        return f"inet:{self.port}@127.0.0.1" if self.path is None else f"local:{self.path}"

    def heard(self, pid: int) -> bool:
        """Whether somebody listens here, as the process `pid` sees the network."""
        if self.path is not None:
            return any(
                len(words) > 7 and words[7] == str(self.path) and int(words[3], 16) & _ACCEPTS
                for words in _table(pid, "unix")
            )
        return any(
            words[3] == _LISTEN and int(words[1].rpartition(":")[2], 16) == self.port
            for kind in ("tcp", "tcp6")
            for words in _table(pid, kind)
        )


def _table(pid: int, name: str) -> Iterator[list[str]]:
    """The rows of one of the kernel's network tables."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        yield from (line.split() for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:])


class Daemon:
    """One program that stays in the foreground and listens at `endpoint`.

    `inside` turns its argument list into the one that starts it in the right namespaces. What it prints is
    appended to `output`. It ends with the lab's or the demo's namespaces, if not before.
    """

    def __init__(
        self,
        argv: Sequence[str],
        endpoint: Endpoint,
        output: Path,
        inside: Callable[[Sequence[str]], list[str]] = list,
    ) -> None:
        self.argv = tuple(argv)
        self.endpoint = endpoint
        self.output = output
        self._command = inside(argv)
        self._wrapped = self._command != list(argv)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the program is there, be it hung."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process number as we see it. Raises DemoError where it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise DemoError(f"{self.argv[0]} does not run", self._last_words())
        if not self._wrapped:
            return self._process.pid
        below = _children(self._process.pid)
        return below[0] if below else self._process.pid

    def begin(self) -> None:
        """Start it and do not wait. Raises DemoError where the program is missing."""
        if self.running:
            return
        if commands.find(self.argv[0]) is None:
            raise DemoError(f"{self.argv[0]} is not installed")
        if self.endpoint.path is not None:
            self.endpoint.path.unlink(missing_ok=True)  # left by one that was killed
        path = commands.SEARCH_PATH
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PATH": path, "LANG": "C.UTF-8"},
                start_new_session=True,  # Ctrl-C and Ctrl-Z are the console's
            )

    def await_ready(self, within: float = READY_WITHIN) -> None:
        """Wait until it listens. Raises DemoError with its last words where it ends or takes too long."""
        limit = time.monotonic() + within
        while not self.endpoint.heard(self.pid):
            if time.monotonic() > limit:
                raise DemoError(f"{self.argv[0]} does not listen within {within:g} s", self._last_words())
            time.sleep(0.005)

    def start(self, within: float = READY_WITHIN) -> None:
        """Start it and wait until it listens; nothing to do where it runs. Raises DemoError."""
        self.begin()
        self.await_ready(within)

    def stop(self) -> None:
        """End it at once, hung or not: libmilter hears SIGTERM only every five seconds."""
        if self._process is None:
            return
        if self.running:
            for number in _family(self.pid):
                _signal(number, signal.SIGKILL)
            _signal(self._process.pid, signal.SIGCONT)  # nsenter(1) stands still with a program that hangs
        self._process.wait()
        self._process = None

    def hang(self) -> None:
        """Let it stand still: it is connected to, and never answers."""
        family = _family(self.pid)
        limit = time.monotonic() + READY_WITHIN
        while awake := [number for number in family if not _stands_still(number)]:
            if time.monotonic() > limit:
                raise DemoError(f"{self.argv[0]} does not stand still")
            for number in awake:  # again: nsenter(1) may still be about to let it go on after the last time
                _signal(number, signal.SIGSTOP)
            time.sleep(0.001)

    def resume(self) -> None:
        """Let it go on after `hang`."""
        assert self._process is not None
        for number in (*_family(self.pid), self._process.pid):
            _signal(number, signal.SIGCONT)

    def restart(self) -> None:
        """End it and start it again, with what its configuration says now."""
        self.stop()
        self.start()

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, as SIGUSR1 to opendkim for a reload."""
        os.kill(self.pid, number)

    def _last_words(self) -> str:
        said = self.output.read_bytes().decode("utf-8", "replace").strip() if self.output.exists() else ""
        return said.splitlines()[-1] if said else "it says nothing; see the mail log"


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _stands_still(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return True


def _children(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _family(pid: int) -> list[int]:
    """A process and everything that it has started."""
    return [pid, *(each for child in _children(pid) for each in _family(child))]
