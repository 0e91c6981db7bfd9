"""The help of a parameter: our sentence, and the text of the installed manual."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from mailtui.postfix import paramhelp
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramhelp import help_of, short_of
from mailtui.postfix.paramwords import SHORT
from tests.postfix.conftest import MakeInstance

MISSION = """myhostname mydomain myorigin mydestination mynetworks relayhost inet_interfaces inet_protocols
recipient_delimiter mailbox_size_limit message_size_limit default_transport relay_transport smtpd_banner biff
append_dot_mydomain delay_warning_time readme_directory compatibility_level alias_maps alias_database
smtp_tls_CApath smtp_tls_security_level smtp_tls_session_cache_database smtpd_tls_session_cache_database
smtpd_tls_cert_file smtpd_tls_key_file smtpd_tls_security_level virtual_alias_domains virtual_alias_maps
virtual_mailbox_domains virtual_mailbox_maps virtual_mailbox_base virtual_uid_maps virtual_gid_maps
virtual_minimum_uid virtual_mailbox_limit relay_domains relay_recipient_maps canonical_maps
sender_canonical_maps recipient_canonical_maps relocated_maps transport_maps smtp_generic_maps sender_bcc_maps
recipient_bcc_maps mailbox_command home_mailbox mail_spool_directory mailbox_transport local_recipient_maps
smtpd_client_restrictions smtpd_helo_restrictions smtpd_sender_restrictions smtpd_relay_restrictions
smtpd_recipient_restrictions smtpd_data_restrictions smtpd_restriction_classes smtpd_helo_required
smtpd_delay_reject disable_vrfy_command header_checks body_checks smtpd_milters non_smtpd_milters
milter_default_action smtpd_sasl_auth_enable smtpd_sasl_type smtpd_sasl_path smtpd_sasl_local_domain
smtpd_sasl_security_options smtpd_tls_auth_only smtpd_sender_login_maps soft_bounce"""


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir()))


def test_our_sentences(instance: Instance) -> None:
    names = [line.partition("  ")[0] for line in SHORT.splitlines()]
    assert names == sorted(set(names))
    assert set(names) <= set(instance.parameters.values.known)
    assert [name for name in MISSION.split() if not short_of(name)] == []
    assert all(line.endswith(".") and line.partition("  ")[2][0].isupper() for line in SHORT.splitlines())
    assert short_of("lmtp_tls_security_level") == short_of("smtp_tls_security_level")


def test_the_manual_tells_of_every_parameter(instance: Instance) -> None:
    if help_of(instance, "biff").source != "postconf(5)":
        pytest.skip("no manual page postconf(5) on this host")
    known = instance.parameters.values.known
    without = {name for name in known if not help_of(instance, name).manual}
    assert without == {"process_id", "process_name", "service_name"}
    text = "\n".join(line for name in known for line in help_of(instance, name).manual)
    assert not re.search(r"^\.[A-Z]{2}\b|\\f[BIRP]", text, re.MULTILINE)
    rates = help_of(instance, "smtp_destination_rate_delay")
    assert rates.source == "postconf(5), at transport_destination_rate_delay"


def test_the_roff_of_a_page(instance_dir: MakeInstance, tmp_path: Path) -> None:
    page = """.SH DESCRIPTION
not this
.SH biff (default: yes)
Whether  \\fBcomsat\\fR(8) is told\\&; see
.I mail_owner
for non\\-root.
.PP
Second.
.IP \\(bu
an item
.IP "\\fByes\\fR"
a term
.br
.nf
.ft C
    biff = \\e1
.fi
.ft R
.SH other (default: empty)
x
"""
    (tmp_path / "man5").mkdir()
    file = tmp_path / "man5" / "postconf.5.gz"
    file.write_bytes(gzip.compress(page.encode()))
    instance = Instance.open(str(instance_dir(f"manpage_directory = {tmp_path}\n")))
    assert help_of(instance, "biff").manual == (
        "Whether comsat(8) is told; see mail_owner for non-root.",
        "Second.",
        "• an item",
        "yes: a term",
        "        biff = \\1",
    )
    assert help_of(instance, "mydestination") == (
        paramhelp.Help(short_of("mydestination"), (), "postconf(5) does not tell of it")
    )
    assert help_of(instance, "my_own").source.startswith("not a parameter of Postfix")
    file.write_bytes(gzip.compress(page.encode())[:-9])
    assert "cannot be read" in help_of(instance, "biff").source
    file.unlink()
    assert help_of(instance, "biff").source == f"{tmp_path} has no manual page postconf(5)"
    assert help_of(instance, "biff").short
