"""The chains of a service: order, places, states, comments, markers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.edits import ruleplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.parameters import SetParameter
from mailtui.postfix.catalogue import catalogue, everything, sentence, words_of
from mailtui.postfix.chainrows import Chain, Chains, RuleRow
from mailtui.postfix.chains import chains, services
from mailtui.postfix.chainsettings import chain_settings
from mailtui.postfix.dnszones import closed_zone, codes
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.restrictionnames import ARGUMENTS, OLD_NAMES
from tests.postfix.conftest import MakeInstance

MAIN = """\
mua_client = permit_sasl_authenticated, reject
smtpd_client_restrictions =
    permit_mynetworks,
    # the dial-ups
    # of the town
    warn_if_reject reject_rbl_client dnsbl.sorbs.net,
#    reject_unknown_client_hostname,
    # reject everybody else here
    reject_rbl_cleint zen.example
smtpd_helo_restrictions = reject_invalid_hostname
smtpd_recipient_restrictions = check_recipient_access hash:{folder}/rcpt, strict, permit, reject_unlisted_recipient
smtpd_data_restrictions = check_recipient_access cidr:/none
smtpd_etrn_restrictions = reject_non_fqdn_sender
smtpd_restriction_classes = strict, grey, unused
strict = reject_plaintext_session
grey = check_policy_service inet:127.0.0.1:10023
unused = permit
header_checks = regexp:{folder}/checks
"""
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
submission inet n       -       n       -       -       smtpd
  -o smtpd_client_restrictions=$mua_client
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_delay_reject=no
  -o smtpd_helo_restrictions=reject_non_fqdn_sender,reject_plaintext_session
cleanup   unix  n       -       n       -       0       cleanup
"""


@pytest.fixture
def instance(instance_dir: MakeInstance, tmp_path: Path) -> Instance:
    folder = instance_dir(master=MASTER)
    main = folder / "main.cf"
    (folder / "rcpt").write_text(
        "# strict in a comment\njoe@falcot.com grey\n#old@falcot.com grey\njane@falcot.com OK\nstrict@falcot.com DUNNO\n"
    )
    (folder / "checks").write_text("/^X:/ REJECT\nif /^Y/\n/b/ OK\nendif\n")
    main.write_text(main.read_text() + MAIN.format(folder=folder))
    return Instance.open(str(folder))


def seen(instance: Instance, service: str = "smtp") -> Chains:
    return chains(instance, instance, service)


def listed(view: Chains, stage: str) -> Chain:
    chain = view.chain(stage)
    assert chain is not None
    return chain


def words(row: RuleRow) -> list[str]:
    return [state.word for state in row.states]


def test_the_order_is_that_of_the_conversation(instance: Instance) -> None:
    assert services(instance) == ["smtp/inet", "submission/inet"]
    view = seen(instance)
    assert [(chain.stage, chain.command, chain.answered) for chain in view] == [
        ("client", "CONNECT", "RCPT TO"), ("helo", "HELO", "RCPT TO"), ("sender", "MAIL FROM", "RCPT TO"),
        ("relay", "RCPT TO", "RCPT TO"), ("recipient", "RCPT TO", "RCPT TO"), ("data", "DATA", "DATA"),
        ("end_of_data", "end of DATA", "end of DATA"), ("etrn", "ETRN", "ETRN"),
        ("class:strict", "", ""), ("class:grey", "", ""), ("class:unused", "", ""),
    ]  # fmt: skip
    assert listed(seen(instance, "submission/inet"), "client").answered == "CONNECT"
    assert [(check.parameter, check.rules) for check in view.checks] == [("header_checks", 2)]


def test_each_rule_with_its_comments_and_what_is_off(instance: Instance) -> None:
    client = listed(seen(instance), "client")
    assert [(row.text, row.enabled, row.known) for row in client.rows] == [
        ("permit_mynetworks", True, True),
        ("warn_if_reject reject_rbl_client dnsbl.sorbs.net", True, True),
        ("reject_unknown_client_hostname", False, True),
        ("reject_rbl_cleint", True, False),
        ("zen.example", True, False),
    ]
    assert client.rows[1].comments == ("the dial-ups", "of the town")
    assert client.rows[3].comments == ("reject everybody else here",)
    assert client.rows[1].warn_only
    assert words(client.rows[1]) == ["closed"]
    assert "perhaps reject_rbl_client" in client.rows[3].states[0].why
    lines = Path(instance.main.path).read_text().splitlines()
    for row in client.rows:
        assert row.line is not None
        assert row.name in lines[row.line - 1]


def test_states(instance: Instance) -> None:
    view = seen(instance)
    recipient = {row.text: row for row in listed(view, "recipient").rows}
    assert words(recipient["reject_unlisted_recipient"]) == ["unreachable"]
    assert recipient["strict"].kind == "class"
    assert words(listed(view, "helo").rows[0]) == ["old name"]
    assert any("skips this list" in note for note in listed(view, "helo").notes)
    assert words(listed(view, "etrn").rows[0]) == ["no effect"]
    assert words(listed(view, "data").rows[0]) == ["sometimes"]
    assert words(listed(view, "relay").rows[1]) == ["no effect"]
    submission = seen(instance, "submission")
    assert words(listed(submission, "helo").rows[0]) == ["no effect"]
    assert "smtpd_delay_reject = no" in listed(submission, "helo").rows[0].states[0].why
    assert words(listed(submission, "relay").rows[1]) == []


def test_tables_classes_and_who_uses_them(instance: Instance) -> None:
    view = seen(instance)
    access = listed(view, "recipient").rows[0]
    assert (access.cost.text, access.classes) == ("3 keys", ("grey",))
    assert listed(view, "class:grey").used_by == (f"{access.table} (smtpd_recipient_restrictions)",)
    assert listed(view, "class:strict").used_by == ("smtpd_recipient_restrictions",)
    assert listed(view, "class:unused").notes == ("nothing uses this class",)
    assert listed(view, "class:grey").rows[0].cost.kind == "socket"
    assert "10023" in listed(view, "class:grey").rows[0].says


def test_a_service_of_its_own_and_references(instance: Instance) -> None:
    client = listed(seen(instance, "submission"), "client")
    assert client.overridden
    assert [(row.kind, row.text, row.via) for row in client.rows] == [
        ("reference", "$mua_client", ()),
        ("rule", "permit_sasl_authenticated", ("$mua_client",)),
        ("rule", "reject", ("$mua_client",)),
    ]
    assert [row.file.endswith("main.cf") for row in client.rows] == [False, True, True]
    for name in ("cleanup", "nosuch", "smtp/unix"):
        with pytest.raises(InstanceError):
            seen(instance, name)


def test_conditions_are_read_as_smtpd_reads_them(instance: Instance) -> None:
    edit = SetParameter(instance.main, "smtpd_sender_restrictions", "${mua_client?{permit}}, reject", None)
    view = seen(instance.over(Candidate(instance.files, [edit])))
    sender = listed(view, "sender")
    assert [row.text for row in sender.live] == ["permit", "reject"]
    assert words(sender.rows[1]) == ["unreachable"]


def test_markers(instance: Instance) -> None:
    client = listed(seen(instance), "client")
    edits = [
        *ruleplan.remove(instance, client.rows[4]).edits,
        *ruleplan.insert(instance, client.place, "permit_inet_interfaces", client.rows[0]).edits,
        *ruleplan.change(instance, client.rows[1], warn_only=False).edits,
        *ruleplan.switch(instance, client.rows[0]).edits,
    ]
    after = instance.over(Candidate(instance.files, edits))
    marked = listed(chains(instance, after, "smtp"), "client")
    assert [(row.marker, row.text) for row in marked.rows] == [
        ("+", "permit_inet_interfaces"), ("#", "permit_mynetworks"),
        ("~", "reject_rbl_client dnsbl.sorbs.net"), ("#", "reject_unknown_client_hostname"),
        (" ", "reject_rbl_cleint"), ("-", "zen.example"),
    ]  # fmt: skip
    assert marked.rows[2].was is not None
    assert marked.rows[2].was.warn_only
    assert len({row.key for row in marked.rows}) == len(marked.rows)


@pytest.mark.parametrize(("number", "by"), [(0, 1), (1, -1)])
def test_of_two_that_change_places_the_moved_one_is_marked(instance: Instance, number: int, by: int) -> None:
    relay = listed(seen(instance), "relay")
    edits = ruleplan.step(instance, relay, relay.rows[number], by).edits
    after = instance.over(Candidate(instance.files, edits))
    marked = listed(chains(instance, after, "smtp", ruleplan.moved(edits)), "relay")
    assert [row.text for row in marked.rows if row.marker != " "] == [relay.rows[number].text]
    assert [row.name for row in marked.rows][:2] == ["permit_sasl_authenticated", "permit_mynetworks"]


def test_the_catalogue_knows_every_restriction() -> None:
    assert {entry.name for entry in everything()} == set(ARGUMENTS)
    assert len({entry.says for entry in everything()}) == len(ARGUMENTS) - len(
        [
            name
            for name in OLD_NAMES
            if OLD_NAMES[name] in ARGUMENTS and words_of(name) is words_of(OLD_NAMES[name])
        ]
    )
    for entry in everything():
        assert entry.wise
        assert "{x}" not in entry.says
        assert bool(entry.argument_words) is bool(ARGUMENTS[entry.name])
    names = {entry.name for entry in catalogue("client", delayed=False)}
    assert "check_client_access" in names
    assert "check_recipient_access" not in names
    assert "check_recipient_access" in {entry.name for entry in catalogue("client")}
    assert "check_etrn_access" not in {entry.name for entry in catalogue("recipient")}
    found = [entry.name for entry in everything() if entry.matches("greylist")]
    assert found == ["check_policy_service", "check_recipient_access"]
    assert "zen.example" in sentence("reject_rbl", "zen.example")


def test_closed_lists_and_answers() -> None:
    closed = closed_zone("DNSBL.sorbs.net=127.0.0.2")
    assert closed is not None
    assert closed_zone("zen.spamhaus.org") is None
    assert closed_zone("notsorbs.net") is None
    assert [code.error for code in codes("zen.spamhaus.org=127.0.0.[2..11]")].count(True) == 3


def test_the_settings_beside(instance: Instance) -> None:
    rows = {row.name: row for row in chain_settings(instance)}
    assert "skips smtpd_helo_restrictions" in rows["smtpd_helo_required"].note
    assert "submission/inet" in rows["smtpd_delay_reject"].note
    edit = SetParameter(instance.main, "unknown_client_reject_code", "550", None)
    after = {row.name: row for row in chain_settings(instance.over(Candidate(instance.files, [edit])))}
    assert "harder than usual" in after["unknown_client_reject_code"].note
