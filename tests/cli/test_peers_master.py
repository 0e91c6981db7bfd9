"""What other tools get wrong in master.cf, one named case each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shop
from tests.cli.peering import changed, options, peer, put, said

MASTER = """\
# ==== the services ====
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
  # keep this on
  -o smtpd_tls_security_level=encrypt
#  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=$mua
# tail, which belongs to pickup
pickup    unix  n       -       y       60      1       pickup
postscreen-smtpd pass -   -       y       -       -       smtpd
postlog   unix-dgram n  -       n       -       1       postlogd
#submissions inet n     -       y       -       -       smtpd
#  -o smtpd_tls_wrappermode=yes
"""


@pytest.fixture
def master(shop: Shop) -> Shop:
    put(shop, "master.cf", MASTER)
    return shop


def text(shop: Shop) -> str:
    return (shop.folder / "master.cf").read_text()


def test_a_comment_within_a_service_stays_a_comment(master: Shop) -> None:
    """Webmin joins the lines: `# keep this on` becomes arguments, of which smtpd dies."""
    changed(master, "service", "set", "submission/inet", "smtpd_tls_security_level=may")
    assert text(master) == MASTER.replace("level=encrypt", "level=may")
    assert options(master)["submission/inet/smtpd_tls_security_level"] == "may"
    assert not [line for line in said("postconf", "-c", master.folder, "-M") if "keep" in line]


def test_options_below_a_commented_one_are_seen(master: Shop) -> None:
    """Webmin: a commented `#  -o` ends the entry, and what stands below it is invisible."""
    rows = master.run("service", "list", "--json").json
    submission = next(row for row in rows if row["service"] == "submission")
    assert submission["options"] == {
        "syslog_name": "postfix/submission",
        "smtpd_tls_security_level": "encrypt",
        "smtpd_client_restrictions": "$mua",
    }
    changed(master, "service", "set", "submission/inet", "smtpd_client_restrictions=reject")
    assert text(master) == MASTER.replace("=$mua", "=reject")


def test_a_service_goes_with_all_its_options(master: Shop) -> None:
    """Webmin, and by hand: `-o` lines that stay behind become those of smtp, on port 25."""
    changed(master, "service", "set", "submission/inet", "--off")
    assert options(master) == {}
    off = text(master)
    assert "\n#submission inet" in off
    assert "\n#  -o smtpd_client_restrictions=$mua\n" in off
    assert said("postconf", "-c", master.folder, "-M", "smtp/inet")[0].split()[-1] == "smtpd"
    changed(master, "service", "set", "submission/inet", "--on")
    assert text(master) == MASTER


def test_every_type_of_service_is_seen_and_can_be_set(master: Shop) -> None:
    """Webmin sees no `pass` and no `unix-dgram`."""
    rows = master.run("service", "list", "--json").json
    assert {(row["service"], row["type"]) for row in rows if row["enabled"]} == {
        ("smtp", "inet"), ("submission", "inet"), ("pickup", "unix"), ("postscreen-smtpd", "pass"),
        ("postlog", "unix-dgram"),
    }  # fmt: skip
    changed(master, "service", "set", "postscreen-smtpd/pass", "process_limit=7")
    changed(master, "service", "set", "postlog/unix-dgram", "process_limit=2")
    limits = {line.split()[0]: line.split()[6] for line in said("postconf", "-c", master.folder, "-M")}
    assert (limits["postscreen-smtpd"], limits["postlog"]) == ("7", "2")


@pytest.mark.parametrize(
    ("words", "theirs"),
    [
        (("smtpd_tls_security_level=may",), ("-P", "submission/inet/smtpd_tls_security_level=may")),
        (("chroot=n",), ("-F", "submission/inet/chroot=n")),
    ],
)
def test_nothing_is_moved_or_laid_out_anew(
    master: Shop, tmp_path: Path, words: tuple[str, ...], theirs: tuple[str, ...]
) -> None:
    """`postconf -P` and `-F` write the entry anew, and lift the comments in it and below it above it."""
    other = peer(master, tmp_path / "peer", lambda folder: said("postconf", "-c", folder, *theirs))
    lifted = (other / "master.cf").read_text()
    assert lifted.index("# tail") < lifted.index("submission inet")
    changed(master, "service", "set", "submission/inet", *words)
    before, after = MASTER.splitlines(), text(master).splitlines()
    assert len(before) == len(after)
    assert len([1 for was, now in zip(before, after, strict=True) if was != now]) == 1
    assert said("postconf", "-c", master.folder, "-M") == said("postconf", "-c", other, "-M")


def test_a_value_with_blanks_can_be_set(master: Shop, tmp_path: Path) -> None:
    """`postconf -P` refuses it (or writes what kills the daemon); docker-mailserver takes one word."""
    changed(
        master, "service", "set", "submission/inet", "smtpd_client_restrictions=permit_mynetworks, reject"
    )
    assert options(master)["submission/inet/smtpd_client_restrictions"] == "permit_mynetworks, reject"
    assert "  -o { smtpd_client_restrictions = permit_mynetworks, reject }\n" in text(master)


def test_a_service_that_is_off_and_every_comment_stay(master: Shop) -> None:
    """cockpit-postfix writes master.cf from JSON: comments and disabled services are gone."""
    changed(master, "service", "set", "smtp/inet", "process_limit=20")
    kept = [line for line in MASTER.splitlines() if line.startswith(("#", "  #"))]
    assert [line for line in text(master).splitlines() if line.startswith(("#", "  #"))] == kept


def test_a_second_entry_of_a_service_is_not_made(master: Shop) -> None:
    """Virtualmin, certificate hooks: a line more at each renewal, and the port is in use."""
    for _ in range(3):
        changed(master, "service", "set", "submissions/inet", "--on")
    lines = said("postconf", "-c", master.folder, "-M")
    assert len([line for line in lines if line.startswith("submissions")]) == 1
    assert text(master).count("smtpd_tls_wrappermode") == 1


def test_what_postfix_would_die_of_is_refused(master: Shop) -> None:
    """`postfix check` and `postfix reload` say nothing: master(8) exits."""
    for word in ("private=y", "chroot=Y", "process_limit=x", "wakeup=-1"):
        done = master.run("service", "set", "smtp/inet", word)
        assert (done.status, text(master)) == (1, MASTER), word
        assert word.partition("=")[0] in done.err


@pytest.mark.parametrize(
    "line",
    [
        "smtp inet n - n - - smtpd\n  -o a=b\n# a comment\n#  -o c=d\n  -o smtpd_proxy_timeout=9\n",
        "x unix - n n - - pipe\n  flags=R user=nobody argv=/bin/sh -c {a * b;\tc} ${recipient}\n",
        "[::1]:2525 inet n - n - - smtpd -o smtpd_proxy_timeout=9\n",
    ],
)
def test_no_line_is_beyond_us(master: Shop, line: str) -> None:
    """Augeas refuses the whole file for a comment between `-o`, for `*`, `;` or a TAB, for an IPv6 address."""
    put(
        master,
        "master.cf",
        MASTER.replace("smtp      inet  n       -       y       -       -       smtpd\n", line),
    )
    name, kind = line.split()[:2]
    changed(master, "service", "set", f"{name}/{kind}", "process_limit=3")
    found = [
        each.split() for each in said("postconf", "-c", master.folder, "-M") if each.startswith(f"{name} ")
    ]
    assert [fields[6] for fields in found if fields[1] == kind] == ["3"]
