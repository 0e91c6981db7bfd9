"""How the real programs read a keyword file: the values in force, and the line that they refuse."""

from __future__ import annotations

import ctypes.util
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mailtui import commands
from mailtui.formats.keywords import KeywordDocument

LIMIT = 20


class Read(NamedTuple):
    """`values`: by name as our document has it, None for one that is not set. `line`: that which stops the
    program, 0 where it says none; None where nothing does."""

    values: dict[str, list[bytes] | None]
    line: int | None = None


def _run(*argv: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(argv, input=stdin, capture_output=True, check=False, timeout=LIMIT)


def has(kind: str) -> bool:
    """Whether the program for this kind is installed."""
    if kind == "smtpd.conf":
        return ctypes.util.find_library("sasl2") is not None
    if kind == "policyd-spf.conf":
        return commands.find("policyd-spf") is not None
    names = {"opendkim.conf": "opendkim", "opendmarc.conf": "opendmarc"} | dict.fromkeys(CLAMAV, "clamconf")
    return commands.find(names[kind]) is not None


_LINE = re.compile(rb"configuration error at line (\d+)")


def _stopped(said: bytes) -> int | None:
    found = _LINE.search(said)
    return int(found[1]) if found else None


def opendkim(path: Path, names: Iterable[str]) -> Read:
    """`-e` prints what each line of a keyword gives, the last line first."""
    values: dict[str, list[bytes] | None] = {}
    for name in dict.fromkeys(["Mode", *names]):
        done = _run("opendkim", "-x", str(path), "-e", name)
        line = _stopped(done.stderr)
        if line is not None:
            return Read({}, line)
        if done.returncode and done.stderr:  # what is written does not go together: it tells of no value
            continue
        values[name] = done.stdout.removesuffix(b"\n").split(b"\n")[:1] if done.returncode == 0 else None
    return Read(values)


def opendmarc(path: Path, names: Iterable[str]) -> Read:  # it tells of no value
    return Read({}, _stopped(_run("opendmarc", "-n", "-c", str(path)).stderr))


CLAMAV = ("clamav-milter.conf", "clamd.conf")
_CONF = re.compile(
    rb"Config file: clam[\w-]*\.conf\n-+\n(.*?)\n\n(?:Config file|Software settings)", re.DOTALL
)
_QUOTED = re.compile(rb'"(.*?)"(?=, "|\Z)', re.DOTALL)


def clamav(path: Path, names: Iterable[str]) -> Read:
    """clamconf, on a folder with this file alone."""
    done = _run("clamconf", "-c", str(path.parent))
    wrong = [line for line in done.stderr.splitlines() if line.startswith(b"ERROR: ")]
    if wrong:
        found = re.search(rb":(\d+)", wrong[0].rpartition(path.name.encode())[2])
        return Read({}, int(found[1]) if found else 0)
    block = _CONF.search(done.stdout)
    assert block is not None, done.stdout[:2000]
    values: dict[str, list[bytes] | None] = dict.fromkeys(names)
    name = b""
    texts: dict[str, bytes] = {}
    for line in block[1].split(b"\n"):
        if line.startswith(b"*** "):  # of an old word
            continue
        match = re.match(rb"(\w+) (?:= |disabled)", line)
        if match:
            name = match[1]
            texts[name.decode()] = line[match.end() :]
        else:
            texts[name.decode()] += b"\n" + line
    for each in values:
        if each in texts:
            values[each] = _QUOTED.findall(texts[each])
    return Read(values)


_POLICYD = """
import json, sys, syslog
syslog.syslog = lambda *words: None
from spf_engine import policydspfsupp
data = {}
try:
    policydspfsupp._readConfigFile(sys.argv[1], data)
except ValueError as error:
    print(json.dumps([None, str(error)]))
else:
    given = {name: str(value) for name, value in data.items() if name not in ("IntHosts",)}
    print(json.dumps([given, ""]))
"""


def policyd_spf(path: Path, names: Iterable[str]) -> Read:
    """Its own parser, by Debian's Python; a data set (of the milter alone) is not compared."""
    done = _run("/usr/bin/python3", "-X", "utf8", "-c", _POLICYD, str(path))
    assert done.returncode == 0, done.stderr
    given, wrong = json.loads(done.stdout)
    if given is None:
        return Read({}, 0)
    del wrong
    return Read({name: [given[name].encode()] if name in given else None for name in names})


_SASL = """
import ctypes, ctypes.util, json, sys
sasl = ctypes.CDLL(ctypes.util.find_library("sasl2"))
sasl.sasl_config_getstring.restype = ctypes.c_char_p
sasl.sasl_config_getstring.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
answer = sasl.sasl_config_init(sys.argv[1].encode())
names = json.loads(sys.argv[2])
found = {name: sasl.sasl_config_getstring(name.lower().encode(), None) for name in names}
print(json.dumps([answer, {name: value and value.decode("latin1") for name, value in found.items()}]))
"""


def smtpd_conf(path: Path, names: Iterable[str]) -> Read:
    """libsasl's own two functions, in a process of their own."""
    done = _run(sys.executable, "-c", _SASL, str(path), json.dumps(list(names)))
    assert done.returncode == 0, done.stderr
    answer, found = json.loads(done.stdout)
    if answer:
        return Read({}, 0)
    return Read({name: None if value is None else [value.encode("latin1")] for name, value in found.items()})


READERS = {
    "opendkim.conf": opendkim,
    "opendmarc.conf": opendmarc,
    "clamav-milter.conf": clamav,
    "clamd.conf": clamav,
    "policyd-spf.conf": policyd_spf,
    "smtpd.conf": smtpd_conf,
}


def read(kind: str, raw: bytes, folder: Path, names: Iterable[str]) -> Read:
    """What the program of this kind makes of these bytes."""
    path = folder / kind
    path.write_bytes(raw)
    return READERS[kind](path, names)


def as_read(document: KeywordDocument, name: str) -> list[bytes] | None:
    """The values in force, as the program prints them."""
    values = document.values(name)
    if not values:
        return None
    return [_printed(document, name, value) for value in values]


def _printed(document: KeywordDocument, name: str, value: bytes) -> bytes:
    grammar = document.grammar
    match grammar.shape(name):
        case "boolean" if grammar.kind in CLAMAV:
            return b"yes" if value.lower() in {b"yes", b"true", b"1"} else b"no"
        case "boolean":
            return b"True" if value[:1] in b"tTyY1" else b"False"
        case "integer":
            return str(_c_integer(value)).encode()
        case "size":
            number = int(value.rstrip(b"KkMmGg"))
            factor = {b"k": 1 << 10, b"m": 1 << 20, b"g": 1 << 30}.get(value[-1:].lower(), 1)
            return str(number * factor).encode()
        case "number":
            return str(int(value)).encode()
    return value


def _c_integer(value: bytes) -> int:
    text = value.decode()
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    base = 16 if digits.lower().startswith("0x") else 8 if digits.startswith("0") else 10
    return sign * int(digits, base)


def agrees(document: KeywordDocument, name: str, real: list[bytes] | None) -> bool:
    """Whether a program's word on a keyword is what we read. clamconf tells defaults of what is not set, and
    `disabled` of what is off or empty."""
    mine = as_read(document, name)
    if document.kind not in CLAMAV or mine == real:
        return mine == real
    if mine is None:
        return True
    off = {b"no", b"0"} if document.grammar.shape(name) != "size" else {b"0"}
    return mine[0] in off and (not real or real == [b"9223372036854775807"])


def stopping(document: KeywordDocument) -> int | None:
    """The first line that we say the program refuses."""
    passed = ["stands twice", "passes this line over"]
    passed += ["knows no keyword"] if document.kind == "policyd-spf.conf" else []
    bad = [
        each.line
        for each in document.problems
        if not any(word in each.text for word in passed) and not each.text.startswith("the carriage return")
    ]
    return bad[0] if bad else None
