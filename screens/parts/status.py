"""The top line: which server this is, whether Postfix runs, what is staged, what is wrong.

yield StatusLine(session)
"""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.screens.parts.bars import Bar
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.session import Session
from mailtui.screens.parts.text import Span, plain_in_use, spans_width


class StatusLine(Bar):
    """` mailtui  mail.falcot.com  /etc/postfix      running  2 staged · w  2 warnings · f  read-only`; of an
    instance with a name of its own, that after the host."""

    ground = "bar"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def parts(self, width: int) -> tuple[list[Span], list[Span]]:
        host: Span = (self._session.status.host, "bold")
        folder: Span = (self._session.instance.config_dir, "")
        own: Span = (self._session.status.name, "bold")
        name: Span = (" mailtui", "bold")
        facts = [self._facts(short=False), self._facts(short=True)]
        if plain_in_use():
            facts = [_said(facts[0])]
        lefts = [[name, host, folder], [name, host], [("", ""), host]]
        if own[0]:  # of several instances: which one it is outlasts all else
            lefts = [[name, host, own, folder], [name, host, own], [("", ""), host, own], [("", ""), own]]
        for left in lefts:
            for some in facts:
                spans, right = _apart(left), [*_apart([fact for _, fact in some]), (" ", "")]
                if spans_width(spans) + 2 + spans_width(right) <= width:
                    return spans, right
        some, called = facts[-1], own if own[0] else host
        while some and spans_width([called]) + 4 + spans_width(_apart([fact for _, fact in some])) > width:
            some.remove(max(some))
        return [(" ", ""), called], [*_apart([fact for _, fact in some]), (" ", "")]

    def _facts(self, *, short: bool) -> list[tuple[int, Span]]:
        """What is to be said, and how soon it gives way (the highest first); `short` is as short as it can
        be understood."""
        status, staged = self._session.status, len(self._session.draft)
        facts: list[tuple[int, Span]] = []
        if status.problem:
            facts.append((3, (f"! {status.problem}", "error")))
        elif status.running is not None:
            facts.append((0, ("running", "good") if status.running else ("NOT RUNNING", "error")))
        if staged:
            facts.append(
                (
                    1,
                    (
                        f"{staged} staged" if short else f"{staged} staged · {key_for('app.review', 'w')}",
                        "bold",
                    ),
                )
            )
        if status.milters:
            key = key_for("screen.milters", "6")
            facts.append((3, (f"! {status.milters}" + ("" if short else f" · {key}"), "error")))
        facts.extend(self._findings(short=short))
        facts.extend((6, (f"also: {other}", "warning")) for other in status.others)
        if self._session.read_only:
            facts.append((2, ("read-only", "bold")))
        return facts

    def _findings(self, *, short: bool) -> Iterator[tuple[int, Span]]:
        for place, letter, word in ((4, "!", "error"), (5, "?", "warning")):
            count = sum(each.severity == word for each in self._session.findings)
            if count:
                words = f"{count} {word}{'s' * (count > 1)} · {key_for('app.findings', 'f')}"
                yield place, (f"{letter} {count}" if short else words, word)


def _said(facts: list[tuple[int, Span]]) -> list[tuple[int, Span]]:
    """Facts as they are read out."""
    return [(place, (text.replace(" · ", ", press "), style)) for place, (text, style) in facts]


def _apart(spans: list[Span]) -> list[Span]:
    """Spans with two blanks between them."""
    result: list[Span] = []
    for span in spans:
        result.extend((("  ", ""), span) if result else (span,))
    return result
