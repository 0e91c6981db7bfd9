"""Mail for the demo: honest, unwanted and hopeless, at the start and in a trickle afterwards."""

from __future__ import annotations

import contextlib
import random
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate, make_msgid
from typing import Self

from mailtui.demo.accounts import PASSWORDS
from mailtui.demo.filterfiles import TEST_VIRUS
from mailtui.demo.place import Mode, Place

PARTNER = ("mx1.partner.example", "198.51.100.7")
SUPPLIER = ("mail.supplier.example", "198.51.100.20")
LISTS = ("out.lists.example", "198.51.100.31")
NEWCOMER = ("mx.new.example", "198.51.100.44")
HOTEL = ("hotel.example", "198.51.100.61")
DESK = ("desk5.falcot.com", "192.168.10.5")
LISTED = ("mx3.offers.example", "203.0.113.67")
BULK = ("mx.bulk.example", "203.0.113.66")
DIALUP = ("dial-77.pool.example", "203.0.113.77")
NAMELESS = ("", "203.0.113.9")
OUTSIDE = "192.0.2.25"
"""The address of mail.falcot.com, as clients of the namespace see it."""
TRICKLE = (4.0, 9.0)
"""Seconds between two messages while the console is open: at least and at most."""
PATIENCE = 20.0
"""Seconds that a server may take to answer."""


@dataclass(frozen=True, slots=True)
class Message:
    """One SMTP session's worth: who says what to whom. `client` is a name ('' for none) and an address."""

    client: tuple[str, str]
    sender: str
    recipients: tuple[str, ...]
    subject: str
    helo: str = ""
    body: str = "See you on Monday.\r\n"
    headers: str = ""
    head: str = ""
    """The whole header as it is, with CRLF, in place of one that is made of the rest."""
    author: str = ""
    """Whom From: names, where that is not the sender."""
    login: tuple[str, str] | None = None
    """Hand it in on the submission port: STARTTLS, then this name and password."""

    @property
    def greeting(self) -> str:
        return self.helo or self.client[0] or "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply that ended a session: 250 for a message that was taken, else the first refusal."""

    code: int
    text: str

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300


def _mail(client: tuple[str, str], sender: str, to: str, subject: str) -> Message:
    return Message(client, sender, tuple(to.split()), subject)


ACCEPTED = (
    _mail(PARTNER, "desk@partner.example", "webmaster@falcotsbrand.com", "A broken link on your site"),
    _mail(SUPPLIER, "sales@supplier.example", "contact@falcotsbrand.com", "New price list"),
    _mail(PARTNER, "ana@partner.example", "jean@falcot.org", "Minutes of Tuesday"),
    _mail(PARTNER, "ana@partner.example", "sophie@falcot.org", "Minutes of Tuesday"),
    _mail(SUPPLIER, "bill@supplier.example", "invoices@falcot.com", "Invoice 20311"),
    _mail(LISTS, "bounces@lists.example", "laure@falcot.com", "[debian-fr] digest 112"),
    _mail(PARTNER, "ana@partner.example", "tickets@falcot.com", "Login does not work"),
    _mail(PARTNER, "ana@partner.example", "ticket-4711@falcot.com archive@falcot.com", "Re: ticket 4711"),
    _mail(SUPPLIER, "bill@supplier.example", "no-such-name@falcotsbrand.com", "Catalogue"),
    _mail(PARTNER, "desk@partner.example", "jean+travel@falcot.com", "Your train"),
    _mail(DESK, "jean@falcot.com", "team@falcot.com", "Lunch?"),
    _mail(DESK, "laure@falcot.com", "customer@bigmail.example", "Your order has left"),
)
DEFERRED = (
    _mail(DESK, "roland@falcot.com", "orders@quiet.example", "Order 118"),
    _mail(DESK, "joe@falcot.com", "busy@bigmail.example", "Newsletter"),
    _mail(DESK, "paul@falcot.com", "info@dnsdown.example", "A question"),
    _mail(DESK, "claire@falcot.com", "fax@falcot.com", "Contract, page 1 of 3"),
)
BOUNCED = (_mail(DESK, "paul@falcot.com", "gone@bigmail.example", "Hello again"),)
REJECTED = (
    _mail(LISTED, "offers@elsewhere.example", "jean@falcot.com", "Cheap watches"),
    _mail(PARTNER, "ana@partner.example", "stranger@falcot.com", "Hello"),
    _mail(NAMELESS, "a@nowhere.test", "joe@falcot.com", "Re: your account"),
    Message(NAMELESS, "a@partner.example", ("sophie@falcot.com",), "Hi", helo="ylmf-pc"),
    Message(NAMELESS, "ceo@falcot.com", ("marie@falcot.com",), "Urgent transfer", helo="mail.falcot.com"),
    _mail(SUPPLIER, "bill@supplier.example", "victim@bigmail.example", "Relay this"),
    Message(SUPPLIER, "bill@supplier.example", ("jean@falcot.com",), "You won the lottery"),
    Message(LISTS, "a@lists.example", ("laure@falcot.com",), "Offer", headers="X-Mailer: BulkCannon 2\r\n"),
    _mail(BULK, "lottery@bulk.example", "contact@falcotsbrand.com", "Your prize"),
    _mail(DIALUP, "eve@new.example", "joe@falcot.com", "Me again"),
)
HANDED_IN = (
    Message(
        HOTEL,
        "laure@falcot.com",
        ("customer@bigmail.example",),
        "Your order, from the train",
        login=("laure@falcot.com", PASSWORDS["laure@falcot.com"]),
    ),
    Message(
        HOTEL,
        "sophie@falcot.org",
        ("jean@falcot.com",),
        "Back on Thursday",
        login=("sophie@falcot.org", PASSWORDS["sophie@falcot.org"]),
    ),
    Message(LISTED, "jean@falcot.com", ("victim@bigmail.example",), "Guessed", login=("jean", "123456")),
    Message(LISTED, "jean@falcot.com", ("victim@bigmail.example",), "Guessed", login=("admin", "admin")),
)
"""Logins, where the demo has accounts: two that are right, two that are guesses."""
JUDGED = (
    Message(PARTNER, "ana@partner.example", ("jean@falcot.com",), "Photos", body=TEST_VIRUS.decode()),
    Message(
        NEWCOMER,
        "news@new.example",
        ("jean@falcot.com",),
        "Your account is locked",
        author="service@bank.example",
    ),
    _mail(SUPPLIER, "ana@partner.example", "laure@falcot.com", "I am Ana, believe me"),
)
"""Refused by the demo's filters: a virus, a forged From:, a server that SPF does not name."""
GREYLISTED = (
    _mail(NEWCOMER, "eve@new.example", "claire@falcot.com", "An application"),
    _mail(NEWCOMER, "eve@new.example", "joe@falcot.com", "Meeting"),
)
OPENING = (*ACCEPTED, *REJECTED, *DEFERRED, *BOUNCED, *GREYLISTED)
"""What is sent when a demo starts, and now and then afterwards; see `opening` for what is added to it."""


def opening(place: Place) -> tuple[Message, ...]:
    """What is sent at the start of this demo: also what its accounts and its filters are for."""
    return (*OPENING, *(HANDED_IN if place.accounts else ()), *(JUDGED if place.filters else ()))


def text_of(message: Message) -> bytes:
    """The message as DATA carries it."""
    if message.head:
        return f"{message.head}\r\n{message.body}".encode()
    lines = (
        f"From: <{message.author or message.sender}>",
        f"To: {', '.join(f'<{recipient}>' for recipient in message.recipients)}",
        f"Subject: {message.subject}",
        f"Date: {formatdate(localtime=True)}",
        f"Message-ID: {make_msgid(domain=message.greeting)}",
    )
    return ("\r\n".join(lines) + f"\r\n{message.headers}\r\n{message.body}").encode()


def send(place: Place, message: Message, *, as_client: bool = True) -> Answer:
    """Carry one message to the demo's server as its client would, and return the answer that decided.

    `as_client` False sends from 127.0.0.1, which the server trusts. Raises OSError or
    smtplib.SMTPException where there is no conversation at all.
    """
    port = place.submission_port if message.login else place.smtp_port
    faked = as_client and place.mode is Mode.LOOPBACK
    source = (message.client[1], 0) if as_client and not faked else None
    server = OUTSIDE if source else "127.0.0.1"
    with contextlib.closing(
        smtplib.SMTP(server, port, message.greeting, PATIENCE, source_address=source)
    ) as smtp:
        answer = _converse(place, smtp, message, faked)
        with contextlib.suppress(smtplib.SMTPServerDisconnected):
            smtp.docmd("QUIT")
    return answer


def _converse(place: Place, smtp: smtplib.SMTP, message: Message, faked: bool) -> Answer:
    if faked:
        smtp.ehlo()
        name, address = message.client
        smtp.docmd("XCLIENT", f"NAME={name or '[UNAVAILABLE]'} ADDR={address}")
    if message.login is not None and (refused := _log_in(place, smtp, message.login)) is not None:
        return refused
    steps = [("EHLO", message.greeting), ("MAIL", f"FROM:<{message.sender}>")]
    steps += [("RCPT", f"TO:<{recipient}>") for recipient in message.recipients]
    for verb, argument in steps:
        code, said = smtp.docmd(verb, argument)
        if code >= 400:
            return Answer(code, said.decode("utf-8", "replace"))
    try:
        code, said = smtp.data(text_of(message))
    except smtplib.SMTPResponseException as refusal:
        return _answer(refusal)
    return Answer(code, said.decode("utf-8", "replace"))


def _answer(refusal: smtplib.SMTPResponseException) -> Answer:
    error = refusal.smtp_error
    return Answer(refusal.smtp_code, error if isinstance(error, str) else error.decode("utf-8", "replace"))


def _log_in(place: Place, smtp: smtplib.SMTP, login: tuple[str, str]) -> Answer | None:
    """STARTTLS and AUTH; the answer where that is refused. The certificate must be the demo's own."""
    trusting = ssl.create_default_context(cafile=place.certificate)
    trusting.check_hostname = False  # we connect to an address
    smtp.starttls(context=trusting)
    smtp.ehlo()
    smtp.user, smtp.password = login
    try:
        smtp.auth("PLAIN", smtp.auth_plain)
    except smtplib.SMTPResponseException as refusal:
        return _answer(refusal)
    return None


class Traffic:
    """Sends `messages`, then now and then one of them, until the context is left.

    `begun` is called first of all and waits for what must be there before.
    """

    def __init__(
        self,
        deliver: Callable[[Message], object],
        messages: Sequence[Message],
        *,
        at_once: bool = True,
        begun: Callable[[], None] = lambda: None,
    ) -> None:
        self._deliver = deliver
        self._messages = messages
        self._opening = messages if at_once else ()
        self._begun = begun
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self.failures = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(1.0)  # a message on its way may be left behind

    def _run(self) -> None:
        self._begun()
        chance = random.Random(20311)  # noqa: S311 - the same story each time
        for message in self._opening:
            if self._stop.is_set():
                return
            self._one(message)
        while not self._stop.wait(chance.uniform(*TRICKLE)):
            self._one(chance.choice(self._messages))

    def _one(self, message: Message) -> None:
        """A server that is down or restarting is the admin's doing: the next message tries again."""
        try:
            self._deliver(message)
        except (OSError, smtplib.SMTPException):
            self.failures += 1
            time.sleep(0.2)
