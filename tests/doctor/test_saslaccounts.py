"""Findings about accounts: each told where it is, with its fix, and silent where all is well."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.edits.candidate import Candidate
from mailtui.edits.saslplan import conf_plan, mechanism_plan, realm_plan
from mailtui.postfix.instance import Instance
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.config import conf
from mailtui.sasl.reading import group_id
from tests.postfix.conftest import instance_dir, put
from tests.sasl.offices import CONF, inside, office, saslpasswd
from tests.sasl.test_accounts import open_path

__all__ = ["instance_dir", "open_path"]
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask as another user")
PLAIN = "smtpd_sasl_local_domain = falcot.com\n"


def told(folder: Path) -> dict[str, Finding]:
    found = examine(Instance.open(str(folder)))
    return {each.id: each for each in found if each.id.startswith(("sasl", "smtpd-conf"))}


def made(instance_dir: Any, tmp_path: Path, main: str = PLAIN, **more: Any) -> Path:
    folder = office(instance_dir, tmp_path, main, **more)
    saslpasswd(tmp_path / "sasldb2", "jean@falcot.com", "geheim")
    os.chown(tmp_path / "sasldb2", -1, group_id("postfix") or os.getegid())
    return folder


@ROOT
def test_silent_where_all_is_well(instance_dir: Any, open_path: Path) -> None:
    assert told(made(instance_dir, open_path)) == {}


def test_silent_where_no_service_offers_auth(instance_dir: Any, tmp_path: Path) -> None:
    folder = office(instance_dir, tmp_path, conf="junk\n")
    master = folder / "master.cf"
    put(master, master.read_text().replace("auth_enable=yes", "auth_enable=no"))
    assert told(folder) == {}


@ROOT
def test_everybody_may_read_it(instance_dir: Any, open_path: Path) -> None:
    folder = made(instance_dir, open_path)
    (open_path / "sasldb2").chmod(0o644)
    found = told(folder)["sasldb-readable"]
    assert (found.severity, found.file) == ("error", str(open_path / "sasldb2"))
    assert "the passwords in it are in clear" in found.why


@ROOT
def test_postfix_may_not_read_it(instance_dir: Any, open_path: Path) -> None:
    folder = made(instance_dir, open_path)
    os.chown(open_path / "sasldb2", -1, 0)
    found = told(folder)["sasldb-unreadable"]
    assert found.title == f"postfix may not read {open_path}/sasldb2"
    assert found.services == ("submission/inet",)


@ROOT
def test_copies(instance_dir: Any, open_path: Path) -> None:
    folder = made(instance_dir, open_path, chroot=True)
    assert told(folder)["sasldb-missing"].services == ("submissions/inet",)
    saslpasswd(inside(open_path), "jean@falcot.com", "anders")
    saslpasswd(inside(open_path), "old@falcot.com", "geheim")
    found = told(folder)["sasldb-stale"]
    assert f"only {inside(open_path)} has old@falcot.com" in found.why
    assert "another password in each: jean@falcot.com" in found.why


def test_damaged(instance_dir: Any, tmp_path: Path) -> None:
    folder = made(instance_dir, tmp_path)
    (tmp_path / "sasldb2").write_bytes(b"garbage")
    assert "sasldblistusers2 cannot read it" in told(folder)["sasldb-damaged"].why


def test_a_line_that_ends_every_smtpd(instance_dir: Any, tmp_path: Path) -> None:
    folder = made(instance_dir, tmp_path, conf=CONF.replace("mech_list: ", "mech_list : "))
    found = told(folder)["smtpd-conf"]
    assert found.why.startswith("line 3: ")


def test_the_realm_and_its_fix(instance_dir: Any, tmp_path: Path) -> None:
    folder = made(instance_dir, tmp_path, "")
    found = told(folder)["sasl-realm"]
    assert "jean@mail.falcot.com (myhostname)" in found.why
    assert found.fix is not None
    instance = Instance.open(str(folder))
    after = instance.over(Candidate(instance.files, found.fix.edits))
    (service,) = Accounts(after).asking
    assert service.realm == "falcot.com"


def test_a_value_of_the_services_own_is_changed_there(instance_dir: Any, tmp_path: Path) -> None:
    folder = made(instance_dir, tmp_path)
    master = folder / "master.cf"
    put(
        master,
        master.read_text().replace("auth_enable=yes", "auth_enable=yes\n  -o smtpd_sasl_local_domain=x.test"),
    )
    instance = Instance.open(str(folder))
    (service,) = Accounts(instance).asking
    (edit,) = realm_plan(instance, service, "falcot.com").edits
    assert edit.target.path == str(master)
    after = instance.over(Candidate(instance.files, [edit]))
    assert Accounts(after).asking[0].realm == "falcot.com"


def test_an_smtpd_conf_is_made_where_there_is_none(instance_dir: Any, tmp_path: Path) -> None:
    folder = made(instance_dir, tmp_path)
    (folder / "sasl/smtpd.conf").unlink()
    instance = Instance.open(str(folder))
    plan = conf_plan(conf(instance, "smtpd"))
    candidate = Candidate(instance.files, plan.edits)
    assert candidate.raw(f"{folder}/sasl/smtpd.conf") == (
        b"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN CRAM-MD5\n"
    )
    after = conf(instance.over(candidate), "smtpd")
    assert conf_plan(after).edits == ()
    assert mechanism_plan(after, "PLAIN").refused
    assert conf_plan(after._replace(problem="line 1: junk")).refused


@ROOT
def test_accounts_that_handed_in_no_mail(instance_dir: Any, open_path: Path) -> None:
    log = open_path / "mail.log"
    folder = made(instance_dir, open_path, f"{PLAIN}maillog_file = {log}\n")
    for name in ("laure@falcot.com", "sophie@falcot.org"):
        saslpasswd(open_path / "sasldb2", name, "geheim")
    month = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 40 * 86400))
    line = "mail postfix/submission/smtpd[7]: 4F: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username"
    text = f"{month} {line}=jean\n{month} {line}=sophie@falcot.org\n"
    failed = (
        f"{month} mail postfix/smtpd[7]: warning: SASL PLAIN authentication failed: x, sasl_username=laure\n"
    )
    log.write_text(text + failed)
    found = told(folder)["sasl-idle"]
    assert found.severity == "advice"
    assert found.why.startswith("laure@falcot.com: ")
    log.write_text((text + failed).replace(month, time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())))
    assert "sasl-idle" not in told(folder)
