"""What lets a refused session through: the right table at the right place, proven by Explain, never a relay."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mailtui.dns.ask import Answer as Dns
from mailtui.dns.ask import Names
from mailtui.edits.blocking import Offer
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.letting import let_through
from mailtui.postfix import greylisting
from mailtui.postfix.instance import Instance
from mailtui.postfix.smtpd.explain import explain
from mailtui.postfix.smtpd.session import Answer, Session
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

TODAY = date(2026, 11, 22)
STRANGER = Session("192.0.2.7", "c.bad.test", None, "bare", "a@bad.test", "jean@falcot.com")
RELAY = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"


def make(instance_dir: MakeInstance, main: str, **files: str) -> Instance:
    tables = [f"hash:{name}" for name in files]
    return Instance.open(str(instance_dir(RELAY + main, files=files, postmap=tables)))


def found(instance: Instance, session: Session = STRANGER) -> list[Offer]:
    return [each for each in every(instance, session, Names(only_supplied=True)) if not each.advice]


def every(instance: Instance, session: Session, names: Names) -> list[Offer]:
    """Letters to other admins among them."""
    answer = explain(instance, session, names=names)
    return let_through(instance, session, answer, who="laure", today=TODAY, names=names)


def after(instance: Instance, offer: Offer, session: Session = STRANGER) -> tuple[dict[str, str], Answer]:
    """The files that an offer changes, and what the session is then answered."""
    candidate = Candidate(instance.files, merged(offer.plan.edits))
    assert not candidate.conflicts
    assert not candidate.stopped
    texts = {Path(each.target.path).name: each.after.decode() for each in candidate.changes}
    again = Candidate(candidate, [edit.inverse() for edit in reversed(merged(offer.plan.edits))])
    for change in candidate.changes:
        assert again.raw(change.target.path) == change.before
    return texts, explain(instance.over(candidate), session, names=Names(only_supplied=True))


def test_a_rule_without_a_table_gets_one_before_it(instance_dir: MakeInstance) -> None:
    rules = "smtpd_helo_restrictions = permit_mynetworks, reject_non_fqdn_helo_hostname\n"
    instance = make(instance_dir, rules)
    assert [each.title for each in found(instance)] == [
        "Let the client 192.0.2.7 through → 250, for this client only",
        "Let the sender a@bad.test through → 250, for whoever gives this sender address",
        "Let the recipient jean@falcot.com through → 250, for all mail to this recipient",
        "Make reject_non_fqdn_helo_hostname warn only → 250, for everybody whom this rule refuses",
    ]
    for offer in found(instance):
        assert after(instance, offer)[1].code == 250
    texts, _ = after(instance, found(instance)[0])
    assert texts["client_access"] == "# 2026-11-22 laure: let through\n192.0.2.7 OK\n"
    place = texts["main.cf"].partition("smtpd_helo_restrictions =")[2].partition("\n")[0]
    assert place.split()[0:2] == ["permit_mynetworks,", "check_client_access"]
    assert place.split()[-1] == "reject_non_fqdn_helo_hostname"
    assert "no time" in str(found(instance)[0].because("no time").edits)
    texts, _ = after(instance, found(instance)[-1])
    assert "warn_if_reject reject_non_fqdn_helo_hostname" in texts["main.cf"]


def test_an_entry_of_the_table_that_refused(instance_dir: MakeInstance) -> None:
    """The domain stays refused: only this address is spared, and later rules are asked."""
    rules = "smtpd_sender_restrictions = check_sender_access hash:$config_directory/senders\n"
    instance = make(instance_dir, rules, senders="bad.test REJECT\n")
    offer = next(each for each in found(instance) if "sender a@" in each.title)
    texts, answer = after(instance, offer)
    assert texts == {"senders": "bad.test REJECT\n# 2026-11-22 laure: let through\na@bad.test DUNNO\n"}
    assert answer.code == 250


def test_an_entry_that_names_the_sender_itself_is_changed(instance_dir: MakeInstance) -> None:
    rules = "smtpd_sender_restrictions = check_sender_access hash:$config_directory/senders\n"
    instance = make(instance_dir, rules, senders="a@bad.test REJECT\n")
    offer = next(each for each in found(instance) if "sender a@" in each.title)
    assert any("says REJECT of a@bad.test now" in each for each in offer.plan.says)
    assert "a@bad.test DUNNO" in after(instance, offer)[0]["senders"]


def test_a_table_that_is_asked_before_the_rule_is_used(instance_dir: MakeInstance) -> None:
    rules = (
        "smtpd_recipient_restrictions = check_client_access hash:$config_directory/clients, "
        "reject_non_fqdn_helo_hostname\n"
    )
    instance = make(instance_dir, rules, clients="192.0.2.99 OK\n")
    texts, answer = after(instance, found(instance)[0])
    assert list(texts) == ["clients"]
    assert "192.0.2.7 OK" in texts["clients"]
    assert answer.code == 250


FAR = Session("192.0.2.7", "c.bad.test", None, "c.bad.test", "a@bad.test", "x@far.test")


def test_a_relay_is_never_opened(instance_dir: MakeInstance) -> None:
    instance = make(instance_dir, "")
    assert explain(instance, FAR).code == 554
    assert found(instance, FAR) == []


@pytest.mark.parametrize("session", [STRANGER, FAR])
def test_nor_by_an_ok_before_the_rule_that_guards(instance_dir: MakeInstance, session: Session) -> None:
    """One list does it all, with the refusing rule first: an OK there would let the client write anywhere."""
    rules = (
        "smtpd_relay_restrictions =\n"
        "smtpd_recipient_restrictions = permit_mynetworks, reject_non_fqdn_helo_hostname, reject_unauth_destination\n"
    )
    instance = Instance.open(str(instance_dir(rules)))
    for offer in found(instance, session):
        _texts, answer = after(instance, offer, session)
        assert answer.code == 250
        candidate = Candidate(instance.files, merged(offer.plan.edits))
        for far in (FAR, Session("198.51.100.3", sender="a@bad.test", helo="bare", recipient="y@far.test")):
            said = explain(instance.over(candidate), far, names=Names(only_supplied=True))
            assert said.code >= 400, offer.title
    assert not any("client" in each.title or "sender" in each.title for each in found(instance, session))


def test_nothing_is_offered_for_mail_that_passes(instance_dir: MakeInstance) -> None:
    assert found(make(instance_dir, "")) == []


def test_greylisting_by_a_class_is_lifted_for_one_recipient(instance_dir: MakeInstance) -> None:
    rules = (
        "smtpd_restriction_classes = greylist\ngreylist = check_policy_service inet:127.0.0.1:10023\n"
        "smtpd_recipient_restrictions = check_recipient_access hash:$config_directory/grey\n"
    )
    instance = make(instance_dir, rules, grey="falcot.com greylist\n")
    offer = next(each for each in found(instance) if "the recipient" in each.title)
    texts, answer = after(instance, offer)
    assert "jean@falcot.com DUNNO" in texts["grey"]
    assert answer.code == 250


@pytest.fixture
def postgrey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """postgrey's files beside the instance's folder; their own whitelists come with the first entry."""
    monkeypatch.setattr(greylisting, "_process", lambda: (0, ()))
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "postgrey").write_text('POSTGREY_OPTS="--inet=127.0.0.1:10723"\n')
    folder = tmp_path / "postgrey"
    folder.mkdir()
    for listed in ("recipients", "clients"):
        (folder / f"whitelist_{listed}").write_text("# the package's\n")
    return folder


ASK = "check_policy_service inet:127.0.0.1:10723"


@pytest.mark.parametrize(
    ("rules", "unless"),
    [
        (f"smtpd_recipient_restrictions = {ASK}\n", ""),
        (f"smtpd_restriction_classes = grey\ngrey = {ASK}\nsmtpd_recipient_restrictions = grey\n", ""),
        (
            f"smtpd_recipient_restrictions = check_policy_service unix:private/spf, {ASK}\n",
            " (unless unix:private/spf refuses)",
        ),
    ],
    ids=["a rule", "a class", "after another service"],
)
def test_postgreys_whitelists_are_offered_where_it_is_asked(
    instance_dir: MakeInstance, postgrey: Path, rules: str, unless: str
) -> None:
    instance = make(instance_dir, rules)
    titles = [each.title for each in found(instance)]
    assert titles[:2] == [
        f"No greylisting for the client 192.0.2.7 → 250, for this client only{unless}",
        f"No greylisting for the recipient jean@falcot.com → 250, for all mail to this recipient{unless}",
    ]
    offer = next(each for each in found(instance) if "recipient" in each.title and "whitelist" in each.title)
    assert "→ 250 once postgrey has read it" in offer.title
    assert offer.title.endswith(f"for all mail to this recipient{unless}")
    candidate = Candidate(instance.files, offer.plan.edits)
    assert [each.target.path for each in candidate.changes] == [str(postgrey / "whitelist_recipients.local")]


TWO = (
    "smtpd_helo_restrictions = permit_mynetworks, reject_non_fqdn_helo_hostname\n"
    "smtpd_sender_restrictions = permit_mynetworks, check_sender_access inline:{bad.test=REJECT}\n"
)


def test_two_rules_that_refuse_one_after_the_other_are_passed_by_one_offer(
    instance_dir: MakeInstance,
) -> None:
    instance = make(instance_dir, TWO)
    titles = [each.title for each in found(instance)]
    assert titles == [
        "Let the client 192.0.2.7 through, past 2 rules → 250, for this client only",
        "Let the sender a@bad.test through, past 2 rules → 250, for whoever gives this sender address",
        "Let the recipient jean@falcot.com through, past 2 rules → 250, for all mail to this recipient",
        "Make reject_non_fqdn_helo_hostname and check_sender_access inline:{bad.test=REJECT} warn only → 250, "
        "for everybody whom this rule refuses",
    ]
    for offer in found(instance):
        assert after(instance, offer)[1].code == 250
    texts, _ = after(instance, found(instance)[0])
    assert texts["client_access"].count("192.0.2.7 OK") == 1
    assert texts["main.cf"].count("check_client_access hash:") == 2
    assert "2 rules refuse it, one after the other" in found(instance)[0].plan.says[0]
    assert "why not" in str(found(instance)[0].because("why not").edits)
    assert str(found(instance)[-1].because("why not").edits).count("why not") == 2


REVERSE = "7.2.0.192.in-addr.arpa"
NAMES = [
    ("reject_unknown_client_hostname", {}, f"    {REVERSE}. IN PTR mail.bad.test."),
    (
        "reject_unknown_client_hostname",
        {(REVERSE, "PTR"): Dns("ok", ("c.bad.test",))},
        "    c.bad.test. IN A 192.0.2.7",
    ),
    ("reject_unknown_reverse_client_hostname", {}, f"    {REVERSE}. IN PTR mail.bad.test."),
    ("reject_unknown_helo_hostname", {}, "    mail.bad.test. IN A 192.0.2.7"),
    ("reject_unknown_sender_domain", {}, "    bad.test. IN MX 10 the name of your mail server."),
    (
        "reject_non_fqdn_helo_hostname",
        {},
        "It should say: c.bad.test (in Postfix smtp_helo_name or myhostname).",
    ),
]


@pytest.mark.parametrize(("rule", "dns", "line"), NAMES)
def test_a_name_that_is_missing_is_a_letter_to_the_other_admin(
    rule: str, dns: dict[tuple[str, str], Dns], line: str, instance_dir: MakeInstance
) -> None:
    instance = make(instance_dir, f"smtpd_sender_restrictions = {rule}\nsmtpd_helo_required = yes\n")
    helo = "bare" if "non_fqdn" in rule else "mail.bad.test"
    name = "c.bad.test" if "non_fqdn" in rule else "unknown"
    client = Session("192.0.2.7", name, None, helo, "a@bad.test", "jean@falcot.com")
    supplied = {("bad.test", "MX"): Dns("nxdomain"), ("bad.test", "A"): Dns("nxdomain"), **dns}
    names = Names(supplied=supplied, only_supplied=True)
    offers = every(instance, client, names)
    letter = next(each for each in offers if each.advice)
    assert letter.plan.edits == ()
    assert line in letter.advice.split("\n")
    assert "192.0.2.7" in letter.advice
