"""What local(8) does with a recipient: aliases, .forward, mailbox, or nobody.

The order and the ways out of circles are those of Postfix's own source (recipient.c, alias.c, token.c,
dotforward.c, mailbox.c, unknown.c): an alias that names itself means the user; a circle of aliases ends in
a bounce; a message that comes back after it was forwarded carries Delivered-To and bounces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from mailtui.postfix.addresses import complete, fold, quote, recipient, split, split_extension, with_extension
from mailtui.postfix.forwarding import Forward, Listed, expanded, listed, read_forward
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.mapsearch import Hit, Maps
from mailtui.postfix.resolution import Step, Trail
from mailtui.postfix.rewriting import step
from mailtui.postfix.routing import Router

ALIAS_LEVELS = 25
"""Nested expansions at which local(8) 3.7 speaks of a loop: each takes 4 of its 100 levels."""

Kind = Literal["", "alias", "include", "forward"]


@dataclass(frozen=True, slots=True)
class LocalMaps:
    """The maps that local(8) asks by user name."""

    alias: Maps
    mailbox_transport: Maps
    mailbox_command: Maps
    fallback_transport: Maps


@dataclass(frozen=True, slots=True)
class Context:
    """How a recipient was come by. `names`: the aliases on the way, outermost first."""

    delivered: str
    carried: tuple[str, ...]
    level: int = 0
    names: tuple[str, ...] = ()
    kind: Kind = ""
    expanded_from: str = ""
    unmatched: str = ""
    owner: str = ""
    home: str = ""


class LocalDelivery:
    """One delivery request to local(8). `submit(address, carried)` sends a message through Postfix anew;
    `carried` are the addresses in its Delivered-To headers, oldest first."""

    def __init__(
        self,
        maps: LocalMaps,
        router: Router,
        users: LocalUsers,
        written: Callable[[str], str],
        effective: Callable[[str], str],
        read: Callable[[str], bytes],
        submit: Callable[[str, tuple[str, ...]], None],
        trail: Trail,
    ) -> None:
        self._maps, self._router, self._users, self._trail = maps, router, users, trail
        self._written, self._effective, self._read, self._submit = written, effective, read, submit
        self._propagate = frozenset(effective("propagate_unmatched_extensions").replace(",", " ").split())
        self._seen: set[tuple[int, str]] = set()
        self._once: set[str] = set()

    def deliver(self, address: str, carried: tuple[str, ...]) -> None:
        """Deliver to a local address (internal form)."""
        self._recipient(address, Context(address, carried))

    def _fail(self, address: str, why: str) -> None:
        self._trail.end(quote(address), "error", why)

    def _recipient(self, address: str, context: Context) -> None:
        if (context.level, fold(address)) in self._seen:
            return
        self._seen.add((context.level, fold(address)))
        before = [fold(one) for one in context.carried]
        if fold(address) in before:
            way = context.carried if context.level == 0 else (*context.carried, context.delivered)
            circle = way[before.index(fold(address)) :]
            self._trail.loop([quote(one) for one in (*circle, address)])
            self._fail(address, f"mail forwarding loop for {quote(address)}")
            return
        local = fold(split(address)[0])
        user, extension = split_extension(local, self._router.rules)
        if "/" in extension:
            extension = ""
        if self._alias(address, local, replace(context, unmatched="")):
            return
        carried_on = extension if "alias" in self._propagate else ""
        if extension and self._alias(address, user, replace(context, unmatched=carried_on)):
            return
        if context.kind == "include" or (context.owner and context.owner != user):
            self._submit(address, (*context.carried, context.delivered))
            return
        self._user(address, user, extension, context)

    # Aliases

    def _alias(self, address: str, name: str, context: Context) -> bool:
        """Whether an alias took the recipient."""
        if context.expanded_from == name:
            return False
        if context.level >= ALIAS_LEVELS:  # before the name is looked up: a mere user bounces too
            self._circle((*context.names, name))
            self._fail(address, f"alias database loop for {name}")
            return True
        hit = self._maps.alias.get(name)
        if hit is None:
            return False
        owner = context.owner
        if self._router.rules.owner_request_special and self._maps.alias.get(f"owner-{name}") is not None:
            owner = f"owner-{name}"
        deeper = replace(
            context, level=context.level + 1, names=(*context.names, name), kind="alias",
            expanded_from=name, owner=owner,
        )  # fmt: skip
        for item in hit.items:
            self._token(address, item, deeper, lambda to: step(quote(address), to, hit, "alias_maps"))
        return True

    def _circle(self, names: tuple[str, ...]) -> None:
        found = _round(names)
        if found:
            self._trail.loop(found)
        else:
            self._trail.note(f"more than {ALIAS_LEVELS} aliases, one naming the next, from {names[0]} on")

    def _token(self, address: str, item: str, context: Context, hop: Callable[[str], Step]) -> None:
        """One item of an alias or of a list in a file."""
        text = recipient(item)
        if text.startswith("~/") and context.kind == "forward":
            text = f"{context.home}{text[1:]}"
        if text.lower().startswith(":include:"):
            self._trail.step(hop(text))
            self._include(address, text[len(":include:") :], context)
        elif text.startswith(("|", "/")):
            self._trail.step(hop(text))
            self._destination(address, text, context)
        else:
            to = complete(text, self._router.rules) or complete("MAILER-DAEMON", self._router.rules)
            self._trail.step(hop(quote(to)))
            self._address(with_extension(to, context.unmatched), context)

    def _destination(self, address: str, text: str, context: Context) -> None:
        how: Literal["command", "file"] = "command" if text.startswith("|") else "file"
        allowed = self._effective(f"allow_mail_to_{how}s").replace(",", " ").split()
        if context.kind not in allowed:
            self._fail(
                address, f"mail to {how} is restricted: {text} (allow_mail_to_{how}s lacks {context.kind})"
            )
            return
        self._trail.end(quote(address), how, text.removeprefix("|").strip())

    def _address(self, address: str, context: Context) -> None:
        route = self._router.route(address)
        if route.transport == "local":
            self._recipient(route.address, context)
        else:
            self._submit(address, (*context.carried, context.delivered))

    # Lists in files

    def _include(self, address: str, path: str, context: Context) -> None:
        if context.level >= ALIAS_LEVELS:
            self._circle((*context.names, f":include:{path}"))
            self._fail(address, f"alias database loop for :include:{path}")
            return
        try:
            recipients = list(listed(self._read(path)))
        except PermissionError:
            self._trail.note(f"{path} cannot be read here")
            self._trail.end(quote(address), "include", path)
            return
        except OSError as error:
            self._fail(address, f":include:{path} cannot be read: {error.strerror or error}")
            return
        unmatched = context.unmatched if "include" in self._propagate else ""
        deeper = replace(context, level=context.level + 1, kind="include", unmatched=unmatched)
        self._list(address, f":include:{path}", path, recipients, deeper)

    def _list(self, address: str, source: str, path: str, recipients: list[Listed], context: Context) -> None:
        for one in recipients:

            def hop(to: str, line: int = one.line) -> Step:
                return Step(source, to, source if source.startswith(":include:") else path, "", path, line)

            self._token(address, one.item, context, hop)

    # Users

    def _user(self, address: str, user: str, extension: str, context: Context) -> None:
        account = self._users.find(user)
        values = self._values(address, user, extension, account)
        if account is not None and self._forward(address, account, values, context):
            return
        if self._mailbox(address, user, account):
            return
        self._unknown(address, user, values, context)

    def _values(self, address: str, user: str, extension: str, account: LocalUser | None) -> dict[str, str]:
        return {
            "user": user,
            "local": split(address)[0],
            "domain": split(address)[1] or "",
            "recipient": address,
            "extension": extension[1:],
            "recipient_delimiter": extension[:1],
            "home": account.home if account else "",
            "shell": account.shell if account else "",
        }

    def _forward(self, address: str, account: LocalUser, values: dict[str, str], context: Context) -> bool:
        """Whether the user's .forward took the recipient. One that was followed before means the mailbox."""
        found = self._find_forward(account, values)
        if found is None or found.path in self._once:
            return False
        self._once.add(found.path)
        if found.problem:
            self._trail.note(found.problem)
        if not found.recipients:
            return False
        unmatched = values["extension"] and values["recipient_delimiter"] + values["extension"]
        deeper = replace(
            context, level=context.level + 1, kind="forward", expanded_from=account.name, home=account.home,
            unmatched=unmatched if "forward" in self._propagate else "", owner=account.name,
        )  # fmt: skip
        self._list(address, quote(address), found.path, list(found.recipients), deeper)
        return True

    def _find_forward(self, account: LocalUser, values: dict[str, str]) -> Forward | None:
        for element in self._written("forward_path").replace(",", " ").split():
            path = expanded(element, values, self._effective)
            found = read_forward(path, account.uid) if path else None
            if found is not None:
                return found
        return None

    def _mailbox(self, address: str, user: str, account: LocalUser | None) -> bool:
        """Whether a mailbox, mailbox_command or mailbox_transport took the recipient."""
        transport = _value(self._maps.mailbox_transport, user) or self._effective("mailbox_transport")
        if transport:
            self._trail.end(quote(address), "relay", transport)
            return True
        if account is None:
            return False
        if f"mailbox {user}" in self._once:
            return True
        self._once.add(f"mailbox {user}")
        command = _value(self._maps.mailbox_command, user) or self._written("mailbox_command")
        if command:
            self._trail.end(quote(address), "command", command)
            return True
        in_home = self._effective("home_mailbox")
        path = f"{account.home}/{in_home}" if in_home else self._spool_path(user)
        if path.endswith("/"):
            self._trail.end(quote(address), "maildir", path)
        else:
            self._trail.end(quote(address), "mbox" if in_home else "mailbox", path)
        return True

    def _spool_path(self, user: str) -> str:
        spool = self._effective("mail_spool_directory")
        return f"{spool}{user}/" if spool.endswith("/") else f"{spool}/{user}"

    def _unknown(self, address: str, user: str, values: dict[str, str], context: Context) -> None:
        transport = _value(self._maps.fallback_transport, user) or self._effective("fallback_transport")
        if transport:
            self._trail.end(quote(address), "relay", transport)
            return
        luser = expanded(self._written("luser_relay"), values, self._effective)
        if luser and context.level < ALIAS_LEVELS:
            to = complete(recipient(luser), self._router.rules)
            self._trail.step(Step(quote(address), quote(to), "luser_relay", parameter="luser_relay"))
            self._address(to, replace(context, level=context.level + 1, unmatched=""))
        elif user == "mailer-daemon":
            self._fail(address, "discarded: there is no alias MAILER-DAEMON")
        else:
            self._fail(address, f'unknown user: "{user}"')


def _round(names: tuple[str, ...]) -> list[str]:
    """One round of the circle in which the names end, begun where the way entered it, its first name
    repeated at the end; empty where no name comes twice."""
    last: dict[str, int] = {}
    found: tuple[str, ...] = ()
    for at, name in enumerate(names):
        if name in last:
            found = names[last[name] : at]
        last[name] = at
    if not found:
        return []
    entered = min(range(len(found)), key=lambda at: names.index(found[at]))
    return [*found[entered:], *found[: entered + 1]]


def _value(maps: Maps, user: str) -> str:
    hit: Hit | None = maps.get(user)
    return hit.value if hit is not None else ""
