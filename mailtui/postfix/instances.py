"""The Postfix instances of this host: the default one, those it manages (postmulti(1)), and those that the
settings name.

for each in host_instances(): each.name, each.config_dir, each.problem
find(host_instances(), "postfix-out").config_dir

Only main.cf files are read; postmulti itself is never started.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance, default_directory

NAMELESS = "-"
"""What postmulti calls an instance without a multi_instance_name, which is nearly always the default one."""
_SEPARATORS = re.compile(r"[, \t\r\n]+")
Named = tuple[str, str, str]
"""An instance as the settings name it: its name, its directory, its log (empty: as for all others)."""


class HostInstance(NamedTuple):
    """One instance. Texts are as they stand in main.cf and the settings: not yet safe to show."""

    name: str
    """multi_instance_name; where there is none, the settings' name for it, else `-`."""
    config_dir: str
    """As multi_instance_directories has it."""
    group: str = ""
    """multi_instance_group."""
    enabled: bool = True
    """Whether postmulti starts and stops it with the others: multi_instance_enable, which does not count for
    a default instance that manages no other."""
    log: str = ""
    """The log that the settings name for it."""
    problem: str = ""
    """Why its main.cf cannot be read."""
    names: tuple[str, ...] = ()
    """What else it is called: the settings' name where it has one of its own."""
    managed: bool = True
    """Whether postmulti knows it; else only the settings do."""

    @property
    def place(self) -> str:
        """Its real directory, which no other has."""
        return os.path.realpath(self.config_dir)

    @property
    def title(self) -> str:
        """What to call it in a sentence."""
        return self.config_dir if self.name == NAMELESS else self.name


def host_instances(named: Iterable[Named] = (), default: str | None = None) -> list[HostInstance]:
    """All instances in postmulti's order, then those that only the settings (`named`) know. `default` is the
    directory of the default instance, which postconf is asked for where it is not given.

    Never raises: a main.cf that cannot be read is told of in its row; without Postfix there are only `named`.
    """
    settled = list(named)
    found = [_with_settings(each, settled) for each in _managed(default)]
    for _, config_dir, _ in settled:
        if not any(each.place == os.path.realpath(config_dir) for each in found):
            found.append(_with_settings(_read(config_dir), settled)._replace(managed=False))
    return [_called(each) for each in found]


def _called(each: HostInstance) -> HostInstance:
    """By the settings' name where it has none of its own."""
    return each._replace(name=each.names[0]) if each.name == NAMELESS and each.names else each


def others(listed: Iterable[HostInstance], config_dir: str) -> list[HostInstance]:
    """All but the one in this directory."""
    here = os.path.realpath(config_dir)
    return [each for each in listed if each.place != here]


def with_here(listed: Sequence[HostInstance], config_dir: str) -> list[HostInstance]:
    """The list with the instance in this directory, which nobody may have named so far, as its last row."""
    here = os.path.realpath(config_dir)
    if any(each.place == here for each in listed):
        return list(listed)
    return [*listed, _read(config_dir)._replace(managed=False)]


def find(listed: Iterable[HostInstance], name: str) -> HostInstance | None:
    """The one that a name means: its own, that of the settings, or its directory. `-` is the default one."""
    listed = list(listed)
    for each in listed:
        if name in (each.name, *each.names):
            return each
    if name == NAMELESS:
        return listed[0] if listed else None
    if "/" not in name:
        return None
    place = os.path.realpath(name)
    return next((each for each in listed if each.place == place), None)


def log_of(named: Iterable[Named], config_dir: str) -> str:
    """The log that the settings name for the instance in this directory; empty where they name none."""
    here = os.path.realpath(config_dir)
    return next((log for _, each, log in named if log and os.path.realpath(each) == here), "")


def _managed(default: str | None) -> Iterator[HostInstance]:
    """The default instance, and those that its main.cf names."""
    try:
        first = default or default_directory()
    except InstanceError:
        return
    directories: list[str] = []
    row = _read(first)
    if not row.problem:
        try:
            value = _value(Instance.open(first), "multi_instance_directories")
            directories = [item for item in _SEPARATORS.split(value) if item]
        except InstanceError as error:
            row = row._replace(problem=str(error))
    yield row if directories else row._replace(enabled=True)
    for each in directories:
        yield _read(each)


def _read(config_dir: str) -> HostInstance:
    """One instance by its own main.cf."""
    try:
        instance = Instance.open(config_dir)
        name = _value(instance, "multi_instance_name") or NAMELESS
        group = _value(instance, "multi_instance_group")
        enabled = _value(instance, "multi_instance_enable").lower() == "yes"
    except InstanceError as error:
        return HostInstance(NAMELESS, config_dir, enabled=False, problem=str(error))
    return HostInstance(name, config_dir, group, enabled)


def _value(instance: Instance, parameter: str) -> str:
    """A parameter whose default is empty or `no`: postconf need not be asked for that."""
    if instance.parameters.get(parameter) is None:
        return ""
    return instance.parameters.effective(parameter)


def _with_settings(each: HostInstance, named: Iterable[Named]) -> HostInstance:
    mine = [(name, log) for name, config_dir, log in named if os.path.realpath(config_dir) == each.place]
    names = tuple(name for name, _ in mine if name != each.name)
    return each._replace(names=names, log=next((log for _, log in mine if log), ""))
