"""The form of one rule of a table of patterns or networks: what it matches, its action, its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mailtui.formats.splice import Refused
from mailtui.postfix.instance import Instance
from mailtui.postfix.patternrows import PatternLine
from mailtui.screens.parts.form import ChoiceField, Form, FormField, Made, Note, TextField, Values
from mailtui.text.safe import decode, safe

if TYPE_CHECKING:
    from mailtui.screens.parts.patternlist import PatternList

_HINTS = {
    "cidr": "192.0.2.0/24, 2001:db8::/32 or an address; !NETWORK: all others; if NETWORK opens a condition",
    "regexp": "/pattern/flags; ! before it turns it round; if /pattern/ opens a condition",
    "pcre": "/pattern/flags; ! before it turns it round; if /pattern/ opens a condition",
}


def rule_form(screen: PatternList, line: PatternLine | None, here: PatternLine | None) -> Form:
    """The form; `line` None for a new rule, which goes before `here` or to the end."""
    word = screen.word
    edits = screen.session.draft.edits

    def complete(typed: str) -> Sequence[str]:
        known = screen.actions(screen.ahead.at(edits).instance)
        return [name for name, _says in known if name.startswith(typed)]

    name = "" if line is None else line.name
    value = "" if line is None else line.value
    fields: list[FormField] = [
        TextField(name="name", label=word, content=name, hint=_HINTS[screen.table().type]),
        TextField(name="value", label="action", content=value, complete=complete,
                  when=lambda values: not is_condition(str(values["name"]))),
    ]  # fmt: skip
    if line is None and here is not None and here.at is not None:
        fields.append(
            ChoiceField(name="place", label="place", choices=(
                ("before", f"before {safe(here.name, 50)}: of those that match, the first counts"),
                ("end", "as the last rule"),
            ))
        )  # fmt: skip
    title = f"new rule in {screen.table().name}" if line is None else f"edit {safe(name)}"
    return Form(title, fields, at="value" if line is not None and line.row.kind == "rule" else "name")


def is_condition(name: str) -> bool:
    """Whether what is typed opens a condition."""
    word = name.strip().lower()
    return word.startswith("if") and not word[2:3].isalnum()


def _text(values: Values, *, new: bool) -> str:
    name, value = str(values["name"]).strip(), str(values["value"]).strip()
    if is_condition(name):
        return f"{name}\nendif" if new else name
    return f"{name} {value}"


def edited(
    screen: PatternList, line: PatternLine | None, here: PatternLine | None
) -> Callable[[Instance, Values], Made]:
    """What the form comes to."""
    from mailtui.edits.patternmaking import adding, setting

    def make(after: Instance, values: Values) -> Made:
        name = str(values["name"]).strip()
        if not name:
            return Made(refused=f"Type a {screen.word} first")
        if not is_condition(name) and not str(values["value"]).strip():
            return Made(refused="Type an action")
        lines = screen.document_of(after)
        wrong = [note for note in checked(screen)(after, values) if note.severity == "error"]
        if wrong:
            return Made(refused=wrong[0].text, notes=wrong)
        try:
            if line is not None and line.at is not None:
                text = _text(values, new=False)
                if text == decode(lines.document.rows[line.at].text):
                    return Made()
                edit = setting(lines.document, lines.target, line.at, text)
                return Made([edit], to=(edit.to_rule, edit.to_number, True, False))
            before = here.at if values.get("place", "end") == "before" and here is not None else None
            added = adding(lines.document, lines.target, _text(values, new=True), before)
        except Refused as refused:
            return Made(refused=str(refused), notes=[Note("name", str(refused), "error")])
        return Made([added], to=(added.rule, added.number, True, False))

    return make


def checked(screen: PatternList) -> Callable[[Instance, Values], Sequence[Note]]:
    """What there is to say while it is typed."""

    def check(after: Instance, values: Values) -> Sequence[Note]:
        name, value = str(values["name"]).strip(), str(values["value"]).strip()
        notes: list[Note] = []
        if name:
            condition = is_condition(name)
            lines = screen.document_of(after)
            text = name if condition else f"{name} {value or 'DUNNO'}"
            made = type(lines.document)(text.encode("utf-8", "surrogateescape") + b"\n").rows
            if not made:
                notes.append(
                    Note("name", f"is no {screen.word}: a line that begins so is a comment", "error")
                )
            notes += [Note("name", row.error, "error") for row in made[:1] if row.error]
        if value and not is_condition(name):
            said = screen.check_value(after)(value)
            notes += [Note("value", text, severity) for text, severity in said]
        if name and not any(note.severity == "error" for note in notes):
            said = screen.typed(after, name if is_condition(name) else f"{name} {value or 'DUNNO'}")
            notes += [Note("name", text, severity) for text, severity in said]
        return notes

    return check
