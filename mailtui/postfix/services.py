"""The services of master.cf as its admin thinks of them: what listens, what runs, with which overrides."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import problem
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode

if TYPE_CHECKING:
    from mailtui.formats.mastercf import MasterCf
    from mailtui.formats.masterentry import Service


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One `-o name=value` of a service. `counts`: no later one of that name takes its place."""

    name: str
    value: str
    line: int
    enabled: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One entry of master.cf, in force or commented out; columns as written, `-` for the default.

    `counts`: it is in force and no later entry of the same name and type takes its place. `also`: the
    arguments of the command that are no `-o`, joined by blanks.
    """

    name: str
    type: str
    private: str
    unprivileged: str
    chroot: str
    wakeup: str
    process_limit: str
    command: str
    options: tuple[OptionRow, ...]
    also: str
    words: tuple[str, ...]
    """Fields and arguments as master(8) reads them: what tells it from another of its name."""
    line: int
    enabled: bool
    counts: bool

    @property
    def service(self) -> str:
        """Name and type, as postconf names it: `smtp/inet`."""
        return f"{self.name}/{self.type}"

    @property
    def values(self) -> dict[str, str]:
        """What its options set, as the daemon sees it."""
        return {option.name: option.value for option in self.options if option.counts}

    def as_json(self) -> dict[str, Any]:
        """In interface names."""
        return {
            "service": self.name,
            "type": self.type,
            "private": self.private,
            "unprivileged": self.unprivileged,
            "chroot": self.chroot,
            "wakeup": self.wakeup,
            "process_limit": self.process_limit,
            "command": f"{self.command} {self.also}".strip(),
            "options": self.values,
            "enabled": self.enabled,
            "line": self.line,
        }


def document(instance: Instance) -> MasterCf:
    """master.cf, parsed. Raises InstanceError where it cannot be read."""
    from mailtui.postfix.files import master_cf

    try:
        return master_cf(instance.files, instance.master)
    except OSError as error:
        what, do = problem(error, instance.master.path)
        raise InstanceError(what, do, instance.master.path) from None


def services(instance: Instance) -> list[ServiceRow]:
    """Every entry of master.cf in the order of the file. Raises InstanceError."""
    return rows_of(document(instance))


def rows_of(master: MasterCf) -> list[ServiceRow]:
    """The entries of a master.cf in the order of the file."""
    found = master.services
    last = {(each.name, each.type): number for number, each in enumerate(found) if each.enabled}
    return [_row(each, last.get((each.name, each.type)) == number) for number, each in enumerate(found)]


def _row(service: Service, counts: bool) -> ServiceRow:
    from mailtui.formats.masterentry import FIELDS

    last = {option.name: option.start for option in service.options if option.enabled}
    rows = tuple(
        OptionRow(
            option.name,
            decode(option.value),
            option.line,
            option.enabled,
            last.get(option.name) == option.start,
        )
        for option in service.options
    )
    fields: Any = dict(zip(("name", *FIELDS[1:]), service.fields, strict=True))
    return ServiceRow(
        **fields,
        options=rows,
        also=" ".join(_quoted(argument) for argument in _rest(service.arguments)),
        words=(*service.fields, *(decode(argument) for argument in service.arguments)),
        line=service.line,
        enabled=service.enabled,
        counts=counts,
    )


def _rest(arguments: tuple[bytes, ...]) -> Iterator[str]:
    """The arguments without `-o name=value`, whether these are one word or two."""
    words = iter(arguments)
    for word in words:
        if word == b"-o":
            next(words, b"")
        elif not word.startswith(b"-o"):
            yield decode(word)


def _quoted(argument: str) -> str:
    return f"{{{argument}}}" if not argument or any(blank in argument for blank in " \t") else argument


def overriding(instance: Instance, parameter: str) -> list[tuple[str, str]]:
    """The services that have their own value of a parameter, and that value. Raises InstanceError."""
    return [
        (row.service, row.values[parameter])
        for row in services(instance)
        if row.counts and parameter in row.values
    ]


def find_service(instance: Instance, name: str) -> ServiceRow:
    """The entry that `smtp/inet` names, or `smtp` where one entry has that name; in force before commented
    out. Raises InstanceError where there is none, or the name alone is not unique."""
    rows = services(instance)
    for live in (True, False):
        found = [row for row in rows if (row.counts if live else not row.enabled) and _named(row, name)]
        kinds = sorted({row.service for row in found})
        if len(kinds) > 1:
            do = f"say {' or '.join(kinds)}"
            raise InstanceError(f"{name} names several services", do, instance.master.path)
        if found:
            return found[-1]
    raise InstanceError(
        f"there is no service {name}", "mailtui service list shows them", instance.master.path
    )


def _named(row: ServiceRow, name: str) -> bool:
    return name in (row.service, row.name)


def is_chrooted(instance: Instance, row: ServiceRow) -> bool:
    """Whether the service's processes live in queue_directory (master(5)). `-` stands for the default, which
    Postfix 3.0 made `n` where compatibility_level says 1 or more. Raises ParameterError."""
    if row.chroot != "-":
        return row.chroot == "y"
    level = instance.parameters.effective("compatibility_level").partition(".")[0]
    return level == "0"


def seen_from(instance: Instance, row: ServiceRow, path: str) -> str:
    """The real path of a socket or file that this service names: relative ones begin in queue_directory,
    and for a chrooted service all do. Raises ParameterError."""
    queue = instance.queue_directory
    if path.startswith("/") and not is_chrooted(instance, row):
        return path
    return os.path.join(queue, path.lstrip("/"))


_BLOCK = """\
{name} inet n       -       {chroot}       -       -       smtpd
  -o syslog_name=postfix/{name}
{tls}  -o smtpd_sasl_auth_enable=yes
{auth}  -o smtpd_reject_unlisted_recipient=no
  -o smtpd_client_restrictions=
  -o smtpd_helo_restrictions=
  -o smtpd_sender_restrictions=
  -o smtpd_recipient_restrictions=
  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
"""
"""An entry for mail that users hand in, without which their clients have port 25 only."""
_ENCRYPTED = {
    "submission": ("  -o smtpd_tls_security_level=encrypt\n", "  -o smtpd_tls_auth_only=yes\n"),
    "submissions": ("  -o smtpd_tls_wrappermode=yes\n", ""),
}
"""What makes it encrypted: after STARTTLS (RFC 6409), or from the first byte on (RFC 8314)."""


def proposed(instance: Instance, name: str) -> str:
    """The text of a new entry `submission` or `submissions`, chrooted as the instance's smtpd is.

    Raises InstanceError, and KeyError for another name.
    """
    tls, auth = _ENCRYPTED[name]
    smtpd = next((row for row in services(instance) if row.counts and row.command == "smtpd"), None)
    chroot = smtpd.chroot if smtpd is not None else "y"
    return _BLOCK.format(name=name, chroot=chroot, tls=tls, auth=auth)


def entry_text(instance: Instance, row: ServiceRow) -> str:
    """The text of an entry in force with its `-o` lines. Raises InstanceError, and Missing."""
    from mailtui.formats.masterblock import block_of

    return decode(block_of(document(instance), row.name, row.type))
