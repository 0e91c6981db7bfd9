"""What the keys of the list of filter files come to: forms, and edits of the files, or why there are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from mailtui.edits.datasets import AddLine, RemoveKeyRow, RemoveLine, SetKeyRow, SwitchKeyRow, SwitchLine
from mailtui.edits.greylist import AddWhite, RemoveWhite
from mailtui.edits.keywords import (
    AddKeyword,
    RemoveKeyword,
    SetKeyword,
    SwitchKeyword,
    UnsetKeyword,
    folded,
)
from mailtui.edits.model import Edit
from mailtui.formats.dkimtables import KINDS
from mailtui.formats.document import parse
from mailtui.formats.keywordgrammar import GRAMMARS, Kind
from mailtui.formats.splice import Refused
from mailtui.formats.whitelist import means
from mailtui.milters.filterfiles import FileRow, FilterFile
from mailtui.milters.keywordhelp import Meaning, catalogue, meaning, wrong
from mailtui.milters.places import raw_of
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.form import ChoiceField, Form, FormField, ListField, Made, Note, TextField, Values
from mailtui.screens.parts.keys import key_for
from mailtui.text.safe import decode, encode

_ITEMS = frozenset({"names", "networks", "addresses"})
_MOST = 20


def keys(row: FileRow) -> list[str]:
    """The keys by which edits of this row go."""
    target = row.file.target
    if row.sort == "keyword":
        name = folded(target, row.name)
        return [name, f"{name} {row.value}"]
    return [row.name, row.name.lower()]


# Editing one


def form(row: FileRow) -> Form:
    """The form for a row."""
    off = "" if row.enabled or row.line is None else " (off: setting it brings it back)"
    if row.sort == "row":
        fields: list[FormField] = [TextField(name="name", label=_label(row.file), content=row.name)]
        if _valued(row.file):
            fields.append(TextField(name="value", label="value", content=row.value))
        return Form(f"{row.name}{off}", fields, at="value" if _valued(row.file) else "name")
    value = row.value if row.line is not None else row.default
    return Form(f"{row.name}{off}", [_field(row.known, value)], at="value")


def _label(file: FilterFile) -> str:
    return {"keytable": "key", "signingtable": "sender"}.get(file.target.format, "host")


def _valued(file: FilterFile) -> bool:
    kind = KINDS.get(file.target.format)
    return kind is not None and kind.valued


def _field(known: Meaning | None, value: str) -> FormField:
    """The field `value` of a keyword, after its kind."""
    if known is None:
        return TextField(name="value", label="value", content=value)
    hint = known.text
    if known.choices:
        choices = [(each, "the default" if each == known.default else "") for each in known.choices]
        same = next((each for each in known.choices if _same(known, each, value)), None)
        if same is None and value:
            choices.insert(0, (value, "as it is written now"))
        return ChoiceField(
            name="value", label="value", choices=choices, chosen=same or value or known.default, hint=hint
        )
    if known.kind in _ITEMS:
        items = [each for each in value.split(",") if each]
        return ListField(name="value", label="value", items=items, hint=hint, split=_split)
    return TextField(name="value", label="value", content=value, hint=hint)


def _same(known: Meaning, choice: str, value: str) -> bool:
    if known.kind == "boolean":
        return bool(value) and (value[:1] in "tTyY1") is (choice == "yes") and value[:1] in "tTyY1fFnN0"
    return choice.lower() == value.lower()


def _split(text: str) -> list[str]:
    return [each.strip() for each in text.replace(" ", ",").split(",") if each.strip()]


def _value(values: Values) -> str:
    value = values.get("value", "")
    return value if isinstance(value, str) else ",".join(value)


def notes(row: FileRow, values: Values) -> list[Note]:
    """What is to be said while a value is typed."""
    if row.sort == "row":
        return _row_notes(row.file, str(values["name"]), _value(values))
    why = wrong(row.file.help, row.name, _value(values))
    return [Note("value", why, "error")] if why else []


def _row_notes(file: FilterFile, name: str, value: str) -> list[Note]:
    if not name:
        return []
    if file.target.format == "whitelist":
        try:
            says = means(encode(name), "recipients" if "recipients" in file.keyword else "clients")
        except Refused as error:
            return [Note("name", str(error), "error")]
        return [Note("name", says, "advice")]
    kind = KINDS[file.target.format]
    why = kind(b"").fault(encode(name), encode(value)) if value or not kind.valued else ""
    return [Note("value" if kind.valued else "name", why, "error")] if why else []


def _delete() -> str:
    """The key that takes a line out."""
    return key_for("filterfiles.delete", "d")


def with_value(row: FileRow, values: Values) -> Made:
    """What was typed into a row's form."""
    found = [note for note in notes(row, values) if note.severity == "error"]
    if found:
        return Made(refused=found[0].text, notes=found)
    value = _value(values)
    if row.sort == "row":
        return _row_changed(row, str(values["name"]), value)
    if value == row.value and row.enabled and row.line is not None:
        return Made()
    if not value:
        return Made(refused=f"{row.name} needs a value; {_delete()} takes the line out")
    return Made(_keyword(row, value), to=row.key)


def _keyword(row: FileRow, value: str) -> list[Edit]:
    target = row.file.target
    if row.enabled and row.repeats:
        edits: list[Edit] = [RemoveKeyword(target, row.name, row.value), AddKeyword(target, row.name, value)]
        return edits
    if row.enabled:
        return [SetKeyword(target, row.name, value, row.value)]
    if row.line is not None and value == row.value:
        return [SwitchKeyword(target, row.name, row.value, True)]
    return [SetKeyword(target, row.name, value, None)]


def _row_changed(row: FileRow, name: str, value: str) -> Made:
    target = row.file.target
    if not name:
        return Made(refused=f"Type a name first; {_delete()} takes the row out")
    if (name, value) == (row.name, row.value):
        return Made()
    if not row.enabled:
        return Made(refused=f"It is off; {key_for('filterfiles.switch', '#')} brings it back first")
    if target.format == "whitelist":
        return Made([RemoveWhite(target, row.name), AddWhite(target, name)])
    if not _valued(row.file):
        return Made([RemoveLine(target, row.name), AddLine(target, name)])
    if name == row.name:
        return Made([SetKeyRow(target, name, value, row.value)], to=row.key)
    return Made([RemoveKeyRow(target, row.name, row.value), SetKeyRow(target, name, value, None)])


# A new one


def new_form(file: FilterFile) -> Form:
    """The form for a keyword that is not set, or a row more."""
    if not file.is_keywords:
        fields: list[FormField] = [TextField(name="name", label=_label(file))]
        if _valued(file):
            hint = "domain:selector:/path" if file.target.format == "keytable" else "a key of the KeyTable"
            fields.append(TextField(name="value", label="value", hint=hint))
        return Form(f"new in {file.name}", fields)
    words = list(catalogue(file.help))

    def known(prefix: str) -> list[str]:
        return [word for word in words if word.lower().startswith(prefix.lower())][:_MOST]

    every = key_for("filterfiles.everything", "c")
    return Form(
        f"new keyword in {file.target.name}",
        [
            TextField(
                name="name", label="keyword", complete=known, hint=f"one of {len(words)}; {every} lists them"
            ),
            TextField(name="value", label="value"),
        ],
    )


def new_notes(after: Instance, file: FilterFile, values: Values) -> list[Note]:
    """What is to be said while a new one is typed."""
    name, value = str(values["name"]), _value(values)
    if not file.is_keywords:
        return _row_notes(file, name, value)
    if not name:
        return []
    found = meaning(file.help, name)
    if found is None:
        similar = [word for word in catalogue(file.help) if word.lower().startswith(name.lower())]
        grammar = GRAMMARS.get(cast("Kind", file.target.format))
        closed = grammar is not None and grammar.closed
        if similar or not closed:
            return []
        return [Note("name", f"{file.program.name} knows no {name}", "error")]
    said = [Note("name", found.text, "advice")]
    standing = _standing(after, file, found.name)
    if standing is not None and not _repeats(file, found.name):
        edit = f"{key_for('filterfiles.edit', 'Enter')} on it changes it"
        said.append(Note("name", f"{found.name} is set already: {standing}; {edit}", "error"))
    why = wrong(file.help, found.name, value)
    return [*said, Note("value", why, "error")] if why else said


def _repeats(file: FilterFile, name: str) -> bool:
    return FileRow(file, "keyword", name).repeats


def _standing(after: Instance, file: FilterFile, name: str) -> str | None:
    document = parse(file.target.format, raw_of(after, file.target.path))
    value = getattr(document, "value", lambda _: None)(name)
    return decode(value) if value is not None else None


def new(after: Instance, file: FilterFile, values: Values) -> Made:
    """What the form of a new one comes to."""
    name, value = str(values["name"]), _value(values)
    if not name:
        return Made(refused="Type a name first")
    found = [note for note in new_notes(after, file, values) if note.severity == "error"]
    if found:
        return Made(refused=found[0].text, notes=found)
    target = file.target
    if target.format == "whitelist":
        return Made([AddWhite(target, name)])
    if not file.is_keywords:
        edit: Edit = SetKeyRow(target, name, value, None) if _valued(file) else AddLine(target, name)
        return Made([edit])
    known = meaning(file.help, name)
    name = known.name if known is not None else name
    if not value:
        return Made(refused=f"{name} needs a value")
    if _standing(after, file, name) is not None and _repeats(file, name):
        return Made([AddKeyword(target, name, value)])
    return Made([SetKeyword(target, name, value, None)])


# Off, on, out


def switch(after: Instance, rows: Sequence[FileRow]) -> Made:
    """`#`: each off, or on again."""
    return _each(rows, lambda row: _switched(after, row))


def _switched(after: Instance, row: FileRow) -> Edit | str:
    target = row.file.target
    if row.sort == "file":
        return "a file is not switched off here; its program is"
    if row.marker == "-" or row.line is None:
        return f"{row.name} is not in the file"
    if row.sort == "keyword":
        if row.repeats:
            return f"{row.name} may stand more than once; {_delete()} takes this one out"
        if not row.enabled and _standing(after, row.file, row.name) is not None:
            return f"{row.name} is set in another line; change that one"
        return SwitchKeyword(target, row.name, row.value, not row.enabled)
    if target.format == "whitelist":
        return f"an entry of postgrey's lists is not commented out; {_delete()} takes it out"
    if _valued(row.file):
        return SwitchKeyRow(target, row.name, row.value, not row.enabled)
    return SwitchLine(target, row.name, not row.enabled)


def delete(after: Instance, rows: Sequence[FileRow]) -> Made:
    """`d`: each out of its file."""
    return _each(rows, lambda row: _deleted(after, row))


def _deleted(after: Instance, row: FileRow) -> Edit | str:
    target = row.file.target
    if row.sort == "file":
        return "a file is not removed here"
    if row.marker == "-":
        return ""
    if not row.enabled or row.line is None:
        return f"{row.name} is not in force: its default is"
    if row.sort == "keyword":
        if row.repeats:
            return RemoveKeyword(target, row.name, row.value)
        standing = _standing(after, row.file, row.name)
        return UnsetKeyword(target, row.name, row.value if standing is None else standing)
    if target.format == "whitelist":
        return RemoveWhite(target, row.name)
    if _valued(row.file):
        return RemoveKeyRow(target, row.name, row.value)
    return RemoveLine(target, row.name)


def _each(rows: Sequence[FileRow], make: Callable[[FileRow], Edit | str]) -> Made:
    edits: list[Edit] = []
    refused = ""
    for row in rows:
        made = make(row)
        if isinstance(made, str):
            refused = made or refused
        else:
            edits.append(made)
    if not edits:
        return Made(refused=refused)
    label = f"{len(edits)} lines of filter files" if len(edits) > 1 else ""
    return Made(edits, label, says=[f"not {refused}"] if refused else [])
