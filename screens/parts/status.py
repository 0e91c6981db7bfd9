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
        instance = self._session.instance
        right: list[Span] = []
        for text, style in self._facts():
            right.extend(((text, style), ("  ", "")))
        if right:
            right[-1] = (" ", "")
        room = width - spans_width(right)
        left: list[Span] = [(" mailtui", "bold"), ("  ", ""), (self._session.status.host, "bold")]
        if room > spans_width(left) + 2 + len(instance.config_dir):
            left.extend((("  ", ""), (instance.config_dir, "")))
        return left, right

    def _facts(self) -> list[Span]:
        status, staged = self._session.status, len(self._session.draft)
        facts: list[Span] = []
        if status.problem:
            facts.append((f"! {status.problem}", "error"))
        elif status.running is not None:
            facts.append(("running", "good") if status.running else ("NOT RUNNING", "error"))
        if staged:
            facts.append((f"{staged} staged · w", "bold"))
        if status.errors:
            facts.append((f"{status.errors} error{'s' * (status.errors > 1)} · f", "error"))
        if status.warnings:
            facts.append((f"{status.warnings} warning{'s' * (status.warnings > 1)} · f", "warning"))
        facts.extend((f"also: {other}", "warning") for other in status.others)
        if self._session.read_only:
            facts.append(("read-only", "bold"))
        return facts
