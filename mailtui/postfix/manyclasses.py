"""The classes of many domains: read off the lists once, where these name their domains one by one."""

from __future__ import annotations

from functools import cached_property

from mailtui.postfix.domains import DomainClass, class_list, domain_class, normal
from mailtui.postfix.hosted import Hosted
from mailtui.postfix.instance import Instance

FEW = 100
"""Domains up to which each is looked up by itself: to read the lists whole takes longer."""


class Classes:
    """The classes of the domains of one state of an instance. Make another after a change.

    What the lists do not say by a name of their own is asked of `domain_class`: answers are always as its.
    """

    def __init__(self, instance: Instance, hosted: Hosted | None = None) -> None:
        """`hosted`: the domains of that state, where they were read already."""
        self._instance, self._given = instance, hosted
        self._known: dict[str, DomainClass] = {}

    def of(self, domain: str) -> DomainClass:
        """As `domain_class`. Raises ParameterError."""
        name = normal(domain)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._listed(name) or domain_class(self._instance, name)
        return known

    def _listed(self, name: str) -> DomainClass | None:
        """The class that the lists give by name; None where only a lookup can tell."""
        if len(self._known) < FEW or "." not in name or name.startswith("["):
            return None
        for kind, listed in self._hosted.classes.items():
            if kind in self._doubtful:
                return None
            if name in listed.found:
                return kind
            if listed.holds(name):  # by a domain above it, unless another item takes it out again
                return None
        return "default"

    @cached_property
    def _hosted(self) -> Hosted:
        return self._given or Hosted(self._instance)

    @cached_property
    def _doubtful(self) -> frozenset[DomainClass]:
        """The classes with domains that no list names: patterns, tables without a text, broken items."""
        return frozenset(
            kind for kind, each in self._hosted.classes.items() if each.unlisted or self._asks(each.parameter)
        )

    def _asks(self, parameter: str) -> bool:
        found = class_list(self._instance, parameter)
        return any(
            item.problem or (item.is_table and found.table(item).target is None) for item in found.items
        )
