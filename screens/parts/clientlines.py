"""A login of this server elsewhere as a row, and in the pane. No password comes here."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.sasl.client import ENABLE, MAPS, Client, Credential, Stored
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Spans, short_path
from mailtui.text.safe import safe

COLUMNS = (
    Column("THIS SERVER LOGS IN AT", share=4, least=22),
    Column("AS", share=2, least=10),
    Column("PASSWORD", share=0, least=8),
    Column("FOR", share=0, least=9, drop=66),
    Column("STATE", share=2, least=6),
)


def key_of(row: Credential) -> tuple[str, str, int]:
    """What names a row."""
    return row.key, row.lookup.spec if row.lookup is not None else "", row.line


def cells(row: Credential) -> Row:
    """The row."""
    state = row.word or ("used" if row.used_for else "")
    marker = "#" if not row.enabled else "!" if row.lookup is None else "?" if row.problem else ""
    return Row((safe(row.key), safe(row.user), row.password, ", ".join(row.used_for), state), marker)


def words(row: Credential) -> str:
    """What a filter finds it by."""
    return f"{row.key} {row.user} {' '.join(row.used_for)} {row.problem}"


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(label.ljust(LABEL), style or "dim"), (text, style)]


def about(row: Credential | None, found: Client) -> tuple[Spans, Spans, list[Spans]]:
    """Title left and right, and lines; without a row those of the whole side."""
    left: Spans = [(safe(row.key) if row is not None else "this server logs in nowhere", "bold")]
    right: Spans = []
    if row is not None and row.lookup is not None:
        right = [(f"{row.lookup.type}:{short_path(safe(row.lookup.path))}:{row.line}", "dim")]
    return left, right, list(_lines(row, found))


def _lines(row: Credential | None, found: Client) -> Iterator[Spans]:
    if row is not None and row.problem:
        yield _said("? note", row.problem, "warning")
    if row is not None and row.lookup is None:
        adds = f"{key_for('authclient.new', 'n')} adds its login"
        yield _said("", f"{adds}: a name and a password that its owner gave you")
    for text in found.notes:
        yield _said("? note", text, "warning")
    yield from (_file(each) for each in found.files if each.problem)
    settings = found.settings
    yield _said("this is", "smtp_sasl_…: this server as a client of others. Users who log in here: Services")
    state = "on" if found.on else "off: nothing here is used"
    yield _said("state", f"{ENABLE} is {state}; relayhost {safe(settings['relayhost']) or 'none'}")
    level = settings["smtp_tls_security_level"] or "none"
    options, under = settings["smtp_sasl_security_options"], settings["smtp_sasl_tls_security_options"]
    yield _said("TLS", f"{safe(level)}; without TLS: {safe(options)}; under TLS: {safe(under)}")
    yield from (_file(each) for each in found.files if not each.problem)
    if not found.lookups:
        yield _said("file", f"{MAPS} is empty")
    yield _said("secret", "passwords are shown nowhere, and history keeps none: undo brings none back")


def _file(each: Stored) -> Spans:
    text = f"{safe(each.path)}  {each.owner}".rstrip()
    if each.problem:
        return _said("? file", f"{text}; {each.problem}", "warning")
    return _said("file", text)


def as_text(row: Credential) -> str:
    """A row as plain text; the password masked."""
    return f"{row.key}  {row.user}  {row.password}  {', '.join(row.used_for)}  {row.problem}".rstrip()
