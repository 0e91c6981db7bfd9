"""Where the mail of this machine's accounts lies: what local(8) does once no alias takes it (local(8)).

In its order: ~/.forward, mailbox_transport_maps, mailbox_transport, mailbox_command_maps, mailbox_command,
home_mailbox, mail_spool_directory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailtui.postfix import deliverers
from mailtui.postfix.domains import class_list, domain_class
from mailtui.postfix.forwarding import Forward, expanded, read_forward
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.mailsize import Format
from mailtui.postfix.mapsearch import Maps

LOGIN_DEFS = "/etc/login.defs"
UID_MIN = 1000
"""The first uid of a person where /etc/login.defs does not say another (useradd(8))."""
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class LocalBox:
    """What becomes of an account's mail. `path` and `format` are empty where a program or another server
    says; `by` names the parameter that decides."""

    user: LocalUser
    path: str
    format: Format
    delivery: str
    by: str
    forward: Forward | None = None
    """The .forward that local(8) follows first."""


def local_domain(instance: Instance) -> str:
    """A domain by which the accounts can be written to: $myorigin if it is local, else the first name in
    mydestination; empty where there is none. Raises ParameterError and InstanceError."""
    origin = instance.origin
    if domain_class(instance, origin) == "local":
        return origin.casefold()
    for item in class_list(instance, "mydestination").literals():
        if not item.negated and not item.text.startswith(("[", ".")):
            return item.text.casefold()
    return ""


def first_uid() -> int:
    """From which uid on an account is a person's."""
    try:
        with open(LOGIN_DEFS, encoding="utf-8", errors="replace") as file:
            found = re.search(r"^UID_MIN\s+(\d+)", file.read(), re.MULTILINE)
    except OSError:
        return UID_MIN
    return int(found[1]) if found else UID_MIN


class LocalBoxes:
    """The mailboxes of accounts in one state of an instance. Raises ParameterError at its making."""

    def __init__(self, instance: Instance, users: LocalUsers | None = None) -> None:
        self._users = users or LocalUsers()
        self._effective = instance.parameters.effective
        parameters = instance.parameters

        def written(name: str) -> str:
            value = parameters.get(name)
            return value if value is not None else parameters.default(name) or ""

        def maps(name: str) -> Maps:
            return Maps(name, instance.lookups(name), instance.files, self._users)

        self._forward_path = written("forward_path").replace(",", " ").split()
        self._command = written("mailbox_command")
        self._transport = self._effective("mailbox_transport")
        self._transports, self._commands = maps("mailbox_transport_maps"), maps("mailbox_command_maps")
        self._in_home = self._effective("home_mailbox")
        self._spool = self._effective("mail_spool_directory")

    def accounts(self) -> Iterator[LocalUser]:
        """The accounts to list: persons and root, and of the others those that have a mailbox already."""
        people = first_uid()
        for user in self._users.all():
            if user.name != user.name.casefold():  # local(8) looks names up in lower case
                continue
            if user.uid == 0 or people <= user.uid != NOBODY or os.path.lexists(self.of(user).path or "\0"):
                yield user

    def of(self, user: LocalUser) -> LocalBox:
        """Where mail for an account goes; its .forward is not read, see `with_forward`."""
        transport = self._value(self._transports, user)
        if transport or self._transport:
            by = "mailbox_transport_maps" if transport else "mailbox_transport"
            return LocalBox(user, "", "", deliverers.of_transport(transport or self._transport), by)
        command = self._value(self._commands, user)
        if command or self._command:
            by = "mailbox_command_maps" if command else "mailbox_command"
            return LocalBox(user, "", "", deliverers.of_command(command or self._command), by)
        if self._in_home:
            path, by = f"{user.home.rstrip('/')}/{self._in_home}", "home_mailbox"
        else:
            path, by = _spooled(self._spool, user.name), "mail_spool_directory"
        return LocalBox(user, path, "maildir" if path.endswith("/") else "mbox", "", by)

    def forward_of(self, user: LocalUser) -> Forward | None:
        """The .forward that takes an account's mail before its mailbox does; None without one."""
        values = {"user": user.name, "home": user.home, "shell": user.shell, "local": user.name}
        values |= {"extension": "", "recipient_delimiter": "", "domain": "", "recipient": user.name}
        for element in self._forward_path:
            path = expanded(element, values, self._effective)
            found = read_forward(path, user.uid) if path else None
            if found is not None:
                return found if found.recipients or found.problem else None
        return None

    @staticmethod
    def _value(maps: Maps, user: LocalUser) -> str:
        hit = maps.get(user.name) if maps else None
        return hit.value if hit is not None else ""


def _spooled(spool: str, name: str) -> str:
    return f"{spool}{name}/" if spool.endswith("/") else f"{spool}/{name}"
