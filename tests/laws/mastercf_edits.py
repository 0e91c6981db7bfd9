"""Edits of a master.cf, each with the one that takes it back and with what Postfix should read in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from mailtui.formats.mastercf import MasterCf
from mailtui.formats.masterentry import FIELDS, Service, left_over
from mailtui.formats.splice import Splice

Act = Callable[[MasterCf], list[Splice]]
Key = tuple[str, str]

NEW_VALUES = {
    "private": ("y", "n", "-"),
    "unprivileged": ("y", "n", "-"),
    "chroot": ("y", "n", "-"),
    "wakeup": ("4711?", "60"),
    "process_limit": ("4711", "-"),
    "command": ("mailtui-new-command", "x"),
}
"""Of a field: the first of these that it has not yet is its new value."""

NEW_OPTION = "mailtui_new"
NEW_VALUE = b"mailtui.new.example"
SPACED = b"mailtui new, example"


@dataclass(frozen=True)
class Trial:
    """What becomes of one service: other `fields`, other values of options (None: no such option), or
    `gone`. Options keep their order; a new one is the last of them. `option`: the one that is touched."""

    what: str
    key: Key
    forth: Act
    back: Act
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, bytes | None] = field(default_factory=dict)
    gone: bool = False
    option: str = ""


def _act(method: Callable[..., list[Splice]], *arguments: object) -> Act:
    """An edit of whatever document it is given."""
    return lambda document: method(document, *arguments)


def of_fields(service: Service) -> Iterator[Trial]:
    """Each field but name and type, which say what service it is, set and back."""
    key = (service.name, service.type)
    for name, choice in NEW_VALUES.items():
        old = getattr(service, name)
        if service.type == "inet" and name == "private":
            continue  # it can only be n
        new = next(value for value in choice if value != old)
        forth = _act(MasterCf.set_field, *key, name, new)
        back = _act(MasterCf.set_field, *key, name, old)
        yield Trial(f"{name} set", key, forth, back, fields={name: new})


def of_options(service: Service) -> Iterator[Trial]:
    """Each `-o` set to another value, taken out and off; one that is off, on; and a new one added."""
    for name, old in service.values.items():
        yield from _of_option(service, name, old)
    key = (service.name, service.type)
    for new in (NEW_VALUE, SPACED):
        forth = _act(MasterCf.set_option, *key, NEW_OPTION, new)
        back = _act(MasterCf.remove_option, *key, NEW_OPTION)
        yield Trial("-o added", key, forth, back, options={NEW_OPTION: new}, option=NEW_OPTION)
    for option in service.options:
        if not option.enabled and option.name not in service.values:
            forth = _act(MasterCf.enable_option, *key, option.name, option.value)
            back = _act(MasterCf.disable_option, *key, option.name)
            yield Trial("-o on", key, forth, back, options={option.name: option.value}, option=option.name)


def _of_option(service: Service, name: str, old: bytes) -> Iterator[Trial]:
    key = (service.name, service.type)
    reset = _act(MasterCf.set_option, *key, name, old)
    for new in (NEW_VALUE, SPACED):
        forth = _act(MasterCf.set_option, *key, name, new)
        yield Trial("-o set", key, forth, reset, options={name: new}, option=name)
    forth = _act(MasterCf.remove_option, *key, name)
    yield Trial("-o taken out", key, forth, reset, options={name: None}, option=name)
    forth = _act(MasterCf.disable_option, *key, name)
    back = _act(MasterCf.enable_option, *key, name, old)
    yield Trial("-o off", key, forth, back, options={name: None}, option=name)


def of_service(document: MasterCf, service: Service) -> Iterator[Trial]:
    """The whole entry off, and taken out."""
    key = (service.name, service.type)
    yield Trial("service off", key, lambda d: d.disable(*key), lambda d: d.enable(*key, service), gone=True)
    layout = next(layout for layout in document.layouts if layout.begin == service.start)
    rest = [text[1:-1] if text.startswith(b"{") else text for text in left_over(layout.text)]
    yield Trial(
        "service taken out",
        key,
        lambda d: d.remove(*key),
        lambda d: d.add(service.fields, service.values, rest),
        gone=True,
    )


def of_new() -> Iterator[Trial]:
    """A service that is not there, added and taken out."""
    fields = ("mailtui-new", "unix", "-", "n", "n", "-", "1", "smtpd")
    key = fields[0], fields[1]
    yield Trial(
        "service added",
        key,
        lambda d: d.add(fields, {NEW_OPTION: SPACED, "other": b"x"}),
        lambda d: d.remove(*key),
        fields=dict(zip(FIELDS, fields, strict=True)),
        options={NEW_OPTION: SPACED, "other": b"x"},
    )


def of_commented(service: Service) -> Iterator[Trial]:
    """A service that is commented out, on and off again."""
    key = (service.name, service.type)
    yield Trial(
        "service on",
        key,
        lambda d: d.enable(*key),
        lambda d: d.disable(*key),
        fields=dict(zip(FIELDS, service.fields, strict=True)),
        options=service.values,
    )
