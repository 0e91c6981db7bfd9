"""Rows of a CSV or JSON file, each with its line: what an import reads and an export writes.

CSV: a first line that names the columns; commas, semicolons or tabs between cells (as a spreadsheet writes
them), a byte order mark and a line `sep=;` are understood. JSON: an array of objects, or an object a line. A
cell is never taken for anything but text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from mailtui.text.safe import decode, encode

SheetFormat = Literal["csv", "json"]
FORMATS: tuple[SheetFormat, ...] = ("csv", "json")
Cell: TypeAlias = str | tuple[str, ...]
"""A text, or the texts of a JSON array."""

_DELIMITERS = ",;\t"
_LONGEST_CELL = 1 << 26
"""Characters of one cell: csv's own limit is 128 kB, and lists of recipients are longer."""


class BadSheet(ValueError):
    """A file that cannot be read as rows: the line (from 1, None for all), what is wrong, what to do."""

    def __init__(self, what: str, *, line: int | None = None, do: str = "") -> None:
        super().__init__(what)
        self.what, self.line, self.do = what, line, do


class SheetRow(NamedTuple):
    """One row: its first line (in JSON the number of the object, from 1) and its cells by column."""

    line: int
    cells: Mapping[str, Cell]


class Sheet(NamedTuple):
    """The rows, and the columns that were not asked for."""

    rows: Sequence[SheetRow]
    columns: tuple[str, ...]
    unread: tuple[str, ...]


def read(raw: bytes, kind: SheetFormat, names: Mapping[str, str]) -> Sheet:
    """The rows of a file. `names`: what columns may be called, in lower case, and what each is then.
    Raises BadSheet."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadSheet("is UTF-16", line=1, do="save it as CSV in UTF-8")
    text = decode(raw.removeprefix(b"\xef\xbb\xbf"))
    return _read_csv(text, names) if kind == "csv" else _read_json(text, names)


def _read_csv(text: str, names: Mapping[str, str]) -> Sheet:
    stream = io.StringIO(text, newline="")
    csv.field_size_limit(_LONGEST_CELL)
    first, skipped, marked = stream.readline(), 0, False
    while first.strip(" \t\r\n") == "" != first or (first[:4].lower() == "sep=" and not marked):
        marked = marked or bool(first.strip())
        first, skipped = stream.readline(), skipped + 1
    heads = {mark: next(csv.reader([first], delimiter=mark), []) for mark in _DELIMITERS}
    mark = max(_DELIMITERS, key=lambda each: sum(_column(cell, names) != "" for cell in heads[each]))
    columns = [_column(cell, names) for cell in heads[mark]]
    _require_columns(columns, [cell for cell in heads[mark] if cell.strip()], names)
    rows = list(_csv_rows(csv.reader(stream, delimiter=mark, strict=True), columns, skipped + 1))
    unread = (cell.strip() for cell, name in zip(heads[mark], columns, strict=True) if not name)
    return Sheet(rows, tuple(name for name in columns if name), tuple(cell for cell in unread if cell))


def _column(cell: str, names: Mapping[str, str]) -> str:
    return names.get(cell.strip().lower().replace(" ", "_"), "")


def _require_columns(columns: Sequence[str], given: Sequence[str], names: Mapping[str, str]) -> None:
    known = [name for name in columns if name]
    wanted = ", ".join(dict.fromkeys(names.values()))
    if not known:
        there = f"its first line is {', '.join(given)[:60]}" if given else "it is empty"
        raise BadSheet(f"no column is known: {there}", line=1, do=f"name them in the first line: {wanted}")
    key = next(iter(names.values()))
    if key not in known:
        there = ", ".join(given)[:60]
        raise BadSheet(f"there is no column {key} among {there}", line=1, do=f"the columns are {wanted}")
    twice = next((name for name in known if known.count(name) > 1), "")
    if twice:
        raise BadSheet(f"two columns are both {twice}", line=1, do="leave one of them out")


def _csv_rows(reader: Any, columns: Sequence[str], above: int) -> Iterator[SheetRow]:
    line = above + 1
    width = len(columns)
    used = [(at, name) for at, name in enumerate(columns) if name]
    try:
        for cells in reader:
            if any(cells):
                if len(cells) > width and any(cells[width:]):
                    what = f"has {len(cells)} cells for {width} columns"
                    raise BadSheet(what, line=line, do='put a cell with the separator in it in quotes: "a,b"')
                yield SheetRow(line, {name: cells[at] if at < len(cells) else "" for at, name in used})
            line = above + 1 + reader.line_num
    except csv.Error as error:
        what = f"cannot be read: {error}"
        raise BadSheet(what, line=line, do="a quote inside a cell is written twice") from None


def _read_json(text: str, names: Mapping[str, str]) -> Sheet:
    try:
        document = json.loads(text)
    except RecursionError:
        raise BadSheet("is nested too deep", do="an array of objects is wanted") from None
    except json.JSONDecodeError as error:
        document = _json_lines(text) if error.msg == "Extra data" else None
        if document is None:
            raise BadSheet(f"is not JSON: {error.msg}", line=error.lineno) from None
    if not isinstance(document, list):
        raise BadSheet("is no array of objects", do='write [{"…": "…"}, …]')
    rows: list[SheetRow] = []
    columns: dict[str, None] = {}
    unread: dict[str, None] = {}
    for number, each in enumerate(document, 1):
        if not isinstance(each, dict):
            raise BadSheet("is no object", line=number, do='write {"…": "…"}')
        cells: dict[str, Cell] = {}
        for key, value in each.items():
            name = _column(key, names)
            if name:
                cells[name] = _cell(value, key, number)
            (columns if name else unread)[name or key] = None
        rows.append(SheetRow(number, cells))
    if rows:
        _require_columns(list(columns), list(unread), names)
    return Sheet(rows, tuple(columns), tuple(unread))


def _json_lines(text: str) -> list[object] | None:
    """One object a line, as `log --json` prints them; None where it is something else."""
    try:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (json.JSONDecodeError, RecursionError):
        return None


def _cell(value: object, name: str, number: int) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    if isinstance(value, (str, int)):
        return _whole(str(value), name, number)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(_whole(item, name, number) for item in value)
    raise BadSheet(f"{name} is neither a text nor a list of texts", line=number)


def _whole(text: str, name: str, number: int) -> str:
    """The text, in which a lone surrogate stands for a byte that is not UTF-8, or for nothing at all."""
    try:
        encode(text)
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise BadSheet(f"{name} has half a character, {half}", line=number, do="write it whole") from None
    return text


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """The rows as CSV; lists with commas between their items, true and false as yes and no."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_text(row.get(name)) for name in columns] for row in rows)
    return encode(out.getvalue())


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(value)
    return "" if value is None else str(value)


def write_json(rows: Iterable[Mapping[str, object]]) -> bytes:
    """The rows as a JSON array, an object a line; what is None is left out."""
    lines = (
        json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=True)
        for row in rows
    )
    text = ",\n".join(lines)
    return f"[\n{text}\n]\n".encode("ascii") if text else b"[]\n"
