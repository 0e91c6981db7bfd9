"""What is known of a milter at rest: its program, the three addresses, chroot and rights on the way to it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.formats.milteritem import Endpoint
from mailtui.milters.chains import milter_chains
from mailtui.milters.facts import Facts, World, facts, when_down, which_mail
from mailtui.milters.known import own_address, own_word, recognise
from mailtui.milters.look import look
from mailtui.milters.programs import MILTERS
from mailtui.milters.rights import Who, may, user, way
from mailtui.milters.sockets import Listening, Process, Sockets
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance
from tests.milters.servers import Server, closed_port, serving
from tests.postfix.conftest import MakeInstance, instance_dir
from tests.screens.aliasing import short_folder

__all__ = ["instance_dir"]

MASTER = "smtp inet n - {chroot} - - smtpd\ncleanup unix n - n - 0 cleanup\n"
STRANGER = Who("stranger", 4321, frozenset({4321}))


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short name: a socket's path has 107 bytes at most."""
    yield from short_folder()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """A queue directory that everybody may enter."""
    folder = tmp_path / "spool"
    folder.mkdir()
    os.chmod(tmp_path, 0o755)
    return folder


def facts_of(instance_dir: MakeInstance, spool: Path, address: str, chroot: str = "n") -> Facts:
    """Of the one milter of smtpd_milters."""
    main = f"queue_directory = {spool}\nsmtpd_milters = {address}\n"
    instance = Instance.open(str(instance_dir(main, master=MASTER.format(chroot=chroot))))
    chain = milter_chains(instance)[0]
    return facts(World(instance), chain, chain.rows[0])


def words(found: Facts) -> list[str]:
    return [state.word for state in found.states]


def test_a_listening_port_and_its_process(instance_dir: MakeInstance, spool: Path) -> None:
    with serving("speaks") as [server]:
        found = facts_of(instance_dir, spool, server.address)
        assert not found.states
        assert found.known.here is not None
        assert found.known.here.endpoint.postfix == server.address
        if os.geteuid() == 0:
            process = found.known.process
            assert process is not None
            assert process.pid == os.getpid()
            assert found.known.program is None  # it is no milter that is known


def test_nobody_listens(instance_dir: MakeInstance, spool: Path) -> None:
    found = facts_of(instance_dir, spool, f"inet:127.0.0.1:{closed_port()}")
    assert words(found) == ["nobody listens"]
    assert found.out_of_reach is not None


def test_a_host_elsewhere_is_not_judged(instance_dir: MakeInstance, spool: Path) -> None:
    assert not facts_of(instance_dir, spool, "inet:192.0.2.1:8891").states


@pytest.mark.parametrize(
    ("text", "does"),
    [("inet:8891@localhost", "smtpd stops"), ("/run/x", "451 4.3.5"), ("{ x", "smtpd stops")],
)
def test_an_address_that_postfix_cannot_use(
    instance_dir: MakeInstance, spool: Path, text: str, does: str
) -> None:
    found = facts_of(instance_dir, spool, text)
    assert words(found) == ["wrong address"]
    assert does in found.states[0].why


def test_a_socket_seen_from_the_chroot_and_from_outside(instance_dir: MakeInstance, spool: Path) -> None:
    (spool / "m").mkdir()
    server = Server("speaks", spool / "m/sock")
    outside = Server("speaks", spool.parent / "out")
    try:
        for address in ("unix:m/sock", "unix:/m/sock"):
            found = facts_of(instance_dir, spool, address, "y")
            assert (words(found), found.sights[0].path) == ([], f"{spool}/m/sock")
        found = facts_of(instance_dir, spool, "unix:m/sock", "n")
        assert (words(found), found.sights[0].path) == ([], f"{spool}/m/sock")
        found = facts_of(instance_dir, spool, outside.address, "y")
        assert words(found) == ["outside chroot"]
        assert f"{spool}{spool.parent}/out" in found.states[0].why
        assert not facts_of(instance_dir, spool, outside.address, "n").states
        assert words(facts_of(instance_dir, spool, "unix:/m/sock", "n")) == ["no socket"]
    finally:
        server.close()
        outside.close()


def test_a_socket_file_without_anybody_behind_it(instance_dir: MakeInstance, spool: Path) -> None:
    Server("speaks", spool / "left").close()
    assert words(facts_of(instance_dir, spool, "unix:left")) == ["nobody listens"]
    (spool / "file").write_text("")
    assert words(facts_of(instance_dir, spool, "unix:file")) == ["no socket"]


def test_the_node_that_keeps_postfix_out_is_named(spool: Path) -> None:
    inner = spool / "opendkim"
    inner.mkdir()
    server = Server("speaks", inner / "sock")
    try:
        path = str(inner / "sock")
        assert not way(path, STRANGER).trouble
        inner.chmod(0o700)
        found = way(path, STRANGER)
        assert (found.trouble, found.node) == ("may not pass", str(inner))
        assert "0700" in found.says("postfix")
        inner.chmod(0o755)
        (inner / "sock").chmod(0o755)
        found = way(path, STRANGER)
        assert (found.trouble, found.node) == ("may not write", path)
        assert way(str(spool / "none/sock"), STRANGER).node == str(spool / "none")
        assert way(str(inner), STRANGER).trouble == "no socket"
    finally:
        server.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
def test_a_group_that_would_let_him_in(spool: Path) -> None:
    inner = spool / "opendkim"
    inner.mkdir()
    os.chown(inner, 0, 4444)
    inner.chmod(0o750)
    assert way(str(inner / "sock"), STRANGER).group == "4444"
    member = Who("member", 4321, frozenset({4321, 4444}))
    assert way(str(inner / "sock"), member).trouble == "missing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
@pytest.mark.parametrize(
    "mode", [0o000, 0o001, 0o010, 0o100, 0o011, 0o101, 0o110, 0o711, 0o750, 0o700, 0o077]
)
@pytest.mark.parametrize("group", [4321, 4444, 9])
def test_rights_are_those_of_the_kernel(spool: Path, mode: int, group: int) -> None:
    node = spool / "node"
    node.mkdir()
    os.chown(node, 0, group)
    node.chmod(mode)
    who = Who("stranger", 4321, frozenset({4321, 4444}))
    child = os.fork()
    if not child:
        os.setgroups([4321, 4444])
        os.setgid(4321)
        os.setuid(4321)
        os._exit(0 if os.access(node, os.X_OK) else 1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert may(str(node), node.stat(), who, 1) is (status == 0)


def test_mail_owner_and_nobody() -> None:
    assert user("no-such-user") is None
    assert user("root") is not None


# -- programs


def running(name: str, *words: str, at: Endpoint) -> Sockets:
    return Sockets([(at, "7")], {"7": Process(12, name, (name, *words))})


def config(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_opendkim_by_its_process_and_its_own_word(tmp_path: Path) -> None:
    there = Endpoint("inet", "127.0.0.1", "8891")
    path = config(tmp_path / "o.conf", "# mine\nSocket\tinet:8891@localhost\nSocket inet:8892@localhost\n")
    found = recognise(there, Files(), running("opendkim", "-f", "-x", path, at=there))
    assert (found.name, found.by) == ("opendkim", "process 12")
    assert found.own is not None
    assert (found.own.written, found.own.source, found.own.line) == ("inet:8892@localhost", path, 3)
    told = running("opendkim", f"-x{path}", "-p", "inet:8891", at=there)
    own = recognise(there, Files(), told).own
    assert own is not None
    assert (own.written, own.source) == ("inet:8891", "command line")


def test_a_program_that_listens_elsewhere(tmp_path: Path) -> None:
    path = config(tmp_path / "o.conf", "Socket local:/run/opendkim/opendkim.sock\n")
    at = Endpoint("unix", path="/run/opendkim/opendkim.sock")
    found = recognise(Endpoint("inet", "localhost", "8891"), Files(), running("opendkim", "-x", path, at=at))
    assert (found.name, found.by, found.here) == ("opendkim", "its usual port", None)
    assert [each.endpoint for each in found.elsewhere] == [at]


def test_clamav_by_its_file_where_the_first_line_counts(tmp_path: Path) -> None:
    path = config(tmp_path / "c.conf", "MilterSocket /run/clamav/m.ctl\nMilterSocket inet:7357\n")
    own = own_address(
        MILTERS["clamav-milter"],
        Files(),
        Process(1, "clamav-milter", ("clamav-milter", f"--config-file={path}")),
    )
    assert own is not None
    assert own.endpoint == Endpoint("unix", path="/run/clamav/m.ctl")


def test_rspamd_by_its_worker(tmp_path: Path) -> None:
    path = config(tmp_path / "p.inc", 'milter = yes;\nbind_socket = "*:11332";\n')
    own = own_word(MILTERS["rspamd proxy"], path, Files())
    assert (own.endpoint, own.line) == (Endpoint("inet", "", "11332"), 2)


def test_a_stranger_is_unknown_and_hostile_names_are_made_visible() -> None:
    there = Endpoint("inet", "127.0.0.1", "9999")
    found = recognise(there, Files(), running("\x1b]0;x\x07", at=there))
    assert found.name == "unknown"
    assert "\x1b" not in found.by
    assert recognise(Endpoint("inet", "localhost", "9999"), Files(), Sockets([], {})).name == "unknown"


def test_sockets_of_ipv6_and_of_any_address() -> None:
    listens = Sockets([(Endpoint("inet", "::", "25"), "1"), (Endpoint("inet", "::1", "26"), "2")], {})
    assert listens.at(Endpoint("inet", "192.0.2.1", "25")) == Listening(Endpoint("inet", "::", "25"), "1")
    assert listens.at(Endpoint("inet", "localhost", "26")) is not None
    assert listens.at(Endpoint("inet", "127.0.0.1", "26")) is None
    assert listens.at(Endpoint("inet", "localhost", "smtp")) is not None


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_real_socket_is_in_the_kernels_list(family: socket.AddressFamily) -> None:
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    try:
        one = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"no {family.name} here")
    with one:
        port = str(one.getsockname()[1])
        assert Sockets().at(Endpoint("inet", host, port)) is not None
    assert Sockets().at(Endpoint("inet", host, port)) is None


# -- all of them


def test_all_are_asked_at_once(instance_dir: MakeInstance, spool: Path) -> None:
    with serving("hangs", "hangs", "hangs", "speaks") as servers:
        addresses = ", ".join(server.address for server in servers)
        main = f"queue_directory = {spool}\nsmtpd_milters = {addresses}\nnon_smtpd_milters = $smtpd_milters\n"
        instance = Instance.open(str(instance_dir(main, master=MASTER.format(chroot="n"))))
        found = look(instance, 0.4)
        assert [server.seen for server in servers] == [1, 1, 1, 1]
    assert [each.is_up for each in found] == [False, False, False, True] * 2
    assert all(each.reachable for each in found)


def test_what_happens_without_it(instance_dir: MakeInstance, spool: Path) -> None:
    main = f"queue_directory = {spool}\nsmtpd_milters = unix:a, {{ unix:b, default_action=accept }}\n"
    main += "non_smtpd_milters = unix:a\n"
    smtpd, local = milter_chains(Instance.open(str(instance_dir(main, master=MASTER.format(chroot="n")))))
    assert "451 4.7.1 at MAIL FROM" in when_down(smtpd, smtpd.rows[0], "opendkim")
    assert when_down(smtpd, smtpd.rows[1], "clamav-milter") == "it passes UNSCANNED (accept)"
    assert "maildrop" in when_down(local, local.rows[0], "unknown")
    assert which_mail(smtpd) == "mail by SMTP through smtp/inet"
    assert "own programs" in which_mail(local)
