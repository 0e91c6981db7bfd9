"""Where this server logs in itself: what is listed, what is wrong, what is staged; no password is shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply.authrepairs import repairs
from mailtui.doctor import saslservices
from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.edits import clientplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.plan import Plan
from mailtui.postfix.instance import Instance
from mailtui.sasl.client import client, mixups
from mailtui.sasl.secret import MASK, Secret
from tests.postfix.conftest import instance_dir, put, run

__all__ = ["instance_dir"]
WORD = "Sommer-und-Winter"
MAIN = """\
relayhost = [smtp.provider.example]:587
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:{folder}/sasl_passwd
smtp_tls_security_level = encrypt
"""


def made(make: Any, text: str, main: str = MAIN, mode: int = 0o600) -> Instance:
    folder: Path = make("")
    instance_main = (folder / "main.cf").read_text()
    put(folder / "main.cf", instance_main + main.format(folder=folder))
    put(folder / "sasl_passwd", text)
    (folder / "sasl_passwd").chmod(mode)
    assert run("postmap", "-c", str(folder), f"hash:{folder}/sasl_passwd").returncode == 0
    return Instance.open(str(folder))


def found(instance: Instance) -> dict[str, Finding]:
    return {each.id: each for each in examine(instance, (saslservices.findings,))}


def after(instance: Instance, plan: Plan | None) -> Instance:
    assert plan is not None
    assert not plan.refused
    candidate = Candidate(instance.files, plan.edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return instance.over(candidate)


def test_the_rows(instance_dir: Any) -> None:
    text = f"[smtp.provider.example]:587 falcot:{WORD}\nother.example nonsense\n#off.example a:{WORD}\n"
    seen = client(made(instance_dir, text))
    assert [(each.key, each.user, each.password, each.used_for, each.enabled) for each in seen.rows] == [
        ("[smtp.provider.example]:587", "falcot", MASK, ("relayhost",), True),
        ("other.example", "", "", (), True),
        ("off.example", "a", MASK, (), False),
    ]
    assert seen.rows[1].problem == "it must be user:password"
    assert WORD not in repr(seen)
    assert [each.problem for each in seen.files] == ["", ""]


@pytest.mark.parametrize(
    ("relayhost", "key", "known"),
    [
        ("[smtp.a.example]:587", "[smtp.a.example]:587", True),
        ("[smtp.a.example]:587", "smtp.a.example", True),
        ("smtp.a.example", "SMTP.a.example", True),
        ("[smtp.a.example]:587", "[smtp.a.example]", False),
        ("[smtp.a.example]", "smtp.b.example", False),
    ],
)
def test_a_relayhost_without_a_login(instance_dir: Any, relayhost: str, key: str, known: bool) -> None:
    main = MAIN.replace("[smtp.provider.example]:587", relayhost)
    rows = client(made(instance_dir, f"{key} falcot:{WORD}\n", main)).rows
    assert (rows[0].problem == "there is no login for it") is not known


def test_a_new_login_with_all_that_it_wants(instance_dir: Any) -> None:
    instance = Instance.open(str(instance_dir("")))
    plan = clientplan.set_login(
        instance, client(instance), "[mail.isp.com]", "joe", Secret(WORD), relayhost=True
    )
    told = [each.describe() for each in plan.edits]
    path = f"{instance.config_dir}/sasl/sasl_passwd"
    assert told == [
        f"+ smtp_sasl_password_maps = {instance.parameters.effective('default_database_type')}:{path}",
        f"+ sasl_passwd [mail.isp.com] → {MASK}",
        "+ smtp_sasl_auth_enable = yes",
        "+ smtp_sasl_tls_security_options = noanonymous",
        "+ smtp_tls_security_level = may",
        "+ relayhost = [mail.isp.com]",
    ]
    now = after(instance, plan)
    assert now.files.raw(path) == f"[mail.isp.com] joe:{WORD}\n".encode()
    assert WORD not in repr(client(now))
    (row,) = client(now).rows
    assert (row.user, row.used_for, row.problem) == ("joe", ("relayhost",), "")
    other = clientplan.set_login(now, client(now), "[mail.isp.com]", "jane", None)
    assert [each.describe() for each in other.edits] == [f"~ sasl_passwd [mail.isp.com] → {MASK}"]
    assert after(now, other).files.raw(path) == f"[mail.isp.com] jane:{WORD}\n".encode()
    gone = clientplan.remove(now, row)
    assert [each.describe() for each in gone.edits] == [f"- sasl_passwd [mail.isp.com] (was {MASK})"]
    off = after(now, clientplan.switch(now, row))
    assert off.files.raw(path).startswith(b"#")
    (row,) = [each for each in client(off).rows if not each.enabled]
    assert after(off, clientplan.switch(off, row)).files.raw(path) == now.files.raw(path)


@pytest.mark.parametrize(
    ("key", "user", "word"),
    [("", "a", "x"), ("two words", "a", "x"), ("#a", "a", "x"), ("a", "a:b", "x"), ("a", "", "x"),
     ("a", "b", " x"), ("a", "b", "x\n[evil] y:z"), ("a", "b", "")],
)  # fmt: skip
def test_what_a_table_cannot_hold(instance_dir: Any, key: str, user: str, word: str) -> None:
    instance = Instance.open(str(instance_dir("")))
    assert clientplan.set_login(instance, client(instance), key, user, Secret(word)).refused


def test_passwords_that_others_can_read(instance_dir: Any) -> None:
    instance = made(instance_dir, f"[smtp.provider.example]:587 falcot:{WORD}\n", mode=0o644)
    assert "may read the passwords" in found(instance)["client-passwords"].why
    offered = repairs(client(instance))
    assert len(offered) == 2, "text and compiled table"
    for each in offered:
        each.run()
    assert "client-passwords" not in found(instance)
    folder = Path(instance.config_dir)
    assert (folder / "sasl_passwd").stat().st_mode & 0o777 == 0o600


def test_not_compiled(instance_dir: Any) -> None:
    instance = made(instance_dir, f"[smtp.provider.example]:587 falcot:{WORD}\n")
    Path(instance.config_dir, "sasl_passwd.db").unlink()
    told = found(instance)["client-passwords"]
    assert "not compiled" in told.why
    assert told.fix is not None
    assert [each.describe() for each in told.fix.edits] == [
        f"~ compile hash:{instance.config_dir}/sasl_passwd from its text"
    ]


def test_the_switch_is_off_and_the_other_side_is_on(instance_dir: Any) -> None:
    main = MAIN.replace("smtp_sasl_auth_enable", "smtpd_sasl_auth_enable")
    instance = made(instance_dir, f"[smtp.provider.example]:587 falcot:{WORD}\n", main)
    told = found(instance)["client-off"]
    assert "smtpd_sasl_auth_enable is the other side" in told.why
    assert told.line == 14 or told.line is not None
    assert "client-off" not in found(after(instance, told.fix))


def test_on_without_a_table(instance_dir: Any) -> None:
    instance = Instance.open(str(instance_dir("smtp_sasl_auth_enable = yes\n")))
    assert "client-no-maps" in found(instance)


def test_plain_text_without_tls(instance_dir: Any) -> None:
    main = MAIN.replace("encrypt", "may") + "smtp_sasl_security_options = noanonymous\n"
    instance = made(instance_dir, f"[smtp.provider.example]:587 falcot:{WORD}\n", main)
    told = found(instance)["client-clear"]
    assert told.fix is not None
    assert "client-clear" not in found(after(instance, told.fix))


def test_settings_of_the_wrong_side(instance_dir: Any) -> None:
    master = (
        "submission inet n - n - - smtpd\n  -o smtp_sasl_auth_enable=yes\n"
        "smtp unix - - n - - smtp\n  -o smtpd_sasl_type=dovecot\n"
    )
    folder = instance_dir("smtpd_sasl_password_maps = hash:/etc/x\nsmtp_sasl_type = cyrus\n", master=master)
    instance = Instance.open(str(folder))
    assert [(each.name, each.service) for each in mixups(instance)] == [
        ("smtpd_sasl_password_maps", ""),
        ("smtp_sasl_auth_enable", "submission/inet"),
        ("smtpd_sasl_type", "smtp/unix"),
    ]
    told = [each for each in examine(instance, (saslservices.findings,)) if each.id == "sasl-sides"]
    assert [each.file.rpartition("/")[2] for each in told] == ["main.cf", "master.cf", "master.cf"]
    fixes = [each.fix for each in told if each.fix is not None]
    assert len(fixes) == 2
    now = after(instance, Plan(tuple(edit for fix in fixes for edit in fix.edits)))
    assert [each.name for each in mixups(now)] == ["smtpd_sasl_password_maps"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_passwords_of_somebody_else(instance_dir: Any) -> None:
    instance = made(instance_dir, f"[smtp.provider.example]:587 falcot:{WORD}\n")
    os.chown(f"{instance.config_dir}/sasl_passwd", 65534, 65534)
    assert "not root's" in found(instance)["client-passwords"].why
    (each,) = repairs(client(instance))
    each.run()
    assert "client-passwords" not in found(instance)
