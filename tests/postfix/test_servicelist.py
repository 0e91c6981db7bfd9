"""The services as rows: markers, places of what goes, what a filter finds; and what a column may hold."""

from __future__ import annotations

from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.services import (
    AddService,
    RemoveService,
    RemoveServiceOption,
    SetServiceOption,
    SwitchService,
)
from mailtui.postfix.instance import Instance
from mailtui.postfix.servicechecks import check_column
from mailtui.postfix.servicelist import ServiceList, service_list
from mailtui.postfix.services import entry_text, find_service, proposed
from mailtui.text.query import Query
from tests.postfix.conftest import instance_dir

__all__ = ["instance_dir"]


@pytest.fixture
def instance(instance_dir: Any) -> Instance:
    return Instance.open(str(instance_dir()))


def over(instance: Instance, *edits: Edit) -> ServiceList:
    return service_list(instance, instance.over(Candidate(instance.files, edits)))


def shown(found: ServiceList) -> list[str]:
    rows = [found.row(at) for at in range(len(found))]
    return [f"{row.marker} {row.name}" for row in rows if row.marker != " "]


def test_nothing_is_marked_without_a_draft(instance: Instance) -> None:
    found = over(instance)
    assert shown(found) == []
    assert len(found) == 8
    assert all(found.find(found.key(at)) == at for at in range(len(found)))
    assert found.find("smtp/inet") is None


def test_what_goes_stays_where_it_stood(instance: Instance) -> None:
    master = instance.master
    before = [over(instance).key(at) for at in range(8)]
    gone = over(
        instance,
        RemoveServiceOption(master, "submission/inet", "syslog_name", "postfix/submission"),
        RemoveService(master, "cleanup/unix", entry_text(instance, find_service(instance, "cleanup"))),
    )
    assert [gone.key(at) for at in range(len(gone))] == before
    assert shown(gone) == ["- submission/inet -o syslog_name", "- cleanup/unix"]
    whole = over(
        instance,
        RemoveService(master, "submission/inet", entry_text(instance, find_service(instance, "submission"))),
    )
    assert [whole.key(at) for at in range(len(whole))] == before
    assert len(shown(whole)) == 3


def test_what_is_new_is_marked_with_its_overrides(instance: Instance) -> None:
    found = over(instance, AddService(instance.master, "submissions/inet", proposed(instance, "submissions")))
    assert len(shown(found)) == 10
    assert {line[0] for line in shown(found)} == {"+"}


def test_changed_and_off(instance: Instance) -> None:
    row = find_service(instance, "submission")
    changed = SetServiceOption(instance.master, row.service, "syslog_name", "x", "postfix/submission")
    assert shown(over(instance, changed)) == ["~ submission/inet -o syslog_name"]
    off = over(instance, SwitchService(instance.master, row.service, row.words, on=False))
    assert [line[0] for line in shown(off)] == ["#", "#", "#"]


def test_a_filter_finds_an_override_with_its_service(instance: Instance) -> None:
    found = over(instance)
    hits = [found.row(at).name for at in found.search(Query.parse("for users")) if at is not None]
    assert hits == ["submission/inet", "submission/inet -o smtpd_banner"]


@pytest.mark.parametrize(
    ("type_", "name", "value", "severity"),
    [
        ("unix", "private", "-", ""), ("inet", "private", "n", ""), ("inet", "private", "-", "error"),
        ("inet", "private", "y", "error"), ("unix", "chroot", "Y", "error"), ("unix", "wakeup", "60?", ""),
        ("unix", "wakeup", "1m", "error"), ("unix", "process_limit", "0", ""),
        ("unix", "process_limit", "-1", "error"), ("unix", "command", "smtpd", ""),
        ("unix", "command", "smptd", "warning"), ("unix", "command", "a b", "error"),
        ("unix", "command", "", "error"),
    ],
)  # fmt: skip
def test_columns_as_master_takes_them(
    instance: Instance, type_: str, name: str, value: str, severity: str
) -> None:
    assert check_column(instance, type_, name, value)[0] == severity
