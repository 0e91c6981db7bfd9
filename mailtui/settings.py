"""The admin's settings: `/etc/mailtui.toml`, and over it `~/.config/mailtui/config.toml`.

    after_write = ["etckeeper", "commit", "a change by mailtui"]
    log = "auto"            # a file, "journal" or "auto"
    color = "auto"          # "truecolor", "256", "16", "none"
    mouse = false           # default: on, but off over SSH
    ascii = false
    rehearsal = true        # false: do not try a new main.cf or master.cf before it is written

A wrong or unknown key costs a clear line and nothing else: the rest holds.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # that of typing, which the first paint would wait for
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

SYSTEM_FILE: str | os.PathLike[str] = "/etc/mailtui.toml"
COLORS = ("auto", "truecolor", "256", "16", "none")


def user_file() -> str:
    """The caller's own settings file, whether it exists or not."""
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return os.path.join(os.path.expanduser(home), "mailtui", "config.toml")


class Settings:
    """What the files say. `problems` are the lines to show: each names file and key.

    Read before the console's first paint; hence no dataclass, no NamedTuple and no Path here.
    """

    after_write: tuple[str, ...] = ()
    log: str = "auto"
    color: str = "auto"
    mouse: bool | None = None
    ascii: bool = False
    rehearsal: bool = True
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


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text in quotes")
    return value


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError("a list of texts: a program and its arguments")
    return tuple(value)


def _color(value: Any) -> str:
    if value not in COLORS:
        raise TypeError(f"one of {', '.join(COLORS)}")
    return str(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "after_write": _words,
    "log": _text,
    "color": _color,
    "mouse": _yes,
    "ascii": _yes,
    "rehearsal": _yes,
}


def load(files: Sequence[str | os.PathLike[str]] | None = None) -> Settings:
    """Read the settings files. Never raises: what is wrong is in `problems`."""
    settings = Settings()
    for path in files if files is not None else (SYSTEM_FILE, user_file()):
        settings = _over(settings, path)
    return settings


def _over(settings: Settings, file: str | os.PathLike[str]) -> Settings:
    path = os.fspath(file)
    try:
        with open(path, encoding="utf-8") as stream:
            owner, raw = os.fstat(stream.fileno()).st_uid, stream.read()
    except FileNotFoundError:
        return settings
    except (OSError, UnicodeDecodeError) as error:
        return settings.over(problems=(*settings.problems, f"{path}: cannot be read: {error}"))
    if os.geteuid() == 0 and owner != 0:
        why = f"{path}: not read, because root does not obey a file of another user; chown root {path}"
        return settings.over(problems=(*settings.problems, why))
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(raw).unwrap()
    except TOMLKitError as error:
        return settings.over(problems=(*settings.problems, f"{path}: {error}"))
    problems = list(settings.problems)
    values: dict[str, Any] = {}
    for name, value in document.items():
        reader = _READERS.get(name)
        if reader is None:
            problems.append(f"{path}: {name}: no such setting; there are {', '.join(_READERS)}")
            continue
        try:
            values[name] = reader(value)
        except TypeError as error:
            problems.append(f"{path}: {name}: must be {error}")
    return settings.over(**values, problems=tuple(problems))
