"""The name of an account in sasldb: a user and a realm, as saslpasswd2(8) and smtpd(8) take them apart."""

from __future__ import annotations

from typing import NamedTuple

from mailtui.text.safe import safe


class Account(NamedTuple):
    """An account. Both parts are compared letter by letter: `Jean` is not `jean`."""

    user: str
    realm: str

    def __str__(self) -> str:
        return f"{self.user}@{self.realm}"


class BadName(ValueError):
    """A name that cannot be an account: `what` is wrong with it, and what to `do`."""

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(f"{what}; {do}" if do else what)
        self.what, self.do = what, do


def taken_apart(text: str, realm: str) -> Account:
    """The account that a name stands for: `jean@falcot.com`, or `jean` in the realm that is given.

    In both programs the first @ begins the realm, whatever -u or smtpd_sasl_local_domain say (tried with
    Cyrus SASL 2.1.28).
    """
    user, at, own = text.partition("@")
    return Account(user, own if at else realm)


def account(text: str, realm: str) -> Account:
    """The account to be made of what an admin typed. Raises BadName."""
    found = taken_apart(text.strip(), realm.strip())
    require(found)
    return found


def require(found: Account) -> None:
    """Raises BadName for a name that saslpasswd2 would take, but that no list could show or no client use."""
    for what, text in (("user", found.user), ("realm", found.realm)):
        if not text:
            raise BadName(f"the {what} is empty", "give USER@REALM")
        if any(sign.isspace() for sign in text):
            raise BadName(
                f"the {what} {safe(text)!r} has a blank in it", "saslpasswd2 would take it as it is"
            )
        if not text.isprintable():
            raise BadName(f"the {what} {safe(text)!r} has a character that cannot be shown")
        if ":" in text:
            raise BadName(
                f"the {what} {safe(text)!r} has a colon, which sasldblistusers2 prints behind names"
            )
        if len(text.encode("utf-8", "surrogateescape")) > 255:
            raise BadName(f"the {what} is longer than 255 bytes")
    if "@" in found.realm:
        raise BadName(f"{safe(str(found))} has two @", "give USER@REALM")
