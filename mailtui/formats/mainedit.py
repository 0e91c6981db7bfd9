"""Edits of one parameter of main.cf. Each is read back before it is handed out."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from mailtui.formats.commented import off
from mailtui.formats.lines import CONTINUATION, FIRST
from mailtui.formats.listrows import list_rows
from mailtui.formats.lists import is_one_item, items
from mailtui.formats.rows import shrunk
from mailtui.formats.splice import Missing, Refused, Splice
from mailtui.formats.values import SPACE, Layout, Parts
from mailtui.text.safe import encode, safe

if TYPE_CHECKING:
    from mailtui.formats.maincf import MainCf


_NEW_NAME = re.compile(rb"[^\x00-\x20\x7f=]+")
"""What may become a name: what stands in a file already is edited whatever it is called."""


def check_name(name: str) -> bytes:
    """The bytes of a parameter name. Raises Refused for what would be read as something else."""
    raw = encode(name)
    if not raw or raw.startswith(b"#") or any(byte in SPACE + b"=\0" for byte in raw):
        raise _no_name(name)
    return raw


def _no_name(name: str) -> Refused:
    return Refused(f"“{safe(name)}” cannot be a parameter name", "use letters, digits and _")


def check_value(value: bytes) -> None:
    """Raises Refused for bytes that would end or cut a value."""
    if b"\n" in value or b"\0" in value:
        raise Refused("a value cannot hold a newline or a NUL byte", "write it in one line")


def check_items(tokens: Sequence[bytes], known: Collection[bytes] = ()) -> None:
    """Raises Refused for a text that would not be read back as the one item it is meant to be."""
    for token in tokens:
        check_value(token)
        if token not in known and not is_one_item(token):
            what = f"“{safe(token)}” is not one item of a list" if token else "an item cannot be empty"
            raise Refused(what, "text with blanks or commas goes in { }, and braces must match")


def _refused(name: str) -> Refused:
    return Refused(
        f"{safe(name)} cannot be written so in the lines it has now",
        "an item that begins with # must not stand first on a line; write the value in one line",
    )


# -- set


def set_value(document: MainCf, name: str, value: bytes | Sequence[bytes]) -> list[Splice]:
    """See `MainCf.set`."""
    raw = check_name(name)
    found = document.get(name)
    if found is None and not _NEW_NAME.fullmatch(raw):
        raise _no_name(name)
    if not isinstance(value, bytes):
        known = frozenset(items(found.value)) if found else ()
        check_items(value, known)
        return _add(document, raw, b", ".join(value)) if found is None else _set_items(document, name, value)
    value = value.strip(SPACE)
    check_value(value)
    if found is None:
        return _add(document, raw, value)
    if found.value == value:
        return []
    _, layout, parts = document.place(name)
    if layout.in_one_line(parts.start if value else parts.equals - 1, parts.end):
        folded = value if _gaps(found.value) else _folded(document, value)
        splices = document.checked(
            _in_place(layout, parts, folded), {name}, lambda after: _value(after, name) == value
        )
    else:
        splices = _as_list(document, name, value) if value else None
    return splices if splices is not None else _whole(document, name, value)


_GAP = re.compile(rb"(?<=\S)[ \t\r]+(?=[^\s#])")
"""Blanks within a value. In one that was joined from several lines the indentations are still there."""

_WIDE = 4
"""Blanks that are taken for an indentation wherever they stand; fewer, if they are the only gaps."""


def _gaps(value: bytes) -> list[bytes]:
    """The gaps of a value that look like the indentation of a line."""
    gaps: list[bytes] = _GAP.findall(value)
    least = 2 if all(len(gap) > 1 for gap in gaps) else _WIDE
    return [gap for gap in gaps if len(gap) >= least or b"\t" in gap or b"\r" in gap]


def _folded(document: MainCf, value: bytes) -> bytes:
    """A value in the lines it was once joined from: it reads the same, as their indentation stays in it."""
    wide = frozenset(_gaps(value))
    crlf = document.lines.newline == b"\r\n"

    def broken(gap: re.Match[bytes]) -> bytes:
        if gap[0] not in wide or (crlf and gap[0][:1] != b"\r"):  # else there would be an LF among CR LF
            return gap[0]
        return b"\r\n" + gap[0][1:] if gap[0].startswith(b"\r") else b"\n" + gap[0]

    return _GAP.sub(broken, value)


def _value(document: MainCf, name: str) -> bytes | None:
    found = document.get(name)
    return found.value if found is not None else None


def _in_place(layout: Layout, parts: Parts, value: bytes) -> list[Splice]:
    """A value on one line written over, its spacing kept."""
    old = layout.text[parts.start : parts.end]
    if old and value:
        change = shrunk(layout.start(parts.start), old, value)
        return [change] if change else []
    behind = layout.end(parts.equals)
    if old:
        return [Splice(behind, layout.end(parts.end), b"")]
    blank = b" " if parts.equals - parts.name_end > 1 else b""
    return [Splice(behind, behind, blank + value)]


def _normal(value: bytes) -> bytes:
    """A value with the blanks between its items made alike, for comparing."""
    return b" ".join(re.sub(rb"[ \t\r\n]*,[ \t\r\n]*", b", ", value).split())


def _as_list(document: MainCf, name: str, value: bytes) -> list[Splice] | None:
    """A value on several lines changed item by item; None where that would not say the same."""
    rows = list_rows(document.lines, document.place(name)[0])
    wanted = items(value)
    rows.rewrite(wanted)
    return document.checked(
        rows.splices(),
        {name},
        lambda after: (
            [token.text for token in after.tokens(name)] == wanted
            and _normal(_value(after, name) or b"") == _normal(value)
        ),
    )


def _whole(document: MainCf, name: str, value: bytes) -> list[Splice]:
    """The whole value on the line of its `=`; its continuation lines go, comments among them stay."""
    first, _, parts = document.place(name)
    rows = list_rows(document.lines, first)
    head, column = rows.behind(parts.equals)
    body = rows.rows[head].body
    blanks = body[column : len(body) - len(body[column:].lstrip(b" \t"))]
    if not blanks and parts.equals - parts.name_end > 1:
        blanks = b" "
    rows.rows[head + 1 :] = [row for row in rows.rows[head + 1 :] if not row.joins]
    rows.write(head, body[:column] + (blanks + _folded(document, value) if value else b""))
    splices = document.checked(rows.splices(), {name}, lambda after: _value(after, name) == value)
    if splices is None:
        raise _refused(name)
    return splices


def _set_items(document: MainCf, name: str, wanted: Sequence[bytes]) -> list[Splice]:
    rows = list_rows(document.lines, document.place(name)[0])
    rows.rewrite(wanted)
    return list_checked(document, name, rows.splices(), wanted)


def _new_place(document: MainCf, name: str) -> int:
    """Where a first definition goes: below its last commented-out one, never amid another's lines."""
    lines = document.lines
    examples = [d for d in document.commented if d.name == name]
    number = lines.at(examples[-1].start) + 1 if examples else len(lines)
    while number < len(lines) and lines.starts[number] < examples[-1].end:
        number += 1
    result = number
    for below in range(number, len(lines)):
        if lines.kinds[below] == FIRST:
            break
        if lines.kinds[below] == CONTINUATION:
            result = below + 1
    return lines.starts[result]


def _add(document: MainCf, name: bytes, value: bytes) -> list[Splice]:
    lines = document.lines
    at = _new_place(document, name.decode("utf-8", "surrogateescape"))
    above = lines.line(lines.at(at - 1)) if at else b""
    newline = b"\r\n" if above.endswith(b"\r\n") else lines.newline
    text = name + (b" = " + _folded(document, value) if value else b" =") + newline
    if at == len(document.raw) and lines.ends_open:
        text = newline + text
    return [Splice(at, at, text)]


# -- taken out, off, on, renamed


def unset(document: MainCf, name: str) -> list[Splice]:
    """See `MainCf.unset`."""
    return [_line(document, number) for layout in _layouts(document, name) for number in layout.members]


def _layouts(document: MainCf, name: str) -> list[Layout]:
    result = document.layouts(name)
    if not result:
        raise Missing(name)
    return result


def disable(document: MainCf, name: str) -> list[Splice]:
    """See `MainCf.disable`. Tries the plainest way first; takes the one that `enable` undoes to the byte."""
    layouts = _layouts(document, name)
    value = _value(document, name)
    heads = {layout.members[0] + 1 for layout in layouts}

    def mistaken(splices: list[Splice]) -> set[int]:
        after = document.spliced(splices)
        ours = (d for d in after.commented if d.name == name and d.line in heads)
        return {after.lines.at(splice.start) for d in ours for splice in after.uncommented(d)}

    def comes_back(splices: list[Splice]) -> bool:
        after = document.spliced(splices)
        if not any(d.name == name and d.value == value for d in after.commented):
            return False
        return after.spliced(enable(after, name, value)).raw == document.raw

    splices = off(document.lines, [layout.members for layout in layouts], mistaken, comes_back)
    after, same = document.spliced(splices), _normal(value or b"")
    if not any(d.name == name and _normal(d.value) == same for d in after.commented):
        raise Refused(f"{safe(name)} would read as prose once it is a comment", "reset it instead")
    return splices


def _line(document: MainCf, number: int) -> Splice:
    """A line taken out."""
    return Splice(document.lines.starts[number], document.lines.starts[number + 1], b"")


def enable(document: MainCf, name: str, value: bytes | None = None) -> list[Splice]:
    """See `MainCf.enable`."""
    standing = document.get(name)
    if standing is not None:
        raise Refused(f"{safe(name)} is set on line {standing.line}", "change its value instead")
    found = [d for d in document.commented if d.name == name]
    if value is not None:
        same = [d for d in found if _normal(d.value) == _normal(value)]
        found = [d for d in same if d.value == value] or same
    if not found:
        raise Missing(name)
    wanted = found[-1].value
    splices = document.checked(
        document.uncommented(found[-1]), {name}, lambda after: _value(after, name) == wanted
    )
    if splices is None:
        raise Refused(
            f"{safe(name)} on line {found[-1].line} stands among the lines of another parameter",
            "set it instead",
        )
    return splices


def rename(document: MainCf, name: str, new: str) -> list[Splice]:
    """See `MainCf.rename`."""
    raw = check_name(new)
    if new == name:
        return []
    standing = document.get(new)
    if standing is not None:
        raise Refused(f"{safe(new)} is set on line {standing.line}", "take one of the two out first")
    size = len(encode(name))
    return [Splice(layout.begin, layout.begin + size, raw) for layout in _layouts(document, name)]


def list_checked(document: MainCf, name: str, splices: list[Splice], wanted: Sequence[bytes]) -> list[Splice]:
    """`splices`, after which the items of `name` are `wanted`. Raises Refused where they would not be."""
    checked = document.checked(
        splices, {name}, lambda after: [token.text for token in after.tokens(name)] == list(wanted)
    )
    if checked is None:
        raise _refused(name)
    return checked
