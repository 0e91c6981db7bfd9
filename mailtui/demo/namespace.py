"""The demo's private world: its own loopback, processes, mounts, /dev, DNS and users.

`enter` starts a program under unshare(1); `prepare`, called by that program first of all, makes the new
namespaces liveable. Nothing here touches the host: every mount is private and ends with its last process.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

from mailtui import commands
from mailtui.demo.place import Place

UNSHARE = (
    "unshare",
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--mount-proc",
    "--kill-child",
    "--propagation",
    "private",
)
NETWORKS = ("192.0.2.25/24", "192.168.10.1/24")
"""Our own, given to loopback: an address with a prefix makes the whole network answer there."""
PLAYED = ("198.51.100.0", "203.0.113.0")
"""Other people's /24 networks: by a route each of their addresses is here too, and none is called ours."""
USERS = ("jean", "laure", "sophie", "roland", "joe", "marie", "paul", "claire")
"""The accounts of Falcot's mail server."""
POSTFIX_JOINS = ("opendkim", "opendmarc", "clamav", "sasl")
"""The groups that postfix is added to: each keeps its socket, or its accounts, for its group."""
HOSTS_ACCOUNTS = "/etc/sasldb2"
"""The host's own accounts, which nobody here must see."""
FIRST_UID = 21000
"""Of the demo's users and, as it is, their common group."""

_SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
_RTM_NEWROUTE, _RTA_DST, _RTA_OIF = 24, 1, 4
_TABLE_LOCAL, _BOOT, _SCOPE_HOST, _LOCAL = 255, 3, 254, 2
_REQUEST_NEW = 0x1 | 0x4 | 0x200 | 0x400  # request, acknowledge, exclusive, create
_IFF_UP, _IFF_RUNNING, _IFF_LOOPBACK = 0x1, 0x40, 0x8
_MS_NOSUID, _MS_BIND, _MS_MOVE = 2, 4096, 8192
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}


class NamespaceError(Exception):
    """Private namespaces, or what must be mounted in them, are refused here."""


def refused() -> str | None:
    """Why no namespace can be had, in a few words; None where it can."""
    if os.geteuid() != 0:
        return "not root"
    try:
        tried = commands.ask([*UNSHARE, "true"], timeout=5)
    except commands.CommandError as error:
        return str(error)
    return None if tried.ok else tried.words or f"unshare exits with {tried.status}"


def prepare(place: Place) -> None:
    """Make the namespaces that this process was started in the demo's own. Raises NamespaceError."""
    try:
        _raise_loopback()
        place.run.mkdir(mode=0o755, parents=True, exist_ok=True)
        for target, text in _own_files(place).items():
            _cover(place, Path(target), text)
        for folder in ("/run/systemd/system", "/run/nscd", "/var/run/nscd"):
            _hide(place, Path(folder))
        if Path(HOSTS_ACCOUNTS).exists():
            _mount("/dev/null", HOSTS_ACCOUNTS, flags=_MS_BIND)
        _private_dev(place.run / "dev")
    except OSError as error:
        raise NamespaceError(f"{error.filename or 'namespace'}: {error.strerror}") from None


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        flags = struct.pack("16sH14x", b"lo", _IFF_UP | _IFF_RUNNING | _IFF_LOOPBACK)
        fcntl.ioctl(sock, _SIOCSIFFLAGS, flags)
        for number, network in enumerate(NETWORKS, 1):
            address, _, bits = network.partition("/")
            mask = struct.pack("!I", (0xFFFFFFFF << (32 - int(bits))) & 0xFFFFFFFF)
            label = f"lo:{number}".encode()
            for request, four in ((_SIOCSIFADDR, socket.inet_aton(address)), (_SIOCSIFNETMASK, mask)):
                fcntl.ioctl(sock, request, struct.pack("16sHH4s8x", label, socket.AF_INET, 0, four))
    for network in PLAYED:
        _route_here(socket.inet_aton(network), 24)


def _route_here(network: bytes, bits: int) -> None:
    """`ip route add local NETWORK/BITS dev lo`, by rtnetlink(7)."""
    loopback = socket.if_nametoindex("lo")
    route = struct.pack("8BI", socket.AF_INET, bits, 0, 0, _TABLE_LOCAL, _BOOT, _SCOPE_HOST, _LOCAL, 0)
    route += struct.pack("HH4sHHI", 8, _RTA_DST, network, 8, _RTA_OIF, loopback)
    head = struct.pack("IHHII", 16 + len(route), _RTM_NEWROUTE, _REQUEST_NEW, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.bind((0, 0))
        kernel.send(head + route)
        (number,) = struct.unpack_from("i", kernel.recv(4096), 16)
    if number:
        raise OSError(-number, os.strerror(-number), socket.inet_ntoa(network))


def _own_files(place: Place) -> dict[str, str]:
    """The files of /etc that name hosts and users, as the demo sees them."""
    people = [f"{name}:x:{FIRST_UID + n}:{FIRST_UID}" for n, name in enumerate(USERS, 1)]
    return {
        "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n",
        "/etc/hosts": "127.0.0.1 localhost\n192.0.2.25 mail.falcot.com mail\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
        "networks: files\nprotocols: files\nservices: files\nethers: files\nrpc: files\n",
        "/etc/passwd": _without("/etc/passwd", USERS)
        + "".join(
            f"{person}:{name.capitalize()} of Falcot Corp:{place.homes / name}:/bin/sh\n"
            for person, name in zip(people, USERS, strict=True)
        ),
        "/etc/group": _with_postfix(_without("/etc/group", ("falcot",))) + f"falcot:x:{FIRST_UID}:\n",
    }


def _with_postfix(groups: str) -> str:
    """The group file with postfix in the groups of what it asks, as `adduser postfix opendkim` does."""
    lines = [line.split(":") for line in groups.splitlines()]
    for fields in lines:
        if fields[0] in POSTFIX_JOINS and len(fields) == 4:
            fields[3] = ",".join(dict.fromkeys([*filter(None, fields[3].split(",")), "postfix"]))
    return "".join(f"{':'.join(fields)}\n" for fields in lines)


def _without(path: str, names: tuple[str, ...]) -> str:
    """The host's file without its own lines for these names."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        lines = [line if line.endswith("\n") else line + "\n" for line in file]
    return "".join(line for line in lines if line.partition(":")[0] not in names)


def _cover(place: Place, target: Path, text: str) -> None:
    """Lay our text over one file; one that is missing needs none (no resolv.conf means 127.0.0.1)."""
    if not target.exists():
        return
    ours = place.run / target.name
    ours.write_text(text, errors="surrogateescape")
    ours.chmod(0o644)
    _mount(str(ours), str(target.resolve()), flags=_MS_BIND)


def _hide(place: Place, folder: Path) -> None:
    """Lay an empty folder over one through which the host's services would be reached."""
    if folder.is_dir():
        empty = place.run / "empty"
        empty.mkdir(exist_ok=True)
        _mount(str(empty), str(folder.resolve()), flags=_MS_BIND)


def _private_dev(stage: Path) -> None:
    """A /dev of our own: /dev/log is the demo's, never the host's journal, and terminals can be made."""
    stage.mkdir(exist_ok=True)
    _mount("tmpfs", str(stage), "tmpfs", _MS_NOSUID, "mode=0755,size=1m")
    for name in _DEVICES:
        (stage / name).touch()
        _mount(f"/dev/{name}", str(stage / name), flags=_MS_BIND)
    for name in ("pts", "shm"):
        (stage / name).mkdir()
    _mount("devpts", str(stage / "pts"), "devpts", 0, "newinstance,ptmxmode=0666,mode=0620")
    _mount("tmpfs", str(stage / "shm"), "tmpfs", _MS_NOSUID, "mode=1777")
    for name, to in _LINKS.items():
        (stage / name).symlink_to(to)
    _mount(str(stage), "/dev", flags=_MS_MOVE)


def _mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    parts = (os.fsencode(source), os.fsencode(target), kind.encode() or None, flags, data.encode() or None)
    if libc.mount(parts[0], parts[1], parts[2], ctypes.c_ulong(parts[3]), parts[4]) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)
