"""What makes accounts unusable and is no edit of a file: group, mode, a stale copy. Done at once.

Each says what it would do before; the history holds the words.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from mailtui import commands
from mailtui.apply import act, locks, write
from mailtui.apply.accounts import GROUP, AccountError
from mailtui.apply.actor import who
from mailtui.apply.faults import in_words
from mailtui.apply.journal import Journal, new_change
from mailtui.apply.review import state_folder
from mailtui.postfix.instance import Instance
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.database import Database, differing
from mailtui.sasl.reading import group_id, group_name
from mailtui.text.safe import safe


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing to do. `lines`: what to know before; `back`: how it is taken back by hand. `run` does it;
    it raises AccountError, WriteError and CommandError."""

    id: str
    title: str
    lines: tuple[str, ...]
    back: str
    paths: tuple[str, ...]
    run: Callable[[], None]


def repairs(found: Accounts) -> list[Repair]:
    """What can be done for the accounts there are, the likeliest first."""
    seen: dict[str, Repair] = {}
    for each in _all(found):
        seen.setdefault(each.title, each)
    return list(seen.values())


def _all(found: Accounts) -> Iterator[Repair]:
    for service in found.asking:
        base = found.databases[service.database]
        if found.is_hosts(base.path):
            continue
        if base.state == "missing":
            yield from _missing(found, base)
        elif base.fine and not found.readable(service.database):
            yield from _unreadable(found, base)
        elif base.fine and found.outdated(base):
            yield _reload(found.instance)
    for base in _ours(found):
        if base.state != "missing" and base.mode & 0o007:
            yield _mode(base, base.mode & ~0o007, "Others than its owner and group may read it")
    yield from _stale(found)


def _ours(found: Accounts) -> list[Database]:
    return [each for each in found.distinct() if not found.is_hosts(each.path)]


def carry_out(instance: Instance, repair: Repair) -> int:
    """Do it now; the number in the history. Raises as `Repair.run`, and Busy, StateError, JournalError."""
    with Journal.writing(state_folder(instance, make=True)) as journal:
        change = new_change(who(), instance.config_dir, instance.hostname)
        change.words, change.by_hand = [f"~ {repair.title}"], repair.back
        with locks.apply_lock(repair.paths):
            change.id = journal.prepare(change)
            try:
                repair.run()
            except BaseException:
                journal.forget(change.id)
                raise
            journal.begin(change, [], b"")
            journal.finish(change, "applied")
    return change.id


def _unreadable(found: Accounts, base: Database) -> Iterator[Repair]:
    reader = found.reader
    group = group_name(base.gid)
    if base.gid not in reader.groups:
        own = group_id(GROUP)
        if base.gid == own:
            yield _join(found, group)
        elif own is not None:
            yield _give(base, own)
            if own not in reader.groups:
                yield _join(found, GROUP)
        elif base.gid:
            yield _give(base, reader.gid)
    if not base.mode & 0o040:
        yield _mode(base, base.mode | 0o040, f"Group {group} may read it then")


def _join(found: Accounts, group: str) -> Repair:
    user, instance = found.reader.user, found.instance

    def run() -> None:
        result = commands.ask(["gpasswd", "-a", user, group])
        if not result.ok:
            raise AccountError(f"gpasswd: {safe(result.words)}", f"adduser {user} {group}")
        _reloaded(instance)

    return Repair(
        "group", f"put {user} into group {group}, and reload Postfix",
        (f"gpasswd -a {user} {group}", "postfix reload: an smtpd that runs keeps the groups it began with"),
        f"gpasswd -d {user} {group}", ("/etc/group",), run,
    )  # fmt: skip


def _reload(instance: Instance) -> Repair:
    return Repair(
        "reload", "reload Postfix: its smtpd began before their user was put into the group",
        ("postfix reload",), "", (instance.main.path,), lambda: _reloaded(instance),
    )  # fmt: skip


def _reloaded(instance: Instance) -> None:
    if act.running(instance):
        done = act.reload(act.control(instance))
        if not done.ok:
            raise AccountError(f"{done.command}: {safe(done.words)}")


def _give(base: Database, gid: int) -> Repair:
    before, group = group_name(base.gid), group_name(gid)
    mode = (base.mode | 0o040) & ~0o007

    def run() -> None:
        with in_words(base.real):
            os.chown(base.real, -1, gid)
            os.chmod(base.real, mode)

    return Repair(
        "owner", f"give {safe(base.path)} to group {group}, mode {mode:04o}",
        (f"It is {base.owner} now", f"chgrp {group} {safe(base.real)}"),
        f"chgrp {before} {safe(base.real)}", (base.real,), run,
    )  # fmt: skip


def _mode(base: Database, mode: int, why: str) -> Repair:
    def run() -> None:
        with in_words(base.real):
            if stat.S_IMODE(os.stat(base.real).st_mode) != base.mode:
                raise AccountError("someone else changed its mode meanwhile", "read it again", base.path)
            os.chmod(base.real, mode)

    return Repair(
        "mode", f"set the mode of {safe(base.path)} to {mode:04o}", (why, f"It is {base.owner} now"),
        f"chmod {base.mode:04o} {safe(base.real)}", (base.real,), run,
    )  # fmt: skip


def _missing(found: Accounts, base: Database) -> Iterator[Repair]:
    """The copy that a chrooted service opens is not there, and another is."""
    for other in _ours(found):
        if other.fine and other.real != base.real:
            yield Repair(
                "copy", f"copy {safe(other.path)} to {safe(base.path)}",
                (f"{len(other.accounts)} accounts, with their passwords", "its owner and mode as there"),
                f"rm {safe(base.real)}", (base.real, other.real), partial(_new, other, base),
            )  # fmt: skip


def _new(other: Database, base: Database) -> None:
    with in_words(base.real):
        os.makedirs(os.path.dirname(base.real), mode=0o755, exist_ok=True)
        data, meta = write.read_file(other.real)
    write.create(base.real, data, mode=meta.mode, uid=meta.uid, gid=meta.gid)


def _stale(found: Accounts) -> Iterator[Repair]:
    """Two copies that differ: the newer one, or the one with more accounts, in place of the other."""
    copies = [each for each in _ours(found) if each.fine]
    for number, one in enumerate(copies):
        for other in copies[number + 1 :]:
            mine, theirs, changed = differing(one, other)
            if not (mine or theirs or changed):
                continue
            for source, target in sorted(((one, other), (other, one)), key=lambda pair: -pair[0].mtime):
                yield _over(source, target)
            if not found.users_of(one.real) or not found.users_of(other.real):
                yield _link(*((other, one) if found.users_of(other.real) else (one, other)))


def _over(source: Database, target: Database) -> Repair:
    gained, lost, changed = differing(source, target)
    lines = [f"{safe(source.path)} is of {_when(source)}, {safe(target.path)} of {_when(target)}"]
    for what, names in (("gains", gained), ("LOSES", lost), ("gets another password for", changed)):
        if names:
            shown = ", ".join(safe(str(each)) for each in names[:5])
            lines.append(f"it {what} {shown}{f' and {len(names) - 5} more' if len(names) > 5 else ''}")

    def run() -> None:
        with in_words(source.real):
            data, _ = write.read_file(source.real)
        with in_words(target.real):
            _, meta = write.read_file(target.real)
        write.replace(target.real, data, meta)

    title = f"copy {safe(source.path)} over {safe(target.path)}"
    return Repair("copy", title, tuple(lines), "", (source.real, target.real), run)


def _link(source: Database, target: Database) -> Repair:
    """One file under two names cannot be stale."""

    def run() -> None:
        with in_words(target.path):
            aside = f"{target.path}.before-link"
            os.rename(target.path, aside)
            os.symlink(source.real, target.path)

    return Repair(
        "link", f"make {safe(target.path)} a link to {safe(source.path)}",
        ("one file under two names cannot be stale", f"the old one stays as {safe(target.path)}.before-link"),
        f"mv {safe(target.path)}.before-link {safe(target.path)}", (source.real, target.real), run,
    )  # fmt: skip


def _when(base: Database) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(base.mtime).astimezone().strftime("%Y-%m-%d %H:%M")
