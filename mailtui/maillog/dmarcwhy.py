"""Why a message failed DMARC, read off its trace: what SPF and DKIM said, and of which domain. DMARC passes
only by one of them that passes for the domain of the From header (RFC 9989 4.4).

    why(trace)   # ("From is partner.example, and DMARC fails for it", "SPF: fail for …", …)
"""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.maillog.record import Record
from mailtui.maillog.story import Trace

_ENVELOPE = ("mfrom", "mailfrom", "helo")


def why(trace: Trace) -> tuple[str, ...]:
    """The reasons in words; empty where opendmarc does not say that the message failed. As the log has
    them: not yet safe for a terminal."""
    records = [step.record for step in trace.steps]
    verdict = next(
        (each for each in records if _judge(each) and (each.verdict or "").lower() == "fail"), None
    )
    if verdict is None or not verdict.domain:
        return ()
    domain = verdict.domain.lower()
    return (
        f"From is {domain}, and DMARC fails for it",
        *_spf(records, domain),
        *_dkim(records, domain),
        *_end(records),
    )


def _judge(record: Record) -> bool:
    """The line with opendmarc's own verdict, not that with the result of SPF."""
    return record.process == "opendmarc" and record.about is None


def _spf(records: list[Record], domain: str) -> Iterator[str]:
    found = [each for each in records if each.verdict and _is_spf(each)]
    if not found:
        yield "SPF: the log has no result"
    for each in dict.fromkeys((each.verdict or "", _sender(each)) for each in found):
        word, sender = each
        told = f"SPF: {word.lower()} for {sender or 'an unknown sender'}"
        if word.lower() != "pass":
            yield told
        elif sender and not _aligned(sender, domain):
            yield f"{told}, which is not {domain}: it does not count (a forwarder, or a list)"
        else:
            yield f"{told}; with strict alignment (aspf=s) only {domain} itself counts"


def _is_spf(record: Record) -> bool:
    if record.process == "opendmarc":
        return record.about is not None
    return record.process in {"policyd-spf", "pyspf-milter"}


def _sender(record: Record) -> str:
    """The domain that SPF was asked about."""
    text = record.sender or record.domain or record.helo or ""
    return text.rpartition("@")[2].strip("<>").lower()


def _dkim(records: list[Record], domain: str) -> Iterator[str]:
    lines = [each for each in records if each.process == "opendkim"]
    verified = any(each.verdict == "pass" for each in lines)
    signers = list(dict.fromkeys(each.domain.lower() for each in lines if each.domain))
    bad = [each for each in lines if each.verdict in {"fail", "none", "temperror"}]
    for each in dict.fromkeys(each.reason or each.verdict or "" for each in bad):
        yield f"DKIM: {each}"
    if verified:
        for signer in signers:
            if _aligned(signer, domain):
                yield f"DKIM: the signature of {signer} is good; opendmarc may not believe who says so"
            else:
                yield f"DKIM: the signature of {signer} is good, which is not {domain}: it does not count"
    elif not bad:
        yield "DKIM: the log has no signature that was verified"


def _end(records: list[Record]) -> Iterator[str]:
    refusal = next((each for each in records if each.event == "milter_reject"), None)
    if refusal is not None:
        yield "it was refused, as the domain's policy asks and RejectFailures wants"
    else:
        yield "it was let through: the domain's policy, or RejectFailures, does not have it refused"


def _aligned(first: str, second: str) -> bool:
    """Whether two domains are the same, or one is below the other: relaxed alignment, as names tell it."""
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")
