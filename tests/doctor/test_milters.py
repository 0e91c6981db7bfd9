"""Each trap of a milter made, found at its line, and mended by the edit that is offered, or none with a reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from mailtui.doctor import milterdefaults, milterorder
from mailtui.doctor import milters as family
from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.milters import known
from mailtui.milters.chains import milter_chains
from mailtui.milters.programs import MILTERS, Program
from mailtui.milters.sockets import Sockets
from mailtui.postfix.instance import Instance
from tests.doctor.ailing import healed
from tests.milters.servers import Server, closed_port, serving
from tests.postfix.conftest import MakeInstance, instance_dir
from tests.screens.aliasing import short_folder

__all__ = ["instance_dir"]

MASTER = """\
smtp inet n - {chroot} - - smtpd
submission inet n - {chroot} - - smtpd
  -o smtpd_sasl_auth_enable=yes
{more}cleanup unix n - n - 0 cleanup
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short name: a socket's path has 107 bytes at most."""
    for folder in short_folder():
        os.chmod(folder, 0o755)
        yield folder


def found_in(instance: Instance) -> list[Finding]:
    return examine(instance, (family.findings, milterorder.findings))


def only(instance: Instance, id_: str) -> Finding:
    mine = [each for each in found_in(instance) if each.id == id_]
    assert len(mine) == 1, [(each.id, each.title) for each in found_in(instance)]
    return mine[0]


def kinds(instance: Instance) -> set[str]:
    return {each.id for each in found_in(instance)}


class Make:
    """Instances with a queue directory of their own."""

    def __init__(self, instance_dir: MakeInstance, folder: Path) -> None:
        self._make, self.spool = instance_dir, folder / "spool"
        self.spool.mkdir(exist_ok=True)

    def __call__(self, main: str, *, chroot: str = "n", more: str = "") -> Instance:
        text = f"queue_directory = {self.spool}\n{main}"
        return Instance.open(str(self._make(text, master=MASTER.format(chroot=chroot, more=more))))

    def file(self, program: str, text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A program's own file, where mailtui looks for it."""
        path = self.spool.parent / f"{program}.conf"
        path.write_text(text)
        found = replace(MILTERS[program], file=str(path))
        monkeypatch.setitem(cast("dict[str, Program]", MILTERS), program, found)
        return path


@pytest.fixture
def make(instance_dir: MakeInstance, tmp_path: Path) -> Make:
    return Make(instance_dir, tmp_path)


def test_sendmails_way_is_written_in_postfixs(make: Make) -> None:
    with serving("speaks") as [server]:
        instance = make(f"milter_default_action = accept\nsmtpd_milters =\n  inet:{server.port}@127.0.0.1\n")
        found = only(instance, "milter-address")
        assert (found.severity, found.file, found.line) == ("error", instance.main.path, 4)
        assert "smtpd stops" in found.why
        now = healed(instance, found)
        assert not kinds(now)
        assert milter_chains(now)[0].live[0].address == server.address


@pytest.mark.parametrize("text", ["/run/x", "{ unix:x, colour=red }", "inet6:8891@localhost", "foo:x"])
def test_another_wrong_address_has_no_edit_and_says_what_to_write(make: Make, text: str) -> None:
    found = only(make(f"smtpd_milters = {text}\n"), "milter-address")
    assert found.fix is None
    assert "inet:host:port" in found.fix_words


def test_a_full_path_for_a_chrooted_service(make: Make) -> None:
    (make.spool / "opendkim").mkdir()
    server = Server("speaks", make.spool / "opendkim/sock")
    try:
        instance = make(f"smtpd_milters = {server.address}\n", chroot="y")
        found = only(instance, "milter-chroot")
        assert found.severity == "error"
        assert "chrooted" in found.why
        assert "451 4.7.1" in found.why
        now = healed(instance, found)
        assert milter_chains(now)[0].live[0].address == "unix:opendkim/sock"
        assert not kinds(now)
        assert not kinds(make(f"smtpd_milters = {server.address}\n", chroot="n"))
    finally:
        server.close()


def test_a_socket_outside_the_chroot_has_no_edit(make: Make, tmp_path: Path) -> None:
    server = Server("speaks", tmp_path / "sock")
    try:
        main = f"milter_default_action = accept\nsmtpd_milters = {server.address}\n"
        found = only(make(main, chroot="y"), "milter-chroot")
        assert (found.severity, found.fix) == ("warning", None)
        assert "below" in found.fix_words
    finally:
        server.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look at what postfix may")
def test_the_folder_that_postfix_may_not_enter_is_named(make: Make) -> None:
    inner = make.spool / "opendkim"
    inner.mkdir()
    server = Server("speaks", inner / "sock")
    try:
        os.chown(inner, 0, 4444)
        inner.chmod(0o750)
        found = only(make("smtpd_milters = unix:opendkim/sock\n"), "milter-permission")
        assert f"{inner} (root:4444 0750)" in found.why
        assert (found.fix, found.fix_words) == (None, "adduser postfix 4444, then reload Postfix")
        inner.chmod(0o755)
        assert not kinds(make("smtpd_milters = unix:opendkim/sock\n"))
    finally:
        server.close()


def test_tempfail_and_a_dead_milter(make: Make) -> None:
    instance = make(f"smtpd_milters =\n  {{ inet:127.0.0.1:{closed_port()}, connect_timeout=3s }}\n")
    found = only(instance, "milter-stops-mail")
    assert (found.severity, found.line) == ("error", 3)
    assert "451 4.7.1" in found.why
    now = healed(instance, found)
    assert milter_chains(now)[0].live[0].settings == {"connect_timeout": "3s", "default_action": "accept"}
    left = only(now, "milter-down")
    assert (left.severity, left.fix) == ("warning", None)
    assert "UNFILTERED" in left.why


def test_the_programs_own_file_names_another_socket(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    (make.spool / "opendkim").mkdir()
    server = Server("speaks", make.spool / "opendkim/other")
    monkeypatch.setattr(Sockets, "owners", {})  # an opendkim of this host is not meant
    try:
        path = make.file("opendkim", f"# x\nSocket\tlocal:{make.spool}/opendkim/other\nMode v\n", monkeypatch)
        instance = make("smtpd_milters = unix:opendkim/sock\n", chroot="y")
        found = only(instance, "milter-elsewhere")
        assert f"{path}:2" in found.why
        now = healed(instance, found)
        assert milter_chains(now)[0].live[0].address == "unix:opendkim/other"
        assert not kinds(now)
    finally:
        server.close()


def test_a_socket_that_the_program_will_not_have_after_its_next_start(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving("speaks") as [server]:
        make.file("opendkim", "Socket inet:7@localhost\n", monkeypatch)
        monkeypatch.setattr(known, "of_process", lambda _process: MILTERS["opendkim"])
        found = only(make(f"smtpd_milters = {server.address}\n"), "milter-other-socket")
        assert "next start" in found.why
        assert found.fix is None


class Order:
    """A list of programs that all listen, known by the files that name their ports."""

    def __init__(self, make: Make, monkeypatch: pytest.MonkeyPatch, ports: dict[str, int]) -> None:
        for program, port in ports.items():
            word = "MilterSocket" if program == "clamav-milter" else "Socket"
            text = f"{word} inet:{port}@127.0.0.1\n"
            text += "Mode sv\n" if program == "opendkim" else ""
            make.file(program, text, monkeypatch)
        monkeypatch.setattr(Sockets, "owners", {})  # else this test's own process would tell
        self.text = {name: f"inet:127.0.0.1:{port}" for name, port in ports.items()}


@pytest.fixture
def three(make: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """opendkim (which signs), opendmarc and clamav-milter, all alive."""
    with serving("speaks", "speaks", "speaks") as servers:
        ports = dict(zip(("opendkim", "opendmarc", "clamav-milter"), (s.port for s in servers), strict=True))
        yield Order(make, monkeypatch, ports).text


def test_opendmarc_before_opendkim(make: Make, three: dict[str, str]) -> None:
    both = f"{three['opendmarc']},\n  # signs\n  {three['opendkim']}"
    instance = make(f"smtpd_milters =\n  {both}\nnon_smtpd_milters = $smtpd_milters\n")
    found = only(instance, "milter-order")
    assert (found.severity, found.line) == ("error", 3)
    now = healed(instance, found)
    assert [row.address for row in milter_chains(now)[0].live] == [three["opendkim"], three["opendmarc"]]
    assert not kinds(now)


def test_signing_before_what_changes_mail(make: Make, three: dict[str, str]) -> None:
    text = f"{three['opendkim']}, {three['clamav-milter']}"
    instance = make(f"smtpd_milters = {text}\nnon_smtpd_milters = $smtpd_milters\n")
    found = only(instance, "milter-order")
    assert found.severity == "warning"
    assert not kinds(healed(instance, found))


def test_local_mail_unsigned(make: Make, three: dict[str, str]) -> None:
    instance = make(f"smtpd_milters =\n  {{ {three['opendkim']}, default_action=accept }}\n")
    found = only(instance, "milter-local-unsigned")
    assert found.line == 3
    now = healed(instance, found)
    assert not kinds(now)
    assert milter_chains(now)[1].live[0].settings == {"default_action": "accept"}


def test_one_that_only_verifies_need_not_see_local_mail(
    make: Make, three: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = three["opendkim"].rpartition(":")[2]
    make.file("opendkim", f"Socket inet:{port}@127.0.0.1\nMode v\n", monkeypatch)
    assert not kinds(make(f"smtpd_milters = {three['opendkim']}\n"))


def test_users_mail_unsigned(make: Make, three: dict[str, str]) -> None:
    main = f"smtpd_milters = {three['opendkim']}\nnon_smtpd_milters = $smtpd_milters\n"
    instance = make(main, more=f"  -o smtpd_milters={three['clamav-milter']}\n")
    found = only(instance, "milter-users-unsigned")
    assert (found.file, found.line) == (instance.master.path, 4)
    now = healed(instance, found)
    assert [row.address for row in milter_chains(now)[1].live] == [three["clamav-milter"], three["opendkim"]]
    assert not kinds(now)


@pytest.mark.parametrize("name", ["smtp_header_checks", "smtp_generic_maps", "milter_header_checks"])
def test_what_changes_signed_mail(make: Make, three: dict[str, str], name: str) -> None:
    main = f"smtpd_milters = {three['opendkim']}\nnon_smtpd_milters = $smtpd_milters\n"
    instance = make(f"{main}{name} = inline:{{a=b}}\n")
    found = only(instance, "milter-changed-after")
    assert (found.line, found.fix) == (4, None)
    assert "header_checks" in found.fix_words
    assert not kinds(make(main))


def test_signed_twice_behind_a_content_filter(make: Make, three: dict[str, str]) -> None:
    main = f"smtpd_milters = {three['opendkim']}\nnon_smtpd_milters = $smtpd_milters\n"
    back = "127.0.0.1:10025 inet n - n - - smtpd\n"
    instance = make(f"{main}content_filter = smtp:[127.0.0.1]:10024\n", more=back)
    assert not kinds(healed(instance, only(instance, "milter-signed-twice")))
    off = f"{back}  -o receive_override_options=no_milters\n"
    assert not kinds(make(f"{main}content_filter = smtp:[127.0.0.1]:10024\n", more=off))


def test_the_same_twice(make: Make) -> None:
    with serving("speaks") as [server]:
        found = only(make(f"smtpd_milters = {server.address},\n  {server.address}\n"), "milter-twice")
        assert (found.line, found.fix) == (3, None)


def test_open_to_the_world(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("", 0)) as one:
        port = one.getsockname()[1]
        path = make.file("opendkim", f"Socket inet:{port}\nMode v\n", monkeypatch)
        monkeypatch.setattr(Sockets, "owners", {})
        instance = make(f"smtpd_milters = inet:localhost:{port}\n")
        found = only(instance, "milter-open")
        now = healed(instance, found)
        assert now.files.raw(str(path)) == f"Socket inet:{port}@localhost\nMode v\n".encode()


def test_nothing_is_said_where_there_is_no_milter_or_no_service_that_asks(make: Make) -> None:
    assert not kinds(make(""))
    assert not kinds(make("smtpd_milters =\nnon_smtpd_milters =\n"))


def test_hostile_text_is_made_visible(make: Make) -> None:
    for found in found_in(make("smtpd_milters = unix:/x\x1b]0;PWNED\x07y\n")):
        assert "\x1b" not in f"{found.title}{found.why}{found.fix_words}"


@pytest.mark.parametrize("unix", [False, True])
def test_a_socket_in_a_file_that_systemd_does_not_read(
    make: Make, monkeypatch: pytest.MonkeyPatch, unix: bool
) -> None:
    monkeypatch.setattr(Sockets, "owners", {})
    (make.spool.parent / "default").mkdir()
    port = closed_port()
    place = "local:$RUNDIR/sock" if unix else f"inet:{port}@localhost"
    value = place.replace("$RUNDIR", f"{make.spool}/opendkim")
    default = make.spool.parent / "default" / "opendkim"
    default.write_text(f'# old\nRUNDIR={make.spool}/opendkim\nSOCKET="{place}"\n')
    conf = make.spool.parent / "opendkim.conf"
    conf.write_text("Mode v\nSocket\tlocal:/run/opendkim/other.sock\n")
    instance = make(f"smtpd_milters = {'unix:opendkim/sock' if unix else f'inet:localhost:{port}'}\n")

    def told(instance: Instance) -> list[Finding]:
        return examine(instance, (milterdefaults.findings,))

    (found,) = told(instance)
    assert (found.id, found.file, found.line) == ("milter-defaults-ignored", str(default), 3)
    assert "systemd does not read this file" in found.why
    now = healed(instance, found)
    assert f"Socket\t{value}\n".encode() in now.files.raw(str(conf))
    assert told(now) == []
    default.write_text(default.read_text().replace("\nSOCKET", "\n#SOCKET"))
    assert told(Instance.open(instance.config_dir)) == []
