"""What is said of the restrictions that look at the envelope: the sender, the recipient, the domain of ETRN.

Facts from postconf(5), access(5) and smtpd_check.c of Postfix 3.7.
"""

from __future__ import annotations

from mailtui.postfix.restrictiontext import Words

SENDER = {
    "check_sender_access": Words(
        "Looks up the sender's address, domain and local part in {x}.",
        "To refuse certain senders. A sender is easily forged: permit nothing by it before"
        " reject_unauth_destination.",
        needs="sender", spends="table", words="whitelist blacklist block allow mail from address",
    ),
    "reject_non_fqdn_sender": Words(
        "Refuses senders whose address has no full domain.",
        "Safe for mail from the world: nobody could answer such a sender.",
        needs="sender", words="fqdn syntax mail from 504",
    ),
    "reject_unknown_sender_domain": Words(
        "Refuses senders whose domain has neither MX nor address in the DNS, or says that it takes no mail.",
        "Wise on a mail exchanger: such mail could not be answered.",
        needs="sender", spends="dns", words="dns mx domain mail from 450",
    ),
    "reject_unlisted_sender": Words(
        "Refuses senders in our own domains whose address does not exist here.",
        "Against spam that forges our names; all addresses must be known to Postfix.",
        needs="sender", spends="table", words="forged own unknown user mail from",
    ),
    "reject_unverified_sender": Words(
        "Refuses senders whose own server does not take mail for them, which is asked by a probe.",
        "Only for domains that are often forged, through an access table: probes load other servers and may"
        " get this one listed.",
        needs="sender", spends="probe", words="callout verification verify probe mail from",
    ),
    "reject_sender_login_mismatch": Words(
        "Refuses a sender whom smtpd_sender_login_maps gives to another login, logged in or not.",
        "On submission ports; it joins the authenticated and the unauthenticated check.",
        needs="sender", spends="table", words="login auth forged own sasl owner",
    ),
    "reject_authenticated_sender_login_mismatch": Words(
        "Refuses clients that have logged in and send as one whom smtpd_sender_login_maps denies them.",
        "On submission ports: a stolen password cannot forge everyone then. Above permit_sasl_authenticated.",
        needs="sender", spends="table", words="login auth forged own sasl owner",
    ),
    "reject_unauthenticated_sender_login_mismatch": Words(
        "Refuses clients that have not logged in and send as an address that belongs to a login.",
        "On port 25 it refuses forged own senders, and mailing lists that keep the sender.",
        needs="sender", spends="table", words="login auth forged own sasl owner",
    ),
    "reject_known_sender_login_mismatch": Words(
        "As reject_sender_login_mismatch, but senders that no login owns pass.",
        "Where only some addresses have an owner.",
        needs="sender", spends="table", words="login auth forged own sasl owner",
    ),
    "reject_rhsbl_sender": Words(
        "Refuses senders whose domain is on the DNS list {x}.",
        "With a list of domains, as dbl.spamhaus.org.",
        needs="sender", spends="dns", words="dnsbl rhsbl domain blocklist mail from",
    ),
}  # fmt: skip

RECIPIENT = {
    "check_recipient_access": Words(
        "Looks up the recipient's address, domain and local part in {x}.",
        "To give recipients rules of their own through classes; an OK in it skips the rest of its list.",
        needs="recipient", spends="table", words="whitelist blacklist class greylisting rcpt address",
    ),
    "permit_auth_destination": Words(
        "Permits mail for domains that this server takes mail for, and ends this list.",
        "Behind it stands what is only for relaying clients.",
        needs="recipient", words="relay own domain allow",
    ),
    "reject_unauth_destination": Words(
        "Refuses mail for domains that this server is not responsible for: it keeps the relay closed.",
        "In the relay list (or the recipient list), behind permit_mynetworks and permit_sasl_authenticated:"
        " without it or its like smtpd does not start.",
        needs="recipient", words="relay open closed own domain 554 guard",
    ),
    "defer_unauth_destination": Words(
        "Puts off mail for domains that this server is not responsible for.",
        "As reject_unauth_destination, softer: senders try for days. Postfix's default.",
        needs="recipient", words="relay open closed own domain 454 guard",
    ),
    "check_relay_domains": Words(
        "Permits clients of relay_domains and mail for our domains, and refuses all else.",
        "Of old: write permit_mynetworks, reject_unauth_destination.",
        needs="recipient", words="relay old",
    ),
    "permit_mx_backup": Words(
        "Permits mail for domains that have this host among their MX, but not as the first.",
        "Only with permit_mx_backup_networks set: else anybody can point an MX here.",
        needs="recipient", spends="dns", words="backup secondary mx relay allow",
    ),
    "reject_non_fqdn_recipient": Words(
        "Refuses recipients whose address has no full domain.",
        "Safe for mail from the world.",
        needs="recipient", words="fqdn syntax rcpt 504",
    ),
    "reject_unknown_recipient_domain": Words(
        "Refuses recipients whose domain is not ours and has neither MX nor address in the DNS.",
        "On submission ports: people learn of the mistake at once. Not in lists for the world.",
        needs="recipient", spends="dns", words="dns mx domain rcpt",
    ),
    "reject_unlisted_recipient": Words(
        "Refuses recipients in our domains who do not exist.",
        "Early, before rules that cost more; smtpd does it last by itself"
        " (smtpd_reject_unlisted_recipient).",
        needs="recipient", spends="table", words="unknown user backscatter rcpt 550",
    ),
    "reject_unverified_recipient": Words(
        "Refuses recipients whom the next server does not take mail for, which is asked by a probe.",
        "On a server that relays to another whose users it does not know.",
        needs="recipient", spends="probe", words="callout verification verify probe rcpt relay",
    ),
    "reject_rhsbl_recipient": Words(
        "Refuses recipients whose domain is on the DNS list {x}.",
        "On submission ports, against mail to listed domains.",
        needs="recipient", spends="dns", words="dnsbl rhsbl domain blocklist rcpt",
    ),
    "check_etrn_access": Words(
        "Looks up the domain that ETRN asks for, and its parents, in {x}.",
        "In the etrn list: who may have a queue flushed.",
        needs="etrn", spends="table", words="etrn flush queue",
    ),
}  # fmt: skip
