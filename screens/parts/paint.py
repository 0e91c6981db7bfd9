"""The console's few colours, by name, and the theme made of them.

    paint = paint_for(plan)        # Mapping style name -> rich Style; widgets: self.paint["warning"]

Names: "" plain · "bold" · "dim" not in force, or less important · "accent" the focused thing ·
"title" headings · "key" a key in the footer · "error" red · "warning" yellow · "good" green ·
"cursor" the row under the cursor · "bar" the status line · "match" what the filter found.
Every meaning has a letter or a word too; without colours there remain bold, dim, underline, reverse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from mailtui.screens.parts.terminal import Plan

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp

GROUND, TEXT, QUIET = "#121212", "#d0d0d0", "#949494"
ACCENT, RED, YELLOW, GREEN = "#5fafff", "#ff5f5f", "#ffd75f", "#87d75f"
CURSOR, BAR, RAISED = "#005f87", "#303030", "#1c1c1c"
# All of them are in the 256 colour cube: the same screen in truecolor and over a plain SSH.

_OWN: dict[str, Style] = {
    "": Style(color=TEXT),
    "bold": Style(color=TEXT, bold=True),
    "dim": Style(color=QUIET),
    "accent": Style(color=ACCENT, bold=True),
    "title": Style(color=ACCENT),
    "key": Style(color=ACCENT, bold=True),
    "error": Style(color=RED, bold=True),
    "warning": Style(color=YELLOW),
    "good": Style(color=GREEN),
    "cursor": Style(color="#ffffff", bgcolor=CURSOR),
    "bar": Style(color=TEXT, bgcolor=BAR),
    "match": Style(underline=True, bold=True),
}

_SIXTEEN: dict[str, Style] = {
    "": Style(),
    "bold": Style(bold=True),
    "dim": Style(dim=True),
    "accent": Style(color="cyan", bold=True),
    "title": Style(color="cyan"),
    "key": Style(bold=True),
    "error": Style(color="red", bold=True),
    "warning": Style(color="yellow"),
    "good": Style(color="green"),
    "cursor": Style(reverse=True),
    "bar": Style(reverse=True),
    "match": Style(underline=True, bold=True),
}

THEME = Theme(
    name="mailtui",
    primary=ACCENT,
    secondary=ACCENT,
    accent=ACCENT,
    warning=YELLOW,
    error=RED,
    success=GREEN,
    foreground=TEXT,
    background=GROUND,
    surface=GROUND,
    panel=RAISED,
    boost=GROUND,
    text_alpha=1.0,
    variables={
        "block-cursor-background": CURSOR,
        "block-cursor-foreground": "#ffffff",
        "input-cursor-background": TEXT,
        "input-cursor-foreground": GROUND,
        "input-selection-background": CURSOR,
    },
)
"""The theme for terminals with 256 colours and more; the others use Textual's ansi-dark."""


def paint_for(plan: Plan) -> Mapping[str, Style]:
    """The styles by name for this terminal."""
    return _SIXTEEN if plan.ansi else _OWN


def _grounded(line: Iterable[Segment], ground: Style) -> list[Segment]:
    """A line over a ground; neighbours in one style are one. Each row that is painted comes by here: styles
    are told apart by what they are, not by comparing all that they say."""
    found: list[Segment] = []
    texts: list[str] = []
    last: Style | None = None
    for text, style, _ in line:
        if not text:
            continue
        if style is not last and texts:
            found.append(Segment("".join(texts), ground if last is None else ground + last))
            texts = []
        last = style
        texts.append(text)
    if texts:
        found.append(Segment("".join(texts), ground if last is None else ground + last))
    return found


class Painted(Widget):
    """A widget that draws its own lines with the console's styles."""

    @property
    def paint(self) -> Mapping[str, Style]:
        """The styles by name."""
        return cast("MailtuiApp", self.app).paint

    def strip(self, line: Iterable[Segment], width: int) -> Strip:
        """A finished line of `width` cells. Textual lays no ground under what a widget draws itself: in
        the console's own colours that would leave the terminal's, which may be as bright as the text."""
        if self.app.native_ansi_color:
            return Strip(line, width)
        return Strip(_grounded(line, self.visual_style.rich_style), width)

    def over_cursor(self, style: Style) -> Style:
        """A span's style on the row under the cursor: its weight stays, its colour gives way, so that
        every text is readable on the cursor's ground."""
        kept = Style(bold=style.bold, underline=style.underline)
        return self.paint["cursor"] + kept
