"""Refusals in smtpd's words: `<x@example.com>: Sender address rejected: Domain not found`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.postfix.smtpd.outcome import Outcome, reject
from mailtui.postfix.smtpd.replies import SENDER
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context


def refuse(code: int, dsn: str, subject: str, subject_class: str, text: str, why: str) -> Outcome:
    """A refusal that names what it is about. The first digit of `dsn` becomes that of the code."""
    return reject(code, dsn, about(subject, subject_class, text), why)


def about(subject: str, subject_class: str, text: str) -> str:
    """`<subject>: Class rejected: text`."""
    return f"<{subject}>: {subject_class} rejected: {text}"


def for_now(
    context: Context, parameter: str, dsn: str, subject: str, subject_class: str, text: str, why: str
) -> Outcome:
    """A 450 for what cannot be told at the moment. The parameter (`unknown_address_tempfail_action` …) says
    whether it is the answer or turns a later permission into a 450; the walk minds warn_if_reject."""
    found = refuse(450, dsn, subject, subject_class, text, why)
    if context.setting(parameter).lower() == "defer_if_permit":
        return found._replace(kind="defer_if_permit")
    return found


def retry(subject: str, why: str) -> Outcome:
    """`451 4.3.0 <x>: Temporary lookup failure`: a table that decides cannot be asked. warn_if_reject does
    not soften it."""
    text = f"<{subject}>: Temporary lookup failure"
    return Outcome("error", why, 451, "4.3.0", text, warning=safe(why))


def by_class(subject_class: str, sender: str, other: str) -> str:
    """One of two texts: for a sender, or for anything else."""
    return sender if subject_class == SENDER else other
