"""What Explain is asked: the form for a session, and the answers before and after what is staged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, cast

from mailtui.postfix.chainread import smtpd_services
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.smtpd.session import Answer, Session, Until
from mailtui.screens.parts.form import ChoiceField, Form, Made, Note, TextField, Values

if TYPE_CHECKING:
    from mailtui.dns.ask import Names
    from mailtui.postfix.instance import Instance

EXAMPLE = "192.0.2.1"
"""A client that is nobody's (RFC 5737)."""
_UNTIL = (
    ("rcpt", "to RCPT TO, where most answers are given"),
    ("data", "to DATA, with the data list"),
    ("mail", "to MAIL FROM"),
    ("helo", "to HELO"),
    ("connect", "the connection alone"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer with the draft, and the one `before` it where that is another question (None: nothing is
    staged)."""

    after: Answer
    before: Answer | None = None

    @property
    def same(self) -> bool:
        """Whether what is staged makes no difference to the answer, nor to the rule that gives it."""
        if self.before is None:
            return True
        now, then = self.before, self.after
        return (now.reply, now.action, now.at, now.decided_by) == (
            then.reply, then.action, then.at, then.decided_by,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskedFor(Made):
    """The form's session: nothing is staged by it."""

    session: Session | None = None


def new_names() -> Names:
    """DNS; what it said is kept as long as this is."""
    from mailtui.dns.ask import Names

    return Names()


def ask(
    before: Instance, after: Instance, session: Session, names: Names, *, staged: bool, live: bool
) -> Found:
    """What smtpd would answer, and what it answers now where something is staged. Raises InstanceError."""
    from mailtui.postfix.smtpd.explain import explain

    answer = explain(after, session, names=names, live=live)
    return Found(answer, explain(before, session, names=names, live=live) if staged else None)


def proposal(instance: Instance, service: str) -> Session:
    """A session to begin with: a stranger who writes to this server. `service`: as `smtp/inet`, or empty."""
    try:
        domain = instance.origin
    except InstanceError:
        domain = "example.com"
    return Session(
        EXAMPLE, helo="mail.example.net", sender="someone@example.net", recipient=f"postmaster@{domain}",
        service=service or _service(instance, "smtp"),
    )  # fmt: skip


def _service(instance: Instance, name: str) -> str:
    """A service as `name/type`."""
    known = smtpd_services(instance)
    if name in known:
        return name
    return next((each for each in known if each.partition("/")[0] == name), name)


def session_form(instance: Instance, session: Session) -> Form:
    """The form for a session. Raises ParameterError."""
    service = _service(instance, session.service)
    services = list(dict.fromkeys([*smtpd_services(instance), service]))
    return Form("the session to be explained", [
        TextField(name="client", label="client", content=session.client_address,
                  hint="its address, IPv4 or IPv6"),
        TextField(name="name", label="name", content=session.client_name,
                  hint="the name that its address has and that has its address; unknown where there is none"),
        TextField(name="reverse", label="reverse", content=session.reverse_client_name or "",
                  hint="what the address says it is called, where that is another name"),
        TextField(name="helo", label="HELO", content=session.helo or "", hint="empty: it says none"),
        TextField(name="sender", label="from", content=session.sender or "",
                  hint="empty: <>, the null sender that bounces have"),
        TextField(name="recipient", label="to", content=session.recipient or ""),
        TextField(name="login", label="login", content=session.sasl_user,
                  hint="the name it has logged in with; empty: it has not"),
        ChoiceField(name="tls", label="TLS", choices=(("no", "in the clear"), ("yes", "encrypted")),
                    chosen="yes" if session.tls else "no"),
        ChoiceField(name="service", label="service", choices=[(name, "") for name in services],
                    chosen=service),
        ChoiceField(name="until", label="goes", choices=_UNTIL, chosen=session.until),
    ], verb="explain")  # fmt: skip


def _address(text: str) -> str | None:
    """A client's address as smtpd writes it; None for what is none."""
    bare = text.strip("[]")
    bare = bare[5:] if bare.lower().startswith("ipv6:") else bare
    try:
        return str(ip_address(bare))
    except ValueError:
        return None


def session_notes(_after: Instance, values: Values) -> Sequence[Note]:
    """What is wrong with the session that is typed."""
    notes: list[Note] = []
    client = str(values["client"])
    if _address(client) is None:
        notes.append(Note("client", "an IP address, as 203.0.113.9 or 2001:db8::9", "error"))
    if values["until"] in {"rcpt", "data"} and not values["recipient"]:
        notes.append(Note("recipient", "to whom? only what comes before RCPT TO needs none", "error"))
    if values["name"] == "unknown" and values["reverse"] == "":
        notes.append(Note("name", "a client without a name in DNS", "advice"))
    return notes


def session_made(after: Instance, values: Values) -> AskedFor:
    """The session that is typed."""
    notes = session_notes(after, values)
    wrong = [note.text for note in notes if note.severity == "error"]
    if wrong:
        return AskedFor(refused=wrong[0], notes=notes)
    name = str(values["name"]) or "unknown"
    reverse = str(values["reverse"])
    asked = Session(
        _address(str(values["client"])) or "",
        client_name=name,
        reverse_client_name=reverse if reverse and reverse != name else None,
        helo=str(values["helo"]) or None,
        sender=str(values["sender"]).removeprefix("<").removesuffix(">"),
        recipient=str(values["recipient"]).removeprefix("<").removesuffix(">") or None,
        sasl_user=str(values["login"]),
        tls=values["tls"] == "yes",
        service=str(values["service"]),
        until=cast("Until", values["until"]),
    )
    return AskedFor(session=asked)
