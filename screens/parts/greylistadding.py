"""The ways in which greylisting is added to the chains: asked of everybody, or by recipient in a class."""

from __future__ import annotations

from mailtui.edits.greylistplan import greylisting, where_postgrey_listens
from mailtui.edits.plan import Plan
from mailtui.edits.ruletemplates import greylisting_by_recipient
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.form import Made


def ways(instance: Instance) -> list[tuple[str, Plan]]:
    """Each in a few words, with what it comes to. Raises InstanceError."""
    server = where_postgrey_listens(instance)
    return [
        (f"everybody: {server} in smtpd_recipient_restrictions", greylisting(instance)),
        ("by recipient: a class, which each recipient chooses in a table",
         greylisting_by_recipient(instance, server)),
    ]  # fmt: skip


def added(plan: Plan) -> Made:
    """A way that was chosen, to be staged."""
    if plan.refused:
        return Made(refused=plan.refused)
    return Made(plan.edits, "+ greylisting", says=plan.says)
