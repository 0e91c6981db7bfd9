"""One row of the list of mailboxes, made when it comes on the screen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from mailtui.postfix.addresses import split
from mailtui.postfix.delivery import below
from mailtui.postfix.localusers import LocalUser
from mailtui.postfix.mailboxchecks import (
    Folders,
    domain_words,
    probe,
    routed_words,
    taken_words,
)
from mailtui.postfix.mailboxids import Ids, extension_words, ids_of
from mailtui.postfix.mailboxtables import BoxTable, Entry, State, exists, path_of
from mailtui.postfix.mailsize import Format, Job, Size
from mailtui.postfix.resolver import Resolver

_REWRITING = ("recipient_canonical_maps", "canonical_maps", "virtual_alias_maps")
_ROUTING = ("transport_maps", "relocated_maps")
_WARNED = "?"

Kind = Literal["virtual", "local"]


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """One mailbox. Texts are as the files have them: make them safe before showing.

    `path`: where the mail lies, with a slash at the end for a maildir; empty where a program or another
    server says (`delivery` tells which), and for a row that stands for a whole table. `written`: the entry's
    value. `table`: the table, or for an account the parameter that decides. `forward`: a ~/.forward takes the
    mail first. `was`: the entry's value on the disk, where a draft changes it.
    """

    address: str
    path: str
    written: str
    format: Format
    uid: int | None
    gid: int | None
    table: str
    line: int | None
    enabled: bool
    kind: Kind
    delivery: str
    forward: bool
    exists: bool
    editable: bool
    why_not: str
    warnings: tuple[str, ...]
    marker: str
    was: str = ""
    base: str = ""
    """What its folder must not lead out of: virtual_mailbox_base, the account's home, or the spool."""
    is_mailbox: bool = True
    """Whether it is one: not a bare domain, and not a whole table whose entries cannot be listed."""

    @property
    def job(self) -> Job:
        """For `mailsize`."""
        return Job(self.path, self.format, self.base)

    def as_json(self, size: Size | None = None) -> dict[str, Any]:
        """In interface names; what does not apply, or was not counted, is absent."""
        found: dict[str, Any] = {
            "address": self.address,
            "path": self.path or None,
            "format": self.format or None,
            "uid": self.uid,
            "gid": self.gid,
            "exists": self.exists if self.path else None,
            "table": self.table,
            "line": self.line,
            "delivery": self.delivery or None,
        }
        if size is not None and self.path:
            newest = None if size.newest is None else datetime.fromtimestamp(size.newest, UTC).astimezone()
            found |= {"bytes": size.bytes, "messages": size.messages}
            found |= {"newest": newest.isoformat(timespec="seconds") if newest else None}
            found |= {"problem": size.problem or None}
        plain = {name: value for name, value in found.items() if value is not None}
        plain |= {"kind": self.kind, "enabled": self.enabled, "warnings": list(self.warnings)}
        return plain | ({"forward": self.forward} if self.kind == "local" else {})


class RowMaker:
    """Makes the rows of one state."""

    def __init__(self, state: State, *, checks: bool = True) -> None:
        """Without `checks` no row is told who takes its mail."""
        self._state = state
        self._base = state.base
        self._all: Ids | None = None
        self._routes: dict[str, tuple[str, str]] = {}
        self._resolver = Resolver(state.instance, state.users)
        self._near = all(self._resolver.maps(name).is_near for name in (*_REWRITING, *_ROUTING))
        if checks:
            self._get_ready()

    def _get_ready(self) -> None:
        """Make what the first row would have to make."""
        _ = self._folders, self._shared
        if self._near:
            self._ask_ahead()

    @property
    def notes(self) -> list[str]:
        """What cannot be told of each row."""
        found = []
        if not self._near:
            found.append("aliases that databases hold are not asked for each mailbox: they may take its mail")
        if not all(self._resolver.maps(f"virtual_{what}_maps").is_near for what in ("uid", "gid")):
            found.append("uid and gid come from a database, which is not asked for each mailbox")
        return found

    def _ask_ahead(self) -> None:
        """Let pattern tables answer for all addresses in one run of postmap."""
        maps = [
            self._resolver.maps(name)
            for name in (*_REWRITING, *_ROUTING, "virtual_uid_maps", "virtual_gid_maps")
        ]
        if any(lookup.type in {"regexp", "pcre", "cidr"} for each in maps for lookup in each.lookups):
            addresses = [probe(entry.key) for _, entry in self._state.entries() if "@" in entry.key]
            for each in maps:
                each.ask_ahead([*addresses, "*"] if each.parameter == "transport_maps" else addresses)

    @cached_property
    def _folders(self) -> Folders:
        effective = self._state.instance.parameters.effective

        def number(name: str) -> int:
            text = effective(name)
            return int(text) if text.isdigit() else 0

        values = (entry.value for _, entry in self._state.entries() if entry.counts)
        return Folders(
            self._base,
            number("virtual_mailbox_limit"),
            number("message_size_limit"),
            effective("strict_mailbox_ownership").lower() == "yes",
            frozenset(below(self._base, value).rstrip("/") for value in values if value.endswith("/")),
            "dotlock" in effective("virtual_mailbox_lock"),
        )

    def job(self, entry: Entry | None, user: LocalUser | None) -> Job | None:
        """What is to be counted for a row; None where there is nothing."""
        if user is not None:
            box = self._state.locals.of(user)
            return Job(box.path, box.format, self._bound(user, box.by)) if box.path else None
        if entry is None or not entry.enabled or "@" not in entry.key:
            return None
        return Job(*path_of(self._base, entry), self._base)

    def row(
        self,
        table: BoxTable | None,
        entry: Entry | None,
        user: LocalUser | None,
        marker: str,
        was: str,
        *,
        checks: bool = True,
    ) -> MailboxRow:
        """The row of an entry, of a table that cannot be listed (`entry` None), or of an account."""
        if user is not None:
            return self._account(user, checks=checks)
        assert table is not None
        if entry is None:
            return MailboxRow(
                table.spec, "", "", "", None, None, table.spec, None, True, "virtual", table.note, False,
                False, False, table.note, (), marker, is_mailbox=False,
            )  # fmt: skip
        return self._virtual(table, entry, marker, was, checks=checks)

    # Entries of virtual_mailbox_maps

    def _virtual(self, table: BoxTable, entry: Entry, marker: str, was: str, *, checks: bool) -> MailboxRow:
        assert table.document is not None
        line = None if marker == "+" else table.document.line_of(entry.number)
        why_not = self._why_not(table, entry)
        if "@" not in entry.key and "." in entry.key:
            words = (
                f"no mailbox: it only makes {entry.key} known where virtual_mailbox_domains names the table"
            )
            return MailboxRow(
                entry.key, "", entry.value, "", None, None, table.spec, line, entry.enabled, "virtual", words,
                False, False, not why_not, why_not, (), marker, was, is_mailbox=False,
            )  # fmt: skip
        path, kind = path_of(self._base, entry)
        address = self._resolver.normal(entry.key) or entry.key
        delivery, nowhere = self._routed(address)
        ids = self._ids(address)
        warnings: tuple[str, ...] = ()
        if checks and entry.counts and marker != "-":
            found = [domain_words(self._resolver, address) or nowhere or self._taken(address)]
            if not delivery:
                places = self._folders.words(path, kind, ids.uid, ids.gid)
                found += [ids.problem, *places, self._sharing(entry), self._extended(address, ids)]
            warnings = tuple(words for words in found if words)
        return MailboxRow(
            entry.key, path, entry.value, kind, ids.uid, ids.gid, table.spec, line, entry.enabled,
            "virtual", delivery, False, exists(path), not why_not, why_not, warnings,
            _WARNED if warnings and marker == " " else marker, was, self._base,
        )  # fmt: skip

    @cached_property
    def _one_owner(self) -> bool:
        """Whether all mailboxes have one owner, so that it need be asked for once."""
        maps = [self._resolver.maps(f"virtual_{what}_maps") for what in ("uid", "gid")]
        return all(lookup.type == "static" for each in maps for lookup in each.lookups)

    def _ids(self, address: str) -> Ids:
        if not self._one_owner:
            return ids_of(self._resolver, address, far=False)
        if self._all is None:
            self._all = ids_of(self._resolver, address, far=False)
        return self._all

    def _extended(self, address: str, ids: Ids) -> str:
        if self._one_owner or not all(
            self._resolver.maps(f"virtual_{what}_maps").is_near for what in ("uid", "gid")
        ):
            return ""
        return extension_words(self._resolver, address, ids)

    def _routed(self, address: str) -> tuple[str, str]:
        """Where another transport than virtual(8) takes the mail, for only it knows the place then; and why
        the route delivers nothing."""
        domain = split(address)[1] or ""
        resolver = self._resolver
        if resolver.maps("transport_maps") or resolver.maps("relocated_maps"):
            return routed_words(resolver, address)
        if domain not in self._routes:  # it depends on nothing else
            self._routes[domain] = routed_words(resolver, address)
        return self._routes[domain]

    @staticmethod
    def _why_not(table: BoxTable, entry: Entry) -> str:
        if not table.editable:
            return table.note or table.lookup.how
        if entry.enabled and not entry.counts:
            return "an earlier entry of this address counts in its place"
        return ""

    def _taken(self, address: str) -> str:
        return taken_words(self._resolver, address) if self._near else ""

    @cached_property
    def _shared(self) -> dict[str, list[Entry]]:
        """The entries that have one path with others, by that path without its final slash."""
        counted = Counter(entry.value.rstrip("/") for _, entry in self._state.entries() if entry.counts)
        found: dict[str, list[Entry]] = {value: [] for value, number in counted.items() if number > 1}
        if found:
            for _, entry in self._state.entries():
                if entry.counts and entry.value.rstrip("/") in found:
                    found[entry.value.rstrip("/")].append(entry)
        return found

    def _sharing(self, entry: Entry) -> str:
        alike = self._shared.get(entry.value.rstrip("/"), [])
        others = [each for each in alike if each.folded != entry.folded]
        if not others:
            return ""
        names = ", ".join(each.key for each in others[:2])
        if any(each.value.endswith("/") is not entry.value.endswith("/") for each in others):
            return f"one path as a maildir and as an mbox: {names} says otherwise"
        more = f" and {len(others) - 2} more" if len(others) > 2 else ""
        return f"shares its mail with {names}{more}: one path for all of them"

    # Accounts

    def _account(self, user: LocalUser, *, checks: bool) -> MailboxRow:
        state = self._state
        box = state.locals.of(user)
        forward = state.locals.forward_of(user)
        address = f"{user.name}@{state.domain}"
        words = [box.delivery or f"{box.by} of local(8)"]
        if forward is not None:
            to = ", ".join(one.item for one in forward.recipients[:3])
            words.insert(0, forward.problem or f"{forward.path} sends it to {to}, before")
        taken = self._taken(address) or self._aliased(user) if checks else ""
        warnings = (taken,) if taken else ()
        return MailboxRow(
            address, box.path, "", box.format, user.uid, user.gid if user.gid >= 0 else None, box.by, None,
            True, "local", "; ".join(words), forward is not None, exists(box.path), False,
            "an account of this machine: adduser and deluser change it", warnings, _WARNED if taken else " ",
            base=self._bound(user, box.by),
        )  # fmt: skip

    def _aliased(self, user: LocalUser) -> str:
        """The alias of local(8) that takes an account's mail first."""
        maps = self._resolver.maps("alias_maps")
        hit = maps.get(user.name) if maps.is_near else None
        if hit is None or any(item.casefold() in {user.name, f"\\{user.name}"} for item in hit.items):
            return ""
        place = f"{hit.spec.rpartition('/')[2]}:{hit.line}" if hit.line else hit.spec
        return f"the alias {hit.key} ({place}) takes its mail → {hit.value}; it never gets here"

    def _bound(self, user: LocalUser, by: str) -> str:
        return (
            user.home
            if by == "home_mailbox"
            else self._state.instance.parameters.effective("mail_spool_directory")
        )
