"""The restriction chains of an smtpd service in the order of the conversation, as a draft makes them."""

from __future__ import annotations

from mailtui.postfix.chainmarks import Moved, marked
from mailtui.postfix.chainread import ReadRule, ServiceLists, smtpd_services
from mailtui.postfix.chainrows import Chain, Chains, CheckRow, RuleRow
from mailtui.postfix.chainstates import StateFinder
from mailtui.postfix.chaintables import TableFacts
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import Lookup
from mailtui.postfix.restrictionnames import DEFAULT_COMMANDS
from mailtui.postfix.smtpd.session import PARAMETERS, Stage

COMMANDS: dict[Stage, str] = {
    "client": "CONNECT", "helo": "HELO", "sender": "MAIL FROM", "relay": "RCPT TO", "recipient": "RCPT TO",
    "data": "DATA", "end_of_data": "end of DATA", "etrn": "ETRN",
}  # fmt: skip
"""The command to which each list belongs."""

DELAYED: frozenset[Stage] = frozenset(("client", "helo", "sender"))
"""The lists that wait for RCPT TO with smtpd_delay_reject."""

CHECKS = (
    "header_checks", "mime_header_checks", "nested_header_checks", "body_checks", "smtp_header_checks",
    "smtp_mime_header_checks", "smtp_nested_header_checks", "smtp_body_checks",
)  # fmt: skip
"""The tables of patterns for messages. cleanup(8) and smtp(8) read them, for every service alike."""

CLASS = "class:"
"""Before the name of a restriction class, where a stage is named."""


def services(instance: Instance) -> list[str]:
    """The services that take mail by smtpd(8), as `smtp/inet`. Raises ParameterError."""
    return smtpd_services(instance)


def chains(before: Instance, after: Instance, service: str, moved: Moved = ()) -> Chains:
    """The lists of a service (`submission/inet`, or its name) as the draft makes them, marked against what is
    on the disk. Raises InstanceError where it is no smtpd, ParameterError where the files cannot be read.

    A service that is not on the disk yet has everything marked new. `moved`: what the draft moves, as
    `ruleplan.moved` gives it.
    """
    from mailtui.postfix.errors import InstanceError

    now = _read(after, service)
    if before is after:
        return now
    try:
        return marked(_read(before, now.service), now, moved)
    except InstanceError:
        return marked(None, now)


def _read(instance: Instance, service: str) -> Chains:
    lists = ServiceLists(instance, service)
    reading = _Reading(lists)
    stages = tuple(reading.stage(stage, parameter) for stage, parameter in PARAMETERS.items())
    classes = tuple(reading.restriction_class(name) for name in lists.classes)
    finder = StateFinder(lists, (*stages, *classes))
    delayed = lists.yes("smtpd_delay_reject")
    return Chains(
        lists.service,
        delayed,
        tuple(finder.with_states(chain) for chain in stages),
        tuple(finder.with_states(chain) for chain in classes),
        tuple(_checks(instance)),
        tuple(_notes(lists, delayed=delayed)),
    )


class _Reading:
    """The rows of each list, their states left out."""

    def __init__(self, lists: ServiceLists) -> None:
        self.lists = lists
        self.facts = TableFacts(lists.instance, lists.classes)

    def stage(self, stage: Stage, parameter: str) -> Chain:
        delayed = stage in DELAYED and self.lists.yes("smtpd_delay_reject")
        command = COMMANDS[stage]
        return self._chain(stage, parameter, (command, "RCPT TO" if delayed else command))

    def restriction_class(self, name: str) -> Chain:
        return self._chain(f"{CLASS}{name}", name, ("", ""))

    def _chain(self, stage: str, parameter: str, commands: tuple[str, str]) -> Chain:
        place, rules, problem = self.lists.rules(parameter)
        rows = tuple(self._row(stage, parameter, rule) for rule in rules)
        notes = [problem] if problem else []
        if not place.is_set and rows:
            notes.append(f"{parameter} is not set: this is the default")
        return Chain(stage, parameter, *commands, place, rows, bool(place.service), tuple(notes))

    def _row(self, stage: str, parameter: str, read: ReadRule) -> RuleRow:
        rule, written, place = read.rule, read.written, read.place
        facts = self.facts.of(rule, DEFAULT_COMMANDS.get(parameter, ""))
        line = written.line or None
        return RuleRow(
            stage=stage,
            kind="reference" if read.reference else "class" if rule.is_class else "rule",
            name=rule.name,
            argument=rule.argument,
            written=written.text,
            number=written.number,
            warn_only=rule.warn_only,
            enabled=written.enabled,
            known=read.reference or rule.known,
            says=self._says(read, facts.says),
            cost=facts.cost,
            states=(),
            comments=tuple(text for line in written.comments if (text := line.strip().lstrip("#").strip())),
            place=place,
            line=line,
            first=written.rule.first,
            last=written.rule.last,
            via=read.via,
            classes=facts.classes,
            table=facts.table,
        )

    def _says(self, read: ReadRule, says: str) -> str:
        if read.reference:
            name = read.rule.name
            own = name.strip("${}()")
            return f"Here stand the rules of {own}: a change of them changes every list with {name}."
        return says


def _checks(instance: Instance) -> list[CheckRow]:
    from mailtui.postfix.errors import ParameterError
    from mailtui.postfix.files import problem_words

    rows: list[CheckRow] = []
    for parameter in CHECKS:
        found = instance.parameters.definition(parameter)
        if found is None:  # by default none, or those of header_checks
            continue
        try:
            tables = instance.lookups(parameter)
        except ParameterError as error:
            rows.append(CheckRow(parameter, "", None, instance.main.path, found.line, str(error)))
            continue
        for table in tables:
            rules, problem = None, ""
            if table.has_file:
                try:
                    rules = _count(instance, table)
                except OSError as error:
                    problem = problem_words(error, table.path, parameter)
            rows.append(CheckRow(parameter, table.written, rules, instance.main.path, found.line, problem))
    return rows


def _count(instance: Instance, table: Lookup) -> int:
    """The rules of a text table: of patterns those that Postfix reads, of others its logical lines."""
    from mailtui.formats.lines import Lines
    from mailtui.postfix.patternask import patterns_of

    document = patterns_of(table, instance.files)
    if document is not None:
        return sum(1 for _ in document.rules)
    return len(Lines(instance.files.raw(table.path)).firsts)


def _notes(lists: ServiceLists, *, delayed: bool) -> list[str]:
    notes = [
        "all answers wait for RCPT TO (smtpd_delay_reject = yes)"
        if delayed
        else "each list is answered at its own command (smtpd_delay_reject = no)"
    ]
    if not lists.yes("smtpd_relay_before_recipient_restrictions"):
        notes.append("the recipient list is asked before the relay list")
    if lists.yes("soft_bounce"):
        notes.append("soft_bounce = yes: every refusal is a temporary one")
    return notes
