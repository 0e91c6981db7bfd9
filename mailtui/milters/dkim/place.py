"""Where the opendkim of a Postfix instance keeps its configuration, and as whom it runs."""

from __future__ import annotations

import os
import pwd

from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.safety import uid_of
from mailtui.postfix.etc import beside
from mailtui.postfix.instance import Instance

NAME = "opendkim.conf"
DEFAULT = f"/etc/{NAME}"
KEYS = "dkimkeys"
"""The folder beside it in which Debian keeps keys."""
_USER = "opendkim"


def config_path(instance: Instance) -> str:
    """Beside the instance's directory (`/etc/opendkim.conf` beside `/etc/postfix`), else Debian's place where
    that directory is below /etc; see `postfix.etc`."""
    return beside(instance.config_dir, DEFAULT)


def read_config(instance: Instance) -> DkimConfig:
    """The configuration as the instance's reader has it, a draft included."""
    return DkimConfig.read(config_path(instance), instance.files)


def key_folder(config: DkimConfig) -> str:
    """Where new keys go unless those that there are say otherwise."""
    return os.path.join(os.path.dirname(config.path), KEYS)


def owner(config: DkimConfig) -> tuple[int, int]:
    """User and group as which opendkim reads its keys: UserID, else Debian's user where there is one (its
    unit starts it so), else root."""
    name = config.user.partition(":")[0].strip() or _USER
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return 0, 0
    return found.pw_uid, found.pw_gid


def runs_as(config: DkimConfig) -> int:
    """The user id by which opendkim judges whether keys are safe; root's where UserID names nobody."""
    try:
        return uid_of(config.user) if config.user else owner(config)[0]
    except KeyError:
        return 0
