"""Parameters in a configuration folder of a test's own, and what the real postconf reads of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.postfix.conftest import postconf, put
from tests.screens.listing import ListConsole

MAIN = """\
# the server
myorigin = /etc/mailname
biff = no
delay_warning_time = 4h
mydestination = $myhostname, localhost.$mydomain,
    # the brand
    falcot.com
    localhost
mynetworks = 127.0.0.0/8
mynetworks = 127.0.0.0/8 [::1]/128
our_relay = [relay.falcot.com]:587
relayhost = $our_relay
smtpd_baner = hello
"""


@pytest.fixture
def folder(instance_dir: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    made: Path = instance_dir(MAIN)
    return made


def accepted(up: ListConsole, name: str) -> str:
    """What the real postconf reads where the draft would be written."""
    put(up.folder / "main.cf", up.written("main.cf"))
    return postconf(up.folder, "-h", name).strip()
