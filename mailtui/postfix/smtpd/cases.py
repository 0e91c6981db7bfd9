"""Saved sessions: what must be accepted and what must be refused, kept in TOML beside mailtui's settings.

    [[session]]
    name = "the partner's newsletter"
    must = "accept"                     # or "refuse"
    client_address = "198.51.100.7"
    sender = "news@partner.example"
    recipient = "jean@falcot.com"

Comments and layout of the file survive every change.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mailtui import settings
from mailtui.postfix.smtpd.session import Session, as_given, session_of
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.dns.ask import Names
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.smtpd.session import Answer

Must = Literal["accept", "refuse"]

_NO_TABLES = "sessions are written [[session]]"


class CaseError(Exception):
    """A file of sessions that cannot be read, or one that cannot be kept."""


@dataclass(frozen=True, slots=True)
class Case:
    """A session and what must come of it. A name stands for one case."""

    name: str
    must: Must
    session: Session


class Replayed(NamedTuple):
    """A case and its answer now. `holds` None: the answer is not known. An answer of 4xx refuses too."""

    case: Case
    answer: Answer
    holds: bool | None


def user_file() -> str:
    """Where the caller's own sessions are kept."""
    return os.path.join(os.path.dirname(settings.user_file()), "sessions.toml")


def load(path: str) -> list[Case]:
    """The cases of a file; none where there is no file. Raises CaseError, which names the session."""
    import tomllib

    try:
        with open(path, "rb") as file:
            tables = tomllib.load(file).get("session", [])
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CaseError(f"cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(f"cannot be read: {error}") from None
    if not isinstance(tables, list):
        raise CaseError(_NO_TABLES)
    return [_case(number, each) for number, each in enumerate(tables, 1)]


def _case(number: int, table: Any) -> Case:
    given = dict(table) if isinstance(table, dict) else {}
    name, must = given.pop("name", ""), given.pop("must", "")
    if not name or not isinstance(name, str):
        raise CaseError(f"session {number} has no name")
    if must not in ("accept", "refuse"):  # TOML gives lists too, which no set can hold
        raise CaseError(f'{safe(name)}: must is "accept" or "refuse"')
    try:
        return Case(name, must, session_of(given))
    except ValueError as error:
        raise CaseError(f"{safe(name)}: {error}") from None


def keep(path: str, case: Case) -> None:
    """Write a case, in place of one of the same name. Raises CaseError."""
    import tomlkit

    entry = tomlkit.table()
    for key, value in {"name": case.name, "must": case.must, **as_given(case.session)}.items():
        entry[key] = value
    with _changing(path) as document:
        if "session" not in document:
            document["session"] = tomlkit.aot()
        tables = _tables(document)
        at = _at(tables, case.name)
        if at is None:
            tables.append(entry)
            return
        for key in [key for key in tables[at] if key not in entry]:
            del tables[at][key]
        for key, value in entry.items():
            tables[at][key] = value


def drop(path: str, name: str) -> bool:
    """Take a case out; whether there was one. Raises CaseError."""
    with _changing(path) as document:
        tables = _tables(document)
        at = _at(tables, name)
        if at is not None:
            del tables[at]
        return at is not None


@contextmanager
def _changing(path: str) -> Iterator[Any]:
    """The file's document, which is written back. Raises CaseError."""
    from mailtui.settingsfile import FileProblem, changing

    try:
        with changing(path) as document:
            yield document
    except FileProblem as problem:
        raise CaseError(str(problem)) from None


def _tables(document: Any) -> Any:
    """The sessions of a document. Raises CaseError where they are no list of tables."""
    tables = document.get("session", [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise CaseError(_NO_TABLES)
    return tables


def _at(tables: Any, name: str) -> int | None:
    return next((n for n, each in enumerate(tables) if each.get("name") == name), None)


def replay(instance: Instance, cases: Sequence[Case], *, names: Names | None = None) -> list[Replayed]:
    """What becomes of each case now, in their order. Raises InstanceError."""
    from mailtui.postfix.smtpd.explain import explain_batch

    answers = explain_batch(instance, [case.session for case in cases], names=names) if cases else []
    return [Replayed(case, answer, _holds(case, answer)) for case, answer in zip(cases, answers, strict=True)]


def _holds(case: Case, answer: Answer) -> bool | None:
    if answer.action == "unknown":
        return None
    return (answer.code < 400) == (case.must == "accept")


def flipped(before: Iterable[Replayed], after: Iterable[Replayed]) -> list[tuple[Replayed, Replayed]]:
    """The cases that a change makes hold or no longer hold, each before and after."""
    return [
        (old, new) for old, new in zip(before, after, strict=True)
        if old.holds is not new.holds or (old.answer.code < 400) != (new.answer.code < 400)
    ]  # fmt: skip
