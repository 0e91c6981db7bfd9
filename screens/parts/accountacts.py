"""What is done to accounts from the list: at once, in a thread, never staged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailtui.apply.accountrepairs import Repair, repairs
from mailtui.apply.accountrepairs import carry_out as repair_now
from mailtui.apply.accounts import AccountPlan, Done, Verb, carry_out, plan
from mailtui.edits.plan import Plan
from mailtui.edits.saslplan import conf_plan, realm_plan
from mailtui.postfix.instance import Instance
from mailtui.sasl.accounts import AccountRow, Accounts
from mailtui.sasl.names import Account
from mailtui.sasl.secret import Secret, generated
from mailtui.sasl.services import AuthService
from mailtui.text.safe import safe


class Asked(NamedTuple):
    """What somebody is about to confirm: its plans, in words."""

    plans: Sequence[AccountPlan]

    @property
    def says(self) -> list[str]:
        return list(dict.fromkeys(text for each in self.plans for text in each.says))


def planned(instance: Instance, verb: Verb, who: Sequence[Account]) -> Asked:
    """The plans for these accounts. Raises AccountError, InstanceError."""
    found = Accounts(instance)
    return Asked([plan(found, verb, each) for each in who])


def changed(instance: Instance, verb: Verb, who: Sequence[Account], secret: Secret | None) -> list[Done]:
    """Do it, one account after the other. Raises what `carry_out` raises; those before it are done."""
    found = Accounts(instance)
    done = []
    for each in who:
        given = generated() if verb == "lock" else secret
        done.append(carry_out(instance, plan(found, verb, each), given))
    return done


@dataclass(frozen=True)
class Fix:
    """One offer: something done at once, or edits to stage."""

    title: str
    repair: Repair | None = None
    plan: Plan | None = None


def fixes(instance: Instance, after: Instance, row: AccountRow | None) -> list[Fix]:
    """What is offered for an account (without one: for the databases). `after`: over what is staged.

    Raises InstanceError.
    """
    found = Accounts(after)
    offered = [Fix(each.title, repair=each) for each in repairs(Accounts(instance))]
    for service in found.services:
        if row is not None and service.offered and service.asks_sasldb and service.realm != row.account.realm:
            made = realm_plan(after, service, row.account.realm)
            if not any(each.plan == made for each in offered):
                offered.append(Fix(_words(made) + _loses(found, service), plan=made))
    for conf in {each.conf.wanted: each.conf for each in found.services if each.kind == "cyrus"}.values():
        made = conf_plan(conf)
        if made.edits or made.refused:
            title = f"have passwords looked up in sasldb ({safe(conf.wanted)})"
            offered.append(Fix(title, plan=made))
    return offered


def _loses(found: Accounts, service: AuthService) -> str:
    """Whose bare names would stop working with another realm."""
    losing = sum(row.account.realm == service.realm for row in found.all)
    return f"  ({losing} other{'s' if losing > 1 else ''} must then give the full name)" if losing else ""


def _words(made: Plan) -> str:
    return safe("; ".join(edit.describe() for edit in made.edits))


def repaired(instance: Instance, repair: Repair) -> int:
    """Do a repair. Raises as `accountrepairs.carry_out`."""
    return repair_now(instance, repair)
