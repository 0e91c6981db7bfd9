"""The admin's settings: `/etc/mailtui.toml`, and over it `~/.config/mailtui/config.toml`.

    settings = load()
    settings.start, settings.keymap, settings.problems

What each setting means, in words, stands in `settingswords.py`, what it may be in `settingskinds.py`; the
defaults stand here. A wrong or unknown key costs a clear line and nothing else: the rest holds.
"""

from __future__ import annotations

import os

from mailtui.screennames import SCREENS

__all__ = ["SCREENS", "SYSTEM_FILE", "Settings", "files", "load", "user_file"]

TYPE_CHECKING = False  # that of typing, which the first paint would wait for
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SYSTEM_FILE: str | os.PathLike[str] = "/etc/mailtui.toml"


def user_file() -> str:
    """The caller's own settings file, whether it exists or not."""
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return os.path.join(os.path.expanduser(home), "mailtui", "config.toml")


class Settings:
    """What the files say. `problems` are the lines to show: each names file, line and key.

    Read before the console's first paint; hence no dataclass, no NamedTuple and no Path here.
    """

    instances: tuple[tuple[str, str, str], ...] = ()
    """Postfix instances to choose from: the name, the configuration folder, the log (empty: as `log`)."""
    start: str = "overview"
    """The mode of the screen on which the console opens."""
    log: str = "auto"
    color: str = "auto"
    background: str = "auto"
    ascii: bool = False
    mouse: bool | None = None
    plain: bool = False
    ask_write: str = "never"
    """Where the host's name is to be typed before a write: never, risky (it removes or restarts), always."""
    write_delay: float = 0.5
    """Seconds for which the Review takes no key after it was drawn."""
    ask_quit: str = "staged"
    """When `q` asks: staged (while changes are staged), always."""
    rehearsal: bool = True
    after_write: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    dns_timeout: float = 5.0
    dns_rate: float = 200.0
    dkim_grace: float = 7.0
    dkim_age: float = 365.0
    certificate_days: float = 21.0
    """Days before its end from which a certificate is told of."""
    keymap: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Keys of actions: the action's id, its keys by Textual's names. The later file wins for each."""
    silence: tuple[tuple[str, str, str], ...] = ()
    """Findings that are not told of: the kind, the title (empty: all of the kind), the reason. Those of both
    files count."""
    problems: tuple[str, ...] = ()

    def __init__(self, **values: Any) -> None:
        """`values` by the names above; the defaults hold for all others."""
        vars(self).update(values)

    def over(self, **values: Any) -> Settings:
        """These settings with some values in place of theirs."""
        return Settings(**{**vars(self), **values})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Settings):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Settings.__annotations__)

    __hash__ = None  # type: ignore[assignment]  # as every class that says when two are equal


def files() -> tuple[str, str]:
    """The two files, the one that wins last."""
    return os.fspath(SYSTEM_FILE), user_file()


def load(paths: Sequence[str | os.PathLike[str]] | None = None) -> Settings:
    """Read the settings files. Never raises: what is wrong is in `problems`."""
    settings = Settings()
    for each in paths if paths is not None else files():
        path = os.fspath(each)
        if not os.path.lexists(path):
            continue  # what reads a file is not even imported
        from mailtui.settingsread import read

        found = read(path)
        settings = settings.over(
            **_joined(settings, found.values), problems=(*settings.problems, *found.problems)
        )
    return settings


def _joined(settings: Settings, values: dict[str, Any]) -> dict[str, Any]:
    """What a further file says: lists of tables and the key map are joined, all else is put in place."""
    joined = dict(values)
    if "silence" in values:
        joined["silence"] = (*settings.silence, *values["silence"])
    if "instances" in values:
        mine = {name for name, *_ in values["instances"]}
        others = (one for one in settings.instances if one[0] not in mine)
        joined["instances"] = (*others, *values["instances"])
    if "keymap" in values:
        joined["keymap"] = tuple({**dict(settings.keymap), **dict(values["keymap"])}.items())
    return joined
