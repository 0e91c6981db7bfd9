"""A diff made from splices is one that patch(1) takes, whatever the splices."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.edits.candidate import FileChange
from mailtui.edits.diff import counts, hunks, unified
from mailtui.formats.splice import Splice, apply_splices, between
from mailtui.formats.target import Target

TARGET = Target("table", "virtual", "hash")


def change(before: bytes, splices: tuple[Splice, ...]) -> FileChange:
    return FileChange(TARGET, before, splices, (), created=False)


def patched(before: bytes, diff: bytes, folder: Path) -> bytes:
    file = folder / "virtual"
    file.write_bytes(before)
    done = subprocess.run(
        ["patch", "--binary", "-s", "--fuzz=0", str(file)], input=diff, capture_output=True, check=False
    )
    assert done.returncode == 0, (done.stdout, diff)
    return file.read_bytes()


@st.composite
def changes(draw: st.DrawFn) -> FileChange:
    line = st.sampled_from([b"a x", b"b y, z", b"", b"# note", b"  more", b"c\tw"])
    before = b"\n".join(draw(st.lists(line, max_size=25))) + draw(st.sampled_from([b"", b"\n"]))
    cuts = sorted(draw(st.lists(st.integers(0, len(before)), max_size=6)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    new = st.sampled_from([b"", b"N", b"new line\n", b"\nN", b"two\nlines\n", b"\n"])
    return change(before, tuple(Splice(start, end, draw(new)) for start, end in pairs))


@settings(max_examples=150, deadline=None)
@given(sample=changes())
def test_patch_turns_before_into_after(sample: FileChange, tmp_path_factory: pytest.TempPathFactory) -> None:
    if sample.before == sample.after:
        return
    folder = tmp_path_factory.mktemp("diff")
    assert patched(sample.before, unified(sample), folder) == sample.after


@settings(max_examples=150, deadline=None)
@given(sample=changes())
def test_numbers_are_those_of_the_files(sample: FileChange) -> None:
    before, after = sample.before.split(b"\n"), sample.after.split(b"\n")
    for hunk in hunks(sample):
        for line in hunk.lines:
            lines = before if line.sign == "-" else after
            assert lines[line.number - 1] == line.raw.removesuffix(b"\n")


def test_two_splices_on_one_line_make_one_changed_line() -> None:
    before = b"one\na b c d\ntwo\n"
    sample = change(before, (Splice(4, 5, b"A"), Splice(8, 9, b"C")))
    (hunk,) = hunks(sample)
    assert [(line.sign, line.number, line.raw) for line in hunk.lines] == [
        (" ", 1, b"one\n"),
        ("-", 2, b"a b c d\n"),
        ("+", 2, b"A b C d\n"),
        (" ", 3, b"two\n"),
    ]
    assert counts(sample) == (1, 1)


def test_far_changes_are_two_hunks_with_their_own_numbers() -> None:
    before = b"".join(b"line %d\n" % n for n in range(1, 31))
    start = before.index(b"line 25")
    sample = change(before, (Splice(0, 0, b"new\n"), Splice(start, start + 7, b"LINE 25")))
    first, second = hunks(sample)
    assert (first.old_start, first.new_start) == (1, 1)
    assert (second.old_start, second.new_start) == (22, 23)
    assert ("+", 26, b"LINE 25\n") in [(line.sign, line.number, line.raw) for line in second.lines]


def test_a_change_of_a_huge_file_reads_only_its_neighbourhood() -> None:
    before = b"key value\n" * 200_000
    sample = change(before, (Splice(1_000_000, 1_000_000, b"new entry\n"),))
    (hunk,) = hunks(sample)
    assert hunk.old_start == 100_001 - 3
    assert len(hunk.lines) == 7


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from([b"a\n", b"b\r\n", b"c", b"\n"]), max_size=9).map(b"".join),
    st.lists(st.sampled_from([b"a\n", b"b\r\n", b"c", b"\n"]), max_size=9).map(b"".join),
)
def test_between_turns_one_text_into_the_other(before: bytes, after: bytes) -> None:
    assert apply_splices(before, between(before, after)) == after
