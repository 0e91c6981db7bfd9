"""Rules about the HELO name, which a client escapes that says none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtui.doctor.case import Case, Server, fixed
from mailtui.doctor.model import Finding
from mailtui.doctor.rulefixes import named, of
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import SetServiceOption
from mailtui.postfix.catalogue import words_of
from mailtui.postfix.chainrows import RuleRow
from mailtui.text.safe import safe


def findings(case: Case) -> Iterator[Finding]:
    """Once for each list, where smtpd_helo_required is off."""
    seen: set[str] = set()
    for server in case.servers:
        if not server.public or server.lists.yes("smtpd_helo_required"):
            continue
        row = next(iter(_about_helo(server)), None)
        if row is None or row.place.title in seen:
            continue
        seen.add(row.place.title)
        fix, words = fixed(case.tried(_require(case, server)), "set smtpd_helo_required = yes")
        yield Finding(
            "helo-not-required", "warning", "who says no HELO is not asked by the rules about it", *of(row),
            f"{safe(row.text)} and its like are passed over for a client that goes straight to MAIL FROM:"
            " smtpd_helo_required is off", fix, words, (server.service,), named(row),
        )  # fmt: skip


def _about_helo(server: Server) -> Sequence[RuleRow]:
    found: list[RuleRow] = []
    for chain in server.chains.stages:
        for row in chain.live:
            told = words_of(row.name)
            refuses = row.name.lower().startswith(("reject_", "check_")) and not row.warn_only
            if told is not None and told.needs == "helo" and refuses and not row.unreachable:
                found.append(row)
    return found


def _require(case: Case, server: Server) -> Plan:
    name = "smtpd_helo_required"
    if server.lists.own(name):
        was = case.option(server.service, name)
        return Plan((SetServiceOption(case.instance.master, server.service, name, "yes", was),))
    return Plan((SetParameter(case.instance.main, name, "yes", case.instance.parameters.get(name)),))
