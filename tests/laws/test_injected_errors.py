"""Law: whichever system call of an apply the disk refuses, with whatever error, nothing is changed or all is
taken back, and it is said in words with the file's name."""

from __future__ import annotations

import json
import re

import pytest

from tests.laws.injecting import Ground, Point, strike
from tests.laws.place import Place, Said
from tests.laws.whole import sample, tally

LAW = "errors of the disk"
ERRORS = {
    "ENOSPC": "the disk is full", "EDQUOT": "the disk quota is used up", "EIO": "input/output error",
    "EROFS": "mounted read-only", "EACCES": "permission denied", "EPERM": "does not permit it",
}  # fmt: skip
"""Each error, and the words for it."""
_SQLITE = re.compile(r"the journal cannot be written \([^)]+\), so nothing else is")
"""Of an error in its database SQLite tells its own words, and not which it was."""
CALLS = {
    "openat", "creat", "write", "pwrite64", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
    "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "fsync", "fdatasync", "utimensat", "fchmod",
    "fchmodat", "chmod", "fchown", "chown", "fchownat", "ftruncate", "truncate", "setxattr", "fsetxattr",
    "sendfile", "copy_file_range",
}  # fmt: skip
"""What writes."""
CLEARING = {"unlink", "unlinkat", "rmdir"}
"""What cannot be removed lies about until the next change or recovery removes it."""
AGAIN = 9
"""After every so manieth trial the change is written once more."""


def fail(change: str, place: Place, index: int, point: Point) -> None:
    """One trial: the call fails, and the command ends with all as it was, or has done without."""
    error = list(ERRORS)[index % len(ERRORS)]
    done = strike(place, change, point, f"error={error}")
    assert done.code in {0, 1, 4}, done
    left = place.litter_now()
    listed, recovered = place.several(("history", "list", "--json"), ("history", "recover", "--json"))
    check_words(place, done, error)
    entries = json.loads(listed.out)
    assert (entries[0]["id"], entries[0]["state"]) == {
        0: (2, "applied"), 1: (1, "applied"), 4: (2, "rolled-back")
    }[done.code], (done, entries[0])  # fmt: skip
    assert place.seen() == (place.after[change] if done.code == 0 else place.before), done
    assert (recovered.code, json.loads(recovered.out)) == (0, []), recovered
    applied = [entry["id"] for entry in entries if entry["state"] == "applied"]
    if point.call not in CLEARING:
        assert left(applied) == [], done
    assert place.litter(applied) == [], done
    if index % AGAIN == 0:
        again = place.run(*place.apply(change))
        assert again.code == 0, again.err
        assert place.seen() == place.after[change]
    tally(LAW, errors=1, **{error: 1, point.call: 1, f"exit {done.code}": 1})


def check_words(place: Place, done: Said, error: str) -> None:
    """One line that says what, and where; never a traceback."""
    assert "Traceback" not in done.err, done
    assert "error in mailtui itself" not in done.err, done
    if done.code == 0:
        return
    told = [line for line in done.err.splitlines() if line.startswith("mailtui: ")]
    assert len(told) == 1, done
    assert ERRORS[error] in told[0] or _SQLITE.search(told[0]), (error, told[0])
    assert str(place.root) in told[0] or "/run/mailtui" in told[0], told[0]


@pytest.mark.law
@pytest.mark.parametrize(
    ("kind", "change", "few"),
    [("hash", "one_table", 2), ("hash", "main_cf", 2), ("hash", "three_files", 3), ("lmdb", "one_table", 1)],
)
def test_an_error_at_any_writing_call_changes_nothing_or_takes_everything_back(
    ground: Ground, kind: str, change: str, few: int
) -> None:
    found = [p for p in ground.points(kind, change) if not p.program and p.call in CALLS]
    assert len(found) > 100
    chosen = sample(list(enumerate(found)), few, f"{kind} {change}")
    ground.each(kind, chosen, lambda place, index, point: fail(change, place, index, point))
