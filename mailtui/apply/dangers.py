"""What a change would open: relaying for strangers, or an smtpd that does not start for want of a guard.

Only what the change itself brings is told: who has an open relay already is not kept from other work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailtui.edits.candidate import FileChange
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance

if TYPE_CHECKING:
    from mailtui.apply.look import Look
    from mailtui.apply.uses import Use
    from mailtui.doctor.model import Finding

_RULES = frozenset({"main.cf", "master.cf", "list", "table", "regexp", "pcre", "cidr"})
"""Files by which a stranger may get past the lists of a service."""
_HARMLESS = ("_maps", "_domains", "alias_database")
"""How parameters end whose tables no rule asks."""


@dataclass(frozen=True, slots=True)
class Danger:
    """Why a change is written for one who insists alone. `id` and `title` are the doctor's; texts are safe to
    show, and `line` counts from 1 in the file as it would be written."""

    id: str
    title: str
    why: str
    service: str
    file: str
    line: int | None = None

    @property
    def text(self) -> str:
        """All but the place."""
        return f"{self.title}: {self.why}"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return place + self.text


def dangers(instance: Instance, found: Look) -> tuple[Danger, ...]:
    """The errors of the families open-relay and no-guard that stand with the change and not without it.

    None are told where main.cf cannot be read with it: the other checks say so.
    """
    if found.candidate is None or not any(map(_concerned, found.changes, found.uses)):
        return ()
    try:
        after = list(_all(instance.over(found.candidate)))
    except InstanceError:
        return ()
    if not after:
        return ()
    try:
        known = {_key(each) for each in _all(instance)}
    except InstanceError:
        known = set()
    new = {_key(each): each for each in after if _key(each) not in known}
    return tuple(new.values())


def _concerned(change: FileChange, uses: Sequence[Use]) -> bool:
    if change.target.format not in _RULES:
        return False
    names = [name for use in uses for name in use.named_by]
    return not names or not all(name.endswith(_HARMLESS) for name in names)


def _key(danger: Danger) -> tuple[str, str, str]:
    return danger.id, danger.title, danger.service


def _all(instance: Instance) -> Iterator[Danger]:
    from mailtui.doctor.case import Case
    from mailtui.doctor.relaying import errors

    for finding in errors(Case(instance)):
        yield from _each(finding)


def _each(finding: Finding) -> Iterator[Danger]:
    for service in finding.services:
        yield Danger(finding.id, finding.title, finding.why, service, finding.file, finding.line)
