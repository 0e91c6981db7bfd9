"""What a restriction may ask: the session, the settings of its service, tables, DNS, and whose mail it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from mailtui.postfix.lookups import Answer as TableAnswer
from mailtui.postfix.smtpd.session import Session, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailtui.dns.ask import Answer as DnsAnswer
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.resolver import Resolver
    from mailtui.postfix.smtpd.resolved import Resolved


Where = Literal["CONNECT", "HELO", "MAIL", "RCPT", "DATA", "END-OF-MESSAGE", "ETRN"]
"""The command that smtpd answers at the moment."""


class Settings(Protocol):
    """The parameters as one service of master.cf has them."""

    def effective(self, name: str) -> str:
        """The value with all `$` expanded."""


class Tables(Protocol):
    """Lookup tables, asked as Postfix asks them; each answer is remembered."""

    def get(self, table: str, keys: Sequence[str]) -> list[TableAnswer]:
        """What `type:name` answers for exactly these keys, in their order."""


class Names(Protocol):
    """DNS, or the answers supplied in its place."""

    def ask(self, name: str, kind: str) -> DnsAnswer:
        """The records of a kind (`A`, `AAAA`, `MX`, `TXT`, `NS`, `PTR`) that a name has."""

    def ahead(self, questions: Iterable[tuple[str, str]]) -> None:
        """Ask for these in the background: they will be wanted together."""


class Probe(NamedTuple):
    """What verify(8) says of an address: `todo` and `defer` are not known yet, with the reason."""

    state: Literal["ok", "defer", "bounce", "todo", "failure"]
    text: str = ""


class Context:
    """One session on its way through the lists. `stage` is the list that is walked now: what the client has
    not said yet at that moment is None in `helo`, `sender` and `recipient`, as it is for smtpd.

    `sender` and `recipient` are rewritten and unquoted as smtpd hands them to its checks.
    """

    def __init__(
        self,
        session: Session,
        instance: Instance,
        settings: Settings,
        tables: Tables,
        names: Names,
        resolver: Resolver,
    ) -> None:
        self.session, self.instance, self.settings = session, instance, settings
        self.tables, self.names, self.resolver = tables, names, resolver
        self.live = False
        """Whether policy servers may be asked."""
        self.stage: Stage = "client"
        self.helo: str | None = None
        self.sender: str | None = None
        self.recipient: str | None = None
        self.recipients = 0
        """Recipients that were accepted before this one."""
        self.where: Where = "RCPT"
        self.subject = self.subject_class = ""
        """What a refusal by the list that is walked now is about: `x@y`, `Recipient address`."""
        self.defaults = 0
        """How many default actions of policy services that do not answer lie in each other at the moment."""
        self.warn_only = False
        """Whether a warn_if_reject is in force, which also chooses between a flag and an answer."""
        self.sender_checked = self.recipient_checked = False
        """Whether reject_unlisted_sender or reject_unlisted_recipient has already been asked."""
        self.resolved: dict[str, Resolved] = {}
        """What trivial-rewrite says of an address, by the address as it was said."""
        self.probes: Mapping[str, Probe] = {}
        """Answers supplied in place of verify(8), by address."""
        self.policies: Mapping[str, str] = {}
        """Actions supplied in place of policy services, by endpoint (`inet:127.0.0.1:10023`)."""

    def setting(self, name: str) -> str:
        """A parameter's value for this service, `$` expanded, blanks squeezed."""
        return self.settings.effective(name)

    def yes(self, name: str) -> bool:
        """A boolean parameter."""
        return self.setting(name).lower() == "yes"

    def number(self, name: str) -> int:
        """A whole number, such as a reply code; 0 where the value is none (smtpd would not start)."""
        value = self.setting(name)
        return int(value) if value.isascii() and value.isdigit() else 0
