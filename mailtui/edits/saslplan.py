"""Edits that let accounts log in: the realm of a bare name, and an smtpd.conf that asks sasldb."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.edits.keywords import SetKeyword, UnsetKeyword
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import SetServiceOption
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.sasl.config import FORMAT, SaslConf
from mailtui.sasl.services import AuthService
from mailtui.text.safe import safe

LOCAL_DOMAIN = "smtpd_sasl_local_domain"
MECHANISMS = "PLAIN LOGIN CRAM-MD5"
"""What every client speaks one of; under TLS each of them is safe."""
WANTED = (("pwcheck_method", "auxprop"), ("auxprop_plugin", "sasldb"))


def realm_plan(instance: Instance, service: AuthService, realm: str) -> Plan:
    """A bare name at this service means that realm: where the service has a value of its own there, else in
    main.cf. Raises ParameterError."""
    own = instance.parameters.service(service.row.name, service.row.type).options
    written = instance.parameters.get(LOCAL_DOMAIN)
    edit: Edit
    if LOCAL_DOMAIN in own:
        edit = SetServiceOption(instance.master, service.name, LOCAL_DOMAIN, realm, own[LOCAL_DOMAIN])
        who = service.name
    else:
        edit = SetParameter(instance.main, LOCAL_DOMAIN, realm, written)
        who = "every smtpd without a value of its own"
    says = (
        f"a bare jean then means jean@{safe(realm)} at {who}",
        f"accounts of realm {safe(service.realm)} must log in with their full names from then on",
    )
    return Plan((edit,), says)


def conf_plan(conf: SaslConf) -> Plan:
    """An smtpd.conf, in the folder where this Postfix looks first, that has passwords looked up in sasldb:
    made where there is none. Nothing where it says so already."""
    if conf.problem:
        return Plan(refused=f"{safe(conf.path)}: {conf.problem}; mend that line first")
    target = Target(FORMAT, conf.wanted)
    edits: list[Edit] = []
    for name, value in WANTED:
        was = conf.values.get(name)
        if was != value:
            edits.append(SetKeyword(target, name, value, was))
    if not conf.mechanisms:
        edits.append(SetKeyword(target, "mech_list", MECHANISMS, conf.values.get("mech_list")))
    where = "is made" if not conf.path else "is changed"
    says = (f"{safe(conf.wanted)} {where}: this Postfix looks in {safe(' and '.join(conf.folders))}",)
    return Plan(tuple(edits), says if edits else ())


def mechanism_plan(conf: SaslConf, mechanism: str) -> Plan:
    """The mechanism is offered too."""
    if conf.problem:
        return Plan(refused=f"{safe(conf.path)}: {conf.problem}; mend that line first")
    was = conf.values.get("mech_list")
    if was is None or mechanism.upper() in conf.mechanisms:
        return Plan(refused=f"mech_list does not keep {safe(mechanism)} away: its plug-in is not installed")
    return Plan((SetKeyword(Target(FORMAT, conf.wanted), "mech_list", f"{was} {mechanism.upper()}", was),))


def database_plan(conf: SaslConf, path: str) -> Plan:
    """sasldb_path is that path; the default where it is empty."""
    target, was = Target(FORMAT, conf.wanted), conf.values.get("sasldb_path")
    if not path:
        return Plan((UnsetKeyword(target, "sasldb_path", was),)) if was is not None else Plan()
    return Plan() if was == path else Plan((SetKeyword(target, "sasldb_path", path, was),))


def realms(services: Sequence[AuthService]) -> tuple[str, ...]:
    """The realms that services look for a bare name in, each once."""
    return tuple(dict.fromkeys(each.realm for each in services))
