"""The rules for values: right ones pass, wrong ones are refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import Finding, check_value, errors
from mailtui.postfix.paramvalues import host_problem
from tests.postfix.conftest import MakeInstance, put

Check = Callable[[str, str], list[Finding]]


@pytest.fixture
def folder(instance_dir: MakeInstance) -> Path:
    return instance_dir(
        "smtpd_restriction_classes = strict\nstrict = reject_unverified_sender\n",
        files={"t": "a b\n", "raw": "a b\n", "p": "/x/ OK\n", "d": "x.example\n"},
        postmap=["hash:t"],
    )


@pytest.fixture
def check(folder: Path) -> Check:
    instance = Instance.open(str(folder))
    return lambda name, value: check_value(instance, name, value.replace("@ETC@", str(folder)))


WRONG = [
    ("biff", "", "may not be empty"),
    ("smtpd_recipient_limit", "1 000", "digits alone"),
    ("smtpd_recipient_limit", "99999999999", "digits alone"),
    ("message_size_limit", "10M", "without a unit"),
    ("smtpd_timeout", "0", "less than 1 s"),
    ("smtpd_timeout", "5S", "no time"),
    ("in_flow_delay", "11s", "more than 10 s"),
    ("maximal_queue_lifetime", "99999w", "longer than Postfix can count"),
    ("notify_classes", "resource, Software", "“Software” is not any of"),
    ("inet_protocols", "IPv4", "not any of"),
    ("smtpd_tls_security_level", "may # for now", "not one of"),
    ("smtpd_tls_security_level", "dane", "not one of"),
    ("smtpd_tls_protocols", "TLSv1.4", "TLS is switched off"),
    ("smtpd_sasl_type", "courier", "which this Postfix has"),
    ("default_database_type", "nosuch", "no tables of type"),
    ("myhostname", "mx.falcot.com.", "ends in a dot"),
    ("myhostname", "192.0.2.1", "is a number"),
    ("myhostname", "-a.b", "no host name"),
    ("mydomain", "", "may not be empty"),
    ("syslog_name", "", "may not be empty"),
    ("maillog_file", "/srv/mail.log", "begins with nothing in maillog_file_prefixes (/var, /dev/stdout)"),
    ("maillog_file_prefixes", "", "may not be empty"),
    ("mail_owner", "nobody-of-that-name", "no account"),
    ("default_privs", "root", "root may not be it"),
    ("setgid_group", "no-such-group", "no group"),
    ("default_verp_delimiters", "+", "two characters"),
    ("queue_directory", "/nonexistent/spool", "make the folder first"),
    ("queue_directory", "spool", "not an absolute path"),
    ("smtpd_tls_cert_file", "/nonexistent.pem", "does not exist"),
    ("smtp_bind_address", "::1", "no IPv4 address"),
    ("smtp_bind_address6", "192.0.2.1", "no IPv6 address"),
    ("virtual_alias_maps", "@ETC@/t", "type:name"),
    ("virtual_alias_maps", "hash:@ETC@/raw", "not compiled; run `postmap hash:"),
    ("virtual_alias_maps", "nosuch:/x", "no tables of type “nosuch”"),
    ("virtual_alias_maps", "proxy:nosuch:/x", "no tables of type “nosuch”"),
    ("virtual_alias_maps", "unionmap:{hash:@ETC@/t, hash:/none}", "hash:/none"),
    ("virtual_alias_maps", "inline:{a}", "no key=value"),
    ("virtual_alias_maps", "inline:{a=b", "brace is not closed"),
    ("header_checks", "regexp:/nonexistent", "does not exist"),
    ("smtpd_tls_session_cache_database", "/var/lib/x", "type:name"),
    ("mynetworks", "192.0.2.7/24", "perhaps 192.0.2.0/24"),
    ("mynetworks", "10/8", "no network"),
    ("mynetworks", "2001:db8::/32", "[2001:db8::]/32"),
    ("mynetworks", "[2001:db8::1]/32", "perhaps [2001:db8::]/32"),
    ("mynetworks", "127.0.0.0/8, !", "nothing follows the !"),
    ("mydestination", "/nonexistent/domains", "does not exist"),
    ("smtpd_milters", "inet:8891@localhost", "inet:localhost:8891"),
    ("smtpd_milters", "INET:127.0.0.1:9", "is not known to Postfix"),
    ("smtpd_milters", "inet:9@", "own way"),
    ("smtpd_milters", "{ inet:127.0.0.1:9, action=accept }", "no setting of a milter"),
    ("smtpd_milters", "{ inet:127.0.0.1:9", "is not closed"),
    ("relayhost", "[smtp.example", "the [ is not closed"),
    ("relayhost", "2001:db8::1", "stands in [ ]"),
    ("relayhost", "smtp.example:99999", "no port"),
    ("default_transport", "nosuch", "master.cf has no service “nosuch”"),
    ("smtpd_restriction_classes", "strict, undefined", "“undefined” has no definition"),
    ("smtpd_client_restrictions", "permit_mynetwork", "perhaps permit_mynetworks"),
    ("smtpd_client_restrictions", "Strict", "perhaps strict"),
    ("smtpd_client_restrictions", "check_client_access", "wants a table"),
    ("smtpd_client_restrictions", "check_client_access hash:/none", "hash:/none"),
    ("smtpd_client_restrictions", "permit_mynetworks # ours", "# begins no comment"),
    ("smtpd_client_restrictions", "sleep soon", "number of seconds"),
    ("smtpd_client_restrictions", "warn_if_reject", "no restriction follows"),
    ("smtpd_client_restrictions", "reject_rbl_client permit", "DNS zone"),
    ("smtpd_data_restrictions", "hash:@ETC@/t", "say before it"),
    ("smtpd_recipient_restrictions", "check_policy_service 127.0.0.1:9", "no policy service"),
    ("smtpd_relay_restrictions", "permit_mynetworks, warn_if_reject reject", "smtpd stops"),
    ("smtpd_relay_restrictions", "permit, reject", "smtpd stops"),
    ("smtpd_banner", "${myhostname", "cannot be expanded"),
    ("smtpd_banner", "$ x", "cannot be expanded"),
    ("mydomain", "$mydomain", "cannot be expanded"),
    ("mailbox_size_limit", "1000", "smaller than message_size_limit"),
    ("message_size_limit", "0", "message_size_limit is unlimited"),
    ("compatibility_level", "new", "no version"),
    ("my_own", "a\nb", "newline"),
    ("my_own", "a\0b", "NUL"),
]


@pytest.mark.parametrize(("name", "value", "told"), WRONG)
def test_a_wrong_value(check: Check, name: str, value: str, told: str) -> None:
    texts = [each.text for each in errors(check(name, value))]
    assert any(told in text for text in [*texts, *(each.text for each in check(name, value) if texts)]), texts
    assert texts


RIGHT = [
    ("biff", "NO"), ("smtpd_timeout", "5sec"), ("smtpd_timeout", "+5s"), ("smtpd_timeout", "${stress?{1}:{9}}s"),
    ("smtpd_recipient_limit", "+5"), ("message_size_limit", "30000000"), ("notify_classes", ""),
    ("smtpd_tls_security_level", "MAY"), ("smtpd_tls_security_level", ""), ("smtp_tls_security_level", "dane-only"),
    ("smtpd_forbid_bare_newline", "Normalize"), ("smtpd_tls_mandatory_protocols", "!SSLv2, !SSLv3, >=TLSv1.2"),
    ("smtpd_sasl_security_options", "NOanonymous, noplaintext"), ("myhostname", "a_b.falcot.com"),
    ("virtual_alias_maps", "hash:@ETC@/t regexp:@ETC@/p"), ("virtual_alias_maps", "proxy:hash:@ETC@/t"),
    ("virtual_alias_maps", "inline:{ a@b=c, { d@e = f g } }"), ("alias_database", "hash:@ETC@/raw"),
    ("virtual_alias_maps", "unionmap:{static:a, hash:@ETC@/t}"), ("virtual_uid_maps", "static:5000"),
    ("virtual_alias_maps", "socketmap:inet:127.0.0.1:9:x"), ("smtpd_tls_session_cache_database", "btree:/var/lib/x"),
    ("mynetworks", "127.0.0.0/8 [::1]/128 [::ffff:127.0.0.0]/104 !192.0.2.7 192.0.2.0/24"),
    ("mynetworks", "cidr:@ETC@/raw"), ("mydestination", "a.example, @ETC@/d, !b.example hash:@ETC@/t"),
    ("smtpd_milters", "{ unix:clamav/x, { default_action = accept } } inet:localhost:8891, inet:[::1]:8891, inet:9"),
    ("relayhost", "[smtp.example]:587"), ("relayhost", "smtp.example:submission"), ("relayhost", "[192.0.2.1]"),
    ("smtp_fallback_relay", "[a.example] b.example:25"), ("default_transport", "smtp:[gw.example]:26"),
    ("content_filter", ""), ("smtpd_client_restrictions", "strict, Permit_MyNetworks hash:@ETC@/t"),
    ("smtpd_client_restrictions", "check_client_access hash:@ETC@/t"),
    ("smtpd_recipient_restrictions", "check_policy_service { inet:h.example:9, timeout=3s, default_action=DUNNO }"),
    ("smtpd_recipient_restrictions", "reject_rbl_client z.example=127.0.0.[2;4], reject_unauth_destination"),
    ("smtpd_relay_restrictions", "strict, reject_unauth_destination"), ("smtpd_client_restrictions", ""),
    ("mailbox_command", '/usr/bin/procmail -a "$EXTENSION" ${unclosed'), ("smtpd_banner", "$myhostname $$5"),
    ("compatibility_level", "3.6"), ("recipient_delimiter", ""), ("inet_interfaces", "loopback-only"),
    ("inet_interfaces", "127.0.0.1, [::1]"), ("inet_interfaces", "all"), ("mailbox_size_limit", "0"),
    ("myorigin", "/etc/hostname"), ("shlib_directory", "no"), ("my_own", "{ anything # at all"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), RIGHT)
def test_a_right_value(check: Check, name: str, value: str) -> None:
    assert errors(check(name, value)) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("smtpd_use_tls", "yes", "of old; use smtpd_tls_security_level"),
        ("relay_host", "x.example", "perhaps relayhost is meant"),
        ("process_name", "x", "does not count"),
        ("mydestination", "$myhostnam, localhost", "$myhostnam is set nowhere"),
        ("smtpd_client_restrictions", "reject, permit_mynetworks", "stands after reject"),
        ("smtpd_client_restrictions", "reject_unknown_client", "write reject_unknown_client_hostname"),
        ("mynetworks", "0.0.0.0/0", "open relay"),
        ("mynetworks", "friend.example", "is a name"),
        ("mydestination", "a # b", "begins no comment"),
        ("smtpd_client_connection_count_limit", "-1", "is negative"),
        ("reject_code", "9", "no SMTP reply code"),
        ("compatibility_level", "99", "newer than this Postfix"),
        ("myhostname", "mx", "no domain"),
        ("relayhost", "192.0.2.1", "stands in [ ]"),
        ("smtpd_tls_security_level", "secure", "takes it for encrypt"),
        ("queue_minfree", "1000", "1.5 times"),
        ("minimal_backoff_time", "9h", "longer than maximal_backoff_time"),
    ],
)
def test_a_warning(check: Check, name: str, value: str, told: str) -> None:
    found = check(name, value)
    assert errors(found) == []
    assert any(told in each.text for each in found if each.severity == "warning"), found


def test_a_table_that_is_written_with_the_change_counts_as_compiled(folder: Path) -> None:
    instance = Instance.open(str(folder))
    spec = f"hash:{folder}/raw"
    assert errors(check_value(instance, "virtual_alias_maps", spec))
    assert check_value(instance, "virtual_alias_maps", spec, compiled={f"{folder}/raw"}) == []
    assert check_value(instance, "virtual_alias_maps", f"hash:{folder}/new", compiled=[f"{folder}/new"]) == []


def test_a_services_own_settings_stand_above_main_cf(folder: Path) -> None:
    instance = Instance.open(str(folder))
    value = "$mua_client_restrictions, permit"
    over = {"mua_client_restrictions": "permit_bogus"}
    assert errors(check_value(instance, "smtpd_client_restrictions", value)) == []
    found = errors(check_value(instance, "smtpd_client_restrictions", value, over=over))
    assert "permit_bogus" in found[0].text
    relay = {"smtpd_relay_restrictions": "permit_mynetworks"}
    assert errors(check_value(instance, "smtpd_recipient_restrictions", "permit_mynetworks", over=relay))


def test_items_are_a_list(folder: Path) -> None:
    instance = Instance.open(str(folder))
    assert check_value(instance, "mynetworks", ("127.0.0.0/8", "[::1]/128")) == []
    assert errors(check_value(instance, "mynetworks", ("127.0.0.0/8", "192.0.2.1/24")))


def test_what_stands_there_is_shown_safely(check: Check) -> None:
    (found,) = errors(check("biff", "\x1b[2J"))
    assert "\x1b" not in found.text


def test_a_text_newer_than_its_compiled_copy_is_told(folder: Path) -> None:
    put(folder / "t", "a b\n", age=0)
    (found,) = check_value(Instance.open(str(folder)), "virtual_alias_maps", f"hash:{folder}/t")
    assert (found.severity, "newer than its compiled copy" in found.text) == ("advice", True)


@pytest.mark.parametrize("name", ["a" * 64, "a..b", ".a", "a b", "ü.example", "a." * 200])
def test_what_is_no_host_name(name: str) -> None:
    assert host_problem(name)
