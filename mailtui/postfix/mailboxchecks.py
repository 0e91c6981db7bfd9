"""What keeps mail from a virtual mailbox, or mixes it with another's: virtual(8), virtual_mailbox_maps."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailtui.postfix import deliverers
from mailtui.postfix.addresses import fold, quote, split
from mailtui.postfix.mailsize import Format, amount
from mailtui.postfix.resolution import AddressClass, Trail
from mailtui.postfix.rewriting import Unexpandable
from mailtui.postfix.routing import ERROR_TRANSPORTS
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.resolver import Resolver

PROBE = "no-such-name"
_ACL = "system.posix_acl_access"
_READ, _WRITE, _SEARCH = 4, 2, 1

_CLASS_WORDS = {
    "local": "{} is a local domain (mydestination): its mail goes to accounts of this machine, never here",
    "virtual-alias": "{} is a virtual alias domain: only aliases take its mail, mailboxes never",
    "relay": "{} is relayed: its mail goes on to another server, never here",
    "default": "no list makes {} a virtual mailbox domain: Postfix takes no mail for it; "
    "virtual_mailbox_domains must have it",
}


def probe(address: str) -> str:
    """An address to try: for a catch-all some name in its domain."""
    return f"{PROBE}{address}" if address.startswith("@") else address


def domain_words(resolver: Resolver, address: str) -> str:
    """Why the address (internal form) is in no virtual mailbox domain; empty where it is in one."""
    domain = split(address)[1] or ""
    return class_words(resolver.class_of(domain), domain)


def class_words(kind: AddressClass, domain: str) -> str:
    """Why a domain of this class has no virtual mailboxes; empty where it has them."""
    words = _CLASS_WORDS.get(kind)
    return words.format(safe(domain)) if words else ""


def taken_words(resolver: Resolver, address: str) -> str:
    """Who takes the mail of an address before its mailbox does: an alias, a catch-all, a canonical map.
    Empty where the address keeps it."""
    trail, tried = Trail(), probe(address)
    try:
        ends = resolver.rewriter.recipients(tried, trail)
    except Unexpandable as error:
        return f"its mail is refused (451): {error.why}"
    if fold(tried) in map(fold, ends):
        return ""
    first = next((step for step in trail.steps.values() if step.source == quote(tried)), None)
    to = ", ".join(safe(quote(end)) for end in ends[:3]) + (", …" if ends[3:] else "")
    if first is None:
        return f"its mail goes to {to}, never here"
    place = f"{first.table.rpartition('/')[2]}:{first.line}" if first.line else first.table
    if first.key.startswith("@") and not address.startswith("@"):
        return (
            f"the catch-all {safe(first.key)} ({safe(place)}) takes its mail → {to}; "
            f"an alias of {safe(address)} to itself keeps it here"
        )
    return f"{safe(first.key)} ({safe(place)}) takes its mail → {to}; it never gets here"


def routed_words(resolver: Resolver, address: str) -> tuple[str, str]:
    """Which transport other than virtual(8) takes the mail of a virtual mailbox domain, in words; and why its
    route delivers nothing. Both empty where virtual(8) has it."""
    route = resolver.router.route(probe(address))
    if route.transport in ERROR_TRANSPORTS and route.domain_class != "virtual-alias":
        return "", f"transport_maps or relocated_maps sends its mail to {safe(route.spec)}, never here"
    if route.domain_class != "virtual-mailbox" or route.transport == "virtual":
        return "", ""
    return deliverers.of_transport(route.spec), ""


def limit_words(effective: Mapping[str, str]) -> tuple[str, ...]:
    """Limits that stop virtual(8) or local(8) altogether; values by parameter name."""
    message = _number(effective["message_size_limit"])
    found = []
    for name, program in (("virtual_mailbox_limit", "virtual"), ("mailbox_size_limit", "local")):
        limit = _number(effective[name])
        if limit > 0 and (message <= 0 or limit < message):
            most = amount(message) if message > 0 else "without limit"
            found.append(
                f"{name} ({amount(limit)}) is smaller than message_size_limit ({most}): {program}(8) refuses "
                "to start, and its mail stays in the queue"
            )
    return tuple(found)


def _number(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else 0


@dataclass(slots=True)
class Folders:
    """Whether mail can be written at a path; folders looked at once. `limit` is virtual_mailbox_limit."""

    base: str
    limit: int = 0
    message: int = 0
    strict_owner: bool = True
    maildirs: AbstractSet[str] = frozenset()
    """Every maildir that the tables name, without the final slash."""
    dotlock: bool = True
    """Whether virtual_mailbox_lock has it: an mbox is then locked by a file beside it."""
    _known: dict[str, os.stat_result | None] = field(default_factory=dict)

    def words(self, path: str, format: Format, uid: int | None, gid: int | None) -> tuple[str, ...]:  # noqa: A002
        """What is wrong with a mailbox's place; nothing where it could not be looked at."""
        found = []
        if ".." in path.split("/"):
            found.append(f"its path leads out of {safe(self.base or '/')} by `..`")
        try:
            inside = self._inside(path) if format == "mbox" else ""
            if inside:
                found.append(
                    f"is an mbox inside the maildir {safe(inside)}, whose readers will stumble over it"
                )
            words = self._place(path.rstrip("/"), format, uid, gid)
        except NotADirectoryError:
            words = "a part of its path is a file: nothing can be delivered there"
        except OSError:  # not ours to look at
            words = ""
        return (*found, words) if words else tuple(found)

    def _inside(self, path: str) -> str:
        """The maildir in which a path lies, by the tables or by the disk."""
        above, base = os.path.dirname(path), self.base.rstrip("/")
        while len(above) > max(len(base), 1):
            if above in self.maildirs:
                return above
            if all(self._stat(f"{above}/{name}") is not None for name in ("cur", "new", "tmp")):
                return above
            above = os.path.dirname(above)
        return ""

    def _stat(self, path: str) -> os.stat_result | None:
        """What a folder is, None where nothing is there; remembered. Raises OSError."""
        if path not in self._known:
            try:
                self._known[path] = os.stat(path)
            except FileNotFoundError:
                self._known[path] = None
        return self._known[path]

    def _place(self, path: str, format: Format, uid: int | None, gid: int | None) -> str:  # noqa: A002
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return self._missing(path, format, uid, gid)
        shut = self._shut(os.path.dirname(path), uid, gid)
        if format == "maildir":
            if not stat.S_ISDIR(status.st_mode):
                return "is a file, and the slash at the end means a maildir: Postfix cannot deliver there"
            return shut or _unwritable("it", path, status, uid, gid)
        if stat.S_ISDIR(status.st_mode):
            return "is a folder; without a slash at the end it means an mbox: Postfix cannot deliver there"
        if not stat.S_ISREG(status.st_mode):
            return "is no regular file: Postfix does not deliver to it"
        if self.strict_owner and uid is not None and status.st_uid != uid:
            return f"belongs to uid {status.st_uid}, not to {uid}: its mail waits (strict_mailbox_ownership)"
        if self.limit and status.st_size + self.message > self.limit:
            return (
                f"holds {amount(status.st_size)} of the {amount(self.limit)} that virtual_mailbox_limit "
                "allows: a large message bounces"
            )
        shut = shut or _unwritable("it", path, status, uid, gid, need=_WRITE)
        above = os.path.dirname(path)
        beside = self._stat(above) if self.dotlock else None
        if shut or beside is None:
            return shut
        return _unwritable(safe(above), above, beside, uid, gid)

    def _missing(self, path: str, format: Format, uid: int | None, gid: int | None) -> str:  # noqa: A002
        above = os.path.dirname(path)
        status = self._stat(above)
        if status is None and format == "mbox":
            return f"its folder {safe(above)} is missing, and Postfix makes none for an mbox"
        while status is None and above != "/":
            above = os.path.dirname(above)
            status = self._stat(above)
        if status is None:
            return ""
        if not stat.S_ISDIR(status.st_mode):
            return f"{safe(above)} is a file: nothing can be delivered below it"
        shut = self._shut(os.path.dirname(above), uid, gid)
        return shut or _unwritable(safe(above), above, status, uid, gid)

    def _shut(self, folder: str, uid: int | None, gid: int | None) -> str:
        """Why this user may not come into a folder."""
        shut = self.shut(folder, uid, gid)
        status = self._stat(shut) if shut else None
        if status is None:
            return ""
        return f"uid {uid} may not pass through {safe(shut)} ({_rights(status)}): its mail is deferred"

    def shut(self, folder: str, uid: int | None, gid: int | None) -> str:
        """The folder on the way, this one or one above it, that this user may not pass; empty without one.
        Raises OSError."""
        while folder not in {"/", ""}:
            status = self._stat(folder)
            if status is not None and not may(folder, status, uid, gid, _SEARCH):
                return folder
            folder = os.path.dirname(folder)
        return ""


def _unwritable(
    name: str,
    path: str,
    status: os.stat_result,
    uid: int | None,
    gid: int | None,
    *,
    need: int = _WRITE | _SEARCH,
) -> str:
    if may(path, status, uid, gid, need):
        return ""
    return f"uid {uid} may not write in {name} ({_rights(status)}): its mail is deferred"


def _rights(status: os.stat_result) -> str:
    return f"owner {status.st_uid}:{status.st_gid}, mode {stat.S_IMODE(status.st_mode):04o}"


def may(path: str, status: os.stat_result, uid: int | None, gid: int | None, need: int) -> bool:
    """Whether virtual(8) may, as this user in this one group: by the permission bits. True where it cannot be
    told: no numbers, or an access list that may allow it."""
    if uid is None or gid is None or uid == 0:
        return True
    shift = 6 if status.st_uid == uid else 3 if status.st_gid == gid else 0
    if (status.st_mode >> shift) & need == need:
        return True
    try:
        return _ACL in os.listxattr(path)
    except OSError:
        return False
