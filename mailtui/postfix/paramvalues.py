"""The rules for single values: what the programs of Postfix refuse when they read their parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.paramtypes import ParamType, canonical
from mailtui.text.safe import safe

Severity = Literal["error", "warning", "advice"]
About = Literal[
    "value", "macro", "table", "file", "host", "network", "restriction", "service", "others", "name"
]

_NUMBER = re.compile(r"[ \t]*[+-]?\d+")
_TIME = re.compile(r"[ \t]*([+-]?\d+)(?:([smhdw]).*)?", re.DOTALL)
_LEVEL = re.compile(r"\d+(\.\d+){0,2}")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_UNIT = {"seconds": "s", "minutes": "m", "hours": "h", "days": "d", "weeks": "w"}
_INT_MAX = 2**31 - 1
_LONG_MAX = 2**63 - 1
HOST_MAX = 255


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of a value. `error`: a program would stop, or mail would be deferred; `warning`: it
    hardly does what is meant; `advice`: it works. `text` is safe to show; `about` sorts them."""

    severity: Severity
    text: str
    about: About = "value"


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: may `name` hold `value` (its `$` expanded) in this instance?"""

    instance: Instance
    name: str
    value: str
    type: ParamType
    over: Mapping[str, str]
    """What stands above main.cf's values, where a service is asked about."""
    compiled: frozenset[str]
    """Paths of texts that are compiled, and of folders that are made, together with the change."""

    @property
    def own(self) -> str:
        """The name whose rules hold: that of smtp_x for lmtp_x."""
        return canonical(self.name)

    @property
    def items(self) -> list[str]:
        return split_list(self.value)


def error(text: str, about: About = "value") -> Finding:
    return Finding("error", text, about)


def warning(text: str, about: About = "value") -> Finding:
    return Finding("warning", text, about)


def quoted(text: str) -> str:
    """A value as it is shown within a sentence."""
    return f"“{safe(text)}”"


def check_scalar(asked: Asked) -> Iterator[Finding]:
    """The rules of the kinds that are no list."""
    value, kind = asked.value, asked.type.kind
    if not value:
        if not asked.type.empty:
            yield error(f"it may not be empty: {asked.type.words}")
        return
    check = _CHECKS.get(kind)
    if check is None:
        return
    found = list(check(asked))
    yield from found
    if "#" in value and any(each.severity == "error" for each in found):
        yield warning("# begins no comment behind a value; a comment has its own line")


def _bool(asked: Asked) -> Iterator[Finding]:
    if asked.value.lower() not in {"yes", "no"}:
        yield error(f"{quoted(asked.value)} is neither yes nor no: a program that reads it stops")


def _int(asked: Asked) -> Iterator[Finding]:
    value = asked.value
    limit = _LONG_MAX if asked.type.kind == "size" else _INT_MAX
    if not _NUMBER.fullmatch(value) or abs(int(value)) > limit:
        hint = "; write it in bytes, without a unit" if asked.type.kind == "size" else ""
        yield error(f"{quoted(value)} is not {asked.type.words}: digits alone{hint}")
        return
    yield from _range(asked, int(value))
    if asked.own.endswith("_code") and asked.own != "fault_injection_code" and not 200 <= int(value) <= 599:
        yield warning(f"{int(value)} is no SMTP reply code: three digits, 4xx or 5xx")


def _time(asked: Asked) -> Iterator[Finding]:
    found = _TIME.fullmatch(asked.value)
    if found is None:
        yield error(f"{quoted(asked.value)} is no time: digits and one of s m h d w, without a blank between")
        return
    number = int(found[1]) * _SECONDS[found[2] or _UNIT[asked.type.unit]]
    if abs(number) > _INT_MAX:
        yield error(f"{quoted(asked.value)} is longer than Postfix can count")
        return
    yield from _range(asked, number)


def _range(asked: Asked, number: int) -> Iterator[Finding]:
    low, high = asked.type.low, asked.type.high
    unit = " s" if asked.type.kind == "time" else ""
    if low == 0 and number < 0 and not unit:  # the programs look at no limit of 0
        yield warning(f"{number} is negative: Postfix takes it, for no limit or for nonsense")
    elif low is not None and number < low:
        yield error(f"{number}{unit} is less than {low}{unit}, the least that Postfix takes")
    elif high is not None and number > high:
        yield error(f"{number}{unit} is more than {high}{unit}, the most that Postfix takes")


def _enum(asked: Asked) -> Iterator[Finding]:
    if asked.value.lower() in asked.type.choices:
        return
    if asked.own == "smtpd_tls_security_level" and asked.value.lower() in {"fingerprint", "verify", "secure"}:
        yield warning(f"{safe(asked.value)} is a level of the SMTP client; smtpd takes it for encrypt")
        return
    yield error(f"{quoted(asked.value)} is not {asked.type.words}")


def _level(asked: Asked) -> Iterator[Finding]:
    if not _LEVEL.fullmatch(asked.value):
        yield error(f"{quoted(asked.value)} is no version such as 3.6: every program of Postfix stops")
        return
    version = asked.instance.parameters.effective("mail_version")
    if _parts(asked.value) > _parts(version)[:2] and _LEVEL.match(version):
        yield warning(f"{safe(asked.value)} is newer than this Postfix, {safe(version)}")


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def host_problem(name: str) -> str:
    """Why this is no host name (Postfix's valid_hostname); empty where it is one."""
    if len(name) > HOST_MAX:
        return f"is longer than {HOST_MAX} characters"
    if name.endswith("."):
        return "ends in a dot"
    if name.replace(".", "").isdigit():
        return "is a number"
    for label in name.split("."):
        if not _LABEL.fullmatch(label):
            return "is no host name: letters, digits and - between dots" if label else "has an empty label"
    return ""


def _hostname(asked: Asked) -> Iterator[Finding]:
    problem = host_problem(asked.value)
    if problem:
        yield error(f"{quoted(asked.value)} {problem}: every program of Postfix stops")
    elif "." not in asked.value and asked.name == "myhostname":
        yield warning(f"{safe(asked.value)} has no domain: other servers refuse such a greeting")


def _folder(asked: Asked) -> Iterator[Finding]:
    if asked.value == "no" and asked.name in {"shlib_directory", "html_directory", "readme_directory"}:
        return
    if not asked.value.startswith("/"):
        yield error(f"{quoted(asked.value)} is not an absolute path", "file")
    elif missing(asked.value) and asked.value.rstrip("/") not in asked.compiled:
        yield error(f"{safe(asked.value)} does not exist; make the folder first", "file")
    elif os.path.isfile(asked.value):
        yield error(f"{safe(asked.value)} is not a folder", "file")


def _file(asked: Asked) -> Iterator[Finding]:
    value = asked.value
    if value.lower() == "none" and asked.own.startswith("smtpd_tls_"):
        return
    yield from file_problem(value)


def missing(path: str) -> bool:
    """Whether nothing has this name. What may not be looked at counts as there: only root can tell."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def file_problem(path: str) -> Iterator[Finding]:
    """An error where a file that Postfix opens at start is not there."""
    if not path.startswith("/"):
        yield warning(f"{quoted(path)} is a relative path: it depends on where the program runs", "file")
    elif missing(path):
        yield error(f"{safe(path)} does not exist", "file")


def _text(asked: Asked) -> Iterator[Finding]:
    rule = _TEXT_RULES.get(asked.own)
    if rule is not None:
        yield from rule(asked)


def _bind_address(asked: Asked) -> Iterator[Finding]:
    import ipaddress

    version = 6 if asked.own.endswith("6") else 4
    bare = asked.value[1:-1] if asked.value.startswith("[") and asked.value.endswith("]") else asked.value
    try:
        right = ipaddress.ip_address(bare.lower().removeprefix("ipv6:")).version == version
    except ValueError:
        right = False
    if not right:
        yield error(f"{quoted(asked.value)} is no IPv{version} address: the SMTP client stops")


def _account(asked: Asked) -> Iterator[Finding]:
    import pwd

    try:
        account = pwd.getpwnam(asked.value)
    except KeyError:
        yield error(f"this host has no account {quoted(asked.value)}", "host")
        return
    if account.pw_uid == 0:
        yield error("root may not be it: Postfix refuses")


def _group(asked: Asked) -> Iterator[Finding]:
    import grp

    try:
        grp.getgrnam(asked.value)
    except KeyError:
        yield error(f"this host has no group {quoted(asked.value)}", "host")


def _verp(asked: Asked) -> Iterator[Finding]:
    if len(asked.value) != 2:
        yield error("it must be two characters")


def _origin(asked: Asked) -> Iterator[Finding]:
    if asked.value.startswith("/"):
        yield from file_problem(asked.value)
        return
    problem = host_problem(asked.value)
    if problem:
        yield warning(f"{quoted(asked.value)} {problem}: addresses that it completes are no good")


_TEXT_RULES = {
    "smtp_bind_address": _bind_address,
    "smtp_bind_address6": _bind_address,
    "mail_owner": _account,
    "default_privs": _account,
    "setgid_group": _group,
    "default_verp_delimiters": _verp,
    "myorigin": _origin,
}
_CHECKS = {
    "bool": _bool,
    "int": _int,
    "size": _int,
    "time": _time,
    "enum": _enum,
    "level": _level,
    "hostname": _hostname,
    "folder": _folder,
    "file": _file,
    "text": _text,
}
