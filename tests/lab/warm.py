"""A Python that has imported mailtui already and forks for every command that a lab runs.

Two thirds of what a short command costs are imports. Each command is a process of its own as ever, in the
lab's namespaces, with its own environment, streams and exit code; only its modules were read before. What is
about a fresh process (start-up, a kill, a crash, another user) starts one by itself.

In the tests: `with Warm() as warm: warm.run(first, argv, stdin, timeout, env)`. Run as a program, with the
number of a socket, this file is that Python.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOM = 1 << 20
"""Bytes of one request: its words and its environment."""
PIPE = 1 << 16
"""Bytes that a pipe holds, whoever reads it."""
SPACES = ("net", "mnt", "pid")


def can(argv: Sequence[str]) -> bool:
    """Whether this is for the warm Python: `python -m mailtui …` and `python -c CODE …`."""
    return argv[0] == sys.executable and (argv[1:3] == ("-m", "mailtui") or argv[1:2] == ("-c",))


class Warm:
    """The tests' end of it; the Python starts with the first command."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._python: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None and self._python is not None:
            self._socket.close()
            self._python.wait(20)

    def run(
        self, first: int, argv: Sequence[str], stdin: bytes, timeout: float, env: Mapping[str, str]
    ) -> tuple[int, bytes, bytes]:
        """Run a command in the namespaces of the process `first`: its status (minus the signal that ended
        it), and what it printed. Raises TimeoutError."""
        request = json.dumps({"first": first, "argv": argv[1:], "env": dict(env)}).encode()
        given = _holding(stdin)
        out, err = os.memfd_create("out"), os.memfd_create("err")
        ended, end = os.pipe()
        try:
            self._send(request, [given, out, err, end], env)
            os.close(end)
            if not select.select([ended], [], [], timeout)[0]:
                raise TimeoutError(f"gave no answer within {timeout:g} s")
            return int(os.read(ended, 20)), _content(out), _content(err)
        finally:
            for handle in (given, out, err, ended):
                os.close(handle)

    def _send(self, request: bytes, handles: list[int], env: Mapping[str, str]) -> None:
        if self._socket is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._python = subprocess.Popen(
                    [sys.executable, __file__, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env={**env, "PYTHONPATH": str(Path(__file__).parents[2])},
                )
            self._socket = ours
        socket.send_fds(self._socket, [request], handles)


def _holding(stdin: bytes) -> int:
    """A descriptor from which this is read: a pipe, as programs are used to, where one holds it."""
    if len(stdin) > PIPE:
        handle = os.memfd_create("in")
        os.write(handle, stdin)
        os.lseek(handle, 0, os.SEEK_SET)
        return handle
    handle, into = os.pipe()
    os.write(into, stdin)
    os.close(into)
    return handle


def _content(handle: int) -> bytes:
    os.lseek(handle, 0, os.SEEK_SET)
    with os.fdopen(os.dup(handle), "rb") as file:
        return file.read()


# -- the warm Python --------------------------------------------------------------------------------


def _import_all() -> None:
    import importlib
    import pkgutil

    import mailtui

    def those_of(folder: Sequence[str], name: str) -> None:
        for module in pkgutil.iter_modules(folder, f"{name}."):
            if module.name in {"mailtui.screens", "mailtui.demo"} or module.name.endswith("__main__"):
                continue
            found = importlib.import_module(module.name)
            if module.ispkg:
                those_of(found.__path__, module.name)

    those_of(mailtui.__path__, "mailtui")
    for name in ("mailtui.__main__", "mailtui.demo.traffic", "sqlite3", "smtplib", "ssl", "dns.resolver"):
        importlib.import_module(name)


def _serve(number: int) -> list[str]:
    """Fork for every request, for ever; returns in the process of each command, with its words."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=number) as asked:
        while True:
            raw, handles, _, _ = socket.recv_fds(asked, ROOM, 4)
            if not raw:
                os._exit(0)
            if os.fork() == 0:
                break
            for handle in handles:
                os.close(handle)
        asked.detach()
    os.close(number)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request = json.loads(raw)
    return _beside(request["first"], request["argv"], request["env"], handles)


def _beside(first: int, argv: list[str], env: dict[str, str], handles: Sequence[int]) -> list[str]:
    """Enter the lab's namespaces as nsenter(1) does, and leave a process behind that tells how it ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    for space in [os.open(f"/proc/{first}/ns/{space}", os.O_RDONLY) for space in SPACES]:
        if libc.setns(space, 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(space)
    end = handles[3]
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os.write(end, b"%d" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    for number, handle in enumerate(handles[:3]):
        os.dup2(handle, number)
    for handle in handles:
        os.close(handle)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    return argv


def _do(argv: list[str]) -> None:
    """As `python ARGV` would."""
    if argv[0] == "-m":
        from mailtui.__main__ import main

        sys.argv = argv[1:]
        sys.exit(main(argv[2:]))
    sys.argv = ["-c", *argv[2:]]
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(argv[1], "<string>", "exec"), names)


if __name__ == "__main__":
    sys.path.pop(0)  # of this file: a script given by -c does not see the tests' folder
    _import_all()
    gc.collect()
    gc.freeze()
    _do(_serve(int(sys.argv[1])))
