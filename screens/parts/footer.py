"""The bottom line: five keys of this view, `q`, and `? keys`; or, until the next key, what just happened,
on as many lines as that takes.

    yield Footer()
    footer.say("staged: ~ alias webmaster…", "information")

The keys are those of `screen.active_bindings`, so that a field that has the cursor shows its own. A screen
with a method `word_of(binding)` says itself what an action is called now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.strip import Strip

from mailtui.screens.parts.bars import Bar
from mailtui.screens.parts.keys import key_name
from mailtui.screens.parts.text import (
    Span,
    ascii_in_use,
    cells,
    ellipsis,
    plain_in_use,
    segments,
    show,
    spans_width,
    wrapped,
)

if TYPE_CHECKING:
    from mailtui.screens.parts.lifetime import LastingApp

MOST, FEW = 5, 3
"""Keys of the view that are shown; where they are read out."""

LINES = 3
"""Lines of a message at most."""
NARROW = 20
"""Columns below which nothing is wrapped."""

_SEVERITIES = {"information": ("", ""), "warning": ("? ", "warning"), "error": ("! ", "error")}


def actions(screen: Screen[object]) -> list[ActiveBinding]:
    """The actions of a view in the order of their declaration, one entry each: those with an id, whatever
    number of keys they have."""
    found: dict[tuple[str, str], ActiveBinding] = {}
    nodes: list[DOMNode] = []
    for active in screen.active_bindings.values():
        if active.binding.id:
            found.setdefault((active.binding.action, active.binding.id), active)
        if active.node not in nodes:
            nodes.append(active.node)
    return sorted(found.values(), key=lambda active: (nodes.index(active.node), _place(active)))


def _place(active: ActiveBinding) -> int:
    """Where the binding stands in its class, what a subclass declares first; a key given to one dialog
    alone comes before all."""
    declared = [
        binding.id
        for owner in type(active.node).__mro__
        for binding in vars(owner).get("BINDINGS", ())
        if isinstance(binding, Binding)
    ]
    own: list[str] = getattr(active.node, "own_ids", [])
    order = [*own, *declared]
    return order.index(active.binding.id) if active.binding.id in order else -1


class Footer(Bar):
    """` n new  ⏎ edit  d delete  # off                       q quit  ? keys`."""

    def __init__(self) -> None:
        super().__init__()
        self._message: tuple[str, str] | None = None
        self._said: list[list[Span]] = []
        """The message in lines, where it needs more than one."""
        self._height = 1

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def say(self, text: str, severity: str = "information") -> None:
        """Show a message in place of the keys until the next key is pressed; an empty one: the keys."""
        self._message = (text, severity) if text else None
        if text:
            cast("LastingApp", self.app).speaking.add(self)
        self._fit()
        self.refresh()

    def hush(self) -> None:
        """Show the keys again."""
        cast("LastingApp", self.app).speaking.discard(self)
        if self._message is not None:
            self._message = None
            self._fit()
            self.refresh()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Take the lines that the message needs."""
        self._said = self._wrapped(self.size.width) if self._message is not None else []
        height = max(1, len(self._said))
        if height != self._height:
            self.styles.height = self._height = height

    def _wrapped(self, width: int) -> list[list[Span]]:
        """The message in lines; at most `LINES`, the last of them cut."""
        assert self._message is not None  # the caller looked
        lead, style = _SEVERITIES[self._message[1]]
        indent = 1 + len(lead)
        if indent + cells(show(self._message[0])) <= width or width < NARROW:
            return []
        lines = wrapped([(f" {lead}{self._message[0]}", style)], width - 1, indent)
        if len(lines) > LINES:
            del lines[LINES:]
            lines[-1].append((ellipsis(), style))
        return lines

    def render_line(self, y: int) -> Strip:
        if not self._said:
            return super().render_line(y)
        width = self.size.width
        return self.strip(segments(self._said[y] if y < len(self._said) else [], width, self.paint), width)

    @property
    def message(self) -> str:
        """The message on show; empty where there is none."""
        return self._message[0] if self._message else ""

    def parts(self, width: int) -> tuple[list[Span], list[Span]]:
        if self._message is not None:
            lead, style = _SEVERITIES[self._message[1]]
            return [(f" {lead}", style), (self._message[0], style)], []
        left: list[Span] = []
        right: list[Span] = []
        own: list[list[Span]] = []
        found = actions(self.screen)
        ids = {active.binding.id for active in found}
        back = None
        if "app.help" in ids and "app.quit" not in ids:  # a view that has a `q` of its own: it stands there
            back = self.screen.active_bindings.get("q")
        for active in found:
            general = isinstance(active.node, App)
            if general and active.binding.id not in {"app.quit", "app.help"}:
                continue
            if back is not None and active.binding.id in {back.binding.id, "app.help"}:
                right.extend(self._spans(active))
                continue
            if not general and not active.binding.show:
                continue
            if not general and not self._word(active.binding):
                continue
            span = self._spans(active)
            if general:
                right.extend(span)
            else:
                own.append(span)
        room = width - spans_width(right) - 1
        for span in own[: FEW if plain_in_use() else MOST]:
            if spans_width(left) + spans_width(span) > room:
                break
            left.extend(span)
        return [(" ", ""), *left], [*right[:-1], (" ", "")] if right else []

    def _word(self, binding: Binding) -> str:
        """What the screen calls an action now; empty where it is not offered."""
        word_of: Callable[[Binding], str] | None = getattr(self.screen, "word_of", None)
        return word_of(binding) if word_of is not None else binding.description

    def _spans(self, active: ActiveBinding) -> list[Span]:
        binding = active.binding
        key = binding.key_display or key_name(binding.key, ascii_in_use())
        word = self._word(binding)
        if binding.id == "app.quit" and self.screen is not self.app.screen_stack[0]:
            word = "back"
        style = "" if active.enabled else "dim"
        return [(key, "key" if active.enabled else "dim"), (f" {word}", style), ("  ", "")]
