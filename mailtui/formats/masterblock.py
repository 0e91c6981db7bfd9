"""One entry of master.cf as a text of its own: taken out of a file, and put into one."""

from __future__ import annotations

from mailtui.formats.lines import CONTINUATION, FIRST
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.masteredit import entry_name, position
from mailtui.formats.masterentry import Service
from mailtui.formats.masterservices import new_place
from mailtui.formats.splice import Missing, Refused, Splice


def entry_of(block: bytes) -> Service:
    """The one entry that a text holds. Raises Refused where it is none, or more than one."""
    document = MasterCf.parse(block)
    found = [service for service in document.services if service.enabled]
    if len(found) != 1 or len(document.layouts) != 1:
        raise Refused("this is not one entry of master.cf", "eight fields and a command, -o lines indented")
    wrong = next(iter(document.problems), None)
    if wrong is not None:
        raise Refused(wrong.text)
    return found[0]


def block_of(document: MasterCf, name: str, type_: str) -> bytes:
    """The text of an entry in force with the comments inside it. Raises Missing."""
    service = document.get(name, type_)
    if service is None:
        raise Missing(entry_name(name, type_))
    return document.raw[service.start : service.end]


def same(left: Service, right: Service) -> bool:
    """Whether two entries say the same to master(8)."""
    return (left.fields, left.arguments) == (right.fields, right.arguments)


def add_block(document: MasterCf, block: bytes) -> list[Splice]:
    """Put an entry in as it is written: below its commented-out twin, else at the end.

    Raises Refused where the text is not one entry, or an entry of that name and type is in force.
    """
    service = entry_of(block)
    standing = document.get(service.name, service.type)
    if standing is not None:
        raise Refused(
            f"{entry_name(service.name, service.type)} is in force on line {standing.line}",
            "change it instead",
        )
    newline = document.lines.newline
    text = newline.join(line.rstrip(b"\r") for line in block.rstrip(b"\r\n").split(b"\n")) + newline
    at = new_place(document, service.name, service.type)
    if at == len(document.raw) and document.lines.ends_open:
        text = newline + text
    before = document.entries()

    def fine(after: MasterCf) -> bool:
        back = after.get(service.name, service.type)
        if back is None or not same(back, service):
            return False
        now = after.entries()
        del now[position(after, back)]
        return now == before

    splices = document.checked([Splice(at, at, text)], fine)
    if splices is None:
        raise Refused(f"{entry_name(service.name, service.type)} would not be read back as it is there")
    return splices


def remove_block(document: MasterCf, name: str, type_: str) -> list[Splice]:
    """Take an entry in force out, and the `-o` that are commented out in it: below another entry they
    would look like its own. Other comments stay. Raises Missing."""
    service = document.get(name, type_)
    if service is None:
        raise Missing(entry_name(name, type_))
    lines = document.lines
    own = range(lines.at(service.start), lines.at(service.end - 1) + 1)
    gone = {number for number in own if lines.kinds[number] in (FIRST, CONTINUATION)}
    gone |= {option.line - 1 for option in service.options if not option.enabled}
    return [Splice(lines.starts[number], lines.starts[number + 1], b"") for number in sorted(gone)]
