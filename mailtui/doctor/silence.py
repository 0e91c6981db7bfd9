"""Findings that an admin knows and need not hear again, each with the reason: kept in the settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mailtui import settings
from mailtui.doctor.model import Finding
from mailtui.settingsfile import append, changing

Silences = Sequence[tuple[str, str, str]]
"""As `Settings.silence` has them: the kind, the title, the reason."""


def reason(finding: Finding, silences: Silences) -> str:
    """Why a finding is not told of; empty where it is."""
    return next(
        (why for kind, title, why in silences if kind == finding.id and title in ("", finding.title)), ""
    )


def told(findings: Iterable[Finding], silences: Silences) -> list[Finding]:
    """The findings that are not silenced."""
    return [each for each in findings if not reason(each, silences)]


def silence(finding: Finding, why: str) -> str:
    """Keep it in the caller's settings that a finding is not to be told of; the file's path. Raises
    FileProblem."""
    path = settings.user_file()
    with changing(path) as document:
        append(document, "silence", {"finding": finding.id, "title": finding.title, "reason": why})
    return path


def hear(finding: Finding) -> bool:
    """Have a finding told of again; False where nothing in the caller's own settings silences it. Raises
    FileProblem."""
    with changing(settings.user_file()) as document:
        entries: Any = document.get("silence", [])
        if not isinstance(entries, list):
            return False
        mine = [
            at for at, each in enumerate(entries)
            if isinstance(each, dict) and each.get("finding") == finding.id
            and each.get("title", "") in ("", finding.title)
        ]  # fmt: skip
        for at in reversed(mine):
            del entries[at]
        if not len(entries) and mine:
            del document["silence"]
        return bool(mine)
