"""Postfix itself, and its queue."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mailtui.commands import CommandError
from mailtui.maillog.reasons import reply
from mailtui.overview.line import DAY, Downs, Item, Line, said, span, unknown
from mailtui.postfix.instance import Instance, master_pid
from mailtui.postfix.mailqueue.entry import Entry, domain_of

if TYPE_CHECKING:
    from mailtui.postfix.mailqueue.tally import Tally

QUEUES = ("deferred", "active", "hold", "incoming", "maildrop", "corrupt")
"""In the order in which they are told."""
OLD = DAY
"""Seconds after which a deferred message is told of as old: a sender hears of it sooner or later."""
_CODE = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


def postfix(instance: Instance, downs: Downs) -> Line:
    """Whether it runs, since when, which version, and what it listens for."""
    pid = master_pid(instance.queue_directory)
    since = downs.since("postfix", up=pid is not None)
    version = instance.parameters.effective("mail_version")
    listens = _listening(instance)
    ports: tuple[Item, ...] = (said(" ".join(listens)),) if listens else (said("no SMTP service", "warning"),)
    if pid is None:
        what = (said(f"NOT RUNNING {since}", "error"), said(version, "dim"), *ports)
        return Line("postfix", what, "error", ("Start it: postfix start, or systemctl start postfix.",))
    begun = _age(pid)
    running = f"running {span(begun)}" if begun is not None else "running"
    return Line("postfix", (said(running, "good"), *ports, said(version, "dim")))


def _listening(instance: Instance) -> list[str]:
    """The ports of smtpd and postscreen as master.cf names them."""
    from mailtui.postfix.services import services

    smtp = ("smtpd", "postscreen")
    return [
        row.name for row in services(instance) if row.counts and row.type == "inet" and row.command in smtp
    ]


def _age(pid: int) -> float | None:
    """Seconds for which a process has run."""
    try:
        fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def queue(instance: Instance) -> Line:
    """What waits, in which queue, and for how long."""
    from mailtui.postfix.mailqueue.tally import tally

    try:
        found = tally(instance.config_dir)
    except CommandError as error:
        return _untold(instance, error)
    if not found.counts:
        return Line("queue", (said("empty", "good"),))
    now = time.time()
    names = list(dict.fromkeys([*(name for name in QUEUES if found.counts[name]), *found.counts]))
    items = [said(f"{found.counts[name]} {name}", "error" if name == "corrupt" else "") for name in names]
    items += [said(_oldest(found, name, now), "dim") for name in ("deferred", "hold") if name in names]
    old = "deferred" in names and now - found.oldest["deferred"] > OLD
    return Line("queue", tuple(items), "warning" if old else "")


def _untold(instance: Instance, error: CommandError) -> Line:
    """postqueue asks Postfix; without it only root sees the queue, and not always."""
    words = error.what.splitlines()[-1].removeprefix("postqueue: ").removeprefix("fatal: ")
    if instance.running():
        return unknown("queue", words)
    return Line("queue", (said("not known while Postfix is stopped", "warning"),), "warning", (words,))


def _oldest(found: Tally, name: str, now: float) -> str:
    return f"oldest {name} {span(now - found.oldest[name])}{_why(found.entry(name))}"


def _why(entry: Entry | None) -> str:
    """Whither a message goes, and why it is still here, in few words."""
    to = next((each for each in entry.recipients if each.reason), None) if entry is not None else None
    if to is None:
        return ""
    code = _CODE.search(to.reason)
    return f", {domain_of(to.address)}: {code[0] if code else reply(to.reason.encode('utf-8', 'replace'))}"
