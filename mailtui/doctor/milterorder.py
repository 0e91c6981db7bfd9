"""Milters in the wrong order, or asked in one place and not in the other; what changes signed mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.milters import ABOUT, Seen, seen
from mailtui.doctor.model import Finding
from mailtui.edits import milters
from mailtui.milters.chains import NON_SMTPD, SMTPD, MilterChain, milter_chains
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.facts import World
from mailtui.milters.order import wrong_pairs
from mailtui.text.safe import safe

_AFTER = (
    "smtp_header_checks", "smtp_mime_header_checks", "smtp_nested_header_checks", "smtp_body_checks",
    "smtp_generic_maps", "milter_header_checks",
)  # fmt: skip
"""What changes a message after the milters have seen it (smtp(8), cleanup(8))."""


def findings(case: Case) -> Iterator[Finding]:
    """Of each list as a whole."""
    world = World(case.instance)
    rows = seen(case, world)
    chains = [chain for chain in milter_chains(case.instance) if chain.asking]
    for chain in chains:
        mine = [each for each in rows if each.chain.key == chain.key]
        yield from _order(case, mine)
        yield from _twice(mine)
    signers = [each for each in rows if _signs(case, each)]
    yield from _local(case, rows, signers)
    yield from _submission(case, chains, rows, signers)
    yield from _changed_after(case, signers)
    yield from _signed_twice(case, chains, signers)


def _signs(case: Case, each: Seen) -> bool:
    """Whether it is an opendkim that signs."""
    if each.facts.name != "opendkim":
        return False
    own = each.facts.known.own
    if own is None or own.source == "command line":
        return True
    return DkimConfig.read(own.source, case.instance.files).signs


def _order(case: Case, rows: Sequence[Seen]) -> Iterator[Finding]:
    for at, other in wrong_pairs([each.facts.name for each in rows]):
        above, below = rows[at], rows[other]
        together = above.row.rule.place == below.row.rule.place
        plan = case.tried(milters.move(case.instance, below.row, above.row)) if together else None
        dmarc = above.facts.name == "opendmarc"
        why = (
            "opendmarc judges by what opendkim writes into Authentication-Results: before it, it finds"
            " nothing there, and mail that is well signed fails"
            if dmarc
            else f"what {below.facts.name} changes afterwards breaks the signature: mail goes out with one"
            " that is wrong"
        )
        fix, words = fixed(plan, f"put {above.facts.name} behind {below.facts.name}")
        title = f"{above.facts.name} stands before {below.facts.name} in {above.row.rule.place.title}"
        yield Finding(
            "milter-order", "error" if dmarc else "warning", title, *above.place, why, fix, words,
            above.services, about=ABOUT,
        )  # fmt: skip


def _twice(rows: Sequence[Seen]) -> Iterator[Finding]:
    earlier: dict[str, Seen] = {}
    for each in rows:
        before = earlier.setdefault(each.row.address, each)
        if before is not each:
            yield Finding(
                "milter-twice", "warning",
                f"{safe(each.row.address)} stands twice in {each.row.rule.place.title}", *each.place,
                f"line {before.row.line} has it already: it sees each message two times", None,
                "take one of the two out", each.services, about=ABOUT,
            )  # fmt: skip


def _local(case: Case, rows: Sequence[Seen], signers: Sequence[Seen]) -> Iterator[Finding]:
    """Mail of the host's own programs that nobody signs."""
    local = {each.row.address for each in rows if each.chain.parameter == NON_SMTPD}
    for each in signers:
        if each.chain.parameter != SMTPD or each.chain.service or each.row.address in local:
            continue
        plan = case.tried(
            milters.add(case.instance, each.row.address, "non_smtpd", settings=each.row.item.settings)
        )
        fix, words = fixed(plan, f"add it to {NON_SMTPD}")
        yield Finding(
            "milter-local-unsigned", "warning",
            f"mail of this host's own programs is not signed: {safe(each.row.address)} is not in {NON_SMTPD}",
            *each.place, "what cron, a web page or sendmail(1) sends does not come by SMTP: smtpd_milters"
            " never see it, and DMARC fails for it where a domain asks for a signature", fix, words,
            about=ABOUT,
        )  # fmt: skip


def _submission(
    case: Case, chains: Sequence[MilterChain], rows: Sequence[Seen], signers: Sequence[Seen]
) -> Iterator[Finding]:
    """A service for users whose own list has no signer."""
    main = next((each for each in signers if each.chain.parameter == SMTPD and not each.chain.service), None)
    if main is None:
        return
    for chain in chains:
        if chain.parameter != SMTPD or not chain.service or not _logs_in(case, chain.service):
            continue
        mine = [each for each in rows if each.chain.key == chain.key]
        if any(each.row.address == main.row.address or each in signers for each in mine):
            continue
        plan = case.tried(
            milters.add(case.instance, main.row.address, "smtpd", service=chain.service,
                        settings=main.row.item.settings)
        )  # fmt: skip
        fix, words = fixed(plan, f"add {safe(main.row.address)} to its list")
        yield Finding(
            "milter-users-unsigned", "warning", f"{chain.service}: the mail that users send is not signed",
            case.instance.master.path, chain.place.line,
            f"the service has its own smtpd_milters, and {safe(main.row.address)} is not in it", fix, words,
            (chain.service,), about=ABOUT,
        )  # fmt: skip


def _logs_in(case: Case, service: str) -> bool:
    name, _, kind = service.rpartition("/")
    return case.instance.parameters.service(name, kind).effective("smtpd_sasl_auth_enable") == "yes"


def _changed_after(case: Case, signers: Sequence[Seen]) -> Iterator[Finding]:
    if not signers:
        return
    for name in _AFTER:
        if not case.values.get(name):
            continue
        yield Finding(
            "milter-changed-after", "warning", f"{name} changes mail after it is signed",
            case.instance.main.path, case.line(name),
            f"{safe(signers[0].row.address)} signs before: where {name} replaces, adds or takes out a header"
            " or a line that is signed, the signature is wrong", None,
            "no edit fits all: keep it to what is not signed, or change mail before (header_checks,"
            " canonical_maps)", about=ABOUT,
        )  # fmt: skip


def _signed_twice(case: Case, chains: Sequence[MilterChain], signers: Sequence[Seen]) -> Iterator[Finding]:
    """A port by which a content filter gives mail back: it would be signed again."""
    if not signers or not case.values.get("content_filter"):
        return
    for chain in chains:
        if chain.parameter != SMTPD or not any(each.chain.key == chain.key for each in signers):
            continue
        for asker in chain.asking:
            if not asker.service.startswith(("127.0.0.1:", "localhost:", "[::1]:")):
                continue
            plan = case.tried(milters.none_for(case.instance, SMTPD, asker.service))
            fix, words = fixed(plan, f"set receive_override_options = no_milters for {asker.service}")
            yield Finding(
                "milter-signed-twice", "warning", f"{asker.service}: mail is signed a second time",
                case.instance.master.path, None,
                "content_filter gives mail back by this port, and the same milters see it again", fix, words,
                (asker.service,), about=ABOUT,
            )  # fmt: skip
