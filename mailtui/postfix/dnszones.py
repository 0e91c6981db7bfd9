"""DNS lists that are closed, and what the answers of the well-known ones mean. Data of `DATED`."""

from __future__ import annotations

from typing import NamedTuple

DATED = "2026-11"
"""When this was last looked through (year and month)."""


class ClosedZone(NamedTuple):
    """A list that is no more. `zone` and all below it; `use`: what to ask instead, empty for nothing."""

    zone: str
    since: str
    what: str
    use: str = ""

    @property
    def says(self) -> str:
        """In one sentence."""
        instead = f"; use {self.use}" if self.use else "; take the rule out"
        since = f" (since {self.since})" if self.since else ""
        return f"{self.zone} {self.what}{since}{instead}"


_CLOSED = (
    ClosedZone("ordb.org", "2006-12", "is closed, and has listed every address"),
    ClosedZone("dsbl.org", "2008", "is closed"),
    ClosedZone("njabl.org", "2013-03", "is closed", "zen.spamhaus.org"),
    ClosedZone("ahbl.org", "2014", "is closed, and lists every address"),
    ClosedZone("rfc-ignorant.org", "2012-11", "is closed"),
    ClosedZone("sorbs.net", "2024-06", "is closed: it never answers and costs a question per mail"),
    ClosedZone("ix.dnsbl.manitu.net", "2025-01", "is closed"),
    ClosedZone("dnsbl.inps.de", "", "is closed"),
    ClosedZone("bl.emailbasura.org", "", "is closed"),
    ClosedZone("megarbl.net", "", "is closed"),
    ClosedZone("mail-abuse.org", "", "is for paying customers of its owner alone"),
    ClosedZone("osirusoft.com", "2003", "is closed, and has listed every address"),
    ClosedZone("opm.blitzed.org", "2006", "is closed", "zen.spamhaus.org"),
    ClosedZone("blackholes.easynet.nl", "2003", "is closed"),
    ClosedZone("dynablock.easynet.nl", "2003", "is closed", "zen.spamhaus.org"),
    ClosedZone("bl.spamcannibal.org", "2018-05", "is closed, and has listed every address"),
    ClosedZone("cbl.abuseat.org", "", "is a part of zen", "zen.spamhaus.org"),
    ClosedZone("ubl.unsubscore.com", "", "is switched off"),
    ClosedZone("sbl-xbl.spamhaus.org", "", "is superseded", "zen.spamhaus.org"),
)


class Code(NamedTuple):
    """One answer of a list: the address, and what it means. `error`: it does not say that anything is
    listed, so that a rule without an answer filter refuses everybody on it."""

    answer: str
    means: str
    error: bool = False


_SPAMHAUS_ERRORS = (
    Code("127.255.255.252", "the name of the list is mistyped", error=True),
    Code("127.255.255.254", "asked through a public resolver, which is not served", error=True),
    Code("127.255.255.255", "too many questions from this resolver", error=True),
)
_SBL = (
    Code("127.0.0.2", "SBL: a known source of spam"),
    Code("127.0.0.3", "CSS: sends spam with little reputation"),
    Code("127.0.0.9", "DROP: a hijacked network"),
)
_XBL = (Code("127.0.0.4", "XBL: a machine that is taken over (CBL)"),)
_PBL = (
    Code("127.0.0.10", "PBL: its provider says that it sends no mail by itself"),
    Code("127.0.0.11", "PBL: an address of end users, by Spamhaus"),
)

CODES: dict[str, tuple[Code, ...]] = {
    "zen.spamhaus.org": (*_SBL, *_XBL, *_PBL, *_SPAMHAUS_ERRORS),
    "sbl.spamhaus.org": (*_SBL, *_SPAMHAUS_ERRORS),
    "xbl.spamhaus.org": (*_XBL, *_SPAMHAUS_ERRORS),
    "pbl.spamhaus.org": (*_PBL, *_SPAMHAUS_ERRORS),
    "dbl.spamhaus.org": (
        Code("127.0.1.2", "a domain of spam"),
        Code("127.0.1.4", "a domain of phishing"),
        Code("127.0.1.5", "a domain of malware"),
        Code("127.0.1.6", "a botnet's control domain"),
        Code("127.0.1.102", "an abused honest domain, spam"),
        Code("127.0.1.103", "an abused redirector"),
        Code("127.0.1.104", "an abused honest domain, phishing"),
        Code("127.0.1.105", "an abused honest domain, malware"),
        Code("127.0.1.106", "an abused honest domain, botnet"),
        Code("127.0.1.255", "asked for an address: this list holds domains", error=True),
        *_SPAMHAUS_ERRORS,
    ),
    "bl.spamcop.net": (Code("127.0.0.2", "reported as a source of spam"),),
    "b.barracudacentral.org": (Code("127.0.0.2", "a poor reputation at Barracuda"),),
    "psbl.surriel.com": (Code("127.0.0.2", "has sent to spam traps"),),
    "list.dnswl.org": (
        Code("127.0.[2..20].0", "known, no trust"),
        Code("127.0.[2..20].1", "known, low trust"),
        Code("127.0.[2..20].2", "known, medium trust"),
        Code("127.0.[2..20].3", "known, high trust"),
        Code("127.0.0.255", "blocked: too many questions from this resolver", error=True),
    ),
}
"""What each answer of a well-known list means."""

FILTERS: dict[str, str] = {
    "zen.spamhaus.org": "127.0.0.[2..11]",
    "sbl.spamhaus.org": "127.0.0.[2..9]",
    "xbl.spamhaus.org": "127.0.0.[4..7]",
    "pbl.spamhaus.org": "127.0.0.[10;11]",
    "dbl.spamhaus.org": "127.0.1.[2..99]",
    "bl.spamcop.net": "127.0.0.2",
    "b.barracudacentral.org": "127.0.0.2",
    "psbl.surriel.com": "127.0.0.2",
    "list.dnswl.org": "127.0.[2..20].[1..3]",
}
"""The answer filter to write behind each, so that its error answers count for nothing."""


def zone_name(argument: str) -> str:
    """The zone of a rule's argument, its answer filter taken off: `zen.spamhaus.org=127.0.0.2`."""
    return argument.partition("=")[0].strip().rstrip(".").lower()


def closed_zone(argument: str) -> ClosedZone | None:
    """What is known of a zone's end, None for one that is not known to be closed."""
    zone = zone_name(argument)
    return next((each for each in _CLOSED if zone == each.zone or zone.endswith("." + each.zone)), None)


def closed_zones() -> tuple[ClosedZone, ...]:
    """Every list known to be closed."""
    return _CLOSED


def codes(argument: str) -> tuple[Code, ...]:
    """The answers of a zone that are known, none for others."""
    return CODES.get(zone_name(argument), ())
