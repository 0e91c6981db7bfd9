"""What the keys of the Services screen come to: edits of master.cf, or why there can be none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mailtui.edits.model import Edit
from mailtui.edits.services import (
    AddService,
    RemoveService,
    RemoveServiceOption,
    SetServiceField,
    SetServiceOption,
    SwitchService,
    SwitchServiceOption,
)
from mailtui.formats.masterblock import entry_of
from mailtui.formats.splice import Refused
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import check_value
from mailtui.postfix.servicechecks import COLUMNS, check_column
from mailtui.postfix.servicelist import ServiceLine
from mailtui.postfix.services import ServiceRow, entry_text, proposed, services
from mailtui.screens.parts.form import Made, Note, Value, Values
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.text.safe import encode

COLUMN_LINE = "service type private unprivileged chroot wakeup process_limit command"
_LATER = "a later entry of the same name and type counts, not this one; change that one"


# Keys on the rows


def switched(after: Instance, lines: Sequence[ServiceLine]) -> Made:
    """`#`: each row off, or on again."""
    edits: list[Edit] = []
    refused = ""
    for line in _alone(lines):
        why = _why_not_switch(after, line)
        entry, option = line.service, line.option
        if why:
            refused = f"{line.name}: {why}"
        elif option is None:
            edits.append(SwitchService(after.master, entry.service, entry.words, on=not entry.enabled))
        else:
            edits.append(
                SwitchServiceOption(
                    after.master, entry.service, option.name, option.value, on=not option.enabled
                )
            )
    return _several(edits, "#", refused)


def _why_not_switch(after: Instance, line: ServiceLine) -> str:
    entry, option = line.service, line.option
    if line.marker == "-":
        return f"it is to be deleted; {takes_back()}"
    if option is None:
        standing = _standing(after, entry.service)
        if standing is not None and standing.line != entry.line:
            return (
                _LATER if entry.enabled else f"another entry of its name is in force on line {standing.line}"
            )
        return ""
    if not entry.enabled:
        return f"{entry.service} is off as a whole"
    if not entry.counts:
        return _LATER
    if option.enabled and not option.counts:
        return "a later -o of the same name counts, not this one"
    if not option.enabled and option.name in entry.values:
        return "another -o of its name is in force; change its value"
    return ""


def removed(after: Instance, lines: Sequence[ServiceLine]) -> Made:
    """`d`: each row out of the file, a service with its `-o` lines."""
    edits: list[Edit] = []
    refused = ""
    for line in _alone(lines):
        entry, option = line.service, line.option
        if line.marker == "-":
            continue
        if not line.enabled:
            refused = f"nothing in force to delete: {line.name} is commented out"
        elif not entry.counts:
            refused = f"{line.name}: {_LATER}"
        elif option is not None:
            was = entry.values[option.name]
            edits.append(RemoveServiceOption(after.master, entry.service, option.name, was))
        else:
            edits.append(RemoveService(after.master, entry.service, entry_text(after, entry)))
    return _several(edits, "-", refused, _then(edits))


def _alone(lines: Sequence[ServiceLine]) -> Iterator[ServiceLine]:
    """The lines without the overrides of services that are among them: these go with their service."""
    whole = {line.key[0] for line in lines if line.option is None}
    return (line for line in lines if line.option is None or line.key[0] not in whole)


def _several(edits: Sequence[Edit], sign: str, refused: str, says: Sequence[str] = ()) -> Made:
    label = f"{sign} {len(edits)} rows of master.cf" if len(edits) > 1 else ""
    if not edits:
        return Made(refused=refused)
    return Made(edits, label, says=[*says, *([f"not {refused}"] if refused else [])])


def _then(edits: Iterable[Edit]) -> list[str]:
    """What becomes of what is deleted."""
    names = [edit.service for edit in edits if isinstance(edit, RemoveService)]
    return [f"{', '.join(names[:4])}: nothing listens there once master has read this"] if names else []


# Forms


def _standing(after: Instance, service: str) -> ServiceRow | None:
    return next((row for row in services(after) if row.counts and row.service == service), None)


def option_notes(after: Instance, service: str, name: str, value: str, field: str = "value") -> list[Note]:
    """What is to be said of `-o name=value` for a service."""
    row = _standing(after, service)
    over = {} if row is None else {key: each for key, each in row.values.items() if key != name}
    return [Note(field, found.text, found.severity) for found in check_value(after, name, value, over=over)]


def with_option(after: Instance, service: str, name: str, values: Values) -> Made:
    """`-o name=value`, changed or new."""
    row = _standing(after, service)
    if row is None:
        return Made(refused=f"there is no service {service} any more")
    value, was = str(values["value"]), row.values.get(name)
    if value == was:
        return Made()
    notes = option_notes(after, service, name, value)
    wrong = [note.text for note in notes if note.severity == "error"]
    if wrong:
        return Made(refused=wrong[0], notes=notes)
    edit = SetServiceOption(after.master, service, name, value, was)
    return Made([edit], to=None if was is not None else _key_of_new(row, name))


def _key_of_new(row: ServiceRow, name: str) -> tuple[str, str, int]:
    """The key that the row of a new override will have in the list."""
    return row.service, name, sum(option.name == name for option in row.options)


def column_notes(after: Instance, type_: str, values: Values) -> list[Note]:
    """What is to be said of the columns that are typed."""
    found = ((name, check_column(after, type_, name, str(values[name]))) for name in COLUMNS)
    return [Note(name, text, "error" if severity == "error" else "warning")
            for name, (severity, text) in found if text]  # fmt: skip


def with_columns(after: Instance, entry: ServiceRow, values: Values) -> Made:
    """The columns of an entry, changed."""
    edits = [
        SetServiceField(after.master, entry.service, name, str(values[name]), getattr(entry, name))
        for name in COLUMNS
        if values[name] != getattr(entry, name)
    ]
    changed = {edit.field for edit in edits}
    notes = column_notes(after, entry.type, values)
    wrong = [note.text for note in notes if note.severity == "error" and note.field in changed]
    if wrong:
        return Made(refused=wrong[0], notes=notes)
    return Made(edits, f"~ service {entry.service}" if len(edits) > 1 else "")


def new_notes(after: Instance, service: str, values: Values) -> list[Note]:
    """What is to be said of a new override or entry while it is typed."""
    name = str(values["name"])
    if values["what"] == "override" and name:
        if name not in after.parameters.names():
            return [Note("name", "Postfix knows no parameter of this name: it is one of your own", "warning")]
        row = _standing(after, service)
        if row is not None and name in row.values:
            return [Note("name", f"{service} has it already: {row.values[name]}", "warning")]
        return option_notes(after, service, name, str(values["value"])) if values["value"] else []
    if values["what"] == "entry" and values["block"]:
        wrong = _wrong_entry(str(values["block"]), values["options"])
        return [Note("block", wrong, "error")] if wrong and len(str(values["block"]).split()) >= 8 else []
    return []


def _block(line: str, options: Value) -> str:
    """A new entry as it is written, each override on a line of its own."""
    words = [option.partition("=") for option in options]
    return "".join(
        [f"{line}\n", *(f"  -o {_setting(name.strip(), value.strip())}\n" for name, _, value in words)]
    )


def _setting(name: str, value: str) -> str:
    return f"{{ {name} = {value} }}" if " " in value or "\t" in value else f"{name}={value}"


def _wrong_entry(line: str, options: Value) -> str:
    """Why these lines are no entry of master.cf; empty where they are one."""
    lacking = next((option for option in options if not option.partition("=")[1]), None)
    if lacking is not None:
        return f"{lacking}: an override is name=value"
    try:
        entry_of(encode(_block(line, options)))
    except Refused as why:
        return str(why)
    return ""


def new(after: Instance, service: str, values: Values) -> Made:
    """What the form of a new override or entry comes to."""
    what = str(values["what"])
    if what == "override":
        name = str(values["name"])
        return (
            with_option(after, service, name, values)
            if name
            else Made(refused="Type the parameter's name first")
        )
    if what != "entry":
        return _proposed(after, what)
    line = str(values["block"])
    words = line.split()
    if len(words) < 8:
        why = f"An entry has eight columns: {COLUMN_LINE}"
        return Made(refused=why, notes=[Note("block", why, "error")])
    if why := _wrong_entry(line, values["options"]):
        return Made(refused=why, notes=[Note("block", why, "error")])
    name = f"{words[0]}/{words[1]}"
    if standing := _standing(after, name):
        edit = f"{key_for('services.edit', 'Enter')} changes it"
        return Made(refused=f"{name} is in force on line {standing.line}; {edit}")
    return Made([AddService(after.master, name, _block(line, values["options"]))], to=(name, "", 0))


def _proposed(after: Instance, what: str) -> Made:
    """submission or submissions: what is commented out is switched on, else a block of its own."""
    name = f"{what}/inet"
    found = [row for row in services(after) if row.service == name]
    if any(row.counts for row in found):
        return Made(refused=f"{name} is in force already")
    if found:
        edit = SwitchService(after.master, name, found[-1].words, on=True)
        return Made(
            [edit], to=(name, "", len(found) - 1), says=[f"{name}: switched on as it stood, commented out"]
        )
    return Made([AddService(after.master, name, proposed(after, what))], to=(name, "", 0))
