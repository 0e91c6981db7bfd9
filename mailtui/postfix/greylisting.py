"""postgrey: its options, its whitelists, where it listens, and what makes a change of them count."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import cast

from mailtui.formats.defaults import Defaults
from mailtui.formats.target import Target
from mailtui.formats.whitelist import Listed, Whitelist
from mailtui.postfix.files import Reader
from mailtui.text.safe import decode

DEFAULTS = Target("defaults", "/etc/default/postgrey")
"""Debian's options: POSTGREY_OPTS, POSTGREY_TEXT."""
FOLDER = "/etc/postgrey"
"""Where its whitelists are. Those without .local are the package's: an upgrade replaces them."""

RESTART = "postgrey reads its options when it starts: systemctl restart postgrey"
RELOAD = "postgrey reads its whitelists again at SIGHUP: systemctl kill --signal=HUP postgrey"

_OPTIONS = {
    "delay": ("300", "seconds until a stranger who comes back is let in"),
    "max-age": ("35", "days until a triplet that nobody used is forgotten"),
    "retry-window": ("2", "days within which the second try must come (`Nh`: hours)"),
    "auto-whitelist-clients": ("5", "triplets after which a client is let in at once; 0: never"),
    "greylist-action": ("DEFER_IF_PERMIT", "the action of access(5) that a stranger gets"),
}
OPTIONS = {name: says for name, (_default, says) in _OPTIONS.items()}
"""The options that an admin turns, and what they are."""


@dataclass(frozen=True, slots=True)
class PostgreyOptions:
    """POSTGREY_OPTS taken apart: where it listens (`inet:10023`, `unix:/path`; empty for none), the others by
    name (`""` for one without a value), what stands there twice last."""

    listens: str
    options: dict[str, str]
    text: str
    words: tuple[str, ...]

    def value(self, name: str) -> str:
        """What holds for one of `OPTIONS`."""
        return self.options.get(name, _OPTIONS[name][0])


def options(files: Reader, target: Target = DEFAULTS) -> PostgreyOptions:
    """What /etc/default/postgrey says. Raises OSError where it cannot be read."""
    document = cast("Defaults", files.document(target))
    words = tuple(_words(_setting(document, b"POSTGREY_OPTS")))
    found: dict[str, str] = {}
    listens = ""
    for word in words:
        name, _, value = word.removeprefix("--").partition("=")
        found[name] = value
        if name in {"inet", "unix"}:
            listens = f"{name}:{value.partition(',')[0]}"
    return PostgreyOptions(listens, found, _setting(document, b"POSTGREY_TEXT"), words)


def with_option(held: PostgreyOptions, name: str, value: str | None) -> str:
    """POSTGREY_OPTS with an option set (None: taken out); the others stay as they are."""
    kept: list[str] = []
    done = False
    for word in held.words:
        if word.removeprefix("--").partition("=")[0] != name:
            kept.append(word)
        elif value is not None and not done:
            kept.append(f"--{name}={value}")
            done = True
    if value is not None and not done:
        kept.append(f"--{name}={value}")
    return " ".join(kept)


def local_list(listed: Listed, folder: str = FOLDER) -> Target:
    """The whitelist that is the admin's own."""
    return Target("whitelist", f"{folder}/whitelist_{listed}.local")


def whitelists(files: Reader, listed: Listed, folder: str = FOLDER) -> list[tuple[Target, Whitelist]]:
    """The whitelists that there are, the package's first."""
    found: list[tuple[Target, Whitelist]] = []
    for target in (Target("whitelist", f"{folder}/whitelist_{listed}"), local_list(listed, folder)):
        try:
            found.append((target, cast("Whitelist", files.document(target))))
        except FileNotFoundError:
            continue
    return found


def _setting(document: Defaults, name: bytes) -> str:
    found = document.get(name)
    return decode(found.value) if found is not None else ""


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
