"""`python -m mailtui.apply.rehearsal.inside`: the part of a rehearsal that runs in its own namespaces.

The script comes by standard input, the record goes to standard output; then everything in these namespaces
ends with this process, their first. Nothing is started before `faults` has found nothing.
"""

from __future__ import annotations

import os
import ssl  # noqa: F401
import sys
import threading
import time

from mailtui import commands
from mailtui.apply.rehearsal import drive, stubs
from mailtui.apply.rehearsal.sandbox import Sandbox, cover_file, shared
from mailtui.apply.rehearsal.script import Record, Script

_LEAST = 5.0
"""Seconds beyond the script's patience after which all ends, whether or not anybody still waits for it."""
_STEP = 0.002
_RESOLV = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"


def main() -> int:
    begun = time.monotonic()
    script = Script.loads(sys.stdin.buffer.read())
    limit = threading.Timer(script.patience + _LEAST, os._exit, (1,))
    limit.daemon = True
    limit.start()
    record = Record()
    try:
        _rehearse(script, record)
    except (OSError, commands.CommandError) as error:
        record.refused = _words(error)
    record.seconds = time.monotonic() - begun
    sys.stdout.buffer.write(record.dumps())
    sys.stdout.buffer.flush()
    os._exit(0)  # the kernel ends everything that is still running here


def _words(error: OSError | commands.CommandError) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _rehearse(script: Script, record: Record) -> None:
    wrong = shared(script)
    if wrong:
        record.refused = "; ".join(wrong)
        return
    "".encode("idna")  # its file, as that of ssl, may be out of sight afterwards
    sandbox = Sandbox(script)
    sandbox.build()
    for path in ("/etc/resolv.conf", os.path.join(script.queue, "etc/resolv.conf")):
        cover_file(path, _RESOLV)
    wrong = sandbox.faults()
    if wrong:
        record.refused = "; ".join(wrong)
        return
    log = stubs.Syslog()
    stubs.names()
    for paths, serve in (
        (script.milters, stubs.milter), (script.policies, stubs.policy), (script.auths, stubs.dovecot),
    ):  # fmt: skip
        for path in paths:
            stubs.listen(os.path.join(script.queue, path), serve)
    stage = drive.Stage(script, log)
    if _start(script, log):
        drive.perform(stage, script, script.queue)
    record.log, record.silent, record.answers = list(log.lines), stage.silent, stage.answers
    record.untried = stage.untried


def _start(script: Script, log: stubs.Syslog) -> bool:
    """Start master(8), and wait until it serves; where it does not, its words are in the log."""
    ended: list[str] = []
    argv = [os.path.join(script.daemons, "master"), "-c", script.config_dir]

    def run() -> None:
        try:
            done = commands.ask(argv, timeout=2 * (script.patience + _LEAST))
            ended.append(done.words or f"ended with status {done.status}")
        except commands.CommandError as error:
            ended.append(str(error))

    threading.Thread(target=run, daemon=True).start()
    until = time.monotonic() + script.patience
    while time.monotonic() < until:
        said = [line for line in tuple(log.lines) if "/master[" in line]
        if any("daemon started" in line for line in said):
            return True
        if any(": fatal: " in line or ": panic: " in line for line in said):
            return False
        if ended:
            break
        time.sleep(_STEP)
    time.sleep(drive.QUIET)  # its words are on their way through /dev/log
    if not any("/master[" in line for line in log.lines):
        log.lines.append(f"postfix/master[1]: fatal: {'; '.join(ended) or 'did not start in time'}")
    return False


if __name__ == "__main__":
    sys.exit(main())
