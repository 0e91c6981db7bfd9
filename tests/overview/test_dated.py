"""Domains, keys, certificates and the history: what is kept and when it ends."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply import domaindns
from mailtui.apply.database import DATABASE
from mailtui.apply.state import of_instance
from mailtui.demo import dkimkeys
from mailtui.dns.part import DomainDns, Part
from mailtui.overview import asking, changes, dated
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import instance_dir

__all__ = ["instance_dir"]
FINE = Part("ok")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("mailtui.settings.SYSTEM_FILE", tmp_path / "none.toml")
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state"


def answer(domain: str, *, spf: Part = FINE, dmarc: Part = FINE, age: float = 60) -> DomainDns:
    return DomainDns(domain, FINE, FINE, FINE, spf, (), dmarc, time.time() - age)


@pytest.mark.usefixtures("state")
def test_domains_that_had_no_answer_are_not_called_ok(
    instance_dir: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Instance.open(str(instance_dir("mydestination = falcot.com, falcot.org\n")))
    silent = Part("unknown", problems=("no answer in time",))
    assert not domaindns.keep(instance, [answer("falcot.com"), answer("falcot.org", spf=silent)])
    assert dated.domains(instance).text == "1 ok · 1 without an answer"
    assert dated.stale(instance) == ["falcot.org"]
    wanted: list[list[str]] = []

    def look(names: list[str], *_: object) -> list[DomainDns]:
        wanted.append(names)
        return [answer(name) for name in names]

    monkeypatch.setattr("mailtui.dns.world.look_at_many", look)
    assert not asking.ask(instance)
    assert not asking.ask(instance)
    assert wanted == [["falcot.org"]], "what is fresh is not asked again"
    assert dated.domains(instance).text == "2 ok"


def test_the_overview_asks_once_and_says_what_stood_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    asked: list[object] = []

    def refused(instance: Instance) -> str:
        asked.append(instance)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(asking, "DELAY", 0.0)
    monkeypatch.setattr(asking, "ask", refused)
    one = asking.Asking(done.set)
    instance: Any = object()
    one.begin(instance)
    one.begin(instance)
    assert done.wait(10)
    assert asked == [instance]
    assert "No space left" in one.why


@pytest.mark.usefixtures("state")
def test_domains(instance_dir: Any) -> None:
    main = "mydestination = localhost, falcot.com, [192.0.2.1]\nvirtual_alias_domains = falcot.org, brand.com, x.org\n"
    instance = Instance.open(str(instance_dir(main)))
    assert dated.domains(instance).text == "4 not asked yet"
    missing = Part("missing", problems=("there is no DMARC record",), proposed="v=DMARC1; p=none")
    broken = Part("error", problems=("two records",))
    kept = [
        answer("falcot.com", age=7300),
        answer("brand.com", dmarc=missing),
        answer("x.org", spf=broken, dmarc=missing),
    ]
    assert not domaindns.keep(instance, [*kept, answer("elsewhere.test", spf=broken)])
    found = dated.domains(instance)
    assert found.text == "x.org SPF error · brand.com no DMARC · 1 ok · 1 not asked yet"
    assert found.weight == "error"
    assert found.more == (
        "x.org: SPF: two records", "brand.com: DMARC: there is no DMARC record",
        "Asked 2 h ago; Domains asks again.",
    )  # fmt: skip


def opendkim(etc: Path, age_days: float) -> None:
    """A key of falcot.com in the configuration, made some days ago."""
    folder = etc / "keys"
    folder.mkdir(mode=0o700)
    key = folder / "mail.private"
    dkimkeys.make(key, "root")
    past = time.time() - age_days * 86400
    os.utime(key, (past, past))
    (etc / "opendkim.conf").write_text(
        f"UserID root\nDomain falcot.com\nSelector mail\nKeyFile {key}\nSocket inet:8891@localhost\nRequireSafeKeys no\n"
    )


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("age", "text", "weight"),
    [
        (1, "1 key signs", ""),
        (350, "mail/falcot.com rotate in 15 days · 1 key signs", ""),
        (412, "mail/falcot.com 412 days old: rotate · 1 key signs", "warning"),
    ],
)
def test_keys_near_their_day(instance_dir: Any, tmp_path: Path, age: float, text: str, weight: str) -> None:
    opendkim(tmp_path, age)
    found = dated.keys(Instance.open(str(instance_dir())))
    assert found.text == text
    assert found.weight == weight


@pytest.mark.usefixtures("state")
def test_a_key_that_is_gone(instance_dir: Any, tmp_path: Path) -> None:
    opendkim(tmp_path, 1)
    (tmp_path / "keys" / "mail.private").unlink()
    found = dated.keys(Instance.open(str(instance_dir())))
    assert found.text == "mail/falcot.com cannot sign"
    assert found.weight == "error"


def certificate(path: Path, days: int, name: str = "mail.falcot.com") -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days),
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(path), "-out", f"{path}.crt"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())


@pytest.mark.parametrize(
    ("days", "text", "weight"),
    [(60, "mail.falcot.com 59 days left", ""), (10, "mail.falcot.com 9 days left", "warning")],
)
def test_certificates(instance_dir: Any, tmp_path: Path, days: int, text: str, weight: str) -> None:
    path = tmp_path / "own.pem"
    certificate(path, days)
    main = f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {path}\nsmtpd_tls_key_file = {path}\n"
    found = dated.certificates(Instance.open(str(instance_dir(main))))
    assert (found.text, found.weight) == (text, weight)


def test_a_certificate_that_is_not_there(instance_dir: Any, tmp_path: Path) -> None:
    main = f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {tmp_path}/gone.pem\n"
    found = dated.certificates(Instance.open(str(instance_dir(main))))
    assert found.text == "gone.pem cannot be read"
    assert found.weight == "error"
    assert f"{tmp_path}/gone.pem" in found.more[0]


def test_no_tls(instance_dir: Any) -> None:
    assert dated.certificates(Instance.open(str(instance_dir()))).text == "no service offers TLS"


@pytest.mark.usefixtures("state")
def test_nothing_was_written_yet(instance_dir: Any) -> None:
    found = changes.written(Instance.open(str(instance_dir())))
    assert "nothing" in found.text
    assert found.weight == ""


@pytest.mark.usefixtures("state")
def test_a_damaged_history(instance_dir: Any) -> None:
    instance = Instance.open(str(instance_dir()))
    folder = Path(of_instance(instance, make=True))
    (folder / DATABASE).write_bytes(b"no database at all" * 100)
    found = changes.written(instance)
    assert found.text.startswith(f"{folder}/{DATABASE}: ")
    assert "moves it aside" in found.text
