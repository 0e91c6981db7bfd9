"""Services (Tab in `0`): master.cf as a table, each override a row under its service."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

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
from mailtui.postfix.instance import Instance
from mailtui.postfix.servicelist import ServiceLine, ServiceList, service_list
from mailtui.postfix.services import ServiceRow, entry_text, is_chrooted, proposed, services
from mailtui.screens.parts.background import BackgroundList, Made
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.form import ChoiceField, Form, Note, TextField, Values
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.text import Spans

_FIELDS = ("private", "unprivileged", "chroot", "wakeup", "process_limit", "command")
_ENTRY = "service type private unprivileged chroot wakeup maxproc command"
_YES_NO = (("-", "the default"), ("y", "yes"), ("n", "no"))
_PROPOSED = (
    ("override", "one -o more for the service under the cursor"),
    ("submission", "port 587: users hand their mail in, with STARTTLS (RFC 6409)"),
    ("submissions", "port 465: the same within TLS from the first byte (RFC 8314)"),
    ("entry", "a service of your own"),
)


class ServicesScreen(BackgroundList[ServiceLine]):
    """See the module's text."""

    MODE = "services"
    EMPTY = "master.cf has no service"
    COLUMNS = (
        Column("SERVICE", share=3, least=18),
        Column("TYPE", least=6, drop=60),
        Column("CHROOT", least=6, drop=70),
        Column("MAX", least=4, drop=76),
        Column("COMMAND", share=3, least=16),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="services.new", tooltip="A new override, or a new service."),
        Binding("enter", "edit", "edit", id="services.edit", tooltip="Change the columns, or the value."),
        Binding("d", "delete", "delete", id="services.delete",
                tooltip="Stage the removal of the entry with its overrides, or of one override."),
        Binding("number_sign", "switch", "off/on", id="services.switch",
                tooltip="Comment it out in place, or in again; a service takes its -o lines along."),
        Binding("tab", "parameters", "parameters", id="services.parameters",
                tooltip="The parameters of main.cf."),
        Binding("e", "problem(1)", "next problem", show=False, id="services.next-problem",
                tooltip="Go to the next row with a problem."),
        Binding("E", "problem(-1)", "previous problem", show=False, id="services.previous-problem",
                tooltip="Go to the previous row with a problem."),
    ]  # fmt: skip

    def read(self, after: Instance, edits: Sequence[Edit]) -> ServiceList:  # noqa: ARG002
        return service_list(self.session.instance, after)

    def cells_of(self, row: ServiceLine) -> Row:
        style = "" if row.enabled and row.marker != "=" else "dim"
        entry, option = row.service, row.option
        if option is not None:
            return Row((f"  -o {option.name}", "", "", "", f"= {option.value}"), row.marker, style)
        command = f"{entry.command} {entry.also}".strip()
        return Row((entry.name, entry.type, entry.chroot, entry.process_limit, command), row.marker, style)

    # Detail

    def describe(self, key: Hashable | None) -> None:
        line = self.row_of(key)
        if line is None:
            self.pane.show([], [], [])
            return
        entry, option = line.service, line.option
        place = f"{self.session.instance.master.path}:{(option or entry).line}"
        if option is not None:
            self.pane.show(
                [(f"{entry.service} -o {option.name}", "bold")], [(place, "dim")], self._of_option(line)
            )
        else:
            self.pane.show([(entry.service, "bold")], [(place, "dim")], self._of_service(line))

    def _of_service(self, line: ServiceLine) -> list[Spans]:
        entry = line.service
        chroot = is_chrooted(self.session.instance, entry)
        lines = [
            _said("runs", f"{entry.command} {entry.also}".strip()),
            _said("chroot", "yes: it sees queue_directory as /" if chroot else "no"),
            _said(
                "limits", f"processes {entry.process_limit}, wakeup {entry.wakeup}, private {entry.private}"
            ),
        ]
        if line.marker == "=":
            lines.append(
                _said("note", "a later entry of the same name and type counts, not this one", "warning")
            )
        if not entry.enabled:
            lines.append(_said("off", "commented out: # brings it back with its overrides"))
        if isinstance(line.was, ServiceRow) and line.marker == "~":
            lines.append(_said("before", " ".join(str(getattr(line.was, name)) for name in _FIELDS)))
        return lines

    def _of_option(self, line: ServiceLine) -> list[Spans]:
        option = line.option
        assert option is not None
        parameters = self.session.instance.parameters
        names = parameters.names()
        lines = [_said("value", option.value or "(empty)")]
        if option.name in names:
            lines.append(_said("main.cf", parameters.view(option.name).effective or "(empty)"))
        else:
            lines.append(_said("main.cf", "Postfix knows no parameter of this name", "warning"))
        if line.was is not None and not isinstance(line.was, ServiceRow) and line.marker == "~":
            lines.append(_said("before", line.was.value))
        if not option.enabled:
            lines.append(_said("off", "commented out: main.cf holds; # brings it back"))
        return lines

    # Actions

    def action_parameters(self) -> None:
        self.app.switch_mode("parameters")

    def action_switch(self) -> None:
        self.when_laid(lambda: self.act(lambda _: _switched(self.session.instance, self.chosen())))

    def action_delete(self) -> None:
        self.when_laid(lambda: self.act(lambda after: _removed(after, self.chosen())))

    async def action_edit(self) -> None:
        await self.laid()
        line = self.row
        if line is None:
            return
        if line.marker == "-":
            self.say("This is to be deleted; u takes that back", "warning")
        elif not line.service.enabled:
            self.say(f"{line.service.service} is off; # switches it on again", "warning")
        elif line.option is not None:
            await self._edit_option(line)
        else:
            await self._edit_service(line.service)

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.call_later(self.action_edit)

    async def _edit_option(self, line: ServiceLine) -> None:
        entry, option = line.service, line.option
        assert option is not None
        if not option.enabled:
            self.say(f"-o {option.name} is off; # switches it on again", "warning")
            return
        form = Form(
            f"{entry.service} -o {option.name}",
            [TextField(name="value", label="value", content=option.value)],
        )
        await self.open_form(
            form, lambda after, values: _with_option(after, entry.service, option.name, values)
        )

    async def _edit_service(self, entry: ServiceRow) -> None:
        fields = [
            ChoiceField(name=name, label=name, choices=_YES_NO, chosen=getattr(entry, name))
            if name in ("private", "unprivileged", "chroot")
            else TextField(name=name, label=name, content=getattr(entry, name))
            for name in _FIELDS
        ]
        form = Form(f"service {entry.service}", fields)
        await self.open_form(form, lambda after, values: _with_columns(after, entry, values))

    async def action_new(self) -> None:
        await self.laid()
        line = self.row
        known = self.session.instance.parameters.names()

        def names(prefix: str) -> list[str]:
            return [name for name in known if name.startswith(prefix)][:20]

        choices = _PROPOSED if line is not None else _PROPOSED[1:]

        def only(what: str) -> Callable[[Values], bool]:
            return lambda values: values["what"] == what

        form = Form("new", [
            ChoiceField(name="what", label="what", choices=choices),
            TextField(name="name", label="-o name", complete=names, when=only("override")),
            TextField(name="value", label="value", when=only("override")),
            TextField(name="block", label="entry", when=only("entry"),
                      hint=_ENTRY),
        ])  # fmt: skip
        service = line.service.service if line is not None else ""
        await self.open_form(form, lambda after, values: _new(after, service, values), self._check_new)

    def _check_new(self, after: Instance, values: Values) -> list[Note]:
        name = str(values["name"])
        if values["what"] == "override" and name and name not in after.parameters.names():
            return [Note("name", "Postfix knows no parameter of this name: it is one of your own", "warning")]
        return []


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def _switched(instance: Instance, lines: Sequence[ServiceLine]) -> Made:
    edits: list[Edit] = []
    refused = ""
    for line in lines:
        name = line.service.service
        if line.marker == "-":
            refused = "this is to be deleted; u takes that back"
        elif line.option is None:
            edits.append(
                SwitchService(instance.master, name, line.service.words, on=not line.service.enabled)
            )
        elif not line.service.enabled:
            refused = f"{name} is off as a whole"
        else:
            option = line.option
            edits.append(
                SwitchServiceOption(instance.master, name, option.name, option.value, on=not option.enabled)
            )
    return Made(
        edits, f"# {len(edits)} rows of master.cf" if len(edits) > 1 else "", refused="" if edits else refused
    )


def _removed(after: Instance, lines: Sequence[ServiceLine]) -> Made:
    edits: list[Edit] = []
    refused = ""
    for line in lines:
        entry, option = line.service, line.option
        if line.marker == "-":
            continue
        if not line.enabled:
            refused = "it is commented out: there is nothing in force to delete"
        elif option is not None:
            edits.append(RemoveServiceOption(after.master, entry.service, option.name, option.value))
        else:
            edits.append(RemoveService(after.master, entry.service, entry_text(after, entry)))
    return Made(
        edits, f"- {len(edits)} rows of master.cf" if len(edits) > 1 else "", refused="" if edits else refused
    )


def _with_option(after: Instance, service: str, name: str, values: Values) -> Made:
    row = next((row for row in services(after) if row.counts and row.service == service), None)
    if row is None:
        return Made(refused=f"there is no service {service} any more")
    value, was = str(values["value"]), row.values.get(name)
    return Made() if value == was else Made([SetServiceOption(after.master, service, name, value, was)])


def _with_columns(after: Instance, entry: ServiceRow, values: Values) -> Made:
    edits = [
        SetServiceField(after.master, entry.service, name, str(values[name]), getattr(entry, name))
        for name in _FIELDS
        if values[name] != getattr(entry, name)
    ]
    return Made(edits)


def _new(after: Instance, service: str, values: Values) -> Made:
    what = str(values["what"])
    if what == "override":
        if not values["name"]:
            return Made(refused="Type the parameter's name first")
        return _with_option(after, service, str(values["name"]), values)
    if what == "entry":
        words = str(values["block"]).split()
        if len(words) < 8:
            return Made(refused=f"an entry has eight fields: {_ENTRY}")
        name = f"{words[0]}/{words[1]}"
        return Made([AddService(after.master, name, f"{values['block']}\n")], to=(name, "", 0))
    name = f"{what}/inet"
    found = [row for row in services(after) if row.service == name]
    if any(row.counts for row in found):
        return Made(refused=f"{name} is in force already")
    if found:
        return Made([SwitchService(after.master, name, found[-1].words, on=True)], to=(name, "", 0))
    return Made([AddService(after.master, name, proposed(after, what))], to=(name, "", 0))
