"""A domain more, in another class, or no more: each as one group of edits, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.edits.candidate import Candidate
from mailtui.edits.domainplaces import PARAMETER, take_in, take_out
from mailtui.edits.domaintables import (
    Made,
    catch_all_entry,
    first_addresses,
    local_roles,
    mailbox_ground,
    next_hop_entry,
)
from mailtui.edits.leftbehind import left_behind
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.postfix.addresses import items
from mailtui.postfix.domainchecks import CLASS_NAMES, CLASS_SENTENCES, place_words
from mailtui.postfix.domains import DomainClass, explain_domain, normal
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.hosted import Hosted
from mailtui.postfix.instance import Instance
from mailtui.postfix.syntax import address_problem, domain_problem
from mailtui.text.safe import safe

__all__ = ["CLASS_SENTENCES", "Plan", "plan_class", "plan_new", "plan_remove"]


def plan_new(
    instance: Instance,
    domain: str,
    klass: DomainClass,
    *,
    catch_all: str = "",
    postmaster: str | None = "",
    abuse: str | None = "",
    next_hop: str = "",
) -> Plan:
    """A domain that this server takes mail for from now on.

    `catch_all`: where mail for every other name goes; none without it. `postmaster`, `abuse`: where theirs
    goes; "" for the proposed address, None for no entry. `next_hop`: the server of a relay domain, as a host
    or as transport(5) writes it; without it the domain's own MX says. Raises InstanceError.
    """
    name = normal(domain.strip())
    refused = _problem(name, klass) or _bad_destinations(catch_all, postmaster, abuse)
    if refused:
        return Plan(refused=refused)
    hosted = Hosted(instance)
    classes = hosted.classes_of(name)
    if classes:
        where = place_words(hosted.classes[classes[0]].found[name])
        kind = CLASS_NAMES[classes[0]]
        again = "" if classes[0] == klass else ": change its class instead"
        return Plan(refused=f"{safe(name)} is a {kind} domain already ({where}){again}")
    by = explain_domain(instance, name).by
    if by is not None and by.domain_class == klass and not next_hop:
        return Plan(refused=f"{safe(name)} is a {CLASS_NAMES[klass]} domain already ({safe(by.item)})")
    draft = _Draft(instance)
    return draft.finished(name, klass, draft.enter(name, klass, catch_all, postmaster, abuse, next_hop))


def plan_class(instance: Instance, domain: str, klass: DomainClass, hosted: Hosted | None = None) -> Plan:
    """A domain from the classes that list it to another one. `hosted`: all domains, where they were read
    already. Raises InstanceError."""
    name = normal(domain.strip())
    refused = _problem(name, klass)
    if refused:
        return Plan(refused=refused)
    hosted = hosted or Hosted(instance)
    classes = hosted.classes_of(name)
    if not classes:
        return Plan(refused=_not_listed(instance, name))
    if classes == [klass]:
        return Plan(refused=f"{safe(name)} is a {CLASS_NAMES[klass]} domain already")
    draft = _Draft(instance)
    refused = draft.leave(hosted, name, [kind for kind in classes if kind != klass])
    if not refused and klass not in classes:
        refused = draft.enter(name, klass, "", "", "", "")
    draft.says += left_behind(hosted, name, classes[0], klass)
    return draft.finished(name, klass, refused)


def plan_remove(
    instance: Instance, domain: str, klass: DomainClass | None = None, hosted: Hosted | None = None
) -> Plan:
    """A domain out of every list that has it, or out of one class. Aliases, mailboxes and mail stay, and
    are told of. `hosted`: all domains, where they were read already. Raises InstanceError."""
    name = normal(domain.strip())
    hosted = hosted or Hosted(instance)
    classes = hosted.classes_of(name)
    if not classes or (klass is not None and klass not in classes):
        return Plan(refused=_not_listed(instance, name))
    chosen = classes if klass is None else [klass]
    draft = _Draft(instance)
    refused = draft.leave(hosted, name, chosen)
    kept = next((kind for kind in classes if kind not in chosen), None)
    if refused:
        return Plan(refused=refused)
    after = explain_domain(draft.now, name).domain_class if kept is None else kept
    draft.says += left_behind(hosted, name, classes[0], after)
    return draft.finished(name, after, "")


class _Draft:
    """Edits as they are gathered, each worked out over those before it."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.now = instance
        """The instance with the edits so far."""
        self.edits: list[Edit] = []
        self.says: list[str] = []

    def add(self, edits: Sequence[Edit], says: Sequence[str] = ()) -> None:
        self.says += [text for text in says if text not in self.says]
        if edits:
            self.edits += edits
            self.now = self._instance.over(Candidate(self._instance.files, self.edits))

    def take(self, made: Made) -> None:
        self.add(made.edits, made.says)

    def leave(self, hosted: Hosted, name: str, classes: Sequence[DomainClass]) -> str:
        """Take it out of these classes; why that cannot be, or nothing."""
        for kind in classes:
            try:
                plan = take_out(self._instance, hosted, name, kind)
            except OSError as error:
                return f"{safe(str(error.filename))}: {error.strerror or error}"
            if plan.refused:
                return plan.refused
            self.add(plan.edits, plan.says)
        return ""

    def enter(
        self,
        name: str,
        kind: DomainClass,
        catch_all: str,
        postmaster: str | None,
        abuse: str | None,
        hop: str,
    ) -> str:
        """Put it into a class with all that it needs there; why that cannot be, or nothing."""
        plan = take_in(self.now, Hosted(self.now), name, kind)
        if plan.refused:
            return plan.refused
        self.add(plan.edits, plan.says)
        roles = {"postmaster": postmaster, "abuse": abuse}
        match kind:
            case "virtual-mailbox":
                self.take(mailbox_ground(self.now, name))
                self.take(first_addresses(self.now, name, postmaster, abuse))
            case "virtual-alias":
                self.take(first_addresses(self.now, name, postmaster, abuse))
            case "local":
                self.take(local_roles(self.now, [name for name, to in roles.items() if to == ""]))
            case "relay":
                self._relay(name, hop)
        if catch_all:
            self.take(catch_all_entry(self.now, name, catch_all, kind))
        if kind in {"local", "relay"}:  # where only what was asked for has an entry of its own
            self.take(first_addresses(self.now, name, postmaster or None, abuse or None))
        return ""

    def _relay(self, name: str, hop: str) -> None:
        if hop:
            self.take(next_hop_entry(self.now, name, hop))
        else:
            self.says.append(
                "mail for it goes to the server that its MX names behind this one; where this host is its "
                "only MX it comes back (loops back to myself): say in transport_maps which server has "
                f"{safe(name)}"
            )
        if self.now.lookups("relay_recipient_maps"):
            self.says.append("relay_recipient_maps is set: what it does not have in this domain is refused")
        else:
            self.says.append(
                "relay_recipient_maps is empty: every address in it is accepted, whether its server has "
                "it or not"
            )

    def finished(self, name: str, wanted: DomainClass, refused: str) -> Plan:
        """The plan, unless it would not do what it is meant to."""
        if refused:
            return Plan(refused=refused)
        candidate = Candidate(self._instance.files, self.edits)
        for stopped in candidate.stopped:
            return Plan(refused=f"{stopped.edit.describe()}: {stopped.reason}")
        for conflict in candidate.conflicts:
            return Plan(refused=str(conflict))
        seen = explain_domain(self._instance.over(candidate), name)
        if seen.domain_class != wanted:
            by = f" by {safe(seen.by.item)} in {seen.by.parameter}" if seen.by else ""
            return Plan(
                refused=f"{safe(name)} would be {CLASS_NAMES[seen.domain_class]}{by}, and not "
                f"{CLASS_NAMES[wanted]}: look at {PARAMETER.get(wanted, 'the lists')}"
            )
        if wanted != "default":
            self.says += [
                f"{each.parameter} has it too ({safe(each.item)}), which counts for nothing"
                for each in seen.also
            ]
        problems = (f"{safe(text)}: until that is mended mail for it is deferred" for text in seen.problems)
        return Plan(tuple(self.edits), (*self.says, *problems))


def _problem(name: str, klass: DomainClass) -> str:
    if klass not in PARAMETER:
        return f"{safe(klass)} is no class of domains: {', '.join(PARAMETER)}"
    return "there is no domain" if not name else safe(domain_problem(name))


def _bad_destinations(*given: str | None) -> str:
    for text in given:
        if not text:
            continue
        found = items(text)
        if not found:
            return f"{safe(text)} names nobody"
        for item in found:
            problem = address_problem(item)
            if problem:
                return safe(f"{item}: {problem}")
    return ""


def _not_listed(instance: Instance, name: str) -> str:
    """Why there is nothing to take out."""
    try:
        seen = explain_domain(instance, name)
    except InstanceError as error:
        return str(error)
    if seen.by is None:
        return f"no list has {safe(name)}"
    place = f" ({safe(seen.by.file)}:{seen.by.line})" if seen.by.file and seen.by.line else ""
    return (
        f"{safe(name)} is {CLASS_NAMES[seen.domain_class]} by {safe(seen.by.item)} in "
        f"{seen.by.parameter}{place}: "
        "no list has it by its own name"
    )
