"""What each restriction does to a client, in one sentence; when it is wise; words to find it by.

Facts from postconf(5), access(5) and smtpd_check.c of Postfix 3.7. `{x}` in a sentence is the argument.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Needs = Literal["", "client", "helo", "sender", "recipient", "etrn"]
Spends = Literal["", "table", "dns", "dns table", "socket", "probe", "time"]


class Words(NamedTuple):
    """`says`: what it does. `wise`: when to use it, and what to mind. `needs`: what must be known of the
    session; without it smtpd passes the rule over. `words`: what an admin may search for."""

    says: str
    wise: str
    needs: Needs = ""
    spends: Spends = ""
    words: str = ""


_DECIDES = {
    "permit": Words(
        "Permits, and ends this list: what stands below in it is never asked.",
        "At the end of a class, or of a list whose rules above have refused whom they should.",
        words="accept allow all end",
    ),
    "reject": Words(
        "Refuses everybody who comes this far, for good (reject_code).",
        "Last in a list for a port where only known clients have business, as submission.",
        words="deny refuse all end 554",
    ),
    "defer": Words(
        "Puts everybody off who comes this far: come back later (defer_code).",
        "While a list is being tried out, in the place of reject.",
        words="later temporary 450 all end",
    ),
    "defer_if_permit": Words(
        "If nothing later refuses the mail, it is put off instead of taken.",
        "Seldom in a list itself; it is what DNS trouble does to a check by itself.",
        words="later temporary",
    ),
    "defer_if_reject": Words(
        "If a later rule of this list refuses the mail for good, it is put off instead.",
        "While a refusing rule is not trusted yet.",
        words="later temporary soften",
    ),
    "warn_if_reject": Words(
        "Makes the next rule only warn: what it would refuse is logged as reject_warning, and goes on.",
        "For every new rule, until the log shows whom it would have hit.",
        words="warn only test try dry log",
    ),
    "sleep": Words(
        "Waits {x} seconds before the next rule.",
        "Together with reject_unauth_pipelining against robots that do not wait; it holds up a process.",
        spends="time", words="delay tarpit wait pause",
    ),
    "check_policy_service": Words(
        "Asks the policy service at {x}, which may give any answer of access(5).",
        "For greylisting, SPF and quotas: behind reject_unauth_destination, so that relay attempts are not"
        " asked about. Mail waits with 451 while the service is down, unless default_action says else.",
        spends="socket", words="greylisting postgrey spf policyd rate quota delegation milter",
    ),
    "reject_unauth_pipelining": Words(
        "Refuses clients that send commands before they were told that they may (503).",
        "In the data list: it costs nothing and hits only robots.",
        words="pipelining robot early talker bot",
    ),
    "reject_plaintext_session": Words(
        "Refuses sessions without TLS (plaintext_reject_code).",
        "For a client or sender who must not come without TLS; a server for the world must not ask it.",
        words="tls encryption starttls",
    ),
    "reject_multi_recipient_bounce": Words(
        "Refuses a bounce (MAIL FROM:<>) that has several recipients.",
        "In the data list: a true bounce has one recipient.",
        needs="sender", words="null sender bounce backscatter",
    ),
}  # fmt: skip

_CLIENT = {
    "permit_mynetworks": Words(
        "Permits clients whose address is in mynetworks, and ends this list for them.",
        "First in most lists, so that our own hosts are spared.",
        needs="client", words="own hosts local lan trusted ip relay allow",
    ),
    "permit_inet_interfaces": Words(
        "Permits clients that come from an address of this host itself, and ends this list for them.",
        "Where mynetworks is too wide for this list.",
        needs="client", words="localhost own host trusted",
    ),
    "permit_sasl_authenticated": Words(
        "Permits clients that have logged in, and ends this list for them.",
        "In the relay list, and before every check that would hit our people's own connections.",
        needs="client", words="login auth user password submission sasl relay allow",
    ),
    "permit_tls_clientcerts": Words(
        "Permits clients whose certificate's fingerprint is in relay_clientcerts.",
        "For other hosts of ours that relay through this one; needs smtpd_tls_ask_ccert = yes.",
        needs="client", spends="table", words="certificate tls fingerprint relay allow",
    ),
    "permit_tls_all_clientcerts": Words(
        "Permits clients with any certificate that a trusted authority has signed.",
        "Only with a private authority as the one trusted: a public one signs for everybody.",
        needs="client", words="certificate tls ca authority relay allow",
    ),
    "reject_unknown_client_hostname": Words(
        "Refuses clients whose address has no name, or whose name has not that address.",
        "Strict: many honest hosts fail it. Begin with warn_if_reject and read the log.",
        needs="client", words="reverse dns ptr hostname fcrdns forward confirmed",
    ),
    "reject_unknown_reverse_client_hostname": Words(
        "Refuses clients whose address has no name at all (no PTR).",
        "A milder check than reject_unknown_client_hostname; few honest mail servers fail it.",
        needs="client", words="reverse dns ptr hostname",
    ),
    "check_client_access": Words(
        "Looks up the client's name, parent domains, address and networks in {x}.",
        "To let certain clients through before stricter rules, or to refuse them.",
        needs="client", spends="table", words="whitelist blacklist allow block ip address host network",
    ),
    "check_reverse_client_hostname_access": Words(
        "Looks up the name that the client's address claims, unverified, in {x}; it may not say OK.",
        "To refuse dial-up pools by the shape of their names.",
        needs="client", spends="table", words="ptr dynamic dialup pool hostname block",
    ),
    "check_ccert_access": Words(
        "Looks up the fingerprint of the client's certificate in {x}.",
        "To say per certificate what it may; needs smtpd_tls_ask_ccert = yes.",
        needs="client", spends="table", words="certificate tls fingerprint allow",
    ),
    "check_sasl_access": Words(
        "Looks up the name under which the client has logged in in {x}.",
        "To stop an account that sends spam, or to say who may send what.",
        needs="client", spends="table", words="login auth user account block sasl",
    ),
    "reject_rbl_client": Words(
        "Refuses clients whose address is on the DNS list {x}.",
        "Behind the cheap rules and reject_unauth_destination; with an answer filter"
        " (zone=127.0.0.[2..11]), so that an error answer of the list refuses nobody.",
        needs="client", spends="dns", words="dnsbl rbl blocklist blacklist spamhaus spam",
    ),
    "reject_maps_rbl": Words(
        "Refuses clients on any DNS list of maps_rbl_domains.",
        "Of old: write reject_rbl_client for each list.",
        needs="client", spends="dns", words="dnsbl rbl old",
    ),
    "reject_rhsbl_client": Words(
        "Refuses clients whose name's domain is on the DNS list {x}.",
        "With a list of domains, not of addresses.",
        needs="client", spends="dns", words="dnsbl rhsbl domain blocklist",
    ),
    "reject_rhsbl_reverse_client": Words(
        "Refuses clients whose address claims a name in a domain on the DNS list {x}.",
        "With a list of domains; catches names that do not verify, too.",
        needs="client", spends="dns", words="dnsbl rhsbl domain ptr blocklist",
    ),
    "permit_dnswl_client": Words(
        "Permits clients whose address is on the DNS allow list {x}; it never opens a relay.",
        "Before greylisting and DNS lists, to spare known good senders.",
        needs="client", spends="dns", words="dnswl whitelist allowlist allow welcomelist",
    ),
    "permit_rhswl_client": Words(
        "Permits clients whose name's domain is on the DNS allow list {x}; it never opens a relay.",
        "As permit_dnswl_client, with a list of domains.",
        needs="client", spends="dns", words="dnswl whitelist allowlist allow domain",
    ),
}  # fmt: skip

_HELO = {
    "check_helo_access": Words(
        "Looks up the name that the client says in HELO, and its parent domains, in {x}.",
        "To refuse strangers who greet with our own names; anybody can say any name: permit nothing by it.",
        needs="helo", spends="table", words="helo ehlo greeting block own name",
    ),
    "reject_invalid_helo_hostname": Words(
        "Refuses a HELO name that is no valid host name, or a malformed [address].",
        "Safe in the helo list behind permit_mynetworks and permit_sasl_authenticated.",
        needs="helo", words="helo ehlo syntax greeting 501",
    ),
    "reject_non_fqdn_helo_hostname": Words(
        "Refuses a HELO name without a domain.",
        "Hits few servers, but many mail programs of people: behind the permits.",
        needs="helo", words="helo ehlo fqdn greeting 504",
    ),
    "reject_unknown_helo_hostname": Words(
        "Refuses a HELO name that has neither an address nor an MX record in the DNS.",
        "Strict: honest servers with private names fail it. Begin with warn_if_reject.",
        needs="helo", spends="dns", words="helo ehlo dns greeting",
    ),
    "permit_naked_ip_address": Words(
        "Permits clients that greet with a bare address, and ends this list for them.",
        "Never: anybody can say one. Write permit_mynetworks or permit_sasl_authenticated.",
        needs="helo", words="helo address old",
    ),
    "reject_rhsbl_helo": Words(
        "Refuses clients whose HELO name's domain is on the DNS list {x}.",
        "With a list of domains.",
        needs="helo", spends="dns", words="helo dnsbl rhsbl domain blocklist",
    ),
}  # fmt: skip

_SENDER = {
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

_RECIPIENT = {
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

_OF = {
    "client": ("client", "the client's verified name"),
    "reverse_client_hostname": ("client", "the name that the client's address claims"),
    "helo": ("helo", "the HELO name"),
    "sender": ("sender", "the sender's domain"),
    "recipient": ("recipient", "the recipient's domain"),
}
_WHAT = {
    "mx": ("the mail servers (MX)", "Against domains whose MX is a private address or a known bad host."),
    "ns": ("the name servers", "Against domains that are kept at name servers of spammers."),
    "a": ("the addresses", "Against names that lie in a bad network."),
}


def _servers() -> dict[str, Words]:
    result: dict[str, Words] = {}
    for host, (needs, whose) in _OF.items():
        for kind, (what, wise) in _WHAT.items():
            result[f"check_{host}_{kind}_access"] = Words(
                f"Asks the DNS for {what} of {whose} and looks up their names and addresses in {{x}}; "
                "it may not say OK.",
                wise,
                needs=needs,  # type: ignore[arg-type]  # one of the words of Needs, above
                spends="dns table",
                words=f"{kind} dns server domain block",
            )
    return result


WORDS: dict[str, Words] = {**_DECIDES, **_CLIENT, **_HELO, **_SENDER, **_RECIPIENT, **_servers()}
"""By the name in use today; the names of old are in `restrictionnames.OLD_NAMES`."""
