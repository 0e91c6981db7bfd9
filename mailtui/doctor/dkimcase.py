"""What the families on DKIM look at: the opendkim of the instance, its keys, and what is remembered of them.

Nothing is asked: what DNS said at the last look of `mailtui dkim check` or the Keys screen is what counts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

from mailtui.doctor.case import Case
from mailtui.doctor.model import About
from mailtui.milters.dkim import store
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyrows import KeyRow, keys
from mailtui.milters.dkim.place import read_config
from mailtui.milters.dkim.rotation import Life, Terms, lives, reconciled
from mailtui.milters.dkim.store import Memory, StoreError
from mailtui.postfix.statefolder import StateError, folder, label
from mailtui.settings import load

KEYS = About("dkimkeys")
FILES = About("filterfiles", "opendkim")


@dataclass
class DkimCase:
    """One opendkim, read once."""

    case: Case
    config: DkimConfig

    @property
    def signs(self) -> bool:
        """Whether it is meant to sign: it has a key, or a table of keys."""
        return self.config.tables or bool(self.config.key_file)

    @cached_property
    def rows(self) -> list[KeyRow]:
        return keys(self.config)

    @cached_property
    def memory(self) -> Memory:
        """What is remembered; nothing where that cannot be read."""
        try:
            return store.load(folder(label(self.case.instance.config_dir), make=False))
        except (StoreError, StateError, OSError):
            return Memory()

    @cached_property
    def lives(self) -> list[Life]:
        settings = load()
        terms = Terms(settings.dkim_grace, settings.dkim_age)
        return lives(self.config, reconciled(self.config, self.memory), None, terms)

    def place(self, keyword: str) -> tuple[str, int | None]:
        """Where a keyword is set; the file where it is not."""
        found = self.config.keywords.get(keyword.lower())
        return (found.file, found.line) if found is not None else (self.config.path, None)

    def key_place(self, row: KeyRow) -> tuple[str, int | None]:
        """Where a key is named."""
        table = self.config.keytable
        if table is not None and table.path:
            return table.path, row.line or None
        return self.place("KeyTable" if table is not None else "KeyFile")


def dkim_case(case: Case) -> DkimCase | None:
    """None where there is no opendkim."""
    config = read_config(case.instance)
    return DkimCase(case, config) if os.path.exists(config.path) else None
