"""Tables that are missing, not compiled, older than their text, or without it; for restrictions and for others."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from mailtui.doctor import basics
from mailtui.doctor.case import Case
from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.edits.compiling import CompileTable
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from tests.doctor.ailing import SOUND, healed, ids, only
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

CLIENT = f"{SOUND}smtpd_client_restrictions = check_client_access hash:$config_directory/t\n"
VIRTUAL = f"{SOUND}virtual_alias_maps = hash:$config_directory/t\n"
TEXT = {"t": "192.0.2.1 OK\n"}


def newer(folder: Path, name: str) -> None:
    os.utime(folder / name, (time.time() + 5,) * 2)


@pytest.mark.parametrize("main", [CLIENT, VIRTUAL], ids=["asked by a rule", "a list of aliases"])
def test_a_table_without_a_compiled_copy_is_compiled_by_its_fix(
    main: str, instance_dir: MakeInstance
) -> None:
    instance = Instance.open(str(instance_dir(main, files=TEXT)))
    found = only(instance, "table-not-compiled")
    target = Target("table", str(Path(instance.config_dir, "t")), "hash")
    assert (found.severity, found.line) == ("error", 4)
    assert found.fix is not None
    assert found.fix.edits == (CompileTable(target),)
    assert ids(healed(instance, found)) == ids(instance) - {"table-not-compiled"}


@pytest.mark.parametrize("main", [CLIENT, VIRTUAL], ids=["asked by a rule", "a list of aliases"])
def test_a_text_newer_than_its_compiled_copy(main: str, instance_dir: MakeInstance) -> None:
    folder = instance_dir(main, files=TEXT, postmap=["hash:t"])
    assert "table-stale" not in ids(Instance.open(str(folder)))
    newer(folder, "t")
    instance = Instance.open(str(folder))
    found = only(instance, "table-stale")
    assert (found.severity, found.file, found.line) == ("warning", str(folder / "t"), None)
    assert "table-stale" not in ids(healed(instance, found))


@pytest.mark.parametrize("main", [CLIENT, VIRTUAL], ids=["asked by a rule", "a list of aliases"])
def test_a_compiled_copy_without_a_text(main: str, instance_dir: MakeInstance) -> None:
    folder = instance_dir(main, files=TEXT, postmap=["hash:t"])
    (folder / "t").unlink()
    found = only(Instance.open(str(folder)), "table-textless")
    assert (found.severity, found.fix) == ("advice", None)
    words = found.fix_words.removesuffix(" prints what it holds").split()
    said = subprocess.run(words, capture_output=True, check=True, text=True).stdout
    assert said == "192.0.2.1\tOK\n"


@pytest.mark.parametrize("main", [CLIENT, VIRTUAL], ids=["asked by a rule", "a list of aliases"])
def test_a_text_that_cannot_be_read(main: str, instance_dir: MakeInstance) -> None:
    folder = instance_dir(main)
    (folder / "t").mkdir()
    found = only(Instance.open(str(folder)), "table-unreadable")
    assert (found.severity, found.line, found.fix) == ("warning", 4, None)
    assert "directory" in found.why


def test_what_is_no_table_is_told_of_with_the_rule_off(instance_dir: MakeInstance) -> None:
    main = f"{SOUND}smtpd_client_restrictions = permit_mynetworks, check_client_access hash:\n"
    instance = Instance.open(str(instance_dir(main)))
    found = only(instance, "table-malformed")
    assert (found.severity, found.line) == ("error", 4)
    assert "table-malformed" not in ids(healed(instance, found))


def test_a_table_that_is_made_in_the_same_draft_is_compiled_with_it(instance_dir: MakeInstance) -> None:
    from mailtui.edits.candidate import Candidate
    from mailtui.edits.entries import SetEntry

    instance = Instance.open(str(instance_dir(CLIENT)))
    assert "table-missing" in ids(instance)
    target = Target("table", str(Path(instance.config_dir, "t")), "hash")
    after = instance.over(Candidate(instance.files, [SetEntry(target, "192.0.2.1", "OK")]))
    assert not {name for name in ids(after) if name.startswith("table-")}


def test_tables_of_other_parameters_and_services(instance_dir: MakeInstance) -> None:
    master = (
        "smtp inet n - n - - smtpd\n  -o smtpd_sender_login_maps=hash:$config_directory/login\n"
        "off inet n - n - - smtpd\n"
    )
    main = (
        f"{SOUND}transport_maps = hash:$config_directory/t\nrelay_domains = texthash:$config_directory/none\n"
        "smtp_tls_session_cache_database = btree:$config_directory/cache\n"
        "address_verify_map = btree:$config_directory/verify\n"
    )
    instance = Instance.open(str(instance_dir(main, master=master, files=TEXT, postmap=["hash:t"])))
    told = {(each.id, each.line, each.services) for each in examine(instance)}
    assert told == {("table-missing", 5, ()), ("table-missing", 1, ("smtp/inet",))}


def test_aliases_by_default(instance_dir: MakeInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """What alias_maps names by default is looked at only where there is such a file."""
    folder = instance_dir(SOUND.encode() + b"compatibility_level = 3.6\n", files={"aliases": "root: jean\n"})
    instance = Instance.open(str(folder))
    monkeypatch.setattr(Case, "setting", lambda _case, _name: f"hash:{folder}/aliases")
    found = only(instance, "table-not-compiled")
    assert found.fix is not None
    assert found.fix.edits == (CompileTable(Target("aliases", f"{folder}/aliases", "hash")),)
    (folder / "aliases").unlink()
    assert not {name for name in ids(instance) if name.startswith("table-")}


def test_a_family_that_fails_is_a_finding_and_the_others_are_heard(instance_dir: MakeInstance) -> None:
    def broken(_case: Case) -> list[Finding]:
        raise RuntimeError("a mistake of \x1b[31mours")

    instance = Instance.open(str(instance_dir(f"{SOUND}biff = no\nbiff = no\n")))
    found = examine(instance, [broken, basics.findings])  # type: ignore[list-item]  # a list is an iterator enough
    assert [each.id for each in found] == ["unexamined", "duplicate-parameter"]
    assert "RuntimeError: a mistake of" in found[0].why
    assert "\x1b" not in found[0].why


def test_a_table_that_nothing_asks_is_left_alone(instance_dir: MakeInstance) -> None:
    main = (
        f"{SOUND}smtp_sasl_password_maps = hash:$config_directory/none\nmy_own = hash:$config_directory/none\n"
        "virtual_mailbox_domains =\nvirtual_mailbox_maps = hash:$config_directory/none\n"
    )
    assert "table-missing" not in ids(Instance.open(str(instance_dir(main))))
    used = main.replace("smtp_sasl_password", "smtp_sasl_auth_enable = yes\nsmtp_sasl_password")
    told = [each for each in examine(Instance.open(str(instance_dir(used)))) if each.id == "table-missing"]
    assert [each.line for each in told] == [5]
