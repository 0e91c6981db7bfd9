"""Following mail: every class, every kind of delivery, in instances compiled by the real programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.resolution import Resolution
from mailtui.postfix.resolve import fate, find_ends, resolve, unsearched
from tests.postfix.conftest import MakeInstance, run

MAIN = """\
myorigin = falcot.com
recipient_delimiter = +
virtual_alias_domains = falcotsbrand.com, loop.example
virtual_alias_maps = hash:{R}/virtual, hash:{R}/virtual2
alias_maps = hash:{R}/aliases
alias_database = $alias_maps
local_recipient_maps = proxy:unix:passwd.byname $alias_maps
virtual_mailbox_domains = box.example
virtual_mailbox_maps = hash:{R}/vbox
virtual_mailbox_base = /var/vmail
relay_domains = relay.example
relay_recipient_maps = hash:{R}/relay
recipient_canonical_maps = hash:{R}/canonical
transport_maps = hash:{R}/transport
relayhost = [out.example]:587
"""
VIRTUAL = """\
# the brand
webmaster@falcotsbrand.com  jean@falcot.com, m@box.example
contact@falcotsbrand.com    webmaster@falcotsbrand.com
@falcotsbrand.com           sophie
jean+x@falcotsbrand.com     laure
team@falcotsbrand.com       list
a@loop.example  b@loop.example
b@loop.example  a@loop.example
self@box.example self@box.example, x@remote.example
@moved.example  @falcotsbrand.com
"""
VIRTUAL2 = """\
webmaster@falcotsbrand.com  nobody-sees-this@falcot.com
second@falcotsbrand.com     laure@falcot.com
"""
ALIASES = """\
postmaster: root
root:   jean
web:    webmaster@falcotsbrand.com
prog:   "|/bin/echo a b", /var/spool/log file
incl:   :include:{R}/include
gone:   :include:{R}/no-such-file
me:     me, laure
l1: l2
l2: l1, laure
list:   jean, laure+hot, nobody-here
owner-team: jean
team:   laure, web
"""
INCLUDE = "jean\n# no one\nm@relay.example laure\n"
TABLES = ["virtual", "virtual2", "vbox", "relay", "canonical", "transport"]


class People(LocalUsers):
    """Local users that this machine need not have."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def find(self, name: str) -> LocalUser | None:
        if name not in {"jean", "laure", "sophie", "me", "root"}:
            return None
        return LocalUser(name, str(self._home / name), 0)

    def names(self, prefix: str, limit: int) -> list[str]:
        return [name for name in ("jean", "laure", "me", "root", "sophie") if name.startswith(prefix)][:limit]


class Server:
    def __init__(self, folder: Path, home: Path) -> None:
        self.instance = Instance.open(str(folder))
        self.folder = folder
        self.users = People(home)

    def __call__(self, address: str) -> Resolution:
        return resolve(self.instance, address, self.users)

    def ends(self, address: str) -> list[tuple[str, str, str]]:
        return [(end.address, end.how, end.delivery) for end in self(address).final]

    def fate(self, address: str) -> str:
        return fate(self.instance, address, self.users)

    def aliases_of(self, address: str) -> list[str]:
        return [end.alias for end in find_ends(self.instance, address, self.users)]


@pytest.fixture
def server(instance_dir: MakeInstance, tmp_path: Path) -> Server:
    return make(instance_dir, tmp_path)


def make(instance_dir: MakeInstance, tmp_path: Path, more: str = "", without: Iterable[str] = ()) -> Server:
    """The server of MAIN with further lines; `without` names parameters of MAIN to leave out."""
    where = tmp_path / "etc1"
    lines = [line for line in MAIN.splitlines() if line.split()[0] not in set(without)]
    main = "\n".join([*lines, more, ""]).replace("{R}", str(where))
    files = {
        "virtual": VIRTUAL, "virtual2": VIRTUAL2, "aliases": ALIASES.replace("{R}", str(where)),
        "include": INCLUDE, "vbox": "m@box.example m/\nn@box.example n\nself@box.example self\n",
        "relay": "m@relay.example x\n", "canonical": "old@falcot.com jean\n",
        "transport": "slow.example smtp:[slow.example]\n.sub.example :[gate.example]\nbad.example error:5.1.2 closed\n",
    }  # fmt: skip
    folder = instance_dir(
        main, files=files, postmap=[f"hash:{name}" for name in TABLES], postalias=["hash:aliases"]
    )
    assert folder == where
    return Server(folder, tmp_path / "home")


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


def test_json_is_what_the_interface_says(server: Server) -> None:
    answer = json.loads(json.dumps(server("web").as_json()))
    assert answer["address"] == "web@falcot.com"
    assert answer["class"] == "local"
    assert answer["final"][0] == {
        "address": "jean@falcot.com",
        "how": "mailbox",
        "delivery": "/var/mail/jean",
    }
    assert answer["steps"][0] == {
        "from": "web@falcot.com", "to": "webmaster@falcotsbrand.com", "table": f"hash:{server.folder}/aliases",
        "file": f"{server.folder}/aliases", "line": 3,
    }  # fmt: skip
    assert answer["loops"] == []
    assert "why" not in answer


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nothing@falcotsbrand.com", "taken by @falcotsbrand.com → sophie"),
        ("@falcotsbrand.com", "taken by @falcotsbrand.com → sophie"),
        ("webmaster@falcotsbrand.com", "goes to jean, m@box.example"),
        ("root", "goes to jean"),
        ("root+x", "taken by root → jean"),
        ("jean", "delivered to jean, mailbox /var/mail/jean"),
        ("x@remote.example", "sent on by smtp:[out.example]:587"),
    ],
)
def test_fate_is_one_sentence(server: Server, address: str, words: str) -> None:
    assert server.fate(address) == words


def test_fate_through_other_bytes(server: Server) -> None:
    """A reader that lays a change over the disk is all that `after` needs."""

    class Without(Files):
        def document(self, target: Target) -> Any:
            document = super().document(target)
            if target.path.endswith("/virtual") and isinstance(document, Table):
                return document.spliced(document.remove(b"webmaster@falcotsbrand.com"))
            return document

    other = server.instance.over(Without())
    assert fate(other, "webmaster@falcotsbrand.com", server.users) == (
        'goes to nobody-sees-this, and bounces: unknown user: "nobody-sees-this"'
    )
    assert server.fate("webmaster@falcotsbrand.com") == "goes to jean, m@box.example"


def test_who_ends_at_an_address(server: Server) -> None:
    assert server.aliases_of("sophie@falcot.com") == ["@falcotsbrand.com", "@moved.example"]
    jean = server.aliases_of("jean")
    direct = {"old@falcot.com", "webmaster@falcotsbrand.com", "root", "incl", "list", "owner-team"}
    assert set(jean[:6]) == direct
    assert set(jean[6:]) == {"contact@falcotsbrand.com", "web", "postmaster", "team", "team@falcotsbrand.com"}
    assert server.aliases_of("m@relay.example") == ["incl"]
    assert server.aliases_of("nobody-sees-this@falcot.com") == [], "an earlier table takes the address"
    assert server.aliases_of("|/bin/echo a b") == ["prog"]
    assert "list" in server.aliases_of("laure")


def test_the_way_to_an_end_is_told(server: Server) -> None:
    found = {end.alias: end for end in find_ends(server.instance, "m@box.example", server.users)}
    web = found["web"]
    assert [(step.source, step.to) for step in web.path] == [
        ("web@falcot.com", "webmaster@falcotsbrand.com"), ("webmaster@falcotsbrand.com", "m@box.example"),
    ]  # fmt: skip
    assert (web.file, web.line, web.direct) == (f"{server.folder}/aliases", 3, False)
    assert found["webmaster@falcotsbrand.com"].direct


def test_ends_are_bounded(server: Server) -> None:
    assert len(find_ends(server.instance, "jean", server.users, limit=2)) == 2


def test_keys_agree_with_postmap(server: Server) -> None:
    """The entry that a step names is the one that Postfix's own lookup gives."""
    for address in ("contact@falcotsbrand.com", "anyone@falcotsbrand.com", "second@falcotsbrand.com"):
        step = server(address).steps[0]
        answer = run("postmap", "-c", str(server.folder), "-q", step.key, step.table)
        assert step.to.removesuffix("@falcot.com").encode() in answer.stdout
