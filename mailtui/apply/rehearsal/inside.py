"""`python -m mailtui.apply.rehearsal.inside`: the part of a rehearsal that runs in its own namespaces.

The script comes by standard input, the record goes to standard output; then everything in these namespaces
ends with this process, their first. Nothing is started before `faults` has found nothing.
"""

from __future__ import annotations

import os
import sys
import time

from mailtui import commands
from mailtui.apply.rehearsal import drive, stubs
from mailtui.apply.rehearsal.sandbox import Sandbox, cover_file, shared
from mailtui.apply.rehearsal.script import Record, Script

_RESOLV = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"


def main() -> int:
    begun = time.monotonic()
    script = Script.loads(sys.stdin.buffer.read())
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
    if any(door.tls for door in script.doors):
        import ssl  # noqa: F401  # its file may be out of sight afterwards
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
    _start(script, log)
    stage = drive.Stage(script, log)
    drive.perform(stage, script, script.queue)
    record.log, record.silent, record.answers = list(log.lines), stage.silent, stage.answers


def _start(script: Script, log: stubs.Syslog) -> None:
    """Start master(8); what it says instead of starting goes into the log."""
    done = commands.ask(
        [os.path.join(script.daemons, "master"), "-c", script.config_dir, "-w"], timeout=script.patience
    )
    if not done.ok:
        time.sleep(drive.QUIET)  # its words are on their way through /dev/log
        if not any("master" in line for line in log.lines):
            log.lines.append(f"postfix/master[1]: fatal: {done.words or f'ended with status {done.status}'}")


if __name__ == "__main__":
    sys.exit(main())
