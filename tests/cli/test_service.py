"""`service list` and `service set`: master.cf as postconf reads it, before and after."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shop
from tests.postconf import postconf


def real(shop: Shop, *arguments: str) -> list[str]:
    status, out, error = postconf(shop.folder, *arguments)
    assert status == 0, error
    return out.decode().splitlines()


def test_the_list_is_what_postconf_reads(shop: Shop) -> None:
    rows = [row for row in shop.run("service", "list", "--json").json if row["enabled"]]
    names = ("service", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command")
    ours = [" ".join(str(row[name]) for name in names) for row in rows]
    assert ours == [" ".join(line.partition(" -o ")[0].split()) for line in real(shop, "-M")]
    options = {
        f"{row['service']}/{row['type']}/{name} = {value}"
        for row in rows
        for name, value in row["options"].items()
    }
    assert {" ".join(one.split()) for one in options} == set(real(shop, "-P"))


@pytest.mark.parametrize(
    ("words", "asked", "answer"),
    [
        (["smtp/inet", "smtpd_tls_security_level=may"], "-P", "smtp/inet/smtpd_tls_security_level = may"),
        (["submission", "syslog_name=postfix/sub"], "-P", "submission/inet/syslog_name = postfix/sub"),
        (["smtp/inet", "process_limit=20"], "-F", "smtp/inet/process_limit = 20"),
        (["submissions", "--on"], "-P", "submissions/inet/smtpd_tls_wrappermode = yes"),
    ],
)
def test_set(shop: Shop, words: list[str], asked: str, answer: str) -> None:
    before = real(shop, asked)
    done = shop.run("service", "set", *words)
    assert done.status == 0, done.err
    after = real(shop, asked)
    assert answer in after
    mine = words[0].partition("/")[0] + "/inet/"
    assert [line for line in after if not line.startswith(mine)] == [
        line for line in before if not line.startswith(mine)
    ]
    assert "nothing to do" in shop.run("service", "set", *words).err


def test_off_takes_its_overrides_along_and_on_brings_them_back(shop: Shop) -> None:
    before = (shop.folder / "master.cf").read_bytes()
    assert shop.run("service", "set", "submission", "--off").status == 0
    assert not [line for line in real(shop, "-P") if "syslog_name" in line]
    assert shop.run("service", "set", "submission/inet", "--on").status == 0
    assert (shop.folder / "master.cf").read_bytes() == before


def test_one_override_removed_off_and_on(shop: Shop) -> None:
    before = (shop.folder / "master.cf").read_bytes()
    named = "submission/inet/syslog_name = postfix/submission"
    assert shop.run("service", "set", "submission", "--option-off", "syslog_name").status == 0
    assert named not in real(shop, "-P")
    assert shop.run("service", "set", "submission", "--option-on", "syslog_name").status == 0
    assert (shop.folder / "master.cf").read_bytes() == before
    assert shop.run("service", "set", "submission", "--remove", "syslog_name").status == 0
    assert named not in real(shop, "-P")


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["smtp", "a=b"], 1, "smtp/inet or smtp/unix"),
        (["nosuch/unix", "a=b"], 1, "there is no service nosuch/unix"),
        (["smtp/inet", "private=y"], 1, "cannot be private"),
        (["smtp/inet", "chroot=Y"], 1, "must be y, n or -"),
        (["smtp/inet", "noequals"], 2, "is no OPTION=VALUE"),
        (["smtp/inet"], 2, "nothing to set"),
        (["smtp/inet", "a=b", "--off"], 2, "stand alone"),
        (["smtp/inet", "--option-on", "relayhost"], 1, "no -o relayhost that is commented out"),
    ],
)
def test_what_cannot_be_is_said(shop: Shop, words: list[str], status: int, told: str) -> None:
    before = (shop.folder / "master.cf").read_bytes()
    done = shop.run("service", "set", *words)
    assert (done.status, told in done.err) == (status, True), done.err
    assert len(done.err.splitlines()) <= 2
    assert (shop.folder / "master.cf").read_bytes() == before
