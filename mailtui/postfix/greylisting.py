"""postgrey: its options, its whitelists, where it listens, and what makes a change of them count."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from mailtui.formats.defaults import Defaults
from mailtui.formats.target import Target
from mailtui.formats.whitelist import Listed, Whitelist
from mailtui.postfix.etc import beside
from mailtui.postfix.files import Reader
from mailtui.text.safe import decode

if TYPE_CHECKING:
    from mailtui.postfix.instance import Instance

DEFAULTS = Target("defaults", "/etc/default/postgrey")
"""Debian's options: POSTGREY_OPTS, POSTGREY_TEXT."""
FOLDER = "/etc/postgrey"
"""Where its whitelists are. Those without .local are the package's: an upgrade replaces them."""
OPTS = "POSTGREY_OPTS"
TEXT = "POSTGREY_TEXT"

RESTART = "postgrey reads its options when it starts: systemctl restart postgrey"
RELOAD = "postgrey reads its whitelists again at SIGHUP: systemctl kill --signal=HUP postgrey"
WRITTEN = "postgrey reads it again (SIGHUP) once it is written: it counts at once"
"""What a change of a whitelist comes to."""
STARTED = "postgrey reads its options as it starts: the review says how that is done"
"""What a change of the options comes to."""

Kind = Literal["number", "flag", "text"]


class Option(NamedTuple):
    """An option of postgrey(8). `default`: what holds where it is not given; `says`: what it is."""

    kind: Kind
    default: str
    says: str


OPTIONS: dict[str, Option] = {
    "delay": Option("number", "300", "seconds until a stranger who comes back is let in"),
    "retry-window": Option("text", "2", "days within which the second try must come (`Nh`: hours)"),
    "max-age": Option("number", "35", "days until a triplet that nobody used is forgotten"),
    "auto-whitelist-clients": Option("number", "5", "mails after which a client is let in at once; 0: never"),
    "greylist-action": Option("text", "DEFER_IF_PERMIT", "the action of access(5) that a stranger gets"),
    "lookup-by-host": Option("flag", "", "a client is its whole address, not its network"),
    "ipv4cidr": Option("number", "24", "bits of an IPv4 address that count: a client is its network"),
    "ipv6cidr": Option("number", "64", "bits of an IPv6 address that count"),
    "privacy": Option("flag", "", "what it remembers is hashed: no address can be read in it"),
    "inet": Option("text", "", "where it listens: [HOST:]PORT; the rules must name the same"),
    "unix": Option("text", "", "where it listens: the path of a socket"),
    "hostname": Option("text", "", "the name that its header gives; by default this machine's"),
}
"""The options that an admin turns, in the order in which they matter."""
_OTHERS: dict[str, Option] = {
    "daemonize": Option("flag", "", "it runs in the background"),
    "dbdir": Option("text", "/var/lib/postgrey", "where the triplets are kept"),
    "exim": Option("flag", "", "one question a connection, as Exim wants it"),
    "greylist-text": Option("text", "", "what a stranger is told; POSTGREY_TEXT may have blanks"),
    "group": Option("text", "postgrey", "the group that it becomes"),
    "help": Option("flag", "", "it prints its options and ends"),
    "listen-queue-size": Option("number", "", "how many connections may wait"),
    "lookup-by-subnet": Option("flag", "", "a client is its network: the default"),
    "pidfile": Option("text", "", "where it writes its process number"),
    "quiet": Option("flag", "", "it logs less"),
    "socketmode": Option("text", "0666", "the mode of its Unix socket"),
    "syslog-facility": Option("text", "mail", "the facility of its log"),
    "user": Option("text", "postgrey", "the user that it becomes"),
    "verbose": Option("flag", "", "it logs more"),
    "version": Option("flag", "", "it prints its version and ends"),
    "whitelist-clients": Option("text", f"{FOLDER}/whitelist_clients", "clients that never wait"),
    "whitelist-recipients": Option("text", f"{FOLDER}/whitelist_recipients", "recipients without a wait"),
    "x-greylist-header": Option("text", "", "the header that tells how long a message waited"),
}
KNOWN = {**OPTIONS, **_OTHERS}
"""All that there are."""


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
        return self.options.get(name, OPTIONS[name].default)


def options(files: Reader, target: Target = DEFAULTS) -> PostgreyOptions:
    """What /etc/default/postgrey says. Raises OSError where it cannot be read."""
    document = cast("Defaults", files.document(target))
    words = tuple(_words(_setting(document, OPTS.encode())))
    listens, found = _by_name(words)
    return PostgreyOptions(listens, found, _setting(document, TEXT.encode()), words)


def _by_name(words: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Where options have it listen, and the options by name."""
    found: dict[str, str] = {}
    listens = ""
    for word in words:
        name, _, value = word.removeprefix("--").partition("=")
        found[name] = value
        if name in {"inet", "unix"}:
            listens = f"{name}:{value.partition(',')[0]}"
    return listens, found


def with_option(held: PostgreyOptions, name: str, value: str | None) -> str:
    """POSTGREY_OPTS with an option set (None: taken out); the others stay as they are."""
    kept: list[str] = []
    done = False
    for word in held.words:
        if word.removeprefix("--").partition("=")[0] != name:
            kept.append(word)
        elif value is not None and not done:
            kept.append(_option(name, value))
            done = True
    if value is not None and not done:
        kept.append(_option(name, value))
    return " ".join(kept)


def _option(name: str, value: str) -> str:
    return f"--{name}={value}" if value else f"--{name}"


def option_problem(name: str, value: str) -> str:
    """Why a value is none for an option; empty where it is one."""
    value = value.strip()
    known = KNOWN.get(name)
    if any(character in value for character in " \t\"'$`\\\n"):
        return "one word, without quotes: the options are split at blanks"
    if known is None or (not value and known.kind != "number"):
        return ""
    if known.kind == "number" and not (value.isascii() and value.isdigit()):
        return "a whole number"
    if name == "retry-window" and not (value.isascii() and value.removesuffix("h").isdigit()):
        return "days as 2, or hours as 12h"
    if name == "inet":
        host, _, port = value.rpartition(":")
        return "" if port.isdigit() and 0 < int(port) < 65536 and not host.endswith(":") else "[HOST:]PORT"
    return ""


@dataclass(frozen=True, slots=True)
class Places:
    """The files of the postgrey that goes with an instance. `running`: the options of the process that is
    seen, as `PostgreyOptions.options`; None where none is. `pid`: its number, 0 for none."""

    defaults: Target
    clients: tuple[Target, ...]
    recipients: tuple[Target, ...]
    running: Mapping[str, str] | None = None
    pid: int = 0

    def of(self, listed: Listed) -> tuple[Target, ...]:
        """The whitelists, the package's first."""
        return self.clients if listed == "clients" else self.recipients

    def own(self, listed: Listed) -> Target:
        """The whitelist that is the admin's own: an upgrade leaves it alone."""
        return self.of(listed)[-1]


def places(instance: Instance) -> Places:
    """Where postgrey's files are: those that its process names, else those beside the instance's own folder
    (/etc/postgrey beside /etc/postfix), else Debian's where that folder is below /etc."""
    folder = beside(instance.config_dir, FOLDER, os.path.isdir)
    defaults = Target("defaults", beside(instance.config_dir, DEFAULTS.path))
    pid, words = _process()
    named = {listed: _named(words, f"whitelist-{listed}") for listed in ("clients", "recipients")}
    clients, recipients = (named[listed] or _usual(folder, listed) for listed in named)
    running = _by_name(words)[1] if words else None
    return Places(defaults, clients, recipients, running, pid)


def _usual(folder: str, listed: str) -> tuple[Target, ...]:
    names = (f"whitelist_{listed}", f"whitelist_{listed}.local")
    return tuple(Target("whitelist", f"{folder}/{name}") for name in names)


def _named(words: Sequence[str], option: str) -> tuple[Target, ...]:
    """The files that an option names, which may stand several times."""
    start = f"--{option}="
    return tuple(Target("whitelist", word.removeprefix(start)) for word in words if word.startswith(start))


def _process() -> tuple[int, tuple[str, ...]]:
    """The postgrey that runs here: its number and options; 0 and none where none is seen. One in another
    network (a container) is not ours."""
    mine = _network("self")
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = decode((folder / "cmdline").read_bytes().replace(b"\0", b" ").strip())
        except OSError:
            continue
        if _IS_POSTGREY.match(text) and _network(folder.name) == mine:
            return int(folder.name), tuple(f"--{word}" for word in re.split(r"\s+--", text)[1:])
    return 0, ()


_IS_POSTGREY = re.compile(r"(?:\S*perl\s+(?:-\S+\s+)*)?(?:\S*/)?postgrey(?:\s|$)")


def _network(process: str) -> str:
    try:
        return os.readlink(f"/proc/{process}/ns/net")
    except OSError:
        return ""


def whitelists(files: Reader, targets: Sequence[Target]) -> list[tuple[Target, Whitelist]]:
    """Those whitelists that there are. Raises OSError where one cannot be read."""
    found: list[tuple[Target, Whitelist]] = []
    for target in targets:
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
