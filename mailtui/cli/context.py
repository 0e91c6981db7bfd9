"""What a command works on: the instance, opened when first needed, and who is asking."""

from __future__ import annotations

import argparse
import os
from functools import cached_property
from typing import TYPE_CHECKING

from mailtui.cli.output import Failed

if TYPE_CHECKING:
    from mailtui.postfix.instance import Instance


def caller() -> str:
    """The name of the person who acts: over sudo, the one who called it."""
    import pwd

    name = os.environ.get("SUDO_USER")
    if name:
        return name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


class Context:
    """One command's surroundings."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.json: bool = getattr(options, "json", False)
        self.read_only: bool = getattr(options, "read_only", False)
        self.dry_run: bool = getattr(options, "dry_run", False)
        self.no_reload: bool = getattr(options, "no_reload", False)
        self.yes: bool = getattr(options, "yes", False)
        self.log: str = getattr(options, "log", "auto")
        self.config_dir: str | None = getattr(options, "config_dir", None) or os.environ.get(
            "MAILTUI_CONFIG_DIR"
        )

    @cached_property
    def instance(self) -> Instance:
        """The Postfix instance. Raises Failed with what is wrong and what to do."""
        from mailtui.postfix.errors import InstanceError
        from mailtui.postfix.instance import Instance

        try:
            return Instance.open(self.config_dir)
        except InstanceError as error:
            raise Failed(error.what, do=error.do) from None
