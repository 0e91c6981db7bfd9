"""Postfix's own tests of its restriction lists, smtpd_check's scripts, replayed on our walk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mailtui.dns.ask import Answer as DnsAnswer
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.resolver import Resolver
from mailtui.postfix.smtpd import explain  # noqa: F401  # registers the restrictions
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.conversation import Conversation
from mailtui.postfix.smtpd.replies import Reply
from mailtui.postfix.smtpd.session import Session
from mailtui.postfix.smtpd.tables import Tables

LISTS = ("client", "helo", "sender", "relay", "recipient", "etrn")
PROGRAM = {
    "mynetworks": "", "relay_domains": "", "local_recipient_maps": "", "virtual_alias_maps": "",
    "virtual_alias_domains": "", "virtual_mailbox_domains": "", "virtual_mailbox_maps": "",
    "smtpd_relay_restrictions": "", "alias_maps": "", "inet_protocols": "ipv4",
    "myorigin": "localhost", "compatibility_level": "3.6",
}  # fmt: skip
"""What the test program has by default, where that is not Postfix's own default."""


class Compared(NamedTuple):
    """One command of a script: what the test program answers, and we."""

    line: str
    theirs: str
    ours: str
    by_others: bool
    """Whether DNS was asked, whose answers were those of its time, or a client certificate, which no session
    has."""


class NoDns:
    """Knows no name, and whether it was asked for any."""

    def __init__(self) -> None:
        self.asked = False

    def ahead(self, questions: Iterable[tuple[str, str]]) -> None:
        """Nothing is asked ahead."""

    def ask(self, name: str, kind: str) -> DnsAnswer:
        self.asked = True
        return DnsAnswer("nxdomain")


@dataclass
class Given:
    """Settings: those of the script, else of Postfix."""

    values: dict[str, str]
    instance: Instance

    def effective(self, name: str) -> str:
        return self.values[name] if name in self.values else self.instance.parameters.effective(name)


class Script:
    """One script, command by command, in a state that is carried from one to the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._helo_name: str | None = None
        self._sender: str | None = None
        self._values = dict(PROGRAM)
        self._names = NoDns()
        self._session = Session("127.0.0.1", "localhost")
        self._made: tuple[Context, Conversation] | None = None

    def replay(self, reference: str) -> Iterator[Compared]:
        """Every command that has an answer of smtpd's in the reference."""
        for line, theirs in _commands(reference):
            word, _blank, rest = line.partition(" ")
            if not rest:
                continue
            ours = self._command(word.lower(), rest.strip())
            if ours is not None:
                yield Compared(line, theirs, ours, self._names.asked or self._asks_certificate())

    def _command(self, word: str, rest: str) -> str | None:
        self._names.asked = False
        match word:
            case "client":
                return _said(self._client(rest.split()))
            case "helo" | "mail" | "rcpt":
                return _said(getattr(self, f"_{word}")(rest))
        self._set(word, rest)
        return None

    def _asks_certificate(self) -> bool:
        lists = " ".join(self._values.get(f"smtpd_{name}_restrictions", "") for name in LISTS)
        return "fingerprint" in self._values and "clientcerts" in lists

    def _set(self, word: str, rest: str) -> None:
        rest = rest.replace("./", f"{self._folder}/")
        if word == "restriction_class":
            name, _comma, value = rest.partition(",")
            known = split_list(self._values.get("smtpd_restriction_classes", ""))
            self._values |= {"smtpd_restriction_classes": " ".join({*known, name}), name: value}
        elif word.endswith("_restrictions") and word.removesuffix("_restrictions") in LISTS:
            self._values[f"smtpd_{word}"] = rest
        else:
            self._values[word] = (
                {"1": "yes", "0": "no"}.get(rest, rest) if _is_switch(word) else rest.strip("{}")
            )
        self._made = None

    def _state(self) -> tuple[Context, Conversation]:
        if self._made is None:
            text = "".join(f"{name} = {value}\n" for name, value in self._values.items())
            (self._folder / "main.cf").write_text(text)
            instance = Instance.open(str(self._folder))
            given = Given(self._values, instance)
            context = Context(
                self._session, instance, given, Tables(instance), self._names, Resolver(instance)
            )
            self._made = context, Conversation(context)
            context.helo, context.sender = self._helo_name, self._sender
        context, talk = self._made
        context.session = self._session
        return context, talk

    def _client(self, words: list[str]) -> Reply | None:
        name, address = words[:2]
        self._session = Session(address, name)
        context, talk = self._state()
        context.where = "CONNECT"
        return talk._client()

    def _helo(self, name: str) -> Reply | None:
        context, talk = self._state()
        talk._helo_said, context.where = name, "HELO"
        refusal = talk._helo()
        self._helo_name = context.helo = name
        return refusal

    def _mail(self, text: str) -> Reply | None:
        context, talk = self._state()
        self._sender = talk._sender_said = context.sender = _trimmed(text)
        context.where = "MAIL"
        return talk._sender()

    def _rcpt(self, text: str) -> Reply | None:
        context, talk = self._state()
        talk._helo_said, talk._sender_said = self._helo_name, self._sender
        recipient = _trimmed(text)
        if recipient.lower() == "postmaster":
            return None
        context.recipient, context.where, context.recipient_checked = recipient, "RCPT", False
        for stage in (talk._client, talk._helo, talk._sender) if talk._delayed else ():
            refusal = stage()
            if refusal is not None:
                return refusal
        refusal = talk._recipient(recipient)
        context.recipient = None
        return refusal


def _is_switch(name: str) -> bool:
    return name in {
        "smtpd_delay_reject",
        "smtpd_reject_unlisted_recipient",
        "smtpd_reject_unlisted_sender",
    } or (name.startswith(("allow_", "show_")))


def _trimmed(text: str) -> str:
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text


def _said(refusal: Reply | None) -> str:
    return "OK" if refusal is None else refusal.line


def _commands(reference: str) -> Iterator[tuple[str, str]]:
    """The commands of a reference output, each with the last line that the program printed for it."""
    for part in re.split(r"^>>> ", reference, flags=re.MULTILINE)[1:]:
        line, *printed = part.rstrip("\n").split("\n")
        if not line.startswith(("#", "!")) and printed:
            yield line, printed[-1]
