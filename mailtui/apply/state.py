"""The folder in which mailtui keeps the history of one Postfix instance, and the folder for its locks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mailtui.postfix.statefolder import ROOT_STATE, VARIABLE, StateError, base, checked, folder, label

if TYPE_CHECKING:
    from mailtui.postfix.instance import Instance

__all__ = ["ROOT_LOCKS", "ROOT_STATE", "VARIABLE", "StateError", "base", "folder", "label", "lock_folder",
           "of_instance"]  # fmt: skip

ROOT_LOCKS = "/run/mailtui"
"""Locks of the root user: one fixed place, so that two mailtui with different state folders still
exclude each other."""


def of_instance(instance: Instance, *, make: bool = False) -> str:
    """The state folder of the instance, as `folder` gives it. One that an older mailtui named after
    multi_instance_name is used as well, and gets its present name when `make` is set."""
    name = label(instance.config_dir)
    if not os.path.lexists(os.path.join(base(), name)):
        former = _former(instance)
        if former and not make:
            return folder(former, make=False)
        if former:
            os.rename(folder(former, make=False), os.path.join(base(), name))
    return folder(name, make=make)


def _former(instance: Instance) -> str:
    """The folder's old name, where there is one and its history is of this very directory; else ""."""
    if not os.path.isdir(base()):
        return ""
    from mailtui.apply.database import newest_directory
    from mailtui.postfix.errors import InstanceError

    try:
        name = instance.name
    except InstanceError:
        name = "-"
    if name == "-" and instance.config_dir != "/etc/postfix":
        name = instance.config_dir.strip("/").replace("/", "-")
    path = Path(base(), name)
    return name if name and newest_directory(path) == instance.config_dir else ""


def lock_folder() -> str:
    """The folder for lock files, made when missing. Raises StateError as `folder` does."""
    return checked(ROOT_LOCKS if os.geteuid() == 0 else os.path.join(base(), "locks"), make=True)
