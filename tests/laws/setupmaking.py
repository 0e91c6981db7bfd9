"""Small random domain set-ups, written as an admin writes them: by the plans of `domain`, `mailbox`, `alias`.

A set-up has domains of several classes in several places, mailboxes, aliases, and the addresses to try.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailtui.demo.namespace import USERS
from mailtui.edits import domainplan, mailboxnew
from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import SetEntry
from mailtui.edits.items import AddItem
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.domains import CLASS_PARAMETERS, DomainClass
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import parse_map, split_list

NEXT_HOP = "mx.bigmail.example"
CLASSES = tuple(kind for kind, _ in CLASS_PARAMETERS)
PARAMETER = dict(CLASS_PARAMETERS)
MACRO: dict[DomainClass, str] = {
    "local": "our_sites", "virtual-alias": "our_brands", "virtual-mailbox": "our_boxes", "relay": "our_branches",
}  # fmt: skip
"""The parameters of our own that the lists name as `$our_…`."""
LOCAL_NAMES = ("sales", "support", "archive", "tickets", "team", "front desk", "it")
"""Aliases of the demo's alias_maps: several people, a list, a file, a program, a quoted name."""
AWAY = ("customer@bigmail.example", "gone@bigmail.example", "Ana.Lima@bigmail.example")


@dataclass
class Setup:
    """What one set-up has, and whom the trial writes to."""

    number: int
    domains: dict[str, DomainClass] = field(default_factory=dict)
    mailboxes: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    unhosted: str = ""
    addresses: list[str] = field(default_factory=list)


class Maker:
    """Makes set-ups one after the other, each over the draft of those before; `edits` is the whole draft."""

    def __init__(self, instance: Instance, chance: random.Random) -> None:
        self._base, self._chance = instance, chance
        self._now = instance
        self.edits: list[Edit] = []
        self.refused: list[str] = []
        """Plans that were refused, and why."""

    def _take(self, plan: Plan, what: str) -> bool:
        if plan.refused:
            self.refused.append(f"{what}: {plan.refused}")
            return False
        self._add(plan.edits)
        return True

    def _add(self, edits: Sequence[Edit]) -> None:
        self.edits += edits
        self._now = self._now.over(Candidate(self._now.files, edits))

    def make(self, number: int) -> Setup:
        self._now = self._base.over(Candidate(self._base.files, self.edits))
        setup = Setup(number)
        for _ in range(self._chance.randint(2, 4)):
            self._domain(setup)
        for name, kind in setup.domains.items():
            for _ in range(self._chance.randint(1, 3) if kind == "virtual-mailbox" else 0):
                self._mailbox(setup, name)
        setup.unhosted = f"other{number}.example"
        self._aliases(setup)
        setup.addresses = self._addresses(setup)
        return setup

    # Domains

    def _domain(self, setup: Setup) -> None:
        chance, number = self._chance, len(setup.domains)
        name = f"d{number}-{setup.number}.example"
        kind = chance.choice(CLASSES)
        if chance.random() < 0.5 and kind != "relay":
            self._add([self._by_hand(name, kind)])
        else:
            options = {"next_hop": NEXT_HOP} if kind == "relay" else {}
            if kind in {"virtual-alias", "virtual-mailbox"} and chance.random() < 0.3:
                options["catch_all"] = f"{chance.choice(USERS)}@falcot.com"
                setup.aliases.append(f"@{name}")
            spelt = name.upper() if chance.random() < 0.1 else name
            if not self._take(domainplan.plan_new(self._now, spelt, kind, **options), f"domain {name}"):
                return
        setup.domains[name] = kind
        if chance.random() < 0.1:  # and on second thoughts in another class
            other = chance.choice([each for each in CLASSES if each not in {kind, "relay"}])
            if self._take(domainplan.plan_class(self._now, name, other), f"domain {name} to {other}"):
                setup.domains[name] = other

    def _by_hand(self, name: str, kind: DomainClass) -> Edit:
        """As a literal, below `$our_…`, in the `/file` or in the table, whichever the list has."""
        main, parameter = self._now.main, PARAMETER[kind]
        places: list[Edit] = [AddItem(main, parameter, name), AddItem(main, MACRO[kind], name)]
        for text in split_list(self._now.parameters.expanded(parameter)):
            if text.startswith("/"):
                places.append(AddItem(Target("list", text), "", name))
            elif ":" in text:
                target = parse_map(text, parameter, self._now.config_dir).target
                assert target is not None
                places.append(SetEntry(target, name, "OK"))
        return self._chance.choice(places)

    # Mailboxes and aliases

    def _mailbox(self, setup: Setup, domain: str) -> None:
        chance = self._chance
        address = f"box{len(setup.mailboxes)}@{domain}"
        own = chance.random() < 0.12
        number = 6000 + chance.randint(1, 9)
        plan = mailboxnew.plan_new(
            self._now, address, format=chance.choice(["maildir", "mbox"]),
            uid=number if own else None, gid=number if own else None,
            create=own or chance.random() < 0.6, identity=chance.random() < 0.5,
        )  # fmt: skip
        if self._take(plan, f"mailbox {address}"):
            setup.mailboxes.append(address)

    def _aliases(self, setup: Setup) -> None:
        """Each leads only to those made before it, so that there is no circle."""
        chance = self._chance
        for number in range(chance.randint(2, 5)):
            domain = chance.choice([*setup.domains, setup.unhosted])
            key = chance.choices(
                [f"name{number}@{domain}", f"@{domain}", f"crew{setup.number}x{number}"], [7, 2, 1]
            )[0]
            if setup.mailboxes and chance.random() < 0.15:
                key = chance.choice(setup.mailboxes)
            if key in setup.aliases:
                continue
            to = tuple(
                dict.fromkeys(self._destination(setup, key) for _ in range(chance.choice([1, 1, 2, 3])))
            )
            if key.partition("@")[0] and chance.random() < 0.2 and "@" in key and not key.startswith("name"):
                to = (key, *to)  # a mailbox that keeps a copy
            self._set(key, to)
            setup.aliases.append(key)

    def _set(self, key: str, to: tuple[str, ...]) -> None:
        target = self._now.lookups("virtual_alias_maps")[0].target
        assert target is not None
        from mailtui.edits.entries import current
        from mailtui.postfix.files import entries

        was = current(entries(self._now.files, target), key, ())
        assert was is None or isinstance(was, tuple)
        if was != to:
            self._add([SetEntry(target, key, to, was)])

    def _destination(self, setup: Setup, key: str) -> str:
        chance = self._chance
        earlier = [
            each
            for each in setup.aliases
            if each != key and not each.startswith("@") and each not in setup.mailboxes
        ]
        caught = [each for each in setup.aliases if each.startswith("@") and not key.startswith("@")]
        boxes = (
            []
            if key.startswith("@") and key in {f"@{each.partition('@')[2]}" for each in setup.mailboxes}
            else setup.mailboxes
        )
        choices = [
            (4, f"{chance.choice(USERS)}@falcot.com"),
            (2, chance.choice(USERS)),
            (2, f'"{name}"' if " " in (name := chance.choice(LOCAL_NAMES)) else f"{name}@falcot.com"),
            (2, chance.choice(AWAY)),
            (1, "nobody-there@falcot.com"),
            (1, "nobody-there@falcotsbrand.com" if chance.random() < 0.5 else "nobody-there@falcot.org"),
            *((3, each) for each in boxes[-2:] if each != key),
            *((3, each) for each in earlier[-2:]),
            *((1, f"some{each}") for each in caught[-1:]),
        ]  # fmt: skip
        return chance.choices([text for _, text in choices], [weight for weight, _ in choices])[0]

    # Whom to write to

    def _addresses(self, setup: Setup) -> list[str]:
        chance = self._chance
        known = [
            each if "@" in each else f"{each}@{chance.choice(list(setup.domains) or ['falcot.com'])}"
            for each in setup.aliases
            if not each.startswith("@")
        ]
        found = [*known, *setup.mailboxes, f"someone@{setup.unhosted}"]
        for domain, kind in setup.domains.items():
            found.append(f"unknown@{domain}")
            if kind == "local":
                found.append(f"{chance.choice(USERS)}@{domain}")
            if kind == "relay":
                found.append(f"any@sub.{domain}")
            if chance.random() < 0.4:
                found.append(f"postmaster@{domain}")
        for address in (*known[:2], *setup.mailboxes[:1]):
            local, _, domain = address.partition("@")
            found.append(f"{local}+x@{domain}")
            found.append(f"{local.capitalize()}@{domain.upper()}")
        found.append(f"{chance.choice(USERS)}+{setup.number}@falcot.com")
        return list(dict.fromkeys(found))
