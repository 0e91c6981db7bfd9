"""Actions of access tables: what is wrong with one, and what it does in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtui.postfix.accessactions import ACTIONS, ActionPlace, check_action, close_words, told, words

PLACE = ActionPlace(classes=("greylisting", "aggressive"), check="check_client_access")
STRICT = PLACE._replace(
    may_permit=False, permitting=frozenset({"greylisting"}), check="check_sender_mx_access"
)


def said(value: str, place: ActionPlace = PLACE, severity: str = "error") -> str:
    return "; ".join(each.text for each in check_action(value, place) if each.severity == severity)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("550", "550 alone permits, as every number does; to refuse write 550 5.7.1 text"),
        ("", "dropped as the table is compiled"),
        ("REJEKT no", "REJECT is near"),
        ("greylistng", "greylisting is near"),
        ("Greylisting", "the class is called greylisting"),
        ("5.7.1 go away", "an answer begins with its code"),
        ("hash:/etc/postfix/other", "put it into a class"),
        ("check_policy_service inet:127.0.0.1:10023", "put it into a class"),
        ("FILTER smtp", "wants transport:destination"),
        ("REDIRECT jean", "wants user@domain"),
        ("BCC", "wants user@domain"),
        ("PREPEND no header", "wants header: text"),
        ("permit, OK", "no restriction or class"),
        ("go away please", "text for the client stands behind REJECT"),
    ],
)
def test_what_cannot_work(value: str, words: str) -> None:
    assert words in said(value)


@pytest.mark.parametrize("value", ["OK", "relay", "123", "permit"])
def test_an_ok_where_nothing_may_permit(value: str) -> None:
    assert "may not permit" in said(value, STRICT)
    assert told(value, STRICT).startswith("451")
    assert said(value) == ""


def test_what_is_to_be_minded() -> None:
    assert "a number alone permits" in said("1234", severity="warning")
    assert "answers 554 whatever the text says; write 450 4.7.1 later" in said(
        "REJECT 4.7.1 later", severity="warning"
    )
    assert "leave REJECT out" in said("REJECT 550 no", severity="warning")
    assert "comments are lines of their own" in said("REJECT # spam", severity="warning")
    assert "says nothing to anybody" in said("OK # ours", severity="advice")
    assert "whole message" in said("HOLD", PLACE._replace(per_recipient=True), "warning")
    assert "before MAIL FROM" in said("HOLD", PLACE._replace(early=True))
    assert "smtpd_proxy_filter" in said("FILTER a:b", PLACE._replace(proxied=True))
    assert "no transport “scan”" in said(
        "FILTER scan:x", PLACE._replace(transports=frozenset({"smtp"})), "warning"
    )
    assert "check_sender_mx_access answers 451" in said("greylisting", STRICT, "warning")


def test_every_action_and_class_is_offered() -> None:
    offered = dict(words(PLACE))
    assert set(offered) >= {action.word for action in ACTIONS} | {"greylisting", "reject_non_fqdn_sender"}
    assert all(offered.values())
    assert "OK" not in dict(words(STRICT))
    assert close_words("rejct", PLACE)[0] == "REJECT"


@given(st.text(max_size=40) | st.sampled_from([action.word for action in ACTIONS]).flatmap(
    lambda word: st.text(max_size=20).map(lambda text: f"{word} {text}")
))  # fmt: skip
def test_any_text_is_told_of(value: str) -> None:
    found = list(check_action(value, PLACE))
    assert told(value, PLACE) if value.strip() else found
