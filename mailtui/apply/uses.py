"""Which configuration values name which table: what must be compiled, and who must hear of a change."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mailtui.edits.entries import SECRET_FILE
from mailtui.formats.target import TABLES, Target
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.files import main_cf, master_cf
from mailtui.postfix.instance import Instance

INDEXED = ("hash", "btree", "lmdb", "cdb", "dbm", "sdbm")
"""Types that a program compiles, and whose change daemons notice by themselves (DATABASE_README)."""
SUFFIXES: Mapping[str, str] = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb"}
"""What a compiled table's name ends in, by type (postmap(1)); types not named here need no compiling."""
AT_START = ("texthash", "regexp", "pcre", "cidr")
"""Types that a process reads once, when it starts: a change needs a reload."""

_SPEC = re.compile(rf"(?:(?<![\w:/.-])|(?<=proxy:))({'|'.join((*INDEXED, *AT_START))}):(/[^\s,{{}}]+)")
_DEFAULTS = ("alias_maps", "alias_database")
"""Parameters whose built-in default names a file."""
_SECRET_NAME = re.compile(r"_password_maps$")


@dataclass(frozen=True, slots=True)
class Use:
    """A table as parameters name it. `named_by` are their names, a service's own as `smtp/inet: name`."""

    type: str
    path: str
    named_by: tuple[str, ...]
    clash: str = ""
    """Which other use of the same text cannot be: its compiled table would be the same file."""

    @property
    def spec(self) -> str:
        return f"{self.type}:{self.path}"

    @property
    def of_files(self) -> bool:
        """Whether the compiled copy holds private keys and chains, by the files that the values name
        (postconf(5), tls_server_sni_maps)."""
        return any(name.rpartition(" ")[2] == "tls_server_sni_maps" for name in self.named_by)

    @property
    def indexed(self) -> bool:
        return self.type in INDEXED


def _values(instance: Instance) -> Iterator[tuple[str, str]]:
    """Every value in force that may name a table, with the name it goes by."""
    parameters = instance.parameters
    document = main_cf(instance.files, instance.main)
    for name in dict.fromkeys([*(found.name for found in document.parameters), *_DEFAULTS]):
        try:
            yield name, parameters.expanded(name)
        except ParameterError:  # a broken macro: what is written may still name a table
            yield name, parameters.get(name) or ""
    try:
        services = master_cf(instance.files, instance.master).services
    except FileNotFoundError:
        return
    for service in services:
        if not service.enabled:
            continue
        called = f"{service.name}/{service.type}"
        own = parameters.service(service.name, service.type)
        for name in own.options:
            try:
                yield f"{called}: {name}", own.expanded(name)
            except ParameterError:
                yield f"{called}: {name}", own.options[name]


def all_uses(instance: Instance) -> tuple[Use, ...]:
    """Every table file that main.cf and master.cf name, in the order in which they do."""
    named: dict[tuple[str, str], list[str]] = {}
    for name, value in _values(instance):
        for kind, path in _SPEC.findall(value):
            users = named.setdefault((kind, path), [])
            if name not in users:
                users.append(name)
    return tuple(Use(kind, path, tuple(users)) for (kind, path), users in named.items())


def of_file(uses: Iterable[Use], target: Target) -> tuple[Use, ...]:
    """The tables whose text is the target's file: all that are named, and the target's own type."""
    real = os.path.realpath(target.path)
    found = {use.spec: use for use in uses if os.path.realpath(use.path) == real}
    if target.type and target.spec not in found:
        found[target.spec] = Use(target.type, target.path, ())
    return _one_a_file(tuple(found.values()))


_BTREE = (0x00053162).to_bytes(4, sys.byteorder)  # DB_BTREEMAGIC, at byte 12 (db_page.h)


def _one_a_file(uses: tuple[Use, ...]) -> tuple[Use, ...]:
    """One use for each compiled file: two names of one table are one, and of a hash and a btree of one path
    (both PATH.db) that which the file is counts, else the one named first."""
    by_file: dict[str, list[Use]] = {}
    for use in uses:
        suffix = SUFFIXES.get(use.type)
        file = os.path.realpath(use.path + suffix) if suffix else use.spec
        by_file.setdefault(file, []).append(use)
    return tuple(_one(file, same) if len(same) > 1 else same[0] for file, same in by_file.items())


def _one(file: str, uses: Sequence[Use]) -> Use:
    is_btree = _is_btree(file)
    kept = next((use for use in uses if is_btree is not None and (use.type == "btree") is is_btree), uses[0])
    same = (use for use in uses if use.type == kept.type)
    names = tuple(dict.fromkeys(name for use in same for name in use.named_by))
    others = [use for use in uses if use.type != kept.type]
    clash = "; ".join(
        f"{use.spec} (named by {', '.join(use.named_by) or 'nobody'}) cannot be used: {file} is {kept.type}"
        for use in others
    )
    return replace(kept, named_by=names, clash=clash)


def _is_btree(path: str) -> bool | None:
    """Whether a Berkeley DB file is a btree; None where there is none."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(16)
    except OSError:
        return None
    return head[12:] in {_BTREE, _BTREE[::-1]} if len(head) == 16 else None


def is_secret(target: Target, uses: Iterable[Use]) -> bool:
    """Whether the file holds passwords: a `*_password_maps` table, or one whose name says so."""
    if target.format not in TABLES:
        return False
    if any(
        SECRET_FILE.search(os.path.basename(path)) for path in (target.path, os.path.realpath(target.path))
    ):
        return True
    return any(_SECRET_NAME.search(name) for use in uses for name in use.named_by)
