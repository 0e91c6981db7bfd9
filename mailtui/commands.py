"""The only module that starts a program. Argument lists, never a shell string; secrets by standard input.

`ask` runs a quick program whose answer is data (postconf, postmap -q) through the standard library,
so that a plain command does not pay for importing `sh`. `act` runs a program that changes something or
takes long (postmap on a large table, postfix reload, systemctl) through `sh`: its lines are handed on as
they come, it can be cancelled, and it may be given a terminal, because postfix(1) speaks only to one.
`stream` hands on what a program prints that prints much (a journal, an unpacked file).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple

ASK_TIMEOUT = 20.0
"""Seconds an `ask` may take. A main.cf written a moment ago makes every Postfix program wait up to 2."""
ACT_TIMEOUT = 600.0
"""Seconds an `act` may take; compiling a table of a million rows takes about ten."""
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
    import sh

    out: list[bytes] = []
    err: list[bytes] = []

    def collect(parts: list[bytes]) -> Callable[[bytes | str], None]:
        def take(chunk: bytes | str) -> None:
            raw = chunk.encode("utf-8", "surrogateescape") if isinstance(chunk, str) else chunk
            parts.append(raw)
            if on_line is not None:
                on_line(raw.decode("utf-8", "replace").rstrip("\r\n"))

        return take

    begun = time.monotonic()
    streams: dict[str, Any] = (
        {"_out": collect(err), "_err_to_out": True, "_tty_out": True}
        if terminal
        else {"_out": collect(out), "_err": collect(err), "_tty_out": False}
    )
    if cwd is not None and not os.path.isdir(cwd):
        raise CommandError(argv, f"cannot start in {cwd}: No such file or directory")
    process = _started(argv, _in=stdin, **streams, _env=_environment(env), _cwd=cwd)
    while process.is_alive():
        if cancel is not None and cancel.is_set():
            process.kill_group()
            raise CommandError(argv, "was cancelled")
        if time.monotonic() - begun > timeout:
            process.kill_group()
            raise CommandError(argv, f"did not end within {timeout:g} s")
        time.sleep(0.002)
    try:
        process.wait()
        status = int(process.exit_code)
    except sh.SignalException as error:
        status = int(error.exit_code)
    return Result(tuple(argv), status, b"".join(out), b"".join(err), time.monotonic() - begun)


def _started(argv: Sequence[str], **options: Any) -> Any:
    """A program that runs beside us, in a session of its own (a `sh.RunningCommand`). Raises CommandError."""
    import sh

    program, *arguments = _program(argv)
    try:
        return sh.Command(program)(
            *arguments,
            **options,
            _bg=True,
            _bg_exc=False,
            _new_session=True,
            _ok_code=list(range(256)),
            _decode_errors="surrogateescape",
        )
    except sh.ForkException as error:  # its text is the traceback of the other process
        why = str(error).strip().rpartition("\n")[2].strip()
        raise CommandError(argv, f"cannot be run: {why}") from None


def follow(argv: Sequence[str], on_line: Callable[[str], None], stop: threading.Event) -> None:
    """Hand each line that a program prints to `on_line` until `stop` is set or the program ends.

    For programs without an end, such as `journalctl --follow`. Raises CommandError where it is missing.
    """
    process = _started(
        argv, _out=lambda chunk: on_line(chunk.rstrip("\n")), _tty_out=False, _env=_environment(None)
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
