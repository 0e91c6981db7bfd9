"""The rehearsal's private world: all that is on the disks read-only, all that Postfix writes in memory.

It is made out of fresh namespaces. `faults` then looks at what the kernel says of it, and whatever is not as
it must be keeps everything from being started.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterable

from mailtui.apply.rehearsal import kernel
from mailtui.apply.rehearsal.script import Script

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_FROM_QUEUE = ("etc", "lib", "lib64", "usr")
"""What a chroot needs of the live queue_directory; no queue and no socket is among it."""
_QUEUES = (
    "incoming",
    "active",
    "bounce",
    "defer",
    "deferred",
    "flush",
    "hold",
    "private",
    "saved",
    "trace",
    "corrupt",
)
_SCANNED = 20_000
_IN_MEMORY = ("tmpfs", "overlay")
COVERED = {"run": ("/run", "/var/run"), "tmp": ("/tmp", "/var/tmp")}  # noqa: S108  # they are hidden, not used


def roots() -> frozenset[str]:
    """The folders of COVERED, links followed. They are never shown as a whole: what is in them is others'."""
    return frozenset(os.path.realpath(path) for paths in COVERED.values() for path in paths)


class Sandbox:
    """The world of one rehearsal. `build` once, then `faults`."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._without = frozenset(script.without)
        self._keep: dict[str, int] = {}
        self._from_queue: dict[str, int] = {}
        self._files: dict[str, int] = {}
        self._mounts = {each.number for each in kernel.mounts()}
        self._devices = {path: os.stat(path).st_dev for path in self._covered if os.path.isdir(path)}
        self._layers = 0

    @property
    def _covered(self) -> list[str]:
        """Every folder that must be empty and in memory."""
        script = self.script
        fixed = [path for paths in COVERED.values() for path in paths]
        return [script.queue, script.data, *script.logs, *script.spools, *fixed, "/dev"]

    # Making it

    def build(self) -> None:
        """Make the world. Raises OSError."""
        script = self.script
        os.umask(0o022)
        self._hold()
        if "read-only" not in self._without:
            kernel.everything_read_only()
        if "dev" not in self._without:
            _own_dev()
        for switch, folders in COVERED.items():
            if switch not in self._without:
                _cover(folders, "1777" if switch == "tmp" else "0755")
        self._put_back()
        if "sockets" not in self._without:
            for path in filter(_is_live, script.sockets):
                kernel.bind("/dev/null", path)
        if "spools" not in self._without:
            _cover(script.spools)
        if "logs" not in self._without:
            _cover(script.logs)
        self._lay_files()
        if "data" not in self._without:
            _cover([script.data], "0700")
            os.chown(script.data, *script.owner)
        if "queue" not in self._without:
            self._own_queue()
        if "net" not in self._without:
            kernel.raise_loopback(script.addresses)

    def _hold(self) -> None:
        """Open what must still be reached once something is laid over it."""
        script = self.script
        self._keep = {path: _open(path) for path in sorted(set(script.keep)) if os.path.exists(path)}
        queue = {name: os.path.join(script.queue, name) for name in _FROM_QUEUE}
        self._from_queue = {name: _open(path) for name, path in queue.items() if os.path.isdir(path)}
        self._files = {path: _open(source) for path, source in script.files.items()}

    def _put_back(self) -> None:
        """Show the folders and files that are kept again where something covers them, sockets hidden."""
        for path, fd in self._keep.items():
            if os.path.exists(path) and os.path.samestat(os.stat(path), os.fstat(fd)):
                continue
            is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
            os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
            if not is_folder:
                with open(path, "ab"):  # there is something to bind it to
                    pass
            kernel.bind(f"/proc/self/fd/{fd}", path)
            if is_folder:
                _hide_sockets(path)

    def _lay_files(self) -> None:
        """Put the candidate's files where the instance has its own; new ones by a layer over their folder."""
        for folder in sorted({os.path.dirname(path) for path in self._files if not os.path.exists(path)}):
            if self._without or os.path.realpath(folder) not in roots():  # those are ours already
                self._layer(folder)
        for path, fd in self._files.items():
            if not os.path.exists(path):
                with open(path, "wb"):
                    pass
            kernel.bind(f"/proc/self/fd/{fd}", os.path.realpath(path))

    def _layer(self, folder: str) -> None:
        """Make a folder writable by a layer in memory over what is in it."""
        self._layers += 1
        top = os.path.join("/dev", f"layer{self._layers}")
        upper, work = os.path.join(top, "upper"), os.path.join(top, "work")
        os.makedirs(upper)
        os.makedirs(work)
        fd = _open(folder)
        options = f"lowerdir=/proc/self/fd/{fd},upperdir={upper},workdir={work}"
        kernel.mount("overlay", folder, "overlay", 0, options)

    def _own_queue(self) -> None:
        """An empty queue with the folders that `postfix check` would make, and what a chroot needs."""
        script, queue = self.script, self.script.queue
        _cover([queue])
        for name, fd in self._from_queue.items():
            os.mkdir(os.path.join(queue, name))
            kernel.bind(f"/proc/self/fd/{fd}", os.path.join(queue, name))
        for name in _QUEUES:
            os.mkdir(os.path.join(queue, name), 0o700)
            os.chown(os.path.join(queue, name), script.owner[0], 0)
        os.mkdir(os.path.join(queue, "pid"))
        for name, mode in (("public", 0o710), ("maildrop", 0o730)):
            path = os.path.join(queue, name)
            os.mkdir(path)
            os.chown(path, script.owner[0], script.drop)
            os.chmod(path, mode)
        for name in (*script.milters, *script.policies, *script.auths):
            os.makedirs(os.path.dirname(os.path.join(queue, name)), exist_ok=True)

    # Looking at it

    def faults(self) -> list[str]:
        """What is not as it must be before anything may start; nothing where all is well."""
        found = shared(self.script)
        if [name for _, name in socket.if_nameindex()] != ["lo"]:
            found.append("a network of the host can be reached")
        for path in self._covered:
            if os.path.isdir(path):
                same = self._devices.get(path) == os.stat(path).st_dev
                if same or not kernel.is_tmpfs(path):
                    found.append(f"{path} is the live one")
        if os.path.lexists("/dev/log"):
            found.append("/dev/log is the host's")
        found += [
            f"a program of the host listens at {path}" for path in filter(_is_live, self.script.sockets)
        ]
        for each in kernel.mounts():
            ours = each.number not in self._mounts and each.kind in _IN_MEMORY
            device = each.number not in self._mounts and each.point.startswith("/dev/")
            if not (each.read_only or ours or device):
                found.append(f"{each.point} can be written")
        return found


def shared(script: Script) -> list[str]:
    """What is the host's too: with any of these nothing may even be mounted."""
    inside = kernel.namespaces()
    kinds = ("net", "mnt", "pid", "ipc")
    found = [
        f"the {kind} namespace is the host's"
        for kind in kinds
        if inside[kind] == script.outside.get(kind, inside[kind])
    ]
    if not all(each.private for each in kernel.mounts()):
        found.append("what is mounted here would be mounted on the host")
    return found


def _open(path: str) -> int:
    return os.open(path, os.O_PATH | os.O_CLOEXEC)


def _is_live(path: str) -> bool:
    """Whether there is a socket at this path."""
    try:
        return stat.S_ISSOCK(os.lstat(path).st_mode)
    except OSError:
        return False


def _hide_sockets(folder: str) -> None:
    """Lay something dead over every socket and pipe below a folder: a program that listens there is live."""
    seen = 0
    for root, _, names in os.walk(folder):
        for name in names:
            seen += 1
            if seen > _SCANNED:
                raise OSError(errno.EFBIG, "holds too many files to look for sockets among them", folder)
            path = os.path.join(root, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
                kernel.bind("/dev/null", path)


def _cover(folders: Iterable[str], mode: str = "0755") -> None:
    """Lay an empty folder in memory over each. One that is not there can be made only below another such."""
    for folder in dict.fromkeys(os.path.realpath(each) for each in folders):
        os.makedirs(folder, exist_ok=True)
        kernel.tmpfs(folder, mode)


def _own_dev() -> None:
    """A /dev of our own, so that /dev/log is nobody's."""
    stage = next((path for path in ("/mnt", "/media", "/srv", "/opt") if os.path.isdir(path)), "/home")
    kernel.tmpfs(stage)
    for name in _DEVICES:
        with open(os.path.join(stage, name), "wb"):
            pass
        kernel.bind_device(f"/dev/{name}", os.path.join(stage, name))
    os.mkdir(os.path.join(stage, "shm"))
    os.chmod(os.path.join(stage, "shm"), 0o1777)  # noqa: S103  # as it is on every system
    for name, to in _LINKS.items():
        os.symlink(to, os.path.join(stage, name))
    kernel.mount(stage, "/dev", flags=kernel.MOVE)


def cover_file(path: str, text: str) -> None:
    """Lay our text over one file of the system, if it is there."""
    real = os.path.realpath(path)
    if not os.path.isfile(real):
        return
    ours = os.path.join("/dev", f"own-{os.path.basename(path)}-{len(os.listdir('/dev'))}")
    with open(ours, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(ours, 0o644)
    kernel.bind(ours, real)
