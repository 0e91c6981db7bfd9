"""Definitions that do not count are taken out; what Postfix reads stays the same."""

from __future__ import annotations

import pytest

from mailtui.edits.duplicates import AddDuplicates, DropDuplicates
from mailtui.edits.model import Conflict
from mailtui.formats.maincf import MainCf
from mailtui.formats.splice import apply_splices
from mailtui.formats.target import Target
from tests.postfix.conftest import MakeInstance, instance_dir, postconf

__all__ = ["instance_dir"]

TARGET = Target("main.cf", "/etc/postfix/main.cf")
TEXT = b"a = 1\n# about b\nb = x,\n  # inner\n  y\nc = 2\nb = z\n# end\n"


def after(text: bytes, edit: DropDuplicates | AddDuplicates) -> bytes:
    document = MainCf(text)
    return apply_splices(document.raw, edit.splices(document))


def test_only_the_last_stays_and_comments_too() -> None:
    edit = DropDuplicates(TARGET, "b", ("x,  y",))
    now = after(
        TEXT, DropDuplicates(TARGET, "b", tuple(f.value.decode() for f in MainCf(TEXT).all("b")[:-1]))
    )
    assert now == b"a = 1\n# about b\n  # inner\nc = 2\nb = z\n# end\n"
    assert after(now, edit) == now
    with pytest.raises(Conflict):
        after(TEXT, DropDuplicates(TARGET, "b", ("other",)))


def test_it_can_be_taken_back() -> None:
    text = b"b = 1\nb = 2\nb = 3\n"
    drop = DropDuplicates(TARGET, "b", ("1", "2"))
    back = drop.inverse()
    assert isinstance(back, AddDuplicates)
    assert after(after(text, drop), back) == text
    assert after(text, back) == text
    assert drop.merge(back) == "nothing"
    assert back.inverse() == drop
    with pytest.raises(Conflict):
        after(b"b = 1\nb = 4\n", back)


def test_postconf_reads_the_same_without_a_warning(instance_dir: MakeInstance) -> None:
    folder = instance_dir("mailbox_size_limit = 0\nbiff = no\nmailbox_size_limit = 51200000\n")
    before = postconf(folder, "-n")
    path = folder / "main.cf"
    path.write_bytes(after(path.read_bytes(), DropDuplicates(TARGET, "mailbox_size_limit", ("0",))))
    assert postconf(folder, "-n") == before
