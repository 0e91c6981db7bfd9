"""permit_mx_backup: mail for domains of which this host is a backup MX, by DNS alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailtui.postfix.interfaces import own_addresses
from mailtui.postfix.smtpd.authority import authority
from mailtui.postfix.smtpd.context import Context
from mailtui.postfix.smtpd.dnslook import Looked, Status, address_kinds, addresses, by_dns, look
from mailtui.postfix.smtpd.hostnames import as_ascii
from mailtui.postfix.smtpd.matches import in_list
from mailtui.postfix.smtpd.outcome import Outcome, dunno, no_effect, ok, restriction
from mailtui.postfix.smtpd.refusals import about
from mailtui.postfix.smtpd.replies import RECIPIENT
from mailtui.postfix.smtpd.resolved import resolve
from mailtui.postfix.smtpd.syntax import NO_RECIPIENT
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from mailtui.postfix.interfaces import Address


@restriction("permit_mx_backup")
@by_dns
def permit_mx_backup(context: Context, argument: str) -> Outcome:  # noqa: ARG001
    """Permits mail for our domains, and for those that name this host as a backup MX."""
    recipient = context.recipient
    if recipient is None:
        return no_effect(NO_RECIPIENT)
    ours = authority(context, recipient)
    if ours.failure is not None:
        return ours.failure
    if ours.allowed:
        return ok(ours.why)
    found = resolve(context, recipient)
    if found.routed and not context.yes("allow_untrusted_routing"):
        return dunno(ours.why)
    if found.domain.startswith("["):
        return dunno("an address in brackets has no MX")
    return _Backup(context, recipient).judge(as_ascii(found.domain))


class _Backup:
    """One recipient's domain. `trouble` is the first question that DNS did not answer: it makes a later
    refusal a temporary one."""

    def __init__(self, context: Context, recipient: str) -> None:
        self._context, self._recipient = context, recipient
        self.trouble: Outcome | None = None

    def judge(self, domain: str) -> Outcome:
        answer = look(self._context, domain, "MX")
        if answer.status == Status.RETRY:
            self._note(f"Unable to look up mail exchanger information: {answer.words}")
        if answer.status != Status.OK:
            return self.trouble or dunno(f"{safe(domain)} has no MX")
        primaries, backups = _parted(answer)
        if self._names_us(primaries):
            return self.trouble or dunno(f"this host is a first MX of {safe(domain)}")
        if not backups or not self._names_us(backups):
            return self.trouble or dunno(f"this host is no backup MX of {safe(domain)}")
        if self._context.setting("permit_mx_backup_networks") and not self._in_networks(primaries):
            return self.trouble or dunno("its first MX is not in permit_mx_backup_networks")
        return ok(f"this host is a backup MX of {safe(domain)}")

    def _note(self, text: str) -> None:
        if self.trouble is None:
            said = about(self._recipient, RECIPIENT, text)
            self.trouble = Outcome("defer_if_reject", text, 450, "4.4.4", said)

    def _names_us(self, hosts: Sequence[str]) -> bool:
        """Whether one of the hosts is this one: by name, else by address."""
        if any(self._context.resolver.router.is_local(host) for host in hosts):
            return True
        return any(self._has_our_address(host) for host in hosts)

    def _has_our_address(self, host: str) -> bool:
        found = addresses(self._context, host)
        if found.problem:
            self._note(f"Unable to look up mail exchanger host {host}: {found.problem}")
        return not self._ours().isdisjoint(_parsed(found.found))

    def _ours(self) -> AbstractSet[Address]:
        instance = self._context.instance
        return own_addresses(instance.parameters, instance.files)

    def _in_networks(self, hosts: Sequence[str]) -> bool:
        return all(self._all_in_networks(host) for host in hosts)

    def _all_in_networks(self, host: str) -> bool:
        """Whether every address of a host is in permit_mx_backup_networks."""
        context = self._context
        answers = [look(context, host, kind) for kind in address_kinds(context)]
        worst = max(answers, key=lambda answer: answer.status)
        if worst.status != Status.OK:
            self._note(f"Unable to look up host {host} as mail exchanger: {worst.words}")
            return False
        for address in (record for answer in answers for record in answer.records):
            found = in_list(context, "permit_mx_backup_networks", host, address)
            if found.problem:
                self._note(f"Unable to verify host {host} as mail exchanger")
            if not found.matched:
                return False
        return True


def _parted(answer: Looked) -> tuple[list[str], list[str]]:
    """The hosts of the lowest preference, and the others."""
    first = min(answer.preferences)
    rows = list(zip(answer.records, answer.preferences, strict=True))
    return [host for host, at in rows if at == first], [host for host, at in rows if at != first]


def _parsed(texts: Sequence[str]) -> list[Address]:
    import ipaddress

    return [ipaddress.ip_address(text) for text in texts]
