"""Accounts of sasldb: added, given another password, locked and removed. At once, without undo.

saslpasswd2(8) works on a copy of the database in a private folder beside it; what it made is listed, and only
then takes the old one's name, with its owner, mode and ACL. Several copies (one of them in the chroot) change
together: where one fails, those before it are put back. The history holds words and nothing else.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from mailtui import commands
from mailtui.apply import locks, write
from mailtui.apply.actor import who
from mailtui.apply.faults import WriteError, in_words
from mailtui.apply.journal import Journal, new_change
from mailtui.apply.recover import recover
from mailtui.apply.review import state_folder
from mailtui.postfix import private
from mailtui.postfix.instance import Instance
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.database import Database, listed
from mailtui.sasl.names import Account
from mailtui.sasl.reading import group_id, group_name
from mailtui.sasl.secret import Secret
from mailtui.text.safe import decode, safe

Verb = Literal["add", "password", "lock", "remove"]
NEW_MODE = 0o640
"""Of a database that is made: smtpd reads it by its group, and nobody else does."""
GROUP = "sasl"
"""Debian's group for those who may ask sasldb."""
_SIGN = {"add": "+", "password": "~", "lock": "~", "remove": "-"}


class AccountError(Exception):
    """An account that cannot be changed: `what` is wrong, and what to `do`. Nothing was changed."""

    def __init__(self, what: str, do: str = "", file: str = "") -> None:
        super().__init__(f"{file}: {what}" if file else what)
        self.what, self.do, self.file = what, do, file


class Copy(NamedTuple):
    """One file of a plan."""

    path: str
    real: str
    new: bool
    """Whether it does not exist yet."""
    why: str


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What would be done. `says`: what to know first, safe to show."""

    verb: Verb
    account: Account
    copies: tuple[Copy, ...]
    says: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For the history, and for whoever is asked."""
        done = {
            "add": "", "password": ": another password", "remove": "",
            "lock": ": locked (a random password that nobody knows)",
        }[self.verb]  # fmt: skip
        places = ", ".join(safe(each.path) for each in self.copies)
        return f"{_SIGN[self.verb]} account {safe(str(self.account))}{done} ({places})"

    @property
    def by_hand(self) -> str:
        """What takes it back: its old password is kept nowhere."""
        name = safe(str(self.account))
        if self.verb == "add":
            return f"mailtui account remove {name}"
        verb = "add" if self.verb == "remove" else "password"
        return f"its old password is not kept; type it again: mailtui account {verb} {name}"

    def steps(self) -> list[dict[str, str]]:
        """The plan, as `--dry-run` prints it."""
        argv = " ".join(_argv(self.verb, "COPY", self.account))
        how = "" if self.verb == "remove" else ", the password by standard input"
        found = []
        for each in self.copies:
            found.append({"action": "run", "target": each.path, "why": f"{argv} on a copy beside it{how}"})
            found.append({"action": "make" if each.new else "swap in", "target": each.path, "why": each.why})
        return found


class Done(NamedTuple):
    """What came of it."""

    words: str
    history_id: int
    seconds: float
    notes: tuple[str, ...]

    def as_json(self, plan: AccountPlan) -> dict[str, Any]:
        """In the names of every command that changes something."""
        steps = [{**step, "result": "ok"} for step in plan.steps()]
        return {
            "applied": True, "edits": [self.words], "diff": "", "plan": steps, "not_yours": [],
            "history_id": self.history_id,
        }  # fmt: skip


def plan(found: Accounts, verb: Verb, account: Account) -> AccountPlan:
    """What is to be done to the databases there are. Raises AccountError."""
    files = found.distinct()
    for each in files:
        if found.is_hosts(each.path):
            raise _not_ours(found, each)
        if each.state in ("damaged", "unreadable"):
            raise AccountError(each.problem, "mend or remove it first", each.path)
    having = [each for each in files if account in each.accounts]
    name = safe(str(account))
    if verb == "add" and having:
        raise AccountError(
            f"there is an account {name} already", f"mailtui account password {name}", having[0].path
        )
    if verb != "add" and not having:
        raise AccountError(f"there is no account {name}", "mailtui account list shows them")
    says: list[str] = []
    copies = [_copy(found, each, account) for each in (having if verb == "remove" else files)]
    if verb != "remove" and having:
        says += [
            f"{safe(each.path)} has no {name}: it gets the account too"
            for each in files
            if each.fine and each not in having
        ]
    if verb in ("add", "password"):
        says += _after(found, account, files)
    if verb == "lock":
        says.append("sasldb knows no switched-off account: it gets a random password that nobody is told")
    return AccountPlan(verb, account, tuple(copies), tuple(says))


def _not_ours(found: Accounts, each: Database) -> AccountError:
    folder = found.instance.config_dir
    conf = found.services[0].conf.wanted if found.services else os.path.join(folder, "sasl", "smtpd.conf")
    what = f"is the database of this host, and the instance in {safe(folder)} is not the host's"
    return AccountError(what, f"name a file of its own as sasldb_path in {safe(conf)}", each.path)


def _copy(found: Accounts, each: Database, account: Account) -> Copy:
    users = [service.name for service in found.users_of(each.real)]
    whose = f"{', '.join(users)} open{'s' if len(users) == 1 else ''} it" if users else "no service opens it"
    if each.state == "missing":
        group = group_name(_new_group(found))
        return Copy(each.path, each.real, True, f"a new database, root:{group} {NEW_MODE:04o}; {whose}")
    kept = "whole, its owner and mode kept" if account in each.accounts else "whole"
    return Copy(each.path, each.real, False, f"{kept}; {whose}; no reload is needed")


def _after(found: Accounts, account: Account, files: Sequence[Database]) -> Iterator[str]:
    """What will keep the account from working."""
    if not found.asking:
        yield found.nowhere()
    for service in found.asking:
        base = found.databases[service.database]
        hindered = found.hindrance(service)
        if hindered and base.state != "missing":
            yield hindered
        elif service.realm != account.realm:
            yield (
                f"{service.name} takes a bare {safe(account.user)} for"
                f" {safe(str(service.asked(account.user)))}: its user must log in as {safe(str(account))}"
            )
    if any(each.state == "missing" for each in files) and _new_group(found) not in found.reader.groups:
        yield f"{found.reader.user} is not in group {GROUP}: it cannot read the new database"


def _new_group(found: Accounts) -> int:
    own = group_id(GROUP)
    return own if own is not None else max(found.reader.gid, 0)


def _argv(verb: Verb, path: str, account: Account) -> list[str]:
    """saslpasswd2's arguments. `--`, as a user may begin with a dash; never a password."""
    how = "-d" if verb == "remove" else "-c"
    return ["saslpasswd2", "-p", how, "-f", path, "-u", account.realm, "--", account.user]


def carry_out(instance: Instance, what: AccountPlan, secret: Secret | None) -> Done:
    """Do it now. `secret`: the new password; None for a removal.

    Raises AccountError, Busy, WriteError, StateError, JournalError and CommandError; then all is as it was.
    """
    begun = time.monotonic()
    with Journal.writing(state_folder(instance, make=True)) as journal:
        notes = [journal.told] if journal.told else []
        notes += [str(each) for each in recover(journal, instance)]
        change = new_change(who(), instance.config_dir, instance.hostname)
        change.words, change.by_hand = [what.words], what.by_hand
        with locks.apply_lock([each.real for each in what.copies]):
            change.id = journal.prepare(change)
            try:
                _all(what, secret)
            except BaseException:
                journal.forget(change.id)
                raise
            journal.begin(change, [], b"")
            journal.finish(change, "applied")
    return Done(what.words, change.id, time.monotonic() - begun, tuple(notes))


def _all(what: AccountPlan, secret: Secret | None) -> None:
    """Every copy, or none."""
    with ExitStack() as back:
        for each in what.copies:
            back.callback(_back, each, _one(what, each, secret))
        back.pop_all()


def _back(each: Copy, undo: Callable[[], None]) -> None:
    try:
        undo()
    except WriteError as error:
        words = f"a later copy could not be changed, and this one not be put back: {error.what}"
        raise AccountError(words, "mailtui account list shows what each has", each.path) from error


def _one(what: AccountPlan, each: Copy, secret: Secret | None) -> Callable[[], None]:
    """Change one database; returns what puts the old one back."""
    folder = os.path.dirname(each.real)
    if each.new:
        with in_words(folder):
            os.makedirs(folder, mode=0o755, exist_ok=True)
        with _worked(folder) as place:
            data = _made(what, place, secret)
        group = group_id(GROUP)
        gid = group if group is not None else -1
        made = write.create(each.real, data, mode=NEW_MODE, gid=gid)
        return lambda: write.remove(each.real, made)
    with in_words(each.real):
        before, meta = write.read_file(each.real)
    with _worked(folder) as place:
        with in_words(place), open(place, "wb") as stream:
            stream.write(before)
        data = _made(what, place, secret)
    after = write.replace(each.real, data, meta)

    def put_back() -> None:
        write.replace(each.real, before, after)

    return put_back


@contextmanager
def _worked(folder: str) -> Iterator[str]:
    """The place of a copy in a private folder beside the database, gone afterwards."""
    with in_words(folder):
        with suppress(OSError):
            private.sweep(folder)
        inside, fd = private.make(folder)
    try:
        yield os.path.join(inside, "sasldb2")
    finally:
        shutil.rmtree(inside, ignore_errors=True)
        os.close(fd)


def _made(what: AccountPlan, place: str, secret: Secret | None) -> bytes:
    """The bytes of the copy once saslpasswd2 has worked on it and the account is there, or gone: it ends
    with 0 also where it did nothing."""
    result = commands.ask(
        _argv(what.verb, place, what.account), stdin=secret.raw if secret is not None else b"", timeout=30
    )
    if not result.ok or result.err.strip():
        words = safe(decode(result.err).strip().rpartition("\n")[2]) or f"status {result.status}"
        raise AccountError(f"{words.removeprefix('saslpasswd2: ')} (saslpasswd2)", "nothing was changed")
    accounts, problem = listed(place)
    if problem:
        raise AccountError(f"what saslpasswd2 made cannot be read: {problem}", "nothing was changed")
    if (what.account in accounts) is (what.verb == "remove"):
        stands = "is still there" if what.verb == "remove" else "is not there"
        raise AccountError(
            f"{safe(str(what.account))} {stands} after saslpasswd2 ended well", "nothing was changed"
        )
    with open(place, "rb") as stream:
        return stream.read()
