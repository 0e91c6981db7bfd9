"""TEMPORARY reading-only stand-in by the lead so that others can run; helper 1: overwrite this file with yours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from mailtui.formats.lines import Lines
from mailtui.formats.splice import Problem, Splice, apply_splices


@dataclass(frozen=True, slots=True)
class Option:
    name: bytes
    value: bytes
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    type: str
    private: str
    unprivileged: str
    chroot: str
    wakeup: str
    process_limit: str
    command: str
    options: tuple[Option, ...]
    enabled: bool
    line: int


class MasterCf:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.problems: Sequence[Problem] = []
        lines = Lines(raw)
        services = []
        for first in lines.firsts:
            text = b"".join(lines.line(n) for n in lines.logical(first))
            words = text.decode("latin-1").replace("{ ", "").replace(" }", "").replace(" = ", "=").split()
            if len(words) < 8:
                continue
            rest = words[8:]
            options = tuple(
                Option(*(part.encode("latin-1") for part in rest[n + 1].partition("=")[::2]))
                for n, word in enumerate(rest[:-1])
                if word == "-o"
            )
            services.append(Service(*words[:8], options, True, first + 1))
        self.services: Sequence[Service] = services

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        return cls(raw)

    def spliced(self, splices: Iterable[Splice]) -> Self:
        return type(self)(apply_splices(self.raw, splices))
