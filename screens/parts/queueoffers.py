"""What the queue offers (`f`): against a SASL user, a client, a sender; for a destination."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from mailtui.apply.queueacts import Acted, counted
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailqueue.entry import NULL_SENDER, Entry
from mailtui.postfix.mailqueue.groups import BYS, Group, bare, keys_of
from mailtui.postfix.mailqueue.listing import Listing
from mailtui.postfix.mailqueue.origins import Origin, Origins
from mailtui.sasl.names import Account
from mailtui.screens.parts import queueacts as acts
from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.chooser import Chooser, Option
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.queueblocks import block_clients, block_sender, list_clients, new_password
from mailtui.screens.parts.queuestore import QueueStore
from mailtui.text.safe import safe


@dataclass(frozen=True)
class Subject:
    """What the offers are about: a group's key, or what a message has."""

    user: str = ""
    client: str = ""
    sender: str = ""
    domain: str = ""
    reason: str = ""


class Way(NamedTuple):
    """One thing to do: when it happens, what, and how."""

    when: str
    title: str
    go: Callable[[], object]


def subject_of(group: Group | None, entry: Entry | None, origin: Origin) -> Subject:
    """Of a group only its key; of a message all that is known."""
    if group is not None:
        return Subject(**{group.by: group.key})
    if entry is None:
        return Subject()
    reason = bare(entry.reason) if entry.reason else ""
    return Subject(origin.user, origin.client, entry.sender, "".join(entry.domains[:1]), reason)


def having(
    listing: Listing, origins: Origins, subject: Subject
) -> tuple[list[int], Counter[str], Counter[str]]:
    """The rows of all messages of a SASL user, or else of what a group has in common; their clients, and who
    logged in."""
    by, key = next((by, key) for by in BYS if (key := getattr(subject, by)))
    rows, clients, users = list[int](), Counter[str](), Counter[str]()
    for row in listing.order:
        entry = listing.entry(row)
        origin = origins.of(entry.queue_id)
        if key in keys_of(by, entry, origin):
            rows.append(row)
            if origin.address:
                clients[origin.client] += 1
            if origin.user:
                users[origin.user] += 1
    return rows, clients, users


def offer(
    screen: ConsoleScreen,
    store: QueueStore,
    group: Group | None,
    row: int | None,
    done: Callable[[Acted], object],
) -> None:
    """Let be chosen what is done about the group or the message under the cursor."""
    listing, origins = store.listing, store.origins
    entry = listing.entry(row) if row is not None else None
    subject = subject_of(group, entry, origins.of(entry.queue_id) if entry is not None else Origin())
    if subject == Subject():
        nobody = group is not None and group.by == "user"
        why = "nobody logged in to send these" if nobody else "the log does not say who handed this in"
        group_by = f"{key_for('queue.group', 'b')} groups otherwise"
        screen.say(f"Nothing is offered here: {why}; {group_by}", "warning")
        return

    def look() -> tuple[acts.Picked, Counter[str], str, list[Account]]:
        rows, clients, users = having(listing, origins, subject)
        user = subject.user or next((name for name, _ in users.most_common(1)), "")
        accounts = accounts_of(screen.session.instance, subject.user) if subject.user else []
        return acts.pick(listing, rows), clients, user, accounts

    def looked(found: tuple[acts.Picked, Counter[str], str, list[Account]]) -> None:
        picked, clients, user, accounts = found
        ways = _ways(screen, subject, picked, clients, user, accounts, len(listing), done)
        options = [Option(way.when, way.title, way.go) for way in ways]
        screen.app.push_screen(Chooser("What to do", options), lambda go: go() if go is not None else None)

    beside(screen, "offers", look, looked, lambda error: screen.say(acts.words_of(error), "error"))


def accounts_of(instance: Instance, user: str) -> list[Account]:
    """The accounts in sasldb that a name in the log may stand for; none where the passwords are elsewhere.

    Raises InstanceError.
    """
    from mailtui.sasl.accounts import Accounts

    found = Accounts(instance)
    asked = {service.asked(user) for service in found.asking}
    return [row.account for row in found.all if row.account in asked or str(row.account) == user]


def _ways(
    screen: ConsoleScreen,
    subject: Subject,
    picked: acts.Picked,
    clients: Counter[str],
    user: str,
    accounts: list[Account],
    total: int,
    done: Callable[[Acted], object],
) -> list[Way]:
    whose = _whose(subject)
    verb, ids = acts.toggled(picked)

    def hold() -> None:
        acts.ask(screen, verb, picked, done, ids=ids, about=whose)

    def flush() -> None:
        acts.flush(screen, picked, total, done, site=subject.domain, about=whose)

    found = [Way("now", f"{verb} {counted(len(ids))} of {whose}", hold)]
    for each in accounts:
        title = f"set a random password for {safe(str(each))}, shown once"
        found.append(Way("now", title, partial(new_password, screen, each)))
    if clients and subject.user:
        title = (
            f"list the {len(clients)} clients of {whose}" if len(clients) > 1 else f"show {whose}'s client"
        )
        found.append(Way("look", title, partial(list_clients, screen, whose, clients)))
    named = [client for client, _ in clients.most_common()] if subject.user or subject.client else []
    if named:
        title = (
            f"block these {len(named)} clients" if len(named) > 1 else f"block the client {safe(named[0])}"
        )
        found.append(Way("stage", title, partial(block_clients, screen, named, user)))
    if subject.sender and subject.sender != NULL_SENDER:
        title = f"block the sender {safe(subject.sender)}, or all of its domain"
        found.append(Way("stage", title, partial(block_sender, screen, subject.sender)))
    if subject.domain or subject.reason:
        found.append(Way("now", "try them again", flush))
    return found


def _whose(subject: Subject) -> str:
    if subject.user:
        return safe(subject.user)
    if subject.sender == NULL_SENDER:
        return "bounces (<>)"
    return safe(subject.client or subject.sender or subject.domain or subject.reason)
