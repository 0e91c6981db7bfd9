"""`mailtui restriction explain` and `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtui.cli.main import run

MAIN = """\
compatibility_level = 3.6
myhostname = mx.test.example
mydestination = local.example
inet_interfaces = 127.0.0.1
mynetworks = 127.0.0.0/8
local_recipient_maps = inline:{bob=x}
smtpd_client_restrictions = permit_mynetworks, warn_if_reject reject_unknown_client_hostname
"""
CLIENT = ("--client-address", "192.0.2.7", "--helo", "h.example", "--sender", "a@good.example")


@pytest.fixture
def etc(tmp_path: Path) -> str:
    (tmp_path / "main.cf").write_text(MAIN)
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    return str(tmp_path)


def explained(etc: str, *words: str) -> int:
    return run(["--config-dir", etc, "restriction", "explain", *words])


def test_for_people(etc: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(etc, *CLIENT, "--recipient", "x@remote.example") == 0
    out = capsys.readouterr().out
    assert "ANSWER  454 4.7.1 <x@remote.example>: Relay access denied" in out
    assert "BY      relay › defer_unauth_destination" in out
    assert "w reject_unknown_client_hostname" in out
    assert "log: reject_warning: 450 4.7.25" in out


def test_for_programs(etc: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(etc, *CLIENT, "--recipient", "bob@local.example", "--json", "--stage-until", "data") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["action"], answer["code"], answer["at"]) == ("permit", 354, "data")
    assert {"stage", "rule", "argument", "outcome", "why", "ms"} <= set(answer["steps"][0])
    assert answer["steps"][0]["file"] == f"{etc}/main.cf"


def test_a_batch_is_answered_line_by_line(
    etc: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions = [{"client_address": "::1", "recipient": f"{who}@local.example"} for who in ("bob", "eve")]
    batch = tmp_path / "batch"
    batch.write_text("".join(f"{json.dumps(each)}\n" for each in sessions))
    assert explained(etc, "--batch", str(batch)) == 0
    assert [json.loads(line)["code"] for line in capsys.readouterr().out.splitlines()] == [250, 550]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--recipient", "a@b"), 2, "--client-address is missing"),
        (("--client-address", "1.2.3.4"), 2, "--recipient is missing"),
        (("--client-address", "1.2", "--recipient", "a@b"), 2, "1.2 is no IP address"),
        (("--client-address", "1.2.3.4", "--recipient", "a@b", "--service", "x"), 1, "there is no service x"),
        (("--batch", "/nonexistent"), 1, "no such file"),
    ],
)
def test_what_is_wrong_is_said(
    etc: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    assert explained(etc, *words) == code
    assert said in capsys.readouterr().err


def test_a_bad_line_of_a_batch_is_named(etc: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    batch = tmp_path / "batch"
    batch.write_text('{"client_address": "::1", "recipient": "a@b"}\n{"colour": "red"}\n')
    assert explained(etc, "--batch", str(batch)) == 2
    assert f"{batch}:2: a session has no colour" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[" * 100_000, "is no JSON"),
        ("7", "is no JSON object"),
        (
            '{"client_address": "::1", "recipient": "a@b", "stage_until": ["data"]}',
            "stage_until is rcpt or data",
        ),
    ],
)
def test_a_line_of_another_shape_is_named_too(
    etc: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    batch = tmp_path / "batch"
    batch.write_text(f"{line}\n")
    assert explained(etc, "--batch", str(batch)) == 2
    assert f"{batch}:1: {words}" in capsys.readouterr().err


def test_saved_sessions_are_checked(etc: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "s.toml"
    written = (
        '[[session]]\nname = "{0}"\nmust = "{1}"\nclient_address = "::1"\nrecipient = "{0}@local.example"\n'
    )
    saved.write_text(written.format("bob", "accept") + written.format("eve", "refuse"))
    check = ["--config-dir", etc, "restriction", "check", "--file", str(saved)]
    assert run(check) == 0
    saved.write_text(written.format("bob", "refuse"))
    assert capsys.readouterr().out.count("ok ") == 2
    assert run([*check, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["holds"] is False


def test_a_saved_session_without_an_answer_says_why(
    etc: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path(etc, "main.cf").open("a") as main:
        main.write("smtpd_relay_restrictions = permit\nsmtpd_recipient_restrictions = permit\n")
    saved = tmp_path / "s.toml"
    saved.write_text(
        '[[session]]\nname = "a"\nmust = "refuse"\nclient_address = "::1"\nrecipient = "x@local.example"\n'
    )
    assert run(["--config-dir", etc, "restriction", "check", "--file", str(saved)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("unknown  a  must be refused  smtpd does not start")
