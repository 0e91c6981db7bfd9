"""Text at the border: the only way in which words from files, logs and DNS reach a widget.

    spans = [("webmaster@falcot.com", "bold"), (" → ", "dim"), (raw, "")]
    segments(spans, width, paint)      # for render_line: safe, cut or padded to exactly `width` cells
    content(*spans)                    # for Static and its like: never markup
    Static(content((raw, "error")))

A span is (text, style name); the names are those of `paint.py`. Everything here passes `safe`, and in
ASCII mode (TERM=linux, --ascii) replaces the console's own line and arrow characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content

from mailtui.text.safe import safe

Span = tuple[str, str]
"""A piece of a line: its text (from anywhere; it is made safe here) and its style's name."""

Spans = Sequence[Span]

Matcher = Callable[[str], Iterable[tuple[int, int]]]
"""Where a filter matches a text: (start, end) pairs, in order and apart."""

_ASCII = {
    "…": "~", "→": "->", "←": "<-", "↑": "^", "↓": "v", "⏎": "Enter", "─": "-", "│": "|", "–": "-",
    "—": "-", "·": "-", "›": ">", "▸": ">", "█": "#", "“": '"', "”": '"', "’": "'", "×": "x", "−": "-",
    "▁": "_", "▂": "_", "▃": ".", "▄": ".", "▅": "o", "▆": "o", "▇": "O", "␀": "?",
}  # fmt: skip
_ASCII_TABLE = {
    **{ord(sign): plain for sign, plain in _ASCII.items()},
    **{code: "^" + chr(code - 0x2400 + 0x40) for code in range(0x2400, 0x2420)},
    0x2421: "^?",
}


class _Terminal:
    """What the terminal at hand can show. One for the process: there is one terminal."""

    ascii_only = False
    plain = False


def use_ascii(ascii_only: bool) -> None:
    """Say whether the terminal lacks line and arrow characters."""
    _Terminal.ascii_only = ascii_only


def use_plain(plain: bool) -> None:
    """Say whether somebody listens to the screen, or feels it, and needs no drawing."""
    _Terminal.plain = plain


def plain_in_use() -> bool:
    """Whether `use_plain` said so."""
    return _Terminal.plain


def ascii_in_use() -> bool:
    """Whether `use_ascii` said so."""
    return _Terminal.ascii_only


def show(text: str | bytes, limit: int = 4096) -> str:
    """One line that may go to the terminal (see `mailtui.text.safe`), in its character set."""
    text = safe(text, limit)
    if _Terminal.ascii_only and not text.isascii():
        text = text.translate(_ASCII_TABLE)
    return _alone(text)


def typed(text: str, limit: int) -> str:
    """A text for a field: as it is where a terminal shows it as it is."""
    return _alone(text if text.isprintable() else safe(text, limit))


def _alone(text: str) -> str:
    """Without what joins or colours neighbours (variation selectors, skin tones): terminals disagree
    about the width of the result, and a row must not shift."""
    if text.isascii():
        return text
    return "".join(c for c in text if not ("\ufe00" <= c <= "\ufe0f" or "\U0001f3fb" <= c <= "\U0001f3ff"))


def ellipsis() -> str:
    """The sign of a cut, one cell wide."""
    return "~" if _Terminal.ascii_only else "…"


def rule() -> str:
    """One cell of a horizontal line, which nobody needs to hear of."""
    return " " if _Terminal.plain else "-" if _Terminal.ascii_only else "─"


def cells(text: str) -> int:
    """The columns a safe text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """A safe text in at most `width` columns, a cut marked by the ellipsis."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    return set_cell_size(text, width - 1).rstrip() + ellipsis()


PATH = 30
"""Characters of a path above which only its end stands in a title."""


def short_path(path: str, most: int = PATH) -> str:
    """A path that leaves room beside it: of a long one its last two parts."""
    if len(path) <= most:
        return path
    slash = "/" if path.endswith("/") else ""
    dots = "..." if _Terminal.ascii_only else "…"  # where a cut is shown as ~ this would be a home
    return f"{dots}/{'/'.join(path.rstrip('/').split('/')[-2:])}{slash}"


def pad(text: str, width: int) -> str:
    """A safe text in exactly `width` columns."""
    text = cut(text, width)
    return text + " " * (width - cells(text))


def spans_width(spans: Spans) -> int:
    """The columns that spans take once they are shown."""
    return sum(cells(show(text)) for text, _ in spans)


def _marked(
    text: str, style: Style | None, matches: Iterable[tuple[int, int]], mark: Style
) -> Iterable[Segment]:
    at = 0
    over = mark if style is None else style + mark
    for start, end in matches:
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if start > at:
            yield Segment(text[at:start], style)
        yield Segment(text[start:end], over)
        at = end
    if at < len(text):
        yield Segment(text[at:], style)


def segments(
    spans: Spans,
    width: int,
    paint: Mapping[str, Style],
    *,
    base: Style | None = None,
    match: Matcher | None = None,
) -> list[Segment]:
    """Spans as segments of exactly `width` columns. `base` lies under every span's own style; what
    `match` finds is underlined. Unknown style names raise KeyError: a typing mistake must not pass."""
    result: list[Segment] = []
    left = width
    for raw, name in spans:
        if left <= 0:
            if raw and result:
                _end_in_ellipsis(result)
            break
        text = show(raw, max(left * 4, 64))
        taken = cells(text)
        shown = text if taken <= left else cut(text, left)
        style = paint[name] if base is None else base + paint[name]
        if match is None:
            result.append(Segment(shown, style))
        else:
            result.extend(_marked(shown, style, match(text), paint["match"]))
        left -= cells(shown)
    if left > 0:
        result.append(Segment(" " * left, base))
    return result


def _end_in_ellipsis(line: list[Segment]) -> None:
    """Say that a line which just fits would go on."""
    last = line.pop()
    room = cells(last.text)
    kept = set_cell_size(last.text, room - 1)
    line.append(Segment(kept + ellipsis(), last.style))


def content(*spans: Span | str) -> Content:
    """Content for Static, Label and their like: safe, and literal whatever brackets it holds."""
    pieces = [span if isinstance(span, tuple) else (span, "") for span in spans]
    return Content("").join(
        Content("\n").join(Content(show(line)).stylize(style) for line in text.split("\n"))
        for text, style in pieces
    )


def wrapped(spans: Spans, width: int, indent: int = 0) -> list[list[Span]]:
    """Spans broken into lines of at most `width` columns, at blanks where there are any, else at slashes;
    later lines start `indent` columns in. Text is made safe here, so that widths are those of the screen."""
    width = max(width, indent + 4)
    lines: list[list[Span]] = [[]]
    room = width
    for raw, style in spans:
        for word in _words(show(raw)):
            need = cells(word)
            if need > room and room < width - indent:
                lines.append([(" " * indent, "")] if indent else [])
                room = width - indent
                word = word.lstrip(" ")
                need = cells(word)
            while need > room:
                head = set_cell_size(word, room)
                taken = len(head.rstrip(" ")) if cell_len(head) != len(head) else len(head)
                slash = word.rfind("/", 0, taken) + 1
                if 2 * slash > taken:  # of a path that is too long: between its parts
                    head, taken = word[:slash], slash
                lines[-1].append((head, style))
                word = word[taken:]
                lines.append([(" " * indent, "")] if indent else [])
                room = width - indent
                need = cells(word)
            if word:
                lines[-1].append((word, style))
                room -= need
    return lines


def _words(text: str) -> Iterable[str]:
    """The text in pieces that may start a new line, each with the blanks before it."""
    start = 0
    for index in range(1, len(text)):
        if text[index] == " " and text[index - 1] != " ":
            yield text[start:index]
            start = index
    if start < len(text):
        yield text[start:]
