"""Who really listens: the sockets of this host that wait for connections, and the processes that hold them.

The kernel's own lists (proc(5)): /proc/net/tcp, tcp6 and unix. Whose process a socket is, only root sees.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from mailtui.formats.milteritem import Endpoint
from mailtui.text.safe import decode

_LISTENS = b"0A"
_ACCEPTS = 0x10000
"""__SO_ACCEPTCON: a Unix socket that waits for connections."""
_ANY = frozenset(("0.0.0.0", "::"))  # noqa: S104  # it is looked for, not bound
_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Process:
    """A process. `name`: its program as the kernel has it; `words`: its command line."""

    pid: int
    name: str
    words: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command line in one line; the name where it has none."""
        return " ".join(self.words) or self.name


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket that waits for connections: `host` and `port`, or `path`; who has it, None where that is not
    to be seen."""

    endpoint: Endpoint
    inode: str
    process: Process | None = None


@dataclass(slots=True)
class Sockets:
    """The sockets of one moment; whose they are is looked up when it is asked for first."""

    found: Sequence[tuple[Endpoint, str]] = field(default_factory=lambda: list(_listening()))
    _owners: dict[str, Process] | None = None

    def at(self, where: Endpoint) -> Listening | None:
        """What listens at an address. `where.path` is the real one."""
        for each, inode in self.found:
            if _meets(where, each):
                return Listening(each, inode, self.owners.get(inode))
        return None

    def of(self, names: Collection[str]) -> list[Listening]:
        """The sockets of the processes of these names."""
        held = [(each, inode, self.owners.get(inode)) for each, inode in self.found]
        return [Listening(each, inode, owner) for each, inode, owner in held if owner and owner.name in names]

    @property
    def owners(self) -> dict[str, Process]:
        """The processes by the inodes of the sockets that they listen on."""
        if self._owners is None:
            self._owners = _owners({inode for _, inode in self.found})
        return self._owners


def _meets(where: Endpoint, listens: Endpoint) -> bool:
    """Whether who connects to `where` gets to `listens`."""
    if where.kind != listens.kind:
        return False
    if where.kind == "unix":
        return where.path == listens.path or _same_file(where.path, listens.path)
    if port_number(where.port) != listens.port:
        return False
    if listens.host in _ANY:
        return True
    return listens.host in _addresses(where.host)


def _same_file(first: str, second: str) -> bool:
    if not second.startswith("/"):
        return False
    try:
        return os.path.samefile(first, second)
    except (OSError, ValueError):
        return False


def port_number(port: str) -> str:
    """A port as a number; as it is where /etc/services does not have it."""
    if port.isascii() and port.isdecimal():
        return str(int(port))
    try:
        return str(socket.getservbyname(port, "tcp"))
    except (OSError, ValueError):
        return port


def _addresses(host: str) -> tuple[str, ...]:
    """The addresses that a host in an address may stand for; without asking DNS."""
    if host.lower() in {"", "localhost"}:
        return _LOOPBACK
    try:
        return (str(ipaddress.ip_address(host.removeprefix("IPv6:"))),)
    except ValueError:
        pass
    if host.lower() in {os.uname().nodename.lower(), socket.gethostname().lower()}:
        return (*_LOOPBACK, "127.0.1.1")
    return ()


def is_here(host: str) -> bool:
    """Whether a host is this one for certain: its sockets are then in the lists."""
    return bool(_addresses(host)) and all(ipaddress.ip_address(each).is_loopback for each in _addresses(host))


# -- the kernel's lists


def _listening() -> Iterator[tuple[Endpoint, str]]:
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        for words in _lines(path):
            if words[3] == _LISTENS:
                address, _, port = words[1].partition(b":")
                yield Endpoint("inet", _unpacked(address.decode()), str(int(port, 16))), words[9].decode()
    for words in _lines("/proc/net/unix", 8):
        if len(words) == 8 and int(words[3], 16) & _ACCEPTS:
            yield Endpoint("unix", path=decode(words[7])), words[6].decode()


def _lines(path: str, most: int = -1) -> Iterator[list[bytes]]:
    try:
        with open(path, "rb") as file:
            next(file, b"")
            for line in file:
                yield line.rstrip(b"\n").split(None, most - 1)
    except OSError:  # no such protocol in this kernel
        return


def _unpacked(text: str) -> str:
    """An address of /proc/net/tcp: words of 32 bits in the host's order."""
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    raw = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    address = ipaddress.ip_address(raw)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _owners(inodes: Collection[str]) -> dict[str, Process]:
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, Process] = {}
    for pid in os.listdir("/proc"):
        if not pid.isdecimal():
            continue
        try:
            mine = [wanted[link] for link in _links(f"/proc/{pid}/fd") if link in wanted]
            if mine:
                process = _process(int(pid))
                for inode in mine:
                    found.setdefault(inode, process)
        except OSError:  # it has ended meanwhile, or is not ours to look at
            continue
    return found


def _links(folder: str) -> Iterator[str]:
    """What the files are that a process has open; one that it closes meanwhile is left out."""
    for number in os.listdir(folder):
        with suppress(FileNotFoundError):
            yield os.readlink(f"{folder}/{number}")


def _process(pid: int) -> Process:
    with open(f"/proc/{pid}/comm", "rb") as file:
        name = decode(file.read().rstrip(b"\n"))
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        words = tuple(decode(word) for word in file.read().split(b"\0") if word)
    return Process(pid, name, words)
