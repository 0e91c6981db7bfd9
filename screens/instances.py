"""Instances (`:instance`): the Postfix instances of this host; Enter opens the console on another one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from mailtui.apply.instances import Seen, seen
from mailtui.edits.model import Edit
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.instances import HostInstance, find, host_instances, with_here
from mailtui.screens.parts.beside import beside, problem
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.laidlist import LaidList
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.listkeys import list_keys
from mailtui.screens.parts.savetext import save_text
from mailtui.screens.parts.text import Spans
from mailtui.text.query import Query
from mailtui.text.safe import encode

if TYPE_CHECKING:
    from mailtui.screens.app import MailtuiApp


class InstanceRows:
    """All instances, in postmulti's order."""

    def __init__(self, rows: Sequence[Seen]) -> None:
        self._rows = list(rows)
        self._places = {row.instance.place: at for at, row in enumerate(self._rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Seen:
        return self._rows[index]

    def key(self, index: int) -> Hashable:
        return self._rows[index].instance.place

    def find(self, key: Hashable) -> int | None:
        return self._places.get(str(key))

    def search(self, query: Query) -> Iterator[int | None]:
        for at, row in enumerate(self._rows):
            of = row.instance
            words = " ".join([of.name, *of.names, of.group, of.config_dir, row.state])
            yield at if query.matches(encode(words)) else None


class InstancesScreen(LaidList[Seen]):
    """See the module's text. The state says which one this console is open on."""

    MODE = "instances"
    NOUNS = ("instance", "instances")
    EMPTY = "No Postfix instance was found"
    COLUMNS = (
        Column("NAME", share=1, least=12),
        Column("STATE", share=0, least=13),
        Column("KEPT", share=0, least=9),
        Column("LAST WRITE", share=0, least=16, drop=70),
        Column("DIRECTORY", share=2, least=16),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,o", "open", "open", key_display="⏎", id="instances.open",
                tooltip="Open the console on this instance; what is staged here is kept here."),
        *list_keys("instances", "instances", "!"),
    ]  # fmt: skip

    def on_mount(self) -> None:
        self.wanted_row = HostInstance("", self.session.instance.config_dir).place

    def read(self, after: Instance, edits: Sequence[Edit]) -> InstanceRows:  # noqa: ARG002  # the same whatever is staged
        return InstanceRows([seen(each) for each in listed(self.session.instance.config_dir)])

    def cells_of(self, row: Seen) -> Row:
        of = row.instance
        here = of.place == HostInstance("", self.session.instance.config_dir).place
        staged = len(self.session.draft) if here else row.staged
        kept = f"{staged} staged" if staged else ""
        state = f"{row.state}, open" if here else row.state
        return Row((of.name, state, kept, _when(row), of.config_dir), "!" if row.problem else " ")

    def describe(self, key: Hashable | None) -> None:
        row = self.row_of(key)
        if row is None:
            self.pane.show([], [], [])
            return
        self.pane.show([(row.instance.title, "bold")], [], _about(row))

    def open_row(self, key: Hashable) -> None:  # noqa: ARG002  # a double click is on the cursor's row
        self.action_open()

    def action_open(self) -> None:
        row = self.row
        if row is not None:
            open_instance(self.console, row.instance)

    def action_copy(self) -> None:
        self.console.copy_and_show("\n".join(_as_text(row) for row in self.chosen()))

    def action_save(self) -> None:
        def lines() -> Iterator[str]:
            return (_as_text(row) for row in self.shown_rows())

        save_text(self, "instances", "instances.txt", lines, lambda path: self.say(f"Saved as {path}"))


def listed(config_dir: str) -> list[HostInstance]:
    """The instances of the host, the one in this directory among them. For a thread."""
    from mailtui.settings import load

    return with_here(host_instances(load().instances), config_dir)


def _when(row: Seen) -> str:
    return row.written[:16].replace("T", " ")


def _as_text(row: Seen) -> str:
    of = row.instance
    return "  ".join(word for word in (of.name, row.state, of.config_dir, _when(row)) if word)


def _about(row: Seen) -> list[Spans]:
    """The lines of the pane."""
    of = row.instance
    enabled = "yes" if of.enabled else f"no; to change that: postmulti -i {of.name} -e enable"
    facts = (
        ("problem", row.problem), ("also", ", ".join(of.names)), ("group", of.group),
        ("enabled", enabled if of.managed and not row.problem else ""),
        ("managed", "" if of.managed else "not by postmulti: multi_instance_directories does not name it"),
        ("log", of.log), ("open", f"mailtui --config-dir {of.config_dir}"),
    )  # fmt: skip
    return [
        [(label.ljust(LABEL), "dim"), (text, "error" if label == "problem" else "")]
        for label, text in facts
        if text
    ]


def open_named(app: MailtuiApp, name: str) -> None:
    """Open the console on the instance of this name or directory, or say that there is none."""
    here = app.session.instance.config_dir

    def chosen(found: HostInstance | None) -> None:
        if found is None:
            app.notify(f"No instance is called {name!r}; :instance lists them", severity="warning")
        else:
            open_instance(app, found)

    beside(
        app.screen, "named", lambda: find(listed(here), name), chosen,
        lambda error: app.notify(problem(error), severity="error"),
    )  # fmt: skip


def open_instance(app: MailtuiApp, chosen: HostInstance) -> None:
    """End here, the draft kept, and open the console there; where it cannot be opened, say why and stay."""
    if chosen.place == HostInstance("", app.session.instance.config_dir).place:
        app.notify(f"This console is on {chosen.title} already")
        return

    def look() -> str:
        """As the start does, so that what fails fails here."""
        found = Instance.open(chosen.config_dir)
        found.running()
        return found.hostname

    def failed(error: Exception) -> None:
        words = str(error) if isinstance(error, InstanceError) else problem(error)
        app.notify(f"{chosen.title} cannot be opened: {words}", severity="error")

    beside(app.screen, "opening", look, lambda _: app.open_other(chosen.config_dir), failed)
