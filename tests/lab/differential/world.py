"""The hosts, addresses and DNS that the random sessions are made of."""

from __future__ import annotations

ZONE = """\
good.example              A      198.51.100.7
good.example              MX     10 mail.good.example.
good.example              NS     ns1.good.example.
good.example              NS     ns2.elsewhere.example.
mail.good.example         A      198.51.100.7
ns1.good.example          A      198.51.100.53
ns2.elsewhere.example     A      203.0.113.53
198.51.100.7              PTR    mail.good.example.
sub.good.example          A      198.51.100.8
six.example               AAAA   2001:db8::99
six.example               MX     5 mx.six.example.
mx.six.example            AAAA   2001:db8::99
2001:db8::99              PTR    mx.six.example.
onlya.example             A      203.0.113.10
onlymx.example            MX     10 mail.good.example.
null.example              MX     0 .
nowhere.example           TXT    "no address"
badmx.example             MX     10 gone.badmx.example.
badmx.example             MX     20 203.0.113.10.
tempmx.example            MX     10 host.servfail.example.
servfail.example          SERVFAIL
refused.example           REFUSED
alias.example             CNAME  good.example.
bulk.example              A      203.0.113.66
bulk.example              MX     10 mx.bulk.example.
bulk.example              NS     ns.bulk.example.
mx.bulk.example           A      203.0.113.66
ns.bulk.example           A      203.0.113.67
203.0.113.66              PTR    mx.bulk.example.
backup.example            MX     10 mail.good.example.
backup.example            MX     50 mx.test.example.
mx.test.example           A      192.0.2.25
test.example              A      192.0.2.25
local.example             MX     10 mx.test.example.
2.0.0.127.rbl.example     A      127.0.0.2
66.113.0.203.rbl.example  A      127.0.0.2
66.113.0.203.rbl.example  TXT    "spam from there"
66.113.0.203.rbl.example  A      127.0.0.10
7.100.51.198.rbl.example  A      127.0.0.4
9.113.0.203.rbl.example   A      127.0.0.3
9.113.0.203.rbl.example   TXT    "one"
9.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.rbl.example A 127.0.0.2
bulk.example.rhs.example  A      127.0.0.2
bulk.example.rhs.example  TXT    "domain of a spammer"
mx.bulk.example.rhs.example A    127.0.0.5
good.example.white.example A     127.0.0.2
mail.good.example.white.example A 127.0.0.3
7.100.51.198.white.example A     127.0.0.2
down.example              SERVFAIL
"""

CLIENTS = (
    ("mail.good.example", "198.51.100.7", "mail.good.example"),
    ("unknown", "203.0.113.9", "unknown"),
    ("mx.bulk.example", "203.0.113.66", "mx.bulk.example"),
    ("unknown", "203.0.113.77", "dial-77.pool.example"),
    ("mx.six.example", "2001:db8::99", "mx.six.example"),
    ("unknown", "2001:db8:1::5", "unknown"),
    ("desk.test.example", "192.0.2.30", "desk.test.example"),
    ("localhost", "127.0.0.1", "localhost"),
    ("host.servfail.example", "203.0.113.20", "host.servfail.example"),
    ("Sub.Good.Example", "198.51.100.8", "sub.good.example"),
    ("mx.test.example", "192.0.2.25", "mx.test.example"),
)
"""Name, address and reverse name."""

HELOS = (
    "mail.good.example", "ylmf-pc", "good.example", "nowhere.example", "gone.example", "[198.51.100.7]",
    "[1.2.3]", "198.51.100.7", "bad_name.example", "-bad.example", "mx.bulk.example", "local.example",
    "host.servfail.example", "[IPv6:2001:db8::99]", "good.example.", "a..b", "UPPER.Good.Example",
    "onlymx.example", "six.example", "x", "12345", "null.example",
)  # fmt: skip

SENDERS = (
    "a@good.example", "", "a+x@good.example", "spam@bulk.example", "x@nowhere.example", "x@gone.example",
    "x@null.example", "x@servfail.example", "bob", "bob@local.example", "nosuch@local.example",
    "User@GOOD.Example", "x@sub.good.example", "x@[198.51.100.7]", "x@six.example", "x@onlymx.example",
    "x@badmx.example", "x@tempmx.example", "x@host", "eve@relay.example", "m@box.example",
    "nosuch@box.example", "v@valias.example", "nosuch@valias.example", '"a b"@good.example',
    "x@alias.example", "bob@test.example", "x@backup.example", "x@bad..example", "x@refused.example",
    "moved@local.example", "x@onlya.example",
)  # fmt: skip

RECIPIENTS = (
    "bob@local.example", "alice+tag@local.example", "nosuch@local.example", "x@remote.example", "bob",
    "postmaster", "Postmaster@local.example", "m@box.example", "nosuch@box.example", "v@valias.example",
    "nosuch@valias.example", "r@relay.example", "nosuch@relay.example", "r@sub.relay.example",
    "x@backup.example", "user%remote.example@local.example", "user%remote.example@remote2.example",
    "remote.example!user@relay.example", "x@[192.0.2.25]", "x@[203.0.113.1]", "BOB@LOCAL.Example",
    '"a b"@remote.example', "x@host", "x@gone.example", "x@nowhere.example", "x@servfail.example",
    "x@null.example", "double-bounce@mx.test.example", "bob@mx.test.example", "@good.example:bob@local.example",
    "x@closed.example", "moved@local.example", "spam@good.example", "x@bulk.example", "bob@local.example.",
    '"bob@remote.example"@local.example', "x@bad..example", "canon@old.example", "x@good.example",
)  # fmt: skip

USERS = ("", "", "", "", "bob", "eve", "alice@test.example")

BASE = {
    "compatibility_level": "3.6",
    "myhostname": "mx.test.example",
    "mydomain": "test.example",
    "myorigin": "test.example",
    "inet_protocols": "all",
    "inet_interfaces": "127.0.0.1, 192.0.2.25",
    "maillog_file_prefixes": "/",
    "smtpd_authorized_xclient_hosts": "static:all",
    "smtpd_client_event_limit_exceptions": "static:all",
    "smtpd_error_sleep_time": "0",
    "smtpd_soft_error_limit": "100000",
    "smtpd_hard_error_limit": "100000",
    "smtpd_junk_command_limit": "1000000",
    "in_flow_delay": "0",
    "smtpd_policy_service_try_limit": "1",
    "smtpd_policy_service_timeout": "5s",
    "alias_maps": "",
    "notify_classes": "",
}
