"""What the real postconf reads in one text after another, for laws that ask it thousands of times."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mailtui.formats.lists import items
from mailtui.formats.maincf import MainCf
from mailtui.formats.masterentry import Service
from mailtui.text.safe import encode
from tests.postconf import postconf

_SHADOWED = b"config_directory"
"""postconf prints what -c says for it, not what the file says."""

_UNUSED = re.compile(r"postconf: warning: .*/main\.cf: unused parameter: (.*)")
_OVERRIDES = re.compile(r"postconf: warning: .*/main\.cf, line (\d+): overriding earlier entry: (.*)")


def squeezed(value: bytes) -> bytes:
    """A value as postconf prints it: runs of blanks made one."""
    return b" ".join(value.split())


def masked(value: bytes) -> str:
    """A value as a warning of Postfix shows it: what is no printable ASCII or UTF-8 text is a `?`."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in value)
    return "".join(char if char.isprintable() or ord(char) > 126 else "?" for char in text)


class RealFolder:
    """A configuration folder whose files are old enough that no Postfix program waits for them to settle."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0
        for name in ("main.cf", "master.cf"):
            self._write(name, b"")

    def _write(self, name: str, raw: bytes) -> None:
        path = self.folder / name
        path.write_bytes(raw)
        os.utime(path, (time.time() - 60,) * 2)

    def ask(self, name: str, raw: bytes, *arguments: str) -> tuple[bytes | None, str]:
        """Its standard output with `raw` as that file, None if it dies; and its standard error."""
        self._write(name, raw)
        self.asked += 1
        code, out, error = postconf(self.folder, *arguments)
        return (None if code else out), error

    def main_cf(self, raw: bytes) -> MainRead | str:
        """What `postconf -n` reads in a main.cf, or what it says when it dies."""
        out, error = self.ask("main.cf", raw, "-n")
        return error.strip() if out is None else MainRead(out, error)

    def master_cf(self, raw: bytes) -> ServicesRead | str:
        """What `postconf -M` and `-P` read in a master.cf, or what the first says when it dies."""
        out, error = self.ask("master.cf", raw, "-M")
        if out is None:
            return error.strip()
        code, options, error = postconf(self.folder, "-P")
        assert not code, error
        read = [squeezed(line) for line in options.splitlines()]
        return ServicesRead([squeezed(line) for line in out.splitlines()], Counter(read))


@dataclass(frozen=True)
class MainRead:
    """The output and the warnings of `postconf -n`."""

    out: bytes
    error: str

    @cached_property
    def values(self) -> dict[bytes, bytes]:
        """What it prints: names and values, blanks squeezed."""
        found = (line.partition(b" =") for line in self.out.split(b"\n"))
        return {name: squeezed(value) for name, equals, value in found if equals and name != _SHADOWED}

    @cached_property
    def unused(self) -> Counter[str]:
        """`name=value` of what no part of Postfix asks for, blanks squeezed."""
        return Counter(" ".join(text.split()) for text in _UNUSED.findall(self.error))

    @cached_property
    def overridden(self) -> list[tuple[int, str]]:
        """Line of the later definition, and `name=value` of the earlier one, blanks squeezed."""
        found = [(int(line), " ".join(text.split())) for line, text in _OVERRIDES.findall(self.error)]
        return [(line, text) for line, text in found if not text.startswith(f"{_SHADOWED.decode()}=")]


def shown(name: bytes, value: bytes) -> str:
    """`name=value` as a warning shows it, blanks squeezed."""
    return " ".join(masked(name + b"=" + value).split())


def disagreement(document: MainCf, real: MainRead) -> str:
    """How the document reads otherwise than postconf does; empty where they agree."""
    ours = {encode(d.name): d.value for d in document.parameters}
    ours.pop(_SHADOWED, None)
    unused = Counter(real.unused)
    for name, value in ours.items():
        if name in real.values:
            if real.values[name] != squeezed(value):
                return f"{name!r}: {value!r} is {real.values[name]!r}"
        elif unused[shown(name, value)]:
            unused[shown(name, value)] -= 1
        else:
            return f"{name!r} is not read"
    alien = (real.values.keys() - ours.keys()) or +unused
    if alien:
        return f"{sorted(map(str, alien))} is read besides"
    return _overrides(document, real)


def _overrides(document: MainCf, real: MainRead) -> str:
    last: dict[bytes, bytes] = {}
    expected: list[tuple[int, str]] = []
    for found in document.parameters:
        name = encode(found.name)
        if last.get(name, found.value) != found.value and name != _SHADOWED:
            expected.append((found.line, shown(name, last[name])))
        last[name] = found.value
    if expected != real.overridden:
        return f"overridden: {expected} is {real.overridden}"
    said = {problem.line for problem in document.problems if "is set again" in problem.text}
    counts = {d.name: d for d in document.parameters}
    ought = {d.line for d in document.parameters if d.value != counts[d.name].value}
    return "" if said == ought else f"problems on {said}, not {ought}"


def as_items(value: bytes) -> list[bytes]:
    """The items of a value as postconf prints it."""
    return items(squeezed(value))


# -- master.cf


@dataclass(frozen=True)
class ServicesRead:
    """What `postconf -M` and `postconf -P` print, blanks squeezed."""

    entries: list[bytes]
    options: Counter[bytes]


def printed(service: Service) -> bytes:
    """An entry in the form of `postconf -M`, blanks squeezed."""
    words = [encode(text) for text in service.fields]
    arguments = list(service.arguments)
    in_options = True
    while arguments:
        word = arguments.pop(0)
        in_options = in_options and word.startswith(b"-") and word != b"--"
        words.append(b"{" + word + b"}" if not in_options and b" " in word else word)
        if in_options and word == b"-o" and arguments:
            name, _, value = arguments.pop(0).partition(b"=")
            setting = name.strip() + b"=" + value.strip()
            words.append(b"{" + setting + b"}" if b" " in setting or b"\t" in setting else setting)
    return squeezed(b" ".join(words))


def options_printed(key: tuple[str, str], values: Mapping[str, bytes]) -> list[bytes]:
    """The `-o` of an entry in the form of `postconf -P`, blanks squeezed."""
    head = encode("/".join(key)) + b"/"
    return [squeezed(head + encode(name) + b" = " + value) for name, value in values.items()]
