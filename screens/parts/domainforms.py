"""The forms of the Domains screen, and what they and its keys come to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from mailtui.edits.candidate import Candidate
from mailtui.edits.domainplan import plan_class, plan_new, plan_remove
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.domainchecks import CLASS_NAMES, CLASS_SENTENCES
from mailtui.postfix.domainlist import DomainRow
from mailtui.postfix.domains import DomainClass, normal
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.form import ChoiceField, Form, Made, Note, TextField, Values
from mailtui.screens.parts.keys import takes_back

CLASSES: tuple[DomainClass, ...] = ("virtual-alias", "virtual-mailbox", "local", "relay")
"""As they are offered: what a further domain mostly is comes first."""
BULK = 50
"""Domains of one act at most: each is looked at over what the others leave, which takes its time."""
_NONE = "-"
_LAST = "abuse"
"""The field under which the proposed edits stand."""
_ROLE = f"empty: as proposed below; {_NONE}: no entry"

Told = Mapping[Hashable, Sequence[str]]


@dataclass(frozen=True, slots=True)
class DomainMade(Made):
    """What an act comes to, and what there is to tell of each row."""

    told: Told = field(default_factory=dict)


def new_form(domain: str = "", kind: DomainClass = CLASSES[0]) -> Form:
    """A new domain."""
    return Form("new domain", [
        TextField(name="domain", label="domain", content=domain, hint="as in its addresses: falcot.com"),
        ChoiceField(name="class", label="class", choices=_choices(), chosen=kind),
        TextField(name="next_hop", label="server", when=lambda values: values["class"] == "relay",
                  hint="that has its mailboxes: mail.example.org; empty: its MX says"),
        TextField(name="catch_all", label="catch-all",
                  hint="where mail for every other name goes; empty: nowhere, it is refused"),
        TextField(name="postmaster", label="postmaster", hint=_ROLE),
        TextField(name=_LAST, label="abuse", hint=_ROLE),
    ])  # fmt: skip


def form_for(row: DomainRow) -> Form:
    """A domain that is spoken of here and that no class takes: as what its addresses make it."""
    if row.mailboxes:
        return new_form(row.domain, "virtual-mailbox")
    return new_form(row.domain, "virtual-alias" if row.aliases or row.catch_all else "local")


def label_of(domain: str, kind: DomainClass) -> str:
    """What the group of edits is called by which a domain is new."""
    return f"+ domain {domain} ({CLASS_NAMES[kind]})"


def class_form(rows: Sequence[DomainRow]) -> Form:
    """Another class for some domains."""
    what = rows[0].domain if len(rows) == 1 else f"{len(rows)} domains"
    chosen = rows[0].domain_class
    return Form(
        f"class of {what}",
        [ChoiceField(name="class", label="class", choices=_choices(), chosen=chosen)],
    )


def _choices() -> list[tuple[str, str]]:
    return [(kind, CLASS_SENTENCES[kind]) for kind in CLASSES]


def class_named(text: object) -> DomainClass:
    """The class of a choice."""
    return next(kind for kind in CLASSES if kind == text)


# A new domain


def _planned(after: Instance, values: Values) -> Plan:
    def role(name: str) -> str | None:
        text = str(values[name])
        return None if text == _NONE else text

    kind = class_named(values["class"])
    return plan_new(
        after, str(values["domain"]), kind, catch_all=str(values["catch_all"]), postmaster=role("postmaster"),
        abuse=role(_LAST), next_hop=str(values["next_hop"]) if kind == "relay" else "",
    )  # fmt: skip


def new_notes(after: Instance, values: Values) -> list[Note]:
    """What there is to say of a new domain while it is typed: what is wrong, else the proposed edits."""
    if not values["domain"]:
        return []
    return _notes(_planned(after, values), _LAST, values)


def new_made(after: Instance, values: Values) -> DomainMade:
    """What a new domain comes to."""
    plan = _planned(after, values)
    if plan.refused:
        return DomainMade(refused=plan.refused, notes=_notes(plan, _LAST, values))
    key = (normal(str(values["domain"])), class_named(values["class"]))
    return DomainMade(plan.edits, label_of(*key), key, plan.says, told={key: _told(plan)})


def _told(plan: Plan) -> tuple[str, ...]:
    return plan.says or (f"{len(plan.edits)} edits are staged together; {takes_back()}",)


def _notes(plan: Plan, name: str, values: Values) -> list[Note]:
    """A plan under the fields."""
    if plan.refused:
        bad = (
            each for each in ("catch_all", "postmaster", "abuse") if _names(values.get(each), plan.refused)
        )
        return [Note(next(bad, "domain" if "domain" in values else name), plan.refused, "error")]
    return [
        *(Note(name, edit.describe(), "edit") for edit in plan.edits),
        *(Note(name, text, "warning") for text in plan.says),
    ]


def _names(value: object, refused: str) -> bool:
    """Whether a refusal speaks of what was typed into a field."""
    return isinstance(value, str) and bool(value) and refused.startswith(value)


# Changes of those there are


def class_notes(rows: Sequence[DomainRow]) -> Callable[[Instance, Values], list[Note]]:
    """What there is to say of another class while it is chosen."""

    def notes(after: Instance, values: Values) -> list[Note]:
        if len(rows) == 1 and rows[0].domain_class == values["class"]:
            return []
        return _notes(_class_plan(after, rows, class_named(values["class"])).plan, "class", values)

    return notes


def class_made(rows: Sequence[DomainRow]) -> Callable[[Instance, Values], DomainMade]:
    """What another class comes to."""

    def made(after: Instance, values: Values) -> DomainMade:
        kind = class_named(values["class"])
        found = _class_plan(after, rows, kind)
        to = (rows[0].domain, kind)
        return found.made(f"~ {_listed(rows)} to {CLASS_NAMES[kind]}", to)

    return made


def removed(after: Instance, rows: Sequence[DomainRow]) -> DomainMade:
    """What the removal of some rows comes to: out of this class, or of all where no other has them."""
    rows = [row for row in rows if row.marker != "-"]
    if not rows:
        return DomainMade()
    found = _all(after, rows, lambda now, row: plan_remove(now, row.domain, row.domain_class))
    return found.made(f"- {_listed(rows)}", (rows[0].domain, rows[0].domain_class))


def _listed(rows: Sequence[DomainRow]) -> str:
    names = ", ".join(row.domain for row in rows[:3]) + (", …" if len(rows) > 3 else "")
    return f"domain {names}" if len(rows) == 1 else f"{len(rows)} domains: {names}"


@dataclass(frozen=True, slots=True)
class _Several:
    """The plans of several domains as one, and what is told of each."""

    plan: Plan
    told: Told

    def made(self, label: str, to: Hashable) -> DomainMade:
        if self.plan.refused:
            return DomainMade(refused=self.plan.refused)
        return DomainMade(self.plan.edits, label, to, self.plan.says, told=self.told)


def _class_plan(after: Instance, rows: Sequence[DomainRow], kind: DomainClass) -> _Several:
    changed = [row for row in rows if row.domain_class != kind] or rows[:1]
    found = _all(after, changed, lambda now, row: plan_class(now, row.domain, kind))
    return _Several(
        found.plan, {(key[0], kind): told for key, told in found.told.items() if isinstance(key, tuple)}
    )


def _all(after: Instance, rows: Sequence[DomainRow], plan: Callable[[Instance, DomainRow], Plan]) -> _Several:
    """Each row's plan over what those before it leave; one that is refused refuses all."""
    now, edits, told = after, list[Edit](), dict[Hashable, Sequence[str]]()
    says: list[str] = []
    for row in rows:
        found = plan(now, row) if row.listed else Plan(refused=f"{row.domain}: {row.why_not}")
        if found.refused:
            return _Several(found, {})
        edits += found.edits
        told[row.domain, row.domain_class] = found.says
        lead = f"{row.domain}: " if len(rows) > 1 else ""
        says += [f"{lead}{text}" for text in found.says]
        if row is not rows[-1]:
            now = after.over(Candidate(after.files, edits))
    return _Several(Plan(tuple(edits), tuple(says)), told)
