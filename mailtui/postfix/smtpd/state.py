"""What smtpd remembers while it walks its lists: warn_if_reject, the flags, what becomes of the message."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailtui.postfix.smtpd.replies import Reply


class Stop(Exception):
    """The walk of a stage ends here with a refusal, however deep in classes it is (smtpd's longjmp)."""

    def __init__(self, reply: Reply, why: str) -> None:
        super().__init__(why)
        self.reply = reply
        self.why = why


@dataclass(slots=True)
class Flag:
    """defer_if_permit or defer_if_reject: whether it is up, and the answer that it keeps. The first reason
    of a stage counts."""

    active: bool = False
    code: int = 450
    status: str = "4.7.1"
    text: str = ""

    def raise_(self, code: int, status: str, text: str) -> None:
        """Put it up, unless it is."""
        if not self.active:
            self.active, self.code, self.status, self.text = True, code, status, text


@dataclass(slots=True)
class State:
    """One session's. `warned_from` is how deep the list lies in which a warn_if_reject came, 0 for none."""

    depth: int = 0
    warned_from: int = 0
    permit: Flag = field(default_factory=Flag)
    refusal: Flag = field(default_factory=Flag)
    discard: bool = False
    held: bool = False
    filter: str = ""
    redirect: str = ""
    log: list[str] = field(default_factory=list)
    """What smtpd would write into its log."""
    unknown: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """A list of its own begins (SMTPD_CHECK_RESET)."""
        self.depth = self.warned_from = 0
        self.refusal.active = False
