"""The rules for values on a change: what it makes wrong stops it, what was wrong before does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mailtui.apply.look import look
from mailtui.apply.valuechecks import check_values
from mailtui.edits.entries import SetEntry
from mailtui.edits.model import Edit
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.edits.services import SetServiceOption
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

EXTRA = """\
smtpd_helo_restrictions = check_helo_access hash:/nonexistent
smtpd_restriction_classes = own
own = reject
mailbox_size_limit = 20000000
mua = permit
"""


@pytest.fixture
def folder(instance_dir: MakeInstance) -> Path:
    return instance_dir(EXTRA)


def found(folder: Path, edits: Sequence[Edit]) -> list[tuple[bool, str]]:
    instance = Instance.open(str(folder))
    return [(each.stop, str(each)) for each in check_values(instance, look(instance, edits, None))]


def main(folder: Path) -> Target:
    return Target("main.cf", f"{folder}/main.cf")


def test_an_old_mistake_stops_nothing(folder: Path) -> None:
    assert found(folder, [SetParameter(main(folder), "delay_warning_time", "4h")]) == []


def test_a_new_mistake_stops(folder: Path) -> None:
    ((stop, text),) = found(folder, [SetParameter(main(folder), "smtpd_timeout", "5 min")])
    assert stop
    assert f"{folder}/main.cf:" in text
    assert "smtpd_timeout: “5 min” is no time" in text


def test_one_mistake_for_another_stops(folder: Path) -> None:
    name, was = "smtpd_helo_restrictions", "check_helo_access hash:/nonexistent"
    edit = SetParameter(main(folder), name, "check_helo_access hash:/other", was)
    assert [stop for stop, _ in found(folder, [edit])] == [True]
    assert found(folder, [SetParameter(main(folder), name, "permit_mynetworks", was)]) == []


def test_what_becomes_wrong_by_another_change_stops(folder: Path) -> None:
    (reset,) = found(folder, [ResetParameter(main(folder), "own", "reject")])
    assert (reset[0], "“own” has no definition" in reset[1]) == (True, True)
    (size,) = found(folder, [SetParameter(main(folder), "message_size_limit", "30000000")])[:1]
    assert (size[0], "mailbox_size_limit" in size[1]) == (True, True)
    both = [
        SetParameter(main(folder), "message_size_limit", "30000000"),
        SetParameter(main(folder), "mailbox_size_limit", "0", "20000000"),
    ]
    assert not any(stop for stop, _ in found(folder, both))


def test_a_service_is_checked_with_its_own_settings(folder: Path) -> None:
    master = Target("master.cf", f"{folder}/master.cf")
    name, service = "smtpd_client_restrictions", "submission/inet"
    assert found(folder, [SetServiceOption(master, service, name, "$mua")]) == []
    ((stop, text),) = found(folder, [
        SetServiceOption(master, service, name, "$mua"),
        SetServiceOption(master, service, "mua", "permit_bogus"),
    ])  # fmt: skip
    assert (stop, f"{folder}/master.cf:" in text) == (True, True)
    assert "permit_bogus" in text


def test_a_table_made_by_the_same_change_is_there(folder: Path) -> None:
    table = Target("table", f"{folder}/transport", "hash")
    edits = [
        SetEntry(table, "x.example", ("smtp:[y.example]",)),
        SetParameter(main(folder), "transport_maps", f"hash:{folder}/transport"),
    ]
    assert found(folder, edits) == []
    assert [stop for stop, _ in found(folder, edits[1:])] == [True]


def test_a_warning_is_told(folder: Path) -> None:
    ((stop, text),) = found(folder, [SetParameter(main(folder), "smtpd_use_tls", "yes")])
    assert not stop
    assert "of old" in text
