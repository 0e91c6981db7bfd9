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
from mailtui.edits.blocking import Offer
from mailtui.edits.lettingadvice import dns_advice
from mailtui.edits.lettingentries import Entry, Found, blocker, entries, find, key_of, plan_of
from mailtui.edits.lettingproof import Proof, Whom
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.edits.rules import SetRule
from mailtui.edits.standing import remark
from mailtui.formats.target import Target
from mailtui.formats.whitelist import Listed
from mailtui.postfix.accessplaces import Check
from mailtui.postfix.chainread import ReadRule, written_at
from mailtui.postfix.greylisting import places, whitelists
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyservices import policy_services
from mailtui.postfix.smtpd.policy import endpoint
from mailtui.postfix.smtpd.session import Answer, Session, Step
from mailtui.text.safe import safe

_REFUSES = frozenset({"reject", "defer", "flag"})
IN_TURN = 4
"""Rules that one offer spares somebody, where one refuses after the other."""
_CHECKS: dict[Check, Whom] = {
    "check_client_access": "client", "check_sender_access": "sender", "check_recipient_access": "recipient",
}  # fmt: skip
"""The checks by which somebody is let through, and whom."""
_REACH: dict[Whom, str] = {
    "client": "for this client only", "sender": "for whoever gives this sender address",
    "recipient": "for all mail to this recipient", "all": "for everybody whom this rule refuses",
}  # fmt: skip


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
    step = _greylister(instance, answer) or blocker(answer)
    if step is None:
        return []
    others = _others(answer, step)
    day = (date.today() if today is None else today).isoformat()  # noqa: DTZ011  # the admin's own day
    names = Names() if names is None else names
    found = find(instance, session, step)
    greylists = found is not None and _is_greylisting(instance, step)
    proof = Proof(instance, session, names, others)
    search = _Search(instance, session, answer, step, found, proof, (day, who))
    offers: list[Offer] = []
    for check, whom in _CHECKS.items():
        key = key_of(session, whom)
        if key and not (greylists and whom == "sender"):
            offers += search.entries(check, whom, key, _title(whom, key, greylists=greylists))
    if found is not None and greylists:
        offers += _whitelisted(instance, proof, session, step, (day, who))
    if found is not None:
        offers += search.warn_only(found)
    unasked = ", ".join(safe(each) for each in others if _is_unasked(answer, each))
    if unasked:
        offers = [replace(each, title=f"{each.title} (unless {unasked} refuses)") for each in offers]
    return [*offers, *_advice(instance, session, step, answer, names)]


def _advice(
    instance: Instance, session: Session, step: Step, answer: Answer, names: Names
) -> Iterator[Offer]:
    """A letter to the other side, where its names in DNS are the reason."""
    text = dns_advice(instance, session, step, answer, names)
    if text:
        plan = Plan()
        yield Offer(
            "Correct the DNS name: a letter to the admin of the other server", plan, lambda _: plan, text
        )


@dataclass(frozen=True, slots=True)
class _Search:
    """A session that is refused, and the search for edits after which it is not."""

    instance: Instance
    session: Session
    answer: Answer
    step: Step
    found: Found | None
    proof: Proof
    by: tuple[str, str]
    """The day and the person, for remarks."""

    def entries(self, check: Check, whom: Whom, key: str, title: str) -> Iterator[Offer]:
        """The first of the entries, or sequences of them, that lets pass."""
        vain: set[tuple[str, ...]] = set()
        for entry in entries(self.instance, self.answer, self.step, self.found, check, key):
            done = self._completed(check, whom, key, (entry,), vain)
            if done is not None:
                yield self._offer(title, whom, *done)
                return

    def _completed(
        self, check: Check, whom: Whom, key: str, chain: tuple[Entry, ...], vain: set[tuple[str, ...]]
    ) -> tuple[tuple[Entry, ...], str] | None:
        """The entries, and more of them for the rules that refuse next, with the answer at last. `vain`:
        rules that are known to stay in the way."""
        try:
            plan = plan_of(self.instance, chain, self.by, "")
        except OSError:
            return None  # a table that cannot be read is none to write in
        if not plan.edits:
            return None
        reply = self.proof.reply(plan.edits, whom)
        seen = None if reply else self.proof.seen(plan.edits)
        if seen is None:
            return (chain, reply) if reply else None
        over, answer = seen
        step = blocker(answer)
        named = (step.stage, step.rule, step.argument) if step is not None else ()
        if step is None or named in vain or _same(step, self.step) or len(chain) >= IN_TURN:
            return None
        vain.add(named)
        made = next((each.target for each in chain if each.rule is not None), None)
        found = find(over, self.session, step)
        for entry in entries(over, answer, step, found, check, key, made):
            done = self._completed(check, whom, key, (*chain, entry), vain)
            if done is not None:
                return done
        return None

    def _offer(self, title: str, whom: Whom, chain: tuple[Entry, ...], reply: str) -> Offer:
        told = f"the answer is then {safe(reply)}, {_REACH[whom]}"
        if len(chain) > 1:
            told = f"{len(chain)} rules refuse it, one after the other: it is spared each of them; {told}"

        def because(reason: str) -> Plan:
            plan = plan_of(self.instance, chain, self.by, reason)
            return replace(plan, says=(told, *plan.says))

        several = f", past {len(chain)} rules" if len(chain) > 1 else ""
        return Offer(f"{title}{several} → {reply[:3]}, {_REACH[whom]}", because(""), because)

    def warn_only(self, found: Found) -> Iterator[Offer]:
        """The rule, and those that refuse after it, made to warn only."""
        rules: list[ReadRule] = []
        edits: list[Edit] = []
        over, reply, next_one = self.instance, "", found
        while not reply and len(rules) < IN_TURN and not next_one.rule.rule.warn_only:
            rules.append(next_one.rule)
            edits.append(_warning(over, next_one.rule))
            reply = self.proof.reply(edits, "all")
            seen = None if reply else self.proof.seen(edits)
            step = blocker(seen[1]) if seen is not None else None
            now = find(seen[0], self.session, step) if seen is not None and step is not None else None
            if seen is None or now is None:
                break
            over, next_one = seen[0], now
        if reply:
            yield self._warned(rules, edits, reply)

    def _warned(self, rules: Sequence[ReadRule], edits: Sequence[Edit], reply: str) -> Offer:
        texts = [safe(each.written.text) for each in rules]
        verb = "refuses" if len(texts) == 1 else "refuse"
        writes = "it writes" if len(texts) == 1 else "they write"
        says = (f"{', '.join(texts)} then {verb} nobody: {writes} reject_warning into the log",)

        def because(reason: str) -> Plan:
            if not reason:
                return Plan(tuple(edits), says)
            made = (self._commented(*pair, reason) for pair in zip(rules, edits, strict=True))
            return Plan(tuple(made), says)

        title = f"Make {' and '.join(texts)} warn only → {reply[:3]}, {_REACH['all']}"
        return Offer(title, because(""), because)

    def _commented(self, read: ReadRule, edit: Edit, reason: str) -> Edit:
        """The edit with the reason above the rule, where there is room for a comment."""
        if not isinstance(edit, SetRule) or not read.place.is_set or read.place.service:
            return edit
        was = read.written.comments
        return replace(edit, comments=(*was, f"# {remark(*self.by, reason, '')}"), was_comments=was)


def _same(one: Step, other: Step) -> bool:
    return (one.stage, one.rule, one.argument) == (other.stage, other.rule, other.argument)


def _title(whom: Whom, key: str, *, greylists: bool) -> str:
    if greylists:
        return f"No greylisting for the {whom} {safe(key)}"
    return f"Let the {whom} {safe(key)} through"


# Greylisting


def _is_greylisting(instance: Instance, step: Step) -> bool:
    if step.rule.lower() != "check_policy_service":
        return False
    written = endpoint(step.argument).written
    return any(each.program == "postgrey" and each.written == written for each in policy_services(instance))


def _greylister(instance: Instance, answer: Answer) -> Step | None:
    """Where several rules are unknown, as policy services are that were not asked, the one that greylists:
    it refuses far oftener than others do."""
    if answer.action != "unknown":
        return None
    return next(
        (each for each in answer.steps if each.outcome == "unknown" and _is_greylisting(instance, each)), None
    )


def _others(answer: Answer, step: Step) -> dict[str, str]:
    """The policy services that do not stand in the way, each with the action of one that has no objection."""
    mine = endpoint(step.argument).written if step.rule.lower() == "check_policy_service" else ""
    asked = (each for each in answer.steps if each.rule.lower() == "check_policy_service")
    return {
        written: "DUNNO"
        for each in asked
        if each.outcome not in _REFUSES and (written := endpoint(each.argument).written) != mine
    }


def _is_unasked(answer: Answer, written: str) -> bool:
    return any(
        each.outcome == "unknown" and endpoint(each.argument).written == written
        for each in answer.steps
        if each.rule.lower() == "check_policy_service"
    )


def _whitelisted(
    instance: Instance, proof: Proof, session: Session, step: Step, by: tuple[str, str]
) -> Iterator[Offer]:
    """postgrey's own whitelists: they hold once it has read them, and it has no objection then."""
    from mailtui.edits.postgreyplan import add_white

    here = places(instance)
    content = {endpoint(step.argument).written: "DUNNO"}
    wanted: tuple[tuple[Listed, Whom], ...] = (("recipients", "recipient"), ("clients", "client"))
    for listed, whom in wanted:
        key = key_of(session, whom)
        if not key or not whitelists(instance.files, here.of(listed)):
            continue

        def because(reason: str, listed: Listed = listed, key: str = key) -> Plan:
            return add_white(instance, here, listed, key, remark(*by, reason, "not greylisted"))

        plan = because("")
        reply = "" if plan.refused else proof.reply(plan.edits, "all", content)
        if reply:
            title = f"{_title(whom, key, greylists=True)}, in postgrey's whitelist"
            words = f"{title} → {reply[:3]} once postgrey has read it, {_REACH[whom]}"
            yield Offer(words, plan, because)


# The rule


def _named(read: ReadRule) -> tuple[Target, str, str]:
    return read.place.target, read.place.name, read.place.service


def _default(read: ReadRule) -> str | None:
    return None if read.place.is_set else read.place.default


def _warning(instance: Instance, read: ReadRule) -> SetRule:
    """The rule with warn_if_reject before it."""
    rule = read.written
    to = f"warn_if_reject {rule.text}"
    alike: Sequence[str] = [
        each.text for each in written_at(instance, read.place).live if each.rule.first < rule.rule.first
    ]
    return SetRule(*_named(read), rule.text, rule.number, _default(read), to, alike.count(to))
