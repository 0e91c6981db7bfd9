"""Mistakes in main.cf and master.cf: each is caught before anything live is touched, by our own rules (`rules`),
by the edit that would write it (`edit`) or by the rehearsal (`trial`); the tables say by which at least."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.apply.review import review
from mailtui.demo.place import Place
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.services import AddService
from mailtui.postfix.instance import Instance
from tests.apply.rehearsing import column, falcot, option, parameter, rehearsed
from tests.laws.whole import sample, tally


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with falcot() as made:
        yield made


@pytest.fixture
def instance(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    return Instance.open(str(place.etc))


def ruled(instance: Instance, *edits: Edit) -> bool:
    """Whether our own rules, and postconf, stop it."""
    return bool(review(instance, edits, no_rehearsal=True).blocking)


def tried(instance: Instance, told: str, *edits: Edit) -> bool:
    """Whether the rehearsal fails with these words."""
    result = rehearsed(instance, *edits)
    return result.state == "failed" and any(told in line for line in result.lines)


BY_BOTH = [
    (
        "smtpd_recipient_restrictions",
        "permit_mynetworks, bogus_thing, reject_unauth_destination",
        "bogus_thing",
    ),
    ("smtpd_recipient_restrictions", "permit_mynetworks, reject, bogus_thing", "bogus_thing"),
    ("smtpd_relay_restrictions", "permit_mynetworks", "specify at least one working instance"),
    ("smtpd_sender_restrictions", "permit_mynetworks, check_sender_access", "need maptype:mapname"),
    ("smtpd_data_restrictions", "permit_mynetworks, reject_bogus", "reject_bogus"),
    ("smtpd_client_restrictions", "reject_rbl_client", "requires domain name argument"),
    ("smtpd_client_restrictions", "check_client_access hash:/nonexistent", "/nonexistent.db"),
    ("smtpd_client_restrictions", "permit_mynetworks, check_client_access nosuch:/x", "nosuch"),
    ("smtpd_client_restrictions", "check_policy_service 127.0.0.1:10023", "invalid transport name"),
    ("smtpd_restriction_classes", "foo", "needs a definition"),
    ("smtpd_helo_required", "maybe", "bad boolean configuration"),
    ("smtpd_helo_required", "true", "bad boolean configuration"),
    ("soft_bounce", "1", "bad boolean configuration"),
    ("smtpd_timeout", "5 sec", "bad time value or unit"),
    ("queue_run_delay", "5 min", "bad time value or unit"),
    ("bounce_queue_lifetime", "x", "bad time value or unit"),
    ("smtp_connect_timeout", "30x", "bad time value or unit"),
    ("delay_warning_time", "4 hours", "bad time value or unit"),
    ("message_size_limit", "abc", "bad numerical configuration"),
    ("mailbox_size_limit", "100", "smaller than message_size_limit"),
    ("default_process_limit", "0", "default_process_limit"),
    ("virtual_minimum_uid", "x", "bad numerical configuration"),
    ("virtual_uid_maps", "5000", "type:name"),
    ("mynetworks", "127.0.0.1/8", "non-null host address bits"),
    ("mynetworks", "hash:/nonexistent", "/nonexistent.db"),
    ("relay_domains", "hash:/nonexist", "/nonexist.db"),
    ("relay_domains", "/nonexist", "/nonexist"),
    ("virtual_alias_maps", "hash:/nonexistent", "/nonexistent.db"),
    ("virtual_mailbox_maps", "hash:/nonexistent", "/nonexistent.db"),
    ("local_recipient_maps", "hash:/nonexistent", "/nonexistent.db"),
    ("alias_maps", "/etc/aliases", "type:name"),
    ("transport_maps", "nosuch:/x", "unsupported dictionary type"),
    ("header_checks", "regexp:/nonexistent", "/nonexistent"),
    ("canonical_maps", "hash:/nonexistent", "/nonexistent.db"),
    ("smtpd_milters", "inet:8891@localhost", "8891@localhost"),
    ("smtpd_milters", "/opendkim/sock", "opendkim"),
    ("smtpd_tls_security_level", "maybe", "Invalid TLS level"),
    ("smtp_tls_security_level", "maybe", "Invalid TLS level"),
    ("inet_protocols", "ipv7", "inet_protocols"),
    ("inet_interfaces", "192.0.2.250", "no local interface"),
    ("myhostname", "bad host name", "bad parameter value"),
    ("compatibility_level", "x", "compatibility"),
]
"""A parameter, its wrong value, and what the daemon says of it."""

BY_BOTH += [
    ("smtpd_banner", "$myhostname ${broken", "macro processing error"),
    ("smtpd_helo_restrictions", "check_helo_access pcre:{{/x$/ REJECT}}", "macro processing error"),
    (
        "smtpd_recipient_restrictions",
        "{ check_policy_service unix:x, reject_unauth_destination",
        "missing '}'",
    ),
    ("mail_owner", "nouser", "mail_owner"),
    ("default_privs", "nouser", "unknown user name"),
    ("setgid_group", "nogroup-at-all", "setgid_group"),
    ("queue_directory", "/nonexistent", "queue_directory"),
    ("data_directory", "/nonexistent", "data_directory"),
    ("daemon_directory", "/nonexistent", "/nonexistent/master"),
]

BY_RULES = [
    ("mynetworks", "127.0.0.0/8 300.1.1.1"),
    ("my_loop", "$my_loop"),
    ("smtpd_recpient_restrictions", "permit"),
    ("content_filter", "nosuch:"),
    ("default_transport", "nosuch"),
    ("maillog_file", "/srv/mail.log"),
]
"""What no daemon complains of, or only once it delivers."""

BY_TRIAL = [
    (
        "virtual_alias_domains",
        "falcotsbrand.com falcot.com",
        "in BOTH mydestination and virtual_alias_domains",
    ),
    ("smtpd_client_restrictions", "check_client_access static:{reject_nonsense}", "reject_nonsense"),
    ("smtpd_helo_restrictions", "check_helo_access pcre:{{/(/ REJECT}}", "error in regex"),
]
"""What only what runs can know."""

TLS = [
    ("smtpd_tls_chain_files", "/nonexistent", "error opening chain file"),
    ("smtpd_tls_cert_file", "/nonexistent", "error opening chain file"),
]

BY_EDIT = [
    "2526 inet y - n - - smtpd\n",
    "2526 inet n - n - smtpd\n",
    "2526 unixx n - n - - smtpd\n",
    "2526 inet n - maybe - - smtpd\n",
    "2526 inet n - n - x smtpd\n",
    "2526 inet n - n - - smtpd\n  -o smtpd_helo_required = yes\n",
    "2526 inet n - n - - smtpd\n  -o { smtpd_helo_required = yes\n",
]
"""Entries of master.cf: private inet, too few fields, an unknown type, wrong columns, `-o a = b`, a brace."""


@pytest.mark.law
@pytest.mark.parametrize(("name", "value", "told"), sample(BY_BOTH, 8, "mistakes"))
def test_a_mistake_is_caught_by_our_rules_and_by_the_rehearsal(
    instance: Instance, name: str, value: str, told: str
) -> None:
    edit = parameter(instance, name, value)
    assert (ruled(instance, edit), tried(instance, told, edit)) == (True, True)
    tally("mistakes", entries=1)


@pytest.mark.parametrize(("name", "value"), BY_RULES)
def test_a_mistake_that_is_silent_is_caught_by_our_rules(instance: Instance, name: str, value: str) -> None:
    assert ruled(instance, parameter(instance, name, value))


@pytest.mark.parametrize(("name", "value", "told"), BY_TRIAL)
def test_a_mistake_that_only_a_daemon_can_know(instance: Instance, name: str, value: str, told: str) -> None:
    assert tried(instance, told, parameter(instance, name, value))


@pytest.mark.parametrize(("name", "value", "told"), TLS)
def test_a_missing_certificate(instance: Instance, name: str, value: str, told: str) -> None:
    edits = [parameter(instance, "smtpd_tls_security_level", "may"), parameter(instance, name, value)]
    assert (ruled(instance, *edits), tried(instance, told, *edits)) == (True, True)


@pytest.mark.parametrize("text", BY_EDIT)
def test_a_broken_entry_of_master_cf_cannot_be_staged(instance: Instance, text: str) -> None:
    name, kind = text.split()[:2]
    candidate = Candidate(instance.files, [AddService(instance.master, f"{name}/{kind}", text)])
    assert candidate.stopped
    assert not candidate.changes


def test_mistakes_in_master_cf_that_a_daemon_finds(instance: Instance) -> None:
    override = option(instance, "25/inet", "smtpd_helo_required", "maybe")
    assert tried(instance, "bad boolean", override)
    assert tried(instance, "cleanupp", column(instance, "cleanup/unix", "command", "cleanupp"))
    port = AddService(instance.master, "no-such-port/inet", "no-such-port inet n - n - - smtpd\n")
    assert tried(instance, "no-such-port", port)
