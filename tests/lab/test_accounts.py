"""SMTP AUTH accounts on a running server: who is added logs in; each trap is found, explained and mended."""

from __future__ import annotations

import json
import os
import shutil
import sys
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mailtui.demo.lab import Lab
from mailtui.edits.draft import Group
from mailtui.edits.model import Edit
from mailtui.edits.saslplan import conf_plan, mechanism_plan, realm_plan
from mailtui.edits.store import dumps
from mailtui.postfix.instance import Instance
from mailtui.sasl.services import auth_services, service_named

WORD = "Sommer-und-Winter"
LOGIN = """
import smtplib, ssl, sys
port, user, word = int(sys.argv[1]), sys.argv[2], sys.stdin.read()
context = ssl._create_unverified_context()
if port == 465:
    server = smtplib.SMTP_SSL("127.0.0.1", port, context=context)
else:
    server = smtplib.SMTP("127.0.0.1", port)
    server.starttls(context=context)
print(server.login(user, word)[0])
"""


def account(lab: Lab, *words: str, password: str = WORD, ok: bool = True) -> Any:
    """`mailtui account` with a password on its standard input; its JSON."""
    done = lab.mailtui("account", *words, "--json", stdin=f"{password}\n".encode())
    assert done.ok is ok, (done.out, done.words)
    return json.loads(done.out or done.err)


def row(lab: Lab, name: str) -> Any:
    (found,) = [each for each in account(lab, "list") if f"{each['user']}@{each['realm']}" == name]
    return found


def login(
    lab: Lab, name: str, service: str, password: str = WORD, mechanism: str = ""
) -> tuple[bool, list[str]]:
    """Whether each mechanism lets him in, and the reasons why not."""
    more = ["--mechanism", mechanism] if mechanism else []
    done = lab.mailtui(
        "account", "test", name, "--service", service, *more, "--json", stdin=f"{password}\n".encode()
    )
    found = json.loads(done.out)
    assert done.status == (0 if found["ok"] else 1)
    return found["ok"], [why for each in found["mechanisms"] for why in each["why"]]


def finding(lab: Lab, name: str) -> Any:
    """The finding of this name; None where there is none."""
    return next(
        (each for each in json.loads(lab.mailtui("doctor", "--json").out) if each["id"] == name), None
    )


def apply(lab: Lab, edits: Sequence[Edit]) -> None:
    """Write offered edits as the console does: a saved draft, applied."""
    instance = Instance.open(str(lab.config_dir))
    draft = lab.directory / "draft.json"
    raw = dumps([Group(tuple(edits), "")], config_dir=instance.config_dir, hostname="", who="root", time="")
    draft.write_bytes(raw)
    done = lab.mailtui("draft", "apply", str(draft), "--no-rehearsal")
    assert done.ok, done.words


def repair(lab: Lab, title: str) -> None:
    """Carry out the offered repair whose title has these words."""
    titles = [each["title"] for each in account(lab, "fix")]
    number = next(at for at, each in enumerate(titles, 1) if title in each)
    account(lab, "fix", str(number), "--yes")


def database(lab: Lab) -> Path:
    """The file itself, in the chroot."""
    return lab.place.spool / "etc" / "sasldb2"


@pytest.fixture
def marie(lab: Lab) -> Lab:
    """With an account of a password that we know."""
    account(lab, "add", "marie@falcot.com")
    return lab


def test_added_by_command_logs_in_on_the_right_ports_and_nowhere_else(marie: Lab) -> None:
    services = {each.name: each.chrooted for each in auth_services(Instance.open(str(marie.config_dir)))}
    assert services == {"smtp/inet": False, "submission/inet": False, "submissions/inet": True}
    for service in ("submission", "submissions"):
        for name in ("marie", "marie@falcot.com"):
            assert login(marie, name, service) == (True, [])
        assert login(marie, "marie", service, "falsch")[0] is False
    ok, why = login(marie, "marie", "smtp")
    assert not ok
    assert why == ["smtp/inet offers no AUTH: smtpd_sasl_auth_enable is off for it"]
    for port in ("587", "465"):
        done = marie.run(sys.executable, "-c", LOGIN, port, "marie", stdin=WORD.encode())
        assert done.out.strip() == b"235", done.words
    assert row(marie, "marie@falcot.com")["usable"]


def test_another_password_locked_removed(marie: Lab) -> None:
    account(marie, "password", "marie", "--yes", password="Herbst")
    assert login(marie, "marie", "submission")[0] is False
    assert login(marie, "marie", "submissions", "Herbst")[0]
    account(marie, "lock", "marie", "--yes")
    ok, why = login(marie, "marie", "submission", "Herbst")
    assert not ok
    assert why[0] == "the account is there and smtpd can read it: the password is not the right one"
    account(marie, "remove", "marie", "--yes")
    assert login(marie, "marie", "submission")[1][0] == "there is no account marie@falcot.com"


def test_every_mechanism_that_is_offered(marie: Lab) -> None:
    conf = marie.config_dir / "sasl/smtpd.conf"
    text = conf.read_text().replace("PLAIN LOGIN CRAM-MD5", "PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256")
    conf.write_text(text)
    assert marie.postfix("reload").ok
    done = marie.mailtui("account", "test", "marie", "--json", stdin=f"{WORD}\n".encode())
    found = json.loads(done.out)
    assert [(each["mechanism"], each["code"]) for each in found["mechanisms"]] == [
        ("SCRAM-SHA-256", 235), ("SCRAM-SHA-1", 235), ("CRAM-MD5", 235), ("PLAIN", 235), ("LOGIN", 235),
    ]  # fmt: skip
    assert found["tls"].startswith("TLSv1.")
    assert "mail.falcot.com" in found["certificate"]["names"]
    assert WORD not in done.out.decode()


REALMS = {3001: "", 3002: "falcot.com", 3003: "$myhostname", 3004: "Falcot.com"}
"""smtpd_sasl_local_domain of a service on each port."""
ENTRIES = (
    "jean@falcot.com",
    "jean@mail.falcot.com",
    "jean@other.test",
    "jean@Falcot.com",
    "Laure@mail.falcot.com",
)
ASKED = (
    "jean",
    "jean@falcot.com",
    "jean@mail.falcot.com",
    "jean@other.test",
    "JEAN",
    "Laure",
    "laure",
    "jean@",
)
MATRIX = """
import json, smtplib, sys
ports, entries, names = json.load(sys.stdin)
found = []
for port in ports:
    for name in names:
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            for entry in entries:
                server = smtplib.SMTP("127.0.0.1", port)
                server.ehlo()
                server.user, server.password = name, "word of " + entry
                try:
                    server.auth(mechanism, getattr(server, "auth_" + mechanism.lower().replace("-", "_")))
                    found.append([port, name, mechanism, entry])
                except smtplib.SMTPException:
                    pass
                server.close()
print(json.dumps(found))
"""


def test_which_account_smtpd_asks_for_by_real_logins(lab: Lab) -> None:
    """Each account has a password of its own, so the one that is accepted tells which account was asked for."""
    master = lab.config_dir / "master.cf"
    entry = (
        "127.0.0.1:{} inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n  -o smtpd_tls_auth_only=no\n"
    )
    own = "  -o smtpd_sasl_security_options=noanonymous\n  -o smtpd_sasl_local_domain={}\n"
    more = "".join((entry + own).format(port, realm) for port, realm in REALMS.items())
    master.write_text(f"{master.read_text()}\n{more}")
    for name in ENTRIES:
        account(lab, "add", name, password=f"word of {name}") if name != "jean@falcot.com" else account(
            lab, "password", name, "--yes", password=f"word of {name}"
        )
    assert lab.postfix("reload").ok
    given = json.dumps([list(REALMS), ENTRIES, ASKED])
    done = lab.run(sys.executable, "-c", MATRIX, stdin=given.encode())
    assert done.ok, done.words
    answered = {(port, name, how): entry for port, name, how, entry in json.loads(done.out)}
    services = {each.row.name: each for each in auth_services(Instance.open(str(lab.config_dir)))}
    for port in REALMS:
        service = services[f"127.0.0.1:{port}"]
        for name in ASKED:
            wanted = str(service.asked(name))
            for how in ("PLAIN", "LOGIN", "CRAM-MD5"):
                expected = wanted if wanted in ENTRIES else None
                assert answered.get((port, name, how)) == expected, (port, name, how)


# Traps


def test_the_realm(marie: Lab) -> None:
    """The commonest: smtpd looks for another realm than the accounts have."""
    assert marie.mailtui("parameter", "reset", "smtpd_sasl_local_domain", "--no-rehearsal").ok
    ok, why = login(marie, "marie", "submission")
    assert not ok
    assert why[0] == (
        "smtpd looked for marie@mail.falcot.com (smtpd_sasl_local_domain is empty, so myhostname"
        " mail.falcot.com); there is marie@falcot.com"
    )
    assert login(marie, "marie@falcot.com", "submission")[0]
    assert "only as marie@falcot.com" in row(marie, "marie@falcot.com")["why"]
    told = finding(marie, "sasl-realm")
    assert told["title"] == "no account is in the realm that submission/inet asks for"
    assert told["fix"] == "+ smtpd_sasl_local_domain = falcot.com"
    instance = Instance.open(str(marie.config_dir))
    service = service_named(auth_services(instance), "submission")
    apply(marie, realm_plan(instance, service, "falcot.com").edits)
    assert finding(marie, "sasl-realm") is None
    assert login(marie, "marie", "submission") == (True, [])
    assert login(marie, "marie", "submissions") == (True, [])


def test_the_mode(marie: Lab) -> None:
    database(marie).chmod(0o600)
    ok, why = login(marie, "marie", "submission", mechanism="PLAIN")
    assert not ok
    assert "which postfix may not read: its mode is 0600, without reading for group sasl" in why[0]
    assert any(each.startswith("smtpd cannot open") and each.endswith("permission denied") for each in why)
    assert finding(marie, "sasldb-unreadable")["severity"] == "error"
    assert not row(marie, "marie@falcot.com")["usable"]
    repair(marie, "set the mode")
    assert finding(marie, "sasldb-unreadable") is None
    assert login(marie, "marie", "submission") == (True, [])


def test_everybody_may_read_it(marie: Lab) -> None:
    database(marie).chmod(0o664)
    assert finding(marie, "sasldb-readable")["severity"] == "error"
    repair(marie, "set the mode")
    assert database(marie).stat().st_mode & 0o777 == 0o660
    assert login(marie, "marie", "submissions") == (True, [])


def test_the_group(marie: Lab) -> None:
    """postfix is not in group sasl; once it is, an smtpd that began before has not got it yet."""
    copy = marie.directory / "etc-copy"
    shell = f"cp -a /etc {copy} && mount --bind {copy} /etc && gpasswd -d postfix sasl"
    assert marie.run("sh", "-c", shell).ok
    assert marie.postfix("reload").ok
    ok, why = login(marie, "marie", "submission", mechanism="PLAIN")
    assert not ok
    assert "postfix is not in group sasl" in why[0]
    assert "postfix is not in group sasl" in finding(marie, "sasldb-unreadable")["why"]
    repair(marie, "put postfix into group sasl")
    assert finding(marie, "sasldb-unreadable") is None
    assert login(marie, "marie", "submission") == (True, [])
    assert login(marie, "marie", "submissions") == (True, [])


def test_a_stale_copy_and_one_that_is_missing(marie: Lab) -> None:
    """Someone uses saslpasswd2 by hand, on the database outside the chroot."""
    outside, inside = marie.place.settings / "sasldb2", database(marie)
    outside.unlink()
    shutil.copy2(inside, outside)
    os.chown(outside, 0, inside.stat().st_gid)
    os.utime(inside, (0, 0))
    argv = ["saslpasswd2", "-p", "-f", str(outside), "-u", "falcot.com", "marie"]
    assert marie.run(*argv, stdin=b"Herbst").ok
    assert login(marie, "marie", "submission", "Herbst")[0]
    ok, why = login(marie, "marie", "submissions", "Herbst")
    assert not ok
    assert "marie@falcot.com has another password in" in why[0]
    told = finding(marie, "sasldb-stale")
    assert "another password in each: marie@falcot.com" in told["why"]
    repair(marie, f"copy {outside} over")
    assert finding(marie, "sasldb-stale") is None
    assert login(marie, "marie", "submissions", "Herbst") == (True, [])
    inside.unlink()
    ok, why = login(marie, "marie", "submissions", "Herbst")
    assert not ok
    assert "submissions/inet is chrooted and opens" in why[0]
    assert "does not exist" in why[0]
    assert finding(marie, "sasldb-missing")["services"] == ["submissions/inet"]
    repair(marie, f"copy {outside} to")
    assert login(marie, "marie", "submissions", "Herbst") == (True, [])


def test_a_mechanism_is_missing(marie: Lab) -> None:
    conf = marie.config_dir / "sasl/smtpd.conf"
    conf.write_text(conf.read_text().replace(" CRAM-MD5", ""))
    assert marie.postfix("reload").ok
    ok, why = login(marie, "marie", "submission", mechanism="CRAM-MD5")
    assert not ok
    assert why == ["CRAM-MD5 is not offered (mech_list, or a plug-in is not installed); PLAIN LOGIN is"]
    service = service_named(auth_services(Instance.open(str(marie.config_dir))), "submission")
    apply(marie, mechanism_plan(service.conf, "cram-md5").edits)
    assert conf.read_text().count("mech_list: PLAIN LOGIN CRAM-MD5\n") == 1
    assert login(marie, "marie", "submission", mechanism="CRAM-MD5") == (True, [])


def test_passwords_are_looked_up_elsewhere(marie: Lab) -> None:
    conf = marie.config_dir / "sasl/smtpd.conf"
    conf.write_text(conf.read_text().replace("pwcheck_method: auxprop", "pwcheck_method: saslauthd"))
    assert marie.postfix("reload").ok
    ok, why = login(marie, "marie", "submission", mechanism="PLAIN")
    assert not ok
    assert "saslauthd" in " ".join(why)
    service = service_named(auth_services(Instance.open(str(marie.config_dir))), "submission")
    apply(marie, conf_plan(service.conf).edits)
    assert login(marie, "marie", "submission") == (True, [])


def test_a_line_that_ends_every_smtpd_is_found(marie: Lab) -> None:
    conf = marie.config_dir / "sasl/smtpd.conf"
    conf.write_text(conf.read_text() + "log_level : 7\n")
    told = finding(marie, "smtpd-conf")
    assert told["severity"] == "error"
    assert told["file"] == str(conf)


def test_accounts_that_handed_in_no_mail(marie: Lab) -> None:
    seen = marie.log_size()
    script = LOGIN + 'server.sendmail("marie@falcot.com", ["jean@falcot.com"], "Subject: x\\n\\nhello")\n'
    done = marie.run(sys.executable, "-c", script, "587", "marie", stdin=WORD.encode())
    assert done.ok, done.words
    marie.logged("sasl_username=marie", after=seen)
    assert finding(marie, "sasl-idle") is None
    log = marie.log
    log.write_bytes(b"Jan  2 00:00:00 mail postfix/master[1]: daemon started\n" + log.read_bytes())
    told = finding(marie, "sasl-idle")
    assert told is not None
    assert "jean@falcot.com" in told["why"]
    assert "marie@falcot.com" not in told["why"]


# Secrets


def _forms(word: str) -> list[bytes]:
    """A password as it is, as AUTH PLAIN and LOGIN carry it, and in hexadecimal."""
    raw = word.encode()
    plain = b"\0marie@falcot.com\0" + raw
    return [raw, b64encode(raw).rstrip(b"="), b64encode(plain).rstrip(b"="), raw.hex().encode()]


def test_a_password_is_nowhere_but_in_the_database(lab: Lab, tmp_path: Path) -> None:
    """Not in any argument list, environment, log, history, draft or report that these commands make."""
    trace = tmp_path / "trace"
    reports = tmp_path / "reports"  # where a command's report goes
    reports.mkdir()
    masked = [each for word in (WORD, "falsches-Wort") for each in _forms(word)]
    strace = ["strace", "-f", "-v", "-s", "4096", "-e", "trace=execve", "-o", str(trace)]
    for words, text in (
        (["account", "add", "marie@falcot.com"], WORD),
        (["account", "password", "marie@falcot.com", "--yes"], f"{WORD}2"),
        (["account", "test", "marie@falcot.com"], f"{WORD}2"),
        (["account", "test", "marie@falcot.com", "--json"], "falsches-Wort"),
        (["account", "add", "bad name@falcot.com"], WORD),
        (["account", "add", "marie@falcot.com"], WORD),
        (["account", "lock", "marie@falcot.com", "--yes"], ""),
    ):
        argv = [sys.executable, "-m", "mailtui", "--config-dir", str(lab.config_dir), *words]
        done = lab.run("env", f"TMPDIR={reports}", *strace, *argv, stdin=f"{text}\n".encode())
        told = done.out + done.err + trace.read_bytes()
        assert b"execve(" in trace.read_bytes()
        assert not [each for each in masked if each in told], words
    written = [each for each in lab.directory.rglob("*") if each.is_file() and not each.is_symlink()]
    having = {each for each in written if any(form in each.read_bytes() for form in masked)}
    assert having <= {database(lab)}
    assert list(reports.iterdir()) == []
    lab.run(*strace, "true", WORD)
    assert WORD.encode() in trace.read_bytes()  # it would have been seen
    leftovers = [each for each in written if each.name.startswith((".mailtui", ".sasldb2"))]
    assert leftovers == []
