"""What can be done for a session that is refused: let its client, sender or recipient through, spare it the
greylisting, make the rule warn only.

    for offer in let_through(instance, session, explain(instance, session), who="laure"):
        offer.title             # Let the client 192.0.2.7 through → 250, for this client only
        offer.plan.edits

Each is first tried in Explain over the files as they would be. One that does not let the mail pass is not
offered, nor one that opens farther than it says, nor one that would relay for strangers (see
`lettingproof`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mailtui.dns.ask import Names
from mailtui.edits.accessrules import FILES
from mailtui.edits.blocking import Offer, standing_note
from mailtui.edits.domaintables import free_path
from mailtui.edits.entries import SetEntry
from mailtui.edits.lettingproof import Proof, Whom
from mailtui.edits.model import Edit
from mailtui.edits.notes import SetNote
from mailtui.edits.plan import Plan
from mailtui.edits.rules import InsertRule, RemoveRule, SetRule
from mailtui.edits.standing import document, remark
from mailtui.formats.target import Target
from mailtui.formats.whitelist import Listed
from mailtui.postfix.accessplaces import Check
from mailtui.postfix.addresses import quote
from mailtui.postfix.addresses import recipient as bare
from mailtui.postfix.chainread import ReadRule, ServiceLists, written_at
from mailtui.postfix.greylisting import whitelists
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import INDEXED, parse_map
from mailtui.postfix.policyservices import policy_services
from mailtui.postfix.restrictionnames import DEFAULT_COMMANDS
from mailtui.postfix.smtpd.session import PARAMETERS, Answer, Session, Step
from mailtui.text.safe import decode, encode, safe

_STOPS = frozenset({"reject", "defer", "flag", "unknown"})
_CHECKS: dict[Check, Whom] = {
    "check_client_access": "client", "check_sender_access": "sender", "check_recipient_access": "recipient",
}  # fmt: skip
"""The checks by which somebody is let through, and whom."""
_REACH: dict[Whom, str] = {
    "client": "for this client only", "sender": "for whoever gives this sender address",
    "recipient": "for all mail to this recipient", "all": "for everybody whom this rule refuses",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    """The rule that stands in the way: its step, its list, and those of the list before it and itself."""

    lists: ServiceLists
    step: Step
    parameter: str
    before: tuple[ReadRule, ...]
    rule: ReadRule


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry that would let pass: `rule` makes a table for it that there is not yet."""

    target: Target
    key: str
    value: str
    rule: InsertRule | None = None


def let_through(
    instance: Instance,
    session: Session,
    answer: Answer,
    *,
    who: str = "",
    today: date | None = None,
    names: Names | None = None,
) -> list[Offer]:
    """The edits after which the session's mail passes, each with the answer it then gets and for whom it
    opens. `answer`: what Explain says of the session now. Raises InstanceError, OSError."""
    step = _blocker(answer)
    if step is None:
        return []
    day = (date.today() if today is None else today).isoformat()  # noqa: DTZ011  # the admin's own day
    proof = Proof(instance, session, names)
    found = _find(instance, session, step)
    greylists = found is not None and _is_greylisting(instance, step)
    offers: list[Offer] = []
    for check, whom in _CHECKS.items():
        key = _key(session, whom)
        if key and not (greylists and whom == "sender"):
            title = _title(whom, key, greylists=greylists)
            entries = _entries(instance, answer, step, found, check, key)
            offers += _first(instance, proof, whom, title, entries, (day, who))
    if found is not None and greylists:
        offers += _whitelisted(instance, proof, session, found)
    if found is not None:
        offers += _warn_only(instance, proof, found, (day, who))
    return offers


def _blocker(answer: Answer) -> Step | None:
    """The step that stands in the way; None where nothing does."""
    if answer.action == "unknown":
        return next((step for step in answer.steps if step.outcome == "unknown"), None)
    if answer.action not in {"reject", "defer"}:
        return None
    by = answer.decided_by
    steps = [each for each in answer.steps if (each.rule, each.argument) == (by.rule, by.argument)]
    return next((each for each in reversed(steps) if each.outcome in _STOPS), None)


def _find(instance: Instance, session: Session, step: Step) -> _Found | None:
    """Where the rule of a step is written; None for one that stands in a table's value, or in no list."""
    lists = ServiceLists(instance, session.service)
    name = step.stage.removeprefix("class:")
    parameter = next((each for stage, each in PARAMETERS.items() if stage == name), name)
    live = [each for each in lists.rules(parameter)[1] if each.written.enabled and not each.reference]
    alike = [
        n
        for n, each in enumerate(live)
        if (each.rule.name or DEFAULT_COMMANDS.get(parameter, ""), each.rule.argument)
        == (step.rule, step.argument)
        and each.written.text
    ]
    if not alike:
        return None
    at = next((n for n in alike if live[n].written.line == step.line), alike[0])
    return _Found(lists, step, parameter, tuple(live[:at]), live[at])


def _key(session: Session, whom: Whom) -> str:
    if whom == "client":
        return session.client_address
    address = session.sender if whom == "sender" else session.recipient
    return quote(bare(address)) if address else ""


def _title(whom: Whom, key: str, *, greylists: bool) -> str:
    if greylists:
        return f"No greylisting for the {whom} {safe(key)}"
    return f"Let the {whom} {safe(key)} through"


# Entries


def _entries(
    instance: Instance, answer: Answer, step: Step, found: _Found | None, check: Check, key: str
) -> Iterator[_Entry]:
    """Entries that may let pass, the one that opens least first."""
    for asked in reversed(answer.steps[: answer.steps.index(step) + 1]):
        if asked.rule.lower() == check and asked.table and (asked is step or _leads(asked, step)):
            target = _editable(instance, asked.table, step.stage)
            if target is not None:
                yield _Entry(target, key, "DUNNO")
                yield _Entry(target, key, "OK")
    if found is None:
        return
    for read in reversed(found.before):
        if read.rule.name.lower() == check and not read.rule.warn_only:
            target = _editable(instance, read.rule.argument, found.parameter)
            if target is not None:
                yield _Entry(target, key, "OK")
    wanted = instance.parameters.effective("default_database_type")
    kind = wanted if wanted in INDEXED else "hash"
    target = Target("table", free_path(instance, FILES[check], kind), kind)
    place, below = found.rule.place, found.rule.written
    rule = InsertRule(
        place.target, place.name, place.service, f"{check} {target.spec}", 0,
        None if place.is_set else place.default, below.text, below.number,
    )  # fmt: skip
    yield _Entry(target, key, "OK", rule)


def _leads(asked: Step, step: Step) -> bool:
    """Whether a table's value may have led to a step: to a class that it names."""
    named = asked.value.replace(",", " ").split()
    return asked.depth < step.depth and step.stage.removeprefix("class:") in named


def _editable(instance: Instance, spec: str, parameter: str) -> Target | None:
    """The table of this name, where it has entries by key."""
    table = parse_map(spec, parameter, instance.config_dir)
    is_plain = table.target is not None and table.target.format == "table" and not table.proxied
    return table.target if is_plain else None


def _first(
    instance: Instance,
    proof: Proof,
    whom: Whom,
    title: str,
    entries: Iterator[_Entry],
    by: tuple[str, str],
) -> Iterator[Offer]:
    """The first of the entries that lets pass, as an offer."""
    for entry in entries:
        try:
            plan = _plan(instance, entry, by, "")
        except OSError:
            continue  # a table that cannot be read is none to write in
        reply = proof.reply(plan.edits, whom) if plan.edits else ""
        if reply:
            told = f"the answer is then {safe(reply)}, {_REACH[whom]}"

            def because(reason: str, entry: _Entry = entry, told: str = told) -> Plan:
                made = _plan(instance, entry, by, reason)
                return replace(made, says=(told, *made.says))

            yield Offer(f"{title} → {reply[:3]}, {_REACH[whom]}", because(""), because)
            return


def _plan(instance: Instance, entry: _Entry, by: tuple[str, str], reason: str) -> Plan:
    """The edits that make an entry. Raises OSError."""
    day, who = by
    table = document(instance, entry.target)
    index = table.find(encode(entry.key))
    was = None if index is None else decode(table.entry(index).value)
    if was == entry.value:
        return Plan()
    text = remark(day, who, reason, "let through")
    edits: list[Edit] = [] if entry.rule is None else [entry.rule]
    edits.append(SetEntry(entry.target, entry.key, entry.value, was))
    edits.append(SetNote(entry.target, entry.key, text, standing_note(table, entry.key)))
    says = []
    if entry.rule is not None:
        where = entry.rule.service or "main.cf"
        says.append(
            f"{safe(entry.target.path)} is made, and asked in {safe(entry.rule.name)} of {safe(where)} "
            f"before {safe(entry.rule.before or '')}"
        )
    if was is not None:
        says.append(f"{safe(entry.target.name)} says {safe(was)} of {safe(entry.key)} now: that is changed")
    after = "the rules after it are asked all the same"
    if entry.value == "OK":
        after = "no further rule of that list is asked"
    says.append(f"{safe(entry.key)} {entry.value} in {safe(entry.target.name)}: {after}")
    return Plan(tuple(edits), tuple(says))


# Greylisting


def _is_greylisting(instance: Instance, step: Step) -> bool:
    if step.rule.lower() != "check_policy_service":
        return False
    return any(
        each.program == "postgrey" and each.written in step.argument for each in policy_services(instance)
    )


def _whitelisted(instance: Instance, proof: Proof, session: Session, found: _Found) -> Iterator[Offer]:
    """postgrey's own whitelists: they hold once it has read them, which is as if it were not asked."""
    from mailtui.edits import greylistplan

    wanted: tuple[tuple[Listed, Whom], ...] = (("recipients", "recipient"), ("clients", "client"))
    for listed, whom in wanted:
        key = _key(session, whom)
        if not key or not whitelists(instance.files, listed):
            continue
        plan = greylistplan.let_through(instance, listed, key)
        rule = found.rule.written
        gone = RemoveRule(
            *_named(found.rule),
            rule.text,
            rule.number,
            _default(found.rule),
            None,
            0,
            (),
            takes=False,
            on=True,
        )
        reply = "" if plan.refused else proof.reply(plan.edits, "all", (gone,))
        if reply:
            title = f"{_title(whom, key, greylists=True)}, in postgrey's whitelist"
            words = f"{title} → {reply[:3]} once postgrey has read it, {_REACH[whom]}"

            def because(_reason: str, plan: Plan = plan) -> Plan:
                return plan  # a whitelist has no place for a reason

            yield Offer(words, plan, because)


# The rule


def _named(read: ReadRule) -> tuple[Target, str, str]:
    return read.place.target, read.place.name, read.place.service


def _default(read: ReadRule) -> str | None:
    return None if read.place.is_set else read.place.default


def _warn_only(instance: Instance, proof: Proof, found: _Found, by: tuple[str, str]) -> Iterator[Offer]:
    read = found.rule
    rule = read.written
    if read.rule.warn_only:
        return
    to = f"warn_if_reject {rule.text}"
    alike: Sequence[str] = [
        each.text for each in written_at(instance, read.place).live if each.rule.first < rule.rule.first
    ]
    plain = SetRule(*_named(read), rule.text, rule.number, _default(read), to, alike.count(to))
    reply = proof.reply((plain,), "all")
    if not reply:
        return
    says = (f"{safe(rule.text)} then refuses nobody: it writes reject_warning into the log",)

    def because(reason: str) -> Plan:
        if not reason or not read.place.is_set or read.place.service:
            return Plan((plain,), says)
        comments = (*rule.comments, f"# {remark(*by, reason, '')}")
        edit = replace(plain, comments=comments, was_comments=rule.comments)
        return Plan((edit,), says)

    title = f"Make {safe(rule.text)} warn only → {reply[:3]}, {_REACH['all']}"
    yield Offer(title, because(""), because)
