"""A configuration directory whose smtpd asks a sasldb of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mailtui.postfix.instance import Instance
from mailtui.sasl.accounts import Accounts
from tests.postfix.conftest import put, run

MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
submission inet n       -       n       -       -       smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_security_level=encrypt
{more}cleanup   unix  n       -       n       -       0       cleanup
"""
CHROOTED = """\
submissions inet n      -       y       -       -       smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_wrappermode=yes
"""
CONF = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN CRAM-MD5
sasldb_path: {database}
"""


def office(make: Any, tmp_path: Path, main: str = "", *, chroot: bool = False, conf: str = CONF) -> Path:
    """The directory; its database is tmp_path/sasldb2, its queue tmp_path/spool."""
    (tmp_path / "spool").mkdir()
    folder: Path = make(
        f"queue_directory = {tmp_path}/spool\nmyhostname = mail.falcot.com\n{main}",
        master=MASTER.format(more=CHROOTED if chroot else ""),
    )
    put(folder / "sasl/smtpd.conf", conf.format(database=tmp_path / "sasldb2"))
    return folder


def saslpasswd(path: Path, name: str, password: str) -> None:
    """An account made by the real saslpasswd2."""
    path.parent.mkdir(parents=True, exist_ok=True)
    user, _, realm = name.partition("@")
    done = run("saslpasswd2", "-p", "-c", "-f", str(path), "-u", realm, user, stdin=password.encode())
    assert done.returncode == 0, done.stderr


def listing(path: Path) -> list[str]:
    """The real sasldblistusers2's word."""
    return sorted(
        line.split(":")[0]
        for line in run("sasldblistusers2", "-f", str(path)).stdout.decode().split("\n")
        if line
    )


def inside(tmp_path: Path) -> Path:
    """Where a chrooted smtpd opens the database."""
    return tmp_path / "spool" / str(tmp_path / "sasldb2").lstrip("/")


def accounts(folder: Path) -> Accounts:
    return Accounts(Instance.open(str(folder)))
