"""A restriction list walked as smtpd(8) does it: generic_checks() of smtpd_check.c."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Literal, TypeAlias

from mailtui.postfix.lookups import split_list
from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.postfix.smtpd.chain import BUILT_IN, Rule, parse_rules
from mailtui.postfix.smtpd.outcome import DEFAULT_ACTION, RESTRICTIONS, Outcome, misconfigured
from mailtui.postfix.smtpd.replies import Reply, reply, softened
from mailtui.postfix.smtpd.results import act
from mailtui.postfix.smtpd.session import PARAMETERS, Decision, Step, StepOutcome
from mailtui.postfix.smtpd.state import State, Stop
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context

Status = Literal["ok", "dunno", "reject"]

Places: TypeAlias = "Callable[[str], Sequence[tuple[str, int | None]]]"
"""File and line of each item of the list that a parameter holds; none where that is not known."""

DEEPEST = 100
"""How deep classes and table results may lie in each other."""
_FINAL = frozenset({"permit", "reject", "defer", "check_relay_domains"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk is. `stage` is the list or `class:NAME`, `within` the list that it all belongs to;
    `subject` and `subject_class` are what a refusal names, `default` the check that a table alone stands
    for, empty where there is none; `table` and `key` those that led here."""

    stage: str
    within: str
    subject: str
    subject_class: str
    default: str
    table: str = ""
    key: str = ""
    in_table: bool = False
    """Whether the rules stand in a table's value."""


class Walker:
    """Walks lists, and keeps each step.

    After a walk that gave `reject`, `reply` is what the client is told and `decided` by which rule; `flagged`
    is the rule that put up defer_if_permit.
    """

    def __init__(self, context: Context, state: State, places: Places | None = None) -> None:
        self._context, self._state = context, state
        self._places, self._placed = places, dict[str, Sequence[tuple[str, int | None]]]()
        self._classes = frozenset(split_list(context.setting("smtpd_restriction_classes")))
        self.steps: list[Step] = []
        self.never: list[tuple[str, str, str]] = []
        self.reply: Reply | None = None
        self.decided = self.flagged = self.permitted = Decision()

    def walk(self, value: str, place: Place) -> Status:
        """Walk the list of a stage, its value with all `$` expanded."""
        rules = parse_rules(value, self._classes)
        if not rules:
            return "dunno"
        try:
            return self._list(rules, place)
        except Stop as stop:
            self.reply = stop.reply
            return "reject"

    def pass_over(self, value: str, stage: str) -> None:
        """Note a list that is not reached any more."""
        self._leave(parse_rules(value, self._classes), stage)

    def answer(self, code: int, status: str, text: str) -> Reply:
        """A refusal made fit to be sent; with soft_bounce a temporary one."""
        said = reply(code, status, text)
        return softened(said) if self._context.yes("soft_bounce") else said

    def judge(self, found: Outcome, place: Place, name: str) -> Status:
        """Carry out what a restriction says that stands in no list, such as reject_unlisted_recipient."""
        at = self._begin(Rule(name, "", -1, -1), place)
        try:
            return self._act(found, at, place)
        except Stop as stop:
            self.reply = stop.reply
            return "reject"

    # One list

    def _list(self, rules: Sequence[Rule], place: Place) -> Status:
        state = self._state
        before = state.depth
        state.depth += 1
        status: Status = "dunno"
        for number, rule in enumerate(rules):
            if state.discard:
                self._leave(rules[number:], place.stage)
                break
            if rule.warn_only and not state.warned_from:
                state.warned_from = state.depth
            if rule.name or rule.argument:
                status = self._rule(rule, place, is_last=number + 1 == len(rules))
            if state.warned_from >= state.depth:
                state.warned_from = 0
            if status != "dunno" or (state.permit.active and state.refusal.active):
                self._leave(rules[number + 1 :], place.stage)
                break
        state.depth = before
        if state.warned_from >= state.depth:
            state.warned_from = 0
        return status

    def _leave(self, rules: Sequence[Rule], stage: str) -> None:
        self.never += [(stage, rule.name, rule.argument) for rule in rules]

    def _rule(self, rule: Rule, place: Place, *, is_last: bool) -> Status:
        at = self._begin(rule, place)
        began = perf_counter()
        found = self._ask(rule, place)
        self.steps[at] = replace(self.steps[at], ms=(perf_counter() - began) * 1000)
        if found.warning:
            self._state.log.append(found.warning)
        if (
            rule.name.lower() in _FINAL
            and not is_last
            and (found.kind == "ok" or not self._state.warned_from)
        ):
            self._state.log.append(f"what stands after {rule.name.lower()} is ignored")
        return self._act(found, at, place)

    def _where(self, rule: Rule, place: Place) -> tuple[str | None, int | None]:
        """File and line of a rule that stands in a list or class (not in a table's value)."""
        if self._places is None or place.in_table or rule.last < 0:
            return None, None
        name = place.stage.removeprefix("class:")
        parameter = PARAMETERS.get(name, name)  # type: ignore[call-overload]  # a class has its own name
        if parameter not in self._placed:
            self._placed[parameter] = () if name in BUILT_IN else self._places(parameter)
        found = self._placed[parameter]
        return found[rule.last] if rule.last < len(found) else (None, None)

    def _begin(self, rule: Rule, place: Place) -> int:
        file, line = self._where(rule, place)
        self.steps.append(
            Step(
                place.stage,
                rule.name or place.default,
                rule.argument,
                "dunno",
                "",
                depth=max(0, self._state.depth - 1),
                warn_only=self._state.warned_from > 0,
                file=file,
                line=line,
            )
        )
        return len(self.steps) - 1

    def _ask(self, rule: Rule, place: Place) -> Outcome:
        context = self._context
        context.warn_only = self._state.warned_from > 0
        context.subject, context.subject_class = place.subject, place.subject_class
        if rule.is_class:
            why = f"the class {safe(rule.name)}"
            return Outcome(
                "result", why, value=rule.name, subject=place.subject, subject_class=place.subject_class
            )
        if not rule.name and not place.default:
            return misconfigured(f"{safe(rule.argument)} needs a check of which kind before it in this list")
        name = rule.name.lower() or place.default
        if name not in RESTRICTIONS or (name in BUILT_IN and rule.name):
            return misconfigured(f"smtpd does not know {safe(rule.name)}")
        if ARGUMENTS.get(name) in {"table", "ccert"} and ":" not in rule.argument:
            return misconfigured(f"{safe(name)} wants a table, type:name")
        return RESTRICTIONS[name](context, rule.argument)

    # What an outcome does

    def _act(self, found: Outcome, at: int, place: Place) -> Status:
        match found.kind:
            case "ok":
                self._say(at, "permit", found)
                self.permitted = self._decision(at, place, found)
                return "ok"
            case "dunno":
                self._say(at, "dunno", found)
            case "no effect":
                self._say(at, "no effect", found)
            case "unknown":
                self._state.unknown.append(found.why)
                self._say(at, "unknown", found)
            case "error":
                self._say(at, "error", found)
                self._stop(at, place, found)
            case "defer_if_reject":
                self._state.refusal.raise_(found.code, found.dsn, found.text)
                self._say(at, "flag", found)
            case "defer_if_permit" if not self._state.warned_from:
                if not self._state.permit.active:
                    self.flagged = self._decision(at, place, found)
                self._state.permit.raise_(found.code, found.dsn, found.text)
                self._say(at, "flag", found)
            case "result":
                return self._result(found, at, place)
            case _:
                return self._refuse(found, at, place)
        return "dunno"

    def _say(self, at: int, outcome: StepOutcome, found: Outcome) -> None:
        self.steps[at] = replace(
            self.steps[at], outcome=outcome, why=found.why, table=found.table, key=found.key,
            value=found.value,
        )  # fmt: skip

    def _decision(self, at: int, place: Place, found: Outcome) -> Decision:
        step = self.steps[at]
        return Decision(
            place.within, step.rule, step.argument, found.table or place.table, found.key or place.key
        )

    def _stop(self, at: int, place: Place, found: Outcome) -> None:
        self.decided = self._decision(at, place, found)
        raise Stop(self.answer(found.code, found.dsn, found.text), found.why)

    def _refuse(self, found: Outcome, at: int, place: Place) -> Status:
        state = self._state
        said = self.answer(found.code, found.dsn, found.text)
        if state.warned_from:
            state.log.append(f"reject_warning: {said.line}")
            self._say(at, "warn", found)
            return "dunno"
        flag = state.refusal
        if flag.active and reply(found.code, found.dsn, found.text).code >= 500:
            flag.active = False
            said = self.answer(flag.code, flag.status, flag.text)
        self.reply, self.decided = said, self._decision(at, place, found)
        self._say(at, "defer" if said.code < 500 else "reject", found)
        return "reject"

    def _result(self, found: Outcome, at: int, place: Place) -> Status:
        """Carry out what a table or a policy service said, or a class's list."""
        is_class = self._is_class(found, at)
        made = None if is_class else act(found, self._context, self._state)
        if made is not None and made.kind != "ok":
            return self._act(made, at, place)
        if made is not None:
            return self._permit(made, at, place)
        self._say(at, "dunno", found)
        if self._state.depth > DEEPEST:
            raise Stop(self._too_deep(at, place), "classes and tables name each other without an end")
        name = found.value
        inner = Place(
            f"class:{name}" if is_class or name in self._classes else place.stage, place.within,
            found.subject, found.subject_class, place.default, found.table or place.table,
            found.key or place.key, not is_class,
        )  # fmt: skip
        items = self._class(name) if is_class else name
        rules = parse_rules(items, self._classes)
        if not rules:
            return self._permit(found._replace(why="an empty result permits"), at, place)
        is_default = found.key == DEFAULT_ACTION
        self._context.defaults += is_default
        try:
            status = self._list(rules, inner)
        finally:
            self._context.defaults -= is_default
        return self._forbidden(found, at, place) if status == "ok" else status

    def _class(self, name: str) -> str:
        return BUILT_IN.get(name) or self._context.setting(name)

    def _is_class(self, found: Outcome, at: int) -> bool:
        """Whether it is the class's own name in a list, and not a table's value that names one."""
        return not found.table and self.steps[at].rule == found.value

    def _too_deep(self, at: int, place: Place) -> Reply:
        self.decided = self._decision(at, place, misconfigured(""))
        return self.answer(451, "4.3.5", "Server configuration error")

    def _permit(self, found: Outcome, at: int, place: Place) -> Status:
        status = self._forbidden(found, at, place)
        if status == "ok":
            self._say(at, "discard" if self._state.discard else "permit", found)
            self.permitted = self._decision(at, place, found)
        return status

    def _forbidden(self, found: Outcome, at: int, place: Place) -> Status:
        """What an OK comes to where the check may not permit."""
        if self._state.discard or found.on_ok == "ok":
            return "ok"
        if found.on_ok == "dunno":
            self._say(at, "dunno", found._replace(why="an OK does not count for a source-routed address"))
            return "dunno"
        made = misconfigured("the table says OK, which is not allowed here: use DUNNO")
        self._say(at, "error", made._replace(table=found.table, key=found.key, value=found.value))
        self._stop(at, place, made)
        return "reject"
