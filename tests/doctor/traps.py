"""Every trap that admins step into, made once on a small set-up of its own."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mailtui.dns.dkimrecord import Published
from mailtui.doctor import behindnat
from mailtui.doctor import opendmarc as opendmarc_family
from mailtui.doctor import policydspf as policyd_family
from mailtui.doctor import policyservices as policy_family
from mailtui.maillog import source
from mailtui.milters.dkim import store
from mailtui.milters.dkim.publication import Publication, Seen
from mailtui.milters.dkim.store import Kept, Memory
from mailtui.milters.sockets import Sockets
from mailtui.postfix import postconf
from mailtui.postfix.instance import Instance
from mailtui.postfix.statefolder import folder, label
from mailtui.sasl.reading import group_id
from tests.doctor import test_goodname as goodname
from tests.doctor.ailing import SOUND
from tests.doctor.test_dkim import Set
from tests.doctor.test_milters import Make, Order
from tests.milters.servers import Server, closed_port, serving
from tests.postfix.conftest import MakeInstance
from tests.sasl.offices import inside, office, saslpasswd
from tests.sasl.test_tls import opened, signed

KEYED = "jean@a.example jean\n"
LOCAL = "smtpd_helo_required = yes\ninet_interfaces = all\n"
SUBMISSION = "submission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"


@dataclass
class Bench:
    """What a trap is made with."""

    make: MakeInstance
    path: Path
    patch: pytest.MonkeyPatch
    stack: ExitStack = field(default_factory=ExitStack)

    def main(self, text: str, files: Mapping[str, str] | None = None, *postmap: str, **more: Any) -> Instance:
        return Instance.open(str(self.make(text, files=files or {}, postmap=postmap, **more)))

    def without(self, *types: str) -> None:
        """A Postfix that lacks these types of tables."""
        left = postconf.table_types() - set(types)
        self.patch.setattr(postconf, "table_types", lambda: left)

    def milters(self) -> Make:
        return Make(self.make, self.path)

    def three(self) -> tuple[Make, dict[str, str]]:
        """opendkim, opendmarc and clamav-milter, all alive."""
        make = self.milters()
        servers = self.stack.enter_context(serving("speaks", "speaks", "speaks"))
        names = ("opendkim", "opendmarc", "clamav-milter")
        ports = dict(zip(names, (each.port for each in servers), strict=True))
        return make, Order(make, self.patch, ports).text

    def socket(self, path: Path) -> Server:
        path.parent.mkdir(exist_ok=True)
        server = Server("speaks", path)
        self.stack.callback(server.close)
        return server

    def judge(self, **more: str) -> Instance:
        """opendmarc behind opendkim."""
        self.patch.setattr(opendmarc_family, "SUFFIXES", "/etc/hostname")
        for family in (policyd_family, policy_family):
            self.patch.setattr(
                family, "is_installed", lambda program=goodname.PROGRAM: program == goodname.PROGRAM
            )
        asks: dict[str, Any] = {"main": goodname.GOOD + goodname.MILTERS, **more}
        return goodname.made(self.make, self.path, goodname.Ill("", "", None, **asks))

    def office(
        self, main: str = "smtpd_sasl_local_domain = falcot.com\n", *, chroot: bool = False
    ) -> Instance:
        """A submission service that asks a sasldb of jean@falcot.com."""
        made = office(self.make, self.path, main, chroot=chroot)
        saslpasswd(self.path / "sasldb2", "jean@falcot.com", "geheim")
        os.chown(self.path / "sasldb2", -1, group_id("postfix") or os.getegid())
        return Instance.open(str(made))


class Trap(NamedTuple):
    """`words`: the trap; `id`: of its finding. `do`: a part of what is said where no edit mends it; empty where
    one does. `root`: only root can make it."""

    words: str
    id: str
    make: Callable[[Bench], Instance]
    do: str = ""
    root: bool = False


def _stale(b: Bench) -> Instance:
    found = b.main("transport_maps = hash:$config_directory/t\n", {"t": "a.example local:\n"}, "hash:t")
    os.utime(Path(found.config_dir) / "t.db", (1_000_000_000, 1_000_000_000))
    return found


def _copy(b: Bench) -> Instance:
    return b.main("virtual_alias_maps = regexp:$config_directory/r\n", {"r": "/a/ b\n", "r.db": "x"})


def _password(b: Bench) -> Instance:
    main = (
        "relayhost = [mail.isp.example]\nsmtp_sasl_auth_enable = yes\nsmtp_tls_security_level = encrypt\n"
        "smtp_sasl_security_options = noanonymous, noplaintext\n"
        "smtp_sasl_password_maps = hash:$config_directory/sasl_passwd\n"
    )
    found = b.main(main, {"sasl_passwd": "[mail.isp.example] joe:geheim\n"}, "hash:sasl_passwd")
    (Path(found.config_dir) / "sasl_passwd").chmod(0o600)
    (Path(found.config_dir) / "sasl_passwd.db").chmod(0o644)
    return found


def _unended(b: Bench) -> Instance:
    found = b.main(SOUND)
    path = Path(found.config_dir) / "main.cf"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    return found


def _gateway(b: Bench) -> Instance:
    b.patch.setattr(behindnat, "gateway", lambda: ipaddress.IPv4Address("172.17.0.1"))
    return b.main(f"{SOUND}mynetworks = 127.0.0.0/8, 172.16.0.0/12\n")


def _no_log(b: Bench) -> Instance:
    found = b.main(SOUND, master="smtp inet n - n - - smtpd\npostlog unix-dgram n - n - 1 postlogd\n")
    b.patch.setattr(Instance, "running", lambda _: True)
    b.patch.setattr(source, "SYSLOG_FILES", (str(b.path / "mail.log"),))
    b.patch.setattr(source, "_journal", lambda: False)
    return found


def _no_log_nor_postlog(b: Bench) -> Instance:
    _no_log(b)
    return b.main(SOUND, master="smtp inet n - n - - smtpd\n")


def _chroot(b: Bench) -> Instance:
    make = b.milters()
    return make(f"smtpd_milters = {b.socket(make.spool / 'opendkim/s').address}\n", chroot="y")


def _outside(b: Bench) -> Instance:
    make = b.milters()
    return make(
        f"milter_default_action = accept\nsmtpd_milters = {b.socket(b.path / 'o/s').address}\n", chroot="y"
    )


def _closed(b: Bench) -> Instance:
    make = b.milters()
    b.socket(make.spool / "opendkim/sock")
    os.chown(make.spool / "opendkim", 0, 4444)
    (make.spool / "opendkim").chmod(0o750)
    return make("smtpd_milters = unix:opendkim/sock\n")


def _sendmail_syntax(b: Bench) -> Instance:
    (server,) = b.stack.enter_context(serving("speaks"))
    return b.milters()(f"milter_default_action = accept\nsmtpd_milters = inet:{server.port}@127.0.0.1\n")


def _elsewhere(b: Bench) -> Instance:
    make = b.milters()
    b.patch.setattr(Sockets, "owners", {})
    b.socket(make.spool / "opendkim/other")
    make.file("opendkim", f"Socket local:{make.spool}/opendkim/other\nMode v\n", b.patch)
    return make("smtpd_milters = unix:opendkim/sock\n", chroot="y")


def _defaults(b: Bench) -> Instance:
    make, port = b.milters(), closed_port()
    b.patch.setattr(Sockets, "owners", {})
    (b.path / "default").mkdir()
    (b.path / "default/opendkim").write_text(f"SOCKET=inet:{port}@localhost\n")
    (b.path / "opendkim.conf").write_text("Mode v\nSocket local:/run/opendkim/other.sock\n")
    return make(f"smtpd_milters = inet:localhost:{port}\n")


def _order(first: str, second: str) -> Callable[[Bench], Instance]:
    def make(b: Bench) -> Instance:
        make, three = b.three()
        return make(f"smtpd_milters = {three[first]}, {three[second]}\nnon_smtpd_milters = $smtpd_milters\n")

    return make


def _changed_after(b: Bench) -> Instance:
    make, three = b.three()
    main = f"smtpd_milters = {three['opendkim']}\nnon_smtpd_milters = $smtpd_milters\n"
    return make(f"{main}smtp_header_checks = inline:{{a=b}}\n")


def _dead(b: Bench) -> Instance:
    return b.milters()(f"smtpd_milters = inet:127.0.0.1:{closed_port()}\n")


def _dkim(change: Callable[[Set], object]) -> Callable[[Bench], Instance]:
    def make(b: Bench) -> Instance:
        b.patch.setenv("MAILTUI_STATE_DIR", str(b.path / "state"))
        made = Set(b.make, b.path)
        change(made)
        return made.instance()

    return make


def _open_key(made: Set) -> None:
    made.conf["RequireSafeKeys"] = "yes"
    made.key.chmod(0o644)


def _shadowed(made: Set) -> None:
    made.keys.append(f"two other.example:sel:{made.key}")
    made.signing = ["*@* one", "*@other.example two"]


def _unpublished(b: Bench) -> Instance:
    found = _dkim(lambda _: None)(b)
    state: Published = "no"
    seen = Publication(
        "mail._domainkey.falcot.example", (Seen("ns1", "192.0.2.1", state, "why"),), time.time()
    )
    memory = Memory().with_(Kept("falcot.example", "mail", active=1.0, seen=seen))
    store.save(folder(label(found.config_dir), make=True), memory)
    return found


def _readable(b: Bench) -> Instance:
    found = b.office()
    (b.path / "sasldb2").chmod(0o644)
    return found


def _unreadable(b: Bench) -> Instance:
    found = b.office()
    os.chown(b.path / "sasldb2", -1, 0)
    return found


def _copies(b: Bench) -> Instance:
    found = b.office(chroot=True)
    saslpasswd(inside(b.path), "jean@falcot.com", "anders")
    return found


def _chain(b: Bench) -> Instance:
    signed(b.path, "root", ca=True)
    signed(b.path, "middle", by="root", ca=True)
    return opened(b.make, signed(b.path, "leaf", by="middle"), b.path / "leaf.key")


def _sni(b: Bench) -> Instance:
    cert = signed(b.path, "one")
    main = "tls_server_sni_maps = hash:$config_directory/s\n"
    found = b.main(main, {"s": f"a.example {b.path}/one.key, {cert}\n"}, "hash:s")
    os.utime(cert, (time.time() + 60, time.time() + 60))
    return found


def _hash_gone(b: Bench) -> Instance:
    b.without("hash", "btree")
    main = "virtual_alias_maps = hash:$config_directory/v\n"
    return b.main(main, {"v": KEYED})


def _nothing_left(b: Bench) -> Instance:
    b.without("hash", "btree", "lmdb", "cdb")
    return b.main("virtual_alias_maps = hash:$config_directory/v\n", {"v": KEYED})


def _no_pcre(b: Bench) -> Instance:
    b.without("pcre")
    return b.main("header_checks = pcre:$config_directory/h\n", {"h": "/^a/ DUNNO\n"})


def _leaving(b: Bench) -> Instance:
    known = dict(postconf.defaults(b""))
    b.patch.setattr("mailtui.postfix.values._defaults", lambda _: {**known, "default_database_type": "lmdb"})
    return b.main("virtual_alias_maps = hash:$config_directory/v\n", {"v": KEYED}, "hash:v")


VIRTUAL = "virtual_mailbox_domains = a.example\nvirtual_mailbox_maps = hash:$config_directory/m\n"
VIRTUAL += "virtual_alias_maps = hash:$config_directory/v\n"
CIRCLE = "virtual_alias_domains = a.example\nvirtual_alias_maps = hash:$config_directory/v\n"
RECIPIENT = "smtpd_recipient_restrictions"

TRAPS: tuple[Trap, ...] = (
    Trap("postmap forgotten: never", "table-not-compiled",
         lambda b: b.main("transport_maps = hash:$config_directory/t\n", {"t": "a.example local:\n"})),
    Trap("postmap forgotten: text newer", "table-stale", _stale),
    Trap("postmap on regexp", "copy-useless", _copy, "rm "),
    Trap("hash is gone", "hash-gone", _hash_gone),
    Trap("hash is gone, and nothing in its place", "hash-gone", _nothing_left, "install postfix-lmdb"),
    Trap("hash is going away", "hash-leaving", _leaving),
    Trap("password .db readable", "client-passwords", _password, "chmod 0600"),
    Trap("domain in mydestination and virtual_mailbox_domains", "domain-twice",
         lambda b: b.main(f"mydestination = localhost, a.example\n{VIRTUAL}", {"m": KEYED, "v": KEYED}, "hash:m",
                          "hash:v")),
    Trap("domain in two virtual classes", "domain-twice",
         lambda b: b.main(f"virtual_alias_domains = a.example\n{VIRTUAL}", {"m": KEYED, "v": KEYED}, "hash:m",
                          "hash:v"), "cannot know which class"),
    Trap("catch-all takes the mail of mailboxes", "catch-all-takes",
         lambda b: b.main(VIRTUAL, {"m": KEYED, "v": "@a.example boss@b.example\n"}, "hash:m", "hash:v")),
    Trap("virtual alias loop", "alias-circle",
         lambda b: b.main(CIRCLE, {"v": "x@a.example y@a.example\ny@a.example x@a.example\n"}, "hash:v"),
         "cannot know which"),
    Trap("more destinations than Postfix takes", "alias-too-many",
         lambda b: b.main(f"{CIRCLE}virtual_alias_expansion_limit = 2\n",
                          {"v": "x@a.example a@b.example, c@b.example, d@b.example\n"}, "hash:v"),
         "set virtual_alias_expansion_limit above 3"),
    Trap("local alias loop", "alias-circle",
         lambda b: b.main("myorigin = falcot.com\nalias_maps = hash:$config_directory/l\n", {"l": "x: y\ny: x\n"}, postalias=("hash:l",)),
         "cannot know which"),
    Trap("no reject_unauth_destination", "no-guard",
         lambda b: b.main(f"{LOCAL}smtpd_relay_restrictions = permit_mynetworks\n")),
    Trap("open relay by mynetworks", "open-relay", lambda b: b.main(f"{LOCAL}mynetworks = 0.0.0.0/0\n")),
    Trap("mynetworks wider than anybody's", "network-wide",
         lambda b: b.main(f"{SOUND}mynetworks = 127.0.0.0/8, 11.0.0.0/8\n"), "cannot know which of them are yours"),
    Trap("NAT or proxy: all clients are the gateway", "network-gateway", _gateway),
    Trap("permit in the recipient list relays", "open-relay",
         lambda b: b.main(f"{LOCAL}smtpd_relay_restrictions =\n{RECIPIENT} = check_sender_access"
                          " inline:{{boss@x.example=OK}}, reject_unauth_destination\n")),
    Trap("order: never reached", "unreachable",
         lambda b: b.main(f"{SOUND}smtpd_client_restrictions = permit_mynetworks,\n permit,\n"
                          " reject_rbl_client a.b\n")),
    Trap("inline # in a list of rules", "inline-comment",
         lambda b: b.main(f"{SOUND}smtpd_client_restrictions =\n  permit_mynetworks # ours\n"
                          "  reject_unauth_pipelining\n")),
    Trap("inline # in a value", "inline-comment",
         lambda b: b.main(f"{SOUND}message_size_limit = 52428800 # 50 MB\n")),
    Trap("inline # in master.cf", "inline-comment",
         lambda b: b.main(SOUND, master="smtp inet n - n - - smtpd\n  -o smtpd_tls_security_level=may # no\n"),
         "on a line of its own"),
    Trap("an indented line joins the one above", "swallowed-line",
         lambda b: b.main(f"{SOUND}disable_vrfy_command = yes\n# big mail\n  message_size_limit = 52428800\n")),
    Trap("an indented alias joins the one above", "swallowed-line",
         lambda b: b.main("alias_maps = hash:$config_directory/l\n", {"l": "a: b\n  root: jean\n"}),
         "take the blanks"),
    Trap("a line without =", "misread-line", lambda b: b.main(f"{SOUND}smtpd_helo_required yes\n"), "put a #"),
    Trap("an indented line on top of master.cf", "misread-line",
         lambda b: b.main(SOUND, master="  -o x=y\nsmtp inet n - n - - smtpd\n"), "put a #"),
    Trap("duplicate parameter", "duplicate-parameter", lambda b: b.main(f"biff = yes\n{SOUND}biff = no\n")),
    Trap("no final newline", "no-final-newline", _unended),
    Trap("milter socket with a full path in a chroot", "milter-chroot", _chroot),
    Trap("milter socket outside the chroot", "milter-chroot", _outside, "below"),
    Trap("milter socket whose folder postfix may not enter", "milter-permission", _closed, "adduser", root=True),
    Trap("milter address as sendmail writes it", "milter-address", _sendmail_syntax),
    Trap("milter listens elsewhere", "milter-elsewhere", _elsewhere),
    Trap("systemd ignores SOCKET in /etc/default", "milter-defaults-ignored", _defaults),
    Trap("opendmarc before opendkim", "milter-order", _order("opendmarc", "opendkim")),
    Trap("signed before it is changed", "milter-order", _order("opendkim", "clamav-milter")),
    Trap("header_checks after signing", "milter-changed-after", _changed_after, "header_checks"),
    Trap("opendmarc judges own users", "opendmarc-own-users",
         lambda b: b.judge(opendmarc=goodname.JUDGE, master=goodname.SMTPD + goodname.LOGIN)),
    Trap("AuthservID is not trusted", "opendmarc-trusted",
         lambda b: b.judge(opendmarc=f"{goodname.JUDGE}{goodname.USERS}TrustedAuthservIDs mail.falcot.com\n",
                           opendkim="Socket inet:8891@127.0.0.1\nAuthservID keys.falcot.com\n")),
    Trap("a milter dies, and tempfail stops all mail", "milter-stops-mail", _dead),
    Trap("DKIM key, or a folder above it, too open", "dkim-key-unusable", _dkim(_open_key), "/etc/dkimkeys"),
    Trap("SigningTable names no key", "dkim-unknown-key",
         _dkim(lambda made: made.signing.append("*@other.example missing"))),
    Trap("first match only", "dkim-shadowed", _dkim(_shadowed), "cannot know which of the two"),
    Trap("refile without a star", "dkim-pattern", _dkim(lambda made: made.signing.__setitem__(0, "falcot.example one"))),
    Trap("new selector before DNS has it", "dkim-unpublished", _unpublished, "publish its record"),
    Trap("sasldb that everybody may read", "sasldb-readable", _readable, "chmod o-rwx", root=True),
    Trap("sasldb that postfix may not read", "sasldb-unreadable", _unreadable, "adduser", root=True),
    Trap("no sasldb in the chroot", "sasldb-missing", lambda b: b.office(chroot=True), "account fix"),
    Trap("an old sasldb in the chroot", "sasldb-stale", _copies, "account fix"),
    Trap("login without its realm", "sasl-realm", lambda b: b.office("")),
    Trap("smtp_sasl and smtpd_sasl mixed up", "sasl-sides",
         lambda b: b.main("", master="submission inet n - n - - smtpd\n  -o smtp_sasl_auth_enable=yes\n")),
    Trap("pcre package missing", "table-type", _no_pcre, "install postfix-pcre"),
    Trap("one bad regexp is skipped", "pattern-skipped",
         lambda b: b.main("header_checks = regexp:$config_directory/h\n", {"h": "/^(a/ REJECT\n/b/ DUNNO\n"}),
         "cannot know what the rule"),
    Trap("no log", "log-missing", _no_log),
    Trap("the log is where Postfix may not write it", "log-prefix",
         lambda b: b.main(f"{SOUND}maillog_file = {b.path}/mail.log\n")),
    Trap("a log file without a full path", "log-prefix",
         lambda b: b.main(f"{SOUND}maillog_file = mail.log\n"), "a full path"),
    Trap("no log, and no postlogd", "log-missing", _no_log_nor_postlog, "rsyslog"),
    Trap("chain missing", "tls-chain", _chain, "fullchain"),
    Trap("certificate by name renewed, table not compiled", "tls-sni-stale", _sni, "postmap -F"),
)  # fmt: skip

ON_A_SERVER = {"tls-not-reloaded": ("test_auth_services", "reload Postfix")}
"""Findings that only daemons can make: the test in tests/lab that does, and what is said there."""
