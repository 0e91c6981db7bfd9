"""The domains of an instance as DNS has them: asked with what this server is, kept in its state folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mailtui.dns.known import FOLDER, Known

if TYPE_CHECKING:
    from mailtui.dns.ask import Names
    from mailtui.dns.facts import Facts
    from mailtui.dns.part import DomainDns
    from mailtui.postfix.instance import Instance


def asked_names(timeout: float | None = None) -> Names:
    """Whom the admin's settings want asked. `timeout`: seconds for one question, where that is less."""
    from mailtui.dns.ask import names_by
    from mailtui.settings import load

    return names_by(load(), timeout=timeout)


def facts(instance: Instance, domains: Iterable[str]) -> Facts:
    """What this server is, with the keys that sign for these domains."""
    from mailtui.milters.dkim.place import read_config
    from mailtui.milters.goodname import facts_of

    return facts_of(instance, domains, [read_config(instance)])


def known(instance: Instance) -> Known | None:
    """What is known of the instance's domains; None where the state folder cannot be used."""
    from mailtui.apply.state import StateError, of_instance
    from mailtui.postfix.errors import InstanceError

    try:
        return Known(os.path.join(of_instance(instance), FOLDER))
    except (StateError, InstanceError, OSError):
        return None


def keep(instance: Instance, found: Iterable[DomainDns]) -> str:
    """Write answers down. Returns why they could not be, else nothing."""
    from mailtui.apply.state import StateError, of_instance
    from mailtui.postfix.errors import InstanceError

    try:
        store = Known(os.path.join(of_instance(instance, make=True), FOLDER))
    except (StateError, InstanceError, OSError) as error:
        return str(error)
    problems = [problem for each in found if (problem := store.keep(each))]
    return problems[0] if problems else ""
