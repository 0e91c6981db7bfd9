"""Following mail: every class, every kind of delivery, in instances compiled by the real programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.postfix.ends import unsearched
from mailtui.postfix.localusers import LocalUsers
from tests.postfix.alias_server import Server, make
from tests.postfix.conftest import MakeInstance


@pytest.fixture
def server(instance_dir: MakeInstance, tmp_path: Path) -> Server:
    return make(instance_dir, tmp_path)


def test_virtual_alias_with_every_hop(server: Server) -> None:
    found = server("contact@falcotsbrand.com")
    virtual = f"hash:{server.folder}/virtual"
    assert found.domain_class == "virtual-alias"
    assert [(step.source, step.to, step.table, step.line) for step in found.steps] == [
        ("contact@falcotsbrand.com", "webmaster@falcotsbrand.com", virtual, 3),
        ("webmaster@falcotsbrand.com", "jean@falcot.com", virtual, 2),
        ("webmaster@falcotsbrand.com", "m@box.example", virtual, 2),
    ]
    assert server.ends("contact@falcotsbrand.com") == [
        ("jean@falcot.com", "mailbox", "/var/mail/jean"),
        ("m@box.example", "maildir", "/var/vmail/m/"),
    ]
    assert found.loops == ()
    assert found.why == ""


@pytest.mark.parametrize(
    ("address", "ends"),
    [
        ("anyone@falcotsbrand.com", [("sophie@falcot.com", "mailbox", "/var/mail/sophie")]),
        ("WebMaster+x@FalcotsBrand.com", [("jean+x@falcot.com", "mailbox", "/var/mail/jean"),
                                          ("m+x@box.example", "maildir", "/var/vmail/m/")]),
        ("jean+x@falcotsbrand.com", [("laure@falcot.com", "mailbox", "/var/mail/laure")]),
        ("second@falcotsbrand.com", [("laure@falcot.com", "mailbox", "/var/mail/laure")]),
        ("foo+bar@moved.example", [("sophie@falcot.com", "mailbox", "/var/mail/sophie")]),
        ("webmaster@moved.example", [("jean@falcot.com", "mailbox", "/var/mail/jean"),
                                     ("m@box.example", "maildir", "/var/vmail/m/")]),
        ("m@box.example", [("m@box.example", "maildir", "/var/vmail/m/")]),
        ("n@box.example", [("n@box.example", "mbox", "/var/vmail/n")]),
        ("self@box.example", [("self@box.example", "mbox", "/var/vmail/self"),
                              ("x@remote.example", "remote", "smtp:[out.example]:587")]),
        ("m@relay.example", [("m@relay.example", "relay", "relay:[out.example]:587")]),
        ("x@slow.example", [("x@slow.example", "remote", "smtp:[slow.example]")]),
        ("x@a.sub.example", [("x@a.sub.example", "remote", "smtp:[gate.example]")]),
        ("x@sub.example", [("x@sub.example", "remote", "smtp:[out.example]:587")]),
        ("postmaster", [("jean@falcot.com", "mailbox", "/var/mail/jean")]),
        ("jean@localhost", [("jean@localhost", "mailbox", "/var/mail/jean")]),
        ("jean+a@falcot.com", [("jean+a@falcot.com", "mailbox", "/var/mail/jean")]),
        ("old", [("jean@falcot.com", "mailbox", "/var/mail/jean")]),
        ("me", [("me@falcot.com", "mailbox", "/var/mail/me"), ("laure@falcot.com", "mailbox", "/var/mail/laure")]),
        ("prog", [("prog@falcot.com", "command", "/bin/echo a b"),
                  ("prog@falcot.com", "file", "/var/spool/log"),
                  ("file@falcot.com", "error", 'unknown user: "file"')]),
        ("incl", [("jean@falcot.com", "mailbox", "/var/mail/jean"),
                  ("m@relay.example", "relay", "relay:[out.example]:587"),
                  ("laure@falcot.com", "mailbox", "/var/mail/laure")]),
        ("list", [("jean@falcot.com", "mailbox", "/var/mail/jean"),
                  ("laure+hot@falcot.com", "mailbox", "/var/mail/laure"),
                  ("nobody-here@falcot.com", "error", 'unknown user: "nobody-here"')]),
        ("jean%box.example@falcot.com", [("jean%box.example@falcot.com", "error", None)]),
        ("m%relay.example@falcot.com", [("m@relay.example", "relay", "relay:[out.example]:587")]),
    ],
)  # fmt: skip
def test_where_mail_ends(server: Server, address: str, ends: list[tuple[str, str, str | None]]) -> None:
    if ends[0][2] is None:  # the routed form reaches a mailbox domain that has no such mailbox
        assert server.ends(address) == []
        assert "User unknown in virtual mailbox table" in server(address).why
        return
    assert server.ends(address) == ends


@pytest.mark.parametrize(
    ("address", "kind", "why"),
    [
        ("nobody@falcot.com", "local", "refused 550 User unknown in local recipient table"),
        ("x@loop.example", "virtual-alias", "refused 550 User unknown in virtual alias table"),
        ("x@box.example", "virtual-mailbox", "refused 550 User unknown in virtual mailbox table"),
        ("x@relay.example", "relay", "refused 550 User unknown in relay recipient table"),
        ("x@bad.example", "default", "refused 550 closed"),
    ],
)
def test_unknown_addresses_say_why(server: Server, address: str, kind: str, why: str) -> None:
    found = server(address)
    assert (found.domain_class, found.final, found.why) == (kind, (), why)
    assert server.fate(address) == why


def test_virtual_circle(server: Server) -> None:
    found = server("a@loop.example")
    assert found.loops == ("a@loop.example → b@loop.example → a@loop.example",)
    assert found.final == ()
    assert found.why.startswith("refused 451 4.6.0 Alias expansion error")


def test_circle_of_aliases_still_delivers_the_rest(server: Server) -> None:
    found = server("l1")
    assert found.loops == ("l1 → l2 → l1",)
    assert ("laure@falcot.com", "mailbox", "/var/mail/laure") in server.ends("l1")
    assert any(end.how == "error" and "alias database loop" in end.delivery for end in found.final)


def test_a_list_with_an_owner_is_sent_anew(server: Server) -> None:
    assert server.ends("team") == [
        ("laure@falcot.com", "mailbox", "/var/mail/laure"),
        ("jean@falcot.com", "mailbox", "/var/mail/jean"),
        ("m@box.example", "maildir", "/var/vmail/m/"),
    ]


def test_missing_include_list(server: Server) -> None:
    ((address, how, delivery),) = server.ends("gone")
    assert (address, how) == ("gone@falcot.com", "error")
    assert "no-such-file cannot be read" in delivery


def test_forward_file(server: Server, tmp_path: Path) -> None:
    home = tmp_path / "home" / "laure"
    home.mkdir(parents=True)
    (home / ".forward").write_text("\\laure, sophie\n|/bin/true\n~/copy\nx@remote.example\n")
    assert server.ends("laure") == [
        ("laure@falcot.com", "mailbox", "/var/mail/laure"),
        ("sophie@falcot.com", "mailbox", "/var/mail/sophie"),
        ("laure@falcot.com", "command", "/bin/true"),
        ("laure@falcot.com", "file", f"{home}/copy"),
        ("x@remote.example", "remote", "smtp:[out.example]:587"),
    ]
    step = server("laure").steps[0]
    assert (step.file, step.line) == (f"{home}/.forward", 1)
    (home / ".forward+hot").write_text("sophie\n")
    assert server.ends("laure+hot") == [("sophie@falcot.com", "mailbox", "/var/mail/sophie")]


def test_forward_files_in_a_circle_end_by_delivered_to(server: Server, tmp_path: Path) -> None:
    for name, to in (("laure", "sophie"), ("sophie", "laure")):
        (tmp_path / "home" / name).mkdir(parents=True)
        (tmp_path / "home" / name / ".forward").write_text(f"{to}\n")
    found = server("laure")
    assert found.loops == ("laure@falcot.com → sophie@falcot.com → laure@falcot.com",)
    assert [end.how for end in found.final] == ["error"]


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ("home_mailbox = Maildir/", ("maildir", "{H}/jean/Maildir/")),
        ("home_mailbox = Mailbox", ("mbox", "{H}/jean/Mailbox")),
        ("mail_spool_directory = /srv/mail/", ("maildir", "/srv/mail/jean/")),
        ("mailbox_command = /usr/bin/procmail -a \"$EXTENSION\"", ("command", '/usr/bin/procmail -a "$EXTENSION"')),
        ("mailbox_transport = lmtp:unix:private/lmtp", ("relay", "lmtp:unix:private/lmtp")),
        ("local_transport = lmtp:unix:private/lmtp", ("relay", "lmtp:unix:private/lmtp")),
    ],
)  # fmt: skip
def test_how_local_mail_is_kept(
    instance_dir: MakeInstance, tmp_path: Path, more: str, end: tuple[str, str]
) -> None:
    server = make(instance_dir, tmp_path, more)
    ((_, how, delivery),) = server.ends("jean")
    assert (how, delivery) == (end[0], end[1].replace("{H}", str(tmp_path / "home")))


def test_unknown_users_may_go_elsewhere(instance_dir: MakeInstance, tmp_path: Path) -> None:
    server = make(
        instance_dir,
        tmp_path,
        "luser_relay = sophie+$local\nlocal_recipient_maps =",
        ["local_recipient_maps"],
    )
    assert server.ends("nobody") == [("sophie+nobody@falcot.com", "mailbox", "/var/mail/sophie")]


def test_an_empty_list_of_recipients_takes_everyone_and_bounces(
    instance_dir: MakeInstance, tmp_path: Path
) -> None:
    server = make(instance_dir, tmp_path, "local_recipient_maps =", ["local_recipient_maps"])
    assert server("nobody").why == ""
    assert server.ends("nobody") == [("nobody@falcot.com", "error", 'unknown user: "nobody"')]


def test_patterns_get_the_full_address_only(instance_dir: MakeInstance, tmp_path: Path) -> None:
    more = f"virtual_alias_maps = regexp:{tmp_path}/etc1/patterns\nvirtual_alias_domains = falcotsbrand.com"
    folder = instance_dir(
        f"myorigin = falcot.com\nrecipient_delimiter = +\n{more}\n",
        files={
            "patterns": "/^(.*)-dept@falcotsbrand\\.com$/ $1@remote.example\n/^plus@/ no@remote.example\n"
        },
    )
    server = Server(folder, tmp_path)
    assert server.ends("it-dept@falcotsbrand.com") == [("it@remote.example", "remote", "smtp:remote.example")]
    assert server("plus+x@falcotsbrand.com").why.startswith("refused 550")
    assert unsearched(server.instance) == [f"regexp:{folder}/patterns"]


def test_aliases_nested_too_deep(instance_dir: MakeInstance, tmp_path: Path) -> None:
    """As Postfix 3.7.11 does: whatever comes after 25 nested aliases bounces."""
    chain = "".join(f"c{number}: c{number + 1}\n" for number in range(30)) + "c30: jean\n"
    folder = instance_dir(
        f"myorigin = falcot.com\nalias_maps = hash:{tmp_path}/etc1/aliases\n",
        files={"aliases": chain},
        postalias=["hash:aliases"],
    )
    server = Server(folder, tmp_path)
    assert server.ends("c7") == [("jean@falcot.com", "mailbox", "/var/mail/jean")]
    assert server.ends("c5") == [("c30@falcot.com", "error", "alias database loop for c30")]
    assert server("c5").loops == ()
    assert "more than 25 aliases" in server("c5").notes[0]


def test_a_forward_that_everyone_may_write_is_ignored(server: Server, tmp_path: Path) -> None:
    home = tmp_path / "home" / "laure"
    home.mkdir(parents=True)
    (home / ".forward").write_text("sophie\n")
    (home / ".forward").chmod(0o666)
    assert server.ends("laure") == [("laure@falcot.com", "mailbox", "/var/mail/laure")]


def test_the_users_of_this_machine() -> None:
    users = LocalUsers()
    root = users.find("root")
    assert root is not None
    assert (root.uid, root.home) == (0, "/root")
    assert users.find("no such user") is None
    assert users.find("nul\0in-it") is None
    assert "root" in users.names("roo", 5)


def test_tables_that_cannot_answer_are_told(instance_dir: MakeInstance) -> None:
    server = Server(instance_dir("virtual_alias_maps = hash:/no/such/table\n"), Path("/nonexistent"))
    found = server("jean@falcot.com")
    assert found.final[0].how == "mailbox"
    assert any("/no/such/table" in note for note in found.notes)
