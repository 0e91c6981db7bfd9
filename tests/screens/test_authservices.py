"""Services and Client of the Auth screen by keys: the matrix, its cells, AUTH on and off, logins elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mailtui.edits import authplan
from mailtui.postfix.instance import Instance
from mailtui.sasl.client import client
from mailtui.sasl.matrix import ServiceLine, matrix
from mailtui.screens.parts.terminal import Plan
from tests.postfix.conftest import instance_dir, put, run
from tests.sasl.offices import CONF
from tests.sasl.test_tls import signed
from tests.screens.aliasing import tmp_path
from tests.screens.listing import ListConsole, lists

__all__ = ["instance_dir", "tmp_path"]
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
#submission inet n       -       n       -       -       smtpd
#  -o syslog_name=postfix/submission
submissions inet n       -       n       -       -       smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_wrappermode=yes
"""
WORD = "Sommer-und-Winter"


@pytest.fixture
def folder(instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    cert = signed(tmp_path, "mail.falcot.com", alt="mail.falcot.com")
    made: Path = instance_dir(
        f"queue_directory = {tmp_path}/spool\nmyhostname = mail.falcot.com\nmydomain = falcot.com\n"
        f"smtpd_tls_cert_file = {cert}\nsmtpd_tls_key_file = {tmp_path}/mail.falcot.com.key\n"
        "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n",
        master=MASTER,
    )
    put(made / "sasl/smtpd.conf", CONF.format(database=tmp_path / "sasldb2"))
    return made


@asynccontextmanager
async def services(
    folder: Path, start: str = "authservices", *, size: tuple[int, int] = (80, 30), plan: Plan | None = None
) -> AsyncIterator[ListConsole]:
    async with lists(folder, start, size=size, plan=plan) as up:
        yield up


def line(up: ListConsole, name: str) -> ServiceLine:
    """A service as the draft would leave it."""
    session = up.app.session
    after = up.list.ahead.at(session.draft.edits).instance
    return next(each for each in matrix(after) if each.name == name)


async def test_the_matrix(folder: Path) -> None:
    async with services(folder) as up:
        await up.shows("3 services", "Accounts [Services] Client")
        assert up.line_with("smtp ").split() == ["smtp", "no", "none"]
        assert up.line_with("submission ").split() == ["#", "submission", "off"]
        row = up.line_with("submissions ").split()
        assert row == ["!", "submissions", "TLS", "only", "at", "once", "PLAIN", "LOGIN", "CR…", "sasldb", "no", "any"]  # fmt: skip
        await up.at("submissions/inet")
        await up.shows(
            "reject_unauth_destination stops him in smtpd_relay_restrictions", "checked  by sasldb"
        )


async def test_the_right_rule_is_offered(folder: Path) -> None:
    async with services(folder) as up:
        await up.at("submissions/inet")
        await up.press("f")
        await up.shows("+ permit_sasl_authenticated in smtpd_relay_restrictions, before")
        await up.press("1")
        await up.until(up.laid(1))
        assert line(up, "submissions/inet").relay == "yes"
        text = up.written("main.cf")
        rules = text.partition("smtpd_relay_restrictions =")[2]
        assert rules.index("permit_sasl_authenticated") < rules.index("reject_unauth_destination")
        await up.shows("who logged in may send anywhere")


async def test_auth_on_for_a_service_that_was_off_is_one_group(folder: Path) -> None:
    async with services(folder) as up:
        await up.at("submission/inet")
        await up.press("n")
        await up.shows("AUTH on: submission/inet", "checked by", "realm")
        assert up.app.focused is not None
        await up.press("enter", "enter")
        await up.until(lambda: len(up.app.session.draft.groups) == 1)
        await up.until(lambda: line(up, "submission/inet").offered)
        found = line(up, "submission/inet")
        assert found.auth is not None
        assert (found.auth.tls, found.relay, found.auth.realm) == ("encrypt", "yes", "falcot.com")
        await up.press("u")
        await up.until(lambda: len(up.app.session.draft) == 0)


async def test_off_by_a_key(folder: Path) -> None:
    async with services(folder) as up:
        await up.at("submissions/inet")
        await up.press("number_sign")
        await up.until(up.laid(1))
        assert "smtpd_sasl_auth_enable" not in up.written("master.cf")
        assert up.line_with("submissions ").split() == ["submissions", "no", "at", "once"]


async def test_no_auth_on_port_25_while_main_cf_has_it_on(folder: Path) -> None:
    main = folder / "main.cf"
    put(main, main.read_text() + "smtpd_sasl_auth_enable = yes\nsmtpd_tls_security_level = may\n")
    async with services(folder) as up:
        await up.at("smtp/inet")
        await up.shows("port 25 is for other servers", "CLEAR")
        await up.press("number_sign")
        await up.until(up.laid(1))
        assert "  -o smtpd_sasl_auth_enable=no\n" in up.written("master.cf")
        assert line(up, "submissions/inet").offered


async def test_cells_by_the_form(folder: Path) -> None:
    async with services(folder) as up:
        await up.at("submissions/inet")
        await up.press("enter")
        await up.shows("TLS", "checked by", "relay", "sender")
        await up.press("down", "down")  # checked by
        await up.press("right", "right")
        await up.shows("dovecot")
        await up.press("down")
        await up.shows("private/auth")
        await up.press("down")  # relay
        await up.press("right")
        await up.press("down")  # sender
        await up.press("right")
        await up.press("down")
        await up.type("hash:/etc/postfix/senders")
        while up.list.editor is not None:
            await up.press("enter")
            await up.pilot.pause()
        await up.until(lambda: len(up.app.session.draft) > 3)
        await up.until(lambda: line(up, "submissions/inet").checked_by == "dovecot")
        found = line(up, "submissions/inet")
        assert found.auth is not None
        assert (found.relay, found.senders.word, found.auth.path) == ("yes", "checked", "private/auth")
        assert found.senders.maps == "hash:/etc/postfix/senders"


async def test_a_form_that_changes_nothing(folder: Path) -> None:
    async with services(folder) as up:
        await up.at("submissions/inet")
        await up.press("enter")
        await up.shows("checked by")
        while up.list.editor is not None:
            await up.press("enter")
            await up.pilot.pause()
        await up.shows("nothing is changed")
        assert len(up.app.session.draft) == 0


async def test_a_service_that_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(folder / "master.cf", MASTER.partition("#submission ")[0])
    async with services(folder) as up:
        await up.press("a")
        await up.shows("A new service", "port 587, STARTTLS first", "port 465")
        await up.press("2")
        await up.shows("new service: submissions/inet")
        await up.press("enter", "enter")
        await up.until(lambda: len(up.app.session.draft.groups) == 1)
        await up.shows("submissions")
        found = line(up, "submissions/inet")
        assert found.auth is not None
        assert (found.auth.tls, found.relay) == ("wrapper", "yes")


async def test_what_is_refused_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authplan, "SNAKEOIL", ("/nonexistent", "/nonexistent"))
    main = folder / "main.cf"
    put(main, "\n".join(each for each in main.read_text().splitlines() if "smtpd_tls" not in each) + "\n")
    async with services(folder) as up:
        await up.at("submissions/inet")
        await up.shows("TLS is wanted, and there is no certificate")
        await up.at("submission/inet")
        await up.press("n")
        await up.shows("certificate")
        for _ in range(4):
            await up.press("enter")
        await up.shows("there is no certificate, so no TLS")
        assert len(up.app.session.draft) == 0


async def test_tab_goes_round(folder: Path) -> None:
    async with services(folder, "auth") as up:
        for words in ("[Services]", "[Client]", "[Accounts]"):
            await up.press("tab")
            await up.shows(words)
        await up.press("shift+tab")
        await up.shows("[Client]", "this server logs in elsewhere")


SIZES = [(80, 24), (60, 20), (140, 40)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("start", ["authservices", "authclient"])
async def test_every_size(folder: Path, size: tuple[int, int], start: str) -> None:
    async with services(folder, start, size=size, plan=Plan(ansi=True, no_colour=True)) as up:
        await up.shows("submissions" if start == "authservices" else "logs in nowhere")
        await up.press("n")
        await up.until(lambda: up.list.editor is not None or "realm" in up.text)


# Logins elsewhere


async def test_a_login_elsewhere_by_keys(folder: Path) -> None:
    async with services(folder, "authclient") as up:
        await up.press("n")
        await up.shows("a login elsewhere")
        await up.type("[mail.isp.com]:587")
        await up.press("enter")
        await up.type("joe")
        await up.press("enter")
        await up.press("right")
        await up.press("enter")
        await up.shows("Password of joe")
        for _ in range(2):
            await up.type(WORD)
            await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) == 6)
        await up.shows("[mail.isp.com]:587", "joe", "relayhost")
        assert WORD not in up.text
        assert f"[mail.isp.com]:587 joe:{WORD}\n" == up.written("sasl/sasl_passwd")
        after = up.list.ahead.at(up.app.session.draft.edits).instance
        assert after.parameters.effective("relayhost") == "[mail.isp.com]:587"
        await up.press("u")
        await up.until(lambda: len(up.app.session.draft) == 0)
        assert WORD not in up.text


async def test_another_password_off_and_gone(folder: Path) -> None:
    put(folder / "sasl_passwd", f"mail.isp.com joe:{WORD}\n")
    assert run("postmap", f"hash:{folder}/sasl_passwd").returncode == 0
    (folder / "sasl_passwd").chmod(0o644)
    main = folder / "main.cf"
    put(main, main.read_text() + f"smtp_sasl_password_maps = hash:{folder}/sasl_passwd\n")
    (key,) = [(r.key, f"hash:{folder}/sasl_passwd", r.line) for r in client(Instance.open(str(folder))).rows]
    async with services(folder, "authclient") as up:
        await up.at(key)
        await up.shows("joe", "•••••", "not used", "? file", "0644")
        assert WORD not in up.text
        await up.press("f")
        await up.shows("now    close", "smtp_sasl_auth_enable = yes")
        await up.press("escape")
        await up.until(lambda: len(up.app.screen_stack) == 1)
        await up.press("enter")
        await up.shows("log in at mail.isp.com as")
        await up.press("enter", "enter")
        await up.shows("Password of joe", "Empty: the password stays as it is.")
        for _ in range(2):
            await up.type("Herbst")
            await up.press("enter")
        await up.until(lambda: len(up.app.session.draft) > 0)
        assert up.written("sasl_passwd") == "mail.isp.com joe:Herbst\n"
        assert "Herbst" not in up.text
        await up.press("u")
        await up.until(up.laid(0))
        assert WORD not in up.text
        await up.press("number_sign")
        await up.until(up.laid(1))
        assert up.written("sasl_passwd") == f"#mail.isp.com joe:{WORD}\n"
        await up.press("u")
        await up.until(up.laid(0))
        await up.press("d")
        await up.until(up.laid(1))
        assert up.written("sasl_passwd") == ""
        await up.press("w")
        await up.shows("Write 1 change")
        assert WORD not in up.text
