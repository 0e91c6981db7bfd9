"""The session behind a refusal in the log, as far as its line tells it: what Explain is asked.

session = session_of(instance, record)      # None: no smtpd refused it, or the line tells too little
"""

from __future__ import annotations

from ipaddress import ip_address

from mailtui.maillog.record import Record
from mailtui.postfix.chainread import ServiceLists
from mailtui.postfix.instance import Instance
from mailtui.postfix.refusalplaces import services_of
from mailtui.postfix.smtpd.session import Session, Until

_UNTIL: dict[str, Until] = {
    "CONNECT": "connect", "HELO": "helo", "EHLO": "helo", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data",
    "END-OF-MESSAGE": "data",
}  # fmt: skip


def session_of(instance: Instance, record: Record, sender: str | None = None) -> Session | None:
    """What the client said. `sender`: that of the message, where it is known from other lines.

    The name of a client is the verified one: of another that its address has the line says nothing. It is
    taken to use TLS where the service takes no other. Raises InstanceError.
    """
    if record.event != "reject" or (record.process or "").rpartition("/")[2] != "smtpd":
        return None
    until = _UNTIL.get(record.stage or "RCPT")
    address = _address(record.client_address)
    services = services_of(instance, record)
    if until is None or address is None or not services:
        return None
    if until in {"rcpt", "data"} and not record.recipient:
        return None
    settings = ServiceLists(instance, services[0])
    tls = settings.yes("smtpd_tls_wrappermode") or settings.setting("smtpd_tls_security_level") == "encrypt"
    return Session(
        address,
        client_name=record.client_name or "unknown",
        helo=record.helo or None,
        sender=record.sender if record.sender is not None else sender,
        recipient=record.recipient or None,
        sasl_user=record.sasl_username or "",
        tls=tls,
        service=services[0],
        until=until,
    )


def _address(text: str | None) -> str | None:
    """smtpd logs `unknown` where it could not tell the address."""
    try:
        return str(ip_address(text or ""))
    except ValueError:
        return None
