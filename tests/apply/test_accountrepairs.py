"""What is offered against group, mode and copies, and that it mends what it is offered for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mailtui.apply.accountrepairs import Repair, carry_out, repairs
from mailtui.postfix.instance import Instance
from mailtui.sasl.reading import group_id
from tests.postfix.conftest import instance_dir
from tests.sasl.offices import accounts, inside, listing, office, saslpasswd
from tests.sasl.test_accounts import open_path

__all__ = ["instance_dir", "open_path"]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))


def one(folder: Path, kind: str) -> Repair:
    return next(each for each in repairs(accounts(folder)) if each.id == kind)


def mend(folder: Path, kind: str) -> None:
    assert carry_out(Instance.open(str(folder)), one(folder, kind)) > 0


def test_nothing_is_offered_where_all_is_well(instance_dir: Any, open_path: Path) -> None:
    folder = office(instance_dir, open_path)
    saslpasswd(open_path / "sasldb2", "jean@mail.falcot.com", "geheim")
    os.chown(open_path / "sasldb2", -1, group_id("postfix") or 0)
    assert repairs(accounts(folder)) == []


def test_readable_by_everybody(instance_dir: Any, open_path: Path) -> None:
    folder, path = office(instance_dir, open_path), open_path / "sasldb2"
    saslpasswd(path, "jean@mail.falcot.com", "geheim")
    os.chown(path, -1, group_id("postfix") or 0)
    path.chmod(0o664)
    mend(folder, "mode")
    assert path.stat().st_mode & 0o777 == 0o660
    assert accounts(folder).all[0].usable


def test_a_mode_without_reading_for_the_group(instance_dir: Any, open_path: Path) -> None:
    folder, path = office(instance_dir, open_path), open_path / "sasldb2"
    saslpasswd(path, "jean@mail.falcot.com", "geheim")
    os.chown(path, -1, group_id("postfix") or 0)
    path.chmod(0o600)
    assert not accounts(folder).all[0].usable
    mend(folder, "mode")
    assert accounts(folder).all[0].usable


def test_a_group_that_postfix_is_not_in(instance_dir: Any, open_path: Path) -> None:
    folder, path = office(instance_dir, open_path), open_path / "sasldb2"
    saslpasswd(path, "jean@mail.falcot.com", "geheim")
    assert one(folder, "owner").back == f"chgrp root {path}"
    mend(folder, "owner")
    sasl = group_id("sasl")
    assert path.stat().st_gid == (sasl if sasl is not None else group_id("postfix"))
    found = repairs(accounts(folder))
    joined = accounts(folder).all[0].usable
    assert [each.id for each in found] == ([] if joined else ["group"])
    if not joined:
        assert found[0].title == "put postfix into group sasl, and reload Postfix"


def test_a_copy_that_is_missing_and_one_that_is_stale(instance_dir: Any, open_path: Path) -> None:
    folder = office(instance_dir, open_path, chroot=True)
    outside, copy = open_path / "sasldb2", inside(open_path)
    saslpasswd(outside, "jean@mail.falcot.com", "geheim")
    os.chown(outside, -1, group_id("postfix") or 0)
    mend(folder, "copy")
    assert listing(copy) == ["jean@mail.falcot.com"]
    assert copy.stat().st_gid == outside.stat().st_gid
    assert accounts(folder).all[0].marker == ""
    saslpasswd(outside, "laure@mail.falcot.com", "geheim")
    saslpasswd(outside, "jean@mail.falcot.com", "anders")
    os.utime(copy, (0, 0))
    offer = one(folder, "copy")
    assert offer.title == f"copy {outside} over {copy}"
    assert "it gains laure@mail.falcot.com" in offer.lines
    assert "it gets another password for jean@mail.falcot.com" in offer.lines
    mend(folder, "copy")
    assert [row.marker for row in accounts(folder).all] == ["", ""]
    assert repairs(accounts(folder)) == []


def test_the_way_that_loses_accounts_says_so(instance_dir: Any, open_path: Path) -> None:
    folder = office(instance_dir, open_path, chroot=True)
    outside, copy = open_path / "sasldb2", inside(open_path)
    saslpasswd(outside, "jean@mail.falcot.com", "geheim")
    saslpasswd(copy, "laure@mail.falcot.com", "geheim")
    told = [line for each in repairs(accounts(folder)) if each.id == "copy" for line in each.lines]
    assert "it LOSES laure@mail.falcot.com" in told
    assert "it LOSES jean@mail.falcot.com" in told


def test_a_link_where_only_the_chroot_asks(instance_dir: Any, open_path: Path) -> None:
    folder = office(instance_dir, open_path, chroot=True)
    master = folder / "master.cf"
    master.write_text(
        master.read_text().replace("smtpd_sasl_auth_enable=yes", "smtpd_sasl_auth_enable=no", 1)
    )
    os.utime(master, (0, 0))
    outside, copy = open_path / "sasldb2", inside(open_path)
    saslpasswd(copy, "jean@mail.falcot.com", "geheim")
    saslpasswd(outside, "old@mail.falcot.com", "geheim")
    os.chown(copy, -1, group_id("postfix") or 0)
    mend(folder, "link")
    assert outside.resolve() == copy.resolve()
    assert listing(outside) == ["jean@mail.falcot.com"]
    assert listing(Path(f"{outside}.before-link")) == ["old@mail.falcot.com"]
