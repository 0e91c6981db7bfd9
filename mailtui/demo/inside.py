"""`python -m mailtui.demo.inside DIR FD …`: the part of a demo that runs in its private namespaces.

Process 1 of a pid namespace takes in every orphan, so this program forks at once: the first process only
waits for whatever ends, the second is the demo. FD is a socket to the program outside: when that ends, for
whatever reason, the demo ends; and it is told when the console stops itself, or when nothing can be mounted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from mailtui.demo.place import DemoError, Mode, Place

STOPPED = b"stopped\n"
REFUSED = b"refused "
READY = b"ready\n"


def main(argv: list[str]) -> int:
    options = _options(argv)
    child = os.fork()
    if not child:
        return _demo(options)
    status = _reap_until(child)
    if not options.keep and _nobody_outside(options.socket):
        _remove_ourselves(options.directory)
    return status


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mailtui.demo.inside")
    parser.add_argument("directory", type=Path)
    parser.add_argument("socket", type=int)
    parser.add_argument("--no-traffic", action="store_true")
    parser.add_argument("--no-filters", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("command", nargs="*")
    return parser.parse_args(argv)


def _reap_until(child: int) -> int:
    """Be process 1: collect every process that ends until the demo itself does.

    When process 1 ends, the kernel kills whatever is left in its namespace.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _nobody_outside(line: int) -> bool:
    """Whether the program that would remove our files has died before us."""
    with socket.socket(fileno=line) as outside:
        try:
            return outside.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


def _remove_ourselves(directory: Path) -> None:
    """End every process of this namespace, so that nothing writes any more, and remove the files."""
    from mailtui.demo.place import remove

    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    remove(directory)


def _demo(options: argparse.Namespace) -> int:
    from mailtui.demo import foreground, namespace, session

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    with socket.socket(fileno=options.socket) as outside, foreground.ending_by_signal():
        outside.set_inheritable(False)
        try:
            namespace.prepare(Place(options.directory, Mode.NAMESPACE))
        except namespace.NamespaceError as error:
            outside.sendall(REFUSED + str(error).encode() + b"\n")
            return 1
        outside.sendall(READY)
        threading.Thread(target=_watch, args=(outside,), name="outside", daemon=True).start()
        try:
            return session.sit(
                options.directory,
                Mode.NAMESPACE,
                options.command,
                traffic=not options.no_traffic,
                filters=not options.no_filters,
                keep=options.keep,
                say=say,
                on_stop=lambda: outside.sendall(STOPPED),
            )
        except DemoError as error:
            say(f"mailtui demo: {error}")
            return 1


def _watch(outside: socket.socket) -> None:
    """End this process when nobody is outside any more."""
    with contextlib.suppress(OSError):
        while outside.recv(64):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
