"""What a command works on: the instance, opened when first needed, and the files that it is given."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from mailtui.cli.output import USAGE, Failed

if TYPE_CHECKING:
    import argparse

    from mailtui.postfix.errors import InstanceError
    from mailtui.postfix.instance import Instance

DEVICE_LIMIT = 1 << 20
"""Bytes read from a device such as /dev/stdin at a terminal; /dev/zero gives them for ever."""


def opened(config_dir: str | None) -> Instance:
    """The Postfix instance in this directory (None: the one that postconf names). Raises Failed with what
    is wrong and what to do."""
    from mailtui.postfix.errors import InstanceError
    from mailtui.postfix.instance import Instance

    try:
        return Instance.open(config_dir)
    except InstanceError as error:
        raise failed(error) from None


def chosen(config_dir: str | None, name: str | None) -> str | None:
    """The directory that --config-dir or --instance names, else MAILTUI_CONFIG_DIR. Raises Failed."""
    for option, said in (("--config-dir", config_dir), ("--instance", name)):
        if said == "":  # "$DIR" where DIR is not set: the server itself is not what was meant
            raise Failed(f"{option} is empty", do="name one, or leave the option out", code=USAGE)
    if not name:
        return config_dir or os.environ.get("MAILTUI_CONFIG_DIR") or None
    if config_dir:
        raise Failed("--instance and --config-dir both name an instance", do="give one of them", code=USAGE)
    from mailtui.postfix.instances import find, host_instances
    from mailtui.settings import load

    listed = host_instances(load().instances)
    found = find(listed, name)
    if found is None:
        there = ", ".join(each.title for each in listed) or "none"
        raise Failed(f"no instance is called {name}; there are: {there}", do="see mailtui instance list")
    return found.config_dir


def failed(error: InstanceError) -> Failed:
    """What is wrong with the instance, as a command ends with it."""
    return Failed(error.what, file=error.file or "", line=error.line or 0, do=error.do)


def unreadable(error: OSError, path: str) -> Failed:
    """A table's file that cannot be read, as a command ends with it."""
    from mailtui.postfix.files import problem

    what, do = problem(error, path)
    return Failed(what, file=path, do=do)


def not_read(error: OSError, path: str) -> Failed:
    """A file named on the command line that cannot be read, in the system's words and with what to do."""
    from mailtui.postfix.files import problem

    return Failed((error.strerror or str(error)).lower(), file=path, do=problem(error, path)[1])


def given_file(path: str) -> bytes:
    """The bytes of a file, pipe or device named on the command line. Raises Failed, also for a device
    that seems to have no end."""
    import stat

    try:
        with open(path, "rb") as stream:
            if not stat.S_ISCHR(os.fstat(stream.fileno()).st_mode):
                return stream.read()
            raw = stream.read(DEVICE_LIMIT)
    except OSError as error:
        raise not_read(error, path) from None
    if len(raw) == DEVICE_LIMIT:
        raise Failed("is a device without an end", file=path, do="name a file")
    return raw


class Ended(NamedTuple):
    """The exit code of a change that was tried, and what came of it in one line."""

    code: int
    words: str


class Context:
    """One command's surroundings."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.json: bool = getattr(options, "json", False)
        self.read_only: bool = getattr(options, "read_only", False)
        self.dry_run: bool = getattr(options, "dry_run", False)
        self.no_reload: bool = getattr(options, "no_reload", False)
        self.no_rehearsal: bool = getattr(options, "no_rehearsal", False)
        self.yes: bool = getattr(options, "yes", False)
        self.log: str = getattr(options, "log", "auto")
        """The log that was asked for; see `log_wanted`."""
        self._config_dir: str | None = getattr(options, "config_dir", None)
        self._name: str | None = getattr(options, "instance", None)
        self.tells_unfinished = False
        """Whether the command itself says which changes a crash left half done, or ends them."""
        self.long_diff = False
        """Whether the diff is too long to be printed where nobody asked for JSON."""
        self.told: dict[str, Any] = {}
        """What a changing command prints as JSON beside what each of them does."""
        self.ended: Ended | None = None
        """What came of a change, once nothing that follows can alter it."""

    @cached_property
    def config_dir(self) -> str | None:
        """The configuration directory that was chosen; None where that is left to postconf. Raises Failed."""
        return chosen(self._config_dir, self._name)

    @cached_property
    def instance(self) -> Instance:
        """The Postfix instance. Raises Failed."""
        return opened(self.config_dir)

    @cached_property
    def log_wanted(self) -> str:
        """Which log to read: that of --log, of the settings for this instance or for all, or `auto`."""
        if self.log != "auto":
            return self.log
        from mailtui.postfix.instances import log_of
        from mailtui.settings import load

        settings = load()
        return log_of(settings.instances, self.instance.config_dir) or settings.log

    def tell_unfinished(self) -> None:
        """After a command that only looked: say that a crash left a change half done. Nothing is repaired."""
        if self.tells_unfinished or "instance" not in self.__dict__:
            return
        from pathlib import Path

        from mailtui.apply.database import JournalError, may_be_unfinished
        from mailtui.apply.state import StateError, of_instance
        from mailtui.cli.output import note
        from mailtui.postfix.errors import InstanceError

        try:
            if not may_be_unfinished(Path(of_instance(self.instance))):
                return
            from mailtui.apply.history import History

            for words in History.open(self.instance).unfinished():
                note(f"note: {words}")
        except (JournalError, StateError, InstanceError):
            return  # looking works without a history; `mailtui history` says what is wrong with it
