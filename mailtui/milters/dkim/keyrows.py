"""The keys of an opendkim, each with what it is, for whom it signs, and what is wrong with it.

    for row in keys(config): row.domain, row.selector, row.signs, row.problems

No network is asked here; `publication` knows what DNS has, `rotation` what comes next.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.datasets import Row
from mailtui.milters.dkim.keyfile import KeyData, is_path, read_key
from mailtui.milters.dkim.place import runs_as
from mailtui.milters.dkim.safety import Node, first_unsafe, user_name, walk
from mailtui.milters.dkim.signing import KeyEntry, decide, key_entry
from mailtui.text.safe import safe

State = Literal["new", "published", "active", "retiring", "retired"]

DAY = 86400
ANYBODY = "mailtui-anybody"
"""A user, or a host, that no entry names."""
NOWHERE = "nowhere.invalid"
"""A domain that stands for any other."""
_MARKS = frozenset("*[](){}|?^$\\+%")


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """What is wrong with a key: `what`, on which `node` of its path (none where it is the key itself), and
    what to `do`. `stops`: opendkim cannot sign with it; `unseen`: whether it can, root alone finds out."""

    what: str
    do: str = ""
    node: str = ""
    stops: bool = True
    unseen: bool = False

    @property
    def words(self) -> str:
        place = f"{safe(self.node)}: " if self.node else ""
        return f"{place}{self.what}{'; ' if self.do else ''}{self.do}"


@dataclass(frozen=True)
class KeyRow:
    """One key of one domain. `name` is that of its KeyTable row, empty without tables. `made`: when the file
    was last written, in seconds since 1970; 0 where that is not known. `signs`: the entries that lead to it,
    as written; `elsewhere`: the domain whose mail it signs, where that is another."""

    domain: str
    selector: str
    key_file: str
    name: str = ""
    data: KeyData = field(default_factory=KeyData)
    signs: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    problems: tuple[KeyProblem, ...] = ()
    made: float = 0.0
    line: int = 0
    configured: bool = True
    """Whether the configuration names it; False for one that waits, or is gone from it."""

    @property
    def key(self) -> tuple[str, str]:
        return self.domain, self.selector

    @property
    def file_node(self) -> Node | None:
        """The key file itself."""
        return self.nodes[-1] if self.nodes else None

    def age(self, now: float | None = None) -> int | None:
        """Whole days since it was made."""
        return int(((time.time() if now is None else now) - self.made) // DAY) if self.made else None

    def as_json(self) -> dict[str, Any]:
        """In the names of `mailtui dkim list --json`, without what DNS and the rotation say."""
        node = self.file_node
        fields: dict[str, Any] = {
            "domain": self.domain, "selector": self.selector, "key_file": self.key_file, "name": self.name,
            "bits": self.data.bits, "type": self.data.kind, "mode": node.mode_words if node else "",
            "owner": node.owner if node else "", "age_days": self.age(),
        }  # fmt: skip
        told = {
            name: value for name, value in fields.items() if value not in (None, "", 0) or name == "age_days"
        }
        if told.get("age_days") is None:
            told.pop("age_days", None)
        told["signs"] = list(self.signs)
        told["problems"] = [each.words for each in self.problems]
        return told


def keys(config: DkimConfig) -> list[KeyRow]:
    """The keys that the configuration names, in its order; one of `%` for each domain that leads to it."""
    if config.tables:
        return list(_of_tables(config))
    return list(_of_domain(config))


def _of_domain(config: DkimConfig) -> Iterator[KeyRow]:
    if not config.key_file:
        return
    rows = config.domains.rows if config.domains is not None else ()
    for row in rows or (Row("", None, config.line("KeyFile") or 0),):
        signs = [f"*@{row.key}"] if row.key else []
        if row.key and config.subdomains and row.key != "*":
            signs.append(f"*@*.{row.key}")
        entry = KeyEntry("", row.key.lower(), config.selector, config.key_file, config.line("KeyFile") or 0)
        yield _row(config, entry, tuple(signs))


def _of_tables(config: DkimConfig) -> Iterator[KeyRow]:
    assert config.keytable is not None
    rows = config.signingtable.rows if config.signingtable is not None else ()
    live = [(row, counted(config, row)) for row in rows]
    seen: set[str] = set()
    for row in config.keytable.rows:
        entry = key_entry(row)
        if entry is None or row.key in seen:
            continue
        seen.add(row.key)
        mine = [(each, _leads(each, row.key)) for each, counts in live if counts]
        leading = [(each, domain) for each, domain in mine if domain is not None]
        yield from _for_domains(config, entry, leading)


def _leads(row: Row, name: str) -> str | None:
    """Whether an entry leads to this key, and for which domain: "" for whatever its pattern says."""
    value = (row.value or "").partition(":")[0]
    if value == name:
        return ""
    is_domain = "." in name  # nobody writes as user@name
    return name if value == "%" and is_domain and sample(row.key, name) is not None else None


def _for_domains(config: DkimConfig, entry: KeyEntry, leading: Sequence[tuple[Row, str]]) -> Iterator[KeyRow]:
    patterns = tuple(f"*@{domain}" if domain else row.key for row, domain in leading)
    if entry.domain != "%":
        yield _row(config, entry, patterns)
        return
    named = [
        (domain or pattern_domain(row.key), text)
        for (row, domain), text in zip(leading, patterns, strict=True)
    ]
    domains = dict.fromkeys(domain or "%" for domain, _ in named) or {"%": None}
    for domain in domains:
        own = tuple(text for each, text in named if (each or "%") == domain)
        key = entry.key.replace("%", domain) if entry.key.startswith("/") and domain != "%" else entry.key
        yield _row(config, KeyEntry(entry.name, domain, entry.selector, key, entry.line), own)


def _row(config: DkimConfig, entry: KeyEntry, signs: tuple[str, ...]) -> KeyRow:
    return look(
        config, entry.domain.lower(), entry.selector, entry.key, name=entry.name, signs=signs, line=entry.line
    )


def look(
    config: DkimConfig,
    domain: str,
    selector: str,
    key: str,
    *,
    name: str = "",
    signs: tuple[str, ...] = (),
    line: int = 0,
    configured: bool = True,
) -> KeyRow:
    """A key as it is on the disk now."""
    path = key if is_path(key) else ""
    nodes, problems, made = _path(config, path) if path else ((), (), 0.0)
    data = read_key(key)
    if data.problem and os.geteuid() != 0 and os.path.exists(path) and not os.access(path, os.R_OK):
        problems = (*problems, _unseen(path))
    elif data.problem and not any(each.node == path for each in problems):
        problems = (*problems, KeyProblem(data.problem, data.do, path))
    elif not data.problem:
        problems = (*problems, *_of_kind(config, data))
    return KeyRow(domain, selector, path, name, data, signs, nodes, problems, made, line, configured)


def _of_kind(config: DkimConfig, data: KeyData) -> Iterator[KeyProblem]:
    wanted = "ed25519" if config.algorithm.lower().startswith("ed25519") else "rsa"
    if data.kind != wanted:
        yield KeyProblem(
            f"is {data.kind}, and SignatureAlgorithm {safe(config.algorithm)} is for all keys",
            "opendkim signs with one kind alone: make this one of the same",
        )
    elif data.kind == "rsa" and data.bits < 1024:
        yield KeyProblem(
            f"has {data.bits} bits: nobody verifies fewer than 1024", "make a new one", stops=False
        )


def _path(config: DkimConfig, path: str) -> tuple[tuple[Node, ...], tuple[KeyProblem, ...], float]:
    uid = runs_as(config)
    try:
        nodes = tuple(walk(path, uid))
        made = os.stat(path).st_mtime
    except OSError as error:
        if isinstance(error, PermissionError) and os.geteuid() != 0:
            return (), (_unseen(path),), 0.0
        why = (
            "does not exist"
            if isinstance(error, FileNotFoundError)
            else (error.strerror or str(error)).lower()
        )
        return (), (KeyProblem(why, "put the key there, or take its entry out", path),), 0.0
    problems = []
    unsafe = first_unsafe(list(nodes))
    if unsafe is not None:
        why = unsafe.why if config.safe_keys else f"{unsafe.why} (RequireSafeKeys no lets that pass)"
        problems.append(KeyProblem(why, unsafe.mend, unsafe.path, stops=config.safe_keys))
    closed = _closed_to(nodes, uid)
    if closed is not None:
        who = user_name(uid)
        way = f"chown {who} {closed.path}" if closed.is_file else f"chown {who} {closed.path}, or chmod o+x"
        problems.append(KeyProblem(f"{safe(who)}, as whom opendkim runs, cannot get in", way, closed.path))
    return nodes, tuple(problems), made


def _unseen(path: str) -> KeyProblem:
    """What the caller may not look at, and opendkim perhaps may."""
    return KeyProblem("root alone may look", "run mailtui with sudo", path, stops=False, unseen=True)


def _closed_to(nodes: Sequence[Node], uid: int) -> Node | None:
    """The node that keeps opendkim itself out, by its mode: a folder it may not pass, a file it may not
    read."""
    if uid == 0:
        return None
    groups = _groups(uid)
    for node in nodes:
        bit = 4 if node.is_file else 1
        shift = 6 if node.uid == uid else 3 if node.gid in groups else 0
        if not node.mode >> shift & bit:
            return node
    return None


def _groups(uid: int) -> set[int]:
    import grp
    import pwd

    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        return set()
    return {user.pw_gid, *(each.gr_gid for each in grp.getgrall() if user.pw_name in each.gr_mem)}


# Which entries of a SigningTable are ever reached


def pattern_domain(pattern: str) -> str:
    """The domain that a pattern names, where it names one."""
    domain = pattern.rpartition("@")[2].removeprefix(".")
    return "" if not domain or _MARKS.intersection(domain) or domain == "*" else domain.lower()


def sample(pattern: str, domain: str = "") -> str | None:
    """An address that fits a pattern of a SigningTable; of this domain, if one is given. None where that
    cannot be told, or there is none."""
    user, sign, host = pattern.rpartition("@")
    if not sign:
        user, host = "", pattern
    user = user.replace("*", ANYBODY) or ANYBODY
    wanted = domain or NOWHERE
    if host == "*" or (host.startswith("*") and domain.endswith(host[1:]) and domain):
        host = wanted
    elif host.startswith("."):
        host = f"{ANYBODY}{host}"
    host = host.replace("*", ANYBODY)
    if _MARKS.intersection(user + host) or (domain and host.lower() != domain.lower()):
        return None
    return f"{user}@{host}"


def counted(config: DkimConfig, row: Row) -> bool:
    """Whether an entry is ever the one that decides; True where that cannot be told."""
    return shadow(config, row) is None


def shadow(config: DkimConfig, row: Row) -> Row | None:
    """The entry that takes an entry's mail before it comes to it; None where none does, or it cannot be
    told."""
    address = sample(row.key)
    if address is None or config.multiple or config.signingtable is None:
        return None
    found = decide(config, address).row
    if found is None or found == row:
        return None
    rows = config.signingtable.rows
    return (
        found
        if found in rows
        and (config.signingtable.spec.kind == "refile" or found.key.lower() == row.key.lower())
        else None
    )
