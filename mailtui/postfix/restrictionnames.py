"""The restrictions that smtpd(8) of Postfix 3.7 knows, and what each needs after its name (postconf(5))."""

from __future__ import annotations

from typing import Literal

Argument = Literal["", "table", "zone", "policy", "seconds", "ccert", "rule"]
"""What follows a name: nothing, a `type:table`, a DNS zone with an optional `=answer`, a policy service,
digits, a table perhaps in `{ }`, or (warn_if_reject) the next restriction."""

_HOSTS = ("client", "reverse_client_hostname", "helo", "sender", "recipient")
_PLAIN = (
    "permit reject defer defer_if_permit defer_if_reject reject_unauth_pipelining reject_plaintext_session"
    " reject_multi_recipient_bounce permit_inet_interfaces permit_mynetworks permit_sasl_authenticated"
    " permit_tls_clientcerts permit_tls_all_clientcerts reject_unknown_client_hostname reject_unknown_client"
    " reject_unknown_reverse_client_hostname reject_maps_rbl reject_invalid_helo_hostname"
    " reject_invalid_hostname reject_non_fqdn_helo_hostname reject_non_fqdn_hostname"
    " reject_unknown_helo_hostname reject_unknown_hostname permit_naked_ip_address reject_non_fqdn_sender"
    " reject_unknown_sender_domain reject_unknown_address reject_unlisted_sender reject_unverified_sender"
    " reject_authenticated_sender_login_mismatch reject_unauthenticated_sender_login_mismatch"
    " reject_sender_login_mismatch reject_known_sender_login_mismatch permit_auth_destination"
    " reject_unauth_destination defer_unauth_destination check_relay_domains permit_mx_backup"
    " reject_non_fqdn_recipient reject_unknown_recipient_domain reject_unlisted_recipient"
    " check_recipient_maps reject_unverified_recipient"
)

ARGUMENTS: dict[str, Argument] = {
    **dict.fromkeys(_PLAIN.split(), ""),
    **dict.fromkeys((f"check_{host}_{of}_access" for host in _HOSTS for of in ("mx", "ns", "a")), "table"),
    **dict.fromkeys((f"check_{host}_access" for host in (*_HOSTS, "sasl", "etrn")), "table"),
    **dict.fromkeys(
        (
            "reject_rbl_client", "reject_rbl", "reject_rhsbl_client", "reject_rhsbl_reverse_client",
            "reject_rhsbl_helo", "reject_rhsbl_sender", "reject_rhsbl_recipient", "permit_dnswl_client",
            "permit_rhswl_client",
        ),
        "zone",
    ),
    "check_ccert_access": "ccert",
    "check_policy_service": "policy",
    "sleep": "seconds",
    "warn_if_reject": "rule",
}  # fmt: skip
"""Every name, in lower case (letter case is all one to smtpd), with what follows it."""

FINAL = frozenset(("permit", "reject", "defer"))
"""After one of these the rest of a list is never tried."""

GUARDS = frozenset(
    (
        "reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit",
        "check_relay_domains",
    )
)  # fmt: skip
"""Of which smtpd wants one in smtpd_relay_restrictions or smtpd_recipient_restrictions; else it stops."""

OLD_NAMES: dict[str, str] = {
    "reject_unknown_client": "reject_unknown_client_hostname",
    "reject_rbl": "reject_rbl_client",
    "reject_invalid_hostname": "reject_invalid_helo_hostname",
    "reject_non_fqdn_hostname": "reject_non_fqdn_helo_hostname",
    "reject_unknown_hostname": "reject_unknown_helo_hostname",
    "reject_unknown_address": "reject_unknown_sender_domain",
    "check_recipient_maps": "reject_unlisted_recipient",
    "reject_maps_rbl": "reject_rbl_client",
    "check_relay_domains": "permit_mynetworks, reject_unauth_destination",
    "permit_naked_ip_address": "permit_mynetworks",
}
"""Names of old that still work, and what to write instead."""

DEFAULT_COMMANDS: dict[str, str] = {
    "smtpd_client_restrictions": "check_client_access",
    "smtpd_helo_restrictions": "check_helo_access",
    "smtpd_sender_restrictions": "check_sender_access",
    "smtpd_relay_restrictions": "check_recipient_access",
    "smtpd_recipient_restrictions": "check_recipient_access",
    "smtpd_etrn_restrictions": "check_etrn_access",
}
"""What a bare `type:table` stands for in each list; in others it is an error."""
