"""A Python that has imported mailtui already and forks for every command that a lab runs.

Two thirds of what a short command costs are imports. Each command is a process of its own as ever, in the
lab's namespaces, with its own environment, streams and exit code; only its modules were read before. What is
about a fresh process (start-up, a kill, a crash, another user) starts one by itself. So does a lab's demo, both
outside and inside its namespaces; tests of the demo's own command line start it anew.

In the tests: `with Warm() as warm: warm.run(first, argv, stdin, timeout, env)`, `warm.demo(arguments, env)`. Run
as a program, with the number of a socket, this file is that Python.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

ROOM = 1 << 20
"""Bytes of one request: its words and its environment."""
PIPE = 1 << 16
"""Bytes that a pipe holds, whoever reads it."""
SPACES = ("net", "mnt", "pid")
_INSIDE = "mailtui.demo.inside"
_LIBC = ctypes.CDLL(None, use_errno=True)
_SPAWN = os.posix_spawn
_AT_FIRST: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGPIPE: signal.SIG_IGN}
"""How Python sets the signals that it does not leave alone."""
_NEW_SPACES = 0x40000000 | 0x00020000 | 0x20000000
"""CLONE_NEWNET, _NEWNS, _NEWPID of sched.h."""
_RECURSIVE_PRIVATE = 0x4000 | 0x40000
"""MS_REC, MS_PRIVATE of sys/mount.h."""
_PROC_FLAGS = 0x2 | 0x4 | 0x8
"""MS_NOSUID, _NODEV, _NOEXEC."""
_SET_PDEATHSIG = 1


def can(argv: Sequence[str]) -> bool:
    """Whether this is for the warm Python: `python -m mailtui …` and `python -c CODE …`."""
    return argv[0] == sys.executable and (argv[1:3] == ("-m", "mailtui") or argv[1:2] == ("-c",))


class WarmDemo:
    """A demo that the warm Python became, as `mailtui.demo.lab.Lab` knows one that `Popen` started."""

    def __init__(self, pid: int, ended: int, stdin: int, stdout: int, stderr: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout = os.fdopen(stdout, "rb")
        self._stdin, self._stderr, self._ended = stdin, stderr, ended

    def communicate(self, timeout: float = 60) -> tuple[bytes, bytes]:
        """End its input, wait for its end, and return what it said. Raises TimeoutError."""
        if self.returncode is not None:
            return b"", b""
        os.close(self._stdin)
        if not select.select([self._ended], [], [], timeout)[0]:
            raise TimeoutError(f"the demo did not end within {timeout:g} s")
        self.returncode = int(os.read(self._ended, 20))
        os.close(self._ended)
        with self.stdout as out:
            return out.read(), _content(self._stderr, close=True)


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

    def demo(self, arguments: Sequence[str], env: Mapping[str, str]) -> WarmDemo:
        """Start `python -m mailtui.demo ARGUMENTS` with this environment, and nothing else."""
        request = json.dumps({"argv": ["demo", *arguments], "env": dict(env)}).encode()
        given, stdin = os.pipe()
        stdout, out = os.pipe()
        ended, end = os.pipe()
        err = os.memfd_create("err")
        self._send(request, [given, out, err, end], env)
        for handle in (given, out, end):
            os.close(handle)
        return WarmDemo(int(os.read(ended, 20)), ended, stdin, stdout, err)

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


def _content(handle: int, *, close: bool = False) -> bytes:
    os.lseek(handle, 0, os.SEEK_SET)
    with os.fdopen(handle if close else os.dup(handle), "rb") as file:
        return file.read()


# -- the warm Python --------------------------------------------------------------------------------


def _import_all() -> None:
    import importlib
    import pkgutil

    import mailtui

    def those_of(folder: Sequence[str], name: str) -> None:
        for module in pkgutil.iter_modules(folder, f"{name}."):
            if module.name == "mailtui.screens" or module.name.endswith("__main__"):
                continue
            found = importlib.import_module(module.name)
            if module.ispkg:
                those_of(found.__path__, module.name)

    those_of(mailtui.__path__, "mailtui")
    records = (*(f"ANY.{name}" for name in ("CNAME", "MX", "NS", "SOA", "TXT")), "IN.A", "IN.AAAA")
    more = ("mailtui.__main__", "sqlite3", "smtplib", "ssl", "dns.resolver", "sh")
    for name in (*more, *(f"dns.rdtypes.{name}" for name in records)):
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
    return _beside(request.get("first", 0), request["argv"], request["env"], handles)


def _beside(first: int, argv: list[str], env: dict[str, str], handles: Sequence[int]) -> list[str]:
    """Enter the lab's namespaces as nsenter(1) does, if this is for a lab, and leave a process behind that tells
    how it ended."""
    for space in [os.open(f"/proc/{first}/ns/{space}", os.O_RDONLY) for space in SPACES] if first else []:
        _asked_kernel(_LIBC.setns(space, 0))
        os.close(space)
    end = handles[3]
    pid = os.fork()
    if pid:
        if not first:
            os.write(end, b"%d" % pid)
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
    """As `python ARGV` would, or `python -m mailtui.demo`."""
    if argv[0] == "demo":
        from mailtui.demo import run

        os.posix_spawn = _spawned  # type: ignore[assignment]  # called in one way only
        sys.exit(run.main(argv[1:]))
    if argv[0] == "-m":
        from mailtui.__main__ import main

        sys.argv = argv[1:]
        sys.exit(main(argv[2:]))
    sys.argv = ["-c", *argv[2:]]
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(argv[1], "<string>", "exec"), names)


def _to_its_end(job: Callable[[], object]) -> NoReturn:
    """Do it, and end as Python ends, without taking every module apart: the kernel would copy most of the memory
    that this process shares with the warm Python, and that is as much work as most commands."""
    status = 0
    try:
        job()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
    except BaseException:  # noqa: BLE001  # its traceback is its last word, as of any program
        status = 1
        sys.excepthook(*sys.exc_info())
    threading._shutdown()  # type: ignore[attr-defined]  # waits for those that are no daemons
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            status = 120  # as Python says it
    os._exit(status & 0xFF)


def _spawned(path: str, argv: list[str], env: Mapping[str, str], **how: Any) -> int:
    """posix_spawn(3), but `unshare … python -m mailtui.demo.inside` without starting either program."""
    if _INSIDE not in argv:
        return _SPAWN(path, argv, env, **how)
    pid = os.fork()
    if pid:
        return pid
    signal.set_wakeup_fd(-1)
    for number in how["setsigdef"]:
        signal.signal(number, _AT_FIRST.get(number, signal.SIG_DFL))
    os.environ.clear()
    os.environ.update(env)
    _to_its_end(lambda: sys.exit(_unshared(argv[argv.index(_INSIDE) + 1 :])))


def _unshared(words: list[str]) -> int:
    """What `namespace.UNSHARE` tells unshare(1) to do, and then `mailtui.demo.inside` as the first process."""
    from mailtui.demo import inside

    _asked_kernel(_LIBC.unshare(_NEW_SPACES))
    first = os.fork()
    if first:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        code = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
        return code if code >= 0 else 128 - code
    _asked_kernel(_LIBC.prctl(_SET_PDEATHSIG, int(signal.SIGKILL)))
    _asked_kernel(_LIBC.mount(b"none", b"/", None, ctypes.c_ulong(_RECURSIVE_PRIVATE), None))
    _asked_kernel(_LIBC.mount(b"proc", b"/proc", b"proc", ctypes.c_ulong(_PROC_FLAGS), None))
    return inside.main(words)


def _asked_kernel(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    sys.path.pop(0)  # of this file: a script given by -c does not see the tests' folder
    _import_all()
    gc.collect()
    gc.freeze()
    words = _serve(int(sys.argv[1]))
    _to_its_end(lambda: _do(words))
