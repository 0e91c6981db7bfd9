"""The Review tells which saved session a change makes smtpd answer otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.parameters import SetParameter
from tests.apply.changing import Server
from tests.screens.reviewing import made_server, open_review, session_of, shows

SAVED = """\
[[session]]
name = "the partner"
must = "accept"
client_address = "192.0.2.7"
helo = "mail.partner.example"
sender = "news@partner.example"
recipient = "webmaster@falcotsbrand.com"
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    path = tmp_path / "own" / "mailtui" / "sessions.toml"
    path.parent.mkdir(parents=True)
    path.write_text(SAVED)
    with made_server(tmp_path, monkeypatch) as made:
        yield made


async def test_a_flipped_verdict_is_a_line_of_the_plan(
    open_console: Callable[..., Any], server: Server
) -> None:
    instance = server.instance
    edit = SetParameter(
        instance.main,
        "smtpd_sender_restrictions",
        "check_sender_access inline:{partner.example=REJECT}",
        None,
    )
    session = session_of(server, edit)
    async with open_console(session=session, size=(100, 40)) as (_app, pilot):
        await open_review(pilot, "Plan")
        text = await shows(pilot, "Sessions")
        assert "1 of 1 saved session answered otherwise" in text
        await shows(pilot, "the partner: now")
