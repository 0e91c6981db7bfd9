"""What each parameter takes: every one that this Postfix knows has a type that its own default satisfies."""

from __future__ import annotations

import pytest

from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import check_value, errors
from mailtui.postfix.paramtypes import type_of
from tests.postfix.conftest import MakeInstance


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir()))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("biff", "bool"), ("append_dot_mydomain", "bool"), ("smtputf8_enable", "bool"),
        ("smtpd_relay_before_recipient_restrictions", "bool"), ("smtp_per_request_deadline", "bool"),
        ("smtpd_hard_error_limit", "int"), ("default_process_limit", "int"), ("smtp_destination_recipient_limit", "int"),
        ("message_size_limit", "size"), ("smtpd_timeout", "time"), ("smtp_destination_rate_delay", "time"),
        ("smtpd_tls_security_level", "enum"), ("tlsproxy_tls_security_level", "enum"), ("lmtp_tls_security_level", "enum"),
        ("inet_protocols", "options"), ("virtual_alias_maps", "maps"), ("header_checks", "maps"),
        ("smtpd_tls_session_cache_database", "cache"), ("virtual_alias_domains", "match"), ("mynetworks", "match"),
        ("smtpd_client_restrictions", "restrictions"), ("mua_client_restrictions", "restrictions"),
        ("smtpd_milters", "milters"), ("default_transport", "transport"), ("relayhost", "relay"),
        ("myhostname", "hostname"), ("myorigin", "text"), ("inet_interfaces", "interfaces"),
        ("smtpd_tls_protocols", "protocols"), ("compatibility_level", "level"), ("smtpd_tls_cert_file", "file"),
        ("queue_directory", "folder"), ("smtpd_restriction_classes", "words"), ("my_own", "text"),
    ],
)  # fmt: skip
def test_the_kind(instance: Instance, name: str, kind: str) -> None:
    assert type_of(instance, name).kind == kind


def test_ranges_and_units(instance: Instance) -> None:
    def numbers(name: str) -> tuple[int | None, int | None, str]:
        found = type_of(instance, name)
        return found.low, found.high, found.unit

    assert numbers("default_process_limit") == (1, None, "")
    assert numbers("line_length_limit") == (512, None, "bytes")
    assert numbers("unverified_recipient_defer_code") == (200, 499, "")
    assert numbers("maximal_queue_lifetime") == (0, 8640000, "days")
    assert numbers("delay_warning_time") == (0, None, "hours")
    assert numbers("smtpd_timeout") == (1, None, "seconds")
    assert (
        type_of(instance, "in_flow_delay").words
        == "a time: 30s 5m 2h 1d 1w; a bare number is seconds, 0 to 10"
    )


def test_a_class_is_a_restriction_list(instance_dir: MakeInstance) -> None:
    folder = instance_dir("smtpd_restriction_classes = strict\nstrict = reject\n")
    assert type_of(Instance.open(str(folder)), "strict").kind == "restrictions"


def test_every_default_of_this_postfix_satisfies_its_type(instance_dir: MakeInstance) -> None:
    """But for files that a bare host may lack."""
    instance = Instance.open(str(instance_dir()))
    known = instance.parameters.values.known
    wrong = {
        name: [each.text for each in errors(found) if each.about not in {"file", "table", "service"}]
        for name, default in known.items()
        if (found := check_value(instance, name, default))
    }
    assert {name: texts for name, texts in wrong.items() if texts} == {}
    assert len(known) > 800
