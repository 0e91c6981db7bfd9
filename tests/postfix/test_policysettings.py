"""What is set for a policy service, and where its socket is as a chrooted smtpd sees it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.postfix.instance import Instance
from mailtui.postfix.policyrows import asked, policy_rows
from mailtui.postfix.policysettings import SETTINGS, argument, problem, when_down
from mailtui.postfix.smtpd.policy import Endpoint, endpoint
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import short_folder

__all__ = ["instance_dir"]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a name that is short enough for a socket."""
    yield from short_folder()


def test_each_setting_is_written_and_read_again() -> None:
    server = Endpoint("unix", "private/x")
    options = {
        "timeout": "5s",
        "default_action": "DEFER_IF_PERMIT {a, b} later",
        "policy_context": "two words",
    }
    again = endpoint(argument(server, options))
    assert again.written == server.written
    assert again.options == options


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("timeout", "10s", True), ("timeout", "2h", True), ("timeout", "soon", False), ("max_idle", "", True),
        ("try_limit", "0", False), ("request_limit", "0", True), ("try_limit", "2x", False),
        ("default_action", "REJECT {a", False), ("default_action", "DUNNO", True),
    ],
)  # fmt: skip
def test_what_can_be_set(name: str, value: str, good: bool) -> None:
    assert (problem(name, value) == "") is good


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("DUNNO", "mail passes"), ("OK", "this list permits"), ("451 4.3.5 no", "put off"), ("DEFER", "put off"),
        ("DEFER_IF_PERMIT x", "put off"), ("REJECT", "refused for good"), ("554 5.7.1 x", "refused for good"),
        ("aggressive", "rules that it names"),
    ],
)  # fmt: skip
def test_what_becomes_of_mail(action: str, words: str) -> None:
    assert words in when_down(action)


@pytest.mark.parametrize(("chroot", "seen"), [("y", False), ("n", True)])
def test_a_socket_outside_of_the_chroot(tmp_path: Path, chroot: str, seen: bool) -> None:
    queue = tmp_path / "q"
    queue.mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        (tmp_path / "main.cf").write_text(
            f"queue_directory = {queue}\nsmtpd_data_restrictions = check_policy_service unix:{tmp_path}/s\n"
        )
        (tmp_path / "master.cf").write_text(f"smtp inet n - {chroot} - - smtpd\n")
        row = policy_rows(Instance.open(str(tmp_path)))[0]
        if seen:
            assert row.place.path == f"{tmp_path}/s"
            assert not row.place.wrong
            assert "not chrooted" in row.place.says
        else:
            assert row.place.path == f"{queue}{tmp_path}/s"
            assert "outside the chroot" in row.place.wrong
            tried = asked(Instance.open(str(tmp_path)), row)
            assert not tried.alive
            assert "outside the chroot" in tried.problem


def test_what_holds_for_a_service(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text(
        "smtpd_policy_service_timeout = 7s\n"
        "smtpd_data_restrictions = check_policy_service { inet:127.0.0.1:9, default_action=DUNNO }\n"
        "smtpd_etrn_restrictions = check_policy_service inet:127.0.0.1:9\n"
    )
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n")
    rows = policy_rows(Instance.open(str(tmp_path)))
    assert len(rows) == 1
    assert (len(rows[0].rules), rows[0].differ, rows[0].smtpd) == (2, True, "smtp/inet")
    assert (rows[0].value("default_action"), rows[0].value("timeout")) == ("DUNNO", "7s")
    assert all(each.name in rows[0].values for each in SETTINGS)
