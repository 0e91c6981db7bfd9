"""The keys that a `dkim` command works on, with what is remembered of them and what DNS says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailtui.apply.dkimmemory import recall, remember
from mailtui.cli.context import Context
from mailtui.cli.output import Failed
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.place import read_config
from mailtui.milters.dkim.publication import Asker, Publication, asker, look_up_all
from mailtui.milters.dkim.rotation import Life, Terms, find, lives, reconciled
from mailtui.milters.dkim.store import Memory, StoreError
from mailtui.postfix.errors import InstanceError
from mailtui.settings import load
from mailtui.text.safe import safe


@dataclass
class Keys:
    """One look at them. Everything raises Failed."""

    context: Context
    config: DkimConfig
    memory: Memory
    terms: Terms
    ask: Asker
    seen: dict[tuple[str, str], Publication] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, context: Context) -> Keys:
        from mailtui.dns.ask import names_by

        settings = load()
        config = read_config(context.instance)
        if not os.path.exists(config.path):
            raise Failed(
                "there is no opendkim here", file=config.path, do="apt install opendkim opendkim-tools"
            )
        notes = list(config.problems)
        try:
            memory = reconciled(config, recall(context.instance))
        except StoreError as error:
            memory = reconciled(config, Memory())
            notes.append(str(error))
        tables = (config.keytable, config.signingtable, config.domains)
        notes += [table.unread for table in tables if table is not None and table.unread]
        terms = Terms(settings.dkim_grace, settings.dkim_age)
        ask = asker(names_by(settings), timeout=settings.dns_timeout)
        return cls(context, config, memory, terms, ask, notes=notes)

    def lives(self, domain: str = "", selector: str = "", *, ask: bool) -> list[Life]:
        """All keys, or those of a domain; with `ask` every name server is asked first."""
        found = self._lives()
        if domain:
            found = find(found, domain, selector)
        if ask:
            self.seen |= look_up_all([life.row for life in found], self.ask)
            wanted = {life.key for life in found}
            found = [life for life in self._lives() if life.key in wanted]
        return found

    def _lives(self) -> list[Life]:
        return lives(self.config, self.memory, self.seen, self.terms)

    def one(self, domain: str, selector: str, states: Sequence[str], what: str) -> Life:
        """The one key of a domain in one of these states, asked for in DNS."""
        found = find(self._lives(), domain, selector)
        if selector and not found:
            raise Failed(f"there is no key {selector}._domainkey.{domain}", do="mailtui dkim list shows all")
        fit = [life for life in found if life.state in states]
        if len(fit) > 1:
            names = ", ".join(safe(life.row.selector) for life in fit)
            raise Failed(f"{domain} has several keys to {what}", do=f"name one of them: {names}")
        if not fit:
            state = f": {found[0].row.selector} is {found[0].state}" if found else ""
            raise Failed(f"{domain} has no key to {what}{state}", do="mailtui dkim list shows all")
        return self.lives(fit[0].row.domain, fit[0].row.selector, ask=True)[0]

    def save(self) -> None:
        """Keep what is known now, unless nothing may be written."""
        if self.context.read_only or self.context.dry_run:
            return
        config, seen = self.config, self.seen
        try:
            self.memory = remember(
                self.context.instance, lambda memory: reconciled(config, memory).noted(seen)
            )
        except StoreError as error:
            raise Failed(str(error)) from None

    def last_used(self, found: Sequence[Life]) -> dict[tuple[str, str], datetime]:
        """When each signed last, by the log; nothing where there is none."""
        from mailtui.maillog.source import find as find_log
        from mailtui.milters.dkim.lastused import last_used

        try:
            source = find_log(self.context.instance.log_file or "", self.context.log_wanted)
        except InstanceError:
            return {}
        if source.kind == "none" or source.why:
            return {}
        return last_used(source, [life.key for life in found])
