"""Templates of restriction chains, to stage and then to change: what is there already is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailtui.edits.classplan import CLASSES, make
from mailtui.edits.entries import SetEntry
from mailtui.edits.model import Edit
from mailtui.edits.notes import SetNote
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.rules import InsertRule
from mailtui.postfix.chainread import ServiceLists, smtpd_services, written_at
from mailtui.postfix.chainrows import ListPlace
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import parse_map
from mailtui.postfix.rulelists import WrittenRule
from mailtui.text.safe import safe

POLICY = "inet:127.0.0.1:10023"
"""Where Debian's postgrey listens."""

_SPARES = ("permit_mynetworks", "permit_sasl_authenticated")
_GUARDS = frozenset(("reject_unauth_destination", "defer_unauth_destination"))


@dataclass(frozen=True, slots=True)
class Template:
    """`says`: what it does, in one or two sentences."""

    name: str
    says: str
    plan: Callable[[Instance], Plan]


class _Wanted(NamedTuple):
    """A rule for a list; `behind`: the last of these that is there stands above it."""

    text: str
    comments: tuple[str, ...] = ()


def _names(rules: Iterable[WrittenRule]) -> list[str]:
    return [rule.rule.name.lower() for rule in rules]


class _List:
    """A list of main.cf with the rules that a template puts into it."""

    def __init__(self, instance: Instance, parameter: str) -> None:
        lists = ServiceLists(instance, smtpd_services(instance)[0])
        found = instance.parameters.definition(parameter)
        place = lists.place(parameter)
        if place.service:  # the template is for main.cf's
            line = found.line if found is not None else None
            place = ListPlace(instance.main, parameter, "", found is not None, "", line)
        self.place = place
        self.live = written_at(instance, place).live
        self.edits: list[Edit] = []
        self._texts = [rule.text for rule in self.live]

    def has(self, text: str) -> bool:
        """Whether the rule is there, softened or not, with the same argument or another zone of that name."""
        bare = text.removeprefix("warn_if_reject ").lower()
        return any(each.removeprefix("warn_if_reject ").lower() == bare for each in self._texts)

    def add(self, wanted: _Wanted, at: int) -> int:
        """Put a rule before the one with number `at`, if it is not there; the number behind it."""
        if self.has(wanted.text):
            return max(at, self._number(wanted.text) + 1)
        below = self._texts[at] if at < len(self._texts) else None
        number = self._texts[:at].count(below) if below is not None else 0
        default = None if self.place.is_set else self.place.default
        self.edits.append(
            InsertRule(
                self.place.target, self.place.name, self.place.service, wanted.text, 0, default,
                below, number, wanted.comments,
            )
        )  # fmt: skip
        self._texts.insert(at, wanted.text)
        return at + 1

    def _number(self, text: str) -> int:
        bare = text.removeprefix("warn_if_reject ").lower()
        return next(
            n for n, each in enumerate(self._texts) if each.removeprefix("warn_if_reject ").lower() == bare
        )

    def add_all(self, rules: Sequence[_Wanted]) -> None:
        """Put the rules in, in their order, each behind the one before."""
        at = 0
        for wanted in rules:
            at = min(self.add(wanted, at), len(self._texts))


def _spares(instance: Instance) -> list[_Wanted]:
    lists = ServiceLists(instance, smtpd_services(instance)[0])
    kept = _SPARES if lists.yes("smtpd_sasl_auth_enable") else _SPARES[:1]
    return [_Wanted(name) for name in kept]


def _switch(instance: Instance, name: str, value: str) -> list[Edit]:
    if instance.parameters.effective(name).lower() == value:
        return []
    return [SetParameter(instance.main, name, value, instance.parameters.get(name))]


def sound_defaults(instance: Instance) -> Plan:
    """Rules that hit robots and hardly ever anybody else. Raises ParameterError, InstanceError."""
    if not smtpd_services(instance):
        return Plan(refused="no service of master.cf runs smtpd")
    edits = [
        *_switch(instance, "smtpd_helo_required", "yes"),
        *_switch(instance, "disable_vrfy_command", "yes"),
    ]
    spares = _spares(instance)
    for parameter, rules in (
        ("smtpd_helo_restrictions", (*spares, _Wanted("reject_invalid_helo_hostname"))),
        (
            "smtpd_sender_restrictions",
            (*spares, _Wanted("reject_non_fqdn_sender"), _Wanted("reject_unknown_sender_domain")),
        ),
        ("smtpd_relay_restrictions", (*spares, _Wanted("reject_unauth_destination"))),
        ("smtpd_recipient_restrictions", (_Wanted("reject_non_fqdn_recipient"),)),
        ("smtpd_data_restrictions", (_Wanted("reject_unauth_pipelining"),)),
    ):
        wanted = _List(instance, parameter)
        if parameter == "smtpd_relay_restrictions" and _GUARDS & set(_names(wanted.live)):
            continue
        wanted.add_all(rules)
        edits += wanted.edits
    return _told(edits)


def greylisting_by_recipient(instance: Instance, policy: str = POLICY, table: str = "") -> Plan:
    """A class that greylists, which recipients may choose in an access table (made by the admin, or named).
    Raises ParameterError, InstanceError."""
    if not smtpd_services(instance):
        return Plan(refused="no service of master.cf runs smtpd")
    edits: list[Edit] = []
    says: list[str] = []
    known = [text for text, _ in instance.parameters.items(CLASSES)]
    if "greylisting" not in known:
        made = make(instance, "greylisting", [f"check_policy_service {policy}"])
        if made.refused:
            return made
        edits += made.edits
        says += made.says
    path = table or f"hash:{instance.config_dir}/recipient_access"
    wanted = _List(instance, "smtpd_recipient_restrictions")
    asked = next((r for r in wanted.live if r.rule.name.lower() == "check_recipient_access"), None)
    if asked is not None and not table:
        says.append(f"{safe(asked.text)} is asked already: write `address greylisting` into it")
    else:
        rule = _Wanted(f"check_recipient_access {path}", ("each recipient chooses: address greylisting",))
        made_too, said = _table(instance, path)
        edits += made_too
        says += said
        guarded = _GUARDS & set(_names(_List(instance, "smtpd_relay_restrictions").live))
        spares = [] if guarded else [_Wanted("reject_unauth_destination")]
        wanted.add_all([*_spares(instance), *spares, rule])
        edits += wanted.edits
    return _told(edits, says)


def _table(instance: Instance, spec: str) -> tuple[list[Edit], list[str]]:
    """What makes the table that recipients choose in, with an entry that shows how; nothing where it is
    there."""
    target = parse_map(spec, "smtpd_recipient_restrictions", instance.config_dir).target
    if target is None or target.format != "table":
        return [], [f"{safe(spec)} must be there before this is written"]
    try:
        instance.files.raw(target.path)
    except FileNotFoundError:
        key = f"postmaster@{instance.origin}"
        edits: list[Edit] = [
            SetEntry(target, key, "DUNNO", None),
            SetNote(target, key, "whoever wants it: address greylisting; DUNNO: mail as before", None),
        ]
        return edits, [f"{safe(target.path)} is made: write `address greylisting` for whoever wants it"]
    return [], [f"{safe(target.path)} is there: write `address greylisting` for whoever wants it"]


def strict_helo(instance: Instance) -> Plan:
    """HELO names must be good ones; for a start the log is only told of those that are not. Raises
    ParameterError, InstanceError."""
    if not smtpd_services(instance):
        return Plan(refused="no service of master.cf runs smtpd")
    edits = _switch(instance, "smtpd_helo_required", "yes")
    wanted = _List(instance, "smtpd_helo_restrictions")
    comment = ("read the log's reject_warning for a week, then take warn_if_reject away",)
    wanted.add_all(
        [
            *_spares(instance),
            _Wanted("reject_invalid_helo_hostname"),
            _Wanted("warn_if_reject reject_non_fqdn_helo_hostname", comment),
            _Wanted("warn_if_reject reject_unknown_helo_hostname"),
        ]
    )
    return _told([*edits, *wanted.edits])


def _told(edits: Sequence[Edit], says: Sequence[str] = ()) -> Plan:
    if not edits:
        return Plan(says=(*says, "all of it is there already"))
    return Plan(tuple(edits), tuple(says))


TEMPLATES = (
    Template(
        "sound defaults",
        "Rules that hit robots and hardly ever anybody else: HELO and syntax, sender domains that exist,"
        " a closed relay, no pipelining. Own networks and logins are spared.",
        sound_defaults,
    ),
    Template(
        "greylisting by recipient",
        "A class that greylists through a policy service; each recipient chooses it in an access table.",
        greylisting_by_recipient,
    ),
    Template(
        "strict HELO, warn first",
        "HELO names must be full and known to the DNS; only the log is told until warn_if_reject goes.",
        strict_helo,
    ),
)
"""In the order in which they are offered."""
