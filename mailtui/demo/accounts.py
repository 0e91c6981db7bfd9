"""Who may log in at the demo (sasldb2, smtpd.conf), and the certificate that says it is mail.falcot.com.

The database lies in the chroot, as the handbook has it, and etc/sasldb2 is a link to it. Below the queue
directory the demo's own folder leads back to the queue directory, so that a chrooted smtpd finds the same
file by the same name.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from mailtui import commands
from mailtui.demo.place import DemoError, Mode, Place

PASSWORDS = {
    "jean@falcot.com": "jean-at-the-demo",
    "laure@falcot.com": "laure-at-the-demo",
    "roland@falcot.com": "roland-at-the-demo",
    "sophie@falcot.org": "sophie-at-the-demo",
}
"""The demo's accounts, user and realm, and what they log in with: no secret anywhere else."""
SMTPD_CONF = """\
# How smtpd checks passwords: read before the chroot; the database is opened in it.
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN CRAM-MD5
sasldb_path: @SETTINGS@/sasldb2
"""
DAYS = 90
"""How long the demo's certificate is good."""
_PLUGIN_FOLDERS = ("/usr/lib", "/usr/lib64")


def missing() -> str:
    """What accounts need and is not installed here; empty where they can be had."""
    for program, package in (("saslpasswd2", "sasl2-bin"), ("openssl", "openssl")):
        if commands.find(program) is None:
            return package
    plain = (path for top in _PLUGIN_FOLDERS for path in Path(top).glob("*/sasl2/libplain.so*"))
    return "" if next(plain, None) else "libsasl2-modules"


def write(place: Place) -> None:
    """Make the certificate, the accounts and smtpd.conf. Raises DemoError with a program's words."""
    _certificate(place)
    conf = place.etc / "sasl" / "smtpd.conf"
    conf.parent.mkdir(mode=0o755, exist_ok=True)
    conf.write_text(SMTPD_CONF.replace("@SETTINGS@", str(place.settings)))
    conf.chmod(0o644)
    _database(place)


def _certificate(place: Place) -> None:
    """A self-signed certificate for mail.falcot.com and its key, as smtpd_tls_cert_file wants them."""
    certificate = place.certificate
    key = certificate.with_suffix(".key")
    certificate.parent.mkdir(mode=0o755, exist_ok=True)
    names = "subjectAltName=DNS:mail.falcot.com,DNS:smtp.falcot.com"
    wanted = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(DAYS)]
    told = ["-subj", "/O=Falcot Corp/CN=mail.falcot.com", "-addext", names]
    _run(["openssl", "req", "-x509", *wanted, *told, "-keyout", str(key), "-out", str(certificate)])
    key.chmod(0o600)


def _database(place: Place) -> None:
    """The accounts, in the chroot; links lead to them from outside and from within."""
    database = place.spool / "etc" / "sasldb2"
    database.parent.mkdir(mode=0o755, exist_ok=True)
    for account, password in PASSWORDS.items():
        user, _, realm = account.partition("@")
        _run(["saslpasswd2", "-p", "-c", "-f", str(database), "-u", realm, user], stdin=password.encode())
    if os.geteuid() == 0:
        # Only the demo's own groups have postfix in "sasl".
        shutil.chown(database, "root", "sasl" if place.mode is Mode.NAMESPACE else "postfix")
    database.chmod(0o660)
    _lead(place.settings / "sasldb2", database)
    _lead(place.spool / str(place.directory).lstrip("/"), place.spool)


def _lead(link: Path, to: Path) -> None:
    link.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(to, link.parent))


def _run(argv: list[str], stdin: bytes = b"") -> None:
    done = commands.ask(argv, stdin=stdin)
    if not done.ok:
        raise DemoError(f"{argv[0]}: {done.words}")
