"""What is sent for an update leaves the terminal as a whole repaint would; and it is short."""

from __future__ import annotations

from typing import NamedTuple

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from mailtui.screens.parts.compositor import PartsUpdate
from mailtui.screens.parts.movedrows import moved_rows
from mailtui.screens.parts.picture import Picture

SIZE = Size(12, 8)
STYLES = [
    Style(), Style(bold=True), Style(color="#ff5f5f"), Style(color="#121212", bgcolor="#d0d0d0"),
    Style(bgcolor="#005f87"), Style(underline=True, color="#123456"), Style(reverse=True), Style(dim=True),
]  # fmt: skip


def _row(cells: list[tuple[str, int]], width: int) -> Strip:
    """A row of exactly `width` cells."""
    strip = Strip([Segment(text, STYLES[style]) for text, style in cells])
    return strip.adjust_cell_length(width, STYLES[0])


texts = st.text("ab x…界─", min_size=1, max_size=5)
rows = st.lists(st.tuples(texts, st.integers(0, len(STYLES) - 1)), max_size=4).map(
    lambda cells: _row(cells, 12)
)


class Shown:
    """A terminal, and what it is sent."""

    def __init__(self) -> None:
        self.console = Console(color_system="truecolor", force_terminal=True, width=SIZE.width)
        self.screen = pyte.Screen(*SIZE)
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        self._stream.feed(text)

    @property
    def cells(self) -> list[list[tuple[object, ...]]]:
        """Each cell; of a blank what can be seen of it."""
        found = []
        for y in range(SIZE.height):
            row: list[tuple[object, ...]] = []
            for x in range(SIZE.width):
                one = self.screen.buffer[y][x]
                lined = one.underscore or one.reverse or one.strikethrough
                seen = one.data != " " or lined
                row.append((one.data, one.bg, *((one.fg, one.bold, lined) if seen else ())))
            found.append(row)
        return found


def whole(strips: list[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[strip] for strip in strips], Region(0, 0, *SIZE))


def part(strips: list[Strip]) -> ChopsUpdate:
    return ChopsUpdate(
        [{0: strip} for strip in strips],
        [(y, 0, SIZE.width) for y in range(SIZE.height)],
        [[SIZE.width]] * SIZE.height,
    )


pictures = st.lists(rows, min_size=SIZE.height, max_size=SIZE.height)


@given(st.lists(st.tuples(pictures, st.booleans()), min_size=2, max_size=5))
def test_differences_add_up_to_the_whole(updates: list[tuple[list[Strip], bool]]) -> None:
    picture, ours, textual = Picture(), Shown(), Shown()
    frames = [frame for frame, _ in updates]
    ours.feed(picture.send(whole(frames[0]), SIZE, ours.console))
    for frame, laid_out in updates[1:]:
        ours.feed(picture.send(whole(frame) if laid_out else part(frame), SIZE, ours.console))
    textual.feed(whole(frames[-1]).render_segments(textual.console).replace("\n", ""))
    assert ours.cells == textual.cells


class Scrolled(NamedTuple):
    """A list of many rows seen through a window that moves, under a heading; `at` is the row of the cursor."""

    rows: list[Strip]
    views: list[tuple[int, int]]

    def frames(self) -> list[list[Strip]]:
        found = []
        for top, at in self.views:
            seen = self.rows[top : top + SIZE.height - 2]
            seen[at] = seen[at].apply_style(STYLES[4])
            found.append([_row([("heading", 1)], 12), *seen, _row([("foot", 0)], 12)])
        return found


scrolled = st.builds(
    Scrolled,
    st.lists(st.tuples(texts, st.integers(0, len(STYLES) - 1)), min_size=14, max_size=14).map(
        lambda cells: [_row([(str(number), 0), cell], 12) for number, cell in enumerate(cells)]
    ),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, SIZE.height - 3)), min_size=2, max_size=6),
)


@given(scrolled)
def test_a_list_that_scrolls_adds_up_to_the_whole(seen: Scrolled) -> None:
    picture, ours, textual = Picture(), Shown(), Shown()
    first, *later = seen.frames()
    ours.feed(picture.send(whole(first), SIZE, ours.console))
    for frame in later:
        rows = PartsUpdate([(y, 0, strip) for y, strip in enumerate(frame)])
        ours.feed(picture.send(rows, SIZE, ours.console))
        textual.feed("\x1b[H" + whole(frame).render_segments(textual.console).replace("\n", ""))
        assert ours.cells == textual.cells


@pytest.mark.parametrize("by", [1, -1])
def test_rows_that_only_move_are_moved_by_the_terminal(by: int) -> None:
    picture, shown = Picture(), Shown()
    many = [_row([(f"row {number:7}", 0)], 12) for number in range(20)]
    head = _row([("heading", 1)], 12)
    picture.send(whole([head, *many[5 : SIZE.height + 4]]), SIZE, shown.console)
    after = [head, *many[5 + by : SIZE.height + 4 + by]]
    sent = picture.send(PartsUpdate([(y, 0, strip) for y, strip in enumerate(after)]), SIZE, shown.console)
    new = "row      12" if by > 0 else "row       4"
    assert sent.startswith("\x1b[2;8r\x1b[8;1H\n\x1b[r" if by > 0 else "\x1b[2;8r\x1b[2;1H\x1bM\x1b[r")
    assert sent.count("row") == 1
    assert new in sent


def test_rows_that_are_not_painted_are_not_moved() -> None:
    new = {1: "b", 2: "c", 4: "e", 5: "f", 6: "g", 7: "h"}
    old = {1: "a", 2: "b", 4: "d", 5: "e", 6: "f", 7: "g"}
    assert moved_rows(new, old) is None
    assert moved_rows(new | {3: "d"}, old | {3: "c"}) == (1, 7, 1)


@given(pictures)
def test_what_stands_there_already_is_not_sent(frame: list[Strip]) -> None:
    picture, shown = Picture(), Shown()
    picture.send(whole(frame), SIZE, shown.console)
    for update in (part(frame), whole(frame)):
        assert picture.send(update, SIZE, shown.console) == ""


def test_what_is_forgotten_is_sent_whole() -> None:
    picture, shown = Picture(), Shown()
    frame = [_row([("abc", 0)], 12)] * SIZE.height
    first = picture.send(whole(frame), SIZE, shown.console)
    shown.feed("\x1b[2J")  # another program writes on the terminal
    picture.forget()
    assert picture.send(whole(frame), SIZE, shown.console) == first


def test_another_size_or_an_unknown_update_forgets_what_stood_there() -> None:
    picture, shown = Picture(), Shown()
    frame = [_row([("abc", 0)], 12)] * SIZE.height
    picture.send(whole(frame), SIZE, shown.console)
    assert "abc" in picture.send(part(frame), Size(12, 9), shown.console)
    assert picture.differing("text", SIZE, shown.console) == "text"
    assert "abc" in picture.send(part(frame), Size(12, 9), shown.console)


@pytest.mark.parametrize(
    ("before", "after", "sent"),
    [
        ("user1  jean", "user2  jean", "\x1b[1;5H2"),
        ("user1  jean", "user1  jeanne", "\x1b[1;12Hn"),
        ("user1  jean", "user1  luc", "\x1b[1;8Hluc "),
    ],
)
def test_only_cells_that_differ_are_sent(before: str, after: str, sent: str) -> None:
    picture, shown = Picture(), Shown()
    picture.send(whole([_row([(before, 0)], 12)] * SIZE.height), SIZE, shown.console)
    frame = [_row([(after, 0)], 12), *[_row([(before, 0)], 12)] * (SIZE.height - 1)]
    assert picture.send(part(frame), SIZE, shown.console) == sent


def test_colours_of_the_palette_go_by_number() -> None:
    picture, shown = Picture(), Shown()
    text = picture.send(whole([_row([("a", 2), ("b", 5)], 12)] * SIZE.height), SIZE, shown.console)
    assert "\x1b[38;5;203ma" in text
    assert "38;2;18;52;86" in text
