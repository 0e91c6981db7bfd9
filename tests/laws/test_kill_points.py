"""Law: after kill -9 at any system call of an apply that touches a file or starts a program, all is as before
or all is as after, and it is said which; until then looking works and says that a change is unfinished."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import pytest

from tests.laws.injecting import Ground, Point, strike
from tests.laws.place import Place, Said
from tests.laws.whole import sample, tally

LAW = "kill -9"
THIRD_HAND = 4
"""In every so manieth trial someone else writes one of the files before the recovery."""
AGAIN = 7
"""After every so manieth trial the change is written once more."""
TOUCHED = {
    "one_table": ("virtual",), "main_cf": ("main.cf",), "three_files": ("virtual", "aliases", "main.cf")
}  # fmt: skip
THEIRS = b"# theirs\n"
LOOKS = (
    ("alias", "list"), ("alias", "resolve", "webmaster@falcotsbrand.com"), ("parameter", "get", "myhostname"),
    ("history", "list"),
)  # fmt: skip


RECOVERS = (("history", "recover", "--json"), ("history", "list", "--json"), ("alias", "list"))


def history(said: Said) -> list[dict[str, Any]]:
    assert said.code == 0, said.err
    found: list[dict[str, Any]] = json.loads(said.out)
    return found


def check_looks(answers: Sequence[Said]) -> list[dict[str, Any]]:
    """What is read works, and says so where a change is unfinished; the history."""
    *looks, inspected, listed = answers
    entries = history(listed)
    unfinished = entries[0]["state"] == "applying"
    for said in looks:
        assert said.code == 0, said.err
        assert said.out
        assert ("was not finished" in said.err) is unfinished, said.err
    assert (inspected.code, bool(inspected.out)) == (0, True)
    return entries


def third_hand(place: Place, change: str, index: int) -> str:
    """Someone else saves one of the files of the change; its name."""
    names = TOUCHED[change]
    name = names[index // THIRD_HAND % len(names)]
    path = place.etc / name
    new = path.with_name("theirs")
    new.write_bytes(path.read_bytes() + THEIRS)
    new.rename(path)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return name


def kill(change: str, place: Place, index: int, point: Point) -> None:
    """One trial: killed, looked at, recovered, and all as before or as after."""
    done = strike(place, change, point, "signal=KILL")
    assert done.code in {-9, 137}, (done, "was not reached")
    looks = (*LOOKS, ("inspect", "table", f"{place.etc}/virtual"), ("history", "list", "--json"))
    name = ""
    if index % THIRD_HAND:
        answers = place.several(*looks, *RECOVERS)
    else:
        answers = place.several(*looks)
        name = third_hand(place, change, index)
        answers += place.several(*RECOVERS)
    entries = check_looks(answers[: len(looks)])
    unfinished = entries[0]["state"] == "applying"
    theirs = (place.etc / name).read_bytes() if name else b""
    recovered, listed, looked = answers[len(looks) :]
    assert recovered.code in {0, 3}, recovered.err
    mended = json.loads(recovered.out)
    assert [each["id"] for each in mended] == ([entries[0]["id"]] if unfinished else [])
    assert "was not finished" not in looked.err
    entries = history(listed)
    if name:
        check_theirs(place, change, name, theirs, recovered, entries)
    else:
        assert recovered.code == 0
        check_whole(place, change, mended, entries)
    if index % AGAIN == 0 and not name:
        again = place.run(*place.apply(change))
        assert again.code == 0, again.err
        assert place.seen() == place.after[change]
    tally(LAW, kills=1, **{point.call: 1}, conflicts=int(recovered.code == 3))


def applied_ids(entries: list[dict[str, Any]]) -> list[int]:
    return [entry["id"] for entry in entries if entry["state"] == "applied"]


def check_whole(
    place: Place, change: str, mended: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> None:
    """All before or all after; the journal and the words agree, and nothing lies about."""
    written = 2 in applied_ids(entries)
    if mended:
        assert mended[0]["result"] == ("finished" if written else "rolled back"), mended
        assert ("is finished now" if written else "all is as it was before") in mended[0]["words"]
    assert place.seen() == (place.after[change] if written else place.before)
    assert place.litter(applied_ids(entries)) == []


def check_theirs(
    place: Place, change: str, name: str, theirs: bytes, recovered: Said, entries: list[dict[str, Any]]
) -> None:
    """What someone else saved stays, byte for byte; a half-done change of that file is a conflict, with what
    to do; each other file is whole."""
    assert (place.etc / name).read_bytes() == theirs
    kept = applied_ids(entries)
    mended = json.loads(recovered.out)
    if mended:
        assert (recovered.code, mended[0]["result"]) == (3, "conflict"), recovered
        assert f"{place.etc}/{name} was changed by someone else since" in mended[0]["words"]
        assert "Compare it with " in mended[0]["words"]
        kept.append(mended[0]["id"])
        copies = list((place.root / "state").glob(f"*/changes/{mended[0]['id']}/*-{name}"))
        assert [copy.read_bytes() for copy in copies] == [place.before[name][0]]
    seen = place.seen()
    for each in {"main.cf", "master.cf", "virtual", "aliases"} - {name}:
        assert seen[each] in (place.before[each], place.after[change][each]), each
    for each in ("virtual.db", "aliases.db"):
        assert seen[each] in (place.before[each], place.after[change][each]), each
    assert place.litter(kept) == []


@pytest.mark.law
@pytest.mark.parametrize(
    ("kind", "change", "few"),
    [("hash", "one_table", 3), ("hash", "main_cf", 2), ("hash", "three_files", 3), ("lmdb", "one_table", 2)],
)
def test_a_kill_at_any_system_call_leaves_all_before_or_all_after(
    ground: Ground, kind: str, change: str, few: int
) -> None:
    found = [point for point in ground.points(kind, change) if not point.program]
    assert len(found) > 100
    chosen = sample(list(enumerate(found)), few, change)
    ground.each(kind, chosen, lambda place, index, point: kill(change, place, index, point))


def kill_program(change: str, place: Place, index: int, point: Point) -> None:
    """One trial: a program of the apply is killed, the apply lives: it ends whole or takes everything back."""
    done = strike(place, change, point, "signal=KILL")
    assert done.code in {0, 1, 4}, done
    assert "Traceback" not in done.err
    assert "error in mailtui itself" not in done.err
    listed, looked = place.several(("history", "list", "--json"), LOOKS[0])
    entries = history(listed)
    assert "was not finished" not in looked.err
    assert place.seen() == (place.after[change] if done.code == 0 else place.before), done
    assert place.litter(applied_ids(entries)) == []
    assert (entries[0]["id"], entries[0]["state"]) == {
        0: (2, "applied"), 1: (1, "applied"), 4: (2, "rolled-back")
    }[done.code]  # fmt: skip
    if done.code:
        assert done.err.count("mailtui: ") == 1
    tally(LAW, programs=1, **{f"exit {done.code}": 1})


@pytest.mark.law
@pytest.mark.parametrize(
    ("kind", "change", "few"), [("hash", "main_cf", 1), ("hash", "three_files", 2), ("lmdb", "one_table", 1)]
)
def test_a_program_killed_in_the_middle_takes_everything_back(
    ground: Ground, kind: str, change: str, few: int
) -> None:
    found = [point for point in ground.points(kind, change) if point.program]
    assert len(found) > 10
    chosen = sample(list(enumerate(found)), few, change)
    ground.each(kind, chosen, lambda place, index, point: kill_program(change, place, index, point))
