"""What is said of the restrictions that look at the client: its address, its names, its login, its HELO.

Facts from postconf(5), access(5) and smtpd_check.c of Postfix 3.7.
"""

from __future__ import annotations

from mailtui.postfix.restrictiontext import Words

CLIENT = {
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

HELO = {
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
