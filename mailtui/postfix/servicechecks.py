"""What master(8) accepts in an entry of master.cf: of most mistakes it dies without a word in the log."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mailtui.formats.masterentry import wrong_field
from mailtui.postfix.instance import Instance
from mailtui.text.safe import encode

COLUMNS: Mapping[str, str] = {
    "private": "only Postfix itself may connect: y, - (yes) or n; inet needs n",
    "unprivileged": "runs as mail_owner: y, - (yes) or n, as root: local, pipe, spawn, virtual need that",
    "chroot": "sees queue_directory as /: y or n; - is no where compatibility_level is 1 or more",
    "wakeup": "seconds between two wake-ups; 60? only once it was used; - or 0 never",
    "process_limit": "processes at most; 0 without a limit; - default_process_limit",
    "command": "a program in daemon_directory",
}
"""The columns that can be changed, in the file's order, and what each takes (master(5))."""


def check_column(instance: Instance, type_: str, name: str, value: str) -> tuple[str, str]:
    """What is wrong with a column's value as (severity, sentence); empty where nothing is. The severity is
    `error` where master, or each Postfix command, would die of it. Raises ParameterError."""
    if wrong := wrong_field(name, encode(value)):
        return "error", wrong
    if name == "private" and type_ == "inet" and value != "n":
        return "error", "an inet service cannot be private: master would die, and mail with it"
    if name == "command":
        folder = instance.parameters.effective("daemon_directory")
        if not os.path.exists(os.path.join(folder, value)):
            return "warning", f"{folder} has no program {value}: the service would not start"
    return "", ""
