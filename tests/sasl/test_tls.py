"""Certificate files as openssl made them: keys, chains, dates, names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mailtui.commands import ask
from mailtui.doctor import tls as family
from mailtui.doctor.examine import examine
from mailtui.postfix.instance import Instance
from mailtui.sasl.services import auth_services
from mailtui.sasl.tls import Facts, facts, pairs
from tests.postfix.conftest import instance_dir

__all__ = ["instance_dir"]
MASTER = """\
submission inet n       -       n       -       -       smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_security_level=encrypt
"""


def openssl(*words: str) -> None:
    done = ask(["openssl", *words], timeout=20)
    assert done.ok, done.words


def signed(
    tmp_path: Path, name: str, *, by: str = "", days: int = 90, ca: bool = False, alt: str = "mx.falcot.com"
) -> Path:
    """A certificate NAME.pem with its key, by another one or by itself."""
    cert, key = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
    basic = "basicConstraints=critical,CA:TRUE" if ca else "basicConstraints=CA:FALSE"
    begin = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    begin += [
        "-subj",
        f"/CN={name}",
        *(["-addext", f"subjectAltName=DNS:{alt}"] if alt else []),
        "-addext",
        basic,
    ]
    if not by:
        openssl(*begin, "-x509", "-days", str(days), "-keyout", str(key), "-out", str(cert))
    else:
        request = tmp_path / f"{name}.csr"
        openssl(*begin, "-keyout", str(key), "-out", str(request))
        who = ["-CA", f"{tmp_path}/{by}.pem", "-CAkey", f"{tmp_path}/{by}.key", "-CAcreateserial"]
        openssl("x509", "-req", "-in", str(request), *who, "-days", str(days), "-copy_extensions", "copyall",
                "-out", str(cert))  # fmt: skip
    key.chmod(0o600)
    return cert


def opened(make: Any, cert: Path | str, key: Path | str = "", more: str = "") -> Instance:
    key_line = f"smtpd_tls_key_file = {key}\n" if key else ""
    return Instance.open(str(make(f"smtpd_tls_cert_file = {cert}\n{key_line}{more}", master=MASTER)))


def one(instance: Instance) -> Facts:
    (found,) = facts(instance, auth_services(instance)[0])
    return found


def ids(instance: Instance) -> dict[str, str]:
    return {each.id: each.why for each in examine(instance, (family.findings,))}


def test_one_that_is_as_it_should_be(instance_dir: Any, tmp_path: Path) -> None:
    signed(tmp_path, "root", ca=True)
    signed(tmp_path, "middle", by="root", ca=True)
    leaf = signed(tmp_path, "leaf", by="middle")
    full = tmp_path / "full.pem"
    full.write_bytes(leaf.read_bytes() + (tmp_path / "middle.pem").read_bytes())
    found = one(opened(instance_dir, full, tmp_path / "leaf.key"))
    assert (found.count, found.key, found.key_open, found.chain_broken) == (2, "", "", False)
    assert found.chain == "its chain is whole, to an authority that this host does not know"
    assert found.covers("mx.falcot.com")
    assert found.certificate is not None
    assert found.certificate.days in (89, 90)
    assert ids(opened(instance_dir, full, tmp_path / "leaf.key")) == {}


def test_a_gap_in_the_chain(instance_dir: Any, tmp_path: Path) -> None:
    signed(tmp_path, "root", ca=True)
    signed(tmp_path, "middle", by="root", ca=True)
    leaf = signed(tmp_path, "leaf", by="middle")
    instance = opened(instance_dir, leaf, tmp_path / "leaf.key")
    assert one(instance).chain_broken
    assert "lacks the certificate of CN=middle" in ids(instance)["tls-chain"]


def test_the_key_of_another_and_none(instance_dir: Any, tmp_path: Path) -> None:
    cert, _ = signed(tmp_path, "one"), signed(tmp_path, "two")
    other = opened(instance_dir, cert, tmp_path / "two.key")
    assert "is the key of another certificate" in ids(other)["tls-key"]
    none = opened(instance_dir, cert, tmp_path / "three.key")
    assert "three.key" in ids(none)["tls-key"]
    same = opened(instance_dir, cert)
    assert ids(same)["tls-key"].startswith(f"{cert} holds no private key")


def test_a_key_with_a_passphrase(instance_dir: Any, tmp_path: Path) -> None:
    cert = signed(tmp_path, "one")
    closed = tmp_path / "closed.key"
    openssl("ec", "-in", f"{tmp_path}/one.key", "-aes128", "-passout", "pass:x", "-out", str(closed))
    assert "passphrase" in one(opened(instance_dir, cert, closed)).key


def test_days(instance_dir: Any, tmp_path: Path) -> None:
    soon = opened(instance_dir, signed(tmp_path, "soon", days=5), tmp_path / "soon.key")
    assert "tls-expiring" in ids(soon)
    signed(tmp_path, "root", ca=True)
    past = signed(tmp_path, "past", by="root", days=-1)
    gone = opened(instance_dir, past, tmp_path / "past.key")
    assert "tls-expired" in ids(gone)
    assert "tls-expiring" not in ids(gone)


def test_self_signed_another_name_and_an_open_key(instance_dir: Any, tmp_path: Path) -> None:
    cert = signed(tmp_path, "one", alt="other.test")
    (tmp_path / "one.key").chmod(0o644)
    found = ids(opened(instance_dir, cert, tmp_path / "one.key"))
    assert set(found) == {"tls-self-signed", "tls-name", "tls-key-open"}
    (tmp_path / "one.key").chmod(0o640)
    assert "tls-key-open" not in ids(opened(instance_dir, cert, tmp_path / "one.key"))


def test_a_name_in_the_subject_alone_is_no_name(instance_dir: Any, tmp_path: Path) -> None:
    cert = signed(tmp_path, "mx.falcot.com", alt="")
    found = ids(opened(instance_dir, cert, tmp_path / "mx.falcot.com.key"))
    assert found["tls-name"] == (
        "it has no subjectAltName, and mail programs do not take a name from CN=mx.falcot.com (RFC 9525)"
    )


def test_unreadable(instance_dir: Any, tmp_path: Path) -> None:
    assert "tls-unreadable" in ids(opened(instance_dir, tmp_path / "nowhere.pem"))
    junk = tmp_path / "junk.pem"
    junk.write_bytes(os.urandom(400))
    assert "holds no certificate" in ids(opened(instance_dir, junk))["tls-unreadable"]
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    junk.write_text(broken)
    assert "openssl cannot read it" in ids(opened(instance_dir, junk))["tls-unreadable"]


def test_none_at_all(instance_dir: Any) -> None:
    instance = Instance.open(str(instance_dir("", master=MASTER)))
    assert set(ids(instance)) == {"tls-none"}


@pytest.mark.parametrize(
    ("main", "wanted"),
    [
        ("smtpd_tls_cert_file = none\n", []),
        ("smtpd_tls_cert_file = /a\n", [("/a", "/a")]),
        ("smtpd_tls_cert_file = /a\nsmtpd_tls_key_file = /b\nsmtpd_tls_eccert_file = /c\n", [("/a", "/b"), ("/c", "/c")]),
        ("smtpd_tls_chain_files = /x, /y\nsmtpd_tls_cert_file = /a\n", [("/x", "/x"), ("/y", "/y")]),
    ],
)  # fmt: skip
def test_which_files(instance_dir: Any, main: str, wanted: list[tuple[str, str]]) -> None:
    instance = Instance.open(str(instance_dir(main, master=MASTER)))
    assert [(each.cert, each.key) for each in pairs(instance, auth_services(instance)[0])] == wanted
