"""How a key is shown: its row, its details, its record for every way to publish it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from mailtui.dns.dkimrecord import record_name, record_text, ways
from mailtui.milters.dkim.rotation import Life
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Spans
from mailtui.text.safe import safe

_STYLES = {"active": "", "published": "accent", "new": "accent", "retiring": "dim", "retired": "dim"}


class KeyLine(NamedTuple):
    """A row of the list."""

    life: Life
    marker: str


def name_of(life: Life) -> str:
    """Where its record stands."""
    return record_name(life.row.selector, life.row.domain)


def words(line: KeyLine) -> str:
    """What a filter finds it by."""
    row = line.life.row
    return " ".join(
        (row.domain, row.selector, row.key_file, line.life.state, line.life.published, *row.signs)
    )


def cells_of(line: KeyLine, *, asking: bool) -> Row:
    life = line.life
    row, age = life.row, life.row.age()
    seen = life.seen
    published = "asking…" if asking and seen is None else seen.count if seen is not None else "not asked"
    bad = life.state == "active" and seen is not None and seen.state in {"no", "different"}
    signs = ", ".join(row.signs) or "–"
    marker = line.marker or ("!" if _broken(life) else "?" if life.needs_care else "")
    days = f"{age} d" if age is not None else "–"
    style = "error" if bad else "dim" if seen is None else ""
    state = [(life.state, _STYLES[life.state])]
    signing = [(signs, "" if row.signs else "dim")]
    return Row((row.domain, row.selector, days, signing, [(published, style)], state), marker)


def _broken(life: Life) -> bool:
    stops = any(each.stops for each in life.row.problems)
    unseen = life.state == "active" and life.published in {"no", "different"}
    return life.state == "active" and (stops or unseen)


def title(life: Life) -> tuple[Spans, Spans]:
    """The name of its record, and beside it which servers lack that."""
    seen = life.seen
    if seen is None:
        return [(name_of(life), "bold")], [("DNS not asked yet", "dim")]
    if life.state == "retired":
        return [(name_of(life), "bold")], [("gone from DNS" if seen.gone else "still in DNS", "dim")]
    lacking = ", ".join(seen.lacking)
    return [(name_of(life), "bold")], [(f"waits for: {lacking}" if lacking else "published", "dim")]


def about(life: Life, used: datetime | None) -> Iterator[Spans]:
    """What the pane says: the next step first."""
    step, row = life.step, life.row
    if step.action:
        style = "accent" if step.ready else "warning" if step.action in {"mend", "publish"} else "dim"
        yield [("next     ", "dim"), (f"{step.action}: ", "bold"), (step.words, style)]
    else:
        yield [("next     ", "dim"), ("none: it signs, and DNS has it", "dim")]
    for each in row.problems:
        yield [("wrong    ", "dim"), (each.words, "error" if each.stops else "warning")]
    kind = f"{row.data.kind} {row.data.bits} bits" if row.data.kind == "rsa" else row.data.kind or "unknown"
    yield [("key      ", "dim"), (f"{kind}  {row.key_file or 'in the KeyTable itself'}", "")]
    node = row.file_node
    if node is not None:
        yield [("         ", ""), (f"{node.mode_words} {node.owner}", "")]
    if used is not None:
        yield [("used     ", "dim"), (f"last {used:%Y-%m-%d %H:%M}", "")]
    if life.seen is not None and life.seen.why:
        yield [("DNS      ", "dim"), (f"{life.seen.why} (asked {life.seen.ago()})", "")]


def in_full(life: Life, used: datetime | None) -> Iterator[str]:
    """All that is known, for Enter."""
    for spans in about(life, used):
        yield "".join(text for text, _ in spans)
    row = life.row
    yield f"signs    {', '.join(row.signs) or 'nothing'}"
    if row.name:
        yield f"KeyTable {row.name}{f', line {row.line}' if row.line else ''}"
    if row.nodes:
        yield ""
        yield "the way to the key file, as opendkim judges it:"
    for node in row.nodes:
        why = f"   {node.why}: {node.mend}" if node.why else ""
        yield f"  {node.mode_words} {node.owner:<20} {node.path}{why}"
    seen = life.seen
    if seen is not None:
        yield ""
        yield f"its record, asked {seen.ago()}:"
    for each in seen.seen if seen is not None else ():
        why = f"   {each.why}" if each.why else ""
        yield f"  {each.server or 'DNS':<24} {each.address:<16} {each.state}{why}"


def record_value(life: Life) -> str:
    """The record as one string."""
    return record_text(life.row.data.kind, life.row.data.public)


def record_forms(life: Life) -> str:
    """The record unwrapped, for every way to publish it; empty where the key cannot be read."""
    row = life.row
    if not row.data.public:
        return ""
    made = ways(record_value(life), name_of(life), row.domain)
    parts = [
        "a line for a zone file:", made.zone, "",
        "a form of a DNS host: name", made.host, "or the whole name", made.name,
        "type TXT, value in one string", made.text,
    ]  # fmt: skip
    if len(made.pieces) > 1:
        parts += ["", "or in strings of at most 255 bytes", made.quoted, "", "each by itself", *made.pieces]
    return "\n".join(parts)


def one_line(life: Life) -> str:
    """The row as text."""
    row = life.row
    seen = life.seen.count if life.seen is not None else "not asked"
    signs = safe(", ".join(row.signs)) or "-"
    return f"{safe(name_of(life))}  {life.state}  published: {seen}  signs: {signs}  {safe(row.key_file)}"
