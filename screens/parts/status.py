"""The top line: which server this is, whether Postfix runs, what is staged, what is wrong.

yield StatusLine(session)
"""

from __future__ import annotations

from mailtui.screens.parts.bars import Bar
from mailtui.screens.parts.session import Session
from mailtui.screens.parts.text import Span, spans_width


class StatusLine(Bar):
    """` mailtui  mail.falcot.com  /etc/postfix      running  2 staged · w  2 warnings · f  read-only`."""

    ground = "bar"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def parts(self, width: int) -> tuple[list[Span], list[Span]]:
        host: Span = (self._session.status.host, "bold")
        folder: Span = (self._session.instance.config_dir, "")
        for left in ([(" mailtui", "bold"), host, folder], [(" mailtui", "bold"), host], [("", ""), host]):
            for short in (False, True):
                spans, facts = _apart(left), [*_apart(self._facts(short)), (" ", "")]
                if spans_width(spans) + 2 + spans_width(facts) <= width:
                    return spans, facts
        return _apart([host]), []

    def _facts(self, short: bool) -> list[Span]:
        """What is to be said; `short` is as short as it can be understood."""
        status, staged = self._session.status, len(self._session.draft)
        facts: list[Span] = []
        if status.problem:
            facts.append((f"! {status.problem}", "error"))
        elif status.running is not None:
            facts.append(("running", "good") if status.running else ("NOT RUNNING", "error"))
        if staged:
            facts.append((f"{staged} staged" if short else f"{staged} staged · w", "bold"))
        if status.errors:
            words = f"{status.errors} error{'s' * (status.errors > 1)} · f"
            facts.append((f"! {status.errors}" if short else words, "error"))
        if status.warnings:
            words = f"{status.warnings} warning{'s' * (status.warnings > 1)} · f"
            facts.append((f"? {status.warnings}" if short else words, "warning"))
        facts.extend((f"also: {other}", "warning") for other in status.others)
        if self._session.read_only:
            facts.append(("read-only", "bold"))
        return facts


def _apart(spans: list[Span]) -> list[Span]:
    """Spans with two blanks between them."""
    result: list[Span] = []
    for span in spans:
        result.extend((("  ", ""), span) if result else (span,))
    return result
