"""How a running Postfix is told, and who runs it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands
from mailtui.apply import act
from mailtui.apply.act import Control
from mailtui.postfix.instance import master_pid


class Stopped:
    config_dir = "/nonexistent/etc"
    queue_directory = "/nonexistent/spool"


def test_the_commands_are_those_a_plan_names() -> None:
    systemd = Control("systemd", "/etc/postfix", "postfix@-.service")
    assert systemd.words("reload") == "systemctl reload postfix@-.service"
    assert systemd.words("restart") == "systemctl restart postfix@-.service"
    plain = Control("postfix", "/etc/p")
    assert plain.words("reload") == "postfix -c /etc/p reload"
    assert plain.words("restart") == "postfix -c /etc/p stop, then postfix -c /etc/p start"


@pytest.mark.parametrize(
    ("groups", "unit"),
    [
        ("0::/system.slice/system-postfix.slice/postfix@-.service\n", "postfix@-.service"),
        ("12:pids:/x\n1:name=systemd:/system.slice/postfix.service\n", "postfix.service"),
        ("0::/system.slice/postfix@postfix\\x2dout.service\n", "postfix@postfix\\x2dout.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", ""),
        ("0::/system.slice/ssh.service\n", ""),
        ("0::/\n", ""),
    ],
)
def test_systemd_runs_it_only_where_the_master_is_in_a_postfix_unit(
    groups: str, unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(act, "_SYSTEMD_RUNS", str(tmp_path))
    monkeypatch.setattr(act, "master_pid", lambda _: os.getpid())
    group_file = tmp_path / "cgroup"
    group_file.write_text(groups)
    monkeypatch.setattr(act, "_CGROUP", str(group_file))
    found = act.control(Stopped())
    assert (found.manager, found.unit) == ("systemd" if unit else "postfix", unit)
    monkeypatch.setattr(act, "_SYSTEMD_RUNS", str(tmp_path / "absent"))
    assert act.control(Stopped()).manager == "postfix"


def test_a_stopped_instance_is_told_by_postfix() -> None:
    assert not act.running(Stopped())
    assert act.manager(Stopped()) == "postfix"


def test_a_missing_program_is_a_failure_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find", lambda _: None)
    done = act.reload(Control("systemd", "/etc/postfix", "postfix@-.service"))
    assert (done.ok, done.command) == (False, "systemctl reload postfix@-.service")
    assert "not installed" in done.words


@pytest.mark.lab
def test_reload_restart_stop_start(make_lab: Callable[[str], Any]) -> None:
    lab = make_lab("hash")
    by = act.control(lab)
    assert by.manager == "postfix"
    first = master_pid(lab.queue_directory)
    done = act.reload(by)
    assert done.ok, done.words
    assert master_pid(lab.queue_directory) == first
    assert "reload" in lab.log
    done = act.restart(by)
    assert done.ok, done.words
    assert master_pid(lab.queue_directory) not in {None, first}
    done = act.stop(by)
    assert done.ok, done.words
    assert not act.running(lab)
    done = act.stop(by)
    assert not done.ok
    assert "not running" in done.words
    assert act.start(by).ok
    assert act.running(lab)


@pytest.mark.lab
def test_postfix_speaks_only_to_a_terminal_and_we_hear_it(make_lab: Callable[[str], Any]) -> None:
    lab = make_lab("hash")
    lab.rewrite_main((lab.etc / "main.cf").read_text() + "message_size_limit = abc\n")
    done = act.reload(act.control(lab))
    assert not done.ok
    assert "bad numerical configuration: message_size_limit = abc" in done.words
    assert done.command == f"postfix -c {lab.etc} reload"
