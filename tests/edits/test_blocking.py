"""Blocking whom a log line names: the right table, the right place, what is said of it, and back again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from mailtui.edits.blocking import Offer, network_key, offers
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.loginblocks import for_logins
from mailtui.edits.plan import Plan
from mailtui.edits.store import from_json, to_json
from mailtui.maillog.record import Record, parse
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

TODAY = date(2026, 11, 22)


def line(
    sender: str = "spam@bad.test", client: str = "c.bad.test[203.0.113.9]", to: str = "jean@falcot.com"
) -> Record:
    return parse(
        f"Nov 22 20:00:00 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from {client}: 450 4.7.1 <{to}>: Recipient "
        f"address rejected: later; from=<{sender}> to=<{to}> proto=ESMTP helo=<bad.test>".encode()
    )


def found(instance: Instance, record: Record | None = None, **how: object) -> dict[str, Offer]:
    rows = offers(instance, record or line(), who="laure", today=TODAY, **how)  # type: ignore[arg-type]  # as written there
    assert len({row.title for row in rows}) == len(rows)
    return {row.title: row for row in rows}


def texts(instance: Instance, plan: Plan) -> dict[str, str]:
    """The files that a plan changes, as it makes them; and the way back."""
    assert not plan.refused, plan.refused
    assert tuple(from_json(json.loads(json.dumps(to_json(edit)))) for edit in plan.edits) == plan.edits
    candidate = Candidate(instance.files, merged(plan.edits))
    assert not candidate.conflicts
    assert not candidate.stopped
    after = {Path(change.target.path).name: change.after.decode() for change in candidate.changes}
    back = [edit.inverse() for edit in reversed(merged(plan.edits))]
    again = Candidate(candidate, back)
    assert not again.stopped
    assert not again.conflicts
    for change in candidate.changes:
        if change.target.format != "master.cf":  # an -o is written in { } once it has blanks
            assert again.raw(change.target.path) == change.before
    return after


def make(instance_dir: MakeInstance, main: str = "", master: str | None = None, **files: str) -> Instance:
    tables = [f"hash:{name}" for name in files]
    if master is None:
        return Instance.open(str(instance_dir(main, files=files, postmap=tables)))
    return Instance.open(str(instance_dir(main, master=master, files=files, postmap=tables)))


def of(instance: Instance, main: str) -> str:
    """Folders and the type of new tables as short words."""
    kind = instance.parameters.effective("default_database_type")
    return main.replace(instance.config_dir, "DIR").replace(f"{kind}:DIR/", "T:DIR/")


def listed(text: str, name: str) -> str:
    lines = text.splitlines()
    at = next(n for n, each in enumerate(lines) if each.startswith(name))
    end = next((n for n in range(at + 1, len(lines)) if not lines[n].startswith((" ", "#"))), len(lines))
    return "\n".join(lines[at:end])


def test_without_any_table_one_is_made_with_its_rule(instance_dir: MakeInstance) -> None:
    instance = make(instance_dir)
    rows = found(instance)
    assert list(rows) == [
        "Block the sender spam@bad.test", "Block every sender of bad.test",
        "Block the client 203.0.113.9 (c.bad.test)",
    ]  # fmt: skip
    plan = rows["Block the sender spam@bad.test"].plan
    after = texts(instance, plan)
    assert after["sender_access"] == f"{NOTE}spam@bad.test REJECT\n"
    assert of(instance, listed(after["main.cf"], "smtpd_sender")) == (
        "smtpd_sender_restrictions = permit_mynetworks, check_sender_access T:DIR/sender_access"
    )
    says = "\n".join(plan.says)
    assert "sender_access is made" in says
    assert "told: 554 5.7.1 <spam@bad.test>: Sender address rejected: Access denied" in says
    assert "switch spam@bad.test in sender_access off, or remove it" in says
    client = rows["Block the client 203.0.113.9 (c.bad.test)"].plan
    assert "203.0.113.9 REJECT" in texts(instance, client)["client_access"]
    assert any("Client host rejected: Access denied" in said for said in client.says)


def test_the_domain_and_its_subdomains(instance_dir: MakeInstance) -> None:
    plan = found(make(instance_dir))["Block every sender of bad.test"].plan
    assert any(said == "every sender of bad.test is refused, and of its subdomains" for said in plan.says)
    other = make(instance_dir, "parent_domain_matches_subdomains =\n")
    plan = found(other)["Block every sender of bad.test"].plan
    assert any("but not of its subdomains" in said for said in plan.says)


def test_the_reason_stands_above_the_entry(instance_dir: MakeInstance) -> None:
    instance = make(instance_dir)
    offer = found(instance)["Block the sender spam@bad.test"]
    after = texts(instance, offer.because("dictionaries,\n  again\0"))
    assert after["sender_access"].startswith("# 2026-11-22 laure: dictionaries, again\nspam@bad.test")
    told = found(instance, told="not here")["Block the sender spam@bad.test"].plan
    assert any("Sender address rejected: not here" in said for said in told.says)


def test_sasl_users_are_spared_in_a_new_list(instance_dir: MakeInstance) -> None:
    instance = make(instance_dir, "smtpd_sasl_auth_enable = yes\n")
    after = texts(instance, found(instance)["Block the sender spam@bad.test"].plan)
    assert "permit_mynetworks, permit_sasl_authenticated, check_sender_access" in after["main.cf"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("permit_mynetworks, reject_non_fqdn_sender", "permit_mynetworks, RULE, reject_non_fqdn_sender"),
        ("permit_mynetworks\n  # of old\n  reject_non_fqdn_sender, permit",
         "permit_mynetworks\n  RULE,\n  # of old\n  reject_non_fqdn_sender, permit"),
        ("permit", "RULE, permit"),
        ("reject_non_fqdn_sender, permit_mynetworks, permit, permit_sasl_authenticated",
         "reject_non_fqdn_sender, permit_mynetworks, RULE, permit, permit_sasl_authenticated"),
        ("permit_dnswl_client x.test, permit_mynetworks", "permit_dnswl_client x.test, permit_mynetworks, RULE"),
        ("$own, reject_non_fqdn_sender\nown = permit_mynetworks, permit_sasl_authenticated",
         "$own, RULE, reject_non_fqdn_sender"),
        ("reject_non_fqdn_sender, $own\nown = permit_mynetworks, permit", "reject_non_fqdn_sender, $own"),
        ("reject_non_fqdn_sender, $own\nown = permit", "RULE, reject_non_fqdn_sender, $own"),
    ],
)  # fmt: skip
def test_the_place_of_the_rule(instance_dir: MakeInstance, before: str, after: str) -> None:
    instance = make(instance_dir, f"smtpd_sender_restrictions = {before}\n")
    plan = found(instance)["Block the sender spam@bad.test"].plan
    main = texts(instance, plan)["main.cf"]
    rule = "check_sender_access T:DIR/sender_access"
    assert (
        of(instance, listed(main, "smtpd_sender"))
        == f"smtpd_sender_restrictions = {after.replace('RULE', rule)}"
    )
    if "RULE" not in after:
        assert of(instance, listed(main, "own")) == f"own = permit_mynetworks, {rule}, permit"


def test_what_lets_strangers_pass_before_it_is_said(instance_dir: MakeInstance) -> None:
    main = "smtpd_sender_restrictions = permit_dnswl_client x.test, permit_mynetworks\n"
    plan = found(make(instance_dir, main))["Block the sender spam@bad.test"].plan
    assert "before it permit_dnswl_client x.test lets some strangers pass" in plan.says
    plan = found(make(instance_dir, "smtpd_sender_restrictions = permit\n"))[
        "Block the sender spam@bad.test"
    ].plan
    assert any("spares our own people" in said for said in plan.says)


def test_the_list_of_the_service_that_faces_outside(instance_dir: MakeInstance) -> None:
    master = (
        "smtp inet n - n - - smtpd\n  -o smtpd_sender_restrictions=permit_mynetworks,reject_non_fqdn_sender\n"
        "submission inet n - n - - smtpd\n  -o smtpd_sender_restrictions=\ncleanup unix n - n - 0 cleanup\n"
    )
    instance = make(instance_dir, "", master)
    after = texts(instance, found(instance)["Block the sender spam@bad.test"].plan)
    assert "main.cf" not in after
    assert "-o smtpd_sender_restrictions=\n" in after["master.cf"]
    assert "permit_mynetworks" in after["master.cf"]
    now = Instance.open(instance.config_dir)
    made = now.over(Candidate(now.files, found(now)["Block the sender spam@bad.test"].plan.edits))
    value = made.parameters.service("smtp", "inet").effective("smtpd_sender_restrictions")
    assert of(instance, " ".join(value.replace(",", " ").split())) == (
        "permit_mynetworks check_sender_access T:DIR/sender_access reject_non_fqdn_sender"
    )


NOTE = "# 2026-11-22 laure: blocked after mail to jean@falcot.com\n"
SENDERS = "permit_mynetworks, check_sender_access hash:$config_directory/senders"


def test_the_table_that_is_there_is_used(instance_dir: MakeInstance) -> None:
    instance = make(
        instance_dir, f"smtpd_sender_restrictions = {SENDERS}\n"
        "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination,"
        " check_sender_access hash:$config_directory/more\n",
        senders="# who not\nold@bad.test    REJECT\n", more="x@y.test OK\n",
    )  # fmt: skip
    rows = found(instance)
    assert texts(instance, rows["Block the sender spam@bad.test"].plan) == {
        "senders": f"# who not\nold@bad.test    REJECT\n{NOTE}spam@bad.test   REJECT\n"
    }
    other = "Block the sender spam@bad.test in more, asked in smtpd_recipient_restrictions"
    assert set(texts(instance, rows[other].plan)) == {"more"}


@pytest.mark.parametrize(
    "rule",
    [
        "permit, check_sender_access hash:$config_directory/senders",
        "warn_if_reject check_sender_access hash:$config_directory/senders",
        "permit_mynetworks, all, check_sender_access hash:$config_directory/senders",
        "check_sender_access pcre:$config_directory/senders",
    ],
)
def test_a_table_that_is_not_asked_about_strangers_is_not_used(instance_dir: MakeInstance, rule: str) -> None:
    main = f"smtpd_sender_restrictions = {rule}\nsmtpd_restriction_classes = all\nall = permit\n"
    instance = make(instance_dir, main, senders="a@b.test OK\n")
    assert "sender_access" in texts(instance, found(instance)["Block the sender spam@bad.test"].plan)


def test_a_table_in_a_class_is_asked(instance_dir: MakeInstance) -> None:
    main = (
        "smtpd_restriction_classes = strict\nsmtpd_sender_restrictions = permit_mynetworks, strict\n"
        "strict = check_sender_access hash:$config_directory/senders\n"
    )
    instance = make(instance_dir, main, senders="a@b.test OK\n")
    assert set(texts(instance, found(instance)["Block the sender spam@bad.test"].plan)) == {"senders"}


def test_before_the_sender_is_known_its_table_is_not_asked(instance_dir: MakeInstance) -> None:
    main = "smtpd_delay_reject = no\nsmtpd_client_restrictions = check_sender_access hash:$config_directory/senders\n"
    instance = make(instance_dir, main, senders="a@b.test OK\n")
    assert "sender_access" in texts(instance, found(instance)["Block the sender spam@bad.test"].plan)


def _says(plan: Plan, words: str) -> bool:
    return any(words in said for said in plan.says)


def test_an_entry_that_is_there_is_changed(instance_dir: MakeInstance) -> None:
    table = "# ours since 2019\n# 2025-01-02 jean: fine\nSpam@bad.test  OK\n"
    instance = make(instance_dir, f"smtpd_sender_restrictions = {SENDERS}\n", senders=table)
    plan = found(instance)["Block the sender spam@bad.test"].plan
    assert _says(plan, "senders:3 says OK of it now: that is changed")
    assert texts(instance, plan)["senders"] == (f"# ours since 2019\n{NOTE}Spam@bad.test  REJECT\n")


def test_an_admins_own_comment_stays(instance_dir: MakeInstance) -> None:
    instance = make(
        instance_dir, f"smtpd_sender_restrictions = {SENDERS}\n", senders="# a friend\nspam@bad.test OK\n"
    )
    after = texts(instance, found(instance)["Block the sender spam@bad.test"].plan)
    assert after["senders"] == f"# a friend\n{NOTE}spam@bad.test REJECT\n"


@pytest.mark.parametrize("value", ["REJECT", "reject no spam", "550 5.7.1 go away"])
def test_what_is_refused_already(instance_dir: MakeInstance, value: str) -> None:
    instance = make(
        instance_dir, f"smtpd_sender_restrictions = {SENDERS}\n", senders=f"\nspam@bad.test {value}\n"
    )
    plan = found(instance)["Block the sender spam@bad.test"].plan
    assert "is refused already" in plan.refused
    assert f"senders:2 says {value}" in plan.refused


def test_what_is_commented_out_is_put_into_force(instance_dir: MakeInstance) -> None:
    instance = make(
        instance_dir, f"smtpd_sender_restrictions = {SENDERS}\n", senders="#spam@bad.test   REJECT\n"
    )
    plan = found(instance)["Block the sender spam@bad.test"].plan
    assert _says(plan, "senders:1 has it commented out")
    assert texts(instance, plan)["senders"] == f"{NOTE}spam@bad.test   REJECT\n"


def test_the_null_sender_is_never_blocked(instance_dir: MakeInstance) -> None:
    rows = found(make(instance_dir), line(sender=""))
    assert "bounces" in rows["Block the sender <>"].plan.refused
    assert not any(title.startswith("Block every sender") for title in rows)


def test_our_own(instance_dir: MakeInstance) -> None:
    instance = make(instance_dir, "local_recipient_maps = hash:$config_directory/known\n", known="jean x\n")
    rows = found(instance, line(sender="jean@falcot.com", client="localhost[127.0.0.1]"))
    assert _says(rows["Block the sender jean@falcot.com"].plan, "! jean@falcot.com is an address of ours")
    assert _says(rows["Block every sender of falcot.com"].plan, "! falcot.com is a domain of ours")
    client = rows["Block the client 127.0.0.1 (localhost)"].plan
    assert _says(client, "! 127.0.0.1 is this host itself")
    assert _says(client, "let pass before that table is asked: permit_mynetworks")
    nobody = found(instance, line(sender="zoe@falcot.com"))
    assert _says(nobody["Block the sender zoe@falcot.com"].plan, "nobody there has this address")


def test_an_entry_for_the_clients_name_hides_one_for_its_address(instance_dir: MakeInstance) -> None:
    main = "smtpd_client_restrictions = check_client_access hash:$config_directory/clients\n"
    instance = make(instance_dir, main, clients="bad.test   DUNNO\n")
    plan = found(instance)["Block the client 203.0.113.9 (c.bad.test)"].plan
    assert _says(plan, "! the entry bad.test (DUNNO) of the same table is found before it")
    assert texts(instance, plan)


def test_an_earlier_table_that_lets_it_pass(instance_dir: MakeInstance) -> None:
    main = (
        "smtpd_sender_restrictions = check_client_access hash:$config_directory/friends, "
        "check_sender_access hash:$config_directory/senders\n"
    )
    instance = make(instance_dir, main, friends="203.0.113 OK\n", senders="a@b.test OK\n")
    plan = found(instance)["Block the sender spam@bad.test"].plan
    assert _says(plan, "! it is let pass before that table is asked: check_client_access")


def test_a_network_is_blocked_only_where_that_is_asked(instance_dir: MakeInstance) -> None:
    instance = make(instance_dir)
    assert not any("network" in title for title in found(instance))
    plan = found(instance, network=True)["Block the network 203.0.113.0/24"].plan
    assert "203.0.113 REJECT" in texts(instance, plan)["client_access"]
    assert _says(plan, "Client host rejected")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113"), ("2001:db8:1:2::9", "2001:db8:1:2"), ("2001:db8:0:1::9", "2001:db8:0:1"),
        ("2001:db8::9", ""), ("2001:0:0:1::9", ""), ("::1", ""), ("unknown", ""),
    ],
)  # fmt: skip
def test_the_key_of_a_network(address: str, key: str) -> None:
    assert network_key(address) == key


def test_odd_senders(instance_dir: MakeInstance) -> None:
    instance = make(instance_dir)
    plan = found(instance, line(sender='"a b"@bad.test'))['Block the sender "a b"@bad.test'].plan
    assert '"a b"@bad.test REJECT' in texts(instance, plan)["sender_access"]
    plan = found(instance, line(sender="a@[192.0.2.1]"))["Block the sender a@[192.0.2.1]"].plan
    assert not plan.refused


def test_a_line_that_names_nobody(instance_dir: MakeInstance) -> None:
    instance = make(instance_dir)
    assert offers(instance, parse(b"Nov 22 20:00:00 mx postfix/qmgr[1]: ABCDEF12345: removed")) == []
    names: Sequence[str] = list(found(instance, line(client="unknown[unknown]")))
    assert not any("client" in name for name in names)


def test_a_table_that_cannot_be_read_is_a_refusal_and_the_others_are_offered(
    instance_dir: MakeInstance,
) -> None:
    main = "smtpd_sender_restrictions = check_sender_access hash:$config_directory/senders\n"
    instance = make(instance_dir, main, senders="a@b.test REJECT\n")
    Path(instance.config_dir, "senders").unlink()
    Path(instance.config_dir, "senders").mkdir()
    rows = found(instance)
    assert rows["Block the sender spam@bad.test"].plan.refused.startswith(f"{instance.config_dir}/senders ")
    assert not rows["Block the client 203.0.113.9 (c.bad.test)"].plan.refused


SUBMISSION = """\
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
"""


@pytest.mark.parametrize(
    ("entries", "made"),
    [
        ("203.0.113.9 REJECT\n", "check_client_access T:DIR/clients, permit_sasl_authenticated, reject"),
        ("203.0.113.9 REJECT\n192.0.2.7 OK\n", ""),  # who is let pass there would need no login any more
    ],
)
def test_who_logs_in_is_refused_too(instance_dir: MakeInstance, entries: str, made: str) -> None:
    main = (
        "mydestination = falcot.com\nlocal_recipient_maps =\n"
        "smtpd_client_restrictions = check_client_access hash:${config_directory}/clients\n"
    )
    instance = make(instance_dir, main, SUBMISSION, clients=entries)
    plan = for_logins(instance, [("unknown", "203.0.113.9")], "laure@falcot.com")
    if not made:
        assert not plan.edits
        assert plan.says == (
            "! submission lets laure@falcot.com pass before the table is asked (permit_sasl_authenticated)",
        )
        return
    assert plan.says == ("submission asks the table before permit_sasl_authenticated",)
    after = of(instance, texts(instance, plan)["master.cf"])
    assert f"-o {{ smtpd_client_restrictions = {made} }}" in after
    now = instance.over(Candidate(instance.files, plan.edits))
    assert for_logins(now, [("unknown", "203.0.113.9")], "laure@falcot.com") == Plan(), "it holds already"
