"""A mail address searched in maps by smtpd(8): mail_addr_find(3). A table that fails ends the search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mailtui.postfix.lookups import split_list
from mailtui.postfix.mapsearch import address_keys
from mailtui.postfix.smtpd.access import by_whole_key, forms
from mailtui.postfix.smtpd.outcome import Outcome, misconfigured
from mailtui.postfix.smtpd.refusals import retry
from mailtui.text.safe import decode, safe

if TYPE_CHECKING:
    from mailtui.postfix.lookups import Answer
    from mailtui.postfix.smtpd.context import Context


class Key(NamedTuple):
    """A key to try; `whole` keys go to tables of patterns too."""

    text: str
    whole: bool


class Found(NamedTuple):
    """What the maps said: a value and where it was, nothing, or why they cannot tell."""

    value: str | None = None
    table: str = ""
    key: str = ""
    problem: str = ""
    is_broken: bool = False
    """Whether an entry is (an empty value), and not a table that cannot be asked now."""

    def failure(self, subject: str) -> Outcome:
        """What smtpd answers where there is a problem."""
        if self.is_broken:
            return misconfigured(self.problem)._replace(table=self.table, key=self.key)
        return retry(subject, self.problem)._replace(table=self.table, key=self.key)


def find(context: Context, value: str, address: str) -> Found:
    """Search an address in a map list (a parameter's value): with its extension, without, its local part
    alone where its domain is ours, `@domain`."""
    return search(context, split_list(value), keys(context, address))


def keys(context: Context, address: str) -> Iterator[Key]:
    """The keys for an address in its lower-case form."""
    resolver = context.resolver
    rules = resolver.rules._replace(delimiters=context.setting("recipient_delimiter"))
    for key in address_keys(address, rules, resolver.router.is_here):
        for text in forms(key.text):
            yield Key(text, key.full)


def search(context: Context, tables: Sequence[str], wanted: Iterable[Key]) -> Found:
    """The first key that any of the tables has; each key is tried in all tables before the next."""
    tried = [key for key in wanted if key.text]
    answers = {table: _answers(context, table, tried) for table in tables}
    for key in tried:
        for table in tables:
            answer = answers[table].get(key)
            if answer is None:
                continue
            if answer.problem:
                return Found(table=table, key=key.text, problem=answer.problem)
            if answer.value is not None and not answer.value:
                problem = f"{safe(table)} has an empty value for {safe(key.text)}"
                return Found(table=table, key=key.text, problem=problem, is_broken=True)
            if answer.value is not None:
                return Found(decode(answer.value), table, key.text)
    return Found()


def _answers(context: Context, table: str, wanted: Sequence[Key]) -> dict[Key, Answer]:
    asked = [key for key in wanted if key.whole or not by_whole_key(table)]
    return dict(zip(asked, context.tables.get(table, [key.text for key in asked]), strict=True))
