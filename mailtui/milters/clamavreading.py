"""The files of a clamav-milter that the chains ask, and of the clamd behind it."""

from __future__ import annotations

import os
from typing import Literal

from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.milters.chains import MilterChain, MilterRow
from mailtui.milters.clamav import Scanner, Settings
from mailtui.milters.opendmarc import asking
from mailtui.milters.places import config_paths
from mailtui.milters.programs import PROGRAMS
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance


def scanner(instance: Instance) -> Scanner | None:
    """The clamav-milter that the chains ask; None where none does, or its file cannot be read. Raises
    InstanceError."""
    for path in config_paths(instance, PROGRAMS["clamav-milter"]):
        milter = read(instance, "clamav-milter", path)
        asked = asking(instance, "clamav-milter", path) if milter is not None else ()
        if milter is not None and asked:
            return Scanner(milter, _clamd_of(instance, path), asked, _largest(instance, asked))
    return None


def _clamd_of(instance: Instance, path: str) -> Settings | None:
    """clamd's file: that of the process that runs, else the one beside clamav-milter's."""
    beside = os.path.join(os.path.dirname(path), "clamd.conf")
    found = [beside, *config_paths(instance, PROGRAMS["clamd"])]
    return next((each for one in found if (each := read(instance, "clamd", one)) is not None), None)


def read(instance: Instance, program: str, path: str) -> Settings | None:
    """The file of a program of ClamAV's; None where it cannot be read."""
    kind: Literal["clamav-milter.conf", "clamd.conf"]
    kind = "clamav-milter.conf" if program == "clamav-milter" else "clamd.conf"
    try:
        return Settings(Target(kind, path), KeywordDocument.parse(instance.files.raw(path), kind))
    except (OSError, Refused):
        return None


def _largest(instance: Instance, asked: tuple[tuple[MilterChain, MilterRow], ...]) -> int:
    """The largest message_size_limit of those that ask."""
    found = [_limit(instance, asker.service) for chain, _ in asked for asker in chain.asking]
    return 0 if 0 in found else max(found, default=_limit(instance, ""))


def _limit(instance: Instance, service: str) -> int:
    where, _, kind = service.rpartition("/")
    try:
        parameters = instance.parameters.service(where, kind) if service else instance.parameters
        text = parameters.effective("message_size_limit")
    except InstanceError:
        return 0
    return int(text) if text.isdecimal() else 0
