"""A table in a configuration folder, its live answers, and a new one made ready for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mailtui.apply import tables
from mailtui.apply.compile import build
from mailtui.apply.swap import Swap
from mailtui.apply.work import Work
from mailtui.apply.write import FileMeta, now_ns, read_file
from mailtui.formats.target import Target

INDEXED = ["hash", "btree", "lmdb", "cdb"]
kinds = pytest.mark.parametrize("kind", INDEXED)

OLD, NEW = b"keep@v.test a\nold@v.test b\n", b"keep@v.test a\nnew@v.test c\n"


def table(etc: Path, kind: str, *, text: bytes = OLD, compiled: bool = True) -> Target:
    target = Target("table", f"{etc}/virtual", kind)
    Path(target.path).write_bytes(text)
    if compiled:
        subprocess.run(["postmap", "-c", etc, target.spec], check=True)
    return target


def ask(etc: Path, target: Target, key: str) -> str:
    done = subprocess.run(
        ["postmap", "-c", etc, "-q", key, target.spec], capture_output=True, text=True, check=False
    )
    assert done.stderr == "", done.stderr
    return done.stdout.strip()


def prepared(etc: Path, target: Target, text: bytes, work: Work, mtime_ns: int | None = None) -> Swap:
    built = build(str(etc), target, text, work)
    assert built.ok, built.failed
    return tables.prepare(built, str(etc), read_file(target.path)[1], mtime_ns=mtime_ns or now_ns())


def attributes(path: str) -> tuple[object, ...]:
    meta: FileMeta = read_file(path)[1]
    return meta.mode, meta.uid, meta.gid, meta.xattrs
