"""The rehearsal: safe whatever is missing, it reaches nothing live, finds mistakes, and lets right changes pass."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.apply.rehearsal import rehearse as module
from mailtui.apply.rehearsal.script import SWITCHES
from mailtui.demo.place import Place
from mailtui.edits.services import AddService, SwitchService
from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import host_addresses
from mailtui.postfix.services import find_service
from tests.apply.rehearsing import Listener, column, falcot, parameter, rehearsed, state_of
from tests.laws.whole import WHOLE, tally


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with falcot() as made:
        yield made


@pytest.fixture
def instance(place: Place) -> Instance:
    return Instance.open(str(place.etc))


@pytest.mark.parametrize("switch", SWITCHES)
def test_without_any_one_safety_switch_nothing_starts(place: Place, instance: Instance, switch: str) -> None:
    before = state_of(Path(instance.queue_directory), Path(instance.data_directory))
    live = Listener(str(place.directory / "live"))
    try:
        record, _ = module._run(instance, {}, None, [switch])
        assert record.refused
        assert (record.log, record.answers, record.silent) == ([], [], [])
        assert module.rehearse(instance, instance, without=[switch]).state == "impossible"
    finally:
        live.close()
        (place.directory / "live").unlink()
    assert live.reached == 0
    assert state_of(Path(instance.queue_directory), Path(instance.data_directory)) == before


def test_nothing_live_is_reached_or_changed(place: Place, instance: Instance, tmp_path: Path) -> None:
    tcp, unix = Listener(), Listener(str(tmp_path / "live"))
    inside = Listener(str(place.spool / "live"))
    kept = (place.spool, place.directory / "data", place.log.parent, place.etc, Path("/var/mail"))
    edits = [
        parameter(instance, "smtpd_milters", f"inet:127.0.0.1:{tcp.port}, unix:{tmp_path}/live, unix:live"),
        parameter(
            instance,
            "smtpd_recipient_restrictions",
            f"reject_unauth_destination, check_policy_service inet:127.0.0.1:{tcp.port},"
            f" check_policy_service {{ unix:{tmp_path}/live, timeout=3s }}",
        ),
        parameter(instance, "relayhost", f"[127.0.0.1]:{tcp.port}"),
        parameter(instance, "mailbox_transport", f"lmtp:unix:{tmp_path}/live"),
        parameter(instance, "virtual_alias_maps", f"tcp:127.0.0.1:{tcp.port}, proxy:mysql:/etc/postfix/x.cf"),
    ]
    try:
        before = state_of(*kept)
        result = rehearsed(instance, *edits)
        after = state_of(*kept)
        assert (tcp.reached, unix.reached, inside.reached) == (0, 0, 0)
    finally:
        for each in (tcp, unix, inside):
            each.close()
    assert after == before
    assert (result.state, result.lines) == ("passed", ())
    assert {"the milters' own answers", "the policy services' own answers", "tables on the network"} <= set(
        result.not_tried
    )


def test_the_hosts_own_address_exists_there(instance: Instance) -> None:
    mine = host_addresses()
    if not mine:
        pytest.skip("this host has no address but loopback")
    four = next((each for each in mine if ":" not in each), None)
    assert four is not None
    assert rehearsed(instance, parameter(instance, "inet_interfaces", f"127.0.0.1, {four}")).state == "passed"
    wrong = rehearsed(instance, parameter(instance, "inet_interfaces", "192.0.2.250"))
    assert "no local interface found for 192.0.2.250" in wrong.lines[0]


def test_it_is_quick(instance: Instance) -> None:
    begun = time.monotonic()
    result = rehearsed(instance, parameter(instance, "delay_warning_time", "4h"))
    assert result.state == "passed", result.lines
    assert time.monotonic() - begun < module.PATIENCE / 2


RIGHT = [
    ("delay_warning_time", "4h"), ("message_size_limit", "30000000"), ("smtpd_helo_required", "yes"),
    ("smtpd_banner", "$myhostname ESMTP"), ("disable_vrfy_command", "yes"), ("strict_rfc821_envelopes", "yes"),
    ("smtpd_timeout", "60s"), ("queue_run_delay", "10m"), ("maximal_queue_lifetime", "6d"), ("biff", "no"),
    ("soft_bounce", "yes"), ("smtpd_delay_reject", "no"), ("recipient_delimiter", "-"), ("relayhost", "[relay.example]:587"),
    ("mailbox_command", "/usr/bin/procmail"), ("home_mailbox", "Maildir/"), ("smtp_tls_security_level", "may"),
    ("mynetworks", "127.0.0.0/8 [::1]/128 192.0.2.0/24"), ("smtpd_sender_restrictions", "reject_unknown_sender_domain"),
    ("smtpd_client_restrictions", "permit_mynetworks, reject_unknown_client_hostname"),
    ("smtpd_helo_restrictions", "reject_invalid_helo_hostname, warn_if_reject reject_non_fqdn_helo_hostname"),
    ("smtpd_recipient_restrictions", "permit_mynetworks, reject_unauth_destination, reject_rbl_client zen.example"),
    ("smtpd_data_restrictions", "reject_unauth_pipelining"), ("default_process_limit", "50"),
    ("smtpd_milters", "inet:127.0.0.1:8891, unix:/clamav/milter.sock"), ("smtp_connect_timeout", "15s"),
    ("smtpd_client_connection_rate_limit", "30"), ("local_recipient_maps", ""), ("always_bcc", ""),
    ("masquerade_domains", "falcot.com"), ("notify_classes", "resource, software, bounce"), ("bounce_queue_lifetime", "2d"),
    ("virtual_minimum_uid", "500"), ("append_dot_mydomain", "yes"), ("my_own_name", "anything"),
    ("inet_protocols", "all"), ("header_size_limit", "51200"), ("smtpd_soft_error_limit", "5"),
    ("smtpd_recipient_limit", "200"), ("default_destination_concurrency_limit", "10"), ("line_length_limit", "4096"),
    ("smtpd_reject_unlisted_sender", "yes"), ("unknown_local_recipient_reject_code", "450"), ("smtpd_tls_security_level", "none"),
    ("transport_maps", "inline:{ x.example=smtp:[y.example] }"), ("relay_domains", "relay.example, other.example"),
    ("mydestination", "$myhostname, $mydomain, localhost"), ("smtp_generic_maps", "inline:{ a@b.example=c@d.example }"),
    ("sender_bcc_maps", "static:archive@falcot.com"), ("smtpd_forbidden_commands", "CONNECT GET POST"),
    ("smtpd_peername_lookup", "no"),
]  # fmt: skip


@pytest.mark.law
def test_right_changes_raise_no_alarm(instance: Instance) -> None:
    some = random.Random(1)
    for name, value in RIGHT if WHOLE else some.sample(RIGHT, 6):
        result = rehearsed(instance, parameter(instance, name, value))
        assert (result.state, result.lines) == ("passed", ()), name
        tally("rehearsed right changes", passed=1)


def test_services_may_be_added_chrooted_and_switched(instance: Instance) -> None:
    block = "2526 inet n - y - - smtpd\n  -o syslog_name=postfix/other\n  -o smtpd_helo_required=yes\n"
    result = rehearsed(
        instance,
        AddService(instance.master, "2526/inet", block),
        column(instance, "25/inet", "chroot", "y"),
        SwitchService(instance.master, "587/inet", find_service(instance, "587/inet").words, on=False),
    )
    assert (result.state, result.lines) == ("passed", ())


def test_an_old_mistake_is_no_alarm(place: Place) -> None:
    main = place.etc / "main.cf"
    kept = main.read_bytes()
    old = (place.etc / "virtual").stat().st_mtime
    try:
        main.write_bytes(kept + b"\nsmtpd_helo_restrictions = check_helo_access hash:/nonexistent\n")
        os.utime(main, (time.time() - 60,) * 2)
        again = Instance.open(str(place.etc))
        assert rehearsed(again, parameter(again, "delay_warning_time", "5h")).lines == ()
        wrong = rehearsed(again, parameter(again, "smtpd_timeout", "x"))
        assert wrong.state == "failed"
        assert not any("/nonexistent" in line for line in wrong.lines)
        # One that stopped every daemon hid that virtual(8), idle, ends on the default of virtual_mailbox_base.
        unused = re.sub(rb"(?m)^(virtual_mailbox_\w+|message_size_limit)\s*=.*\n([ \t].*\n)*", b"", kept)
        main.write_bytes(unused + b"message_size_limit = 1000 # small\n")
        os.utime(main, (time.time() - 60,) * 2)
        os.utime(place.etc / "virtual")  # and that a table is older than its text, which is but a warning
        again = Instance.open(str(place.etc))
        assert rehearsed(again, parameter(again, "message_size_limit", "1000")).lines == ()
        main.write_bytes(unused)
        os.utime(main, (time.time() - 60,) * 2)
        again = Instance.open(str(place.etc))
        wrong = rehearsed(again, parameter(again, "virtual_mailbox_maps", "static:x"))
        assert any("virtual_mailbox_base" in line for line in wrong.lines), "not idle any more"
    finally:
        main.write_bytes(kept)
        os.utime(main, (time.time() - 60,) * 2)
        os.utime(place.etc / "virtual", (old, old))
