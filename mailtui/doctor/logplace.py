"""Whether there is a log at all: a system without rsyslog (Debian 12 and later) may have only the journal,
and a container neither (maillog_file, postlogd(8), MAILLOG_README); and whether Postfix may write its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import About, Finding
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.maillog import source
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.paramsizes import LOG_FILE, LOG_PREFIXES, may_log_to
from mailtui.postfix.services import services
from mailtui.text.safe import safe

_NAME, _FILE = LOG_FILE, "/var/log/postfix.log"


def findings(case: Case) -> Iterator[Finding]:
    """Of an instance that runs, and of its maillog_file in any case."""
    yield from _refused(case)
    yield from _missing(case)


def _refused(case: Case) -> Iterator[Finding]:
    """A maillog_file with which every program ends as it starts."""
    path, prefixes = case.setting(LOG_FILE), case.setting(LOG_PREFIXES)
    if may_log_to(path, prefixes):
        return
    written = case.instance.parameters.get(LOG_PREFIXES)
    plan = None
    if path.startswith("/") and not re.search(r"[\s,]", path):
        known = (written or "").strip(" ,") or case.instance.parameters.values.known.get(LOG_PREFIXES, "")
        value = ", ".join(filter(None, (known, path.replace("$", "$$"))))
        plan = case.tried(Plan((SetParameter(case.instance.main, LOG_PREFIXES, value, written),)))
    otherwise = f"set {LOG_FILE} to a full path without blanks that begins with one of {LOG_PREFIXES}"
    fix, words = fixed(plan, otherwise)
    yield Finding(
        "log-prefix", "error", f"{LOG_FILE} {safe(path)} is outside {LOG_PREFIXES}",
        case.instance.main.path, case.line(LOG_FILE),
        f"it begins with none of {safe(prefixes) or 'them'}: every program of Postfix ends as it starts"
        " (fatal: does not match any prefix), postfix reload and postmap, too; a server that runs takes no"
        " mail once its daemons start anew. If you do not mean this file, correct its name instead",
        fix, words, about=About("parameters", LOG_FILE),
    )  # fmt: skip


def _missing(case: Case) -> Iterator[Finding]:
    """What one that is stopped would log says nothing."""
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
