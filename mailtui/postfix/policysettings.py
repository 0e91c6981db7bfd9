"""What is set for a policy service (its timeouts, the answer while it is down), and where its socket is.

`check_policy_service { inet:127.0.0.1:10023, timeout=10s, default_action=DUNNO }`: what stands in the braces
is for that rule alone, else the smtpd_policy_service_… parameters hold (postconf(5), SMTPD_POLICY_README).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mailtui.postfix.chainread import ServiceLists
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import is_chrooted, services
from mailtui.postfix.smtpd.policy import Endpoint
from mailtui.text.safe import safe


class Setting(NamedTuple):
    """`parameter`: what holds for all services. `says`: what it is."""

    name: str
    parameter: str
    says: str


SETTINGS = (
    Setting("timeout", "smtpd_policy_service_timeout", "how long an answer is waited for"),
    Setting("default_action", "smtpd_policy_service_default_action", "what is done while it is down"),
    Setting("try_limit", "smtpd_policy_service_try_limit", "how often it is tried"),
    Setting("retry_delay", "smtpd_policy_service_retry_delay", "the time between two tries"),
    Setting("max_idle", "smtpd_policy_service_max_idle", "an unused connection is closed after it"),
    Setting("max_ttl", "smtpd_policy_service_max_ttl", "a connection is closed after it"),
    Setting("request_limit", "smtpd_policy_service_request_limit",
            "questions in one connection, 0 for no limit"),
    Setting("policy_context", "smtpd_policy_service_policy_context", "a word that the service is told"),
)  # fmt: skip
"""All that the braces may hold."""
_NAMES = frozenset(each.name for each in SETTINGS)
_BRACED = frozenset(" \t,{}")


def argument(server: Endpoint, options: Mapping[str, str]) -> str:
    """What follows check_policy_service: the endpoint, with the options that are not empty in braces."""
    own = [(name, value.strip()) for name, value in options.items() if value.strip()]
    if not own:
        return server.written
    return f"{{ {', '.join([server.written, *(_written(*each) for each in own)])} }}"


def _written(name: str, value: str) -> str:
    return f"{{ {name} = {value} }}" if _BRACED.intersection(value) else f"{name}={value}"


def global_values(lists: ServiceLists) -> dict[str, str]:
    """What holds for a service without settings of its own, by the names within the braces."""
    return {each.name: lists.setting(each.parameter) for each in SETTINGS}


def problem(name: str, value: str) -> str:
    """Why a value cannot be written for a setting; empty where it can (an empty one is the parameter's)."""
    value = value.strip()
    if not value or name == "policy_context":
        return "" if value.count("{") == value.count("}") else "braces must be in pairs"
    if name in {"timeout", "retry_delay", "max_idle", "max_ttl"}:
        number = value[:-1] if value[-1:] in "smhdw" else value
        return "" if number.isascii() and number.isdigit() else "a time, as 10s, 2m or 1h"
    if name in {"try_limit", "request_limit"}:
        least = 1 if name == "try_limit" else 0
        good = value.isascii() and value.isdigit() and int(value) >= least
        return "" if good else f"a whole number, {least} or more"
    return "" if value.count("{") == value.count("}") else "braces must be in pairs"


def when_down(action: str) -> str:
    """What becomes of mail while a service that has this default action does not answer."""
    word = action.strip().partition(" ")[0].upper()
    if word in {"DUNNO", ""}:
        return "mail passes as if the rule were not there"
    if word in {"OK", "PERMIT", "RELAY"}:
        return "this list permits: its rules below are not asked"
    if word in {"REJECT", "REJECT_UNAUTH_DESTINATION"} or (word.isdigit() and word.startswith("5")):
        return "mail is refused for good, as if it were unwanted"
    if word.startswith("DEFER") or (word.isdigit() and word.startswith("4")):
        return "mail is put off: honest senders try again, nothing is lost for some days"
    return "the rules that it names are asked"


# The socket


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service listens as smtpd sees it. `path`: the socket's, empty for inet. `says`: in words;
    `wrong`: why smtpd cannot reach it, empty where nothing tells so. `spawned`: who runs it on demand."""

    path: str = ""
    says: str = ""
    wrong: str = ""
    spawned: str = ""


def place(instance: Instance, server: Endpoint, service: str) -> Place:
    """Where a service is that an smtpd service (`smtp/inet`) asks. Raises ParameterError."""
    spawned = _spawned(instance, server)
    if server.transport == "inet":
        host, _, port = server.place.rpartition(":")
        return Place("", f"TCP, host {safe(host) or '127.0.0.1'}, port {safe(port)}", "", spawned)
    row = next((each for each in services(instance) if each.counts and each.service == service), None)
    chrooted = row is not None and is_chrooted(instance, row)
    absolute = server.place.startswith("/")
    queue = instance.queue_directory
    path = server.place if absolute and not chrooted else os.path.join(queue, server.place.lstrip("/"))
    if not absolute:
        says = f"{safe(server.place)} is below the queue: {safe(path)}"
    elif chrooted:
        says = f"{service} is chrooted to the queue, so that it is {safe(path)}"
    else:
        says = f"{safe(path)}; {service} is not chrooted"
    wrong = _wrong(path)
    if wrong and absolute and chrooted and os.path.exists(server.place):
        wrong = f"{safe(server.place)} is there, but outside the chroot: smtpd cannot see it"
    return Place(path, says, wrong, spawned)


def _wrong(path: str) -> str:
    try:
        found = os.stat(path)
    except PermissionError:
        return ""  # only postfix and root may look into private/
    except OSError as error:
        return f"{safe(path)}: {error.strerror}"
    if not stat.S_ISSOCK(found.st_mode):
        return f"{safe(path)} is no socket"
    return ""


def _spawned(instance: Instance, server: Endpoint) -> str:
    """The entry of master.cf that runs it by spawn(8), and what to mind; empty where there is none."""
    name = server.place.removeprefix("private/").removeprefix("public/")
    for row in services(instance):
        if row.command != "spawn" or not row.counts or (row.name, row.type) != (name, server.transport):
            continue
        limit = f"{row.name}_time_limit"
        set_to = instance.parameters.get(limit)
        time = (
            f"{limit} = {safe(set_to)}"
            if set_to
            else f"it is ended after command_time_limit: set {safe(limit)} = 3600s"
        )
        return f"master.cf:{row.line} spawns {safe(row.also, 80)}; {time}"
    return ""
