"""The admin's settings: `/etc/mailtui.toml`, and over it `~/.config/mailtui/config.toml`.

    after_write = ["etckeeper", "commit", "a change by mailtui"]
    log = "auto"            # a file, "journal" or "auto"
    color = "auto"          # "truecolor", "256", "16", "none"
    mouse = false           # default: on, but off over SSH
    ascii = false
    start = "overview"      # the screen on which the console opens, by its word: "aliases", "log", …
    rehearsal = true        # false: do not try a new main.cf or master.cf before it is written
    nameservers = []        # whom to ask about domains, as ["192.0.2.53", "[2001:db8::53]:5353"]; [] is
                            # /etc/resolv.conf
    dns_timeout = 5.0       # seconds for one question to DNS
    dns_rate = 200          # questions to DNS in a second, where many domains are looked at
    dkim_grace = 7.0        # days for which an old DKIM key stays published after another took over
    dkim_age = 365.0        # days after which a DKIM key is called old

    [[silence]]             # a finding that is known and need not be told again
    finding = "dnsbl-unfiltered"
    title = ""              # empty: every finding of this kind
    reason = "the list has no error answers for us"

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
SCREENS = (
    "overview", "domains", "aliases", "mailboxes", "restrictions",
    "milters", "auth", "log", "queue", "parameters",
)  # fmt: skip
"""The screens in the order of their keys 1 … 9, 0."""


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
    start: str = "overview"
    """The mode of the screen on which the console opens."""
    rehearsal: bool = True
    nameservers: tuple[str, ...] = ()
    dns_timeout: float = 5.0
    dns_rate: float = 200.0
    dkim_grace: float = 7.0
    dkim_age: float = 365.0
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


def _silences(value: Any) -> tuple[tuple[str, str, str], ...]:
    wanted = "[[silence]] tables, each with finding, reason and perhaps title, all texts"
    if not isinstance(value, list):
        raise TypeError(wanted)
    found = []
    for each in value:
        if not isinstance(each, dict) or not set(each) <= {"finding", "title", "reason"}:
            raise TypeError(wanted)
        texts = tuple(each.get(name, "") for name in ("finding", "title", "reason"))
        if not all(isinstance(text, str) for text in texts) or not texts[0] or not texts[2].strip():
            raise TypeError(wanted)
        found.append((texts[0], texts[1], texts[2]))
    return tuple(found)


def _color(value: Any) -> str:
    if value not in COLORS:
        raise TypeError(f"one of {', '.join(COLORS)}")
    return str(value)


def _screen(value: Any) -> str:
    if value not in SCREENS:
        raise TypeError(f"one of {', '.join(SCREENS)}")
    return str(value)


def _above_zero(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise TypeError("a number above 0")
    return float(value)


def _nameservers(value: Any) -> tuple[str, ...]:
    from mailtui.text.endpoint import address_and_port

    wanted = 'a list of addresses, as ["192.0.2.53"]'
    if not isinstance(value, list):
        raise TypeError(wanted)
    for each in value:
        try:
            address_and_port(each)
        except (ValueError, AttributeError):
            raise TypeError(wanted) from None
    return tuple(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "after_write": _words,
    "log": _text,
    "color": _color,
    "mouse": _yes,
    "ascii": _yes,
    "start": _screen,
    "rehearsal": _yes,
    "nameservers": _nameservers,
    "dns_timeout": _above_zero,
    "dns_rate": _above_zero,
    "dkim_grace": _above_zero,
    "dkim_age": _above_zero,
    "silence": _silences,
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
    if "silence" in values:
        values["silence"] = (*settings.silence, *values["silence"])
    return settings.over(**values, problems=tuple(problems))
