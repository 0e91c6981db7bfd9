"""A TOML file of the admin's changed in place: comments stay, two writers take turns, nothing is half written."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mailtui.doctor.model import Finding
from mailtui.doctor.silence import hear, reason, silence, told
from mailtui.settings import load
from mailtui.settingsfile import FileProblem, changing

TEXT = "# mine\r\nascii = true   # never\r\n"
FOUND = Finding("dnsbl-closed", "warning", "a list is no more", "/etc/postfix/main.cf", 3, "it is closed")
OTHER = Finding("dnsbl-closed", "warning", "another is no more", "/etc/postfix/main.cf", 4, "it is closed")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_comments_layout_mode_and_symlink_stay(tmp_path: Path, mark: bytes) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "config.toml"
    real.write_bytes(mark + TEXT.encode())
    real.chmod(0o640)
    link.symlink_to(real)
    with changing(str(link)) as document:
        document["log"] = "journal"
    assert link.is_symlink()
    assert real.read_bytes().startswith(mark + TEXT.encode())
    assert b'log = "journal"' in real.read_bytes()
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["config.toml", "real.toml"]


def test_what_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("log = [")
    with pytest.raises(FileProblem, match="cannot be read"), changing(str(path)):
        pass
    path.write_text(TEXT)
    with pytest.raises(ZeroDivisionError), changing(str(path)) as document:
        document["log"] = 1 // 0
    with pytest.raises(FileProblem, match="not UTF-8"), changing(str(path)) as document:
        document["log"] = "\udcff"
    assert path.read_text() == TEXT.replace("\r\n", "\n")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FileProblem, match="not a plain file"), changing(str(path)):
        pass


def test_two_who_write_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"

    def count(times: int) -> None:
        for _ in range(times):
            with changing(str(path)) as document:
                document["count"] = int(document.get("count", 0)) + 1

    threads = [threading.Thread(target=count, args=(20,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert path.read_text() == "count = 80\n"


def test_silenced_in_either_file_and_heard_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    system = tmp_path / "system.toml"
    system.write_text('[[silence]]\nfinding = "soft-bounce"\nreason = "a test server"\n')
    own = tmp_path / "mailtui/config.toml"
    own.parent.mkdir()
    own.write_text('log = "journal"\n')
    path = silence(FOUND, "we wait")
    assert own.read_text().startswith('log = "journal"\n\n[[silence]]\n')
    found = load([str(system), path]).silence
    assert found == (("soft-bounce", "", "a test server"), ("dnsbl-closed", FOUND.title, "we wait"))
    assert reason(FOUND, found) == "we wait"
    assert told([FOUND, OTHER], found) == [OTHER]
    assert hear(FOUND)
    assert not hear(FOUND)
    assert load([str(system), path]).silence == found[:1]


@pytest.mark.parametrize(
    "text",
    [
        'silence = "x"\n', "[[silence]]\nreason = 'r'\n", "[[silence]]\nfinding = 'x'\n",
        "[[silence]]\nfinding = 'x'\nreason = 3\n", "[[silence]]\nfinding = 'x'\nreason = 'r'\nelse = 'e'\n",
    ],
)  # fmt: skip
def test_a_wrong_silence_is_told_of_and_the_rest_holds(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"ascii = true\n{text}")
    found = load([str(path)])
    assert (found.silence, found.ascii) == ((), True)
    assert "silence: must be [[silence]] tables" in found.problems[0]
    if text.startswith("[["):
        path.write_text(f'{text}[[silence]]\nfinding = "soft-bounce"\nreason = "a test"\n')
        found = load([str(path)])
        assert found.silence == (("soft-bounce", "", "a test"),), "one that is right holds beside a wrong one"
        assert found.problems[0].startswith(f"{path}:1: silence: must be")
