"""Whether there is a log at all: a system without rsyslog (Debian 12 and later) may have only the journal,
and a container neither (maillog_file, postlogd(8), MAILLOG_README)."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import About, Finding
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.maillog import source
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.services import services

_NAME, _FILE = "maillog_file", "/var/log/postfix.log"


def findings(case: Case) -> Iterator[Finding]:
    """Of an instance that runs: what one that is stopped would log says nothing."""
    instance = case.instance
    try:
        if not instance.running() or source.find(instance.log_file or "").kind != "none":
            return
        served = any(row.counts and row.command == "postlogd" for row in services(instance))
    except InstanceError:
        return
    plan = None
    if served:
        edit = SetParameter(instance.main, _NAME, _FILE, instance.parameters.get(_NAME))
        plan = case.tried(Plan((edit,)))
    otherwise = (
        "cannot be mended by an edit: install rsyslog or systemd-journald; or add the postlog service to"
        f" master.cf (MAILLOG_README) and set {_NAME} = {_FILE}"
    )
    fix, words = fixed(plan, otherwise)
    yield Finding(
        "log-missing", "warning", "nobody keeps what Postfix logs", instance.main.path, case.line(_NAME),
        f"there is no /var/log/mail.log, no journal, and {_NAME} is not set: why mail was refused, deferred"
        " or lost cannot be known", fix, words, about=About("log"),
    )  # fmt: skip
