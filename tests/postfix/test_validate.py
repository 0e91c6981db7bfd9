"""What is said about an alias while it is typed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.postfix.aliastables import AliasTables
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.propose import known_addresses, proposed_table
from mailtui.postfix.resolver import Resolver
from mailtui.postfix.syntax import address_problem
from mailtui.postfix.validate import EntryWarning, check_entry
from tests.postfix.conftest import MakeInstance

MAIN = """\
myorigin = falcot.com
recipient_delimiter = +
virtual_alias_domains = falcotsbrand.com
virtual_alias_maps = hash:{R}/virtual, hash:{R}/virtual2
alias_maps = hash:{R}/aliases
alias_database = $alias_maps
local_recipient_maps = proxy:unix:passwd.byname $alias_maps
virtual_mailbox_domains = box.example
virtual_mailbox_maps = hash:{R}/vbox
virtual_mailbox_base = /var/vmail
"""
VIRTUAL = """\
webmaster@falcotsbrand.com  jean
one@falcotsbrand.com        two@falcotsbrand.com
info@falcot.com             laure
#off@falcotsbrand.com       jean
"""
ALIASES = "root: jean\nlist: jean, laure\n"


class People(LocalUsers):
    def find(self, name: str) -> LocalUser | None:
        uid = {"jean": 1001, "laure": 1002, "www": 33}.get(name)
        return None if uid is None else LocalUser(name, "/nonexistent", uid)

    def names(self, prefix: str, limit: int) -> list[str]:
        return [name for name in ("jean", "laure", "www") if name.startswith(prefix)][:limit]


class Server:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instance = Instance.open(str(folder))
        self.tables = AliasTables.of(self.instance)
        self.resolver = Resolver(self.instance, People())

    def check(
        self, table: str, address: str, *destinations: str, replacing: str | None = None
    ) -> list[EntryWarning]:
        found = self.tables.by_spec(table if ":" in table else f"hash:{self.folder}/{table}")
        assert found is not None
        return check_entry(self.instance, found, address, destinations, replacing, self.resolver)

    def said(self, table: str, address: str, *destinations: str, replacing: str | None = None) -> str:
        """All that is said, joined."""
        warnings = self.check(table, address, *destinations, replacing=replacing)
        return " | ".join(f"{one.field} {one.severity}: {one.text}" for one in warnings)


@pytest.fixture
def server(instance_dir: MakeInstance, tmp_path: Path) -> Server:
    files = {
        "virtual": VIRTUAL, "virtual2": "webmaster@falcotsbrand.com laure\nlate@falcotsbrand.com jean\n",
        "aliases": ALIASES, "vbox": "m@box.example m/\nn@box.example n/\n",
    }  # fmt: skip
    folder = instance_dir(
        MAIN.replace("{R}", str(tmp_path / "etc1")),
        files=files, postmap=["hash:virtual", "hash:virtual2", "hash:vbox"], postalias=["hash:aliases"],
    )  # fmt: skip
    return Server(folder)


@pytest.mark.parametrize(
    ("table", "address", "destinations"),
    [
        ("virtual", "new@falcotsbrand.com", ["jean", "laure@falcot.com", "x@remote.example"]),
        ("virtual", "@falcotsbrand.com", ["jean"]),
        ("virtual", '"first last"@falcotsbrand.com', ["jean"]),
        ("virtual", "copy@falcotsbrand.com", ["copy+old@falcotsbrand.com", "jean"]),
        ("virtual", "m@box.example", ["m@box.example", "jean"]),
        ("virtual", "to@falcotsbrand.com", ["webmaster@falcotsbrand.com"]),
        ("aliases", "new", ["jean", '"|/bin/cat -n"', "/var/log/mails", "root"]),
        ("aliases", "jean", ["jean", "laure"]),
        ("aliases", "first last", ["jean"]),
    ],
)
def test_good_aliases_are_left_in_peace(
    server: Server, table: str, address: str, destinations: list[str]
) -> None:
    assert server.said(table, address, *destinations) == ""


@pytest.mark.parametrize(
    ("table", "address", "destinations", "words"),
    [
        ("virtual", "", ["jean"], "address error: an alias needs an address"),
        ("virtual", "a b@falcotsbrand.com", ["jean"], "a blank needs quotes"),
        ("virtual", "a..b@falcotsbrand.com", ["jean"], "a dot may not stand"),
        ("virtual", "a@falcots_brand..com", ["jean"], "an empty part between its dots"),
        ("virtual", "root:", ["jean"], "does not end in a colon"),
        ("virtual", "x@elsewhere.example", ["jean"], "elsewhere.example is not hosted here"),
        ("virtual", "Webmaster@falcotsbrand.com", ["jean"], "exists already: {R}/virtual:1 → jean"),
        ("virtual", "off@falcotsbrand.com", ["jean"], "switched off: {R}/virtual:4"),
        ("virtual", "late@falcotsbrand.com", ["jean"], "{R}/virtual2:2 has it too"),
        ("virtual", "m@box.example", ["jean"], "takes the mail of the mailbox /var/vmail/m/"),
        ("virtual", "jean@falcot.com", ["laure"], "address warning: takes the mail of the local user jean"),
        ("virtual", "www@falcot.com", ["laure"], "address advice: takes the mail of the local user www"),
        ("virtual", "@box.example", ["jean"], "such as m@box.example"),
        ("virtual", "@falcot.com", ["jean@remote.example"], "every local user and alias at falcot.com"),
        ("virtual", "x@falcotsbrand.com", ["|/bin/true"], "bounces: works only in alias_maps"),
        ("virtual", "x@falcotsbrand.com", ["/var/file"], "bounces: works only in alias_maps"),
        ("virtual", "x@falcotsbrand.com", [":include:/l"], "bounces: works only in alias_maps"),
        ("virtual", "x@falcotsbrand.com", [], "destination error: an alias needs at least one destination"),
        ("virtual", "x@falcotsbrand.com", ["nobody-here"], "no such local user: mail to nobody-here@falcot.com"),
        ("virtual", "x@falcotsbrand.com", ["zz@box.example"], "User unknown in virtual mailbox table"),
        ("virtual", "x@falcotsbrand.com", ["zz@falcotsbrand.com"], "User unknown in virtual alias table"),
        ("virtual", "x@falcotsbrand.com", ["jean", "JEAN"], "destination advice: is named twice"),
        ("virtual", "x@falcotsbrand.com", ["bad@@remote.example"], "may not stand in a name"),
        ("virtual", "two@falcotsbrand.com", ["one@falcotsbrand.com"],
         "loop: two@falcotsbrand.com → one@falcotsbrand.com → two@falcotsbrand.com"),
        ("aliases", "x@falcot.com", ["jean"], "belongs in virtual_alias_maps"),
        ("aliases", "@falcot.com", ["jean"], "aliases(5) has no catch-alls"),
        ("aliases", "root", ["laure"], "exists already: {R}/aliases:1 → jean"),
        ("aliases", "info", ["jean"], "virtual_alias_maps takes info@falcot.com first, by info@falcot.com in {R}/virtual:3"),
        ("aliases", "laure", ["jean"], "takes the mail of the local user laure"),
        ("aliases", "x", ["|/bin/echo a"], 'write "|/bin/echo a" in quotes'),
        ("aliases", "x", [":include:/no/such/list"], "bounces: /no/such/list cannot be read"),
        ("aliases", "x", [":include:list"], "needs its full path"),
        ("aliases", "x", ["nobody-here"], "no such local user"),
        ("aliases", "x", ["@falcot.com"], "works only in virtual_alias_maps"),
        ("aliases", "jean", ["root"], "loop: jean → root → jean"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    server: Server, table: str, address: str, destinations: list[str], words: str
) -> None:
    assert words.replace("{R}", str(server.folder)) in server.said(table, address, *destinations)


def test_the_destination_is_told(server: Server) -> None:
    warnings = server.check("virtual", "x@falcotsbrand.com", "jean", "nobody-here", "|/bin/true")
    assert [(one.field, one.index) for one in warnings] == [("destination", 1), ("destination", 2)]


def test_an_entry_that_is_changed_is_no_duplicate_of_itself(server: Server) -> None:
    key = "webmaster@falcotsbrand.com"
    assert "exists already" not in server.said("virtual", key, "laure", replacing=key)
    assert "exists already" in server.said("virtual", "one@falcotsbrand.com", "laure", replacing=key)
    assert "User unknown" in server.said(
        "virtual", "other@falcotsbrand.com", "one@falcotsbrand.com", replacing="one@falcotsbrand.com"
    ), "what is renamed is not there any more"


def test_the_end_of_a_renamed_circle(server: Server) -> None:
    assert "loop" in server.said("virtual", "two@falcotsbrand.com", "one@falcotsbrand.com")
    assert "loop" not in server.said(
        "virtual", "one@falcotsbrand.com", "two@falcotsbrand.com", "jean", replacing="one@falcotsbrand.com"
    )


def test_tables_that_cannot_be_edited(instance_dir: MakeInstance, tmp_path: Path) -> None:
    folder = instance_dir("virtual_alias_maps = static:jean\n")
    server = Server(folder)
    assert "table error: static:jean cannot be edited: one answer" in server.said(
        "static:jean", "a@b.example", "jean"
    )


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("a@b.example", True), ("a.b+c@b.example", True), ('"a b"@b.example', True), ("a@[192.0.2.1]", True),
        ("a@[IPv6:2001:db8::1]", True), ("ärger@bücher.example", True), ("a", True), ("a" * 64 + "@b.c", True),
        ("a" * 65 + "@b.c", False), ("@b.example", False), ("a@", False), ("a@b..c", False), ("a@-b.c", False),
        ("a@[192.0.2]", False), ("a@[192.0.2.1", False), ('"a@b.example', False), (".a@b.c", False),
        ("a@" + "b" * 64 + ".c", False), ("a\x00@b.c", False), ('"a@b"@c.d', True), ("a\\b@c.d", False),
    ],
)  # fmt: skip
def test_address_syntax(address: str, fine: bool) -> None:
    assert (address_problem(address) == "") is fine


@pytest.mark.parametrize(
    ("address", "table", "key", "doubtful"),
    [
        ("web", "aliases", "web", False),
        ("web@falcot.com", "aliases", "web", False),
        ("@falcot.com", "virtual", "@falcot.com", False),
        ("web@falcotsbrand.com", "virtual", "web@falcotsbrand.com", False),
        ("web@box.example", "virtual", "web@box.example", False),
        ("web@elsewhere.example", "virtual", "web@elsewhere.example", True),
    ],
)
def test_the_table_for_a_new_alias(
    server: Server, address: str, table: str, key: str, doubtful: bool
) -> None:
    found = proposed_table(server.instance, server.tables, address)
    assert found.table is not None
    assert (found.table.name, found.address, found.doubtful) == (table, key, doubtful)
    assert found.reason


def test_no_table_to_propose(instance_dir: MakeInstance) -> None:
    server = Server(instance_dir("virtual_alias_maps =\n"))
    found = proposed_table(server.instance, server.tables, "x@falcotsbrand.com")
    assert found.table is None
    assert "virtual_alias_maps names no table" in found.reason


def test_names_to_complete(server: Server) -> None:
    names = known_addresses(server.instance, server.tables, "L", users=People())
    assert names == ["late@falcotsbrand.com", "laure", "list"]
    assert known_addresses(server.instance, server.tables, "one@", users=People()) == [
        "one@box.example", "one@falcot.com", "one@falcotsbrand.com", "one@localhost",
    ]  # fmt: skip
    assert known_addresses(server.instance, server.tables, "l", limit=1, users=People()) == [
        "late@falcotsbrand.com"
    ]
    assert known_addresses(server.instance, server.tables, "", users=People()) == []


def test_patterns_answer_for_all_destinations_in_one_run(
    instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = instance_dir(
        f"alias_maps = hash:{tmp_path}/etc1/aliases\nvirtual_alias_maps = regexp:{tmp_path}/etc1/patterns\n",
        files={"aliases": ALIASES, "patterns": "/^ticket-7@/ jean\n"},
    )
    asked: list[bytes] = []
    ask = commands.ask

    def counted(argv: Sequence[str], *, stdin: bytes = b"") -> commands.Result:
        if argv[0] == "postmap":
            asked.append(stdin)
        return ask(argv, stdin=stdin)

    monkeypatch.setattr(commands, "ask", counted)
    found = Server(folder).check("aliases", "all", *(f"ticket-{n}@falcot.com" for n in range(9)))
    dead = [(each.index, each.text) for each in found if each.field == "destination"]
    assert dead == [
        (n, f"no such local user: mail to ticket-{n}@falcot.com bounces") for n in range(9) if n != 7
    ]
    assert [stdin.count(b"ticket-") for stdin in asked if b"ticket-" in stdin] == [9]
