"""The folder in which mailtui keeps what it knows of one Postfix instance from run to run.

As root nothing is read from or written to a folder that another user owns or may write: a file of
his there would become root's words.
"""

from __future__ import annotations

import os
import stat

ROOT_STATE = "/var/lib/mailtui"
"""State of the root user, one folder an instance in it."""
VARIABLE = "MAILTUI_STATE_DIR"
"""The environment variable that names another folder in place of ROOT_STATE or the user's own."""
_LONGEST = 200
"""Bytes of a folder's name (a file system takes 255); of a longer one the first _KEPT stay."""
_KEPT = 120


class StateError(Exception):
    """The state folder cannot be used: `what` is wrong with `path`, and what to `do` about it."""

    def __init__(self, what: str, do: str, path: str) -> None:
        super().__init__(f"{path}: {what}; {do}")
        self.what, self.do, self.path = what, do, path


def base() -> str:
    """The folder that holds one state folder an instance (XDG Base Directory Specification, for non-root)."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen:
        return os.path.abspath(chosen)
    if os.geteuid() == 0:
        return ROOT_STATE
    home = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(home):  # the specification: a relative path is to be ignored
        home = os.path.expanduser("~/.local/state")
    return os.path.join(home, "mailtui")


def label(config_dir: str) -> str:
    """What an instance's folder is called: its real configuration directory, which no other instance has
    and no parameter changes (`etc-postfix`). A `-` in it is written `%2D`, so that no two are alike."""
    plain = os.path.realpath(config_dir).strip("/")
    named = plain.replace("%", "%25").replace("-", "%2D").replace("/", "-") or "-"
    raw = os.fsencode(named)
    if len(raw) <= _LONGEST:
        return named
    import hashlib

    return f"{os.fsdecode(raw[:_KEPT])}%{hashlib.sha256(raw).hexdigest()}"


def folder(name: str, *, make: bool = True) -> str:
    """The state folder of that name; made (0700) when `make` is set and it is missing.

    With `make` off the path is returned whether or not it exists. Raises StateError where it cannot be
    made, is not a folder, or where as root another user owns or may write it.
    """
    if "/" in name or "\0" in name or name in {"", ".", ".."}:
        raise StateError("an instance of this name cannot have a folder", "rename its directory", name)
    return checked(os.path.join(base(), name), make=make)


def checked(path: str, *, make: bool) -> str:
    """The folder itself, as `folder` says."""
    try:
        if make:
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            os.makedirs(path, mode=0o700, exist_ok=True)
        parent, found = os.stat(os.path.dirname(path)), os.lstat(path)
    except FileNotFoundError as error:
        if make:
            raise StateError(
                error.strerror or str(error), f"or set {VARIABLE} to another folder", path
            ) from None
        return path
    except OSError as error:
        raise StateError(
            f"cannot be made or read: {error.strerror}",
            f"make it writable, or set {VARIABLE} to another folder",
            path,
        ) from None
    if not stat.S_ISDIR(found.st_mode):
        raise StateError("is not a folder", f"move it away, or set {VARIABLE} to another folder", path)
    if os.geteuid() == 0:
        _refuse_others(os.path.dirname(path), parent)
        _refuse_others(path, found)
    return path


def _refuse_others(path: str, found: os.stat_result) -> None:
    if found.st_uid != 0:
        raise StateError(f"belongs to user id {found.st_uid}, not to root", f"chown root:root {path}", path)
    sticky = bool(found.st_mode & stat.S_ISVTX)  # in a folder like /tmp nobody can replace what is root's
    if found.st_mode & 0o022 and not sticky:
        raise StateError("may be written by others than root", f"chmod go-w {path}", path)
