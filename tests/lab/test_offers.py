"""Offers for a log line against the real smtpd: blocked as foretold, the circle found, the cause named."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest

from mailtui.demo.lab import Lab
from mailtui.edits.blocking import offers
from mailtui.edits.draft import Group
from mailtui.edits.holding import entries_of, hold_offers
from mailtui.edits.plan import Plan
from mailtui.edits.store import dumps
from mailtui.maillog.loops import Loops
from mailtui.maillog.record import Record, parse
from mailtui.maillog.refusal import refusal
from mailtui.postfix.instance import Instance
from mailtui.postfix.refusalplaces import places

STRANGER = ("mail.bad.example", "203.0.113.77")
_TALK = """
import json, smtplib, sys
helo, sender, to, client = json.loads(sys.argv[1])
server = smtplib.SMTP("127.0.0.1", 25, local_hostname="probe.example")
server.ehlo("probe.example")
if client:
    server.docmd("XCLIENT NAME=%s ADDR=%s" % tuple(client))
code, text = server.ehlo(helo)
for said in ("MAIL FROM:<%s>" % sender, "RCPT TO:<%s>" % to):
    code, text = server.docmd(said)
    if code >= 400:
        break
print(code, text.decode())
"""


def talk(
    lab: Lab,
    sender: str,
    to: str = "jean@falcot.com",
    helo: str = "bad.example",
    client: tuple[str, str] | None = STRANGER,
) -> str:
    import json

    done = lab.run(sys.executable, "-c", _TALK, json.dumps([helo, sender, to, client]))
    assert done.ok, done.words
    return done.out.decode().strip()


def opened(lab: Lab) -> Instance:
    return Instance.open(str(lab.config_dir))


def apply(lab: Lab, plan: Plan) -> None:
    assert not plan.refused, plan.refused
    draft = dumps(
        [Group(plan.edits, "a block")], config_dir=str(lab.config_dir), hostname="", who="laure", time=""
    )
    path = lab.directory / "draft.json"
    path.write_bytes(draft)
    done = lab.mailtui("draft", "apply", str(path), "--no-rehearsal")
    assert done.ok, done.words


def last_refusal(lab: Lab, after: int, words: str) -> Record:
    lab.logged(re.escape(words), after=after)
    lines = lab.log.read_bytes()[after:].splitlines()
    return parse([line for line in lines if words.encode() in line][-1])


@pytest.fixture(scope="module")
def live() -> Iterator[Lab]:
    with Lab() as lab:
        for name, value in (
            ("smtpd_authorized_xclient_hosts", "127.0.0.1"), ("smtpd_client_restrictions", ""),
            ("smtpd_helo_restrictions", ""), ("smtpd_sender_restrictions", ""), ("smtpd_data_restrictions", ""),
            ("smtpd_recipient_restrictions", "permit_mynetworks, reject_unauth_destination"),
        ):  # fmt: skip
            done = lab.run("postconf", "-c", str(lab.config_dir), "-e", f"{name}={value}")
            assert done.ok, done.words
        lab.postfix("reload")
        yield lab


def record_of(sender: str = "spam@bad.example") -> Record:
    name, address = STRANGER
    return parse(
        f"Nov 22 20:00:00 mail postfix/smtpd[7]: NOQUEUE: reject: RCPT from {name}[{address}]: 450 4.7.1 later; "
        f"from=<{sender}> to=<jean@falcot.com> proto=ESMTP helo=<bad.example>".encode()
    )


@pytest.mark.parametrize(
    ("title", "sender"),
    [
        ("Block the sender spam@bad.example", "spam@bad.example"),
        ("Block every sender of worse.example", "x@sub.worse.example"),
        (f"Block the client {STRANGER[1]} ({STRANGER[0]})", "a@good.example"),
    ],
)
def test_who_is_blocked_is_told_what_was_foretold(live: Lab, title: str, sender: str) -> None:
    assert talk(live, sender).startswith("250")
    named = record_of("spam@bad.example" if "bad" in title else "spam@worse.example")
    offer = next(each for each in offers(opened(live), named, who="laure") if each.title == title)
    foretold = next((said for said in offer.plan.says if "will be told" in said), "")
    apply(live, offer.because("as a test"))
    after = live.log_size()
    reply = talk(live, sender)
    assert reply.startswith("554 5.7.1"), reply
    if "every" not in title:
        assert foretold.endswith(reply)
    if "client" not in title:
        assert talk(live, "b@other.example").startswith("250")
    record = last_refusal(live, after, "Access denied")
    found = places(opened(live), record, refusal(record))
    assert len(found) == 1
    assert "REJECT" in found[0].entry
    key = found[0].entry.split()[1]
    assert key in {"spam@bad.example", "worse.example", STRANGER[1]}
    again = offers(opened(live), named, who="laure")
    assert any("is refused already" in each.plan.refused for each in again if each.title == title)


def test_our_own_people_are_spared(live: Lab) -> None:
    assert talk(live, "spam@bad.example", client=None).startswith("250")


CAUSES: tuple[tuple[str, dict[str, object], str], ...] = (
    ("reject_unauth_destination", {"to": "x@far.example"}, "Relay access denied"),
    ("reject_unlisted_recipient", {"to": "nobody-here@falcot.com"}, "User unknown in local recipient table"),
    ("reject_non_fqdn_sender", {"sender": "bare"}, "need fully-qualified address"),
    ("reject_non_fqdn_helo_hostname", {"helo": "bare"}, "need fully-qualified hostname"),
    ("reject_invalid_helo_hostname", {"helo": "-no-.example"}, "Invalid name"),
    ("reject_unknown_client_hostname", {"client": ["[UNAVAILABLE]", "203.0.113.78"]}, "cannot find your hostname"),
    ("reject_plaintext_session", {}, "Session encryption is required"),
    ("defer", {}, "Try again later"),
    ("reject_sender_login_mismatch", {"sender": "jean@falcot.com"}, "not logged in"),
    ("check_policy_service", {}, "Server configuration problem"),
    ("reject", {}, "Access denied"),
)  # fmt: skip
RULES = {"check_policy_service": "check_policy_service inet:127.0.0.1:9"}


@pytest.mark.parametrize(("rule", "session", "words"), CAUSES, ids=[each[0] for each in CAUSES])
def test_the_cause_of_a_real_reply(live: Lab, rule: str, session: dict[str, object], words: str) -> None:
    extra = "" if rule.startswith("reject_un") and "client" not in rule else f"{RULES.get(rule, rule)}, "
    value = f"permit_mynetworks, {extra}reject_unauth_destination"
    for name, to in (
        ("smtpd_recipient_restrictions", value), ("smtpd_client_restrictions", ""), ("smtpd_sender_restrictions", ""),
        ("smtpd_sender_login_maps", "inline:{jean@falcot.com=jean}"), ("smtpd_sasl_auth_enable", "yes"),
        ("smtpd_relay_restrictions", ""),
    ):  # fmt: skip
        done = live.run("postconf", "-c", str(live.config_dir), "-e", f"{name}={to}")
        assert done.ok, done.words
    live.postfix("reload")
    after = live.log_size()
    said = talk(live, **{"sender": "a@good.example", "client": ("c.good.example", "203.0.113.80"), **session})  # type: ignore[arg-type]  # the sessions above
    assert words in said
    record = last_refusal(live, after, words)
    found = refusal(record)
    assert rule in (found.rule.split()[0].rstrip(","), *found.names), found
    assert found.do
    assert found.certainty == ("likely" if rule == "reject" else "sure")
    where = places(opened(live), record, found)
    if rule != "reject_unlisted_recipient":
        assert any(place.parameter == "smtpd_recipient_restrictions" and place.line for place in where), where


def test_a_circle_of_aliases_is_found(live: Lab) -> None:
    """Two aliases that name each other: local(8) bounces that."""
    aliases = live.config_dir / "aliases"
    aliases.write_text(aliases.read_text() + "round-a: round-b@falcot.com\nround-b: round-a@falcot.com\n")
    assert live.run("postalias", "-c", str(live.config_dir), f"hash:{aliases}").ok
    after = live.log_size()
    live.send("round-a@falcot.com")
    live.logged("status=bounced .alias database loop", after=after)
    loops = Loops()
    loops.add(0, live.log.read_bytes()[after:])
    (found,) = loops.findings
    assert (found.kind, found.addresses) == ("forwarding", ("round-a@falcot.com", "round-b@falcot.com"))
    steps = entries_of(opened(live), found)
    assert {step.key for step in steps} == {"round-a", "round-b"}
    rows = hold_offers(opened(live), found)
    apply(live, next(each.plan for each in rows if ": round-b →" in each.title))
    after = live.log_size()
    live.send("round-a@falcot.com")
    live.logged("unknown user: .round-b", after=after)


SECOND = "10026/inet=10026 inet n - n - - smtpd -o cleanup_service_name=other"
OTHER = "other/unix=other unix n - n - 0 cleanup -o virtual_alias_maps=inline:{b@far.example=a@far.example}"
THIRD = "10027/inet=10027 inet n - n - - smtpd"


def test_a_circle_through_another_server_is_found_and_held(live: Lab) -> None:
    """a is an alias of b here, b one of a there: each hands it to the other by SMTP."""
    for service in (SECOND, OTHER, THIRD):
        assert live.run("postconf", "-c", str(live.config_dir), "-Me", service).ok
    table = live.config_dir / "virtual"
    table.write_text(table.read_text() + "a@far.example   b@far.example\n")
    assert live.run("postmap", "-c", str(live.config_dir), f"hash:{table}").ok
    way = "inline:{ {a@far.example=smtp:[127.0.0.1]:10027}, {b@far.example=smtp:[127.0.0.1]:10026} }"
    for name, to in (
        ("smtpd_recipient_restrictions", "permit_mynetworks, reject_unauth_destination"), ("transport_maps", way),
    ):  # fmt: skip
        assert live.run("postconf", "-c", str(live.config_dir), "-e", f"{name}={to}").ok
    live.postfix("reload")
    after = live.log_size()
    live.send("a@far.example")
    live.logged("too many hops", after=after, within=30)
    loops = Loops()
    loops.add(0, live.log.read_bytes()[after:])
    by_kind = {found.kind: found for found in loops.findings}
    assert by_kind["rate"].addresses == ("a@far.example", "b@far.example")
    assert by_kind["rate"].count > 10
    assert "b@far.example" in by_kind["hops"].addresses or "a@far.example" in by_kind["hops"].addresses
    (step,) = entries_of(opened(live), by_kind["rate"])
    assert (step.key, step.file) == ("a@far.example", str(table))
    rows = {each.title: each for each in hold_offers(opened(live), by_kind["rate"], who="laure")}
    apply(live, rows["Hold mail to b@far.example as it comes in"].plan)
    after = live.log_size()
    live.send("a@far.example")
    live.logged("hold: RCPT from .*<b@far.example>: Recipient address", after=after)
    loops = Loops()
    loops.add(0, live.log.read_bytes()[after:])
    assert loops.findings == ()
