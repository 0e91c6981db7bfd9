"""Keys of access tables: each that is said to work is asked for, and why another never is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.postfix.accesskeychecks import key_doubts, key_problem
from mailtui.postfix.accesskeys import KINDS, Style, Subject, access_kind, asked, example, meaning, subject_of
from mailtui.postfix.addresses import Rules
from mailtui.postfix.restrictionnames import ARGUMENTS

RULES = Rules("falcot.com", "falcot.com", "+")
PARENTS, DOTS = Style(True, "<>", RULES), Style(False, "<>", RULES)
CLIENT, SENDER = "check_client_access", "check_sender_access"

KEYS = st.one_of(
    st.from_regex(r"\A\.?([a-z0-9_-]{1,4}\.){0,3}[a-z][a-z0-9-]{0,3}\.?\Z"),
    st.from_regex(r"\A(0|[1-9][0-9]{0,2})(\.[0-9]{1,3}){0,4}(/[0-9]{1,2})?\.?\Z"),
    st.from_regex(r"\A\[?[0-9a-fA-F]{1,4}(:[0-9a-f]{0,4}){1,7}\]?\Z"),
    st.from_regex(r"\A[a-z+.]{0,4}@([a-z]{1,3}\.){0,2}[a-z]{0,3}\Z"),
    st.sampled_from(
        ["<>", "*", "*.a.example", "unknown", "@", "", "IPv6:::1", '"a b"@c.example', "a@[192.0.2.1]"]
    ),
)


def test_every_check_with_a_table_is_known() -> None:
    assert set(KINDS) == {name for name, kind in ARGUMENTS.items() if kind in {"table", "ccert"}}


@given(st.sampled_from(sorted(KINDS)), st.booleans(), KEYS)
@settings(max_examples=400, deadline=None)
def test_a_key_that_works_is_asked_for_in_its_example(check: str, parents: bool, key: str) -> None:
    kind, style = access_kind(check), PARENTS if parents else DOTS
    if key_problem(kind, style, key):
        return
    keys = {each.lower() for each, _ in asked(kind, style, example(kind, style, key))}
    assert key.lower() in keys, (example(kind, style, key), keys)
    assert meaning(kind, style, key)
    assert all(key_doubts(kind, style, key))


@pytest.mark.parametrize(
    ("check", "key", "words"),
    [
        (CLIENT, "192.168.1.", "write 192.168.1"),
        (CLIENT, "192.168.1.0/24", "networks are written 192.168.1 here; /24 belongs in a cidr: table"),
        (CLIENT, "192.168.1.0/26", "belong in a cidr: table"),
        (CLIENT, "192.168.01.1", "write 192.168.1.1"),
        (CLIENT, "[192.0.2.1]", "write 192.0.2.1"),
        (CLIENT, "[2001:db8::1]", "write 2001:db8::1"),
        (CLIENT, "2001:0db8::1", "writes this address as 2001:db8::1"),
        (CLIENT, "::ffff:192.0.2.1", "looked up as 192.0.2.1"),
        (CLIENT, "2001:0db8", "write 2001:db8"),
        (CLIENT, "300.1.1.1", "up to 255"),
        (CLIENT, "0.0.0.1", "no address begins with 0"),
        (CLIENT, ".example.com", "example.com stands for its subdomains too"),
        (CLIENT, "*.example.com", "are written example.com"),
        (CLIENT, "user@example.com", "addresses belong to check_sender_access"),
        (CLIENT, "mail.example.com.", "write mail.example.com"),
        (CLIENT, '"mail.example.com"', "without them"),
        ("check_sender_a_access", "mail.example.com", "no names"),
        (SENDER, "@example.com", "everybody at it is example.com"),
        (SENDER, "*@example.com", "everybody at it is example.com"),
        (SENDER, "192.0.2.1", "check_client_access"),
        (SENDER, "192.0.2.0/24", "no networks"),
        (SENDER, ".example.com", "example.com stands for its subdomains too"),
        (SENDER, "user@example.com:", "aliases(5)"),
        ("check_recipient_access", "<>", "no mail is for the empty address"),
    ],
)
def test_why_a_key_is_never_asked_for(check: str, key: str, words: str) -> None:
    assert words in key_problem(access_kind(check), PARENTS, key)


def test_the_null_sender_is_called_as_the_parameter_says() -> None:
    other = Style(True, "null@local", RULES)
    assert key_problem(access_kind(SENDER), PARENTS, "<>") == ""
    assert "is null@local" in key_problem(access_kind(SENDER), other, "<>")
    assert [key for key, _ in asked(access_kind(SENDER), other, Subject(""))] == ["null@local"]


def test_a_name_without_a_dot_is_completed_where_the_parameter_says() -> None:
    dotted = Style(True, "<>", RULES._replace(append_dot_mydomain=True))
    assert "user@host.falcot.com" in key_problem(access_kind(SENDER), dotted, "user@host")
    assert key_problem(access_kind(SENDER), PARENTS, "user@host") == ""


@pytest.mark.parametrize(
    ("typed", "subject"),
    [
        ("mail.example.com[192.0.2.1]", Subject("mail.example.com", "192.0.2.1")),
        ("mail.example.com 192.0.2.1", Subject("mail.example.com", "192.0.2.1")),
        ("192.0.2.1", Subject("unknown", "192.0.2.1")),
        ("[2001:db8::1]", Subject("unknown", "2001:db8::1")),
        ("mail.example.com", Subject("mail.example.com")),
    ],
)
def test_a_client_as_it_is_typed(typed: str, subject: Subject) -> None:
    assert subject_of(access_kind(CLIENT), typed) == subject


def test_the_keys_of_a_client_and_of_a_sender() -> None:
    client = Subject("a.b.example", "192.0.2.1")
    assert [key for key, _ in asked(access_kind(CLIENT), PARENTS, client)] == [
        "a.b.example", "b.example", "example", "192.0.2.1", "192.0.2", "192.0", "192",
    ]  # fmt: skip
    assert [key for key, full in asked(access_kind(CLIENT), DOTS, client) if full] == [
        "a.b.example",
        "192.0.2.1",
    ]
    sender = Subject("User+x@b.example")
    assert [key for key, _ in asked(access_kind(SENDER), DOTS, sender)] == [
        "user+x@b.example", "user@b.example", "b.example", ".example", "user+x@", "user@",
    ]  # fmt: skip
    assert next(iter(key_doubts(access_kind(CLIENT), DOTS, "b.example"))).endswith(
        "its subdomains are .b.example"
    )
