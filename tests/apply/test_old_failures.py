"""What was wrong before a change is told with it, and neither blocks it nor takes it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply.transaction import apply
from mailtui.edits.parameters import SetParameter
from mailtui.postfix.instance import Instance
from tests.apply.changing import Server, write_old

BAD_LINES = "no-value\ntwice@falcotsbrand.com a@x.example\ntwice@falcotsbrand.com b@x.example\n"


@pytest.fixture
def server(root: Path) -> Server:
    return Server(root)


def append(server: Server, lines: str) -> None:
    write_old(server.etc / "main.cf", server.text("main.cf") + lines)
    server.instance = Instance.open(str(server.etc))


def test_old_complaints_about_parameters_do_not_block_another(server: Server) -> None:
    append(
        server,
        "unused_thing = 1\n"
        "transport_maps = hash:/nonexistent/transport\n"
        "mynetworks = 10.0.0.1/8\n"
        "smtpd_helo_required = maybe\n"
        "virtual_alias_domains = $nothing_of_that_name\n",
    )
    done = apply(server.instance, [server.parameter(), server.change(), server.alias()])
    assert (done.state, done.error, done.exit_code) == ("applied", "", 0)
    assert any("unused parameter: unused_thing" in str(found) for found in done.findings)
    assert not any(found.stop for found in done.findings)
    assert "message_size_limit = 20480000\n" in server.text("main.cf")


def test_an_old_line_that_postconf_cannot_read_does_not_block_its_repair(server: Server) -> None:
    append(server, "oops\n")
    line = server.text("main.cf").count("\n")
    done = apply(server.instance, [server.parameter()])
    assert (done.state, done.error) == ("applied", "")
    assert [found.line for found in done.findings] == [line]


def test_what_stops_the_compiler_itself_is_named(server: Server) -> None:
    """No table can be compiled under a main.cf that postmap cannot read: that is not ours to overlook."""
    append(server, "oops\n")
    line = server.text("main.cf").count("\n")
    done = apply(server.instance, [server.change()])
    assert (done.state, done.exit_code) == ("refused", 1)
    assert done.error.startswith(f"{server.etc}/main.cf:{line}: missing '='")
    assert server.litter() == []


def test_old_bad_lines_and_duplicates_are_told_and_do_not_block(server: Server) -> None:
    write_old(server.etc / "virtual", server.text() + BAD_LINES)
    server.compile(server.table)
    done = apply(server.instance, [server.change(), server.new()])
    assert (done.state, done.error) == ("applied", "")
    told = "\n".join(map(str, done.findings))
    assert "expected format: key whitespace value" in told
    assert 'duplicate entry: "twice@falcotsbrand.com"' in told
    assert server.answers(server.table, "presse@falcotsbrand.com") == "sophie@falcot.com"
    assert server.text().endswith("presse@falcotsbrand.com sophie@falcot.com\n")


@pytest.mark.parametrize("gone", ["aliases", "aliases.db", "master.cf"])
def test_a_file_that_is_missing_elsewhere_does_not_block(server: Server, gone: str) -> None:
    (server.etc / gone).unlink()
    done = apply(server.instance, [server.change()])
    assert (done.state, done.error) == ("applied", "")


@pytest.mark.lab
def test_a_reload_that_could_not_succeed_before_does_not_take_a_change_back(
    make_lab: Callable[[str], Any],
) -> None:
    """A colleague wrote a value that postfix(1) refuses and smtpd does not read, and has not tried it yet."""
    lab = make_lab("hash")
    text = (lab.etc / "main.cf").read_text()
    lab.rewrite_main(f"{text}default_process_limit = 0\n")
    instance = Instance.open(lab.config_dir)
    done = apply(instance, [SetParameter(instance.main, "message_size_limit", "20480000", None)])
    assert (done.state, done.error) == ("applied", "")
    assert [
        words for words in done.told if "as before this change" in words and "default_process_limit" in words
    ]
    assert [report.state for report in done.steps if report.step.action == "reload"] == ["failed"]
    assert "message_size_limit = 20480000" in (lab.etc / "main.cf").read_text()
    assert instance.running()
