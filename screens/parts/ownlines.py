"""What is said of one of mailtui's own settings: where it stands, and the lines of the detail pane."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.ownsettings import OwnRow, key_words, value_words
from mailtui.screens.parts.text import Spans, short_path
from mailtui.settings import Settings
from mailtui.settingswords import Setting


def where(row: OwnRow, *, whole: bool = False) -> str:
    """Where the value stands, short for the list, `whole` for the pane."""
    if row.place is None:
        return "default"
    path = short_path(row.place.path) if whole else os.path.basename(row.place.path)
    return f"{path}:{row.place.line}" if row.place.line else path


def about(row: OwnRow) -> Iterator[Spans]:
    """The lines of the pane."""
    if row.part == "problem":
        yield _said("!", f"{row.name}: {row.value}", "error")
        yield _said("so", "this line counts for nothing; all others hold")
        return
    yield _said("keys" if row.part == "key" else "value", row.value)
    if row.action is not None:
        yield _said("is", row.action.sentence)
        if row.place is not None:
            yield _said("default", key_words(row.action.keys))
    setting = row.setting
    if setting is not None:
        yield _said("is", setting.help)
        if row.part == "setting":
            yield from _about(row, setting)
        if setting.more:
            yield _said("note", setting.more)
    for place in reversed(row.places[:-1]):
        yield _said("also", f"{place} sets it; what is shown wins")


def _about(row: OwnRow, setting: Setting) -> Iterator[Spans]:
    if row.place is not None:
        yield _said("default", value_words(setting, getattr(Settings, setting.field)))
    choices, label = setting.kind.choices, "may be"
    if not any(meaning for _, meaning in choices):
        choices = ((", ".join(word for word, _ in choices), ""),) if choices else ()
    for word, meaning in choices:
        yield _said(label, f"{word}: {meaning}" if meaning else word)
        label = ""
    if not setting.kind.choices:
        yield _said("must be", setting.kind.words)
    yield _said("holds", "at once" if setting.at_once else "from the next start")


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def as_text(row: OwnRow) -> str:
    """A row as a line to copy."""
    return f"{row.title} = {row.value}  ({row.place or 'default'})"
