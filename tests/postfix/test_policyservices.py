"""Policy services: which program each is, whether it answers, postgrey's files, and its place in the chain."""

from __future__ import annotations

import gzip
import random
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailtui.demo.greylist import Greylist
from mailtui.edits.candidate import Candidate
from mailtui.edits.greylist import AddWhite, RemoveWhite, SetDefault, SetWhite, SwitchWhite
from mailtui.edits.greylistplan import greylisting
from mailtui.edits.model import Conflict
from mailtui.formats.defaults import Defaults
from mailtui.formats.splice import Missing, Refused
from mailtui.formats.target import Target
from mailtui.formats.whitelist import Whitelist, means
from mailtui.postfix.files import Files
from mailtui.postfix.greylisting import KNOWN, options, whitelists, with_option
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyservices import by_answer, policy_services, question, try_service
from mailtui.postfix.smtpd.policy import Endpoint
from tests.laws.whole import corpus


def instance(folder: Path, main: str, master: str = "") -> Instance:
    (folder / "main.cf").write_text(main)
    (folder / "master.cf").write_text("smtp inet n - y - - smtpd\n" + master)
    return Instance.open(str(folder))


@pytest.fixture
def greylist() -> Iterator[int]:
    with Greylist(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_services_are_found_and_recognised(tmp_path: Path) -> None:
    found = policy_services(
        instance(
            tmp_path,
            "smtpd_restriction_classes = grey\ngrey = check_policy_service inet:127.0.0.1:1\n"
            "smtpd_recipient_restrictions =\n  check_policy_service unix:private/policyd-spf,\n"
            "  check_policy_service { inet:127.0.0.1:1, timeout=3s }\n",
            "policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf\n",
        )
    )
    assert [(each.written, each.program) for each in found] == [
        ("unix:private/policyd-spf", "policyd-spf"),
        ("inet:127.0.0.1:1", "other"),
    ]
    assert "master.cf spawns" in found[0].by
    assert found[1].rules == ("smtpd_recipient_restrictions in main.cf:5", "grey in main.cf:2")


def test_a_service_is_tried_with_a_harmless_question(tmp_path: Path, greylist: int) -> None:
    here = instance(tmp_path, "")
    tried = try_service(here, Endpoint("inet", f"127.0.0.1:{greylist}"))
    assert tried.alive
    assert tried.program == "postgrey"
    assert tried.action.startswith("DEFER_IF_PERMIT greylisted")
    assert question(1.0).endswith(b"\n\n")
    closed = try_service(here, Endpoint("unix", "private/none"))
    assert (closed.alive, closed.says) == (False, "does not answer: No such file or directory")


def test_a_service_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        tried = try_service(
            instance(tmp_path, ""), Endpoint("inet", f"127.0.0.1:{silent.getsockname()[1]}"), 0.3
        )
    assert not tried.alive
    assert 250 < tried.ms < 2000


def test_a_process_is_recognised_by_what_listens(tmp_path: Path, greylist: int) -> None:
    here = instance(tmp_path, f"smtpd_data_restrictions = check_policy_service inet:127.0.0.1:{greylist}\n")
    found = policy_services(here)[0]
    assert "pytest" in found.process or "python" in found.process
    assert (found.program, found.by.partition(" /")[0]) == ("other", "the process")


def test_answers_tell_programs() -> None:
    assert by_answer("PREPEND Received-SPF: pass") == "policyd-spf"
    assert by_answer("DEFER_IF_PERMIT Greylisted, see http://postgrey") == "postgrey"
    assert by_answer("DUNNO") == "other"


# Its place in the chain


def after(here: Instance) -> str:
    plan = greylisting(here, "inet:127.0.0.1:10023")
    assert not plan.refused, plan.refused
    staged = here.over(Candidate(here.files, plan.edits))
    return staged.parameters.effective("smtpd_recipient_restrictions")


def test_it_goes_last_but_before_what_ends_the_list(tmp_path: Path) -> None:
    ask = "check_policy_service inet:127.0.0.1:10023"
    here = instance(
        tmp_path,
        "smtpd_recipient_restrictions = permit_mynetworks,\n  reject_unauth_destination,\n  permit\n",
    )
    words = after(here).replace(",", " ").split()
    assert " ".join(words) == f"permit_mynetworks reject_unauth_destination {ask} permit"
    here = instance(tmp_path, "")
    assert after(here).endswith(f"reject_unauth_destination, {ask}")
    here = instance(tmp_path, f"smtpd_recipient_restrictions = reject_unauth_destination, {ask}\n")
    assert "already" in greylisting(here, "inet:127.0.0.1:10023").refused
    here = instance(tmp_path, "smtpd_recipient_restrictions = reject_unlisted_recipient\n")
    assert len(greylisting(here, "inet:127.0.0.1:1").says) == 3


# postgrey's files

OPTS = b"""\
# postgrey startup options
POSTGREY_OPTS="--inet=127.0.0.1:10023 --delay=60 --privacy"
#POSTGREY_TEXT="Your customized message"
"""


def test_each_option_of_postgrey_has_a_meaning() -> None:
    page = Path("/usr/share/man/man8/postgrey.8.gz")
    if not page.exists():
        pytest.skip("postgrey is not installed")
    text = gzip.decompress(page.read_bytes()).decode("utf-8", "replace").replace(r"\-", "-")
    named = set(re.findall(r"^\\& +(?:-\w, )?--([a-z][a-z0-9-]+)", text, re.MULTILINE))
    assert len(named) > 20
    assert named <= set(KNOWN)


def test_options_of_postgrey(tmp_path: Path) -> None:
    path = tmp_path / "postgrey"
    path.write_bytes(OPTS)
    held = options(Files(), Target("defaults", str(path)))
    assert (held.listens, held.value("delay"), held.value("max-age")) == ("inet:127.0.0.1:10023", "60", "35")
    assert with_option(held, "delay", "300") == "--inet=127.0.0.1:10023 --delay=300 --privacy"
    assert with_option(held, "delay", None) == "--inet=127.0.0.1:10023 --privacy"
    assert with_option(held, "max-age", "9").endswith("--privacy --max-age=9")


def test_a_value_is_written_where_it_stands_or_below_its_default() -> None:
    document = Defaults.parse(OPTS)
    target = Target("defaults", "/etc/default/postgrey")
    edit = SetDefault(target, "POSTGREY_TEXT", "Wait a little", None)
    changed = document.spliced(edit.splices(document))
    assert changed.raw == OPTS + b'POSTGREY_TEXT="Wait a little"\n'
    assert changed.spliced(edit.inverse().splices(changed)).raw == OPTS
    changed = document.spliced(document.set(b"POSTGREY_OPTS", b"--inet=1"))
    assert changed.raw.splitlines()[1] == b'POSTGREY_OPTS="--inet=1"'
    with pytest.raises(Conflict):
        SetDefault(target, "POSTGREY_OPTS", "x", "y").splices(document)
    with pytest.raises(Refused):
        document.set(b"POSTGREY_TEXT", b"$HOME")
    assert [problem.line for problem in Defaults.parse(b'A="x$y"\nB=x y\nC="ok"\n').problems] == [1, 2]


def test_whitelists(tmp_path: Path) -> None:
    (tmp_path / "whitelist_clients").write_bytes(b"# title\nexample.com # note\n/^mx\\d/\n")
    named = [Target("whitelist", f"{tmp_path}/whitelist_clients{end}") for end in ("", ".local")]
    held = whitelists(Files(), named)
    assert [target.name for target, _ in held] == ["whitelist_clients"]
    document = held[0][1]
    assert [(each.text, each.line, each.note) for each in document.entries] == [
        (b"example.com", 2, b"note"), (b"/^mx\\d/", 3, b""),
    ]  # fmt: skip
    target = held[0][0]
    changed = document.spliced(AddWhite(target, "192.0.2.1").splices(document))
    assert changed.raw.endswith(b"192.0.2.1\n")
    assert changed.spliced(RemoveWhite(target, "192.0.2.1").splices(changed)).raw == document.raw
    with pytest.raises(Missing):
        document.remove(b"nobody")
    with pytest.raises(Refused):
        document.add(b"two words")


def test_an_entry_goes_off_and_on_and_becomes_another() -> None:
    target = Target("whitelist", "/etc/postgrey/whitelist_clients")
    document = Whitelist.parse(b"# prose.\n#old.example\n  example.com   # note\n")
    off = document.spliced(SwitchWhite(target, "Example.com", False).splices(document))
    assert off.raw == b"# prose.\n#old.example\n  #example.com   # note\n"
    assert [each.text for each in off.off] == [b"old.example", b"example.com"]
    assert off.spliced(SwitchWhite(target, "example.com", True).splices(off)).raw == document.raw
    edit = SetWhite(target, "example.com", "example.org")
    changed = document.spliced(edit.splices(document))
    assert changed.raw.endswith(b"  example.org   # note\n")
    assert changed.spliced(edit.inverse().splices(changed)).raw == document.raw
    with pytest.raises(Conflict):
        SetWhite(target, "gone.example", "x.example").splices(document)
    with pytest.raises(Refused):
        Whitelist.parse(b"localhost\n").switch(b"localhost", False)
    added = document.spliced(AddWhite(target, "192.0.2.1", "2026-11-23 laure: why").splices(document))
    assert added.raw.endswith(b"192.0.2.1   # 2026-11-23 laure: why\n")


@pytest.mark.parametrize(
    ("text", "listed", "says"),
    [
        ("example.com", "clients", "hosts below it"), ("192.0.2", "clients", "/24"),
        ("2001:db8::/32", "clients", "clients in"), ("/^a/", "clients", "pattern"),
        ("joe@", "recipients", "every domain"), ("joe@example.com", "recipients", "with extensions"),
        ("example.com", "recipients", "below it"),
    ],
)  # fmt: skip
def test_what_an_entry_lets_through(text: str, listed: str, says: str) -> None:
    assert says in means(text.encode(), "clients" if listed == "clients" else "recipients")


@pytest.mark.parametrize("text", [b"a b", b"@example.com", b"a@b@c", b"*"])
def test_what_matches_nothing_is_refused(text: bytes) -> None:
    with pytest.raises(Refused):
        means(text, "recipients")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120), st.randoms(use_true_random=False))
@example(b"\x0b.", random.Random(0))
def test_every_byte_string_is_such_a_file(raw: bytes, choose: random.Random) -> None:
    white, defaults = Whitelist.parse(raw), Defaults.parse(raw)
    assert white.raw == defaults.raw == raw
    added = white.spliced(white.add(b"new.example"))
    assert [each.text for each in added.entries] == [*(e.text for e in white.entries), b"new.example"]
    made = defaults.spliced(defaults.set(b"NAME", b"a text"))
    for each in white.entries:
        try:
            off = white.spliced(white.switch(each.text, False))
        except Refused:
            continue
        assert off.find(each.text) is None
        if sum(one.text.lower() == each.text.lower() for one in (*white.entries, *white.off)) == 1:
            assert off.spliced(off.switch(each.text, True)).raw == raw
    held = made.get(b"NAME")
    assert held is not None
    assert held.value == b"a text"
    assert choose is not None


@pytest.mark.parametrize("path", corpus("postgrey-defaults") + corpus("postgrey-whitelist") or [None])
def test_real_files_keep_their_bytes(path: Path | None) -> None:
    if path is None:
        pytest.skip("no corpus of configuration files on this machine")
    raw = path.read_bytes()
    assert Defaults.parse(raw).raw == Whitelist.parse(raw).raw == raw
    if "defaults" in str(path.parent):
        assert any(each.name.startswith(b"POSTGREY_") for each in Defaults.parse(raw).assignments)
    else:
        lines = [line.partition(b"#")[0].strip() for line in raw.splitlines()]
        assert [each.text for each in Whitelist.parse(raw).entries] == [line for line in lines if line]
