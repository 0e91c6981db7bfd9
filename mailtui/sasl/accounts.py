"""The accounts of every sasldb that this Postfix's smtpd services open: whether each can be used, and why."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from mailtui.commands import CommandError
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.etc import is_in_etc
from mailtui.postfix.instance import Instance
from mailtui.sasl.config import DATABASE
from mailtui.sasl.database import Database, differing, look
from mailtui.sasl.names import Account
from mailtui.sasl.reading import Reader, group_name, may_read, reader
from mailtui.sasl.services import AuthService, auth_services
from mailtui.text.query import Query
from mailtui.text.safe import encode, safe


class Verdict(NamedTuple):
    """What one service makes of an account. `names`: what a client may log in as."""

    service: str
    names: tuple[str, ...]
    mechanisms: tuple[str, ...]
    why: str

    @property
    def usable(self) -> bool:
        return bool(self.names)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account, wherever it is stored."""

    account: Account
    databases: tuple[str, ...]
    """The databases that have it, as their paths are configured."""
    properties: tuple[str, ...]
    mechanisms: tuple[str, ...]
    """By which it can log in somewhere."""
    usable: bool
    marker: str
    """`!` usable nowhere, `?` not everywhere or not by its bare name, else nothing."""
    why: str
    verdicts: tuple[Verdict, ...]

    @property
    def database(self) -> str:
        return self.databases[0]

    def as_json(self) -> dict[str, Any]:
        """In the names of `account list --json`."""
        return {
            "user": self.account.user,
            "realm": self.account.realm,
            "database": self.database,
            "databases": list(self.databases),
            "mechanisms": list(self.mechanisms),
            "usable": self.usable,
            "why": self.why,
            "services": [
                {"service": each.service, "usable": each.usable, "names": list(each.names), "why": each.why}
                for each in self.verdicts
            ],
        }


class Accounts:
    """All of it, read once. A `Listing` for the screen."""

    def __init__(self, instance: Instance) -> None:
        """Raises InstanceError, also where sasldblistusers2 is not installed."""
        self.instance = instance
        self.services: Sequence[AuthService] = auth_services(instance)
        self.reader: Reader = reader(instance)
        self.databases: Mapping[str, Database] = {}
        self._hindered: dict[str, str] = {}
        try:
            self.databases = {path: look(path) for path in self.paths}
            self._readable = {
                path: may_read(found.real, self.reader)
                for path, found in self.databases.items()
                if found.state != "missing"
            }
        except CommandError as error:
            raise InstanceError(str(error), "apt-get install sasl2-bin") from None
        self.all = [self._row(who, held) for who, held in sorted(self._held().items())]
        self._at = {row.account: number for number, row in enumerate(self.all)}

    # Which databases there are

    @property
    def asking(self) -> list[AuthService]:
        """The services that offer AUTH and ask sasldb."""
        return [each for each in self.services if each.offered and each.asks_sasldb]

    @cached_property
    def opened(self) -> tuple[str, ...]:
        """The databases that services open: those that ask sasldb now, else those that would."""
        ones = self.asking or [each for each in self.services if each.asks_sasldb]
        return tuple(dict.fromkeys(each.database for each in ones))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every database to look at: those that are opened, then the one outside the chroot (which
        sasldblistusers2 and saslpasswd2 take unless they are told another) where it is not the host's."""
        outside = tuple(dict.fromkeys(each.conf.database for each in self.services if each.asks_sasldb))
        own = (path for path in outside if path.startswith("/") and not self.is_hosts(path))
        found = dict.fromkeys((*self.opened, *own))
        return tuple(found) or (DATABASE,)

    def distinct(self) -> list[Database]:
        """The files behind them, each once; a missing one that no service opens is left out."""
        found: dict[str, Database] = {}
        for path, each in self.databases.items():
            if each.state != "missing" or path in self.opened:
                found.setdefault(each.real, each)
        return list(found.values())

    def linked(self) -> bool:
        """Whether several paths lead to one file."""
        return len({each.real for each in self.databases.values()}) < len(self.databases)

    def is_hosts(self, path: str) -> bool:
        """Whether a database is the machine's own, while this instance is a demo or a copy that only lies
        on it: nothing is changed there (mailtui.postfix.etc)."""
        return not is_in_etc(self.instance.config_dir) and is_in_etc(path)

    def users_of(self, real: str) -> list[AuthService]:
        """The services that open this file."""
        return [each for each in self.asking if self.databases[each.database].real == real]

    # What a file is to smtpd

    def readable(self, path: str) -> bool:
        """Whether smtpd may read this database."""
        return self._readable.get(path, False)

    def outdated(self, found: Database) -> bool:
        """Whether an smtpd that runs lacks the group by which it could read this, as it began before."""
        if found.state == "missing" or found.gid not in self.reader.outdated:
            return False
        return any(not may_read(found.real, self.reader, has) for has in set(self.reader.running))

    def hindrance(self, service: AuthService) -> str:
        """What keeps a service from its database; empty where nothing does."""
        known = self._hindered.get(service.name)
        if known is None:
            known = self._hindered[service.name] = self._hindrance(service)
        return known

    def _hindrance(self, service: AuthService) -> str:
        found = self.databases[service.database]
        chroot = f"{service.name} is chrooted and opens {safe(found.path)}"
        what = chroot if service.chrooted else f"{service.name} opens {safe(found.path)}"
        if found.state == "missing":
            return f"{what}, which {found.problem}"
        if found.state == "damaged":
            return f"{what}: {found.problem}"
        if not self.readable(service.database):
            return f"{what}, which {self.reader.user} may not read: {self.unreadable_why(found)}"
        if self.outdated(found):
            group = group_name(found.gid)
            return f"{what} by group {group}, which smtpd has not got yet: it runs since before (reload)"
        return found.problem

    def unreadable_why(self, found: Database) -> str:
        """Why smtpd may not read it, in words."""
        group = group_name(found.gid)
        if found.mode & 0o040 and found.gid not in self.reader.groups:
            return f"it is {found.owner}, and {self.reader.user} is not in group {group}"
        if not found.mode & 0o044:
            return f"its mode is {found.mode:04o}, without reading for group {group}"
        return f"it is {found.owner}, or a folder above it is closed"

    # The accounts

    def _held(self) -> dict[Account, list[str]]:
        found: dict[Account, list[str]] = {}
        for path, each in self.databases.items():
            for who in each.accounts:
                found.setdefault(who, []).append(path)
        return found

    def _row(self, who: Account, held: Sequence[str]) -> AccountRow:
        verdicts = tuple(self.verdict(who, each) for each in self.asking)
        usable = [each for each in verdicts if each.usable]
        mechanisms = dict.fromkeys(name for each in usable for name in each.mechanisms)
        properties = dict.fromkeys(each for path in held for each in self.databases[path].accounts[who])
        marker, why = self._summed(who, verdicts)
        return AccountRow(
            who, tuple(held), tuple(properties), tuple(mechanisms), bool(usable), marker, why, verdicts
        )

    def verdict(self, who: Account, service: AuthService) -> Verdict:
        """What a service makes of an account, and why."""
        hindered = self.hindrance(service)
        if hindered:
            return Verdict(service.name, (), (), hindered)
        found = self.databases[service.database]
        kept = found.accounts.get(who)
        if kept is None:
            why = f"{service.name} opens {safe(found.path)}, which has no {safe(str(who))}: a stale copy"
            return Verdict(service.name, (), (), why)
        mechanisms = service.works_with(kept)
        if not mechanisms:
            offered = " ".join(service.conf.mechanisms) or "its mechanisms"
            why = f"{service.name} offers {safe(offered)}, for none of which this account has a secret"
            return Verdict(service.name, (), (), why)
        names: tuple[str, ...] = (str(who),)
        why = ""
        if service.realm == who.realm:
            names = (who.user, *names)
        else:
            why = (
                f"only as {safe(str(who))}: {service.name} looks for a bare {safe(who.user)} in the realm"
                f" {safe(service.realm)}"
            )
        return Verdict(service.name, names, mechanisms, why)

    def _summed(self, who: Account, verdicts: Sequence[Verdict]) -> tuple[str, str]:
        if not verdicts:
            return "!", self.nowhere()
        bad = [each for each in verdicts if not each.usable]
        if len(bad) == len(verdicts):
            return "!", bad[0].why
        if who in self.stale:
            return "?", f"its password differs between {self._copies()}"
        said = bad or [each for each in verdicts if each.why]
        return ("?", said[0].why) if said else ("", "")

    def nowhere(self) -> str:
        """Why no service can use any account."""
        offering = [each for each in self.services if each.offered]
        if not offering:
            return "no smtpd service offers AUTH (smtpd_sasl_auth_enable)"
        return next((each.elsewhere for each in offering if each.elsewhere), "")

    @cached_property
    def stale(self) -> frozenset[Account]:
        """The accounts whose password is another in another copy."""
        found: set[Account] = set()
        copies = [each for each in self.distinct() if each.fine]
        for other in copies[1:]:
            found.update(differing(copies[0], other)[2])
        return frozenset(found)

    def _copies(self) -> str:
        return " and ".join(safe(each.path) for each in self.distinct() if each.fine)

    @property
    def notes(self) -> list[str]:
        """What there is to say of the databases themselves."""
        said = [f"{safe(each.path)}: {each.problem}" for each in self.distinct() if not each.fine]
        hosts = [safe(each.path) for each in self.distinct() if self.is_hosts(each.path)]
        return [*said, *(f"{path} is the host's own: nothing is changed in it from here" for path in hosts)]

    # As a listing

    def __len__(self) -> int:
        return len(self.all)

    def row(self, index: int) -> AccountRow:
        return self.all[index]

    def key(self, index: int) -> Hashable:
        return self.all[index].account

    def find(self, key: Hashable) -> int | None:
        return self._at.get(key) if isinstance(key, Account) else None

    def search(self, query: Query) -> Iterator[int | None]:
        """The rows with the words of a filter."""
        for number, row in enumerate(self.all):
            text = f"{row.account} {' '.join(row.databases)} {' '.join(row.mechanisms)} {row.why}"
            if query.matches(encode(text)):
                yield number
