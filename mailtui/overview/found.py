"""What mailtui found on a server, which files it would change, where it keeps what it knows, and the way
back: told when the console first opens on an instance, and by `mailtui instance show`.

lines_of(found(instance, log="auto"))      # [("Aliases", "42 entries in 2 tables"), …]; not yet safe to show
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from mailtui.apply.state import StateError, of_instance
from mailtui.apply.uses import SUFFIXES, Use, all_uses
from mailtui.maillog import source
from mailtui.overview.line import many
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.instances import NAMELESS, HostInstance

COUNTED = 8 << 20
"""Bytes of tables up to which their entries are counted: reading more would slow the first screen down."""
UNREAD = "cannot be read"
Answer = TypeVar("Answer")
_NAMED = 3
"""Instances that are named one by one."""


@dataclass(frozen=True, slots=True)
class Found:
    """See the module's text. A count is words, as `42 in 2 tables`, or why there is none."""

    host: str
    config_dir: str
    name: str
    version: str
    running: bool | None
    aliases: str
    domains: str
    mailboxes: str
    tables: tuple[Use, ...]
    milters: tuple[str, ...]
    """Their addresses, once each."""
    log: str
    writes: str
    """Why nothing may be written here; empty where it may."""
    filters: tuple[str, ...]
    """The files of the mail filters."""
    state: str
    state_problem: str
    others: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be found out."""


def found(instance: Instance, log: str = "auto", others: Iterable[HostInstance] = ()) -> Found:
    """Look at the instance. For a thread: it may take a second. Only main.cf that cannot be read raises
    (InstanceError); whatever else fails is told in its place."""
    problems: list[str] = []

    def told(look: Callable[[Instance], Answer], otherwise: Answer) -> Answer:
        try:
            return look(instance)
        except (InstanceError, OSError) as error:
            problems.append(str(error))
            return otherwise

    tables = all_uses(instance)
    large = sum(_size(use.path) for use in tables)
    uncounted = f"not counted: {large >> 20} MB of tables" if large > COUNTED else ""
    log_source = source.find(instance.log_file or "", log)
    state, state_problem = _state(instance)
    return Found(
        host=instance.hostname,
        config_dir=instance.config_dir,
        name=instance.name,
        version=instance.parameters.effective("mail_version"),
        running=instance.running(),
        aliases=uncounted or told(_aliases, UNREAD),
        domains=uncounted or told(_domains, UNREAD),
        mailboxes=uncounted or told(_mailboxes, UNREAD),
        tables=tables,
        milters=told(_milters, ()),
        log=f"{log_source.title}{f': {log_source.why}' if log_source.why else ''}",
        writes=_may_not(instance),
        filters=told(_filters, ()),
        state=state,
        state_problem=state_problem,
        others=tuple(each.title for each in others),
        problems=tuple(problems),
    )


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _aliases(instance: Instance) -> str:
    from mailtui.postfix.aliastables import AliasTables
    from mailtui.postfix.files import entries

    tables = [each for each in AliasTables.of(instance) if each.target is not None]
    count = 0
    for each in tables:
        if each.editable and each.target is not None:
            try:
                count += len(entries(instance.files, each.target))
            except FileNotFoundError:
                continue
    return f"{count} in {many(len(tables), 'table')}" if tables else "no table"


def _domains(instance: Instance) -> str:
    from mailtui.postfix.domainlist import domain_list

    rows = (row for row in domain_list(instance, instance).rows() if row.domain_class != "default")
    classes = Counter(row.domain_class for row in rows if row.is_domain)
    parts = ", ".join(f"{count} {name}" for name, count in classes.items())
    return f"{sum(classes.values())}{f' ({parts})' if parts else ''}"


def _mailboxes(instance: Instance) -> str:
    from mailtui.postfix.mailboxes import mailbox_list

    return str(len(mailbox_list(instance, instance, checks=False)))


def _milters(instance: Instance) -> tuple[str, ...]:
    from mailtui.milters.chains import milter_chains

    chains = milter_chains(instance)
    return tuple(dict.fromkeys(row.address for chain in chains for row in chain.live))


def _filters(instance: Instance) -> tuple[str, ...]:
    from mailtui.milters.filterfiles import files

    return tuple(each.target.path for each in files(instance) if not each.missing)


def _may_not(instance: Instance) -> str:
    """Why nothing may be written; empty where it may."""
    if os.access(instance.main.path, os.W_OK) and os.access(instance.config_dir, os.W_OK):
        return ""
    return "you may not write here: stage edits and save them with w, or start with sudo"


def _state(instance: Instance) -> tuple[str, str]:
    try:
        return of_instance(instance), ""
    except StateError as error:
        return error.path, str(error)


def lines_of(seen: Found) -> list[tuple[str, str]]:
    """All of it as labelled lines, in three paragraphs parted by ("", "")."""
    return [*_what(seen), ("", ""), *_where(seen), ("", ""), *_back()]


def _what(seen: Found) -> Iterable[tuple[str, str]]:
    state = {True: "running", False: "NOT RUNNING", None: "running or not: cannot be seen"}[seen.running]
    name = f" ({seen.name})" if seen.name != NAMELESS else ""
    yield "Postfix", f"{seen.version}, {state}, {seen.config_dir}{name}"
    if seen.others:
        yield "also here", f"{_some(seen.others)}; --config-dir opens one"
    yield "domains", seen.domains
    yield "aliases", f"{seen.aliases}; mailboxes: {seen.mailboxes}"
    types = Counter(use.type for use in seen.tables)
    listed = ", ".join(f"{count} {kind}" for kind, count in types.most_common())
    yield "tables", listed or "none"
    yield "milters", ", ".join(seen.milters) or "none"
    yield "log", seen.log
    for words in seen.problems:
        yield "trouble", words


def _where(seen: Found) -> Iterable[tuple[str, str]]:
    yield (
        "writes",
        seen.writes
        or ("nothing by looking; edits once reviewed; accounts, keys, queue: after a typed answer"),
    )
    paths = dict.fromkeys(use.path for use in seen.tables)
    compiled = any(use.type in SUFFIXES for use in seen.tables)
    parts = ["main.cf", "master.cf"]
    if paths:
        parts.append(many(len(paths), "table") + (" (and compiled)" if compiled else ""))
    if seen.filters:
        parts.append(many(len(seen.filters), "filter file"))
    yield "into", ", ".join(parts)
    yield "keeps", seen.state_problem or f"{seen.state}: history, edits"


def _back() -> Iterable[tuple[str, str]]:
    yield (
        "undo",
        "staged: at once; written: mailtui history undo; after a crash: mailtui history recover",
    )


def _some(words: Iterable[str]) -> str:
    words = list(words)
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


def as_json(seen: Found) -> dict[str, object]:
    """The facts as `mailtui instance show --json` prints them."""
    return {
        "host": seen.host, "config_dir": seen.config_dir, "name": seen.name, "version": seen.version,
        **({} if seen.running is None else {"running": seen.running}),
        "aliases": seen.aliases, "domains": seen.domains, "mailboxes": seen.mailboxes,
        "tables": [{"table": use.spec, "named_by": list(use.named_by)} for use in seen.tables],
        "milters": list(seen.milters), "log": seen.log, "writable": not seen.writes,
        "filter_files": list(seen.filters), "state": seen.state, "others": list(seen.others),
        "problems": [*seen.problems, *([seen.state_problem] if seen.state_problem else [])],
    }  # fmt: skip
