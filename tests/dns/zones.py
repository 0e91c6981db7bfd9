"""A small world for tests: what is good, and everything that goes wrong in DNS. Served by the demo's server."""

from __future__ import annotations

MANY_MX = "\n".join(f"crowd.example  MX  {n} h{n}.crowd.example." for n in range(12))
DEEP = "\n".join(f'd{n}.deep.example  TXT  "v=spf1 include:d{n + 1}.deep.example -all"' for n in range(60))
PIECES = " ".join(f'"ip4:198.51.{n // 256}.{n % 256} "' for n in range(200))
WIDE = " ".join(f"a:h{n}.wide.example" for n in range(9))

WORLD = f"""\
# good
good.example          NS     ns.good.example.
good.example          MX     10 mail.good.example.
good.example          A      192.0.2.80
good.example          TXT    "v=spf1 mx -all"
good.example          TXT    "something else"
mail.good.example     A      192.0.2.25
mail.good.example     AAAA   2001:db8::25
_dmarc.good.example   TXT    "v=DMARC1; p=quarantine; rua=mailto:dmarc@good.example"
mail2026._domainkey.good.example  TXT  "v=DKIM1; h=sha256; k=rsa; " "p=MIGf"
default._domainkey.good.example   TXT  "v=DKIM1; p=x"
other._domainkey.good.example     TXT  "v=DKIM1; k=rsa; p=another"
192.0.2.25            PTR    mail.good.example.
2001:db8::25          PTR    mail.good.example.
sub.good.example      MX     10 mail.good.example.

# broken records
two.example           MX     20 b.two.example.
two.example           MX     10 a.two.example.
a.two.example         A      192.0.2.1
a.two.example         AAAA   2001:db8::1
two.example           TXT    "v=spf1 -all"
two.example           TXT    "v=spf1 mx -all"
_dmarc.two.example    TXT    "v=DMARC1; p=none; rua=mailto:a@two.example"
_dmarc.two.example    TXT    "v=DMARC1; p=reject"
null.example          MX     0 .
comma.example         TXT    "v=spf1,-all"
comma.example         TXT    "v=DMARC1; p=none"
typo.example          TXT    "v=spf1 ip4:192.0.2.300 ip:192.0.2.25 -all"
slip.example          TXT    "v=spf1 ip:192.0.2.26 ~ip:2001:db8::/126 -all"
empty.example         TXT    "v=spf1"
open.example          TXT    "v=spf1 +all"
narrow.example        TXT    "v=spf1 ip4:198.51.100.1 ~all"
lost.example          TXT    "v=spf1 include:nothing.example include:gone.example a:gone.example -all"
dead.example          TXT    "v=spf1 -all ip4:192.0.2.25 redirect=good.example"
alias.example         MX     10 www.alias.example.
www.alias.example     CNAME  mail.good.example.
numbers.example       MX     10 192.0.2.25.
private.example       MX     10 in.private.example.
in.private.example    A      10.1.2.3
_dmarc.strict.example TXT    "v=DMARC1; p=reject; adkim=strict; pct=50"
strict.example        MX     10 mail.good.example.
strict.example        TXT    "v=spf1 -all"
_dmarc.away.example   TXT    "v=DMARC1; p=none; rua=mailto:a@reports.example,mailto:b@silent.example"
away.example._report._dmarc.reports.example  TXT  "v=DMARC1;"

# huge, deep, round
{MANY_MX}
crowd.example         TXT    "v=spf1 mx -all"
{DEEP}
deep.example          TXT    "v=spf1 include:d0.deep.example -all"
huge.example          TXT    "v=spf1 " {PIECES} "-all"
wide.example          TXT    "v=spf1 {WIDE} include:wide2.example -all"
wide2.example         TXT    "v=spf1 mx a -all"
round.example         TXT    "v=spf1 include:b.round.example -all"
b.round.example       TXT    "v=spf1 include:round.example -all"
loop.example          CNAME  loop.example.

# aliases
cname.example         MX     10 mail.good.example.
_dmarc.cname.example  CNAME  _dmarc.good.example.
mail2026._domainkey.cname.example  CNAME  mail2026._domainkey.good.example.
cname.example         TXT    "v=spf1 include:spf.cname.example -all"
spf.cname.example     CNAME  good.example.

# hostile
hostile.example       TXT    "v=spf1 \\027[31m [bold]x[/bold] \\255\\000"
_dmarc.hostile.example  TXT  "v=DMARC1; p=\\027[31mred; \\255=\\000; rua=mailto:\\027]0;x@y"
mail2026._domainkey.hostile.example  TXT  "v=DKIM1; p=\\027[31m"
hostile.example       MX     10 \\027[31m.hostile.example.
macro.example         TXT    "v=spf1 exists:%{{i}}._spf.macro.example include:%{{d2}}.x.example -all"

# no answer
down.example          SERVFAIL
refused.example       REFUSED
deaf.example          DROP
slow.example          DELAY  0.2
slow.example          MX     10 mail.good.example.
slow.example          TXT    "v=spf1 include:half.example -all"
half.example          SERVFAIL
"""
