"""policyd-spf (Debian's postfix-policyd-spf-python) as an instance uses it: the entries of master.cf that
spawn it, the rules that ask it, and its configuration (policyd-spf.conf(5), spawn(8))."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from typing import Final

from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.postfix.chainrows import RuleRow
from mailtui.postfix.etc import beside
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import ServiceRow, services
from mailtui.text.safe import decode, safe

KIND: Final = "policyd-spf.conf"
CONFIG = "/etc/postfix-policyd-spf-python/policyd-spf.conf"
PROGRAM = "/usr/bin/policyd-spf"
DEFAULTS = {
    "TestOnly": "1", "HELO_reject": "Fail", "Mail_From_reject": "Fail", "PermError_reject": "False",
    "TempError_Defer": "False", "Header_Type": "SPF", "Authserv_Id": "HOSTNAME",
    "skip_addresses": "127.0.0.0/8,::ffff:127.0.0.0/104,::1",
}  # fmt: skip
NUMBERS = ("debugLevel", "TestOnly", "Lookup_Time", "Whitelist_Lookup_Time", "Void_Limit", "UMask")
LISTS = ("skip_addresses", "Whitelist", "HELO_Whitelist", "Domain_Whitelist", "Domain_Whitelist_PTR",
         "Reject_Not_Pass_Domains", "HELO_pass_restriction", "Mail_From_pass_restriction")  # fmt: skip
NETWORKS = ("skip_addresses", "Whitelist")
_NAMES = ("policyd-spf", "policyd_spf", "pypolicyd-spf")


@dataclass(frozen=True)
class Policyd:
    """One entry of master.cf that spawns it, with its configuration. `unread`: why that cannot be read."""

    service: ServiceRow
    target: Target
    document: KeywordDocument
    unread: str = ""

    @property
    def endpoint(self) -> str:
        """How rules name it."""
        return f"unix:{'private' if self.service.private != 'n' else 'public'}/{self.service.name}"

    @property
    def time_limit(self) -> str:
        """The parameter that limits how long one process lives (spawn(8): transport_time_limit)."""
        return f"{self.service.name}_time_limit"

    @property
    def program(self) -> str:
        """The path of the program that is spawned."""
        words = [word.removeprefix("argv=") for word in self.service.words]
        return next((word for word in words if word.startswith("/") and _is_ours(word)), PROGRAM)

    def value(self, name: str) -> str:
        """A setting as the program has it."""
        found = self.document.value(name)
        return DEFAULTS.get(name, "") if found is None else decode(found)

    def line(self, name: str) -> int | None:
        """Where it is set."""
        found = self.document.get(name)
        return found.line if found is not None else None

    @property
    def refuses(self) -> bool:
        """Whether it ever refuses mail: TestOnly = 0 is the mode that does not."""
        return self.value("TestOnly").strip() != "0"

    @cached_property
    def says(self) -> tuple[str, ...]:
        """What it does with mail, in words."""
        helo, sender = self.value("HELO_reject"), self.value("Mail_From_reject")
        header = self.value("Header_Type")
        broken = "refused" if _yes(self.value("PermError_reject")) else "taken"
        silent = "put off" if _yes(self.value("TempError_Defer")) else "taken"
        return (
            *([] if self.refuses else ["refuses nothing: TestOnly = 0 is the mode for trying out"]),
            _HELO.get(helo, f"HELO_reject = {safe(helo, 40)}"),
            _FROM.get(sender, f"Mail_From_reject = {safe(sender, 40)}"),
            f"a record that is broken (PermError): {broken}",
            f"no answer from DNS (TempError): {silent}",
            _HEADERS.get(header, f"Header_Type = {safe(header, 40)}"),
        )


_HELO = {
    "Fail": "the HELO name: refused where its record says that the client may not use it (Fail)",
    "SPF_Not_Pass": "the HELO name: refused unless its record lets the client pass, or there is none",
    "Softfail": "the HELO name: refused at Fail and Softfail",
    "Null": "the HELO name: refused at Fail where MAIL FROM is empty, as of a bounce",
    "False": "the HELO name: judged, and never refused",
    "No_Check": "the HELO name: not judged",
}
_FROM = {
    "Fail": "MAIL FROM: refused where the domain's record says that the client may not use it (Fail)",
    "SPF_Not_Pass": "MAIL FROM: refused unless the record lets the client pass, or there is none",
    "Softfail": "MAIL FROM: refused at Fail and Softfail: much mail that is forwarded too",
    "False": "MAIL FROM: judged, and never refused",
    "No_Check": "MAIL FROM: not judged",
}
_HEADERS = {
    "SPF": "writes Received-SPF: into the mail",
    "AR": "writes Authentication-Results: into the mail, which opendmarc reads",
    "None": "writes no header",
}


def _yes(text: str) -> bool:
    return text.strip().lower() in {"true", "yes", "1"}


def is_installed(program: str = PROGRAM) -> bool:
    """Whether the program is on this machine."""
    return os.path.exists(program)


def policyds(instance: Instance) -> list[Policyd]:
    """The entries of master.cf that are in force and spawn it. Raises InstanceError."""
    spawned = [row for row in services(instance) if row.enabled and row.counts and row.command == "spawn"]
    usual = beside(instance.config_dir, CONFIG)
    return [_read(instance, row, path) for row in spawned if (path := _config(row.words, usual)) is not None]


def _is_ours(word: str) -> bool:
    return word.rpartition("/")[2] in _NAMES


def _config(words: Sequence[str], usual: str) -> str | None:
    """The configuration that `argv=… policyd-spf [FILE]` names; None where it is another program."""
    at = next((n for n, word in enumerate(words) if word.startswith("argv=")), None)
    if at is None:
        return None
    arguments = [words[at].removeprefix("argv="), *words[at + 1 :]]
    named = [n for n, word in enumerate(arguments) if _is_ours(word)]
    if not named:
        return None
    rest = [word for word in arguments[named[0] + 1 :] if not word.startswith("-")]
    return rest[0] if rest else usual


def _read(instance: Instance, row: ServiceRow, path: str) -> Policyd:
    target = Target(KIND, path)
    try:
        raw = instance.files.raw(path)
        return Policyd(row, target, KeywordDocument.parse(raw, KIND))
    except (OSError, Refused) as error:
        why = getattr(error, "strerror", None) or str(error)
        return Policyd(row, target, KeywordDocument.parse(b"", KIND), safe(why))


def names_it(row: RuleRow, policyd: Policyd) -> bool:
    """Whether a rule asks this service."""
    if row.name.lower() != "check_policy_service":
        return False
    bare = row.argument.strip("{} ").partition(",")[0].split()[:1]
    return bare == [policyd.endpoint]


# What is wrong in a list


def blanks(value: str) -> str | None:
    """The list without the blanks that keep its items from matching; None where it has none."""
    items = value.split(",")
    if all(item == item.strip() for item in items):
        return None
    return ",".join(item.strip() for item in items if item.strip())


def host_bits(value: str) -> str | None:
    """The list of networks with the host bits of each cleared; None where none has any."""
    items = [item.strip() for item in value.split(",")]
    fixed = [_cleared(item) for item in items]
    return ",".join(fixed) if fixed != items else None


def _cleared(item: str) -> str:
    try:
        ip_network(item)
    except ValueError:
        try:
            return str(ip_network(item, strict=False))
        except ValueError:
            return item
    return item
