"""Certificates and keys as smtpd has them: whose, until when, whether chain and key fit; and who still runs
with an older one.

Files are asked with openssl(1); a key goes to it by standard input.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mailtui import commands
from mailtui.postfix.files import problem_words
from mailtui.postfix.instance import Instance, master_pid
from mailtui.postfix.lookups import split_list
from mailtui.sasl.certificate import Certificate, read
from mailtui.sasl.services import AuthService
from mailtui.text.safe import safe, safe_lines

LARGEST = 1 << 20
"""Bytes of a file that are read."""
_PAIRS = (
    ("smtpd_tls_cert_file", "smtpd_tls_key_file"),
    ("smtpd_tls_eccert_file", "smtpd_tls_eckey_file"),
    ("smtpd_tls_dcert_file", "smtpd_tls_dkey_file"),
)
CHAIN_FILES = "smtpd_tls_chain_files"
_CERTIFICATE = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.*?-----END [^\n]*-----", re.DOTALL
)
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [^\n]*-----", re.DOTALL)
_ERROR = re.compile(r"error (\d+) at (\d+) depth lookup: ?([^\n]*)")
_SELF_SIGNED, _ROOT_UNKNOWN = "18", "19"
_NO_ISSUER = ("2", "20", "21")
_TIME = ("9", "10")


class Pair(NamedTuple):
    """A certificate file and its key as parameters name them. `parameter`: what names the certificate."""

    cert: str
    key: str
    parameter: str
    key_parameter: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the two files hold. Texts are safe to show; an empty one: nothing is wrong there."""

    pair: Pair
    certificate: Certificate | None = None
    count: int = 0
    """Certificates in the file, the server's own among them."""
    unreadable: str = ""
    """Why smtpd has no certificate from it."""
    chain: str = ""
    """Why clients cannot follow it to an authority that this host knows."""
    chain_broken: bool = False
    """Whether an intermediate one is missing."""
    key: str = ""
    """Why the key does not go with it."""
    key_open: str = ""
    """Who else may read the key."""
    changed: float = 0.0
    """When the files were last changed, seconds since the epoch."""

    @property
    def snakeoil(self) -> bool:
        """Debian's own, made when ssl-cert was installed."""
        return "snakeoil" in os.path.basename(self.pair.cert)

    def covers(self, name: str) -> bool:
        """Whether the certificate is for this host name."""
        names = self.certificate.names if self.certificate is not None else ()
        upper = name.lower().partition(".")[2]
        return any(each.lower() in (name.lower(), f"*.{upper}") for each in names)


def pairs(instance: Instance, service: AuthService) -> list[Pair]:
    """The certificates of a service: smtpd_tls_chain_files, else the pairs of RSA, ECDSA and DSA.

    Raises ParameterError.
    """
    own = instance.parameters.service(service.row.name, service.row.type)
    files = split_list(own.effective(CHAIN_FILES))
    if files:
        return [Pair(each, each, CHAIN_FILES, CHAIN_FILES) for each in files]
    found = []
    for cert_name, key_name in _PAIRS:
        cert = own.effective(cert_name)
        if cert and cert != "none":
            found.append(Pair(cert, own.effective(key_name) or cert, cert_name, key_name))
    return found


def facts(instance: Instance, service: AuthService) -> list[Facts]:
    """What is to be known of each of them. Raises ParameterError."""
    return [_look(pair, _stamps(pair)) for pair in pairs(instance, service)]


def _stamps(pair: Pair) -> tuple[object, ...]:
    found: list[object] = [int(time.time() // 3600)]
    for path in (pair.cert, pair.key):
        try:
            seen = os.stat(path)
        except OSError as error:
            found.append(error.errno)
            continue
        found.append((seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size))
    return tuple(found)


@lru_cache(maxsize=64)
def _look(pair: Pair, _stamps: tuple[object, ...]) -> Facts:
    import ssl

    raw, wrong = _read(pair.cert, pair.parameter)
    if wrong:
        return Facts(pair, unreadable=wrong)
    ones = _CERTIFICATE.findall(raw)
    if not ones:
        return Facts(pair, unreadable=f"{safe(pair.cert)} holds no certificate in PEM")
    try:
        der = ssl.PEM_cert_to_DER_cert(ones[0].decode("ascii", "replace").replace("TRUSTED ", ""))
    except ValueError:
        return Facts(pair, unreadable=f"{safe(pair.cert)}: its first certificate is no Base64")
    certificate = read(der)
    if certificate.problem:
        return Facts(pair, unreadable=f"{safe(pair.cert)}: {certificate.problem}")
    try:
        chain, broken = _chain(pair.cert, certificate, len(ones))
        return Facts(
            pair, certificate, len(ones), "", chain, broken, _key(pair, ones[0]), _open_to(pair.key),
            changed(pair.cert, pair.key),
        )  # fmt: skip
    except commands.CommandError as error:
        return Facts(pair, certificate, len(ones), chain=str(error))


def _read(path: str, parameter: str) -> tuple[bytes, str]:
    if not path.startswith("/"):
        return b"", f"{safe(path)} ({parameter}) is a relative path: smtpd looks below its queue directory"
    try:
        with open(path, "rb") as stream:
            return stream.read(LARGEST), ""
    except OSError as error:
        return b"", problem_words(error, path, parameter)


def hidden(path: str) -> bool:
    """Whether only this user may not read a file, which smtpd opens while it is root still."""
    try:
        with open(path, "rb"):
            return False
    except OSError as error:
        return isinstance(error, PermissionError) and os.geteuid() != 0


def _chain(path: str, certificate: Certificate, count: int) -> tuple[str, bool]:
    """What is wrong with the way to an authority, and whether the file lacks a certificate."""
    done = commands.ask(["openssl", "verify", "-untrusted", path, path], timeout=5)
    found = _ERROR.findall("\n".join(safe_lines(done.out + done.err)))
    errors = [each for each in found if each[0] not in _TIME]
    if done.ok or not errors:
        return "", False
    number, depth, words = errors[0]
    if number == _SELF_SIGNED or certificate.self_signed:
        return "self-signed: clients know it only if they are told to", False
    if number == _ROOT_UNKNOWN:
        return "its chain ends at an authority that this host does not know", False
    if number in _NO_ISSUER:
        if count == 1 or int(depth) + 1 < count:
            who = certificate.issuer if depth == "0" else "the next issuer"
            return f"the file lacks the certificate of {who}: clients cannot follow the chain", True
        return "its chain is whole, to an authority that this host does not know", False
    return words.strip(), False


def _key(pair: Pair, pem: bytes) -> str:
    raw, wrong = _read(pair.key, pair.key_parameter)
    if wrong:
        return wrong
    found = _KEY.search(raw)
    if found is None:
        return f"{safe(pair.key)} holds no private key in PEM"
    mine = commands.ask(["openssl", "pkey", "-pubout", "-passin", "pass:"], stdin=found[0] + b"\n", timeout=5)
    if not mine.ok:
        closed = b"ENCRYPTED" in found[0]
        return f"{safe(pair.key)} " + ("has a passphrase: smtpd cannot use it" if closed else "is no key")
    other = commands.ask(["openssl", "x509", "-noout", "-pubkey"], stdin=pem + b"\n", timeout=5)
    if mine.out.split() != other.out.split():
        return f"{safe(pair.key)} is the key of another certificate"
    return ""


def _open_to(path: str) -> str:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return ""
    return f"everybody may read {safe(path)} (mode {mode & 0o7777:04o})" if mode & 0o004 else ""


def changed(*paths: str) -> float:
    """When the files, or links that lead to them, were last changed."""
    times = [0.0]
    for path in paths:
        try:
            times += [os.stat(path).st_mtime, os.lstat(path).st_mtime]
        except OSError:
            continue  # what is not there is told elsewhere
    return max(times)


def sni_maps(instance: Instance) -> list[str]:
    """The tables of tls_server_sni_maps, as they are written. Raises ParameterError."""
    return split_list(instance.parameters.effective("tls_server_sni_maps"))


def older(instance: Instance, since: float) -> list[int]:
    """The smtpd processes that began before that time, and have what was in the files then."""
    return [pid for pid, begun in _smtpds(instance.queue_directory) if begun < since - 1]


def _smtpds(queue: str) -> Iterator[tuple[int, float]]:
    """Each smtpd of this queue's master, with the time at which it began."""
    master = master_pid(queue)
    if master is None:
        return
    try:
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    except OSError:
        return
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    ticks = os.sysconf("SC_CLK_TCK")
    for child in children:
        try:
            name, _, rest = Path("/proc", child, "stat").read_text().rpartition(")")
        except OSError:
            continue  # it has ended meanwhile
        if name.partition("(")[2] in ("smtpd", "tlsproxy"):
            yield int(child), booted + int(rest.split()[19]) / ticks
