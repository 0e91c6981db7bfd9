"""On a disk that is really full nothing is changed and nothing is left, and it is said where room is needed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator

import pytest

from tests.laws.place import Place, Said, need_root_and_strace, places


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    need_root_and_strace()
    with places(1) as (made,):
        yield made


def on_full_disk(place: Place, part: str, left: int, *arguments: str) -> Said:
    """Run a command while the folder `part` is a file system of its own with `left` kB of room."""
    folder, kept = place.root / part, place.root / "kept"
    place.reset()
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(folder, kept)
    script = (
        f"mount -t tmpfs -o size=8m,mode=755 tmpfs {folder} && cp -a {kept}/. {folder}/ && "
        f"fallocate -l 8m {folder}/filler 2>/dev/null; head -c 9m /dev/zero >>{folder}/filler 2>/dev/null; "
        f"truncate -s -{left}k {folder}/filler; {shlex.join(place.command(*arguments))}; code=$?; "
        f"rm {folder}/filler; rm -r {kept}; cp -a {folder} {kept}; exit $code"
    )
    said = place.start(["sh", "-c", script])
    shutil.rmtree(folder)
    os.rename(kept, folder)
    return said


@pytest.mark.parametrize("left", [0, 4, 24, 40])
@pytest.mark.parametrize("part", ["etc", "state", "tmp"])
def test_a_full_disk_changes_nothing_or_takes_everything_back(place: Place, part: str, left: int) -> None:
    done = on_full_disk(place, part, left, *place.apply("three_files"))
    listed, recovered = place.several(("history", "list", "--json"), ("history", "recover", "--json"))
    assert "Traceback" not in done.err
    assert "error in mailtui itself" not in done.err
    entries = json.loads(listed.out)
    applied = [entry["id"] for entry in entries if entry["state"] == "applied"]
    assert (recovered.code, json.loads(recovered.out)) == (0, [])
    assert place.litter(applied) == []
    if done.code == 0:
        assert left > 0
        assert entries[0]["id"] in applied
        assert place.seen() != place.before
        return
    assert done.code == (1 if len(entries) == 1 else 4)
    assert place.seen() == place.before
    told = [line for line in done.err.splitlines() if line.startswith("mailtui: ")]
    assert len(told) == 1
    assert "full" in told[0] or "No space left" in told[0]
    assert str(place.root / part) in told[0]


def test_a_full_disk_can_be_looked_at(place: Place) -> None:
    for arguments in (("alias", "list"), ("history", "list"), ("parameter", "get", "myhostname")):
        for part in ("etc", "state", "tmp"):
            done = on_full_disk(place, part, 0, *arguments)
            assert (done.code, done.err) == (0, "")
