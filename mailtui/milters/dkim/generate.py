"""A new key file, owned and locked away right from its first moment: it is made in a folder that nobody else
can enter, and comes to its place by one rename-like step that never replaces a file."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass
from typing import Literal

from mailtui import commands
from mailtui.milters.dkim.keyfile import KeyData, key_of
from mailtui.postfix import private
from mailtui.text.safe import safe

Kind = Literal["rsa", "ed25519"]

BITS = 2048
LEAST, MOST = 1024, 4096
"""Bits of an RSA key: fewer must not be verified (RFC 8301), more do not fit in many a reader."""
TIMEOUT = 120.0
"""Seconds for making a key; a poor machine takes some for 4096 bits."""
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")


class GenerateError(Exception):
    """No key was made, and nothing is left behind. `what` is wrong, and what to `do`."""

    def __init__(self, what: str, do: str = "", path: str = "") -> None:
        super().__init__(f"{what}; {do}" if do else what)
        self.what, self.do, self.path = what, do, path


@dataclass(frozen=True, slots=True)
class Wanted:
    """The key to be made. `uid` and `gid` are who owns it; `folders`: those above it that are not there yet,
    the outermost first, each made 0700 and owned alike."""

    path: str
    kind: Kind = "rsa"
    bits: int = BITS
    uid: int = 0
    gid: int = 0

    @property
    def folders(self) -> tuple[str, ...]:
        missing = []
        folder = os.path.dirname(self.path)
        while folder not in {"", "/"} and not os.path.lexists(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        return tuple(reversed(missing))

    def words(self) -> str:
        """What is made, in one line."""
        what = f"rsa {self.bits}" if self.kind == "rsa" else "ed25519"
        return f"{safe(self.path)} ({what}, mode 0600)"


def check_name(what: str, text: str) -> str:
    """A domain or selector as it may stand in a file name, a table and DNS; in lower case. Raises
    GenerateError."""
    name = text.strip().rstrip(".").lower()
    if not _NAME.match(name) or len(name) > 253:
        raise GenerateError(
            f"“{safe(text, 80)}” is no {what}", "letters, digits, - and _ in labels with dots between"
        )
    return name


def check_bits(bits: int) -> None:
    """Raises GenerateError for a length that others do not verify, or cannot read."""
    if not LEAST <= bits <= MOST:
        raise GenerateError(f"{bits} bits are no length for a key", f"{LEAST} to {MOST}; {BITS} is usual")


def make_key(wanted: Wanted) -> KeyData:
    """Make the key file; what is in it. Raises GenerateError; nothing is left behind then, save folders."""
    if os.path.lexists(wanted.path):
        raise GenerateError(
            "is there already, and is not replaced",
            "take another selector: none is ever used twice",
            wanted.path,
        )
    pem = _new_key(wanted)
    data = key_of(pem)
    if data.problem:
        raise GenerateError(f"openssl made something that {data.problem}", data.do)
    try:
        for folder in wanted.folders:
            _make_folder(folder, wanted)
        _place(wanted, pem)
    except FileExistsError:
        raise GenerateError(
            "appeared meanwhile, and is not replaced", "look whose it is", wanted.path
        ) from None
    except OSError as error:
        raise GenerateError(
            f"cannot be made: {error.strerror or error}", "check the folder and its disk", wanted.path
        ) from None
    return data


def _new_key(wanted: Wanted) -> bytes:
    """A private key in PEM, which no command line and no file has seen."""
    argv = ["openssl", "genpkey", "-outform", "PEM", "-algorithm"]
    argv += ["RSA", "-pkeyopt", f"rsa_keygen_bits:{wanted.bits}"] if wanted.kind == "rsa" else ["ED25519"]
    try:
        done = commands.ask(argv, timeout=TIMEOUT)
    except commands.CommandError as error:
        raise GenerateError(str(error), "apt install openssl") from None
    if not done.ok:
        raise GenerateError(f"openssl made no key: {safe(done.words)}")
    return done.out


def _make_folder(path: str, wanted: Wanted) -> None:
    os.mkdir(path, 0o700)
    os.chown(path, wanted.uid, wanted.gid)


def _place(wanted: Wanted, pem: bytes) -> None:
    """Write it in a 0700 folder beside its place, give it its owner there, and link it to its name. All by
    open folders: the owner of the folder could swap names meanwhile."""
    folder, name = os.path.split(wanted.path)
    private.sweep(folder)  # what a crash left of an earlier one
    beside, inside = private.make(folder)
    outside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open("key", flags, 0o600, dir_fd=inside), "wb") as file:
            os.fchmod(file.fileno(), stat.S_IRUSR | stat.S_IWUSR)
            os.fchown(file.fileno(), wanted.uid, wanted.gid)
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link("key", name, src_dir_fd=inside, dst_dir_fd=outside, follow_symlinks=False)
        os.fsync(outside)
    finally:
        with contextlib.suppress(OSError):
            os.unlink("key", dir_fd=inside)
        with contextlib.suppress(OSError):
            os.rmdir(beside)
        os.close(inside)
        os.close(outside)
