"""The forms of a service of AUTH: its cells, and AUTH turned on. What they come to is worked out by
`mailtui.edits.authplan`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailtui.edits import authplan, authrelay, senderplan
from mailtui.edits.authplan import BY, Wanted
from mailtui.edits.built import Built
from mailtui.edits.plan import Plan
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from mailtui.postfix.services import ServiceRow
from mailtui.sasl.accounts import Accounts
from mailtui.sasl.matrix import LOGIN_CHECKS, ServiceLine, matrix
from mailtui.sasl.services import Tls
from mailtui.screens.parts.form import ChoiceField, Form, FormField, Made, TextField, Values

_YES_NO = {
    "auth": ("users can log in here", "nobody logs in here"),
    "only": ("AUTH is told under TLS alone", "AUTH is told before STARTTLS too: passwords in clear"),
    "broken": ("AUTH is told once more, as very old clients want it", "as RFC 4954 has it"),
    "relay": ("who logged in may send to every domain", "as everybody else: to our own domains alone"),
}
_TLS: tuple[tuple[str, str], ...] = (
    ("none", "no TLS"),
    ("may", "STARTTLS is offered"),
    ("encrypt", "STARTTLS must come first"),
    ("wrapper", "TLS from the first byte, as on submissions"),
)
_BY = {
    "sasldb": "Cyrus SASL looks it up in sasldb: the accounts of the first tab",
    "saslauthd": "saslauthd is asked: PAM, LDAP; PLAIN and LOGIN alone",
    "dovecot": "dovecot's auth service is asked, at the socket below",
}
_SENDERS: tuple[tuple[str, str], ...] = (
    ("any", "who logged in may use any sender address"),
    (LOGIN_CHECKS[0], "an address that has an owner is his alone; who logged in uses his own"),
    (LOGIN_CHECKS[1], "who logged in uses the addresses that are his"),
    (LOGIN_CHECKS[2], "an address that has an owner wants his login"),
    (LOGIN_CHECKS[3], "the same, for known addresses alone"),
)


def _switch(name: str, label: str, *, on: bool) -> ChoiceField:
    yes, no = _YES_NO[name]
    choices = (("yes", yes), ("no", no))
    return ChoiceField(name=name, label=label, choices=choices, chosen="yes" if on else "no")


def _text(name: str, label: str, content: str, hint: str, when: Callable[[Values], bool]) -> TextField:
    return TextField(name=name, label=label, content=content, hint=hint, when=when)


def cells_form(instance: Instance, line: ServiceLine) -> Form:
    """All cells of a service in force. Raises ParameterError."""
    auth = line.auth
    assert auth is not None  # the caller looked
    own = instance.parameters.service(line.row.name, line.row.type)

    def on(values: Values) -> bool:
        return values["auth"] == "yes"

    def clear(values: Values) -> bool:
        return on(values) and values["tls"] in ("none", "may")

    def tls(values: Values) -> bool:
        return values["tls"] != "none"

    by = ChoiceField(name="by", label="checked by", choices=_checkers(line), chosen=line.checked_by, when=on)
    sender = ChoiceField(name="sender", label="sender", choices=_SENDERS, chosen=_sender(line), when=on)
    relay = _switch("relay", "relay", on=not line.shut)
    only = _switch("only", "TLS first", on=own.effective("smtpd_tls_auth_only").lower() == "yes")
    broken = _switch("broken", "old clients", on=line.broken)
    relay.when = broken.when = on
    only.when = clear
    fields: list[FormField] = [
        _switch("auth", "AUTH", on=auth.offered),
        ChoiceField(name="tls", label="TLS", choices=_TLS, chosen=auth.tls),
        only,
        by,
        _text("path", "socket", auth.path if auth.kind == "dovecot" else authplan.DOVECOT,
              "smtpd_sasl_path: below the queue directory, as dovecot's unix_listener names it",
              lambda values: on(values) and values["by"] == "dovecot"),
        _text("realm", "realm", auth.realm, "what is added to a bare name (smtpd_sasl_local_domain)",
              lambda values: on(values) and values["by"] != "dovecot"),
        relay,
        sender,
        _text("maps", "owners", line.senders.maps, "smtpd_sender_login_maps: address → login, hash:/file",
              lambda values: on(values) and values["sender"] != "any"),
        _text("cert", "certificate", _file(own.effective("smtpd_tls_cert_file")),
              "a file in PEM, with the certificates up to the authority", tls),
        _text("key", "key", _file(own.effective("smtpd_tls_key_file")), "a file that root alone may read",
              tls),
        broken,
    ]  # fmt: skip
    return Form(line.name, fields)


def _file(value: str) -> str:
    return "" if value == "none" else value


def _checkers(line: ServiceLine) -> list[tuple[str, str]]:
    known = [(name, _BY[name]) for name in BY]
    other = line.checked_by
    return known if other in BY else [(other, "as it is set up"), *known]


def _sender(line: ServiceLine) -> str:
    return line.senders.rules[0].name.lower() if line.senders.rules else "any"


def cells_made(name: str, before: Values) -> Callable[[Instance, Values], Made]:
    """What the form comes to: each cell that is another than `before`, where it belongs."""

    def make(after: Instance, values: Values) -> Made:
        found = next((each for each in matrix(after) if each.name == name), None)
        if found is None or found.auth is None:
            return Made(refused=f"{name} is no longer in force")
        new = {each: str(value) for each, value in values.items() if before.get(each, "") != value}
        plan = _cells(after, found, new, {each: str(value) for each, value in values.items()})
        return made_of(plan, name, f"AUTH at {name}")

    return make


def _cells(after: Instance, line: ServiceLine, new: dict[str, str], all_: dict[str, str]) -> Plan:
    built = Built(after)

    def now() -> ServiceLine:
        return next(each for each in matrix(built.instance) if each.name == line.name)

    if new.get("auth") == "no":
        built.add(authplan.turn_off(after, line))
    for field, parameter in (("cert", "smtpd_tls_cert_file"), ("key", "smtpd_tls_key_file")):
        if field in new:
            built.add(authplan.setting(built.instance, line.row, parameter, new[field]))
    if "tls" in new:
        built.add(authplan.tls_level(built.instance, line.row, _level(new["tls"])))
    if "only" in new:
        built.add(authplan.setting(built.instance, line.row, authplan.AUTH_ONLY, new["only"]))
    wanted = Wanted(by=new.get("by", ""), realm=new.get("realm", ""), path=new.get("path", ""))
    if new.get("auth") == "yes":
        built.add(authplan.turn_on(built.instance, now().row, wanted))
    else:
        if wanted.path and not wanted.by:
            wanted = Wanted(by=all_["by"], realm=wanted.realm, path=wanted.path)
        built.add(authplan.checked_by(built.instance, line.row, wanted))
    if "relay" in new and not (new["relay"] == "no" and new.get("auth") == "no"):
        plan = authrelay.relay if new["relay"] == "yes" else authrelay.no_relay
        built.add(plan(built.instance, now()))
    if "sender" in new or ("maps" in new and all_["sender"] != "any"):
        built.add(senderplan.sender_check(built.instance, now(), all_["sender"], all_.get("maps", "")))
    if "broken" in new:
        built.add(authplan.setting(built.instance, line.row, "broken_sasl_auth_clients", new["broken"]))
    return built.plan()


def _level(text: str) -> Tls:
    found: dict[str, Tls] = {"may": "may", "encrypt": "encrypt", "wrapper": "wrapper"}
    return found.get(text, "none")


def on_form(instance: Instance, row: ServiceRow, *, new: bool = False) -> Form:
    """AUTH turned on at a service. Raises ParameterError."""
    fields: list[FormField] = [
        ChoiceField(name="by", label="checked by", choices=[(name, _BY[name]) for name in BY]),
        TextField(name="path", label="socket", content=authplan.DOVECOT,
                  hint="as dovecot's unix_listener names it, below the queue directory",
                  when=lambda values: values["by"] == "dovecot"),
        TextField(name="realm", label="realm", content=likely_realm(instance),
                  hint="what is added to a bare name (smtpd_sasl_local_domain)",
                  when=lambda values: values["by"] != "dovecot"),
    ]  # fmt: skip
    if authplan.lacks_certificate(instance, row):
        fields += [
            TextField(name="cert", label="certificate",
                      hint="a file in PEM; empty: Debian's self-signed one, where it is installed"),
            TextField(name="key", label="key", hint="its private key; empty: in the same file"),
        ]  # fmt: skip
    what = "new service" if new else "AUTH on"
    return Form(f"{what}: {row.service}", fields)


def on_made(row: ServiceRow, *, new: bool = False) -> Callable[[Instance, Values], Made]:
    """What it comes to: one group."""

    def make(after: Instance, values: Values) -> Made:
        texts = {name: str(value) for name, value in values.items()}
        by = "" if _stands(after, row, texts["by"]) else texts["by"]
        wanted = Wanted(
            by, texts.get("realm", ""), texts.get("cert", ""), texts.get("key", ""), texts.get("path", "")
        )
        if new:
            plan = authplan.make_service(after, row.name, wanted)
        else:
            plan = authplan.turn_on(after, row, wanted)
        return made_of(plan, row.service, f"AUTH on at {row.service}")

    return make


def _stands(after: Instance, row: ServiceRow, by: str) -> bool:
    """Whether passwords are checked so already."""
    found = next((each for each in matrix(after) if each.name == row.service), None)
    if found is None or found.auth is None or found.checked_by != by:
        return False
    return found.auth.kind == "dovecot" or bool(found.auth.conf.path)


def likely_realm(instance: Instance) -> str:
    """The realm to begin with: as it is set, that of most accounts, the domain. Raises ParameterError."""
    own = instance.parameters.effective("smtpd_sasl_local_domain")
    if own:
        return own
    try:
        realms = [row.account.realm for row in Accounts(instance).all]
    except InstanceError:  # there is no sasldb, or nothing that could list it
        realms = []
    return max(realms, key=realms.count) if realms else "$mydomain"


def made_of(plan: Plan, name: str, label: str) -> Made:
    """A plan as what an action comes to."""
    if plan.refused:
        return Made(refused=plan.refused)
    says: Sequence[str] = plan.says if plan.edits else ("nothing is changed: it is so already",)
    return Made(plan.edits, label if len(plan.edits) > 1 else "", name, says)
