"""Accounts of an imported list of names: made at once, each with a random password that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailtui.apply.accounts import carry_out, plan
from mailtui.edits.importing import Report
from mailtui.postfix.instance import Instance
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.names import Account
from mailtui.sasl.secret import generated


def new_accounts(report: Report) -> list[Account]:
    """The accounts of a report that there are not yet."""
    return [Account(*line.name.split("@", 1)) for line in report.lines if line.marker == "+"]


def words(count: int) -> str:
    """What would be done, for whoever is asked."""
    passwords = "a random password" if count == 1 else "random passwords"
    return f"{count:,} account{'s' * (count != 1)} with {passwords} that nobody knows: now, no undo"


def make(
    instance: Instance, accounts: Sequence[Account], progress: Callable[[int], object] | None = None
) -> list[str]:
    """Make them one after the other; what was done in words. `progress` gets the number made so far.

    Raises as `apply.accounts.carry_out`; those before the one that failed are made then.
    """
    made: list[str] = []
    for each in accounts:
        made.append(carry_out(instance, plan(Accounts(instance), "add", each), generated()).words)
        if progress is not None:
            progress(len(made))
    return made
