"""What each smtpd service does with AUTH: whether it offers it, who checks the password, which database."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Literal

from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import ServiceRow, is_chrooted, services
from mailtui.sasl.config import SaslConf, conf
from mailtui.sasl.names import Account, taken_apart

Tls = Literal["none", "may", "encrypt", "wrapper"]
PLAINTEXT = ("PLAIN", "LOGIN")
"""Mechanisms that send the password itself; pwcheck_method says who checks it."""


@dataclass(frozen=True, slots=True)
class AuthService:
    """One smtpd of master.cf, in force."""

    row: ServiceRow
    offered: bool
    """smtpd_sasl_auth_enable."""
    kind: str
    """smtpd_sasl_type: `cyrus` or `dovecot`."""
    path: str
    """smtpd_sasl_path: the name of smtpd.conf, or dovecot's socket."""
    conf: SaslConf
    chrooted: bool
    local_domain: str
    """smtpd_sasl_local_domain, `$` expanded; empty: none."""
    hostname: str
    database: str
    """Where this smtpd opens sasldb, seen from outside its chroot."""
    tls: Tls
    auth_only: bool
    """Whether AUTH is offered under TLS alone."""
    options: tuple[str, ...]
    """smtpd_sasl_security_options."""
    tls_options: tuple[str, ...]
    """smtpd_sasl_tls_security_options: in force under TLS."""

    @property
    def name(self) -> str:
        """`submission/inet`."""
        return self.row.service

    @property
    def realm(self) -> str:
        """The realm in which a bare name is looked for: smtpd_sasl_local_domain, else myhostname."""
        return self.local_domain or self.hostname

    def asked(self, typed: str) -> Account:
        """The account that smtpd looks up for the name that a client gives."""
        return taken_apart(typed, self.realm)

    @property
    def asks_sasldb(self) -> bool:
        """Whether a login here is looked up in sasldb, by one mechanism at least."""
        return self.kind == "cyrus" and not self.conf.problem and self.conf.asks_sasldb and bool(self._ways)

    @property
    def _ways(self) -> bool:
        secret = [each for each in self.conf.mechanisms if each not in PLAINTEXT]
        return "auxprop" in self.conf.methods or bool(secret) or not self.conf.mechanisms

    @property
    def under_tls(self) -> bool:
        """Whether TLS comes before AUTH here, for whoever can log in at all."""
        return self.auth_only or self.tls in ("encrypt", "wrapper")

    def works_with(self, properties: tuple[str, ...]) -> tuple[str, ...]:
        """Of the mechanisms of mech_list (without one: of the usual) those that an account with these
        properties can use here."""
        options = self.tls_options if self.under_tls else self.options
        listed = self.conf.mechanisms or ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5")
        found = []
        for each in listed:
            if each in PLAINTEXT and (
                "noplaintext" in options or "auxprop" not in self.conf.methods or not has_plain(properties)
            ):
                continue
            if has_plain(properties) or f"cmusaslsecret{each}".lower() in map(str.lower, properties):
                found.append(each)
        return tuple(found)

    @property
    def elsewhere(self) -> str:
        """Who checks logins where it is not sasldb; empty where it is."""
        if self.kind != "cyrus":
            return f"{self.kind} checks logins here ({self.path}): sasldb is not asked"
        if self.conf.problem:
            return f"{self.conf.path}: {self.conf.problem}: every smtpd with AUTH dies of it"
        if not self.conf.asks_sasldb:
            return f"{self.conf.path} names auxprop_plugin {self.conf.get('auxprop_plugin')}, not sasldb"
        if not self._ways:
            return f"{' and '.join(self.conf.methods)} checks passwords here, not sasldb"
        return ""


def has_plain(properties: tuple[str, ...]) -> bool:
    """Whether the password itself is stored."""
    return "userPassword" in properties


def auth_services(instance: Instance) -> list[AuthService]:
    """Every smtpd service that is in force, in the order of master.cf. Raises InstanceError."""
    known: dict[str, SaslConf] = {}
    return [
        _service(instance, row, known)
        for row in services(instance)
        if row.counts and row.command == "smtpd" and row.type in ("inet", "pass", "unix")
    ]


def _service(instance: Instance, row: ServiceRow, known: dict[str, SaslConf]) -> AuthService:
    own = instance.parameters.service(row.name, row.type)
    path = own.effective("smtpd_sasl_path")
    found = known.get(path)
    if found is None:
        found = known[path] = conf(instance, path)
    chrooted = is_chrooted(instance, row)
    place = found.database
    if chrooted or not place.startswith("/"):
        place = os.path.join(instance.queue_directory, place.lstrip("/"))
    level = own.effective("smtpd_tls_security_level")
    if not level:
        enforced, used = _yes(own.effective("smtpd_enforce_tls")), _yes(own.effective("smtpd_use_tls"))
        level = "encrypt" if enforced else "may" if used else "none"
    tls: Tls = "encrypt" if level == "encrypt" else "may" if level == "may" else "none"
    if _yes(own.effective("smtpd_tls_wrappermode")):
        tls = "wrapper"
    return AuthService(
        row=row,
        offered=_yes(own.effective("smtpd_sasl_auth_enable")),
        kind=own.effective("smtpd_sasl_type"),
        path=path,
        conf=found,
        chrooted=chrooted,
        local_domain=own.effective("smtpd_sasl_local_domain"),
        hostname=own.effective("myhostname"),
        database=place,
        tls=tls,
        auth_only=_yes(own.effective("smtpd_tls_auth_only")) or tls in ("encrypt", "wrapper"),
        options=_words(own.effective("smtpd_sasl_security_options")),
        tls_options=_words(own.effective("smtpd_sasl_tls_security_options")),
    )


def _yes(value: str) -> bool:
    return value.lower() == "yes"


def _words(value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").lower().split())


def endpoint(instance: Instance, service: AuthService) -> tuple[str, int]:
    """Where a client on this host reaches the service. Raises InstanceError where that cannot be said."""
    name = service.row.name
    if service.row.type != "inet":
        raise InstanceError(f"{service.name} has no port of its own", "choose a service of type inet")
    host, _, port = name.rpartition(":")
    host = host.strip("[]") or _first_interface(instance)
    try:
        number = int(port) if port.isdigit() else socket.getservbyname(port, "tcp")
    except OSError:
        raise InstanceError(f"no port is known for {port} (/etc/services)") from None
    return host, number


def _first_interface(instance: Instance) -> str:
    protocols = instance.parameters.effective("inet_protocols")
    loopback = "::1" if protocols == "ipv6" else "127.0.0.1"
    for item in instance.parameters.effective("inet_interfaces").replace(",", " ").split():
        if item in ("all", "loopback-only", "localhost"):
            return loopback
        return item.strip("[]")
    return loopback


def service_named(found: list[AuthService], name: str) -> AuthService:
    """The service that `submission/inet`, or `submission` where that is unique, names; without a name the one
    for mail that users hand in: with AUTH, and under TLS. Raises InstanceError."""
    if name:
        fitting = [each for each in found if name in (each.name, each.row.name)]
        if not fitting:
            names = ", ".join(each.name for each in found)
            raise InstanceError(f"there is no smtpd service {name}", f"there are {names or 'none'}")
        return fitting[0]
    open_ = [each for each in found if each.offered and each.row.type == "inet"]
    if not open_:
        raise InstanceError("no smtpd service offers AUTH", "set smtpd_sasl_auth_enable = yes for one")
    return next((each for each in open_ if each.under_tls), open_[0])
