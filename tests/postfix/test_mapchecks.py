"""What is said about entries of the tables that rewrite and route mail.

That it is so is seen on a running Postfix in tests/lab/test_maps.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.postfix.aliases import AliasList
from mailtui.postfix.aliastables import AliasTable, AliasTables, maps_in_use
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.mapchecks import check_map_entry
from mailtui.postfix.mapkinds import MAP_KINDS
from mailtui.postfix.maptry import try_address
from mailtui.postfix.mapwords import told
from mailtui.postfix.resolver import Resolver
from tests.postfix.conftest import MakeInstance

MAIN = """\
myorigin = falcot.com
recipient_delimiter = +
virtual_alias_domains = brand.example
virtual_alias_maps = hash:{R}/virtual
virtual_mailbox_domains = box.example
virtual_mailbox_maps = inline:{{m@box.example=m/}}
relay_domains = relay.example
local_recipient_maps = unix:passwd.byname
smtp_tcp_port = 25
"""
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
cleanup   unix  n       -       n       -       0       cleanup
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
lmtp      unix  -       -       n       -       -       lmtp
public    unix  n       -       n       -       -       smtp
#maildrop unix  -       n       n       -       -       pipe
"""
TABLES = {
    "virtual": "info@falcot.com laure@falcot.com\n",
    "canonical_maps": "old@falcot.com jean@falcot.com\n@wide.example jean@falcot.com\n",
    "sender_canonical_maps": "jean Jean.D@falcot.com\n",
    "recipient_canonical_maps": "ping@falcot.com pong@falcot.com\n#off@falcot.com jean@falcot.com\n",
    "transport_maps": "kept.example :\n.sub.example smtp:[gate.sub.example]\n* smtp:[out.example]\n",
    "relocated_maps": "gone@falcot.com gone to http://example.org, tel. 12\n",
    "relay_recipient_maps": "known@relay.example OK\n",
    "smtp_generic_maps": "jean@falcot.com jean@isp.example\n",
    "sender_bcc_maps": "jean@falcot.com laure@falcot.com\n",
    "recipient_bcc_maps": "jean@falcot.com laure@falcot.com\n",
}


class People(LocalUsers):
    def find(self, name: str) -> LocalUser | None:
        uid = {"jean": 1001, "laure": 1002}.get(name)
        return None if uid is None else LocalUser(name, "/nonexistent", uid)


class Server:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instance = Instance.open(str(folder))
        self.resolver = Resolver(self.instance, People())

    def table(self, parameter: str) -> AliasTable:
        return AliasTables.of_maps(self.instance, parameter).tables[0]

    def said(self, parameter: str, key: str, value: str, replacing: str | None = None) -> str:
        """All that is said, joined."""
        found = check_map_entry(self.instance, self.table(parameter), key, value, replacing, self.resolver)
        return " | ".join(f"{one.field} {one.severity}: {one.text}" for one in found)

    def told(self, parameter: str, key: str, value: str) -> str:
        return " | ".join(told(self.instance, self.table(parameter), key, value, self.resolver))


def make(instance_dir: MakeInstance, tmp_path: Path, more: str = "", master: str = MASTER) -> Server:
    folder = tmp_path / "etc1"
    main = MAIN + "".join(f"{name} = hash:{{R}}/{name}\n" for name in MAP_KINDS) + more
    made = instance_dir(
        main.replace("{R}", str(folder)), master=master, files=TABLES,
        postmap=[f"hash:{name}" for name in TABLES],
    )  # fmt: skip
    return Server(made)


@pytest.fixture
def server(instance_dir: MakeInstance, tmp_path: Path) -> Server:
    return make(instance_dir, tmp_path)


def test_tables_in_use(instance_dir: MakeInstance, server: Server) -> None:
    assert maps_in_use(server.instance) == tuple(MAP_KINDS)
    bare = Instance.open(str(instance_dir("transport_maps = inline:{a=b}\nrelocated_maps =\n")))
    assert maps_in_use(bare) == ("transport_maps",)


def test_a_broken_parameter_is_not_hidden(instance_dir: MakeInstance) -> None:
    """Its list says what is wrong."""
    assert "canonical_maps" in maps_in_use(
        Instance.open(str(instance_dir("canonical_maps = $canonical_maps\n")))
    )


FINE = [
    ("canonical_maps", "laure@falcot.com", "jean@falcot.com"),
    ("canonical_maps", "@old.example", "@falcot.com"),
    ("canonical_maps", "jean@wide.example", "Jean <laure@falcot.com>"),
    ("sender_canonical_maps", "laure", "jean@falcot.com"),
    ("sender_canonical_maps", "laure+x@falcot.com", "laure@elsewhere.example"),
    ("recipient_canonical_maps", '"first last"@falcot.com', "jean"),
    ("transport_maps", "a.example", "smtp:[192.0.2.1]:587"),
    ("transport_maps", "a.example", "smtp:gate.a.example:2525"),
    ("transport_maps", "a.example", "smtp:[gate.a.example], [gate2.a.example]:26"),
    ("transport_maps", ".a.example", ":[gate.a.example]"),
    ("transport_maps", "a.example", ":"),
    ("transport_maps", "a.example", "relay:"),
    ("transport_maps", "a.example", "smtp"),
    ("transport_maps", "u+x@a.example", "error:5.7.1 moved on, sorry: bye"),
    ("transport_maps", "a.example", "retry:4.2.1 later"),
    ("transport_maps", "a.example", "lmtp:unix:private/dovecot-lmtp"),
    ("transport_maps", "a.example", "lmtp:inet:[192.0.2.1]:24"),
    ("transport_maps", "a.example", "local:"),
    ("transport_maps", "relay.example", "relay:[inside.relay.example]"),
    ("relocated_maps", "former@falcot.com", "call +33 1, or see /there"),
    ("relay_recipient_maps", "new@relay.example", "x"),
    ("smtp_generic_maps", "laure", "laure+work@isp.example"),
    ("smtp_generic_maps", "@falcot.com", "@isp.example"),
    ("sender_bcc_maps", "@falcot.com", "laure@falcot.com"),
    ("recipient_bcc_maps", "laure+x", "archive@elsewhere.example"),
]


@pytest.mark.parametrize(("parameter", "key", "value"), FINE)
def test_what_is_right_passes_in_silence(server: Server, parameter: str, key: str, value: str) -> None:
    assert server.said(parameter, key, value) == ""
    assert server.told(parameter, key, value)


WRONG = [
    ("canonical_maps", "", "a@b.example", "address error: an entry needs an address"),
    ("canonical_maps", "jean@", "a@b.example", "address error: jean@ is never asked for"),
    ("canonical_maps", "*", "a@b.example", "address error: * is a name here"),
    ("canonical_maps", ".a.example", "a@b.example", "address error: .a.example is never asked for"),
    ("canonical_maps", "@-", "a@b.example", "address error: “-” is no part of a domain"),
    ("canonical_maps", "jean:", "a@b.example", "address error: a key does not end in a colon"),
    ("canonical_maps", "falcot.com", "laure", "address warning: falcot.com is a user here"),
    ("canonical_maps", "first.last", "laure", "address advice: first.last is a user here"),
    ("canonical_maps", "jean", "", "destination error: a key without a value is dropped"),
    ("canonical_maps", "jean", "a@x.example, b@x.example", "destination error: only the first address counts, a@x"),
    ("canonical_maps", "jean", '"|/bin/cat"', "destination error: is no address"),
    ("canonical_maps", "jean", "laure@", "destination error: there is nothing after the @"),
    ("canonical_maps", "pong@falcot.com", "pong", "destination advice: rewrites the address to itself"),
    ("canonical_maps", "jean", "jean+x", "destination error: canonical_maps rewrites jean+x+x"),
    ("canonical_maps", "jean@falcot.com", "old@falcot.com", "destination error: canonical_maps rewrites"),
    ("canonical_maps", "jean", "nobody-at-all", "destination warning: mail to it bounces: "),
    ("canonical_maps", "@falcot.com", "jean", "address warning: every name at falcot.com is accepted"),
    ("canonical_maps", "@falcot.com", "jean", "destination advice: every address at falcot.com becomes this"),
    ("canonical_maps", "old@falcot.com", "laure", "address error: exists already"),
    ("sender_canonical_maps", "laure", "nobody-at-all", "destination warning: answers to it bounce"),
    ("recipient_canonical_maps", "off@falcot.com", "jean", "address advice: is there already, switched off"),
    ("transport_maps", "@a.example", "smtp:", "address error: @a.example is never asked for"),
    ("transport_maps", "*.a.example", "smtp:", "address error: * stands alone"),
    ("transport_maps", "jean", "smtp:", "address warning: jean is taken for a domain"),
    ("transport_maps", "brand.example", "smtp:", "address error: is never asked for: a virtual alias domain"),
    ("transport_maps", "falcot.com", "lmtp:unix:x", "address advice: falcot.com is a local domain"),
    ("transport_maps", "info@falcot.com", "smtp:", "virtual_alias_maps takes its mail first, by info@falcot.com"),
    ("transport_maps", "old@falcot.com", "smtp:", "canonical_maps takes its mail first, by old@falcot.com"),
    ("transport_maps", "a.example", "mail.a.example", "master.cf has no transport mail.a.example"),
    ("transport_maps", "a.example", "mail.a.example", "a host is written smtp:[mail.a.example]"),
    ("transport_maps", "a.example", "[mail.a.example]:25", "write smtp:[mail.a.example]:25"),
    ("transport_maps", "a.example", "SMTP:", "it is written smtp"),
    ("transport_maps", "a.example", "smtp :x", "no blank may stand before the colon"),
    ("transport_maps", "a.example", "maildrop:", "its entry is commented out"),
    ("transport_maps", "a.example", "cleanup:", "cleanup in master.cf delivers no mail"),
    ("transport_maps", "a.example", "public:", "public in master.cf delivers no mail"),
    ("transport_maps", "a.example", "smtp:192.0.2.1", "destination warning: an IP address belongs in brackets"),
    ("transport_maps", "a.example", "smtp:[h.example]:65536", "destination error: 65536 is no port"),
    ("transport_maps", "a.example", "smtp:[h.example", "destination error: the ] is missing"),
    ("transport_maps", "a.example", "smtp:[::1]", "destination error: inet_protocols has no ipv6"),
    ("transport_maps", "a.example", "smtp:[127.0.0.1]", "destination error: 127.0.0.1 is this server itself"),
    ("transport_maps", "a.example", "smtp:falcot.com", "destination advice: without brackets the MX"),
    ("transport_maps", "a.example", "error:4.1.1 later", "destination warning: the client is told 5.1.1"),
    ("transport_maps", "a.example", "error:", "destination advice: the sender is told no more"),
    ("transport_maps", "a.example", "discard:", "destination warning: the mail is taken and thrown away"),
    ("transport_maps", "a.example", "local:x", "destination advice: local(8) pays no heed"),
    ("transport_maps", "a.example", "lmtp:inet:h:99999", "destination error: 99999 is no port"),
    ("relocated_maps", "jean", "away", "address warning: the local user jean gets no more mail"),
    ("relocated_maps", "@falcot.com", "away", "address warning: all mail for falcot.com is refused"),
    ("relocated_maps", "info@falcot.com", "away", "address warning: virtual_alias_maps takes its mail first"),
    ("relay_recipient_maps", "jean", "x", "address error: is never asked for without its domain"),
    ("relay_recipient_maps", "@relay.example", "x", "address warning: everybody at relay.example is accepted"),
    ("relay_recipient_maps", "a@falcot.com", "x", "address warning: falcot.com is a local domain"),
    ("relay_recipient_maps", "a@far.example", "x", "address warning: far.example is not in relay_domains"),
    ("relay_recipient_maps", "a@relay.example", "REJECT no", "destination warning: what it says does not matter"),
    ("sender_bcc_maps", "laure", "a@x.example b@x.example", "destination error: the copy bounces (bad address"),
    ("sender_bcc_maps", "laure", "Jean <jean@falcot.com>", "destination error: the copy bounces (bad address"),
    ("sender_bcc_maps", "laure", "@x.example", "destination error: the copy bounces: it needs a whole address"),
    ("sender_bcc_maps", "laure", "|/bin/cat", "destination error: the copy bounces: commands"),
    ("sender_bcc_maps", "old@falcot.com", "laure", "is never asked for: canonical_maps rewrites it first, by old"),
    ("recipient_bcc_maps", "ping@falcot.com", "laure", "never asked for: recipient_canonical_maps rewrites it"),
    ("recipient_bcc_maps", "laure", "laure@falcot.com", "destination advice: goes to itself"),
    ("recipient_bcc_maps", "laure", "nobody-at-all", "destination error: the copy bounces: "),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "key", "value", "words"), WRONG)
def test_what_is_wrong_is_said(server: Server, parameter: str, key: str, value: str, words: str) -> None:
    assert words in server.said(parameter, key, value)


def test_everything_takes_the_domains_of_this_server_too(instance_dir: MakeInstance, tmp_path: Path) -> None:
    server = make(instance_dir, tmp_path)
    assert "address warning: takes the mail of box.example too" in server.said(
        "transport_maps", "*", "smtp:[out.example]", "*"
    )
    assert server.said("transport_maps", "*", ":[out.example]", "*") == ""


def test_parents_match_subdomains_where_main_cf_says_so(instance_dir: MakeInstance, tmp_path: Path) -> None:
    server = make(instance_dir, tmp_path, "parent_domain_matches_subdomains = transport_maps\n")
    assert "is never asked for: parent_domain_matches_subdomains" in server.said(
        "transport_maps", ".a.example", ":"
    )
    assert "and its subdomains" in server.told("transport_maps", "a.example", "smtp:[h.example]")


def test_tables_that_are_not_asked(instance_dir: MakeInstance, tmp_path: Path) -> None:
    more = (
        "canonical_classes = header_sender\nsender_canonical_classes = \n"
        "receive_override_options = no_address_mappings\n"
    )
    without_smtp = "\n".join(line for line in MASTER.splitlines() if not line.endswith("smtp")) + "\n"
    server = make(instance_dir, tmp_path, more, without_smtp)
    assert (
        "canonical_classes leaves out envelope_sender, envelope_recipient, header_recipient"
        in server.said("canonical_maps", "laure@falcot.com", "jean@falcot.com")
    )
    said = server.said("sender_canonical_maps", "laure", "jean@falcot.com")
    assert "sender_canonical_classes leaves nothing" in said
    assert "receive_override_options has no_address_mappings" in said
    assert "no_address_mappings" in server.said("recipient_bcc_maps", "laure", "jean@falcot.com")
    assert "master.cf has no smtp(8)" in server.said("smtp_generic_maps", "laure", "jean@isp.example")


def test_a_service_of_its_own_skips_the_tables(instance_dir: MakeInstance, tmp_path: Path) -> None:
    master = MASTER.replace("smtpd\n", "smtpd\n  -o receive_override_options=no_address_mappings\n", 1)
    server = make(instance_dir, tmp_path, master=master)
    assert "mail that comes by smtp/inet is not looked up" in server.said("sender_bcc_maps", "laure", "jean")


def test_words(server: Server) -> None:
    assert "goes by smtp to the host 192.0.2.1, port 587" in server.told(
        "transport_maps", "a.example", "smtp:[192.0.2.1]:587"
    )
    assert "goes by smtp to the MX of a.example" in server.told("transport_maps", "a.example", "smtp:")
    assert "by relay, the transport of its class, to the host h.example" in server.told(
        "transport_maps", "relay.example", ":[h.example]"
    )
    assert "550 5.1.6 … User has moved to there" in server.told("relocated_maps", "x@falcot.com", "there")
    assert "the same name at isp.example" in server.told("smtp_generic_maps", "@falcot.com", "@isp.example")
    assert server.told("canonical_maps", "jean@", "x") == ""


def test_hostile_text_is_made_safe(server: Server) -> None:
    """Terminal controls, newlines and bytes that are no text, in keys and values of every table."""
    for parameter in MAP_KINDS:
        for key in (
            "\x1b[2Jx@falcot.com",
            "a\nb@falcot.com",
            "\udcff@falcot.com",
            "[bold]@falcot.com",
            "@",
            ".",
            "\\",
        ):
            for value in ("\x1b]0;x\x07", "smtp:[\x1b[31m]:\n1", "[red]x[/]", "\udcff", ",", "::", "<>", '"'):
                for text in (server.said(parameter, key, value), server.told(parameter, key, value)):
                    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 for sign in text), (
                        key,
                        value,
                        text,
                    )


# The list


def test_the_list_shows_values_as_they_stand(server: Server) -> None:
    tables = AliasTables.of_maps(server.instance, "relocated_maps")
    (row,) = AliasList(tables, server.instance.files).rows()
    assert (row.address, row.value) == ("gone@falcot.com", "gone to http://example.org, tel. 12")
    rows = list(
        AliasList(AliasTables.of_maps(server.instance, "transport_maps"), server.instance.files).rows()
    )
    assert [row.kinds[0] for row in rows] == ["domain", "subdomains", "everything"]


def test_rows_with_a_problem_are_marked_and_found(server: Server) -> None:
    path = server.folder / "transport_maps"
    path.write_text("good.example smtp:\n@bad.example smtp:\nworse.example [h]:25\n*  :\n")
    instance = Instance.open(str(server.folder))
    rows = AliasList(AliasTables.of_maps(instance, "transport_maps"), instance.files)
    assert [row.marker for row in rows.rows()] == ["", "?", "?", ""]
    assert list(rows.doubtful()) == [1, 2]


def test_a_table_of_aliases_is_not_edited_as_anything_else(
    instance_dir: MakeInstance, tmp_path: Path
) -> None:
    folder = tmp_path / "etc1"
    made = instance_dir(
        f"alias_maps = hash:{folder}/aliases\ncanonical_maps = hash:{folder}/aliases\n",
        files={"aliases": "a: b\n"}, postalias=["hash:aliases"],
    )  # fmt: skip
    (table,) = AliasTables.of_maps(Instance.open(str(made)), "canonical_maps")
    assert not table.editable
    assert "aliases(5)" in table.note


# Trying, by the real postmap -q


def tried(server: Server, parameter: str, text: str) -> tuple[list[str], str | None]:
    found = try_address(server.instance, parameter, text)
    return [one.key for one in found.answers], None if found.found is None else found.found.value


def test_keys_are_asked_in_postfixs_order(server: Server) -> None:
    """transport(5) and canonical(5), TABLE SEARCH ORDER."""
    assert tried(server, "transport_maps", "jean+x@a.b.sub.example") == (
        [
            "jean+x@a.b.sub.example",
            "jean@a.b.sub.example",
            "a.b.sub.example",
            ".b.sub.example",
            ".sub.example",
        ],
        "smtp:[gate.sub.example]",
    )
    assert tried(server, "transport_maps", "kept.example") == (["anyone@kept.example", "kept.example"], ":")
    assert tried(server, "transport_maps", "x@far.example")[1] == "smtp:[out.example]"
    assert tried(server, "canonical_maps", "nobody+x@falcot.com") == (
        ["nobody+x@falcot.com", "nobody@falcot.com", "nobody+x", "nobody", "@falcot.com"], None,
    )  # fmt: skip
    assert tried(server, "canonical_maps", "x@wide.example") == (
        ["x@wide.example", "@wide.example"],
        "jean@falcot.com",
    )
    assert tried(server, "sender_canonical_maps", "Jean@falcot.com")[1] == "Jean.D@falcot.com"
    assert tried(server, "relay_recipient_maps", "known@relay.example") == (["known@relay.example"], "OK")
    assert tried(server, "virtual_alias_maps", "info+a@falcot.com")[0] == [
        "info+a@falcot.com",
        "info@falcot.com",
    ]


def test_a_quoted_name_is_asked_in_both_forms(server: Server) -> None:
    keys, _ = tried(server, "canonical_maps", '"a b"@x.example')
    assert keys == ['"a b"@x.example', "a b@x.example", "@x.example"]
