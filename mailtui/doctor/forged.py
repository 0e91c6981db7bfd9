"""Tables that permit by what anybody can say: what stands below them in the list is skipped."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.doctor.case import Case
from mailtui.doctor.model import Finding
from mailtui.doctor.rulefixes import named
from mailtui.postfix.chainrows import Chain, RuleRow
from mailtui.postfix.lookups import parse_map
from mailtui.postfix.restrictionnames import DEFAULT_COMMANDS
from mailtui.text.safe import safe

_SAID = {"check_sender_access": "the sender", "check_helo_access": "the HELO name"}


def findings(case: Case) -> Iterator[Finding]:
    """check_sender_access and check_helo_access with an OK, and rules below that refuse strangers."""
    seen: set[tuple[str, str, int]] = set()
    for server in case.servers:
        if not server.public:
            continue
        for chain in server.chains.stages:
            for at, row in enumerate(chain.live):
                key = (row.place.service, row.place.name, row.first)
                check = row.name.lower() or DEFAULT_COMMANDS.get(row.place.name, "")
                if check in _SAID and row.argument and key not in seen and not row.unreachable:
                    seen.add(key)
                    yield from _told(case, chain, at, check)


def _told(case: Case, chain: Chain, at: int, check: str) -> Iterator[Finding]:
    row = chain.live[at]
    below = [each for each in chain.live[at + 1 :] if _refuses(each)]
    entry = next((
        each for each in case.texts.permitting(parse_map(row.argument), ()) if each.word in {"OK", "RELAY"}
    ), None)  # fmt: skip
    if entry is None or not below:
        return
    skipped = ", ".join(safe(each.text) for each in below[:3]) + (" …" if len(below) > 3 else "")
    do = (
        "whom it should let pass mailtui cannot know: permit the client's address or name instead, or put"
        " this rule below those that must hold for everybody"
    )
    where = f"line {entry.line} of {safe(row.argument)}" if entry.line else safe(row.argument)
    yield Finding(
        "forgeable-ok", "advice", f"{row.place.title}: {safe(row.text)} permits by what anybody can say",
        row.file, row.line or row.place.line,
        f"{_SAID[check]} is easily forged: who says {safe(entry.key) or 'it'} ({where}) is never asked by"
        f" {skipped}; OK ends this list only, the others still hold", None, do,
        (row.place.service,) if row.place.service else (), named(row),
    )  # fmt: skip


def _refuses(row: RuleRow) -> bool:
    """Whether a rule keeps unwanted mail out, and matters for such a client."""
    name = row.name.lower()
    return not row.warn_only and name.startswith(
        ("reject_rbl", "check_policy", "reject_unknown_client", "reject_unknown_reverse", "check_client")
    )
