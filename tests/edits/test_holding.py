"""Ending a circle of mail: the entries that make it, and mail on hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mailtui.edits.blocking import Offer
from mailtui.edits.candidate import Candidate
from mailtui.edits.holding import entries_of, hold_offers
from mailtui.edits.plan import Plan
from mailtui.maillog.loops import Finding, Kind
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

TODAY = date(2026, 11, 22)
MAIN = """\
virtual_alias_domains = brand.test
virtual_alias_maps = hash:$config_directory/virtual
transport_maps = inline:{far.test=smtp:[192.0.2.9]}
"""
VIRTUAL = "# round\na@brand.test   b@far.test\nlist@brand.test  c@far.test, jean@falcot.com\n"


def instance_of(
    instance_dir: MakeInstance, main: str = MAIN, virtual: str = VIRTUAL, **files: str
) -> Instance:
    files = {"virtual": virtual, **files}
    return Instance.open(str(instance_dir(main, files=files, postmap=[f"hash:{name}" for name in files])))


def circle(*addresses: str, kind: Kind = "rate") -> Finding:
    return Finding(kind, addresses, 30, 2, 0)


def by_title(instance: Instance, found: Finding) -> dict[str, Offer]:
    return {
        each.title.partition(instance.config_dir)[0]: each
        for each in hold_offers(instance, found, who="jean", today=TODAY)
    }


def texts(instance: Instance, plan: Plan) -> dict[str, str]:
    assert not plan.refused
    candidate = Candidate(instance.files, plan.edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return {Path(each.target.path).name: each.after.decode() for each in candidate.changes}


def test_the_entries_are_named_with_their_place(instance_dir: MakeInstance) -> None:
    instance = instance_of(instance_dir)
    steps = entries_of(instance, circle("a@brand.test", "b@far.test"))
    assert [(step.key, step.to, step.place) for step in steps] == [
        ("a@brand.test", "b@far.test", f"{instance.config_dir}/virtual:2")
    ]
    assert entries_of(instance, circle("x@far.test", "b@far.test")) == ()


def test_the_only_destination_is_switched_off(instance_dir: MakeInstance) -> None:
    instance = instance_of(instance_dir)
    offers = by_title(instance, circle("a@brand.test", "b@far.test"))
    plan = offers["Take out of the circle: a@brand.test → b@far.test ("].plan
    assert texts(instance, plan)["virtual"] == VIRTUAL.replace("\na@", "\n#a@")
    assert any("550 User unknown in virtual alias table" in said for said in plan.says)


def test_one_of_several_is_taken_out(instance_dir: MakeInstance) -> None:
    instance = instance_of(instance_dir)
    offers = by_title(instance, circle("list@brand.test", "c@far.test"))
    plan = offers["Take out of the circle: list@brand.test → c@far.test ("].plan
    assert "list@brand.test  jean@falcot.com\n" in texts(instance, plan)["virtual"]
    assert "list@brand.test still goes to jean@falcot.com" in plan.says


def test_mail_is_held_before_anybody_is_let_pass(instance_dir: MakeInstance) -> None:
    main = MAIN + "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n"
    instance = instance_of(instance_dir, main)
    offers = by_title(instance, circle("a@brand.test", "b@far.test", kind="hops"))
    offer = offers["Hold mail to a@brand.test as it comes in"]
    after = texts(instance, offer.because("round and\nround"))
    assert after["recipient_access"] == "# 2026-11-22 jean: round and round\na@brand.test HOLD\n"
    (line,) = [each for each in after["main.cf"].splitlines() if each.startswith("smtpd_recipient")]
    assert line.index("check_recipient_access") < line.index("permit_mynetworks")
    assert "Hold mail to b@far.test as it comes in" in offers


def test_a_table_that_asks_about_all_is_used(instance_dir: MakeInstance) -> None:
    main = MAIN + (
        "smtpd_recipient_restrictions = check_recipient_access hash:$config_directory/rcpt, permit_mynetworks,"
        " check_recipient_access hash:$config_directory/more\n"
    )
    instance = instance_of(instance_dir, main, rcpt="a@brand.test OK\n", more="x@y OK\n")
    plan = by_title(instance, circle("a@brand.test"))["Hold mail to a@brand.test as it comes in"].plan
    assert texts(instance, plan) == {
        "rcpt": "# 2026-11-22 jean: mail goes round in a circle\na@brand.test HOLD\n"
    }
    assert "its entry says OK now: that is changed" in plan.says
    held = instance_of(instance_dir, main, rcpt="a@brand.test HOLD\n", more="x@y OK\n")
    plan = by_title(held, circle("a@brand.test"))["Hold mail to a@brand.test as it comes in"].plan
    assert "already" in plan.refused


def test_what_local_bounces_is_not_held(instance_dir: MakeInstance) -> None:
    offers = by_title(instance_of(instance_dir), circle("a@brand.test", "b@far.test", kind="forwarding"))
    assert not any(title.startswith("Hold") for title in offers)


def test_a_pattern_cannot_be_edited_here(instance_dir: MakeInstance) -> None:
    main = MAIN.replace("hash:$config_directory/virtual", "regexp:$config_directory/patterns")
    folder = instance_dir(main, files={"patterns": "/^a@brand.test$/ b@far.test\n"})
    offers = by_title(Instance.open(str(folder)), circle("a@brand.test", "b@far.test"))
    (plan,) = [each.plan for title, each in offers.items() if title.startswith("Take out")]
    assert "no table that can be edited here" in plan.refused


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_circle_of_local_aliases(instance_dir: MakeInstance, name: str) -> None:
    folder = instance_dir(
        "myorigin = falcot.com\nalias_maps = hash:$config_directory/aliases\nlocal_recipient_maps = $alias_maps\n",
        files={"aliases": "a: b\nb: a, jean\njean: /dev/null\n"}, postalias=["hash:aliases"],
    )  # fmt: skip
    instance = Instance.open(str(folder))
    steps = entries_of(instance, circle("a@falcot.com", "b@falcot.com", kind="forwarding"))
    assert {(step.key, step.line) for step in steps} == {("a", 1), ("b", 2)}
    offers = hold_offers(instance, circle("a@falcot.com", "b@falcot.com", kind="forwarding"))
    plan = next(each.plan for each in offers if f": {name} →" in each.title)
    assert texts(instance, plan)
    assert not any(said.startswith("!") for said in plan.says), plan.says


def test_a_table_that_cannot_be_read_is_a_refusal(instance_dir: MakeInstance) -> None:
    main = "smtpd_recipient_restrictions = check_recipient_access hash:$config_directory/recipients, reject\n"
    instance = instance_of(instance_dir, MAIN + main, recipients="x@y.test OK\n")
    Path(instance.config_dir, "recipients").unlink()
    Path(instance.config_dir, "recipients").mkdir()
    offers = by_title(instance, circle("a@brand.test", "b@far.test"))
    plan = offers["Hold mail to a@brand.test as it comes in"].plan
    assert plan.refused.startswith(f"{instance.config_dir}/recipients ")
