"""The class of a domain (ADDRESS_CLASS_README), and which item of which list decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.postfix.domains import (
    DomainView,
    Listing,
    class_list,
    domain_class,
    explain_domain,
    hosted_domains,
)
from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import literal
from tests.postfix.conftest import MakeInstance, put

MAIN = """\
compatibility_level = 3.6
myhostname = mx.falcot.com
mydestination = $myhostname, falcot.com,
    localhost
inet_interfaces = all
inet_protocols = all
virtual_alias_maps = hash:$config_directory/virtual
virtual_mailbox_domains = falcot.org, $config_directory/boxes
virtual_mailbox_maps = hash:$config_directory/vmailbox
relay_domains = partner.example, .sub.example, hash:$config_directory/relay
"""
FILES = {
    "virtual": "falcotsbrand.com  anything\n@falcotsbrand.com sophie\nsales@falcot.com jean\n",
    "vmailbox": "jean@falcot.org falcot.org/jean/\nignored.example x\n",
    "boxes": "# the admin's\nboxes.example, more.example\n  # not a comment\n!not.example\n",
    "relay": "tabled.example OK\n",
}


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir(MAIN, files=FILES)))


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("falcot.com", "local"),
        ("FALCOT.com", "local"),
        ("falcot.com.", "local"),
        ("mx.falcot.com", "local"),
        ("www.falcot.com", "default"),
        ("localhost", "local"),
        ("[127.0.0.1]", "local"),
        ("[::1]", "local"),
        ("[IPv6:::1]", "local"),
        ("[ipv6:0:0::1]", "local"),
        ("[198.51.100.7]", "default"),
        ("127.0.0.1", "default"),
        ("falcotsbrand.com", "virtual-alias"),
        ("FalcotsBrand.com.", "virtual-alias"),
        ("x.falcotsbrand.com", "default"),
        ("falcot.org", "virtual-mailbox"),
        ("boxes.example", "virtual-mailbox"),
        ("more.example", "virtual-mailbox"),
        ("not.example", "default"),
        ("ignored.example", "default"),
        ("partner.example", "relay"),
        ("a.b.partner.example", "relay"),
        ("apartner.example", "default"),
        ("tabled.example", "relay"),
        ("below.tabled.example", "relay"),
        ("sub.example", "default"),
        ("x.sub.example", "default"),
        ("example.com", "default"),
    ],
)
def test_class(instance: Instance, domain: str, expected: str) -> None:
    assert domain_class(instance, domain) == expected


def test_virtual_mailbox_domains_default_to_the_maps_keys(instance_dir: MakeInstance) -> None:
    folder = instance_dir("virtual_mailbox_maps = hash:$config_directory/vmailbox\n", files=FILES)
    assert domain_class(Instance.open(str(folder)), "ignored.example") == "virtual-mailbox"


@pytest.mark.parametrize(("level", "expected"), [("1", "relay"), ("2", "default")])
def test_relay_domains_default(instance_dir: MakeInstance, level: str, expected: str) -> None:
    folder = instance_dir(f"compatibility_level = {level}\nmydestination = falcot.com\n")
    instance = Instance.open(str(folder))
    assert domain_class(instance, "falcot.com") == "local"
    assert domain_class(instance, "below.falcot.com") == expected


def test_relay_without_parents_has_dotted_items(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        "parent_domain_matches_subdomains = mynetworks\n"
        "relay_domains = plain.example, .dotted.example, hash:$config_directory/relay\n",
        files={"relay": "tabled.example x\n.below.example x\n"},
    )
    instance = Instance.open(str(folder))
    classes = {
        name: domain_class(instance, name)
        for name in ("plain.example", "a.plain.example", "dotted.example", "a.dotted.example", "b.a.dotted.example",
                     "tabled.example", "a.tabled.example", "below.example", "a.below.example", "b.a.below.example")
    }  # fmt: skip
    assert {name for name, kind in classes.items() if kind == "relay"} == {
        "plain.example", "a.dotted.example", "b.a.dotted.example", "tabled.example", "a.below.example",
        "b.a.below.example",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("destination", "domain", "expected"),
    [
        ("!a.example a.example", "a.example", "default"),
        ("a.example !a.example", "a.example", "local"),
        ("!!a.example", "a.example", "local"),
        ("!$config_directory/list", "listed.example", "default"),
        ("$config_directory/list", "listed.example", "local"),
        ("$config_directory/list", "except.example", "default"),
        ("!$config_directory/list", "except.example", "local"),
        ("$config_directory/nested", "listed.example", "local"),
        ("regexp:{{/^r[0-9]$$/ x}}", "r7", "local"),
        ("regexp:{{/^r[0-9]$$/ x}}", "r77", "default"),
        ("static:x", "whatever.example", "local"),
        ("a.example # b.example", "b.example", "default"),
        ("", "a.example", "default"),
    ],
)
def test_list_grammar(instance_dir: MakeInstance, destination: str, domain: str, expected: str) -> None:
    files = {"list": "#a.example\nlisted.example !except.example\n", "nested": ""}
    folder = instance_dir(f"mydestination = {destination}\n", files=files)
    put(folder / "nested", f"{folder}/list\n")
    assert domain_class(Instance.open(str(folder)), domain) == expected


def test_explain_says_which_item_and_where(instance: Instance) -> None:
    folder = instance.config_dir
    assert explain_domain(instance, "MX.falcot.com") == DomainView(
        "mx.falcot.com", "local", Listing("local", "mydestination", "mx.falcot.com", f"{folder}/main.cf", 3)
    )
    places = {
        "localhost": ("mydestination", "localhost", f"{folder}/main.cf", 4),
        "falcotsbrand.com": ("virtual_alias_domains", f"hash:{folder}/virtual", f"{folder}/virtual", 1),
        "boxes.example": ("virtual_mailbox_domains", "boxes.example", f"{folder}/boxes", 2),
        "below.tabled.example": ("relay_domains", f"hash:{folder}/relay", f"{folder}/relay", 1),
        "[127.0.0.1]": ("inet_interfaces", "[127.0.0.1]", None, None),
    }
    for domain, place in places.items():
        by = explain_domain(instance, domain).by
        assert by is not None
        assert (by.parameter, by.item, by.file, by.line) == place
    assert explain_domain(instance, "example.com").by is None


def test_double_listing(instance_dir: MakeInstance) -> None:
    lists = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains", "relay_domains")
    classes = ("local", "virtual-alias", "virtual-mailbox", "relay")
    for first in range(4):
        for second in range(first + 1, 4):
            text = "".join(f"{name} = {'twice.example' if at in {first, second} else ''}\n"
                           for at, name in enumerate(lists))  # fmt: skip
            view = explain_domain(Instance.open(str(instance_dir(text))), "twice.example")
            assert view.domain_class == classes[first]
            assert [listing.domain_class for listing in view.also] == [classes[second]]
            assert view.also[0].line == second + 1


@pytest.mark.parametrize(
    ("main", "says"),
    [
        ("virtual_alias_domains = /nonexistent/list\n", "does not exist"),
        ("virtual_alias_domains = hash:/nonexistent/table\n", "does not exist"),
        ("virtual_alias_domains = $config_directory/loop\n", "loop"),
        ("virtual_alias_domains = !\n", "nothing follows"),
    ],
)
def test_a_list_that_cannot_be_searched_is_told(instance_dir: MakeInstance, main: str, says: str) -> None:
    folder = instance_dir(main)
    put(folder / "loop", f"{folder}/loop\n")
    instance = Instance.open(str(folder))
    view = explain_domain(instance, "a.example")
    assert view.domain_class == "default"
    (problem,) = view.problems
    assert problem.startswith("virtual_alias_domains: ")
    assert says in problem
    assert view.deferred
    earlier = explain_domain(instance, "falcot.com")
    assert (earlier.domain_class, earlier.problems, earlier.deferred) == ("local", (problem,), False)


def test_own_addresses_follow_inet_interfaces(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        "inet_interfaces = 192.0.2.25, [2001:db8::25], localhost\ninet_protocols = all\n"
        "proxy_interfaces = 198.51.100.1\n"
    )
    instance = Instance.open(str(folder))
    local = {
        address: domain_class(instance, address)
        for address in (
            "[192.0.2.25]",
            "[IPv6:2001:DB8::25]",
            "[127.0.0.1]",
            "[198.51.100.1]",
            "[192.0.2.26]",
        )
    }
    assert [address for address, kind in local.items() if kind == "local"] == [
        "[192.0.2.25]", "[IPv6:2001:DB8::25]", "[127.0.0.1]", "[198.51.100.1]",
    ]  # fmt: skip
    four = Instance.open(str(instance_dir("inet_interfaces = loopback-only\ninet_protocols = ipv4\n")))
    assert domain_class(four, "[127.0.0.1]") == "local"
    assert domain_class(four, "[::1]") == "default"


def test_address_literals() -> None:
    assert str(literal("[IPv6:2001:DB8::1]")) == "2001:db8::1"
    assert str(literal("[192.0.2.1]")) == "192.0.2.1"
    assert literal("192.0.2.1") is None
    assert literal("[name]") is None
    assert literal("[]") is None


def test_hosted_domains(instance: Instance) -> None:
    assert hosted_domains(instance) == [
        "boxes.example", "falcot.com", "falcot.org", "falcotsbrand.com", "localhost", "more.example",
        "mx.falcot.com", "partner.example", "tabled.example",
    ]  # fmt: skip
    put(
        Path(instance.config_dir, "relay"),
        "#off.example x\nother.example x\n  more.example\nnovalue.example\n",
    )
    assert "other.example" in hosted_domains(instance)
    assert not {"tabled.example", "off.example", "more.example.", "novalue.example"} & {
        *hosted_domains(instance)
    }


def test_a_macro_over_several_items_still_has_a_line(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        "yes = 1\nnames = one.example,\n  two.example\nmydestination = zero.example\n  ${yes?$names}, $(yes?three.example four.example)\n"
    )
    instance = Instance.open(str(folder))
    by = {
        name: explain_domain(instance, f"{name}.example").by
        for name in ("zero", "one", "two", "three", "four")
    }
    assert all(listing is not None and listing.file == f"{folder}/main.cf" for listing in by.values())
    assert all(listing is not None and listing.line in {4, 5} for listing in by.values())


def test_class_list_is_one_list_for_many_names(instance: Instance) -> None:
    relay = class_list(instance, "relay_domains")
    assert [item.text for item in relay.literals()] == ["partner.example", ".sub.example"]
    assert [table.path for table in relay.tables()] == [str(Path(instance.config_dir, "relay"))]
    assert relay.match("PARTNER.example", instance.files).matched


def test_a_changed_list_file_is_followed(instance: Instance) -> None:
    assert domain_class(instance, "later.example") == "default"
    put(Path(instance.config_dir, "boxes"), "later.example\n")
    assert domain_class(instance, "later.example") == "virtual-mailbox"
    assert domain_class(instance, "boxes.example") == "default"
    put(Path(instance.config_dir, "virtual"), "later.example x\n")
    assert domain_class(instance, "later.example") == "virtual-alias"
    put(Path(instance.config_dir, "main.cf"), "mydestination = later.example\n")
    assert domain_class(instance, "later.example") == "local"
