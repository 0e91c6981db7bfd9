"""Policy services that rules ask, and that nobody serves: a name that master.cf does not have."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mailtui.doctor.case import Case, Sight, fixed
from mailtui.doctor.model import Finding
from mailtui.doctor.policydspf import LIMIT
from mailtui.doctor.rulefixes import named, of
from mailtui.edits import ruleplan
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import AddService
from mailtui.milters.policydspf import Policyd, is_installed, policyds
from mailtui.postfix.services import services
from mailtui.postfix.smtpd.policy import endpoint
from mailtui.text.safe import safe

_SPAWN = "{name} unix - n n - 0 spawn\n  user=policyd-spf argv=/usr/bin/policyd-spf\n"
_FOLDERS = ("private/", "public/")


def findings(case: Case) -> Iterator[Finding]:
    """Of each rule with a Unix socket of master(8)'s that neither master.cf has, nor the disk."""
    sockets = {
        row.name for row in services(case.instance) if row.enabled and row.counts and row.type == "unix"
    }
    for sight in case.sights:
        row = sight.row
        if row.name.lower() != "check_policy_service" or ":" not in row.argument:
            continue
        where = endpoint(row.argument.strip())
        path = where.place.removeprefix("/")
        if where.transport != "unix" or not path.startswith(_FOLDERS):
            continue
        name = path.partition("/")[2]
        if name not in sockets and not os.path.exists(os.path.join(case.instance.queue_directory, path)):
            yield _missing(case, sight, name)


def _missing(case: Case, sight: Sight, name: str) -> Finding:
    row = sight.row
    action = case.setting("smtpd_policy_service_default_action")
    is_spf = "spf" in name.lower()
    plan = _spf(case, sight, name) if is_spf else None
    package = "" if is_installed() else "; apt install postfix-policyd-spf-python first"
    otherwise = (
        f"put these lines into master.cf: {_SPAWN.format(name=safe(name)).strip()}{package}" if is_spf
        else f"start what is to listen at {safe(row.argument, 60)}, or take the rule out"
    )  # fmt: skip
    fix, words = fixed(plan, otherwise)
    return Finding(
        "policy-service-missing", "error", f"{row.place.title}: nobody serves {safe(row.argument, 60)}",
        *of(row), f"master.cf has no unix service {safe(name)}, and there is no such socket: every mail that"
        f" comes to this rule gets {safe(action, 60)}", fix, words, sight.services, named(row),
    )  # fmt: skip


def _spf(case: Case, sight: Sight, name: str) -> Plan | None:
    """The name that master.cf has for policyd-spf; else the service, where the program is installed."""
    held: list[Policyd] = policyds(case.instance)
    row = sight.row
    if len(held) == 1:
        text = row.written.replace(endpoint(row.argument.strip()).written, held[0].endpoint, 1)
        return case.tried(ruleplan.change(case.instance, row, text=text))
    if held or not is_installed() or not name.replace("-", "").replace("_", "").isalnum():
        return None
    block = _SPAWN.format(name=name)
    edits = (
        AddService(case.instance.master, f"{name}/unix", block),
        SetParameter(
            case.instance.main, f"{name}_time_limit", f"{LIMIT}s",
            case.instance.parameters.get(f"{name}_time_limit"),
        ),
    )  # fmt: skip
    return case.tried(Plan(edits))
