"""Header and body checks: what is wrong with their rules, and what a message makes of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.edits.candidate import Candidate
from mailtui.edits.patternmaking import adding
from mailtui.formats.patterns import Pcre, Regexp
from mailtui.formats.target import Target
from mailtui.postfix.contentactions import read_action
from mailtui.postfix.contentchecks import all_problems, check_tables, rule_problems, try_rule
from mailtui.postfix.instance import Instance
from mailtui.postfix.trymessage import try_message

pytestmark = pytest.mark.skipif(commands.find("postmap") is None, reason="Postfix is not installed")


@pytest.mark.parametrize(
    ("value", "parameter", "effect", "says"),
    [
        ("REJECT", "header_checks", "reject", "550 5.7.1 message content rejected"),
        ("reject no", "header_checks", "reject", "550 5.7.1 no"),
        ("REJECT 4.2.1 later", "body_checks", "defer", "451 4.2.1 later"),
        ("REJECT 2.0.0 odd", "body_checks", "defer", "451 4.0.0 odd"),
        ("550 no", "header_checks", "error", "no action here"),
        ("DEFER x", "header_checks", "error", "access tables only"),
        ("REJEKT", "header_checks", "error", "no action"),
        ("REJECT", "smtp_header_checks", "error", "does not work"),
        ("IGNORE", "smtp_body_checks", "remove", "takes the line out"),
        ("PREPEND X: y", "milter_header_checks", "error", "does not work"),
        ("PREPEND text", "header_checks", "error", "wants a header"),
        ("PREPEND text", "body_checks", "prepend", "puts above it: text"),
        ("REDIRECT joe", "header_checks", "error", "wants an address"),
        ("FILTER smtp", "header_checks", "error", "transport:destination"),
        ("DUNNO\tx y", "header_checks", "nothing", "no further rule"),
        ("ok", "header_checks", "nothing", "no further rule"),
    ],
)
def test_actions(value: str, parameter: str, effect: str, says: str) -> None:
    action = read_action(value, parameter)
    assert action.effect == effect
    assert says in f"{action.does} {action.problem}"


def test_rules_that_do_nothing_are_errors() -> None:
    document = Regexp.parse(
        b"/a/ REJECT\n/b/ 550 no\n/c(/ REJECT\n/(d)/ REDIRECT $1\n/e/ Foo\n/f/ REJECT 2.1.1 x\n"
    )
    found = rule_problems(document, ["header_checks"])
    assert [(each.severity, each.line) for each in found] == [
        ("error", 2), ("error", 3), ("error", 5), ("warning", 6),
    ]  # fmt: skip
    assert try_rule(Pcre.parse(b""), b"/(/ REJECT")
    assert try_rule(Pcre.parse(b""), b"/x/ REJECT") == ""


def _age(folder: Path) -> None:
    """Postfix's programs wait until main.cf is some seconds old."""
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    (tmp_path / "hc").write_bytes(
        b"/^Subject:.*game/ REJECT no\nif /^X/\n/^X-A: (.*)/ PREPEND X-B: $1\nendif\n/^X-E/\n/(/ OK\n"
    )
    (tmp_path / "bc").write_bytes(b"/pills/\n   DISCARD it\n")
    (tmp_path / "main.cf").write_text(
        f"myhostname = mail.example.com\nheader_checks = regexp:{tmp_path}/hc\nnested_header_checks =\n"
        f"body_checks = pcre:{tmp_path}/bc\nbody_checks_size_limit = 30\n"
    )
    (tmp_path / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    _age(tmp_path)
    return Instance.open(str(tmp_path))


def test_tables_in_use_with_whom_they_serve(instance: Instance) -> None:
    assert [(table.name, table.parameters) for table in check_tables(instance)] == [
        ("hc", ("header_checks", "mime_header_checks")),
        ("bc", ("body_checks",)),
    ]
    assert {(table.name, each.line) for table, each in all_problems(instance)} == {("hc", 5), ("hc", 6)}


def test_a_message_shows_which_rule_fires_on_which_line(instance: Instance) -> None:
    trial = try_message(instance, b"X-A: one\n two\nFrom: a\n\nhello\npills\n")
    assert [(f.place, f.at, f.last, f.action.word) for f in trial.fired] == [
        ("hc:3", 1, 2, "PREPEND"), ("bc:1", 6, 6, "DISCARD"),
    ]  # fmt: skip
    assert trial.fired[0].value == "PREPEND X-B: one\n two"
    assert trial.effect == "discard"
    assert trial.broken == (f"{instance.config_dir}/hc:6: Unmatched ( or \\(",)
    json.dumps(trial.as_json())


def test_what_is_behind_the_limit_is_not_seen_and_an_empty_result_is_an_error(instance: Instance) -> None:
    trial = try_message(instance, b"A: b\n\n" + b"x" * 40 + b"\npills\n")
    assert (trial.fired, trial.unseen, trial.effect) == ((), 1, "nothing")
    trial = try_message(instance, b"X-E: b\n\n")
    assert trial.effect == "error"
    assert f"{instance.config_dir}/hc:5" in trial.says


def test_a_table_that_is_missing_puts_mail_off(instance: Instance, tmp_path: Path) -> None:
    (tmp_path / "bc").unlink()
    trial = try_message(instance, b"A: b\n\nx\n")
    assert trial.effect == "error"
    assert "does not exist" in trial.problems[0]


def test_staged_rules_count(instance: Instance) -> None:
    target = Target("regexp", f"{instance.config_dir}/hc", "regexp")
    edit = adding(Regexp.parse(instance.files.raw(target.path)), target, "/^Subject:/ HOLD", 0)
    staged = instance.over(Candidate(instance.files, [edit]))
    assert try_message(staged, b"Subject: game\n\n").effect == "hold"
    assert try_message(instance, b"Subject: game\n\n").effect == "reject"


def test_bytes_that_are_no_text_and_inline_tables(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("body_checks = pcre:{{/caf\\xe9/ WARN x}}\n")
    (tmp_path / "master.cf").write_text("")
    _age(tmp_path)
    trial = try_message(Instance.open(str(tmp_path)), b"A: b\r\n\r\ncaf\xe9\r\n")
    assert [(fired.line, fired.action.word) for fired in trial.fired] == [(None, "WARN")]
