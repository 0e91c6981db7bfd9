"""The command after a write: its failure is told and changes nothing."""

from __future__ import annotations

from pathlib import Path

from mailtui.apply.after import after_write


def test_nothing_is_run_where_nothing_is_set(tmp_path: Path) -> None:
    assert after_write((), str(tmp_path)) == ()


def test_it_runs_in_the_folder_and_is_silent(tmp_path: Path) -> None:
    assert after_write(("cp", "/dev/null", "made"), str(tmp_path)) == ()
    assert (tmp_path / "made").exists()


def test_its_own_words_are_told_and_safe(tmp_path: Path) -> None:
    first, *words = after_write(("ls", "/no\x1b[2J"), str(tmp_path))
    assert first == "after_write: ls ended with status 2; the change itself is written"
    assert "No such file" in words[0]
    assert "\x1b" not in "".join(words)


def test_a_missing_program_is_told(tmp_path: Path) -> None:
    (line,) = after_write(("no-such-program-here",), str(tmp_path))
    assert "this program is not installed" in line
