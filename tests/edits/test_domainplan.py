"""A domain more, in another class, or no more: the edits keep the layout and do what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.domainplan import Plan, plan_class, plan_new, plan_remove
from mailtui.edits.draft import merged
from mailtui.edits.store import from_json, to_json
from mailtui.postfix.domains import DomainClass, explain_domain
from mailtui.postfix.hosted import Address, Hosted
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.postfix.resolve import resolve
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

MAIN = """\
mydestination = $myhostname,
    # the printers'
    falcot.com,
    localhost
virtual_alias_domains = brand.example
virtual_alias_maps = hash:$config_directory/virtual
virtual_mailbox_domains = $config_directory/boxes
virtual_mailbox_base = $config_directory/mail
virtual_mailbox_maps = hash:$config_directory/vmailbox
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
relay_domains = hash:$config_directory/relay
relay_recipient_maps = hash:$config_directory/recipients
myorigin = falcot.com
alias_maps = hash:$config_directory/aliases
"""
FILES = {
    "virtual": "# the brand\nsales@brand.example   jean\n@brand.example  sophie\n",
    "vmailbox": "jean@falcot.org  falcot.org/jean/\n",
    "boxes": "# the admin's\nfalcot.org\n",
    "relay": "partner.example     relayed\n",
    "recipients": "desk@partner.example OK\n",
    "aliases": "postmaster: root\nroot: jean\n",
}


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir(MAIN, files=FILES)))


def after(instance: Instance, plan: Plan) -> Instance:
    assert not plan.refused
    assert merged(plan.edits) == plan.edits
    assert tuple(from_json(json.loads(json.dumps(to_json(edit)))) for edit in plan.edits) == plan.edits
    candidate = Candidate(instance.files, plan.edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return instance.over(candidate)


def text(instance: Instance, name: str) -> str:
    return instance.files.raw(f"{instance.config_dir}/{name}").decode()


def classes(instance: Instance, domain: str) -> list[DomainClass]:
    seen = explain_domain(instance, domain)
    return [] if seen.by is None else [each.domain_class for each in (seen.by, *seen.also)]


def said(plan: Plan) -> list[str]:
    return [edit.describe() for edit in plan.edits]


# New


def test_a_virtual_alias_domain(instance: Instance) -> None:
    plan = plan_new(instance, "New.Example.", "virtual-alias", catch_all="jean, sophie@falcot.com")
    assert said(plan) == [
        "+ new.example in virtual_alias_domains",
        "+ virtual postmaster@new.example → postmaster@falcot.com",
        "+ virtual abuse@new.example → postmaster@falcot.com",
        "+ virtual @new.example → jean, sophie@falcot.com",
    ]
    then = after(instance, plan)
    assert "virtual_alias_domains = brand.example, new.example\n" in text(then, "main.cf")
    assert text(then, "virtual").startswith(FILES["virtual"])
    assert classes(then, "new.example") == ["virtual-alias"]
    assert {end.address for end in resolve(then, "anyone@new.example").final} == {
        "jean@falcot.com", "sophie@falcot.com",
    }  # fmt: skip


def test_each_class_where_its_neighbours_stand(instance: Instance) -> None:
    then = after(instance, plan_new(instance, "new.example", "local"))
    assert "    localhost,\n    new.example\n" in text(then, "main.cf")
    assert text(then, "aliases") == FILES["aliases"] + "abuse: postmaster\n"
    then = after(instance, plan_new(instance, "new.example", "virtual-mailbox"))
    assert text(then, "boxes") == FILES["boxes"] + "new.example\n"
    assert text(then, "main.cf") == text(instance, "main.cf")
    then = after(instance, plan_new(instance, "new.example", "relay"))
    assert text(then, "relay") == FILES["relay"] + "new.example         relayed\n"


def test_roles_are_as_asked(instance: Instance) -> None:
    plan = plan_new(instance, "new.example", "virtual-alias", postmaster=None, abuse="claire@falcot.com")
    assert said(plan)[1:] == ["+ virtual abuse@new.example → claire@falcot.com"]
    plan = plan_new(instance, "new.example", "local", postmaster="claire", abuse=None)
    assert said(plan)[1:] == ["+ virtual postmaster@new.example → claire"]
    assert len(plan_new(instance, "new.example", "virtual-alias", postmaster=None, abuse=None).edits) == 1


def test_entries_that_are_there_stay(instance_dir: MakeInstance) -> None:
    files = {**FILES, "virtual": "postmaster@new.example claire\n@new.example claire\n"}
    instance = Instance.open(str(instance_dir(MAIN, files=files)))
    plan = plan_new(instance, "new.example", "virtual-alias", catch_all="jean")
    assert said(plan)[1:] == [
        "+ virtual abuse@new.example → postmaster@falcot.com", "~ virtual @new.example → jean",
    ]  # fmt: skip


BARE = "mydestination = localhost, mx.falcot.com\nmyorigin = $myhostname\n"


def test_from_nothing_a_virtual_alias_domain_brings_its_table(instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir(BARE, files={"virtual": "old@leftover.example x\n"})))
    plan = plan_new(instance, "new.example", "virtual-alias")
    then = after(instance, plan)
    assert "virtual_alias_domains = new.example\n" in text(then, "main.cf")
    spec = f"hash:{instance.config_dir}/virtual2"
    assert f"virtual_alias_maps = {spec}\n" in text(then, "main.cf")
    assert (
        text(then, "virtual2")
        == "postmaster@new.example root@mx.falcot.com\nabuse@new.example root@mx.falcot.com\n"
    )
    assert any("virtual2 is made" in one for one in plan.says)
    assert any("bare key" in one for one in plan.says)


def test_from_nothing_a_mailbox_domain_brings_all_that_virtual_needs(instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir(BARE)))
    plan = plan_new(instance, "new.example", "virtual-mailbox")
    then = after(instance, plan)
    main = text(then, "main.cf")
    for line in ("virtual_mailbox_domains = new.example", "virtual_mailbox_base = /var/mail/vhosts",
                 f"virtual_mailbox_maps = hash:{instance.config_dir}/vmailbox"):  # fmt: skip
        assert f"{line}\n" in main
    assert main.count("static:") == 2
    assert text(then, "vmailbox") == "#someone@new.example new.example/someone/\n"
    assert [row.address for row in _boxes(then)] == []


def _boxes(instance: Instance) -> list[Address]:
    return list(Hosted(instance).mailboxes_in("new.example"))


def test_a_default_that_hosts_domains_is_not_switched_off(instance_dir: MakeInstance) -> None:
    """Setting virtual_alias_domains would turn every bare key of virtual_alias_maps into nothing."""
    folder = instance_dir(
        f"{BARE}virtual_alias_maps = hash:$config_directory/virtual\n",
        files={"virtual": "old.example   anything\njean@old.example jean\n"},
    )
    instance = Instance.open(str(folder))
    plan = plan_new(instance, "new.example", "virtual-alias", postmaster=None, abuse=None)
    assert said(plan) == ["+ virtual new.example → anything"]
    then = after(instance, plan)
    assert classes(then, "old.example") == classes(then, "new.example") == ["virtual-alias"]


@pytest.mark.parametrize(
    ("main", "klass", "line"),
    [
        (
            "mydestination\n",
            "local",
            "mydestination = $myhostname, localhost.$mydomain, localhost, new.example\n",
        ),
        ("", "relay", "relay_domains = new.example\n"),
        ("compatibility_level = 1\n", "relay", "relay_domains = $mydestination, new.example\n"),
        ("relay_domains =\n", "relay", "relay_domains = new.example\n"),
        ("virtual_alias_domains =\n", "virtual-alias", "virtual_alias_domains = new.example\n"),
    ],
)
def test_what_a_default_holds_stays(
    instance_dir: MakeInstance, main: str, klass: DomainClass, line: str
) -> None:
    folder = instance_dir("myorigin = localhost\n" + ("" if main.startswith("mydest") else main))
    path = Path(folder, "main.cf")
    if main.startswith("mydest"):
        kept = [each for each in path.read_text().splitlines(True) if not each.startswith("mydestination")]
        path.write_text("".join(kept))
    instance = Instance.open(str(folder))
    then = after(instance, plan_new(instance, "new.example", klass, postmaster=None, abuse=None))
    assert line in text(then, "main.cf")
    assert classes(then, "new.example")[0] == klass


def test_a_relay_domains_server(instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir(BARE)))
    for host, value in (("hub.example", "relay:[hub.example]"), ("[192.0.2.1]:2525", "relay:[192.0.2.1]:2525"),
                        ("smtp:[hub.example]:26", "smtp:[hub.example]:26")):  # fmt: skip
        plan = plan_new(instance, "new.example", "relay", next_hop=host)
        assert said(plan)[-1] == f"+ transport new.example → {value}"
        after(instance, plan)
    assert any("loops back" in one for one in plan_new(instance, "new.example", "relay").says)


@pytest.mark.parametrize(
    ("domain", "klass", "options", "why"),
    [
        ("falcot.com", "local", {}, "is a local domain already"),
        ("falcot.com", "relay", {}, "change its class"),
        ("brand.example", "virtual-mailbox", {}, "is a virtual alias domain already"),
        ("a b.example", "local", {}, "no part of a domain"),
        ("", "local", {}, "there is no domain"),
        ("new.example", "default", {}, "no class of domains"),
        ("new.example", "virtual-alias", {"catch_all": "a b@@c"}, "b@@c"),
        ("new.example", "virtual-alias", {"abuse": ","}, "names nobody"),
        ("new.example", "virtual-alias", {"postmaster": "x@a..b"}, "empty part"),
    ],
)
def test_refused(
    instance: Instance, domain: str, klass: DomainClass, options: dict[str, str], why: str
) -> None:
    plan = plan_new(instance, domain, klass, **options)
    assert why in plan.refused
    assert plan.edits == ()


def test_a_list_that_says_no_first_is_seen(instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir("mydestination = localhost, !new.example\n")))
    assert "would be none of ours" in plan_new(instance, "new.example", "local").refused


def test_what_a_table_that_cannot_be_listed_holds_is_known(instance_dir: MakeInstance) -> None:
    tables = "virtual_alias_domains = inline:{a.example=x}\n"
    instance = Instance.open(
        str(instance_dir(f"{BARE}{tables}virtual_alias_maps = hash:$config_directory/v\n"))
    )
    assert "already (inline:{a.example=x})" in plan_new(instance, "a.example", "virtual-alias").refused
    plan = plan_new(instance, "a.example", "local")
    assert "virtual_alias_domains has it too (inline:{a.example=x}), which counts for nothing" in plan.says
    assert "would be virtual alias by inline:" in plan_new(instance, "a.example", "relay").refused


def test_below_a_relay_domain(instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir(f"{BARE}relay_domains = partner.example\n")))
    assert "already (partner.example)" in plan_new(instance, "sub.partner.example", "relay").refused
    assert not plan_new(instance, "sub.partner.example", "relay", next_hop="hub.example").refused
    plan = plan_new(instance, "sub.partner.example", "virtual-alias")
    assert not plan.refused


# Out, and into another class


def test_removing_leaves_everything_else_and_says_so(instance: Instance) -> None:
    Path(instance.config_dir, "mail/falcot.org/jean").mkdir(parents=True)
    plan = plan_remove(instance, "falcot.org")
    then = after(instance, plan)
    assert text(then, "boxes") == "# the admin's\n"
    assert text(then, "vmailbox") == FILES["vmailbox"]
    words = " / ".join(plan.says)
    assert "Relay access denied" in words
    assert f"its mailbox in hash:{instance.config_dir}/vmailbox stays and gets no mail any more" in words
    assert f"{instance.config_dir}/mail/falcot.org/jean: nothing is deleted" in words
    assert classes(then, "falcot.org") == []


def test_removing_from_every_kind_of_place(instance: Instance) -> None:
    then = after(instance, plan_remove(instance, "mx.falcot.com"))
    assert "mydestination = \n" in text(then, "main.cf").replace("mydestination =\n", "mydestination = \n")
    assert "    # the printers'\n    falcot.com,\n    localhost\n" in text(then, "main.cf")
    then = after(instance, plan_remove(instance, "brand.example"))
    assert "\nvirtual_alias_domains =" in text(then, "main.cf")
    assert classes(then, "brand.example") == []
    then = after(instance, plan_remove(instance, "partner.example"))
    assert text(then, "relay") == ""
    assert any("recipients" in one for one in plan_remove(instance, "localhost").says) is False
    assert "a name of this host" in " ".join(plan_remove(instance, "localhost").says)


def opened(instance_dir: MakeInstance, main: str) -> Instance:
    return Instance.open(str(instance_dir(main)))


def test_out_of_a_name_that_holds_several_and_serves_this_list(instance_dir: MakeInstance) -> None:
    instance = opened(
        instance_dir, "ours = a.example,\n  # one\n  b.example\nmydestination = localhost ${ours}\n"
    )
    plan = plan_remove(instance, "a.example")
    assert said(plan) == ["- a.example out of ours"]
    then = after(instance, plan)
    assert "ours =\n  # one\n  b.example\n" in text(then, "main.cf")
    assert (classes(then, "a.example"), classes(then, "b.example")) == ([], ["local"])
    then = after(instance, plan_class(instance, "b.example", "relay"))
    assert (classes(then, "a.example"), classes(then, "b.example")) == (["local"], ["relay"])


def test_out_of_a_name_that_others_use_too(instance_dir: MakeInstance) -> None:
    main = (
        "ours = a.example, $more\nmore = b.example, c.example\nmydestination = localhost, $ours, x.example\n"
    )
    instance = opened(instance_dir, f"{main}masquerade_domains = $ours\n")
    plan = plan_remove(instance, "b.example")
    then = after(instance, plan)
    assert "mydestination = localhost, a.example, c.example, x.example\n" in text(then, "main.cf")
    assert "masquerade_domains = $ours\n" in text(then, "main.cf")
    assert "ours = a.example, $more\nmore = b.example, c.example\n" in text(then, "main.cf")
    assert any("$ours, which masquerade_domains uses too" in one for one in plan.says)


def test_out_of_a_class_by_the_list_of_another(instance_dir: MakeInstance) -> None:
    instance = opened(instance_dir, "mydestination = localhost, a.example\nrelay_domains = $mydestination\n")
    then = after(instance, plan_remove(instance, "a.example", "relay"))
    assert "mydestination = localhost, a.example\nrelay_domains = localhost\n" in text(then, "main.cf")
    assert classes(then, "a.example") == ["local"]


def test_an_item_that_cannot_be_taken_apart_is_told_with_the_edit(instance_dir: MakeInstance) -> None:
    instance = opened(instance_dir, "mydestination = localhost, ${ours?{a.example b.example}}\nours = yes\n")
    refused = plan_remove(instance, "a.example").refused
    assert "write b.example instead of ${ours?{a.example b.example}} there" in refused
    assert "/main.cf:" in refused


def test_by_a_parent_only(instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir("relay_domains = partner.example\n")))
    assert "by partner.example in relay_domains" in plan_remove(instance, "sub.partner.example").refused
    assert "no list has" in plan_remove(instance, "x.example").refused


def test_the_default_of_mydestination_without_one_name(instance_dir: MakeInstance) -> None:
    folder = instance_dir("mydomain = falcot.com\n")
    path = Path(folder, "main.cf")
    path.write_text(path.read_text().replace("mydestination = falcot.com, localhost\n", ""))
    instance = Instance.open(str(folder))
    then = after(instance, plan_remove(instance, "localhost.falcot.com"))
    assert "mydestination = $myhostname, localhost\n" in text(then, "main.cf")


def test_one_of_two_classes(instance_dir: MakeInstance) -> None:
    instance = Instance.open(
        str(instance_dir("mydestination = localhost a.example\nvirtual_mailbox_domains = a.example\n"))
    )
    then = after(instance, plan_remove(instance, "a.example", "local"))
    assert classes(then, "a.example") == ["virtual-mailbox"]
    assert classes(after(instance, plan_remove(instance, "a.example")), "a.example") == []
    assert classes(after(instance, plan_class(instance, "a.example", "virtual-mailbox")), "a.example") == [
        "virtual-mailbox"
    ]


@pytest.mark.parametrize(
    "domain", ["falcot.com", "brand.example", "falcot.org", "partner.example", "localhost"]
)
@pytest.mark.parametrize("klass", ["local", "virtual-alias", "virtual-mailbox", "relay"])
def test_every_class_to_every_class_and_back(instance: Instance, domain: str, klass: DomainClass) -> None:
    (was,) = classes(instance, domain)
    plan = plan_class(instance, domain, klass)
    if was == klass:
        assert "already" in plan.refused
        return
    then = after(instance, plan)
    assert classes(then, domain) == [klass]
    back = after(then, plan_class(then, domain, was))
    assert classes(back, domain) == [was]
    inverse = [edit.inverse() for edit in reversed(plan.edits)]
    undone = Candidate(then.files, inverse)
    assert not undone.conflicts
    assert not undone.stopped
    assert _values(instance.over(undone)) == _values(instance)


def _values(instance: Instance) -> dict[str, list[str]]:
    return {name: split_list(value) for name, value in instance.parameters.values.explicit.items()}
