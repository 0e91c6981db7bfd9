"""Edits of master.cf: a service's columns, its `-o` overrides, whole entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from mailtui.edits.model import Conflict, Edit, Merged
from mailtui.edits.shapes import (
    AddEdit,
    RemoveEdit,
    SetValue,
    SwitchSeen,
    SwitchValue,
    UnsetValue,
    ValueEdit,
)
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.masterentry import FIELDS, Service
from mailtui.formats.splice import Missing, Refused, Splice
from mailtui.text.safe import decode, encode


@dataclass(frozen=True, slots=True)
class ServiceEdit(Edit):
    """What the edits of one entry share. `service`: name and type, as `smtp/inet`."""

    service: str

    @property
    def key(self) -> str:
        return self.service

    @property
    def names(self) -> tuple[str, str]:
        """Name and type."""
        name, _, type_ = self.service.rpartition("/")
        return name, type_

    def standing(self, document: MasterCf) -> Service | None:
        """The entry in force, None where there is none."""
        return document.get(*self.names)

    def found(self, document: MasterCf) -> Service:
        """The entry in force. Raises Missing."""
        service = self.standing(document)
        if service is None:
            raise Missing(f"service {self.service}")
        return service


@dataclass(frozen=True, slots=True)
class SetServiceField(ServiceEdit):
    """One column (`private`, `chroot`, `process_limit`, …) of an entry."""

    kind: ClassVar[str] = "set-service-field"

    field: str
    value: str
    was: str

    @property
    def key(self) -> str:
        return f"{self.service} {self.field}"

    @property
    def rests_on(self) -> frozenset[str]:
        return frozenset({self.service})

    @property
    def marker(self) -> str:
        return "~"

    def describe(self) -> str:
        return f"~ service {self.service} {self.field} {self.value} (was {self.was})"

    def splices(self, document: MasterCf) -> Sequence[Splice]:
        if self.field not in FIELDS[2:]:
            raise Refused(f"{self.field} cannot be changed in place", "add the entry anew")
        now = self.found(document).fields[FIELDS.index(self.field)]
        if now == self.value:
            return []
        if now != self.was:
            raise Conflict(self, self.was, now, self.value)
        return document.set_field(*self.names, self.field, self.value)

    def inverse(self) -> Edit:
        return SetServiceField(self.target, self.service, self.field, self.was, self.value)

    def merge(self, later: Edit) -> Merged:
        if not isinstance(later, SetServiceField):
            return None
        if later.value == self.was:
            return "nothing"
        return SetServiceField(self.target, self.service, self.field, later.value, self.was)


@dataclass(frozen=True, slots=True)
class OptionEdit(ServiceEdit, ValueEdit[str]):
    """What the edits of one `-o name=value` share."""

    name: str

    @property
    def key(self) -> str:
        return f"{self.service} -o {self.name}"

    @property
    def rests_on(self) -> frozenset[str]:
        return frozenset({self.service})

    def now(self, document: MasterCf, like: str | None = None) -> str | None:  # noqa: ARG002
        """The value of the `-o` that counts; None where main.cf holds. Raises Missing."""
        option = self.found(document).option(self.name)
        return None if option is None else decode(option.value)

    def write(self, document: MasterCf, value: str | None) -> Sequence[Splice]:
        if value is None:
            return document.remove_option(*self.names, self.name)
        return document.set_option(*self.names, self.name, encode(value))

    def setting(self, value: str, was: str | None) -> Edit:
        return SetServiceOption(self.target, self.service, self.name, value, was)

    def unsetting(self, was: str) -> Edit:
        return RemoveServiceOption(self.target, self.service, self.name, was)


@dataclass(frozen=True, slots=True)
class SetServiceOption(SetValue[str], OptionEdit):
    """`-o name=value` for one service. `was` None: it had none, and main.cf was in force."""

    kind: ClassVar[str] = "set-service-option"

    def describe(self) -> str:
        return f"{self.marker} service {self.service} -o {self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class RemoveServiceOption(UnsetValue[str], OptionEdit):
    """Every `-o` of that name is taken out of the entry: main.cf is in force again."""

    kind: ClassVar[str] = "remove-service-option"

    def describe(self) -> str:
        return f"- service {self.service} -o {self.name} (was {self.was}): main.cf"


@dataclass(frozen=True, slots=True)
class SwitchServiceOption(SwitchValue[str], OptionEdit):
    """The `-o` of that name, which has the value `was`, is commented out (`on` false) or in again."""

    kind: ClassVar[str] = "switch-service-option"

    def describe(self) -> str:
        word = "on again" if self.on else "off"
        return f"{self.marker} service {self.service} -o {self.name}={self.was} {word}"

    def switch(self, document: MasterCf) -> Sequence[Splice]:
        if self.on:
            return document.enable_option(*self.names, self.name, encode(self.was))
        return document.disable_option(*self.names, self.name)


def words_of(service: Service) -> tuple[str, ...]:
    """What tells an entry from another of the same name and type: its fields and arguments."""
    return (*service.fields, *(decode(argument) for argument in service.arguments))


@dataclass(frozen=True, slots=True)
class SwitchService(SwitchSeen[tuple[str, ...]], ServiceEdit):
    """An entry with all its lines is commented out (`on` false) or in again. `was`: its fields and arguments,
    for there may be several commented-out entries of that name and type."""

    kind: ClassVar[str] = "switch-service"

    def describe(self) -> str:
        return f"{self.marker} service {self.service} {'on' if self.on else 'off'}"

    def splices(self, document: MasterCf) -> Sequence[Splice]:
        standing = self.standing(document)
        now = None if standing is None else words_of(standing)
        like = next((each for each in document.all(*self.names) if words_of(each) == self.was), None)
        if self.on and now is None:
            if like is None:
                raise Missing(f"commented-out service {self.service}")
            return document.enable(*self.names, like=like)
        if now is None and like is None:
            raise Missing(f"service {self.service}")
        if self.on is (now is not None) and (now is None or now == self.was):
            return []
        if now != self.was:
            raise Conflict(self, None if self.on else self.was, now, self.was if self.on else None)
        return document.disable(*self.names)


@dataclass(frozen=True, slots=True)
class AddService(AddEdit, ServiceEdit):
    """A new entry, written as `block` says it: eight columns, the command, `-o` lines below."""

    kind: ClassVar[str] = "add-service"
    exact: ClassVar[bool] = True

    block: str

    def describe(self) -> str:
        return f"+ service {self.service}"

    def splices(self, document: MasterCf) -> Sequence[Splice]:
        from mailtui.formats.masterblock import add_block, block_of, entry_of, same

        wanted = entry_of(encode(self.block))
        if (wanted.name, wanted.type) != self.names:
            raise Refused(
                f"the entry is {wanted.name}/{wanted.type}, not {self.service}", "keep its name and type"
            )
        standing = self.standing(document)
        if standing is None:
            return add_block(document, encode(self.block))
        if same(standing, wanted):
            return []
        raise Conflict(self, None, decode(block_of(document, *self.names)), self.block)

    def inverse(self) -> Edit:
        return RemoveService(self.target, self.service, self.block)


@dataclass(frozen=True, slots=True)
class RemoveService(RemoveEdit, ServiceEdit):
    """An entry, which reads as `block`, is taken out with its `-o` lines."""

    kind: ClassVar[str] = "remove-service"
    exact: ClassVar[bool] = True

    block: str

    def describe(self) -> str:
        return f"- service {self.service}"

    def splices(self, document: MasterCf) -> Sequence[Splice]:
        from mailtui.formats.masterblock import block_of, entry_of, remove_block, same

        standing = self.standing(document)
        if standing is None:
            return []
        if not same(standing, entry_of(encode(self.block))):
            raise Conflict(self, self.block, decode(block_of(document, *self.names)), None)
        return remove_block(document, *self.names)

    def inverse(self) -> Edit:
        return AddService(self.target, self.service, self.block)
