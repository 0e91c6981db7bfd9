"""One list of all domains: what is in it, and that the real lookups agree."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import RemoveEntry, SetEntry
from mailtui.edits.items import AddItem, RemoveItem
from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.domainkeys import bare_keys, entries_in, line_at, tally
from mailtui.postfix.domainlist import DomainList, DomainRow, domain_list
from mailtui.postfix.domains import explain_domain
from mailtui.postfix.instance import Instance
from mailtui.text.query import Query
from tests.postfix.conftest import MakeInstance, put, run

MAIN = """\
myhostname = mx.falcot.com
mydestination = $myhostname, falcot.com,
    # an old name
    localhost
virtual_alias_maps = hash:$config_directory/virtual
virtual_mailbox_domains = falcot.org, $config_directory/boxes, falcot.com
virtual_mailbox_maps = hash:$config_directory/vmailbox
relay_domains = partner.example, hash:$config_directory/relay
relay_recipient_maps = hash:$config_directory/relay
alias_maps = hash:$config_directory/aliases
"""
FILES = {
    "virtual": (
        "falcotsbrand.com  anything\n@FalcotsBrand.com sophie\nsales@falcotsbrand.com jean,\n  laure\n"
        'sales@falcot.com jean\n"two words"@falcotsbrand.com jean\n#off@falcotsbrand.com x\nwebmaster root\n'
        "away@nowhere.test jean\n"
    ),
    "vmailbox": "jean@falcot.org falcot.org/jean/\nlost@lost.example x\nclaire@falcot.org falcot.org/claire\n",
    "boxes": "# the admin's\nboxes.example, more.example\n!not.example\n",
    "relay": "tabled.example OK\nPartner.example OK\n",
    "aliases": "root: jean\npostmaster: root\n#off: jean\n",
}
COMPILED = ("hash:virtual", "hash:vmailbox", "hash:relay")


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir(MAIN, files=FILES, postmap=COMPILED, postalias=["hash:aliases"])))


def rows(listed: DomainList) -> dict[tuple[str, str], DomainRow]:
    return {(row.domain, row.domain_class): row for row in listed.rows()}


def test_every_domain_once_wherever_it_stands(instance: Instance) -> None:
    folder = instance.config_dir
    found = [
        (row.domain, row.domain_class, row.source, row.line) for row in domain_list(instance, instance).rows()
    ]
    assert found == [
        ("mx.falcot.com", "local", "mydestination", 2),
        ("falcot.com", "local", "mydestination", 2),
        ("localhost", "local", "mydestination", 4),
        ("falcotsbrand.com", "virtual-alias", f"hash:{folder}/virtual", 1),
        ("falcot.org", "virtual-mailbox", "virtual_mailbox_domains", 6),
        ("boxes.example", "virtual-mailbox", f"{folder}/boxes", 2),
        ("more.example", "virtual-mailbox", f"{folder}/boxes", 2),
        ("falcot.com", "virtual-mailbox", "virtual_mailbox_domains", 6),
        ("partner.example", "relay", "relay_domains", 8),
        ("tabled.example", "relay", f"hash:{folder}/relay", 1),
        ("nowhere.test", "default", "", None),
        ("lost.example", "default", "", None),
    ]


def test_what_is_in_them(instance: Instance) -> None:
    found = rows(domain_list(instance, instance))
    brand = found["falcotsbrand.com", "virtual-alias"]
    assert (brand.aliases, brand.mailboxes, brand.catch_all) == (2, 0, "sophie")
    assert found["falcot.org", "virtual-mailbox"].mailboxes == 2
    assert found["falcot.com", "local"].aliases == 1 + 2
    assert found["localhost", "local"].aliases == 2


def test_the_warnings_say_what_becomes_of_mail(instance: Instance) -> None:
    found = rows(domain_list(instance, instance))
    (winner,) = found["falcot.com", "local"].warnings
    assert winner.startswith("virtual_mailbox_domains has it too")
    assert "mail for it is delivered to the accounts and aliases of this machine" in winner
    (loser,) = found["falcot.com", "virtual-mailbox"].warnings
    assert loser.startswith("mydestination has it too and comes first")
    assert not found["falcot.com", "virtual-mailbox"].counts
    assert "Relay access denied" in found["nowhere.test", "default"].warnings[0]
    assert (
        "no mail comes to its mailbox in virtual_mailbox_maps" in found["lost.example", "default"].warnings[0]
    )
    assert "listed twice" in found["partner.example", "relay"].warnings[0]
    assert "550 User unknown" in found["boxes.example", "virtual-mailbox"].warnings[0]
    assert found["falcot.org", "virtual-mailbox"].warnings == ()


@pytest.mark.parametrize(
    ("main", "missing", "fate"),
    [
        ("mydestination = falcot.com, localhost\n", {"mx.falcot.com"}, "loops back to myself"),
        ("mydestination = falcot.com, $myhostname\n", {"localhost"}, "loops back to myself"),
        (
            "mydestination =\nrelayhost = [hub.example]\n",
            {"mx.falcot.com", "localhost"},
            "[hub.example] (relayhost)",
        ),
        ("mydestination = falcot.com\nrelay_domains = mx.falcot.com localhost\n", set(), ""),
        ("mydestination = static:x\n", set(), ""),
    ],
)
def test_own_names_that_no_class_takes(
    instance_dir: MakeInstance, main: str, missing: set[str], fate: str
) -> None:
    instance = Instance.open(str(instance_dir(main)))
    lost = {
        row.domain: row for row in domain_list(instance, instance).rows() if row.domain_class == "default"
    }
    assert set(lost) == missing
    assert all(fate in row.warnings[0] for row in lost.values())


def test_tables_that_cannot_be_listed_are_told(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        "mydestination = localhost, mx.falcot.com, hash:$config_directory/gone\n"
        "virtual_alias_maps = regexp:$config_directory/any\n"
        "virtual_mailbox_domains = regexp:$config_directory/some\nvirtual_mailbox_maps = static:x\n",
        files={"any": "/./ x\n", "some": "/^a[0-9]\\.example$/ x\n"},
    )
    instance = Instance.open(str(folder))
    found = {row.domain: row for row in domain_list(instance, instance).rows() if not row.listed}
    assert "451" in found[f"hash:{folder}/gone"].warnings[0]
    assert "an open relay" in found[f"regexp:{folder}/any"].warnings[0]
    some = found[f"regexp:{folder}/some"]
    assert (some.warnings, some.editable) == ((), False)
    assert "patterns" in some.why_not


def test_a_table_by_default_that_holds_no_domain_is_not_told(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        "virtual_alias_maps = regexp:$config_directory/tickets\nmydestination = localhost, mx.falcot.com\n",
        files={"tickets": "/^t-[0-9]+@falcot\\.com$/ x\n"},
    )
    instance = Instance.open(str(folder))
    assert [row.domain for row in domain_list(instance, instance).rows()] == ["localhost", "mx.falcot.com"]


@pytest.mark.parametrize("style", ["relay_domains", "mynetworks"])
def test_negated_items_take_domains_out(instance_dir: MakeInstance, style: str) -> None:
    folder = instance_dir(
        f"parent_domain_matches_subdomains = {style}\nmydestination = localhost mx.falcot.com\n"
        "relay_domains = !a.example, !hash:$config_directory/no, hash:$config_directory/yes, x.a.example, "
        "!b.example b.example .dotted.example\n",
        files={"yes": "a.example x\nb.example x\nc.example x\nd.c.example x\n", "no": "c.example x\n"},
        postmap=("hash:yes", "hash:no"),
    )
    instance = Instance.open(str(folder))
    listed = {row.domain for row in domain_list(instance, instance).rows() if row.domain_class == "relay"}
    for name in ("a.example", "b.example", "c.example", "x.a.example", "d.c.example"):
        expected = explain_domain(instance, name).domain_class == "relay"
        if not (style == "relay_domains" and name == "d.c.example"):
            assert (name in listed) == expected, name


def test_listed_domains_are_those_of_the_real_lookups(instance: Instance) -> None:
    """Every domain of a table is one by postmap -q, and the class is the one that the lists' order gives."""
    for row in domain_list(instance, instance).rows():
        if row.domain_class == "default":
            assert explain_domain(instance, row.domain).by is None
            continue
        seen = explain_domain(instance, row.domain)
        assert (seen.domain_class == row.domain_class) == row.counts
        if row.source.startswith("hash:"):
            assert run("postmap", "-q", row.domain, row.source).returncode == 0


# A draft over it


def test_a_draft_is_marked_and_what_goes_stands_where_it_was(instance: Instance) -> None:
    folder = instance.config_dir
    virtual, boxes = Target("table", f"{folder}/virtual", "hash"), Target("list", f"{folder}/boxes")
    edits = [
        RemoveItem(instance.main, "mydestination", "falcot.com"),
        AddItem(boxes, "", "new.example", "more.example"),
        SetEntry(virtual, "info@falcotsbrand.com", ("jean",)),
        RemoveEntry(Target("table", f"{folder}/relay", "hash"), "tabled.example", "OK"),
    ]
    after = instance.over(Candidate(instance.files, edits))
    listed = domain_list(instance, after)
    marks = [(row.marker, row.domain, row.domain_class) for row in listed.rows() if row.marker != " "]
    assert marks == [
        ("-", "falcot.com", "local"),
        ("~", "falcotsbrand.com", "virtual-alias"),
        ("+", "new.example", "virtual-mailbox"),
        ("-", "tabled.example", "relay"),
    ]
    assert listed.row(1).domain == "falcot.com"
    assert listed.find(("new.example", "virtual-mailbox")) == [
        *(listed.key(n) for n in range(len(listed)))
    ].index(("new.example", "virtual-mailbox"))
    assert listed.find(("new.example", "relay")) is None
    assert rows(listed)["falcot.com", "virtual-mailbox"].counts


def test_search(instance: Instance) -> None:
    listed = domain_list(instance, instance)

    def hits(text: str) -> list[str]:
        return [listed.row(at).domain for at in listed.search(Query.parse(text)) if at is not None]

    assert hits("falcot .org") == ["falcot.org"]
    assert hits("relay ^partner") == ["partner.example"]
    assert len(hits("")) == len(listed)


def test_addresses_of_a_domain(instance: Instance) -> None:
    listed = domain_list(instance, instance)
    found = [(one.address, one.value, one.line) for one in listed.aliases_in("falcotsbrand.com")]
    assert found == [
        ("@FalcotsBrand.com", "sophie", 2),
        ("sales@falcotsbrand.com", "jean,  laure", 3),
        ('"two words"@falcotsbrand.com', "jean", 6),
    ]
    assert [one.address for one in listed.mailboxes_in("falcot.org", limit=1)] == ["jean@falcot.org"]


# Keys in bulk


def test_bulk_reading_agrees_with_the_entries() -> None:
    raw = (
        b'a@one.example x\n#b@one.example x\n@one.example x\n"q q"@ONE.example x\nc@two.example\n y\nnovalue@x\n'
        b"bare.example OK\n d@continued.example x\nuser+ext@two.example x\nodd\\@two.example x\n"
        b"\xc3\xa9@one.example x\nd\xff@one.example x\nBare.example twice\na@One.Example again\n@\xc3\x89.example x\n"
        b'quoted"a@b"c@two.example z\nname: x@y\n'
    )
    document = Table.parse(raw)
    folded = [
        document.fold(document.entry(n).key).decode("utf-8", "surrogateescape")
        for n in range(len(document))
        if document.is_enabled(n)
    ]
    domains: dict[str, int] = {}
    for key in folded:
        local, at, domain = key.rpartition("@")
        if at and local:
            domains[domain] = domains.get(domain, 0) + 1
    found = tally(document)
    assert dict(found.addresses) == domains
    assert set(found.catch_alls) == {key[1:] for key in folded if key.startswith("@")}
    assert list(bare_keys(document)) == list(dict.fromkeys(key for key in folded if "@" not in key))
    assert line_at(document, bare_keys(document)["bare.example"]) == 8
    assert len(entries_in(document, "two.example", 100)) == sum(
        key.endswith("@two.example") for key in folded
    )
    assert tally(Table.parse(b"")) == tally(Aliases.parse(b""))


def test_a_hundred_thousand_domains(instance_dir: MakeInstance) -> None:
    """A quadratic way through them takes minutes; a loaded machine is given room."""
    folder = instance_dir(
        "mydestination = localhost mx.falcot.com\nvirtual_alias_domains = hash:$config_directory/domains\n"
        "virtual_alias_maps = hash:$config_directory/virtual\n"
    )
    put(Path(folder, "domains"), "".join(f"domain{n}.example   OK\n" for n in range(100_000)))
    put(
        Path(folder, "virtual"),
        "".join(f"info@domain{n}.example jean\n@domain{n}.example x\n" for n in range(100_000)),
    )
    instance = Instance.open(str(folder))
    began = time.process_time()
    listed = domain_list(instance, instance)
    assert len(listed) == 100_002
    row = listed.row(100_001)
    assert (row.domain, row.line, row.aliases, row.catch_all) == ("domain99999.example", 100_000, 1, "x")
    assert [at for at in listed.search(Query.parse("^domain99999.")) if at is not None] == [100_001]
    assert time.process_time() - began < 6


@given(
    st.lists(
        st.sampled_from([
            b"a@x.test  1\n", b"A@X.Test\t2\n", b"@x.test 3\n", b"#off@x.test 4\n", b"# words @x.test\n",
            b'"q r"@x.test 5\n', b"b@sub.x.test 6\n", b"c@x.test.y 7\n", b"d@x.test 8,\n  e@x.test\n",
            b"f  g@x.test\n", b"x.test h\n", b"\n", b"i@x.test\n",
        ]),
        max_size=12,
    ),
    st.integers(1, 4),
)  # fmt: skip
def test_the_entries_of_a_domain(lines: list[bytes], limit: int) -> None:
    """Found by where each domain stands: as by a look at every entry."""
    table = Table.parse(b"".join(lines))
    every = [table.entry(at) for at in range(len(table)) if table.is_enabled(at)]
    for domain in ("x.test", "sub.x.test", "y"):
        wanted = [each for each in every if table.fold(each.key).endswith(b"@" + domain.encode())]
        assert entries_in(table, domain, limit) == wanted[:limit]
