"""Services (Tab in `0`): master.cf as a table, each override a row under its service."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from mailtui.edits.model import Edit
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.servicechecks import COLUMNS as FIELDS
from mailtui.postfix.servicelist import ServiceLine, ServiceList, service_list
from mailtui.postfix.services import ServiceRow
from mailtui.screens.parts import servicedetail, serviceedits
from mailtui.screens.parts.ahead import Trouble
from mailtui.screens.parts.askmany import ask_many
from mailtui.screens.parts.beside import beside, in_daemon, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.form import ChoiceField, Form, FormField, ListField, Made, Note, TextField, Values
from mailtui.screens.parts.keys import on_again, takes_back
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.servicedetail import said
from mailtui.screens.parts.text import Spans
from mailtui.screens.parts.twins import TwinList
from mailtui.screens.parts.valueform import value_field

SETTLE = 0.05
"""Seconds the cursor rests on a row before more is looked up."""
_FLAG = (("-", "the default"), ("y", "yes"), ("n", "no"))
_NEW = (
    ("override", "one -o more for {service}"),
    ("submission", "port 587: users hand their mail in, with STARTTLS (RFC 6409)"),
    ("submissions", "port 465: the same within TLS from the first byte (RFC 8314)"),
    ("entry", "a service of your own"),
)


class ServicesScreen(TwinList[ServiceLine]):
    """See the module's text."""

    MODE = "services"
    NOUNS = ("service", "services")
    OTHER = "parameters"
    EMPTY = "master.cf has no service"
    COLUMNS = (
        Column("SERVICE", share=3, least=36),
        Column("TYPE", share=0, least=4, drop=66),
        Column("PRV", share=0, least=3, drop=96),
        Column("UNP", share=0, least=3, drop=96),
        Column("CHR", share=0, least=3, drop=72),
        Column("WAKE", share=0, least=5, drop=96),
        Column("MAX", share=0, least=4, drop=76),
        Column("COMMAND", share=3, least=16),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="services.new", tooltip="A new override, or a new service."),
        Binding("enter", "edit", "edit", id="services.edit", tooltip="Change the columns, or the value."),
        Binding("d", "delete", "delete", id="services.delete",
                tooltip="Stage the removal of the entry with its overrides, or of one override."),
        Binding("number_sign", "switch", "off/on", id="services.switch",
                tooltip="Comment it out in place, or in again; a service takes its -o lines along."),
        *list_keys("services", "rows"),
    ]  # fmt: skip

    def read(self, after: Instance, edits: Sequence[Edit]) -> ServiceList:  # noqa: ARG002
        return service_list(self.session.instance, after)

    def cells_of(self, row: ServiceLine) -> Row:
        entry, option = row.service, row.option
        trouble = self._trouble_of(row)
        marker = row.marker if trouble is None else trouble.marker
        counts = entry.counts and (option is None or option.counts)
        style = "" if row.enabled and counts else "dim"
        if option is not None:
            return Row((f"  -o {option.name}", "", "", "", "", "", "", f"= {option.value}"), marker, style)
        command = f"{entry.command} {entry.also}".strip()
        flags = (
            entry.type,
            entry.private,
            entry.unprivileged,
            entry.chroot,
            entry.wakeup,
            entry.process_limit,
        )
        return Row((entry.name, *flags, command), marker, style)

    def _trouble_of(self, line: ServiceLine) -> Trouble | None:
        """Why what is staged for it cannot be written."""
        names = [line.name]
        if line.option is None:
            names += [f"{line.name} {field}" for field in FIELDS]
        master = self.session.instance.master
        found = (self.trouble.get((master, name)) for name in names)
        return next((trouble for trouble in found if trouble is not None), None)

    def describe(self, key: Hashable | None) -> None:
        line = self.row_of(key)
        if line is None:
            self.pane.show([], [], [])
            return
        edits = self.session.draft.edits
        left, right = servicedetail.title(line, self.session.instance.master.path)

        def found_out(lines: Sequence[Spans]) -> None:
            if self.lines.key == key:
                trouble = self._trouble_of(line)
                first = [said("staged", trouble.text, "error")] if trouble is not None else []
                self.pane.show(left, right, [*first, *lines])

        def failed(error: Exception) -> None:
            found_out([*servicedetail.at_once(line), said("unknown", problem(error), "error")])

        def look() -> Sequence[Spans]:
            return servicedetail.about(self.ahead.at(edits).instance, line)

        found_out(servicedetail.at_once(line))
        beside(self, "about", look, found_out, failed, wait=SETTLE)

    # Actions

    def action_switch(self) -> None:
        self._act(serviceedits.switched)

    def action_delete(self) -> None:
        ask_many(self, lambda: self._act(serviceedits.removed))

    def _act(self, make: Callable[[Instance, Sequence[ServiceLine]], Made]) -> None:
        def go() -> None:
            if lines := self.chosen():
                self.act(lambda after: make(after, lines))

        self.when_laid(go)

    async def action_edit(self) -> None:
        await self.laid()
        line = self.row
        if line is None:
            return
        entry, option = line.service, line.option
        if line.marker == "-":
            self.say(f"{line.name} is to be deleted; {takes_back()}", "warning")
        elif not line.enabled:
            what = line.name if entry.enabled else entry.service
            self.say(f"{what} is off; {on_again('services')}", "warning")
        elif not entry.counts or (option is not None and not option.counts):
            self.say(f"{line.name}: a later one of the same name counts; change that one", "warning")
        elif option is not None:
            await self._edit_option(entry, option.name, option.value)
        else:
            await self._edit_service(entry)

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self.action_edit)

    async def _edit_option(self, entry: ServiceRow, name: str, value: str) -> None:
        edits = self.session.draft.edits

        def field() -> FormField:
            return value_field(self.ahead.at(edits).instance, name, value, lists=False)

        try:
            form = Form(f"{entry.service} -o {name}", [await in_daemon(field, "field")])
        except (InstanceError, OSError) as error:
            self.bad(error)
            return
        await self.open_form(
            form,
            lambda after, values: serviceedits.with_option(after, entry.service, name, values),
            lambda after, values: serviceedits.option_notes(after, entry.service, name, str(values["value"])),
        )

    async def _edit_service(self, entry: ServiceRow) -> None:
        fields = [
            ChoiceField(name=name, label=name, choices=_FLAG, chosen=getattr(entry, name), hint=hint)
            if name in ("private", "unprivileged", "chroot")
            else TextField(name=name, label=name, content=getattr(entry, name), hint=hint)
            for name, hint in FIELDS.items()
        ]
        await self.open_form(
            Form(f"service {entry.service}", fields),
            lambda after, values: serviceedits.with_columns(after, entry, values),
            lambda after, values: serviceedits.column_notes(after, entry.type, values),
        )

    async def action_new(self) -> None:
        await self.laid()
        line = self.row
        service = line.service.service if line is not None and line.service.counts else ""
        choices = [
            (name, words.format(service=service)) for name, words in _NEW if service or name != "override"
        ]
        edits = self.session.draft.edits

        def names(prefix: str) -> list[str]:
            known = self.ahead.at(edits).instance.parameters.names()
            return [name for name in known if name.startswith(prefix)][:20]

        def only(what: str) -> Callable[[Values], bool]:
            return lambda values: values["what"] == what

        form = Form("new", [
            ChoiceField(name="what", label="what", choices=choices),
            TextField(name="name", label="-o name", complete=names, when=only("override")),
            TextField(name="value", label="value", when=only("override")),
            TextField(name="block", label="entry", when=only("entry"), hint=serviceedits.COLUMN_LINE),
            ListField(name="options", label="-o", when=only("entry"), hint="name=value, one a line"),
        ])  # fmt: skip

        def check(after: Instance, values: Values) -> list[Note]:
            return serviceedits.new_notes(after, service, values)

        await self.open_form(form, lambda after, values: serviceedits.new(after, service, values), check)

    def action_copy(self) -> None:
        def go() -> None:
            if lines := self.chosen():
                self.console.copy_and_show("\n".join(_as_text(line) for line in lines))

        self.when_laid(go)

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (_as_text(line) for line in self.shown_rows())

        save_text(self, "services", "services.txt", lines, lambda path: self.say(f"Saved as {path}"))


def _as_text(line: ServiceLine) -> str:
    """A row as a line: its letter, and what stands in master.cf."""
    entry, option = line.service, line.option
    if option is not None:
        return f"{line.marker}   -o {option.name}={option.value}"
    columns = " ".join(getattr(entry, name) for name in FIELDS)
    return f"{line.marker} {entry.name} {entry.type} {columns} {entry.also}".rstrip()
