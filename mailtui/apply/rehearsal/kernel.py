"""What the kernel is asked for: mounts, loopback addresses, and facts about both (mount(2), netdevice(7))."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import ipaddress
import os
import socket
import struct
from dataclasses import dataclass
from functools import lru_cache

NOSUID, RDONLY, BIND, MOVE, REC = 2, 1, 4096, 8192, 16384
_REMOUNT = 32
_SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
_UP_AND_RUNNING = 0x1 | 0x40 | 0x8
_MOUNT_SETATTR, _AT_RECURSIVE, _ATTR_RDONLY = 442, 0x8000, 1
TMPFS = 0x01021994
"""statfs(2)'s number of a tmpfs."""


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _failed(path: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), path)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """mount(2). Raises OSError with the target's name."""
    done = _libc().mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        os.fsencode(data) or None,
    )
    if done != 0:
        raise _failed(target)


def bind(source: str, target: str) -> None:
    """Show what is at `source` at `target` too, read-only."""
    mount(source, target, flags=BIND)
    mount("none", target, flags=_REMOUNT | BIND | RDONLY)


def bind_device(source: str, target: str) -> None:
    """Show a device at `target` too, to be written to."""
    mount(source, target, flags=BIND)


def tmpfs(target: str, mode: str = "0755") -> None:
    """Lay an empty folder in memory over `target`."""
    mount("tmpfs", target, "tmpfs", NOSUID, f"mode={mode},size=64g")


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of /proc/self/mountinfo (proc(5)). `number` is never used again while the mount lives."""

    number: int
    point: str
    kind: str
    options: frozenset[str]
    private: bool
    """Whether what is mounted below it is seen in no other namespace, and the other way round."""

    @property
    def read_only(self) -> bool:
        return "ro" in self.options


def mounts() -> list[Mount]:
    """All mounts of this process, later ones over earlier ones."""
    with open("/proc/self/mountinfo", "rb") as file:
        lines = file.read().splitlines()
    found = []
    for line in lines:
        fields = os.fsdecode(line).split(" ")
        end = fields.index("-")
        private = not any(tag.startswith(("shared:", "master:")) for tag in fields[6:end])
        point = fields[4].encode("utf-8", "surrogateescape").decode("unicode_escape", "surrogateescape")
        options = frozenset(fields[5].split(","))
        found.append(Mount(int(fields[0]), point, fields[end + 1], options, private))
    return found


def everything_read_only() -> None:
    """Make every mount that there is now read-only for this mount namespace. Raises OSError.

    A bind mount's own flag, not the file system's: outside nothing changes.
    """
    attributes = struct.pack("QQQQ", _ATTR_RDONLY, 0, 0, 0)
    done = _libc().syscall(_MOUNT_SETATTR, -100, b"/", _AT_RECURSIVE, attributes, len(attributes))
    if done == 0:
        return
    if ctypes.get_errno() not in (errno.ENOSYS, errno.EINVAL, errno.EPERM):
        raise _failed("/")
    for each in mounts():  # before Linux 5.12
        mount("none", each.point, flags=_REMOUNT | BIND | RDONLY)


def is_tmpfs(path: str) -> bool:
    """Whether a path is in a file system that lives in memory."""
    buffer = ctypes.create_string_buffer(256)
    if _libc().statfs(os.fsencode(path), buffer) != 0:
        raise _failed(path)
    return bool(struct.unpack_from("l", buffer)[0] == TMPFS)


def raise_loopback(addresses: list[str]) -> None:
    """Bring this network namespace's loopback up and let it answer for these addresses. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))
        for number, address in enumerate((each for each in addresses if ":" not in each), 1):
            _add_v4(sock, f"lo:{number}".encode(), address)
    six = [each for each in addresses if ":" in each]
    if six and os.path.exists("/proc/net/if_inet6"):
        index = socket.if_nametoindex("lo")
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            for address in six:
                packed = ipaddress.IPv6Address(address).packed
                fcntl.ioctl(sock, _SIOCSIFADDR, struct.pack("16sIi", packed, 128, index))


def _add_v4(sock: socket.socket, label: bytes, address: str) -> None:
    for request, four in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, "255.255.255.255")):
        packed = struct.pack("16sHH4s8x", label, socket.AF_INET, 0, socket.inet_aton(four))
        fcntl.ioctl(sock, request, packed)


def namespaces() -> dict[str, str]:
    """The namespaces of this process by kind, as the kernel names them."""
    return {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "mnt", "pid", "ipc", "uts")}
