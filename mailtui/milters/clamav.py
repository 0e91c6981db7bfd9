"""clamav-milter and the clamd that it asks: what they are set to, where each looks for the other, how much of
a message is scanned (clamav-milter.conf(5), clamd.conf(5)).

The limits as ClamAV 1.4 keeps them: clamav-milter hands on the first MaxFileSize bytes of a message and calls
the whole clean; clamd passes over a message above its own MaxFileSize or MaxScanSize, or calls it infected
with AlertExceedsMax; StreamMaxLength counts over TCP alone, and above it scanning fails: OnFail decides.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from mailtui.formats.keywords import KeywordDocument
from mailtui.formats.milteritem import Endpoint
from mailtui.formats.target import Target
from mailtui.milters.alive import SECONDS, Behind
from mailtui.milters.chains import MilterChain, MilterRow
from mailtui.milters.clamd import ask
from mailtui.milters.rights import FREE, Way, Who, user, way
from mailtui.text.safe import decode, safe

PORT = "3310"
"""Where clamd listens by TCP unless another port is named."""
FOLDER = "/var/lib/clamav"
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_DEFAULTS = {"MaxFileSize": "25M", "OnInfected": "Quarantine", "OnFail": "Defer", "OnClean": "Accept"}
_CLAMD_DEFAULTS = {"MaxFileSize": "100M", "MaxScanSize": "400M", "StreamMaxLength": "100M"}


@dataclass(frozen=True)
class Settings:
    """A configuration of ClamAV's; what cannot be read is as if it were empty."""

    target: Target
    document: KeywordDocument

    def text(self, name: str, default: str = "") -> str:
        """The value of a keyword."""
        found = self.document.value(name)
        return default if found is None else decode(found).strip()

    def all(self, name: str) -> list[str]:
        """The values of a keyword that may stand more than once."""
        return [decode(each).strip() for each in self.document.values(name)]

    def yes(self, name: str, default: str = "no") -> bool:
        return self.text(name, default).lower() in {"yes", "true", "1"}

    def size(self, name: str, default: str) -> int:
        """A size in bytes; that of the default where it is none."""
        return size(self.text(name)) or (0 if self.text(name) == "0" else size(default))

    def line(self, name: str) -> int | None:
        """Where it is set."""
        found = self.document.get(name)
        return found.line if found is not None else None

    def was(self, name: str) -> str | None:
        """The value as it is written, None where it is not."""
        found = self.document.value(name)
        return None if found is None else decode(found)


def size(text: str) -> int:
    """A size of ClamAV's in bytes; 0 for none."""
    found = re.fullmatch(r"(\d+)([KkMmGg]?)", text)
    return int(found[1]) * _UNITS[found[2].upper()] if found else 0


def size_words(number: int) -> str:
    """Bytes as an admin writes them: `25M`, rounded up."""
    mega = _UNITS["M"]
    return f"{-(-number // mega)}M" if number >= mega else f"{-(-number // 1024)}K"


@dataclass(frozen=True)
class Scanner:
    """The two of them. `asked`: the chains with the rows that ask clamav-milter; `clamd` None where there is
    no file of its; `largest`: bytes that a message may have, 0 for any."""

    milter: Settings
    clamd: Settings | None
    asked: tuple[tuple[MilterChain, MilterRow], ...]
    largest: int

    @cached_property
    def wanted(self) -> tuple[Endpoint, ...]:
        """Where clamav-milter looks for clamd, as it sees paths; what cannot be read is left out."""
        found = (clamd_endpoint(each) for each in self.milter.all("ClamdSocket"))
        return tuple(each for each in found if each is not None)

    def real(self, where: Endpoint) -> Endpoint:
        """The same for who is in no chroot."""
        root = self.milter.text("Chroot")
        if where.kind != "unix" or not root:
            return where
        return Endpoint("unix", path=os.path.join(root, where.path.lstrip("/")))

    @cached_property
    def offered(self) -> tuple[Endpoint, ...]:
        """Where clamd.conf has clamd listen."""
        return tuple(_offered(self.clamd)) if self.clamd is not None else ()

    @property
    def user(self) -> Who | None:
        """As whom clamav-milter asks, with all his groups; None where the file names nobody that is known."""
        name = self.milter.text("User")
        return user(name) if name else None

    def way(self, where: Endpoint) -> Way:
        """That user's way to a socket of clamd's."""
        who = self.user
        return way(where.path, who) if who is not None and where.kind == "unix" else FREE

    @property
    def is_remote(self) -> bool:
        """Whether messages go to clamd by TCP."""
        return any(each.kind == "inet" for each in self.wanted)

    @property
    def on_fail(self) -> str:
        """What becomes of mail that cannot be scanned: accept, defer or reject."""
        return self.milter.text("OnFail", _DEFAULTS["OnFail"]).lower()

    @property
    def unscanned(self) -> str:
        """The same in words."""
        return ON_FAIL.get(self.on_fail, "is put off: 451, clients try again")

    @property
    def handed(self) -> int:
        """Bytes of a message that clamav-milter hands on at most; 0 for any."""
        limit = self.milter.size("MaxFileSize", _DEFAULTS["MaxFileSize"])
        return min(limit, self.largest) if limit and self.largest else limit or self.largest

    def clamd_size(self, name: str) -> int:
        """A limit of clamd's in bytes; 0 for none, and where its file is not to be seen."""
        return self.clamd.size(name, _CLAMD_DEFAULTS[name]) if self.clamd is not None else 0

    @property
    def folder(self) -> str:
        """Where clamd's signatures are."""
        return self.clamd.text("DatabaseDirectory", FOLDER) if self.clamd is not None else FOLDER

    @property
    def says(self) -> tuple[str, ...]:
        """What they do with mail, in words."""
        return tuple(_says(self))


ON_INFECTED = {
    "reject": "is refused: 550, the sender's server is told (RejectMsg)",
    "quarantine": "is put on hold in the queue, where somebody must look",
    "defer": "is put off: 451, and comes again and again",
    "blackhole": "is taken and dropped: nobody learns of it",
    "accept": "passes",
}
ON_FAIL = {
    "accept": "passes UNSCANNED",
    "defer": "is put off: 451, clients try again",
    "reject": "is refused for good: 550",
}
_HEADERS = {
    "replace": "scanned mail is marked (X-Virus-Status), and marks that came with it are taken away",
    "yes": "scanned mail is marked (X-Virus-Status), and marks that came with it are taken away",
    "add": "scanned mail is marked (X-Virus-Status), beside the marks that came with it",
}


def _says(scanner: Scanner) -> Iterator[str]:
    milter = scanner.milter
    infected = milter.text("OnInfected", _DEFAULTS["OnInfected"]).lower()
    yield f"mail with a virus {ON_INFECTED.get(infected, safe(infected, 40))}"
    if infected == "reject" and milter.text("RejectMsg"):
        yield f"its sender is told: {safe(milter.text('RejectMsg'), 100)}"
    yield f"mail that cannot be scanned {scanner.unscanned}"
    yield _HEADERS.get(milter.text("AddHeader", "No").lower(), "mail is not marked")
    if milter.text("OnClean", "Accept").lower() != "accept":
        yield f"clean mail too is not let through: OnClean {safe(milter.text('OnClean'), 40)}"
    nets = milter.all("LocalNet")
    if nets:
        yield f"not scanned: mail from {safe(', '.join(nets), 100)} (LocalNet)"
    if milter.text("SkipAuthenticated"):
        yield f"not scanned: logins {safe(milter.text('SkipAuthenticated'), 60)} (SkipAuthenticated)"
    white = milter.text("AllowList") or milter.text("Whitelist")
    if white:
        yield f"not scanned: addresses that {safe(white, 80)} has"
    asks = ", ".join(safe(each) for each in milter.all("ClamdSocket")) or "nobody: it does not start"
    yield f"asks clamd at {asks}"
    yield from limits(scanner)


def limits(scanner: Scanner) -> Iterator[str]:
    """What of large mail is scanned."""
    largest = size_words(scanner.largest) if scanner.largest else "any size"
    first = scanner.milter.size("MaxFileSize", _DEFAULTS["MaxFileSize"])
    if first and (not scanner.largest or first < scanner.largest):
        yield f"of mail up to {largest} the first {size_words(first)} are scanned, the rest passes"
    for name in ("MaxFileSize", "MaxScanSize"):
        if is_over(scanner.handed, scanner.clamd_size(name)):
            does = "is called infected (AlertExceedsMax)" if alerts(scanner) else "passes unscanned"
            yield f"mail above clamd's {name} of {size_words(scanner.clamd_size(name))} {does}"
    stream = scanner.clamd_size("StreamMaxLength")
    if scanner.is_remote and is_over(scanner.handed, stream):
        yield f"mail above StreamMaxLength of {size_words(stream)} cannot be scanned"


def alerts(scanner: Scanner) -> bool:
    """Whether clamd calls what is above its limits infected."""
    return scanner.clamd is not None and scanner.clamd.yes("AlertExceedsMax")


def is_over(bytes_: int, limit: int) -> bool:
    """Whether so many bytes (0: any number) can be above a limit (0: none)."""
    return bool(limit) and (not bytes_ or bytes_ > limit)


# Where they look for each other


def clamd_endpoint(text: str) -> Endpoint | None:
    """A value of ClamdSocket: `unix:/path`, `tcp:HOST[:PORT]` with a v6 address in brackets."""
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest.startswith("/"):
        return Endpoint("unix", path=rest)
    if kind != "tcp" or not rest:
        return None
    found = re.fullmatch(r"(\[[^]]*\]|[^:]*)(?::(\d+))?", rest)
    return Endpoint("inet", found[1].strip("[]"), found[2] or PORT) if found else None


def clamd_text(where: Endpoint) -> str:
    """An endpoint as ClamdSocket has it."""
    if where.kind == "unix":
        return f"unix:{where.path}"
    return f"tcp:{f'[{where.host}]' if ':' in where.host else where.host or 'localhost'}:{where.port}"


def _offered(clamd: Settings) -> Iterator[Endpoint]:
    path = clamd.text("LocalSocket")
    if path:
        yield Endpoint("unix", path=path)
    port = clamd.text("TCPSocket")
    if port:
        for host in clamd.all("TCPAddr") or [""]:
            yield Endpoint("inet", host, port)


# Whether clamd answers


def behind(scanner: Scanner, timeout: float = SECONDS) -> Behind:
    """Ask the clamd of a clamav-milter: each place in turn, as it does, until one answers."""
    problems = []
    for where in scanner.wanted:
        found = ask(scanner.real(where), timeout=timeout)
        if found.alive:
            return Behind("clamd", found.says)
        problems.append(f"{safe(clamd_text(where))}: {found.problem}")
    why = "; ".join(problems) or "no ClamdSocket names one"
    return Behind("clamd", why, f"{why}: mail {scanner.unscanned} (OnFail)")


# Their files
