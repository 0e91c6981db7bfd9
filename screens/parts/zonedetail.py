"""What the DNS lists' pane, and the answer to an address that is looked up, say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailtui.postfix.dnsbl import Asked, ZoneState, explained, is_refusal
from mailtui.postfix.dnsblask import Found, filter_words
from mailtui.postfix.dnszones import DATED, closed_zone, codes
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.heard import zone_told
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.text import Spans
from mailtui.text.safe import safe

_ERRORS = "127.255.255.254"


@dataclass(frozen=True, slots=True)
class ZoneLine:
    """A list as the rules ask it; `others`: how else the same zone is asked."""

    asked: Asked
    others: tuple[str, ...] = ()

    @property
    def times(self) -> int:
        """How many rules ask it with this argument."""
        return len(self.asked.rules)


def zone_lines(asked: Sequence[Asked]) -> list[ZoneLine]:
    """The lists, each with how else its zone is asked."""
    return [
        ZoneLine(
            each,
            tuple(
                other.argument
                for other in asked
                if other is not each and (other.zone, other.holds) == (each.zone, each.holds)
            ),
        )
        for each in asked
    ]


def said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def about(line: ZoneLine, known: tuple[ZoneState, str] | None, *, asking: bool) -> Iterator[Spans]:
    """The pane's lines."""
    asked = line.asked
    closed = closed_zone(asked.argument)
    if known is not None:
        told = zone_told(asked.argument, *known)
        yield said(told.marker.strip() or "state", told.says, told.style)
        yield from _consequence(asked, known[0])
    elif asking:
        yield said("state", "asked now…")
    else:
        yield said("state", f"not asked; {key_for('dnslists.again', 'r')} asks")
    if closed is not None:
        dated = f"known to be closed by mailtui's data of {DATED}"
        yield said("note", dated if known is not None else f"{closed.says}; {dated}")
    yield said("filter", filter_words(asked.argument))
    if known is not None and known[0].filter:
        fix = key_for("dnslists.fix", "f")
        wise = f"write {asked.zone}={known[0].filter}: error answers then count for nothing"
        yield said("wise", f"{wise}; {fix} does it")
    yield from _trap(asked)
    for place in asked.rules:
        yield said("asked in", place)
    if asked.weight is not None:
        yield said("weight", f"{asked.weight:+d} in postscreen, which adds up the lists that know a client")
    yield from _twice(line)
    yield from _codes(asked)


def _consequence(asked: Asked, state: ZoneState) -> Iterator[Spans]:
    """What the state comes to for mail."""
    if state.health == "refused":
        if "=" in asked.argument:
            yield said("so", "the filter drops that answer: the rule finds nobody, and costs a question")
        else:
            yield said("so", "without an answer filter the rule takes it for a hit: everybody", "error")
    elif state.health == "dead":
        yield said("so", "the rule finds nobody; or the name server here keeps the list from us")
    elif state.health == "unknown":
        yield said("so", "smtpd goes on without it once DNS gives up: mail waits, nobody is refused")


def _trap(asked: Asked) -> Iterator[Spans]:
    if any(code.answer == _ERRORS for code in codes(asked.argument)):
        yield said(
            "trap",
            f"whoever asks through a public resolver (8.8.8.8, 1.1.1.1) is answered {_ERRORS} for every"
            " address; use a name server of your own",
        )


def _twice(line: ZoneLine) -> Iterator[Spans]:
    if line.times > 1:
        yield said(
            "twice",
            f"{line.times} rules ask the same: smtpd keeps the answer, so that it costs one question; the"
            " second finds nobody whom the first let pass, unless another list or service asks it",
        )
    if line.others:
        yield said("also", f"asked as {', '.join(map(safe, line.others))}: one question, two filters")


def _codes(asked: Asked) -> Iterator[Spans]:
    label = "answers"
    for code in codes(asked.argument):
        counts = _counts(asked, code.answer)
        style = "" if counts else "dim"
        verdict = "counts" if counts else "does not count"
        text = f"{code.answer:<16} {code.means}: {verdict}"
        yield said(label, text, "warning" if code.error and counts else style)
        label = ""


def _counts(asked: Asked, answer: str) -> bool:
    """Whether the rule's filter takes an answer; of a group of answers its first tells."""
    one = ".".join(part.strip("[]").partition("..")[0].partition(";")[0] for part in _octets(answer))
    return explained(asked.argument, [one])[0][2]


def _octets(answer: str) -> list[str]:
    """`127.0.[2..20].1` in its four parts."""
    return answer.replace("..", "\0").split(".") if "[" not in answer else _bracketed(answer)


def _bracketed(answer: str) -> list[str]:
    parts, depth = [""], 0
    for character in answer:
        depth += (character == "[") - (character == "]")
        if character == "." and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


# An address that is looked up

_SIGNS = {"listed": "!", "clean": " ", "not counted": "-", "refused": "?", "unknown": "?"}


def answers(text: str, found: Sequence[Found], skipped: int) -> list[str]:
    """What the lists say of an address or domain, line by line. `skipped`: lists that hold the other kind."""
    listed = [each for each in found if each.verdict == "listed"]
    lost = [each for each in found if each.verdict in {"refused", "unknown"}]
    head = f"{safe(text)} is in {len(listed)} of {len(found)} list{'' if len(found) == 1 else 's'}"
    if lost:
        head += f"; {len(lost)} gave no answer"
    lines = [head, ""]
    for each in found:
        lines.append(f"{_SIGNS[each.verdict]} {safe(each.asked.argument)}   {each.ms:.0f} ms")
        lines.append(f"      {each.says}")
        if each.reason:
            lines.append(f"      its words: {each.reason}")
        if each.verdict == "refused" and any(is_refusal(answer) for answer, *_ in each.answers):
            lines.append("      that says nothing of the address")
    if not found:
        lines.append("No rule asks a list that holds such a thing.")
    if skipped:
        lines += ["", f"{skipped} more: they hold the other kind, addresses or domains."]
    return lines
