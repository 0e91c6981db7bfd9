"""Compressed logs: told by their first bytes, unpacked into a file that has no name, as far as they go."""

from __future__ import annotations

import bz2
import lzma
import os
import tempfile
import threading
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Literal, NamedTuple, Protocol

from mailtui import commands
from mailtui.maillog.logfile import LogFile

Kind = Literal["", "gz", "xz", "bz2", "zst", "lz4", "compress"]

KEPT_FREE = 0.1
"""Part of the disk that unpacking leaves free."""
_READ = 1 << 18
_PIECE = 1 << 10
_RATIO = 12
"""How many times smaller a packed log is, where the file does not tell."""
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x1f\x8b", "gz"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x5d\0\0", "xz"),  # lzma, which the same decompressor reads
    (b"BZh", "bz2"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x1f\x9d", "compress"),
)
_UNREAD = frozenset({"lz4", "compress"})
"""What is recognised, so that it is not shown as lines, and not unpacked."""


class Damaged(Exception):
    """A file that cannot be unpacked, or not to its end; in words."""


class Lines(NamedTuple):
    """A file of lines, and why it may not hold all that it should (empty if it does)."""

    file: LogFile
    trouble: str


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


_NEW: dict[Kind, Callable[[], _Decompressor]] = {
    "gz": lambda: zlib.decompressobj(wbits=31),
    "xz": lzma.LZMADecompressor,
    "bz2": bz2.BZ2Decompressor,
}


def kind(fd: int) -> Kind:
    """How a file is compressed; its name does not count."""
    start = os.pread(fd, 8, 0)
    return next((name for magic, name in _MAGIC if start.startswith(magic)), "")


def unpacked_size(fd: int, packed: Kind) -> int:
    """About how many bytes it will be; for gz what its end says."""
    size = os.fstat(fd).st_size
    if packed == "gz" and size >= 18:
        told = int.from_bytes(os.pread(fd, 4, size - 4), "little")
        if size <= told <= size * 200:
            return told
    return size * _RATIO


def stream(fd: int, packed: Kind) -> Generator[bytes]:
    """What a file unpacks to, in blocks. Raises Damaged behind the last bytes that could be read."""
    _refuse_unread(packed)
    if packed == "zst":
        yield from _by_zstd(fd)
        return
    found: list[bytes] = []
    size = 0
    try:
        for block in _pieces(fd, packed):
            found.append(block)
            size += len(block)
            if size >= _READ:
                yield b"".join(found)
                found, size = [], 0
    except Damaged:
        if found:
            yield b"".join(found)
        raise
    if found:
        yield b"".join(found)


def _refuse_unread(packed: Kind) -> None:
    if packed in _UNREAD:
        raise Damaged(f"packed by {packed}, which is not read here: unpack it to have its lines")


def _pieces(fd: int, packed: Kind) -> Iterator[bytes]:
    """In small pieces, since a decompressor that meets damage gives nothing of what it was handed with it."""
    unpacker, begun = _NEW[packed](), False
    for offset, raw in _read(fd):
        while raw:
            if unpacker.eof:
                raw = raw.lstrip(b"\0")  # some copies are padded with them
                if not raw:
                    break
                unpacker = _NEW[packed]()
            begun = True
            try:
                block = unpacker.decompress(raw)
            except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
                raise Damaged(f"damaged at byte {offset}: {error}") from None
            raw = unpacker.unused_data if unpacker.eof else b""
            if block:
                yield block
    if begun and not unpacker.eof:
        raise Damaged("cut short")


def _read(fd: int) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while raw := os.pread(fd, _READ, offset):
        for at in range(0, len(raw), _PIECE):
            yield offset + at, raw[at : at + _PIECE]
        offset += len(raw)


def _by_zstd(fd: int) -> Generator[bytes]:
    own = os.dup(fd)
    try:
        os.lseek(own, 0, os.SEEK_SET)
        yield from commands.stream(["zstd", "-dcq"], stdin=own)
    except commands.CommandError as error:
        raise Damaged(str(error)) from None
    finally:
        os.close(own)


def folder() -> str:
    """Where unpacked files go: not in memory, as /tmp may be."""
    if "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK):  # noqa: S108
        return "/var/tmp"  # noqa: S108
    return tempfile.gettempdir()


def nameless(where: str | None = None) -> int:
    """A new file that nobody else can open, gone with its descriptor. Raises OSError."""
    with tempfile.TemporaryFile(dir=where or folder(), buffering=0) as file:
        return os.dup(file.fileno())


def lines_of(file: LogFile, modified: float, cancel: threading.Event | None = None) -> Lines:
    """The file itself where it is not compressed; else what it unpacks to, as far as that can be had and the
    disk has room for it. Raises Damaged where it cannot be unpacked at all, or `cancel` was set."""
    packed = kind(file.fd)
    if not packed:
        return Lines(file, "")
    _refuse_unread(packed)
    where = folder()
    try:
        out = LogFile(nameless(where), file.path, modified=modified)
    except OSError as error:
        raise Damaged(f"no file in {where} to unpack into: {error.strerror or error}") from None
    return Lines(out, _poured(file.fd, packed, out.fd, cancel))


def _poured(fd: int, packed: Kind, out: int, cancel: threading.Event | None) -> str:
    try:
        written = 0
        for block in stream(fd, packed):
            if cancel is not None and cancel.is_set():
                raise Damaged("cancelled")
            if written % (8 << 20) < len(block) and _full(out):
                return f"no room to unpack it wholly in {folder()}: its first {written >> 20} MiB are shown"
            _write(out, block)
            written += len(block)
    except Damaged as error:
        if str(error) == "cancelled":
            raise
        return f"{error}; what could be read is shown"
    except OSError as error:
        return f"not unpacked wholly: {error.strerror or error}; what could be read is shown"
    return ""


def _write(fd: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(fd, view) :]


def _full(fd: int) -> bool:
    room = os.fstatvfs(fd)
    return room.f_bavail < room.f_blocks * KEPT_FREE
