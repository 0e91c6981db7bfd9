"""`mailtui demo`: set up a disposable mail server, open the console on it, take everything down again."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
import threading
from pathlib import Path
from typing import NoReturn

import mailtui
from mailtui.demo import foreground, inside, leftovers, namespace, place, session
from mailtui.demo.place import DemoError, Mode
from mailtui.text.safe import safe

LEAVING = 8.0
"""Seconds that the namespaces' programs have to end in order before they are killed."""


def main(argv: list[str]) -> int:
    """Run a demo. Returns the console's exit status, 1 where no demo can be had, 2 on wrong usage."""
    options = parser().parse_args(argv)
    if not options.command and not (sys.stdin.isatty() and sys.stdout.isatty()):
        _say("mailtui demo: the console needs a terminal; give another program after --")
        return 1
    try:
        with foreground.ending_by_signal():
            return _run(options)
    except DemoError as error:
        _say(f"mailtui demo: {error}")
        return 1


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as every command says it."""
        self.exit(2, f"{safe(f'{self.prog}: {message}; see {self.prog} --help')}\n")


def parser() -> argparse.ArgumentParser:
    """The command line of `mailtui demo`."""
    made = _Parser(
        allow_abbrev=False,
        prog="mailtui demo",
        description="A disposable Falcot Corp mail server on loopback, and the console on it.",
        epilog="COMMAND runs in place of the console, beside the server; MAILTUI_CONFIG_DIR and MAIL_CONFIG "
        "name its configuration directory.",
    )
    made.add_argument(
        "--keep", metavar="DIR", type=Path, help="put the server in DIR and leave its files there"
    )
    made.add_argument("--no-traffic", action="store_true", help="send no mail by itself")
    made.add_argument(
        "--no-filters", action="store_true", help="Postfix alone: no opendkim, opendmarc, ClamAV, policyd-spf"
    )
    made.add_argument(
        "--no-namespace", action="store_true", help="do as if there were no private network here"
    )
    made.add_argument("--version", action="version", version=f"mailtui {mailtui.__version__}")
    made.add_argument("command", nargs="*", metavar="COMMAND", help="after --")
    return made


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal is gone: nobody is left to tell
        sys.stderr.write(f"{safe(text)}\n")


def _run(options: argparse.Namespace) -> int:
    if options.keep is None:
        for base in leftovers.bases():
            for line in leftovers.sweep(base):
                _say(line)
        directory = place.temporary()
        try:
            with leftovers.marked(directory), foreground.terminal_kept():
                return _in_best_mode(directory, options)
        finally:
            place.remove(directory)
            _say("stopped and removed")
    directory = place.claim(options.keep)
    with place.held(directory):
        (directory / leftovers.MARK).unlink(missing_ok=True)  # a leftover that is to be kept from now on
        try:
            with foreground.terminal_kept():
                return _in_best_mode(directory, options)
        finally:
            _say(f"stopped; kept in {directory}: mailtui demo --keep {directory} starts it again")


def _in_best_mode(directory: Path, options: argparse.Namespace) -> int:
    why = "as asked" if options.no_namespace else namespace.refused()
    if why is None:
        outcome = _in_namespace(directory, options)
        if isinstance(outcome, int):
            return outcome
        why = outcome
    if os.geteuid() != 0:
        _say("not root: real files, a replayed log; no Postfix runs, no mail flows (for all of it: sudo)")
        mode = Mode.REPLAY
    else:
        _say(
            f"no private network ({why}): Postfix runs on ports of 127.0.0.1, nothing is sent to other hosts"
        )
        mode = Mode.LOOPBACK
    return session.sit(
        directory,
        mode,
        options.command,
        traffic=not options.no_traffic,
        filters=not options.no_filters,
        keep=options.keep is not None,
        say=_say,
        on_stop=foreground.stop_ourselves,
    )


def _in_namespace(directory: Path, options: argparse.Namespace) -> int | str:
    """Run the demo in private namespaces; its exit status, or why they cannot be had after all."""
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)
    flags = ["--no-traffic"] * options.no_traffic + ["--no-filters"] * options.no_filters
    flags += ["--keep"] * (options.keep is not None)
    argv = [*namespace.UNSHARE, sys.executable, "-m", "mailtui.demo.inside", *flags, str(directory)]
    argv += [str(theirs.fileno()), "--", *options.command]
    told: list[bytes] = []

    def hang_up(_pid: int) -> None:
        """What is inside ends when this line is cut; unshare(1) itself takes no signal in the meantime."""
        ours.shutdown(socket.SHUT_RDWR)

    with ours, theirs:
        threading.Thread(target=_listen, args=(ours, told), name="inside", daemon=True).start()
        status = foreground.attend(
            argv, _python_path(), foreground.stop_ourselves, end=hang_up, patience=LEAVING
        )
        theirs.close()
    refusals = [line for line in told if line.startswith(inside.REFUSED)]
    return refusals[0][len(inside.REFUSED) :].decode("utf-8", "replace").strip() if refusals else status


def _listen(line: socket.socket, told: list[bytes]) -> None:
    """Hear what is said inside; stop with the console, so that the shell comes forward."""
    with contextlib.suppress(OSError), line.makefile("rb") as said:
        for word in said:
            told.append(word)
            if word == inside.STOPPED:
                foreground.stop_ourselves()


def _python_path() -> dict[str, str]:
    """This very mailtui must be found inside too, whether it is installed or a checkout."""
    root = str(Path(mailtui.__file__).parent.parent)
    known = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": root + os.pathsep + known if known else root}
