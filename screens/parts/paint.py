"""The console's few colours, by name, and the theme made of them.

    paint = paint_for(plan)        # Mapping style name -> rich Style; widgets: self.paint["warning"]

Names: "" plain · "bold" · "dim" not in force, or less important · "accent" the focused thing ·
"title" headings · "key" a key in the footer · "error" red · "warning" yellow · "good" green ·
"cursor" the row under the cursor · "bar" the status line · "match" what the filter found.
Every meaning has a letter or a word too; without colours there remain bold, dim, underline, reverse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from mailtui.screens.parts.compositor import LineCache
from mailtui.screens.parts.terminal import Plan

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp


class Colours(NamedTuple):
    """The console's own colours on a ground. All of them are in the 256 colour cube: the same screen in
    truecolor and over a plain SSH. Each text is to be told from each ground it may stand on (4.5:1, WCAG)."""

    ground: str
    bar: str
    raised: str
    text: str
    quiet: str
    accent: str
    red: str
    yellow: str
    green: str
    cursor: str = "#005f87"
    on_cursor: str = "#ffffff"


DARK = Colours(
    ground="#121212", bar="#262626", raised="#1c1c1c", text="#d0d0d0", quiet="#949494",
    accent="#5fafff", red="#ff5f5f", yellow="#ffd75f", green="#87d75f",
)  # fmt: skip
LIGHT = Colours(
    ground="#ffffff", bar="#dadada", raised="#eeeeee", text="#262626", quiet="#585858",
    accent="#005faf", red="#af0000", yellow="#5f5f00", green="#005f00",
)  # fmt: skip


def _own(of: Colours) -> dict[str, Style]:
    return {
        "": Style(color=of.text),
        "bold": Style(color=of.text, bold=True),
        "dim": Style(color=of.quiet),
        "accent": Style(color=of.accent, bold=True),
        "title": Style(color=of.accent),
        "key": Style(color=of.accent, bold=True),
        "error": Style(color=of.red, bold=True),
        "warning": Style(color=of.yellow),
        "good": Style(color=of.green),
        "cursor": Style(color=of.on_cursor, bgcolor=of.cursor),
        "bar": Style(color=of.text, bgcolor=of.bar),
        "match": Style(underline=True, bold=True),
    }


def _sixteen(accent: str, red: str, yellow: str, green: str) -> dict[str, Style]:
    """The terminal's own colours; only such of them as can be read on its ground."""
    return {
        "": Style(),
        "bold": Style(bold=True),
        "dim": Style(dim=True),
        "accent": Style(color=accent, bold=True),
        "title": Style(color=accent),
        "key": Style(bold=True),
        "error": Style(color=red, bold=True),
        "warning": Style(color=yellow),
        "good": Style(color=green),
        "cursor": Style(reverse=True),
        "bar": Style(reverse=True),
        "match": Style(underline=True, bold=True),
    }


_OWN = {False: _own(DARK), True: _own(LIGHT)}
_SIXTEEN = {
    False: _sixteen("cyan", "bright_red", "yellow", "green"),
    True: _sixteen("blue", "red", "magenta", "blue"),
}
_UNPAINTED = {"cursor": Style(bold=True), "bar": Style()}
"""What a screen reader has no use for: the terminal's own cursor shows where one is."""


def _theme(name: str, of: Colours, *, dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=of.accent,
        secondary=of.accent,
        accent=of.accent,
        warning=of.yellow,
        error=of.red,
        success=of.green,
        foreground=of.text,
        background=of.ground,
        surface=of.ground,
        panel=of.raised,
        boost=of.ground,
        text_alpha=1.0,
        dark=dark,
        variables={
            "block-cursor-background": of.cursor,
            "block-cursor-foreground": of.on_cursor,
            "text-disabled": of.quiet,
            "input-cursor-background": of.text,
            "input-cursor-foreground": of.ground,
            "input-selection-background": of.cursor,
        },
    )


THEMES = (_theme("mailtui", DARK, dark=True), _theme("mailtui-light", LIGHT, dark=False))
"""The themes for terminals with 256 colours and more; the others use Textual's ansi-dark and ansi-light."""


def theme_for(plan: Plan) -> str:
    """The name of the theme for this terminal."""
    return ("ansi-light" if plan.light else "ansi-dark") if plan.ansi else THEMES[plan.light].name


def paint_for(plan: Plan) -> Mapping[str, Style]:
    """The styles by name for this terminal."""
    paint = (_SIXTEEN if plan.ansi else _OWN)[plan.light]
    return paint | _UNPAINTED if plan.plain else paint


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

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_cache = LineCache()

    @property
    def reading_line(self) -> int:
        """The line of it where somebody reads who hears or feels one line at a time."""
        return 0

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
