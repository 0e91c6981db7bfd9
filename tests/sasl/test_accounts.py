"""Which accounts are usable where, and why not: the words that an admin reads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.sasl.reading import group_id
from tests.postfix.conftest import instance_dir, put
from tests.sasl.offices import CONF, accounts, inside, office, saslpasswd

__all__ = ["instance_dir"]
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask as another user")


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder through which postfix may go; pytest's own are closed, again and again."""
    with tempfile.TemporaryDirectory(prefix="mt-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def filled(path: Path, *names: str) -> None:
    for name in names:
        saslpasswd(path, name, "geheim")
    path.chmod(0o644)


@ROOT
def test_usable_by_the_bare_name_or_the_full_one(instance_dir: Any, open_path: Path) -> None:
    folder = office(instance_dir, open_path, "smtpd_sasl_local_domain = falcot.com\n")
    filled(open_path / "sasldb2", "jean@falcot.com", "sophie@falcot.org")
    jean, sophie = accounts(folder).all
    assert (jean.usable, jean.marker, jean.why) == (True, "", "")
    assert jean.verdicts[0].names == ("jean", "jean@falcot.com")
    assert jean.mechanisms == ("PLAIN", "LOGIN", "CRAM-MD5")
    assert (sophie.usable, sophie.marker) == (True, "?")
    assert sophie.why == (
        "only as sophie@falcot.org: submission/inet looks for a bare sophie in the realm falcot.com"
    )


@ROOT
@pytest.mark.parametrize(
    ("main", "realm"),
    [("", "mail.falcot.com"), ("smtpd_sasl_local_domain = $mydomain\n", "falcot.com")],
)
def test_the_realm_is_the_local_domain_or_myhostname(
    main: str, realm: str, instance_dir: Any, open_path: Path
) -> None:
    (service,) = accounts(office(instance_dir, open_path, main)).asking
    assert service.realm == realm
    assert str(service.asked("jean")) == f"jean@{realm}"
    assert str(service.asked("jean@other")) == "jean@other"


@ROOT
def test_a_database_that_postfix_may_not_read(instance_dir: Any, open_path: Path) -> None:
    folder = office(instance_dir, open_path)
    path = open_path / "sasldb2"
    saslpasswd(path, "jean@mail.falcot.com", "geheim")
    path.chmod(0o640)
    (row,) = accounts(folder).all
    assert (row.usable, row.marker) == (False, "!")
    assert row.why == (
        f"submission/inet opens {path}, which postfix may not read:"
        " it is root:root 0640, and postfix is not in group root"
    )
    path.chmod(0o600)
    assert "its mode is 0600, without reading for group root" in accounts(folder).all[0].why
    os.chown(path, -1, group_id("postfix") or 0)
    path.chmod(0o640)
    assert accounts(folder).all[0].usable


@ROOT
def test_the_copy_in_the_chroot(instance_dir: Any, open_path: Path) -> None:
    folder = office(instance_dir, open_path, chroot=True)
    outside, copy = open_path / "sasldb2", inside(open_path)
    filled(outside, "jean@mail.falcot.com", "laure@mail.falcot.com")
    found = accounts(folder)
    assert found.notes == [f"{copy}: does not exist"]
    assert "submissions/inet is chrooted and opens" in found.all[0].verdicts[1].why
    filled(copy, "jean@mail.falcot.com")
    jean, laure = accounts(folder).all
    assert (jean.marker, jean.databases) == ("", (str(outside), str(copy)))
    assert (laure.marker, laure.usable) == ("?", True)
    assert laure.why == f"submissions/inet opens {copy}, which has no laure@mail.falcot.com: a stale copy"
    saslpasswd(outside, "jean@mail.falcot.com", "another")
    found = accounts(folder)
    assert found.all[0].why == f"its password differs between {outside} and {copy}"
    copy.unlink()
    copy.symlink_to(outside)
    found = accounts(folder)
    assert found.linked()
    assert [row.marker for row in found.all] == ["", ""]


def test_no_service_offers_auth(instance_dir: Any, tmp_path: Path) -> None:
    folder = office(instance_dir, tmp_path)
    saslpasswd(tmp_path / "sasldb2", "jean@falcot.com", "geheim")
    master = folder / "master.cf"
    put(master, master.read_text().replace("-o smtpd_sasl_auth_enable=yes", "-o smtpd_sasl_auth_enable=no"))
    (row,) = accounts(folder).all
    assert (row.usable, row.why) == (False, "no smtpd service offers AUTH (smtpd_sasl_auth_enable)")


@pytest.mark.parametrize(
    ("conf", "why"),
    [
        (
            CONF.replace("auxprop\nauxprop_plugin", "saslauthd\nauxprop_plugin").replace(" CRAM-MD5", ""),
            "saslauthd checks",
        ),
        (CONF.replace("sasldb\n", "sql\n"), "names auxprop_plugin sql, not sasldb"),
        (CONF.replace("mech_list: ", "mech_list : "), "every smtpd with AUTH dies of it"),
    ],
)
def test_where_sasldb_is_not_asked(conf: str, why: str, instance_dir: Any, tmp_path: Path) -> None:
    found = accounts(office(instance_dir, tmp_path, conf=conf))
    assert not found.asking
    assert why in found.nowhere()


@ROOT
def test_mechanisms_that_have_nothing_to_work_with(instance_dir: Any, open_path: Path) -> None:
    conf = CONF.replace("PLAIN LOGIN CRAM-MD5", "PLAIN")
    folder = office(instance_dir, open_path, "smtpd_sasl_tls_security_options = noplaintext\n", conf=conf)
    filled(open_path / "sasldb2", "jean@mail.falcot.com")
    (row,) = accounts(folder).all
    assert not row.usable
    assert "offers PLAIN, for none of which this account has a secret" in row.why
