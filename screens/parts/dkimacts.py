"""What is done to keys from the list, in threads: read, asked for in DNS, made, and planned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from mailtui.apply.dkimmemory import recall, remember
from mailtui.dns.ask import names_by
from mailtui.edits import dkimplan
from mailtui.edits.dkimsetup import with_setup
from mailtui.edits.plan import Plan
from mailtui.milters.dkim import generate as making
from mailtui.milters.dkim import habit
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyrows import KeyRow, keys, look
from mailtui.milters.dkim.place import owner, read_config
from mailtui.milters.dkim.publication import Publication, asker, look_up
from mailtui.milters.dkim.rotation import Life, Terms, added, lives, reconciled, retired
from mailtui.milters.dkim.store import Memory, StoreError
from mailtui.postfix.instance import Instance
from mailtui.settings import load

Seen = dict[tuple[str, str], Publication]


@dataclass(frozen=True)
class Sight:
    """The keys as they would be with the draft written, each with its marker. `trouble`: why what is
    remembered of them cannot be had."""

    lives: tuple[Life, ...]
    markers: dict[tuple[str, str], str]
    trouble: str = ""


def sight(now: Instance, after: Instance, seen: Seen, *, write: bool) -> Sight:
    """Read them. With `write`, who began or ceased to sign is remembered."""
    config, trouble = read_config(now), ""
    try:
        memory = recall(now)
        fresh = reconciled(config, memory).noted(seen)
        if write and fresh != memory:
            fresh = remember(now, lambda old: reconciled(config, old).noted(seen))
    except StoreError as error:
        fresh, trouble = reconciled(config, Memory()), str(error)
    settings = load()
    terms = Terms(settings.dkim_grace, settings.dkim_age)
    later = read_config(after)
    before = {life.key: life for life in lives(config, fresh, seen, terms)}
    found = tuple(lives(later, fresh, seen, terms))
    markers = {life.key: _marker(before.get(life.key), life) for life in found}
    gone = [life for key, life in before.items() if key not in markers]
    return Sight((*found, *gone), {**markers, **{life.key: "-" for life in gone}}, trouble)


def _marker(before: Life | None, life: Life) -> str:
    if before is None:
        return "+"
    same = (before.row.signs, before.row.configured) == (life.row.signs, life.row.configured)
    if same:
        return ""
    return "-" if before.row.configured and not life.row.configured else "~"


def ask(row: KeyRow) -> Publication:
    """What every name server has of a key, asked as the settings want it."""
    settings = load()
    return look_up(row, asker(names_by(settings), timeout=settings.dns_timeout))


class NewKey(NamedTuple):
    """A key to be made: its file, and what it is for."""

    file: making.Wanted
    domain: str
    selector: str


def wanted(instance: Instance, domain: str, selector: str, kind: str) -> NewKey:
    """The key that a form asks for. Raises GenerateError."""
    config = read_config(instance)
    domain = making.check_name("domain", domain)
    rows = keys(config)
    taken = {row.selector for row in rows if row.domain == domain}
    taken |= {kept.selector for kept in recall(instance).kept.values() if kept.domain == domain}
    name = making.check_name("selector", selector or habit.new_selector(taken))
    if name in taken:
        raise making.GenerateError(f"{domain} has a selector {name} already", "none is ever used twice")
    uid, gid = owner(config)
    path = habit.key_path(config, rows, domain, name)
    if kind == "ed25519":
        return NewKey(making.Wanted(path, "ed25519", 256, uid, gid), domain, name)
    return NewKey(making.Wanted(path, "rsa", int(kind), uid, gid), domain, name)


def make(instance: Instance, what: NewKey) -> KeyRow:
    """Make it, and remember it. Raises GenerateError, StoreError."""
    remember(instance, lambda memory: memory)  # not a key that nobody would know of
    making.make_key(what.file)
    row = look(read_config(instance), what.domain, what.selector, what.file.path, configured=False)
    remember(instance, lambda memory: added(memory, row))
    return row


def selector_for(instance: Instance, domain: str) -> str:
    """A selector that the domain has not had."""
    taken = [row.selector for row in keys(read_config(instance)) if row.domain == domain]
    taken += [kept.selector for kept in recall(instance).kept.values() if kept.domain == domain]
    return habit.new_selector(taken)


def activation(after: Instance, life: Life) -> Plan:
    """The edits that have a key sign, with what else a first key needs. Raises InstanceError."""
    setup, config = with_setup(after, read_config(after))
    if setup.refused:
        return setup
    plan = dkimplan.activate(config, _again(config, life))
    return Plan((*setup.edits, *plan.edits), (*setup.says, *plan.says), plan.refused)


def _again(config: DkimConfig, life: Life) -> KeyRow:
    mine = next((row for row in keys(config) if row.key == life.key), None)
    return mine or look(config, life.row.domain, life.row.selector, life.row.key_file, configured=False)


def retirement(after: Instance, life: Life) -> Plan:
    """The edits that take a key out."""
    return dkimplan.retire(read_config(after), life)


def retire_now(instance: Instance, life: Life) -> None:
    """A key that no file names is retired by remembering so. Raises StoreError."""
    remember(instance, partial(retired, key=life.key))


def forget(instance: Instance, life: Life) -> None:
    """A retired key whose record is gone. Raises StoreError."""
    remember(instance, lambda memory: memory.without(life.key))
