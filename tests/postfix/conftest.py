"""A configuration directory made for one test, compiled by the real postmap and postalias; no daemon."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

AGE = 60.0
"""Seconds by which files are dated back: Postfix programs wait on a main.cf younger than two."""

MAIN = """\
compatibility_level = 3.6
myhostname = mx.falcot.com
mydestination = falcot.com, localhost
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
"""
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
submission inet n       -       n       -       -       smtpd
  -o syslog_name=postfix/submission
  -o { smtpd_banner = $myhostname  for users }
cleanup   unix  n       -       n       -       0       cleanup
rewrite   unix  -       -       n       -       -       trivial-rewrite
smtp      unix  -       -       n       -       -       smtp
local     unix  -       n       n       -       -       local
"""


class MakeInstance(Protocol):
    def __call__(
        self,
        main: str | bytes = ...,
        *,
        master: str | bytes | None = ...,
        files: Mapping[str, str | bytes] | None = ...,
        postmap: Sequence[str] = ...,
        postalias: Sequence[str] = ...,
    ) -> Path:
        """A directory with main.cf, master.cf and `files`; `postmap` and `postalias` name the tables to
        compile, as `hash:virtual`. Text for main.cf is completed by those lines of MAIN that it does not set;
        bytes are taken as they are."""


def put(path: Path, content: str | bytes, age: float = AGE) -> None:
    """Write a file and date it back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))
    past = time.time() - age
    os.utime(path, (past, past))


def run(*argv: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The real program's word."""
    return subprocess.run(argv, input=stdin, capture_output=True, check=False, timeout=20)


def postconf(folder: Path, *options: str) -> str:
    """What postconf prints for a directory. Fails the test where postconf fails."""
    done = run("postconf", "-c", str(folder), *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("utf-8", "surrogateescape")


def completed(main: str) -> str:
    """main.cf text, with MAIN's definitions of the names that it does not set after it."""
    missing = (
        line for line in MAIN.splitlines() if not re.search(rf"^{line.split()[0]}\s*=", main, re.MULTILINE)
    )
    return "".join((main, *(f"{line}\n" for line in missing)))


@pytest.fixture
def instance_dir(tmp_path: Path) -> MakeInstance:
    made = 0

    def make(
        main: str | bytes = "",
        *,
        master: str | bytes | None = None,
        files: Mapping[str, str | bytes] | None = None,
        postmap: Sequence[str] = (),
        postalias: Sequence[str] = (),
    ) -> Path:
        nonlocal made
        made += 1
        folder = tmp_path / f"etc{made}"
        put(folder / "main.cf", main if isinstance(main, bytes) else completed(main))
        put(folder / "master.cf", MASTER if master is None else master)
        for name, content in (files or {}).items():
            put(folder / name, content)
        for program, tables in (("postmap", postmap), ("postalias", postalias)):
            for table in tables:
                kind, _, name = table.partition(":")
                done = run(program, "-c", str(folder), f"{kind}:{folder / name}")
                assert done.returncode == 0, done.stderr
        return folder

    return make
