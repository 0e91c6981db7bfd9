"""One Postfix instance: its directory, its files, its parameters, and whether it runs."""

from __future__ import annotations

import os
from pathlib import Path

from mailtui import commands
from mailtui.formats.target import Target
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import Files, Reader, problem
from mailtui.postfix.lookups import Lookup, parse_maps
from mailtui.postfix.parameters import Parameters
from mailtui.text.safe import decode, safe

ALIAS_PARAMETERS = ("alias_maps", "alias_database")
"""The parameters whose tables are written in the grammar of aliases(5) and compiled by postalias."""


class Instance:
    """An instance seen through a reader: the files on the disk, or those with a draft laid over.

    Nothing is held here but paths; every question is answered from the reader's present bytes.
    """

    def __init__(self, config_dir: str, files: Reader) -> None:
        self.config_dir = config_dir
        self.files = files
        self.main = Target("main.cf", os.path.join(config_dir, "main.cf"))
        self.master = Target("master.cf", os.path.join(config_dir, "master.cf"))
        self.parameters = Parameters(files, self.main, self.master, config_dir)

    @classmethod
    def open(cls, config_dir: str | None = None, files: Reader | None = None) -> Instance:
        """The instance in a configuration directory; without one, that of `postconf -h config_directory`.

        Raises InstanceError where there is no readable main.cf, or no Postfix.
        """
        folder = os.path.abspath(config_dir or default_directory())
        if not Path(folder).is_dir():
            raise InstanceError(
                f"{safe(folder)} is not a directory",
                "give the directory that holds main.cf with --config-dir",
            )
        reader: Reader = Files() if files is None else files
        instance = cls(folder, reader)
        try:
            reader.raw(instance.main.path)
        except FileNotFoundError:
            raise InstanceError(
                f"{safe(folder)} holds no main.cf", "give the directory that holds main.cf with --config-dir"
            ) from None
        except OSError as error:
            raise InstanceError(*problem(error, instance.main.path), instance.main.path) from None
        return instance

    def over(self, files: Reader) -> Instance:
        """The same instance seen through other bytes, such as those of a draft laid over the disk's."""
        return Instance(self.config_dir, files)

    def refresh(self) -> None:
        """Read main.cf and master.cf anew, whatever their stamps say."""
        if isinstance(self.files, Files):
            self.files.forget(self.main.path)
            self.files.forget(self.master.path)
        self.parameters = Parameters(self.files, self.main, self.master, self.config_dir)

    # What it is called, and where it keeps things

    @property
    def name(self) -> str:
        """multi_instance_name; `-` for the default instance, as Debian's unit postfix@- has it."""
        if self.parameters.get("multi_instance_name") is None:
            return "-"  # known without asking postconf for its default
        return self.parameters.effective("multi_instance_name") or "-"

    @property
    def hostname(self) -> str:
        """myhostname, worked out as Postfix does where it is not set."""
        return self.parameters.effective("myhostname")

    @property
    def origin(self) -> str:
        """The domain that completes a bare local part: myorigin, or the first line of the file it names
        (Debian). Raises InstanceError where that file cannot be read."""
        value = self.parameters.effective("myorigin")
        if not value.startswith("/"):
            return value
        try:
            return decode(self.files.raw(value).partition(b"\n")[0]).strip()
        except OSError as error:
            what, do = problem(error, value, "myorigin")
            raise InstanceError(f"{what} (named by myorigin)", do, value) from None

    @property
    def queue_directory(self) -> str:
        """The queue, and the directory in which relative paths of the daemons begin."""
        return self.parameters.effective("queue_directory")

    @property
    def data_directory(self) -> str:
        """Where Postfix keeps the caches and locks that it writes itself."""
        return self.parameters.effective("data_directory")

    @property
    def log_file(self) -> str | None:
        """maillog_file, None where Postfix logs through syslog."""
        return self.parameters.effective("maillog_file") or None

    # Its tables

    def lookups(self, parameter: str) -> list[Lookup]:
        """The tables that a map-list parameter names, in the order in which they are searched.

        Raises ParameterError where the value cannot be expanded.
        """
        value = self.parameters.expanded(parameter)
        bare = self.parameters.expanded("default_database_type") if parameter == "alias_database" else ""
        return parse_maps(value, parameter, self.config_dir, self.alias_paths, bare)

    @property
    def alias_paths(self) -> frozenset[str]:
        """The files in the grammar of aliases(5), by what alias_maps and alias_database name."""
        found: set[str] = set()
        for parameter in ALIAS_PARAMETERS:
            value = self.parameters.expanded(parameter)
            found.update(each.path for each in parse_maps(value, parameter) if each.target is not None)
        return frozenset(found)

    # Whether it runs

    def running(self) -> bool:
        """Whether the instance's master(8) lives. No program is started and no lock is touched.

        Raises ParameterError where main.cf cannot be read that far.
        """
        return master_pid(self.queue_directory) is not None

    @property
    def pid_file(self) -> str:
        """Where master(8) writes its process id, which it keeps locked while it lives."""
        return f"{self.queue_directory}/pid/master.pid"


def master_pid(queue_directory: str) -> int | None:
    """The process id of the master(8) that serves this queue, None where none is seen to live.

    master.pid stays behind when Postfix stops, and root alone may read it. So the process is looked for
    among those that hold the lock on it, then by the number in it; it must be a master, and not be at work
    in another queue.
    """
    file = Path(queue_directory, "pid", "master.pid")
    try:
        inode = file.stat().st_ino
    except OSError:
        return None
    for pid in _lock_holders(inode):
        if _is_master(pid, queue_directory):
            return pid
    try:
        pid = int(file.read_bytes())
    except (OSError, ValueError):
        return None
    return pid if _is_master(pid, queue_directory) else None


def _is_master(pid: int, queue_directory: str) -> bool:
    """Whether this process lives, is called master, and (where that may be seen) works in the queue."""
    process = Path("/proc", str(pid))
    try:
        if process.joinpath("comm").read_bytes() != b"master\n":
            return False
        at_work_in = process.joinpath("cwd").readlink()
    except PermissionError:
        return True
    except OSError:  # there is none, or it has ended and waits for its parent
        return False
    return os.path.realpath(at_work_in) == os.path.realpath(queue_directory)


def _lock_holders(inode: int) -> list[int]:
    """The processes with an exclusive flock on a file of this inode number, by the kernel's list."""
    try:
        locks = Path("/proc/locks").read_text("ascii")
    except OSError:  # not every container shows it
        return []
    # 1: FLOCK  ADVISORY  WRITE 15401 fe:00:2146720 0 EOF
    fields = (line.split() for line in locks.splitlines())
    return [
        int(each[4])
        for each in fields
        if len(each) == 8 and each[1] == "FLOCK" and each[3] == "WRITE" and each[5].endswith(f":{inode}")
    ]


def default_directory() -> str:
    """The directory of the default instance, as postconf has it built in. Raises InstanceError."""
    try:
        result = commands.ask(["postconf", "-h", "config_directory"])
    except commands.CommandError as error:
        raise InstanceError(
            f"Postfix is not to be found: {error}", "install it, or give a directory with --config-dir"
        ) from None
    folder = decode(result.out).strip()
    if not result.ok or not folder:
        raise InstanceError(
            f"postconf does not say where the configuration is: {safe(result.words)}",
            "give the directory with --config-dir",
        )
    return folder
