"""Where the files of the programs beside an instance's Postfix are: /etc for one whose directory is there.

A demo, a test bed or the copy of a server has its own folder for them or none at all: the files of the
machine that it happens to lie on are not its own, and are never taken for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable

ETC = "/etc"


def is_in_etc(path: str) -> bool:
    """Whether a file or folder lies below /etc, by its name or in truth."""
    names = (os.path.abspath(path), os.path.realpath(path))
    return any(name.startswith(f"{ETC}/") for name in names)


def beside(config_dir: str, path: str, exists: Callable[[str], bool] = os.path.exists) -> str:
    """The file that is /etc/NAME on a usual server: the one beside the instance's directory, else, for an
    instance below /etc, `path` itself. It need not exist."""
    own = os.path.join(os.path.dirname(config_dir.rstrip("/")), os.path.relpath(path, ETC))
    return own if exists(own) or not is_in_etc(config_dir) else path
