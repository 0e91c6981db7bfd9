"""AUTH by service on a running server: turned on as one group; each trap made, found, mended; then it works."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab
from mailtui.doctor import saslservices, tls
from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.edits.authplan import Wanted, make_service, turn_off
from mailtui.postfix.instance import Instance
from mailtui.sasl import dovecot, saslauthd
from mailtui.sasl.matrix import ServiceLine, matrix
from mailtui.sasl.names import Account
from mailtui.sasl.secret import Secret
from mailtui.sasl.services import AuthService
from tests.lab.test_accounts import WORD, account, apply, finding, login

USERS = {"marie@falcot.com": WORD}
SEND = """
import smtplib, ssl, sys
port, user, word = int(sys.argv[1]), sys.argv[2], sys.stdin.read()
context = ssl._create_unverified_context()
server = smtplib.SMTP("127.0.0.1", port)
server.ehlo("desk.partner.example")
before = "auth" in server.esmtp_features
if port != 25:
    server.starttls(context=context)
    server.ehlo("desk.partner.example")
print("before" if before else "", "auth" in server.esmtp_features)
if user:
    print(server.login(user, word)[0])
server.mail("marie@falcot.com")
print(*server.rcpt("desk@partner.example"))
"""


def instance(lab: Lab) -> Instance:
    return Instance.open(str(lab.config_dir))


def line(lab: Lab, name: str) -> ServiceLine:
    return next(each for each in matrix(instance(lab)) if each.name == name)


def auth(lab: Lab, name: str) -> AuthService:
    found = line(lab, name).auth
    assert found is not None
    return found


def found(lab: Lab, name: str) -> Finding | None:
    """The finding of this name among those of services and certificates."""
    families = (saslservices.findings, tls.findings)
    return next((each for each in examine(instance(lab), families) if each.id == name), None)


def mend(lab: Lab, name: str) -> None:
    """Write the edits that a finding offers; it is gone then."""
    told = found(lab, name)
    assert told is not None
    assert told.file
    assert told.why
    assert told.fix is not None, told
    apply(lab, told.fix.edits)
    assert found(lab, name) is None


def talk(lab: Lab, port: int, user: str = "", word: str = WORD) -> list[str]:
    """A session that hands in mail for another domain: what it says of AUTH, of the login, of the recipient."""
    done = lab.run(sys.executable, "-c", SEND, str(port), user, stdin=word.encode())
    assert done.ok, done.words
    return done.out.decode().splitlines()


def configure(lab: Lab, **settings: str) -> None:
    Filters(lab).configure(settings)


def stranger(lab: Lab) -> None:
    """Nobody is trusted for his address."""
    configure(lab, mynetworks="192.0.2.200/32")


def without_auth(lab: Lab) -> tuple[str, str]:
    """A server without submission, login or TLS; the certificate that there is."""
    master = lab.config_dir / "master.cf"
    text = master.read_text()
    start, end = text.index("# Our own people's"), text.index("pickup ")
    master.write_text(text[:start] + text[end:])
    cert, key = (str(lab.place.certificate.with_suffix(each)) for each in (".pem", ".key"))
    names = ("cert_file", "key_file", "security_level")
    gone = [*(f"smtpd_tls_{name}" for name in names), "smtpd_sasl_local_domain", "smtpd_sasl_auth_enable"]
    assert lab.run("postconf", "-c", str(lab.config_dir), "-X", *gone).ok
    for path in (lab.place.settings / "sasldb2", lab.place.spool / "etc" / "sasldb2"):
        path.unlink()
    conf = lab.config_dir / "sasl" / "smtpd.conf"
    conf.write_text(f"sasldb_path: {lab.place.settings}/sasldb2\n")  # never the host's own
    configure(
        lab,
        mynetworks="192.0.2.200/32",
        smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination",
    )
    return cert, key


def test_auth_turned_on_as_one_group(lab: Lab) -> None:
    cert, key = without_auth(lab)
    before = instance(lab)
    assert [each.name for each in matrix(before)] == ["smtp/inet"]
    assert "no certificate" in make_service(before, "submission").refused
    plan = make_service(before, "submission", Wanted("sasldb", "falcot.com", cert, key))
    assert [each.describe() for each in plan.edits] == [
        "+ service submission/inet",
        "+ service submission/inet -o smtpd_sasl_auth_enable=yes",
        "+ service submission/inet -o smtpd_tls_security_level=encrypt",
        f"+ smtpd_tls_cert_file = {cert}",
        f"+ smtpd_tls_key_file = {key}",
        "+ smtpd.conf: pwcheck_method auxprop",
        "+ smtpd.conf: auxprop_plugin sasldb",
        "+ smtpd.conf: mech_list PLAIN LOGIN CRAM-MD5",
        "+ smtpd_sasl_local_domain = falcot.com",
        "+ permit_sasl_authenticated in smtpd_relay_restrictions, before permit_mynetworks",
    ]
    apply(lab, plan.edits)
    account(lab, "add", "marie@falcot.com")
    assert line(lab, "submission/inet").relay == "yes"
    assert found(lab, "sasl-no-permit") is None
    assert login(lab, "marie", "submission") == (True, [])
    offered, answer, relayed = talk(lab, 587, "marie")
    assert (offered.split(), answer) == (["True"], "235")
    assert relayed.startswith("250 ")
    assert talk(lab, 25)[0].split() == ["False"]
    assert talk(lab, 25)[1].startswith("554 ")
    assert login(lab, "marie", "smtp")[0] is False
    off = turn_off(instance(lab), line(lab, "submission/inet"))
    assert [each.describe() for each in off.edits] == [
        "- service submission/inet -o smtpd_sasl_auth_enable (was yes): main.cf",
        "- permit_sasl_authenticated out of smtpd_relay_restrictions",
    ]
    apply(lab, off.edits)
    assert talk(lab, 587)[0].split() == ["False"]
    assert talk(lab, 587)[1].startswith("554 ")


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        ("permit_mynetworks, reject_unauth_destination, permit_sasl_authenticated", "sasl-order"),
        ("permit_mynetworks, reject_unauth_destination", "sasl-no-permit"),
    ],
)
def test_the_order_of_restrictions(lab: Lab, rules: str, kind: str) -> None:
    account(lab, "add", "marie@falcot.com")
    stranger(lab)
    assert talk(lab, 587, "marie")[2].startswith("250 ")
    configure(lab, smtpd_relay_restrictions=rules)
    assert "Relay access denied" in talk(lab, 587, "marie")[2]
    told = found(lab, kind)
    assert told is not None
    assert told.line == instance(lab).parameters.definition("smtpd_relay_restrictions").line  # type: ignore[union-attr]  # it is set
    assert line(lab, "submission/inet").relay == ("late" if kind == "sasl-order" else "no")
    mend(lab, kind)
    assert talk(lab, 587, "marie")[2].startswith("250 ")
    assert "554" in talk(lab, 25)[1]


def test_tls_must_come_before_a_password(lab: Lab) -> None:
    account(lab, "add", "marie@falcot.com")
    master = lab.config_dir / "master.cf"
    text = master.read_text().replace("smtpd_tls_security_level=encrypt", "smtpd_tls_security_level=may")
    master.write_text(text.replace("smtpd_tls_auth_only=yes", "smtpd_tls_auth_only=no"))
    configure(lab, smtpd_sasl_security_options="noanonymous")
    assert talk(lab, 587, "marie")[0].split() == ["before", "True"]
    told = found(lab, "sasl-clear")
    assert told is not None
    assert (told.severity, told.file) == ("error", str(master))
    mend(lab, "sasl-clear")
    assert talk(lab, 587, "marie")[0].split() == ["True"]
    assert login(lab, "marie", "submission") == (True, [])


def test_auth_on_port_25(lab: Lab) -> None:
    configure(lab, smtpd_sasl_auth_enable="yes", inet_interfaces="all")
    assert lab.postfix("stop").ok
    assert lab.postfix("start").ok
    told = found(lab, "sasl-port-25")
    assert told is not None
    assert told.fix_words == "+ service smtp/inet -o smtpd_sasl_auth_enable=no"
    mend(lab, "sasl-port-25")
    assert talk(lab, 25)[0].split() == ["False"]
    assert "-o smtpd_sasl_auth_enable=no" in (lab.config_dir / "master.cf").read_text()


def test_a_login_and_its_sender(lab: Lab) -> None:
    account(lab, "add", "marie@falcot.com")
    senders = lab.config_dir / "senders"
    senders.write_text("laure@falcot.com laure@falcot.com\nmarie@falcot.com marie@falcot.com\n")
    assert lab.run("postmap", f"hash:{senders}").ok
    configure(
        lab,
        smtpd_sender_login_maps=f"hash:{senders}",
        smtpd_sender_restrictions="permit_sasl_authenticated, reject_sender_login_mismatch",
    )
    script = SEND.replace('server.mail("marie@', 'server.mail("laure@')
    argv = (sys.executable, "-c", script, "587", "marie")
    assert "250" in lab.run(*argv, stdin=WORD.encode()).out.decode().splitlines()[2]
    assert line(lab, "submission/inet").senders.word == "late"
    mend(lab, "sasl-sender-late")
    assert line(lab, "submission/inet").senders.word == "checked"
    assert "553" in lab.run(*argv, stdin=WORD.encode()).out.decode().splitlines()[2]
    assert talk(lab, 587, "marie")[2].startswith("250 ")


# Those who check passwords elsewhere


def conf(lab: Lab, text: str) -> None:
    (lab.config_dir / "sasl" / "smtpd.conf").write_text(text)
    assert lab.postfix("reload").ok


@pytest.mark.skipif(commands.find("saslauthd") is None, reason="saslauthd is not installed")
def test_saslauthd(lab: Lab) -> None:
    folder = lab.place.spool / "var" / "run" / "saslauthd"
    conf(lab, "pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n")
    assert saslauthd.mux(str(lab.place.spool), auth(lab, "submissions/inet")) == str(folder / "mux")
    assert saslauthd.mux(str(lab.place.spool), auth(lab, "submission/inet")) == saslauthd.MUX
    conf(lab, f"pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\nsaslauthd_path: {folder}/mux\n")
    lab.place.spool.joinpath("spool").symlink_to(".")  # the same path leads there from within the chroot
    told = finding(lab, "saslauthd-unreachable")
    assert told is not None
    assert "mux is not there" in told["why"]
    ok, why = login(lab, "marie@falcot.com", "submission")
    assert not ok
    assert any(each.startswith(f"{folder}/mux is not there: start saslauthd") for each in why)
    daemon = Filters(lab).saslauthd(USERS)
    assert finding(lab, "saslauthd-unreachable") is None
    assert saslauthd.ping(str(folder / "mux")).answers
    assert saslauthd.ping(str(folder / "mux")).ok is False
    answer = saslauthd.login(str(folder / "mux"), Account("marie", "falcot.com"), Secret(WORD))
    assert (answer.answers, answer.ok) == (True, True)
    assert saslauthd.login(str(folder / "mux"), Account("marie", "falcot.com"), Secret("x")).ok is False
    for service in ("submission", "submissions"):
        assert login(lab, "marie@falcot.com", service) == (True, [])
    folder.chmod(0o700)
    told = finding(lab, "saslauthd-unreachable")
    assert told is not None
    assert "postfix may not connect to" in told["why"]
    assert login(lab, "marie@falcot.com", "submission")[0] is False
    folder.chmod(0o710)
    assert finding(lab, "saslauthd-unreachable") is None
    assert login(lab, "marie@falcot.com", "submission")[0]
    daemon.stop()
    assert saslauthd.ping(str(folder / "mux")).answers is False


@pytest.mark.skipif(commands.find("dovecot") is None, reason="dovecot is not installed")
def test_dovecot(lab: Lab) -> None:
    configure(lab, smtpd_sasl_type="dovecot", smtpd_sasl_path="private/auth")
    told = finding(lab, "dovecot-unreachable")
    assert told is not None
    assert "private/auth is not there" in told["why"]
    Filters(lab).dovecot({"marie": WORD})
    assert finding(lab, "dovecot-unreachable") is None
    queue, service = str(lab.place.spool), auth(lab, "submissions/inet")
    heard = dovecot.ask(queue, service)
    assert heard.answers
    assert {"PLAIN", "LOGIN"} >= set(heard.plaintext) > set()
    assert dovecot.login(queue, service, "marie", Secret(WORD)) == heard._replace(
        ok=True, text="OK", user="marie"
    )
    assert dovecot.login(queue, service, "marie", Secret("falsch")).ok is False
    for name in ("submission", "submissions"):
        assert login(lab, "marie", name) == (True, [])
    socket = lab.place.spool / "private" / "auth"
    os.chown(socket, 0, 0)
    socket.chmod(0o600)
    told = finding(lab, "dovecot-unreachable")
    assert told is not None
    assert "it is root:root 0600" in told["why"]
    assert "user = postfix" in told["do"]
    socket.chmod(0o666)
    assert finding(lab, "dovecot-unreachable") is None
    assert login(lab, "marie", "submissions")[0]


# Certificates


def made(path: Path, *, names: Sequence[str] = ("mail.falcot.com",), days: int = 90) -> tuple[str, str]:
    """A self-signed certificate and its key."""
    cert, key = Path(f"{path}.pem"), Path(f"{path}.key")
    alt = ",".join(f"DNS:{name}" for name in names)
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    argv += ["-days", str(days), "-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={alt}"]
    done = commands.ask([*argv, "-keyout", str(key), "-out", str(cert)])
    assert done.ok, done.words
    key.chmod(0o600)
    return str(cert), str(key)


SERVED = """
import json, os, sys
from mailtui.postfix.instance import Instance
from mailtui.sasl.matrix import matrix
from mailtui.sasl.tls import facts
from mailtui.screens.parts.servicelook import look
instance = Instance.open(os.environ["MAILTUI_CONFIG_DIR"])
lines = matrix(instance)
answers = look(instance, lines)
print(json.dumps({each.name: answers[each.name].served(facts(instance, each.auth)) for each in lines}))
"""


def test_the_certificate_that_is_shown(lab: Lab) -> None:
    """A renewed certificate, Postfix not reloaded: an smtpd that runs shows the old one."""

    def served() -> dict[str, str]:
        done = lab.run(sys.executable, "-c", SERVED)
        assert done.ok, done.words
        answer: dict[str, str] = json.loads(done.out)
        return answer

    assert served() == dict.fromkeys(("smtp/inet", "submission/inet", "submissions/inet"), "same")
    assert finding(lab, "tls-not-reloaded") is None
    time.sleep(1.5)
    made(lab.place.certificate.with_suffix(""), names=("mail.falcot.com", "new.falcot.com"))
    assert "other" in served().values()
    told = finding(lab, "tls-not-reloaded")
    assert "reload Postfix (postfix reload)" in told["do"]
    assert lab.postfix("reload").ok
    lab.logged("reload -- version")
    assert served() == dict.fromkeys(("smtp/inet", "submission/inet", "submissions/inet"), "same")
    assert finding(lab, "tls-not-reloaded") is None


def test_a_key_of_another(lab: Lab) -> None:
    _, other = made(lab.directory / "other")
    right = instance(lab).parameters.effective("smtpd_tls_key_file")
    configure(lab, smtpd_tls_key_file=other)
    told = found(lab, "tls-key")
    assert told is not None
    assert told.file == str(lab.config_dir / "main.cf")
    assert told.line is not None
    assert f"{other} is the key of another certificate" in told.why
    account(lab, "add", "marie@falcot.com")
    assert login(lab, "marie", "submission")[0] is False
    configure(lab, smtpd_tls_key_file=right)
    assert found(lab, "tls-key") is None
    assert login(lab, "marie", "submission") == (True, [])


def test_no_certificate(lab: Lab) -> None:
    configure(lab, smtpd_tls_cert_file="", smtpd_tls_key_file="")
    told = found(lab, "tls-none")
    assert told is not None
    assert "submission/inet" in told.services
    ok, why = login(lab, "marie", "submission")
    assert not ok
    assert why


# Guessing


def test_guessing_seen_in_the_log(lab: Lab) -> None:
    account(lab, "add", "marie@falcot.com")
    seen = lab.log_size()
    assert login(lab, "marie", "submission", "falsch", mechanism="PLAIN")[0] is False
    said = lab.logged(r"^.*: SASL PLAIN authentication failed.*$", after=seen)[0]
    assert found(lab, "sasl-guessing") is None
    guess = re.sub(r"\S+\[127\.0\.0\.1\]", "unknown[203.0.113.9]", said)
    with lab.log.open("a") as log:
        log.write(f"{guess}\n" * 12)
    told = found(lab, "sasl-guessing")
    assert told is not None
    assert "203.0.113.9 (12)" in told.why
    assert told.file == str(lab.log)
    assert told.fix is not None
    apply(lab, told.fix.edits)
    assert "203.0.113.9" in (lab.config_dir / "access_clientip").read_text()
