"""Real files of other people: examined without a complaint of ours, and every fix can be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.edits.candidate import Candidate
from mailtui.postfix.instance import Instance
from tests.corpus import corpus_root
from tests.laws.whole import corpus, tally

LAW = "doctor on real main.cf files"
MASTER = "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"


def alike(one: Finding, other: Finding) -> bool:
    """Whether two findings say the same, wherever: a fix may move lines."""
    return (one.id, one.title, one.file) == (other.id, other.title, other.file)


@pytest.mark.law
@pytest.mark.parametrize(
    "path", corpus("main.cf", 20) or [None], ids=lambda path: path.stem if path else "none"
)
def test_a_real_main_cf_is_examined_and_its_fixes_can_be_made(path: Path | None, tmp_path: Path) -> None:
    root = corpus_root()
    if path is None or root is None:
        pytest.skip("no corpus of real files: set MAILTUI_CORPUS to its folder")
    (tmp_path / "main.cf").write_bytes(path.read_bytes())
    own = root / "config" / "master.cf" / path.name
    (tmp_path / "master.cf").write_bytes(own.read_bytes() if own.exists() else MASTER.encode())
    instance = Instance.open(str(tmp_path))
    found = examine(instance)
    tally(LAW, files=1, findings=len(found))
    assert len({(each.id, each.file, each.line, each.title) for each in found}) == len(found)
    for each in found:
        assert each.id != "unexamined", each.why
        assert each.title
        assert each.why
        assert each.fix_words
        if each.fix is None:
            continue
        candidate = Candidate(instance.files, each.fix.edits)
        assert not candidate.conflicts
        assert not candidate.stopped
        left = examine(instance.over(candidate))
        assert sum(alike(one, each) for one in left) < sum(alike(one, each) for one in found), each
        tally(LAW, fixes=1)
