"""The forms of a rule: put in, or changed. What they come to is worked out by `mailtui.edits.ruleplan`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from mailtui.edits import ruleplan
from mailtui.edits.greylistplan import proposed_place
from mailtui.edits.plan import Plan
from mailtui.edits.rules import InsertRule, MoveRule, SetRule, SwitchRule
from mailtui.postfix.chainrows import Chain, Chains, ListPlace, RuleRow
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import check_value
from mailtui.postfix.restrictionnames import ARGUMENTS, FINAL, Argument
from mailtui.screens.parts.form import ChoiceField, Form, FormField, ListField, Made, Note, TextField, Values
from mailtui.screens.parts.rulecatalogue import Offered

_ANY_LIST = "smtpd_client_restrictions"
"""The list in which one rule is checked by itself: what the two relaying lists must have does not count."""
_OTHER = "another"
_HINTS: dict[Argument, str] = {
    "table": "type:name, as hash:/etc/postfix/access or inline:{ key=action }",
    "ccert": "type:name of a table of fingerprints",
    "zone": "the DNS list; zone=127.0.0.[2..11] counts only these of its answers",
    "policy": "inet:host:port or unix:path; Debian's postgrey: inet:127.0.0.1:10023",
    "seconds": "seconds",
}  # fmt: skip
_LABELS: dict[Argument, str] = {"table": "table", "ccert": "table", "zone": "zone", "policy": "server",
                                "seconds": "seconds"}  # fmt: skip
_TABLES = frozenset(("table", "ccert"))


def known_arguments(chains: Chains, kind: Argument) -> list[tuple[str, str]]:
    """The tables, zones or servers that the chains use already, each with who does."""
    found: dict[str, str] = {}
    for chain in chains:
        for row in chain.live:
            mine = ARGUMENTS.get(row.name.lower(), "")
            same = mine == kind or (mine in _TABLES and kind in _TABLES)
            if same and row.argument and kind in {"table", "ccert", "policy"}:
                cost = f", {row.cost.text}" if row.cost.text and mine in _TABLES else ""
                found.setdefault(row.argument, f"{row.name} in {chain.title}{cost}")
    return list(found.items())


def _argument_fields(chains: Chains, kind: Argument, now: str = "") -> list[FormField]:
    """What the argument is typed or chosen in."""
    if not kind or kind == "rule":
        return []
    label, hint = _LABELS[kind], _HINTS[kind]
    known = known_arguments(chains, kind)
    if known and now and now not in dict(known):
        known.insert(0, (now, "as it is now"))

    def complete(prefix: str) -> list[str]:
        return [name for name, _ in known if name.startswith(prefix)]

    typed = TextField(
        name="argument", label=label, content="" if known else now, hint=hint, complete=complete
    )
    if not known:
        return [typed]
    typed.when = lambda values: values["known"] == _OTHER
    typed.label = ""
    choices = [*known, (_OTHER, f"typed below: {hint}")]
    return [ChoiceField(name="known", label=label, choices=choices, chosen=now or known[0][0]), typed]


def _argument(values: Values) -> str:
    """The argument that is chosen or typed."""
    known = str(values.get("known", _OTHER))
    return str(values.get("argument", "")) if known == _OTHER else known


_WARNS = (("no", "it takes effect"), ("yes", "warn_if_reject: what it would refuse is only logged"))


def _common(*, warn_only: bool, comments: Sequence[str]) -> list[FormField]:
    return [
        ChoiceField(name="warn", label="warn only", choices=_WARNS, chosen="yes" if warn_only else "no"),
        ListField(name="comments", label="comment", items=list(comments),
                  hint="stands above the rule, a line each; why it is there, and since when"),
    ]  # fmt: skip


# -- a new one

_AFTER, _BEFORE, _FIRST, _LAST, _PROPOSED = "after", "before", "first", "last", "proposed"


def add_form(chains: Chains, chain: Chain, row: RuleRow | None, rule: Offered) -> Form:
    """The form for a rule from the catalogue; `row`: the one under the cursor."""
    live = _own(chain)
    places = [(_PROPOSED, _proposed_words(live))] if _is_greylisting(chain, rule) and live else []
    if row is not None and row.enabled and row.marker != "-":
        beside = [(_AFTER, f"after {row.text}"), (_BEFORE, f"before {row.text}")]
        places += reversed(beside) if row.name.lower() in FINAL else beside
    if live or not places:
        places += [(_FIRST, f"before all of {chain.title}"), (_LAST, f"after all of {chain.title}")]
    return Form(f"{rule.name} for {chain.place.title}", [
        *_argument_fields(chains, rule.argument),
        ChoiceField(name="place", label="place", choices=places,
                    chosen=places[0][0] if row is not None or places[0][0] == _PROPOSED else _LAST),
        *_common(warn_only=False, comments=()),
    ])  # fmt: skip


def _own(chain: Chain) -> list[RuleRow]:
    """The rules in force that are written in the list itself."""
    return [each for each in chain.rows if each.enabled and each.marker != "-" and not each.via]


def _is_greylisting(chain: Chain, rule: Offered) -> bool:
    """Whether a rule may be one that greylists, in the list where that belongs."""
    return rule.name == "check_policy_service" and chain.stage == "recipient"


def _proposed(live: Sequence[RuleRow]) -> RuleRow | None:
    """The rule before which greylisting belongs; None for the end."""
    at = proposed_place([each.name.lower() for each in live])
    return live[at] if at < len(live) else None


def _proposed_words(live: Sequence[RuleRow]) -> str:
    below = _proposed(live)
    where = f"before {below.text}" if below is not None else "last"
    return f"where greylisting belongs: {where}, when relaying is refused, before DNS is asked"


def _text(name: str, values: Values) -> str:
    words = ("warn_if_reject" if values["warn"] == "yes" else "", name, _argument(values))
    return " ".join(word for word in words if word)


def notes_on(name: str, kind: Argument) -> Callable[[Instance, Values], list[Note]]:
    """What is to be said of the rule that is typed."""
    field = "argument"

    def check(after: Instance, values: Values) -> list[Note]:
        at = "known" if values.get("known", _OTHER) != _OTHER else field
        if at not in values:
            at = "warn"
        argument = _argument(values)
        if kind and not argument:
            return [Note(at, f"{name} wants {_HINTS[kind]}", "error")]
        found = check_value(after, _ANY_LIST, " ".join(word for word in (name, argument) if word))
        return [Note(at, each.text, each.severity) for each in found]

    return check


def added(chain: Chain, row: RuleRow | None, rule: Offered) -> Callable[[Instance, Values], Made]:
    """What the form of a new rule comes to."""
    check = notes_on(rule.name, rule.argument)

    def make(after: Instance, values: Values) -> Made:
        notes = check(after, values)
        wrong = [note.text for note in notes if note.severity == "error"]
        if wrong:
            return Made(refused=wrong[0], notes=notes)
        place, before = _place(chain, row, str(values["place"]))
        plan = ruleplan.insert(after, place, _text(rule.name, values), before, _comments(values))
        return made_of(plan, chain.stage, row)

    return make


def _place(chain: Chain, row: RuleRow | None, where: str) -> tuple[ListPlace, RuleRow | None]:
    """The list that a rule goes into, and the rule before which it stands there."""
    if row is not None and where in {_AFTER, _BEFORE}:
        place, mine = row.place, _alike(chain, row)
        at = next((n for n, each in enumerate(mine) if each.key == row.key), len(mine))
        below = at if where == _BEFORE else at + 1
        return place, mine[below] if below < len(mine) else None
    mine = _own(chain)
    if where == _PROPOSED:
        return chain.place, _proposed(mine)
    return chain.place, mine[0] if where == _FIRST and mine else None


def _alike(chain: Chain, row: RuleRow) -> list[RuleRow]:
    """The rules in force that stand in the same place as this one."""
    return [
        each
        for each in chain.rows
        if each.enabled and each.marker != "-" and (each.place, each.via) == (row.place, row.via)
    ]


def _comments(values: Values) -> tuple[str, ...]:
    comments = values["comments"]
    return comments if isinstance(comments, tuple) else (comments,)


# -- another one in its place


def change_form(chains: Chains, row: RuleRow) -> Form:
    """The form for a rule that is there: its argument, whether it only warns, its comments."""
    kind = ARGUMENTS.get(row.name.lower(), "")
    fields = _argument_fields(chains, kind, row.argument)
    if not row.known or not row.name:
        fields = [TextField(name="whole", label="rule", content=row.written, hint="the rule as it is to be")]
    return Form(f"{row.text} in {row.place.title}",
                [*fields, *_common(warn_only=row.warn_only, comments=row.comments)])  # fmt: skip


def change_notes(row: RuleRow) -> Callable[[Instance, Values], list[Note]]:
    """What is to be said of what is typed over a rule."""
    kind = ARGUMENTS.get(row.name.lower(), "")
    by_kind = notes_on(row.name, kind)

    def check(after: Instance, values: Values) -> list[Note]:
        if "whole" not in values:
            return by_kind(after, values) if kind else []
        found = check_value(after, _ANY_LIST, str(values["whole"]))
        return [Note("whole", each.text, each.severity) for each in found]

    return check


def changed(chain: Chain, row: RuleRow) -> Callable[[Instance, Values], Made]:
    """What the form of a rule comes to."""
    check = change_notes(row)

    def make(after: Instance, values: Values) -> Made:
        notes = check(after, values)
        wrong = [note.text for note in notes if note.severity == "error"]
        warn = values["warn"] == "yes"
        argument = _argument(values) if "argument" in values else None
        same = argument in {None, row.argument} and str(values.get("whole", row.written)) == row.written
        if wrong and not same:  # a comment may be changed beside what is wrong already
            return Made(refused=wrong[0], notes=notes)
        comments = _comments(values)
        plan = ruleplan.change(
            after, row,
            argument=None if argument == row.argument else argument,
            warn_only=None if warn == row.warn_only else warn,
            comments=None if comments == row.comments else comments,
            text=str(values["whole"]) if values.get("whole", row.written) != row.written else None,
        )  # fmt: skip
        return made_of(plan, chain.stage, row)

    return make


# -- plans as acts of the screen


def made_of(plan: Plan, stage: str, row: RuleRow | None = None) -> Made:
    """What a plan comes to; the cursor goes to the rule that it is about."""
    if plan.refused:
        return Made(refused=plan.refused)
    return Made(plan.edits, to=_key_after(plan, stage, row), says=plan.says)


def _key_after(plan: Plan, stage: str, row: RuleRow | None) -> Hashable | None:
    edit = plan.edits[-1] if plan.edits else None
    via = ">".join(row.via) if row is not None else ""
    enabled = row.enabled if row is not None else True
    text = row.text if row is not None else ""
    match edit:
        case InsertRule():
            return (stage, via, edit.rule, edit.number, True)
        case MoveRule():
            return (stage, via, text, edit.to_number, True)
        case SetRule():
            return (stage, via, edit.to if edit.to != edit.rule else text, edit.to_number, enabled)
        case SwitchRule():
            return (stage, via, text, edit.to_number, edit.on)
    return None
