"""Services × AUTH: what each smtpd service offers to whom, and what it then lets them do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mailtui.postfix.chainrows import Chain, Chains, RuleRow
from mailtui.postfix.chains import chains
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.services import ServiceRow, services
from mailtui.sasl.services import PLAINTEXT, AuthService, auth_services
from mailtui.text.safe import safe

PERMIT = "permit_sasl_authenticated"
LOGIN_CHECKS = (
    "reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch",
    "reject_unauthenticated_sender_login_mismatch", "reject_known_sender_login_mismatch",
)  # fmt: skip
"""The rules that hold a sender address against the name of who logged in (smtpd_sender_login_maps)."""
_ENDS = frozenset(("reject", "defer"))
_GUARDS = _ENDS | {"reject_unauth_destination", "defer_unauth_destination", "check_relay_domains"}
_STOPS = {"client": _ENDS, "helo": _ENDS, "sender": _ENDS, "relay": _GUARDS, "recipient": _GUARDS}
"""What ends each list for somebody who sends to another domain, whoever he is."""
_PORTS = {"25": "smtp", "587": "submission", "465": "submissions"}
_NAMES = {"smtps": "submissions"}

State = Literal["passes", "late", "missing"]


class Gate(NamedTuple):
    """One list as somebody meets it who logged in: `late` and `missing` stop him at `stop`. `permit`: the
    rule that lets him on, where there is one."""

    stage: str
    state: State
    permit: RuleRow | None
    stop: RuleRow | None
    neighbour: RuleRow | None = None
    """permit_mynetworks, where it stands before `stop`: permit_sasl_authenticated belongs beside it."""

    @property
    def why(self) -> str:
        """In a sentence; empty where it lets him pass."""
        if self.stop is None or self.state == "passes":
            return ""
        what = f"{safe(self.stop.text)} stops him in {safe(self.stop.place.title)}"
        if self.permit is None:
            return f"{what}, which has no {PERMIT}"
        return f"{what}: {PERMIT} stands behind it"


class SenderChecks(NamedTuple):
    """Whether who logged in may use any sender address. `late`: checks that come after he was let pass."""

    rules: tuple[RuleRow, ...]
    late: tuple[RuleRow, ...]
    maps: str
    """smtpd_sender_login_maps, expanded."""

    @property
    def word(self) -> str:
        """In one word."""
        if not self.rules:
            return "any"
        if not self.maps:
            return "no maps"
        return "checked" if len(self.late) < len(self.rules) else "late"


NO_CHECKS = SenderChecks((), (), "")


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One smtpd of master.cf; `auth` None: its entry is commented out."""

    row: ServiceRow
    auth: AuthService | None = None
    gates: tuple[Gate, ...] = ()
    """The lists that a client passes before it may send elsewhere, in their order."""
    senders: SenderChecks = NO_CHECKS
    mechanisms: tuple[str, ...] = ()
    """Those that may be offered: mech_list through smtpd_sasl_mechanism_filter; none where the file names
    none, so that every one that is installed is."""
    broken: bool = False
    """broken_sasl_auth_clients: AUTH is told a second time, for very old Outlooks."""

    @property
    def name(self) -> str:
        """`submission/inet`."""
        return self.row.service

    @property
    def kind(self) -> str:
        """The port by its usual name: `smtp`, `submission`, `submissions`; another's own."""
        return kind_of(self.row)

    @property
    def offered(self) -> bool:
        return self.auth is not None and self.auth.offered

    @property
    def shut(self) -> tuple[Gate, ...]:
        """The lists that stop somebody who logged in."""
        return tuple(gate for gate in self.gates if gate.state != "passes")

    @property
    def relay(self) -> Literal["yes", "late", "no", ""]:
        """Whether mail to other domains is taken from who logged in; empty where nobody can."""
        if not self.offered:
            return ""
        if not self.shut:
            return "yes"
        return "late" if all(gate.state == "late" for gate in self.shut) else "no"

    @property
    def clear(self) -> bool:
        """Whether passwords may go over the net as they are: AUTH without TLS, by PLAIN or LOGIN."""
        auth = self.auth
        return auth is not None and auth.offered and not auth.under_tls and self._plain(auth.options)

    def _plain(self, options: Sequence[str]) -> bool:
        known = not self.mechanisms or any(each in PLAINTEXT for each in self.mechanisms)
        return known and "noplaintext" not in options

    @property
    def checked_by(self) -> str:
        """Who checks a password, in a word."""
        auth = self.auth
        if auth is None:
            return ""
        if auth.kind != "cyrus":
            return auth.kind
        return "sasldb" if auth.conf.methods == ("auxprop",) and auth.asks_sasldb else auth.conf.methods[0]


def matrix(instance: Instance) -> list[ServiceLine]:
    """Every smtpd service in the order of master.cf; of a service that is not in force its last entry that is
    commented out. Raises InstanceError."""
    found = {each.name: each for each in auth_services(instance)}
    rows = [row for row in services(instance) if row.command == "smtpd" and row.type in ("inet", "pass")]
    taken = {(row.type, kind_of(row)) for row in rows if row.service in found}
    last = {row.service: row for row in rows if not row.enabled}
    lines = []
    for row in rows:
        auth = found.get(row.service)
        if auth is not None and auth.row == row:
            lines.append(line_of(instance, auth))
        elif last.get(row.service) is row and (row.type, kind_of(row)) not in taken:
            lines.append(ServiceLine(row))
    return lines


def line_of(instance: Instance, auth: AuthService) -> ServiceLine:
    """One service that is in force. Raises InstanceError."""
    own = instance.parameters.service(auth.row.name, auth.row.type)
    lists = chains(instance, instance, auth.name)
    return ServiceLine(
        auth.row,
        auth,
        tuple(_gate(lists, stage) for stage in _STOPS),
        _senders(lists, own.effective("smtpd_sender_login_maps")),
        tuple(filtered(auth.conf.mechanisms, own.effective("smtpd_sasl_mechanism_filter"))),
        own.effective("broken_sasl_auth_clients").lower() == "yes",
    )


def kind_of(row: ServiceRow) -> str:
    """The usual name of a service's port."""
    port = row.name.rpartition(":")[2]
    return _NAMES.get(port, _PORTS.get(port, port))


def _gate(lists: Chains, stage: str) -> Gate:
    chain = lists.chain(stage)
    rows = chain.live if chain is not None else ()
    neighbour = stop = None
    for row in rows:
        name = row.name.lower()
        if _lets_on(row, lists) and stop is None:
            return Gate(stage, "passes", row, None)
        if stop is not None:
            if _lets_on(row, lists) and row.name.lower() == PERMIT:
                return Gate(stage, "late", row, stop, neighbour)
            continue
        if name == "permit" and not row.warn_only:
            return Gate(stage, "passes", None, None)
        if name == "permit_mynetworks" and row.depth == 0:
            neighbour = row
        if name in _STOPS[stage] and not row.warn_only:
            stop = row
    return Gate(stage, "passes" if stop is None else "missing", None, stop, neighbour)


def _lets_on(row: RuleRow, lists: Chains, depth: int = 0) -> bool:
    """Whether the rule lets on who logged in: by its name, or by a class that has such a rule."""
    if row.warn_only:
        return False
    if row.name.lower() == PERMIT:
        return True
    chain = lists.chain(f"class:{row.name}") if row.kind == "class" and depth < 9 else None
    return chain is not None and any(_lets_on(each, lists, depth + 1) for each in chain.live)


def _senders(lists: Chains, maps: str) -> SenderChecks:
    rules: list[RuleRow] = []
    late: list[RuleRow] = []
    for stage in _STOPS:
        chain = lists.chain(stage)
        passed = False
        for row in chain.live if chain is not None else ():
            passed = passed or _lets_on(row, lists) or row.name.lower() == "permit"
            if row.name.lower() in LOGIN_CHECKS and not row.warn_only:
                rules.append(row)
                late += [row] * passed
    return SenderChecks(tuple(rules), tuple(late), maps)


def filtered(mechanisms: Iterable[str], written: str) -> list[str]:
    """Mechanisms through smtpd_sasl_mechanism_filter: `!external, static:rest` and the like; the first item
    that fits decides. A table but `static:` is taken to let pass."""
    items = split_list(written)
    found = []
    for each in mechanisms:
        for item in items:
            name = item.lstrip("!")
            if ":" in name or name.lower() == each.lower():
                found += [each] * (not (len(item) - len(name)) % 2)
                break
    return found


def checks_in(chain: Chain | None) -> list[RuleRow]:
    """The login checks of one list that are in force."""
    return [row for row in (chain.live if chain is not None else ()) if row.name.lower() in LOGIN_CHECKS]
