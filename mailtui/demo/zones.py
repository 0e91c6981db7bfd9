"""The world as the demo's name server tells it: Falcot Corp's zones, those of others, and one DNS list.

Addresses are those of RFC 5737, foreign names those of RFC 2606: nothing here means anybody.
192.0.2.0/24 is Falcot's own net, 198.51.100.0/24 holds honest strangers, 203.0.113.0/24 the rest.
"""

FIRST_SERVER, SECOND_SERVER = "192.0.2.53", "192.0.2.54"
"""ns.falcot.com and ns2.falcot.com, of Falcot's zones; the second knows of a change somewhat later."""

NAMES = """\
# NAME TYPE VALUE, or NAME SERVFAIL | REFUSED | DROP. Read again whenever this file changes.
# An address in the first column stands for its name in in-addr.arpa.

# Falcot Corp
falcot.com              NS     ns.falcot.com.
falcot.com              NS     ns2.falcot.com.
falcot.com              MX     10 mail.falcot.com.
falcot.com              A      192.0.2.80
falcot.com              TXT    "v=spf1 mx -all"
_dmarc.falcot.com       TXT    "v=DMARC1; p=quarantine; rua=mailto:dmarc@falcot.com"
ns.falcot.com           A      192.0.2.53
ns2.falcot.com          A      192.0.2.54
mail.falcot.com         A      192.0.2.25
mail.falcot.com         TXT    "v=spf1 a -all"
www.falcot.com          CNAME  falcot.com.
falcot.org              NS     ns.falcot.com.
falcot.org              NS     ns2.falcot.com.
falcot.org              MX     10 mail.falcot.com.
# a slip: "ip" is no mechanism, it is called ip4
falcot.org              TXT    "v=spf1 mx ip:192.0.2.26 -all"
_dmarc.falcot.org       TXT    "v=DMARC1; p=none; rua=mailto:dmarc@falcot.com"
falcotsbrand.com        NS     ns.falcot.com.
falcotsbrand.com        NS     ns2.falcot.com.
falcotsbrand.com        MX     10 mail.falcot.com.
falcotsbrand.com        TXT    "v=spf1 mx -all"
192.0.2.25              PTR    mail.falcot.com.
192.0.2.53              PTR    ns.falcot.com.
192.0.2.54              PTR    ns2.falcot.com.
desk5.falcot.com        A      192.168.10.5
192.168.10.5            PTR    desk5.falcot.com.
desk9.falcot.com        A      192.168.10.9
192.168.10.9            PTR    desk9.falcot.com.
127.0.0.1               PTR    localhost.
localhost               A      127.0.0.1

# Others who write to Falcot
partner.example         MX     10 mx1.partner.example.
partner.example         TXT    "v=spf1 ip4:198.51.100.7 -all"
_dmarc.partner.example  TXT    "v=DMARC1; p=reject"
mx1.partner.example     A      198.51.100.7
198.51.100.7            PTR    mx1.partner.example.
supplier.example        MX     10 mail.supplier.example.
mail.supplier.example   A      198.51.100.20
198.51.100.20           PTR    mail.supplier.example.
lists.example           MX     10 out.lists.example.
out.lists.example       A      198.51.100.31
198.51.100.31           PTR    out.lists.example.
bank.example            MX     10 mx.bank.example.
bank.example            TXT    "v=spf1 ip4:198.51.100.90 -all"
_dmarc.bank.example     TXT    "v=DMARC1; p=reject"
mx.bank.example         A      198.51.100.90
198.51.100.90           PTR    mx.bank.example.
hotel.example           A      198.51.100.61
198.51.100.61           PTR    hotel.example.
new.example             MX     10 mx.new.example.
mx.new.example          A      198.51.100.44
198.51.100.44           PTR    mx.new.example.

# Others to whom Falcot writes: one that answers, one whose server is down, one whose DNS is
bigmail.example         MX     10 mx.bigmail.example.
mx.bigmail.example      A      203.0.113.25
203.0.113.25            PTR    mx.bigmail.example.
quiet.example           MX     10 mx.quiet.example.
mx.quiet.example        A      203.0.113.26
dnsdown.example         SERVFAIL

# Those whom the chains are there for
bulk.example            MX     10 mx.bulk.example.
mx.bulk.example         A      203.0.113.66
203.0.113.66            PTR    mx.bulk.example.
offers.example          MX     10 mx3.offers.example.
mx3.offers.example      A      203.0.113.67
203.0.113.67            PTR    mx3.offers.example.
dial-77.pool.example    A      203.0.113.77
203.0.113.77            PTR    dial-77.pool.example.

# The DNS list: 127.0.0.2 spam source, 127.0.0.10 dial-up pool
dnsbl.falcot.test                   NS   ns.falcot.com.
2.0.0.127.dnsbl.falcot.test         A    127.0.0.2
2.0.0.127.dnsbl.falcot.test         TXT  "test entry, always listed"
66.113.0.203.dnsbl.falcot.test      A    127.0.0.2
66.113.0.203.dnsbl.falcot.test      TXT  "spam seen from 203.0.113.66"
67.113.0.203.dnsbl.falcot.test      A    127.0.0.2
67.113.0.203.dnsbl.falcot.test      TXT  "spam seen from 203.0.113.67"
77.113.0.203.dnsbl.falcot.test      A    127.0.0.10
77.113.0.203.dnsbl.falcot.test      TXT  "dial-up pool"
"""
