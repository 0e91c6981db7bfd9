"""The only module that starts a program. Argument lists, never a shell string; secrets by standard input.

`ask` runs a quick program whose answer is data (postconf, postmap -q). `act` runs a program that changes
something or takes long (postmap on a large table, postfix reload, systemctl): its lines are handed on as
they come, it can be cancelled, and it may be given a terminal, because postfix(1) speaks only to one.
`follow` runs a program without an end through `sh`, whose import would cost a command that only asks or
acts a quarter of its time. `stream` hands on what a program prints that prints much (a journal, an
unpacked file).
"""

from __future__ import annotations

import errno
import os
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

ASK_TIMEOUT = 20.0
"""Seconds an `ask` may take. A main.cf written a moment ago makes every Postfix program wait up to 2."""
ACT_TIMEOUT = 600.0
"""Seconds an `act` may take; compiling a table of a million rows takes about ten."""
_LOOK = 0.02
"""Seconds between two looks whether a program has ended whose streams another one holds open."""
SEARCH_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
"""Where programs are looked for: an admin's PATH over sudo may lack /usr/sbin, and may hold less."""


class Result(NamedTuple):
    """What a program answered. `status` is its exit code, minus the signal number if one ended it."""

    argv: tuple[str, ...]
    status: int
    out: bytes
    err: bytes
    seconds: float

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def words(self) -> str:
        """The program's own words, standard error first: what an admin must see when it failed. Of one
        that a signal ended without a word, that."""
        text = self.err.strip() or self.out.strip()
        if not text and self.status < 0:
            return f"ended by signal {-self.status} ({signal.strsignal(-self.status) or 'unknown'})"
        return text.decode("utf-8", "replace").replace("\r\n", "\n")


class CommandError(Exception):
    """A program that could not be run to its end: it is missing, hung, or was cancelled."""

    def __init__(self, argv: Sequence[str], what: str) -> None:
        super().__init__(f"{argv[0]}: {what}")
        self.argv = tuple(argv)
        self.what = what


def find(name: str) -> str | None:
    """The path of a program, or None. A name with a slash is taken as it is."""
    return shutil.which(name, path=SEARCH_PATH)


def _program(argv: Sequence[str]) -> list[str]:
    path = find(argv[0])
    if path is None:
        raise CommandError(argv, "this program is not installed")
    return [path, *argv[1:]]


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """A C locale, so that messages are the ones that are documented, and nothing that MAIL_* could turn."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAIL_", "LC_"))}
    return {**kept, "PATH": SEARCH_PATH, "LANG": "C.UTF-8", **(extra or {})}


def ask(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    timeout: float = ASK_TIMEOUT,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run a quick program and return its answer, whatever its exit code.

    Raises CommandError where it is missing or takes longer than `timeout` seconds.
    """
    begun = time.monotonic()
    try:
        done = subprocess.run(
            _program(argv),
            input=stdin,
            capture_output=True,
            timeout=timeout,
            env=_environment(env),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CommandError(argv, f"gave no answer within {timeout:g} s") from None
    except OSError as error:
        raise CommandError(argv, str(error.strerror or error)) from None
    return Result(tuple(argv), done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


def act(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    timeout: float = ACT_TIMEOUT,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    terminal: bool = False,
    on_line: Callable[[str], None] | None = None,
    cancel: threading.Event | None = None,
) -> Result:
    """Run a program that changes something, handing each line of its output to `on_line` as it comes.

    With `terminal` both outputs are one terminal (postfix(1) is silent without one) and come back as
    `err`. Raises CommandError where it is missing, takes longer than `timeout` seconds, or `cancel` is set.
    """
    begun = time.monotonic()

    def go_on() -> None:
        if cancel is not None and cancel.is_set():
            raise CommandError(argv, "was cancelled")
        if time.monotonic() - begun > timeout:
            raise CommandError(argv, f"did not end within {timeout:g} s")

    out, err = _Said(on_line), _Said(on_line)
    program = _program(argv)
    with ExitStack() as stack:
        ours, theirs = _terminal(stack) if terminal else (-1, subprocess.PIPE)
        try:
            process = subprocess.Popen(
                program,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                env=_environment(env),
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise CommandError(argv, str(error.strerror or error)) from None
        finally:
            if terminal:
                os.close(theirs)
        stack.enter_context(process)
        streams = {ours: err} if terminal else _pipes(process, out, err)
        try:
            _converse(process, stdin, streams, go_on)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return Result(tuple(argv), process.returncode, bytes(out.raw), bytes(err.raw), time.monotonic() - begun)


class _Said:
    """What a program prints on one stream: all of it, and each line as it ends."""

    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self.raw = bytearray()
        self._on_line = on_line
        self._begun = b""

    def take(self, block: bytes) -> None:
        self.raw += block
        if self._on_line is not None:
            *lines, self._begun = (self._begun + block).split(b"\n")
            self._hand_on(lines)

    def end(self) -> None:
        """Hand on a last line without its end."""
        if self._begun:
            self._hand_on([self._begun])
            self._begun = b""

    def _hand_on(self, lines: Sequence[bytes]) -> None:
        assert self._on_line is not None
        for line in lines:
            self._on_line(line.decode("utf-8", "replace").rstrip("\r"))


def _pipes(process: subprocess.Popen[bytes], out: _Said, err: _Said) -> dict[int, _Said]:
    assert process.stdout is not None
    assert process.stderr is not None
    return {process.stdout.fileno(): out, process.stderr.fileno(): err}


def _terminal(stack: ExitStack) -> tuple[int, int]:
    """Both ends of a new terminal that leaves what is printed as it is; the first is closed by the stack."""
    import tty

    ours, theirs = os.openpty()
    stack.callback(os.close, ours)
    tty.setraw(theirs)
    return ours, theirs


def _converse(
    process: subprocess.Popen[bytes],
    stdin: bytes,
    streams: Mapping[int, _Said],
    go_on: Callable[[], None],
) -> None:
    """Give a program what it reads and take what it prints until it has ended; `go_on` raises where it is
    not to be waited for. A daemon that it left behind may hold its streams open for ever."""
    left, ended = memoryview(stdin), False
    with selectors.DefaultSelector() as waiting:
        for handle, said in streams.items():
            waiting.register(handle, selectors.EVENT_READ, said)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            waiting.register(process.stdin, selectors.EVENT_WRITE)
        while waiting.get_map():
            go_on()
            ready = waiting.select(0 if ended else _LOOK)
            if ended and not ready:
                break
            ended = ended or process.poll() is not None
            for key, _ in ready:
                if key.data is not None:
                    block = _read(key.fd)
                    key.data.take(block)
                    over = not block
                else:
                    left = left[_write(key.fd, left) :]
                    over = not left
                if over:
                    waiting.unregister(key.fileobj)
                    if process.stdin is key.fileobj:
                        process.stdin.close()
    while process.returncode is None:
        go_on()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK)
    for said in streams.values():
        said.end()


def _read(handle: int) -> bytes:
    """What is there; nothing at the end, which a terminal tells as an error (EIO)."""
    try:
        return os.read(handle, 1 << 16)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


def _write(handle: int, text: memoryview) -> int:
    """How many bytes the program took: all, in a way, where it reads no more."""
    try:
        return os.write(handle, text)
    except BrokenPipeError:
        return len(text)


def follow(argv: Sequence[str], on_line: Callable[[str], None], stop: threading.Event) -> None:
    """Hand each line that a program prints to `on_line` until `stop` is set or the program ends.

    For programs without an end, such as `journalctl --follow`. Raises CommandError where it is missing.
    """
    import sh

    program, *arguments = _program(argv)
    process = sh.Command(program)(
        *arguments,
        _out=lambda chunk: on_line(chunk.rstrip("\n")),
        _env=_environment(None),
        _bg=True,
        _bg_exc=False,
        _new_session=True,
        _tty_out=False,
        _ok_code=list(range(256)),
        _decode_errors="surrogateescape",
    )
    while process.is_alive() and not stop.is_set():
        stop.wait(0.1)
    if process.is_alive():
        process.terminate()


def stream(argv: Sequence[str], *, stdin: int | None = None, size: int = 1 << 18) -> Generator[bytes]:
    """What a program prints, in blocks as they come; `stdin` is a descriptor for it to read. Whoever closes
    the iterator ends the program.

    Raises CommandError where it is missing, or did not end well (in its own words).
    """
    with open(os.memfd_create("errors"), "w+b") as errors:  # in memory: looking leaves the disk alone
        try:
            process = subprocess.Popen(
                _program(argv),
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(None),
            )
        except OSError as error:
            raise CommandError(argv, str(error.strerror or error)) from None
        with process:
            assert process.stdout is not None
            try:
                while block := os.read(process.stdout.fileno(), size):
                    yield block
                process.wait()
            finally:
                if process.poll() is None:
                    process.kill()
        if process.returncode:
            errors.seek(0)
            said = errors.read(4096).decode("utf-8", "replace").strip().removeprefix(f"{argv[0]}: ")
            raise CommandError(argv, said or f"ended with status {process.returncode}")
