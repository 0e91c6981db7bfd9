"""The rehearsal in many surroundings: where the folders lie, which protocols, services and files there are."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailtui.apply.rehearsal import rehearse as module
from mailtui.apply.rehearsal.verdict import Rehearsal
from mailtui.demo.place import Place
from mailtui.edits.candidate import Candidate
from mailtui.postfix.instance import Instance
from tests.apply.rehearsing import Listener, falcot, option, parameter, rehearsed

Change = Callable[[Place], None]


@pytest.fixture
def place() -> Iterator[Place]:
    with falcot() as made:
        yield made


def opened(place: Place) -> Instance:
    for path in place.etc.iterdir():
        if path.is_file():
            os.utime(path, (time.time() - 60,) * 2)
    return Instance.open(str(place.etc))


def add(place: Place, name: str, text: str) -> None:
    with (place.etc / name).open("a") as file:
        file.write(text)


def passes(instance: Instance, doors: int = 4) -> Rehearsal:
    """The rehearsal of a right change passes, its sessions really held."""
    result = rehearsed(instance, parameter(instance, "delay_warning_time", "4h"))
    assert (result.state, result.why, result.lines) == ("passed", "", ())
    record, made = module._run(instance, {}, None, ())
    assert (record.refused, record.silent, record.untried, len(made.doors)) == ("", [], [], doors)
    assert {answer.door for answer in record.answers} == {
        f"{door.service}{f' ({door.why})' if door.why else ''}" for door in made.doors
    }
    return result


@pytest.mark.parametrize("base", ["/tmp", "/run", "/var/tmp"])  # they are hidden in a rehearsal
def test_folders_that_a_rehearsal_hides(base: str) -> None:
    with falcot(base) as place:
        passes(opened(place))


def test_only_ipv6(place: Place) -> None:
    instance = opened(place)
    edits = [parameter(instance, "inet_protocols", "ipv6"), parameter(instance, "inet_interfaces", "::1")]
    text = (place.etc / "main.cf").read_text()
    assert rehearsed(instance, *edits).state == "passed"
    text = text.replace("inet_protocols = ipv4", "inet_protocols = ipv6")
    (place.etc / "main.cf").write_text(text.replace("inet_interfaces = 127.0.0.1", "inet_interfaces = ::1"))
    passes(opened(place))


def test_postscreen(place: Place) -> None:
    add(
        place,
        "master.cf",
        "2527 inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n"
        "dnsblog unix - - n - 0 dnsblog\ntlsproxy unix - - n - 0 tlsproxy\n",
    )
    passes(opened(place), doors=7)
    instance = opened(place)
    wrong = rehearsed(instance, parameter(instance, "postscreen_access_list", "nonsense"))
    assert (wrong.state, any("postscreen" in line for line in wrong.lines)) == ("failed", True)


def test_dovecot_is_asked_by_a_stand_in(place: Place) -> None:
    listener = Listener(str(place.spool / "private-auth"))
    try:
        instance = opened(place)
        edits = [
            parameter(instance, "smtpd_sasl_type", "dovecot"),
            parameter(instance, "smtpd_sasl_path", "private-auth"),
            parameter(instance, "smtpd_sasl_auth_enable", "yes"),
        ]
        result = rehearsed(instance, *edits)
        assert (result.state, result.lines) == ("passed", ())
        assert "Dovecot's answers to logins" in result.not_tried
        own = [
            option(instance, "587/inet", "smtpd_sasl_type", "dovecot"),
            option(instance, "587/inet", "smtpd_sasl_path", "private-auth"),
            option(instance, "587/inet", "smtpd_sasl_auth_enable", "yes"),
        ]
        result = rehearsed(instance, *own)
        assert (result.state, result.lines) == ("passed", ())
        assert listener.reached == 0
    finally:
        listener.close()


def test_a_main_cf_behind_a_symlink(place: Place) -> None:
    real = place.directory / "real.cf"
    (place.etc / "main.cf").rename(real)
    (place.etc / "main.cf").symlink_to(real)
    passes(opened(place))


def _without_spool(place: Place) -> None:
    shutil.rmtree(place.spool)


def _without_data(place: Place) -> None:
    shutil.rmtree(place.directory / "data")


@pytest.mark.parametrize(
    ("change", "name"), [(_without_spool, "queue_directory"), (_without_data, "data_directory")]
)
def test_a_folder_that_is_missing_already(place: Place, change: Change, name: str) -> None:
    change(place)
    result = passes(opened(place))
    assert any(each.startswith(f"{name} ") and "does not exist" in each for each in result.not_tried)


def test_a_master_cf_without_services(place: Place) -> None:
    (place.etc / "master.cf").write_text("")
    passes(opened(place), doors=0)


def test_a_program_that_no_service_offers(place: Place) -> None:
    """It waits for ever, before as after: that is said, and no alarm."""
    text = (place.etc / "master.cf").read_text()
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith("rewrite")]
    (place.etc / "master.cf").write_text("".join(kept))
    instance = opened(place)
    result = rehearsed(instance, parameter(instance, "delay_warning_time", "4h"))
    assert (result.state, result.lines) == ("passed", ())
    assert any("/rewrite, which no service offers" in each for each in result.not_tried)
    assert result.seconds < module.PATIENCE


def test_a_file_that_root_would_not_import(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with somebody's socket.py may be where mailtui is started."""
    (tmp_path / "socket.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.chdir(tmp_path)
    passes(opened(place))


def test_who_is_not_root_cannot(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = opened(place)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    result = rehearsed(instance, parameter(instance, "delay_warning_time", "4h"))
    assert (result.state, result.why, result.stops) == ("impossible", "not root", True)


def test_a_table_below_tmp_that_only_a_service_names(place: Place, tmp_path: Path) -> None:
    (tmp_path / "clients").write_text("192.0.2.0/24 REJECT\n")
    instance = opened(place)
    value = f"check_client_access cidr:{tmp_path}/clients"
    result = rehearsed(instance, option(instance, "25/inet", "smtpd_client_restrictions", value))
    assert (result.state, result.lines) == ("passed", ())


def test_of_tmp_itself_only_the_files_that_are_named_are_shown(place: Place) -> None:
    """It is full of others' files and sockets, too many to look through."""
    instance = opened(place)
    with tempfile.TemporaryDirectory(prefix="mt-", dir="/tmp") as mark:  # the very folder that is hidden
        path = Path(f"{mark}-table")
        made = {f"{path}-new{end}": f"{path}{end}" for end in ("", ".db")}  # as a change would lay them
        path.write_text("a.example local:\n")
        try:
            subprocess.run(["postmap", f"hash:{path}"], check=True)
            for name, files in ((path, {}), (f"{path}-new", made)):
                edit = parameter(instance, "transport_maps", f"hash:{name}")
                result = module.rehearse(instance, instance.over(Candidate(instance.files, [edit])), files)
                assert (result.state, result.why, result.lines) == ("passed", "", ())
        finally:
            for end in ("", ".db"):
                Path(f"{path}{end}").unlink(missing_ok=True)
        assert not list(Path(mark).parent.glob(f"{path.name}-new*"))
    add(place, "patterns", "/^x-a/ REJECT\n")
    edit = parameter(instance, "header_checks", f"regexp:{path}")
    path.symlink_to(place.etc / "patterns")
    linked = rehearsed(instance, edit)
    path.unlink()
    assert (linked.state, linked.why, linked.lines) == ("passed", "", ())
    gone = rehearsed(instance, edit)
    assert (gone.state, f"open {path}: No such file" in gone.lines[0]) == ("failed", True)
