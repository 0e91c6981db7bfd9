"""Where the tests of Postfix's own sources are, among the real files of other people."""

from __future__ import annotations

from pathlib import Path

from tests.corpus import corpus_root

LAW = "Postfix's own tests"


def sources(room: str) -> Path | None:
    """The folder of one program of Postfix's sources, None where there is none."""
    root = corpus_root()
    folder = root / "peers" / "vdukhovni__postfix" / "postfix" / "src" / room if root else None
    return folder if folder and folder.is_dir() else None
