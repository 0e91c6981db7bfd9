"""One real file as the program compiles it, and as we read it."""

from __future__ import annotations

from pathlib import Path

from tests.formats.compiled import Compiler
from tests.laws.entrytrials import KINDS

OURS = ("duplicate", "logical line", "byte order mark")
"""Problems that the program tells of without a line, or not at all."""


def reads_the_same(path: Path, compiler: Compiler, kind: str = "hash") -> dict[str, int]:
    """Keys, values, dropped lines and duplicates are the program's; the counts. `kind` is a table's type."""
    raw = path.read_bytes()
    document = KINDS[compiler.program].parse(raw)
    theirs, warnings = compiler.build(raw, kind)
    compiled = dict(document.compiled())
    assert sorted(compiler.line(key, value) for key, value in compiled.items()) == theirs
    told = [(each.line, each.text) for each in document.problems if not each.text.startswith(OURS)]
    said = [(line, text) for line, text in warnings if line]
    assert [line for line, _ in told] == [line for line, _ in said]
    for (_, ours), (_, text) in zip(told, said, strict=True):
        assert ours.encode(errors="replace") == text or b"non-UTF-8" in text
    twice = sorted(
        each.text.encode() for each in document.problems if each.text.startswith("duplicate entry")
    )
    assert twice == sorted(
        text[text.index(b"duplicate") :] for _, text in warnings if b"duplicate entry" in text
    )
    assert len(twice) == len(document.duplicates())
    return {
        "files": 1,
        "lines": len(document.lines),
        "entries": len(compiled),
        "duplicates": len(twice),
        "dropped or warned of": len(said),
        "commented out": sum(not document.is_enabled(index) for index in range(len(document))),
    }
