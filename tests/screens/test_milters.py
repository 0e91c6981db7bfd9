"""Milters as an admin sees and changes them: real servers that answer, hang, close, or are not there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.milters.sockets import Sockets
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import milterview, milterwatch
from mailtui.screens.parts.milterwatch import MilterWatch
from mailtui.screens.parts.terminal import Plan
from tests.milters.servers import Manner, Server, closed_port, serving
from tests.postfix.conftest import MakeInstance, instance_dir
from tests.screens.milting import made, milters, tmp_path

__all__ = ["instance_dir", "tmp_path"]


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milterview, "SECONDS", 0.4)


@pytest.fixture
def four() -> Iterator[list[Server]]:
    with serving("speaks", "hangs", "garbage", "speaks") as servers:
        yield servers


def folder_of(instance_dir: MakeInstance, tmp_path: Path, servers: list[Server]) -> Path:
    """smtpd_milters with one a line, the last one off; non_smtpd_milters has the first."""
    lines = "".join(f"  {server.address},\n" for server in servers[:3])
    main = (
        f"smtpd_milters =\n  # the first\n{lines}#  {servers[3].address},\n  inet:127.0.0.1:{closed_port()}\n"
    )
    return made(instance_dir, tmp_path / "spool", f"{main}non_smtpd_milters = {servers[0].address}\n")


async def test_each_state_in_a_word(instance_dir: MakeInstance, tmp_path: Path, four: list[Server]) -> None:
    folder = folder_of(instance_dir, tmp_path, four)
    async with milters(folder) as up:
        await up.answered()
        states = up.states()
        assert states[0].startswith(f"  {four[0].address} alive ")
        assert states[1:3] == [f"! {four[1].address} HANGS", f"! {four[2].address} no milter"]
        assert states[3] == f"# {four[3].address} off"
        assert states[4].endswith("nobody listens")
        assert states[5] == "  (no milter is asked)"
        assert states[6].startswith(f"  {four[0].address} alive ")
        assert four[0].seen == 1  # it is in two lists, and asked once
        assert four[3].seen == 0
        await up.shows("[Chain] Keys Files", "smtpd", "non_smtpd", "submission", "6 milters")


async def test_the_pane_says_what_happens_without_it(
    instance_dir: MakeInstance, tmp_path: Path, four: list[Server]
) -> None:
    async with milters(folder_of(instance_dir, tmp_path, four)) as up:
        await up.answered()
        await up.on(four[0].address)
        await up.shows("add headers, change headers", "protocol 6", "451 4.7.1 at MAIL FROM", "the first")
        await up.on(four[1].address)
        await up.shows("says nothing within", "each session waits for it first, up to 30s")
        await up.on(four[2].address)
        await up.shows("is no milter")
        assert "\x1b" not in up.text
        await up.press("x")
        await up.shows("q back", "Postfix", four[2].address)
        await up.press("q")


async def test_keys_never_wait_for_a_milter_that_hangs(
    instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milterview, "SECONDS", 5.0)
    manners: list[Manner] = ["hangs", "hangs"]
    manners += ["speaks"] * 8
    with serving(*manners) as servers:
        main = "smtpd_milters = " + ", ".join(server.address for server in servers) + "\n"
        folder = made(instance_dir, tmp_path / "spool", main)
        async with milters(folder) as up:
            began = time.monotonic()
            for _ in range(8):
                await up.press("j")
            assert time.monotonic() - began < 2
            assert up.line.text == servers[8].address
            await up.until(lambda: sum(alive.negotiated for alive in up.view.alives.values()) == 8)
            assert up.states()[0].endswith("asking…")


async def test_one_that_comes_back_is_seen_with_r(instance_dir: MakeInstance, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    folder = made(instance_dir, spool, "smtpd_milters = unix:sock\n")
    async with milters(folder) as up:
        await up.until(lambda: up.states()[0].endswith("no socket"))
        server = Server("speaks", spool / "sock")
        try:
            await up.press("r")
            await up.until(lambda: "alive" in up.states()[0])
        finally:
            server.close()
        await up.press("r")
        await up.until(lambda: up.states()[0].endswith("nobody listens"))


async def test_off_and_on_and_out(instance_dir: MakeInstance, tmp_path: Path, four: list[Server]) -> None:
    folder = folder_of(instance_dir, tmp_path, four)
    async with milters(folder) as up:
        await up.on(four[1].address)
        await up.press("number_sign")
        await up.now_staged(1)
        assert f"\n#  {four[1].address},\n" in up.written("main.cf")
        assert up.line.row is not None
        assert (up.line.row.address, up.line.row.enabled) == (four[1].address, False)
        await up.press("number_sign")
        await up.now_staged(0)
        await up.press("d")
        await up.now_staged(1)
        assert four[1].address not in up.written("main.cf")
        assert up.states()[1].startswith("- ")
        await up.press("u")
        await up.now_staged(0)


async def test_moved_with_what_tells_of_it(
    instance_dir: MakeInstance, tmp_path: Path, four: list[Server]
) -> None:
    async with milters(folder_of(instance_dir, tmp_path, four)) as up:
        await up.on(four[0].address)
        await up.press("J")
        await up.now_staged(1)
        text = up.written("main.cf")
        assert f"  {four[1].address},\n  # the first\n  {four[0].address},\n" in text
        assert up.line.text == four[0].address
        await up.press("K")
        await up.now_staged(0)


async def test_a_new_one_for_all_mail(instance_dir: MakeInstance, tmp_path: Path, four: list[Server]) -> None:
    folder = folder_of(instance_dir, tmp_path, four)
    async with milters(folder) as up:
        await up.on(four[0].address)
        await up.press("n")
        await up.shows("inet:host:port or unix:path; a chrooted service")
        await up.type("inet:8891@localhost")
        await up.shows("Postfix wants inet:localhost:8891")
        await up.press("ctrl+u")
        await up.type("inet:localhost:18891")
        await up.press("down", "down", "down")
        await up.press("right")  # if down: accept
        await up.shows("mail passes as if it were not there")
        await up.press(*["enter"] * 6)
        await up.now_staged(2)
        text = up.written("main.cf")
        assert text.count("{ inet:localhost:18891, default_action=accept }") == 2
        assert up.line.row is not None
        assert up.line.row.address == "inet:localhost:18891"


async def test_another_time_limit(instance_dir: MakeInstance, tmp_path: Path, four: list[Server]) -> None:
    async with milters(folder_of(instance_dir, tmp_path, four)) as up:
        await up.on(four[0].address, "non_smtpd_milters")
        await up.press("c")
        await up.shows("as milter_default_action says: tempfail")
        await up.press("down", "down")
        await up.shows("milter_connect_timeout, which is 30s")
        await up.type("soon")
        await up.shows("is no time")
        await up.press("ctrl+u")
        await up.type("5s")
        await up.press(*["enter"] * 5)
        await up.now_staged(1)
        wanted = f"non_smtpd_milters = {{ {four[0].address}, connect_timeout=5s }}\n"
        assert wanted in up.written("main.cf")


async def test_a_services_empty_list_goes_with_d(
    instance_dir: MakeInstance, tmp_path: Path, four: list[Server]
) -> None:
    async with milters(folder_of(instance_dir, tmp_path, four)) as up:
        await up.at(("empty", "smtpd_milters submission/inet"))
        await up.shows("asks no milter; d has it ask those of main.cf again")
        await up.press("d")
        await up.now_staged(1)
        assert "-o smtpd_milters" not in up.written("master.cf")


async def test_f_offers_what_mends_it(instance_dir: MakeInstance, tmp_path: Path) -> None:
    with serving("speaks") as [server]:
        main = f"smtpd_milters = inet:{server.port}@127.0.0.1\n"
        async with milters(made(instance_dir, tmp_path / "spool", main)) as up:
            await up.until(lambda: up.states()[0].endswith("wrong address"))
            await up.press("f")
            await up.shows("milter-address", "1")
            await up.press("enter")
            await up.now_staged(1)
            await up.until(lambda: "alive" in up.states()[0])
            assert f"smtpd_milters = {server.address}\n" in up.written("main.cf")


async def test_tab_goes_round_the_three_lists(instance_dir: MakeInstance, tmp_path: Path) -> None:
    async with milters(made(instance_dir, tmp_path / "spool", "")) as up:
        await up.shows("no milter is asked")
        modes = []
        for key in ("tab", "tab", "tab", "shift+tab"):
            await up.press(key)
            await up.pilot.pause()
            modes.append(up.app.current_mode)
        assert modes == ["dkimkeys", "filterfiles", "milters", "filterfiles"]


async def test_hostile_text_stays_text(instance_dir: MakeInstance, tmp_path: Path) -> None:
    main = "smtpd_milters = unix:/x\x1b]0;PWNED\x07[/red][@click=app.quit]y\u202e\n"
    async with milters(made(instance_dir, tmp_path / "spool", main), size=(140, 40)) as up:
        await up.shows("[@click=app.quit]")
        assert not {"\x1b", "\x07", "\u202e"} & set(up.text)
        await up.press("x")
        await up.shows("q back")
        assert not {"\x1b", "\x07", "\u202e"} & set(up.text)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
async def test_state_without_colour_at_all_sizes(
    instance_dir: MakeInstance, tmp_path: Path, four: list[Server], size: tuple[int, int]
) -> None:
    folder = folder_of(instance_dir, tmp_path, four)
    async with milters(folder, size=size, plan=Plan(no_colour=True)) as up:
        await up.answered()
        await up.shows("alive", "HANGS", "no milter", "nobody listens", "off")


# -- the status line


def words_of(watch: MilterWatch, until: str) -> str:
    end = time.monotonic() + 10
    while (found := watch.words()) != until and time.monotonic() < end:
        time.sleep(0.02)
    return found


def test_the_status_line_tells_of_one_that_is_down(
    instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milterwatch, "FIRST", 0.0)
    monkeypatch.setattr(milterwatch, "SOON", 0.1)
    spool = tmp_path / "spool"
    folder = made(instance_dir, spool, "smtpd_milters = unix:opendkim/sock, unix:strange/sock\n")
    watch = MilterWatch(Instance.open(str(folder)))
    assert words_of(watch, "2 milters DOWN") == "2 milters DOWN"
    servers = []
    try:
        for name in ("strange", "opendkim"):
            (spool / name).mkdir()
            servers.append(Server("speaks", spool / name / "sock"))
            left = {"strange": "opendkim DOWN", "opendkim": ""}[name]
            assert words_of(watch, left) == left
    finally:
        for server in servers:
            server.close()


def test_nothing_is_looked_at_where_there_is_no_milter(
    instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milterwatch, "FIRST", 0.0)
    looked: list[MilterWatch] = []
    monkeypatch.setattr(MilterWatch, "_look", looked.append)
    watch = MilterWatch(Instance.open(str(made(instance_dir, tmp_path / "spool", "smtpd_milters =\n"))))
    assert [watch.words() for _ in range(3)] == ["", "", ""]
    assert not looked


async def test_an_empty_form_is_no_error_until_it_is_staged(
    instance_dir: MakeInstance, tmp_path: Path, four: list[Server]
) -> None:
    async with milters(folder_of(instance_dir, tmp_path, four), size=(100, 40)) as up:
        await up.on(four[0].address)
        await up.press("n")
        await up.shows("inet:host:port or unix:path; a chrooted service")
        await up.pilot.pause(0.3)
        assert "an address is wanted" not in up.text
        await up.press(*["enter"] * 10)
        await up.shows("! an address is wanted: inet:host:port or unix:path")


async def test_a_clamd_that_is_gone_is_seen_on_its_milters_row(
    instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """clamav-milter answers all the same: what it can do is what clamd can. `f` has the way back."""
    monkeypatch.setattr(Sockets, "owners", {})  # this test's own process is no program that is known
    with serving("speaks") as [server]:
        folder = made(instance_dir, tmp_path / "spool", f"smtpd_milters = {server.address}\n")
        conf = folder.parent / "clamav"
        conf.mkdir()
        text = (
            f"MilterSocket inet:{server.port}@127.0.0.1\nClamdSocket unix:{tmp_path}/old\nOnInfected Reject\n"
        )
        (conf / "clamav-milter.conf").write_text(text)
        (conf / "clamd.conf").write_text(f"LocalSocket {tmp_path}/clamd\nDatabaseDirectory {tmp_path}\n")
        async with milters(folder) as up:
            await up.until(lambda: up.states()[0] == f"! {server.address} no clamd")
            await up.shows("clamd does not answer: No such file", "is refused: 550", "clamav-milter")
            await up.press("f")
            await up.shows("ClamdSocket unix:")
            await up.press("enter")
            await up.now_staged(1)
            (edit,) = up.app.session.draft.edits
            assert edit.describe() == f"~ clamav-milter.conf: ClamdSocket unix:{tmp_path}/clamd"
