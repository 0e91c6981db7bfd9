"""What a compiled table holds, and where it differs from the text it should have been made from."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mailtui import commands
from mailtui.apply.compile import Built, live_path, program
from mailtui.apply.faults import WriteError, worded
from mailtui.formats.target import Target

_HOUSEKEEPING = (b"YP_LAST_MODIFIED\t", b"YP_MASTER_NAME\t", b"@\t@\n")
"""What postalias(1) adds for NIS and sendmail; the first two differ from one compile to the next."""
_CDB_HEADER = 2048
MOST = 200
"""How many differences `pending` names; it counts them all."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A key that the live table and the saved text answer differently; None: it is not there."""

    key: bytes
    live: bytes | None
    source: bytes | None


@dataclass(frozen=True, slots=True)
class Pending:
    """What someone saved and did not compile: compiling would make it live."""

    differences: tuple[Difference, ...]
    total: int

    def __bool__(self) -> bool:
        return self.total > 0


def dump(config_dir: str, target: Target, compiled: str) -> frozenset[bytes]:
    """The lines `key TAB value` of a compiled table (path with its suffix), in no order.

    Raises WriteError where it cannot be read.
    """
    lines = _cdb(compiled) if target.type == "cdb" else _listed(config_dir, target, compiled)
    if target.format == "aliases":
        return frozenset(line for line in lines if not line.startswith(_HOUSEKEEPING))
    return frozenset(lines)


def _listed(config_dir: str, target: Target, compiled: str) -> Iterator[bytes]:
    base = compiled.removesuffix(live_path(target).removeprefix(target.path))
    done = commands.ask(
        (program(target), "-c", config_dir, "-s", f"{target.type}:{base}"), timeout=commands.ACT_TIMEOUT
    )
    if not done.ok:
        words = done.words.splitlines() or [f"it ended with status {done.status}"]
        why = words[-1].removeprefix(f"{program(target)}: fatal: ")
        raise WriteError(f"{program(target)} -s failed: {why}", "", compiled)
    for line in done.out.split(b"\n")[:-1]:  # a value may hold a CR
        # postalias prints `key:`, then the tab
        yield (line.replace(b":\t", b"\t", 1) if target.format == "aliases" else line) + b"\n"


def _cdb(path: str) -> list[bytes]:
    """The records of a constant database (cdb(5)): postmap(1) has no way to list them."""
    try:
        with open(path, "rb") as stream:
            raw = stream.read()
    except OSError as error:
        raise worded(error, path) from error
    lines = []
    try:
        end = min(struct.unpack_from("<512I", raw)[::2])  # the records end where the first hash table begins
        at = _CDB_HEADER
        if not at <= end <= len(raw):
            raise struct.error
        while at < end:
            key_size, size = struct.unpack_from("<II", raw, at)
            key, value = raw[at + 8 : at + 8 + key_size], raw[at + 8 + key_size : at + 8 + key_size + size]
            lines.append(key.removesuffix(b"\0") + b"\t" + value.removesuffix(b"\0") + b"\n")
            at += 8 + key_size + size
        if at != end:
            raise struct.error
    except struct.error:
        raise WriteError("is not a cdb file", "compile it anew from its text", path) from None
    return lines


def pending(
    config_dir: str, present: Built, live: str, most: int = MOST, *, of: Target | None = None
) -> Pending:
    """Where the live compiled table differs from `present`, which was built from the text on the disk. `of`:
    the table that the live one is, where that is of another type.

    Raises WriteError where one of them cannot be read.
    """
    both = ((present.target, f"{present.work.path}/{present.compiled}"), (of or present.target, live))
    with ThreadPoolExecutor(max_workers=2) as pool:  # two programs at once: each starts as long as it works
        ours, theirs = pool.map(lambda each: dump(config_dir, *each), both)
    source, running = _pairs(ours - theirs), _pairs(theirs - ours)
    keys = sorted(source.keys() | running.keys())
    named = tuple(Difference(key, running.get(key), source.get(key)) for key in keys[:most])
    return Pending(named, len(keys))


def _pairs(lines: frozenset[bytes]) -> dict[bytes, bytes]:
    pairs = (line.rstrip(b"\n").partition(b"\t") for line in lines)
    return {key: value for key, _, value in pairs}
