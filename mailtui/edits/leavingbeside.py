"""What is beside the tables for somebody who leaves: logins, users' .forward files, postgrey's whitelist,
opendkim's SigningTable. A login is never staged, and nobody's .forward is edited."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.edits.datasets import RemoveKeyRow
from mailtui.edits.greylist import RemoveWhite
from mailtui.edits.leavingplaces import Choice, Place, Way
from mailtui.edits.leavingwho import Hunt
from mailtui.formats.target import Target
from mailtui.milters.dkim.place import config_path, read_config
from mailtui.postfix.addresses import fold, split
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import problem_words
from mailtui.postfix.forwarding import expanded, read_forward
from mailtui.postfix.greylisting import places, whitelists
from mailtui.postfix.localusers import LocalUser
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.names import Account
from mailtui.sasl.services import AuthService, auth_services
from mailtui.text.safe import decode, safe

_USERS = 20_000
"""Users of this machine whose .forward is looked at."""


def account_places(hunt: Hunt) -> Iterator[Place]:
    """Their logins: what there is to do, and where."""
    try:
        offered = [each for each in auth_services(hunt.instance) if each.offered]
        if not offered:
            return
        if any(each.asks_sasldb for each in offered):
            yield from _sasldb(hunt)
    except InstanceError as error:
        hunt.notes.append(f"the accounts could not be read: {error}")
        return
    others = {each.elsewhere: each for each in offered if each.elsewhere}
    for words, service in others.items():
        what = f"{safe(words)}: whether they have a login there, and locking it, is for that program"
        yield Place("account", safe(service.name), what)


def _sasldb(hunt: Hunt) -> Iterator[Place]:
    found = Accounts(hunt.instance)
    for row in found.all:
        if is_theirs(hunt, row.account, found.asking):
            name = str(row.account)
            what = "a login of theirs: it gets a random password that nobody knows. Now, no undo; not staged"
            databases = safe(", ".join(row.databases))
            yield Place(
                "account",
                name,
                what,
                databases,
                now=f"mailtui account lock {safe(name)}",
                account=row.account,
            )


def is_theirs(hunt: Hunt, account: Account, asking: list[AuthService]) -> bool:
    """Whether an account of sasldb is one of theirs: it is called as an address of theirs, or as a login that
    alone may send as them; or as their local name, in the realm that smtpd looks for."""
    logins = {fold(login) for login in hunt.logins}
    if fold(str(account)) in logins:
        return True
    realms = {each.realm for each in asking}
    return account.realm in realms and fold(account.user) in logins


def forward_places(hunt: Hunt) -> Iterator[Place]:
    """The .forward of theirs, and those of others that name them."""
    values = hunt.instance.parameters
    path = (values.get("forward_path") or values.default("forward_path") or "").replace(",", " ").split()
    users = {user.name: user for user in hunt.users.all()[:_USERS]}
    for name in sorted(hunt.own):
        user = hunt.users.find(name) if "@" not in name else None
        if user is not None:
            users[name] = user
    for user in users.values():
        yield from _forward(hunt, user, path)


def _forward(hunt: Hunt, user: LocalUser, path: list[str]) -> Iterator[Place]:
    own = fold(user.name) in hunt.own
    known = {
        "user": user.name,
        "home": user.home,
        "shell": user.shell,
        "extension": "",
        "recipient_delimiter": "",
    }
    for element in path:
        text = expanded(element, known, hunt.instance.parameters.effective)
        found = read_forward(text, user.uid) if text else None
        if found is None:
            continue
        items = [one for one in found.recipients if own or hunt.theirs(one.item)]
        shown = safe(", ".join(one.item for one in found.recipients))
        if own and (items or found.problem):
            what = (
                f"sends mail that reaches the user {safe(user.name)} to {shown}; it is theirs and is not "
                "edited here. An alias of the name comes before it"
            )
            yield Place("forward-file", user.name, found.problem or what, shown, file=found.path)
        elif items:
            what = (
                f"{safe(user.name)} sends mail on to them: a user's file, which is not edited here. Tell them"
            )
            yield Place("forward-file", user.name, what, shown, file=found.path, line=items[0].line)
        return


def greylist_places(hunt: Hunt) -> Iterator[Place]:
    """Their entries in postgrey's whitelist of recipients."""
    names = {split(place)[0] for place in hunt.own}
    try:
        found = whitelists(hunt.instance.files, places(hunt.instance).recipients)
    except OSError as error:
        hunt.notes.append(problem_words(error, str(error.filename or "")))
        return
    for target, document in found:
        for each in document.entries:
            text = decode(each.text)
            everywhere = text.endswith("@") and fold(text[:-1]) in names
            if not everywhere and not ("@" in text and hunt.is_own(text)):
                continue
            to = hunt.wish.to("greylist", text, target.path, each.line)
            ways: dict[Choice, Way] = {
                "remove": Way((RemoveWhite(target, text, decode(each.note)),), "the entry is no more"),
                "keep": Way((), "mail for it is not greylisted"),
            }
            default: Choice = "keep" if to or everywhere else "remove"
            what = "mail for them is not greylisted"
            yield hunt.wish.settled(
                Place(
                    "greylist", text, what, "", "", target.path, each.line, ways, default, own=not everywhere
                )
            )


def dkim_places(hunt: Hunt) -> Iterator[Place]:
    """Rows of opendkim's SigningTable that name exactly one of their addresses."""
    path = config_path(hunt.instance)
    if hunt.instance.files.stamp(path) is None:
        return
    table = read_config(hunt.instance).signingtable
    if table is None or not table.path or table.unread:
        return
    rows = table.rows
    for number, row in enumerate(rows):
        if "@" in row.key and "*" not in row.key and not row.key.startswith("@") and hunt.is_own(row.key):
            below = rows[number + 1].key if number + 1 < len(rows) else None
            edit = RemoveKeyRow(Target("signingtable", table.path), row.key, row.value or "", below)
            ways: dict[Choice, Way] = {
                "remove": Way((edit,), "what is sent as them is signed as the domain's is"),
                "keep": Way((), "what is sent as them is signed as it was"),
            }
            what = "mail of this one address is signed with a key of its own"
            yield hunt.wish.settled(
                Place("dkim", row.key, what, safe(row.value or ""), "", table.path, row.line, ways, "remove",
                      own=True)
            )  # fmt: skip
