"""What main.cf and master.cf have in common: bytes with Postfix's logical lines over them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Self

from mailtui.formats.lines import Lines
from mailtui.formats.splice import Splice, apply_splices


class ConfigFile:
    """A small file that is read whole. Every byte string is one."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        return cls(raw)

    @property
    def raw(self) -> bytes:
        return self._raw

    def spliced(self, splices: Iterable[Splice]) -> Self:
        """The document after the change."""
        return type(self)(apply_splices(self._raw, splices))

    @cached_property
    def lines(self) -> Lines:
        return Lines(self._raw)
