"""The SMTP conversation with smtpd(8): which list is walked at which command, and what is answered.

With smtpd_delay_reject the client, HELO and sender lists wait for RCPT TO; the order of the lists and what is
carried from one to the next are those of smtpd_check.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.postfix.smtpd.commands import bad_address, envelope, is_probe_sender, neutered, wants_tls
from mailtui.postfix.smtpd.outcome import RESTRICTIONS
from mailtui.postfix.smtpd.replies import CLIENT, DATA, HELO, RECIPIENT, SENDER, Reply, softened
from mailtui.postfix.smtpd.session import PARAMETERS, Action, Answer, Decision, Stage, Until
from mailtui.postfix.smtpd.state import State
from mailtui.postfix.smtpd.walk import Place, Places, Status, Walker

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context

_DEFAULTS: dict[Stage, str] = {
    "client": "check_client_access", "helo": "check_helo_access", "sender": "check_sender_access",
    "relay": "check_recipient_access", "recipient": "check_recipient_access",
}  # fmt: skip
_PERMITTED: dict[Until, tuple[int, str, str]] = {
    "connect": (220, "", ""),
    "helo": (250, "", ""),
    "mail": (250, "2.1.0", "Ok"),
    "rcpt": (250, "2.1.5", "Ok"),
    "data": (354, "", "End data with <CR><LF>.<CR><LF>"),
}


class Conversation:
    """One session, from the connection to the command it goes to."""

    def __init__(self, context: Context, places: Places | None = None) -> None:
        self._context, self._state = context, State()
        self._walker = Walker(context, self._state, places)
        self._delayed = context.yes("smtpd_delay_reject")
        self._saved: dict[Stage, bool] = {}
        self._walked: set[Stage] = set()
        self._helo_said = context.session.helo
        self._sender_said: str | None = None

    def answer(self) -> Answer:
        """What the client is told in the end, or where it is refused first."""
        session = self._context.session
        commands: tuple[Until, ...] = ("connect", "helo", "mail", "rcpt", "data")
        for at in commands[: commands.index(session.until) + 1]:
            refusal = self._command(at)
            if refusal is not None:
                return self._made(at, refusal)
        return self._made(session.until, None)

    def _command(self, at: Until) -> Reply | None:
        match at:
            case "connect":
                return None if self._delayed else self._client()
            case "helo":
                return self._hello()
            case "mail":
                return self._mail()
            case "rcpt":
                return self._rcpt()
            case "data":
                return self._data()

    # The commands

    def _hello(self) -> Reply | None:
        refusal = None if self._delayed else self._helo()
        if refusal is None and self._helo_said is not None:
            self._helo_said = self._context.helo = neutered(self._helo_said)
        return refusal

    def _says(self, by: str, code: int, enhanced: str, text: str) -> Reply:
        """A refusal that no list gives; `by` is the parameter that asks for it, or what is wrong."""
        self._walker.decided = Decision("", by)
        refusal = Reply(code, enhanced, text)
        return softened(refusal) if self._context.yes("soft_bounce") else refusal

    def _mail(self) -> Reply | None:
        context, session = self._context, self._context.session
        if not session.tls and wants_tls(context):
            by = "smtpd_tls_security_level"
            return self._says(by, 530, "5.7.0", "Must issue a STARTTLS command first")
        if context.yes("smtpd_helo_required") and self._helo_said is None:
            return self._says("smtpd_helo_required", 503, "5.5.1", "Error: send HELO/EHLO first")
        if session.sender is None:
            return None
        sender = envelope(session.sender)
        if sender and bad_address(context, sender):
            return self._says("the sender's syntax", 501, "5.1.7", "Bad sender address syntax")
        self._sender_said = sender
        if not self._delayed:
            refusal = self._sender()
            if refusal is not None:
                return refusal
        if sender and not sender.isascii() and context.yes("strict_smtputf8"):
            text = "Must declare SMTPUTF8 to send unicode address"
            return self._says("strict_smtputf8", 553, "5.6.7", text)
        context.sender = sender
        return None

    def _rcpt(self) -> Reply | None:
        context = self._context
        if context.session.recipient is None:
            return None
        recipient = envelope(context.session.recipient)
        if not recipient or bad_address(context, recipient):
            return self._says("the recipient's syntax", 501, "5.1.3", "Bad recipient address syntax")
        if not recipient.isascii() and context.yes("strict_smtputf8"):
            text = "Must declare SMTPUTF8 to send unicode address"
            return self._says("strict_smtputf8", 553, "5.6.7", text)
        context.where = "RCPT"
        context.recipient = recipient
        if recipient.lower() == "postmaster" or is_probe_sender(context, recipient):
            return None
        context.recipient_checked = False
        if self._delayed:
            for stage in (self._client, self._helo, self._sender):
                refusal = stage()
                if refusal is not None:
                    return refusal
        return self._recipient(recipient)

    def _data(self) -> Reply | None:
        context, state = self._context, self._state
        context.where = "DATA"
        context.recipients = 1
        state.permit.active = False
        status = self._walk("data", "DATA", DATA)
        return self._flagged(status)

    # The lists

    def _walk(self, stage: Stage, subject: str, subject_class: str) -> Status:
        self._walked.add(stage)
        self._context.stage = stage
        self._walker.permitted = Decision()
        if stage not in {"relay", "recipient"}:  # these two share what they remember
            self._state.begin()
        value = self._context.setting(PARAMETERS[stage])
        place = Place(stage, stage, subject, subject_class, _DEFAULTS.get(stage, ""))
        status = self._walker.walk(value, place)
        self._saved[stage] = self._state.permit.active
        return status

    def _client(self) -> Reply | None:
        self._state.permit.active = False
        self._context.where = self._context.where if self._delayed else "CONNECT"
        return self._refusal(self._walk("client", self._context.session.client, CLIENT))

    def _helo(self) -> Reply | None:
        helo = self._helo_said
        if helo is None:
            return None
        self._context.helo = helo
        self._context.where = self._context.where if self._delayed else "HELO"
        self._state.permit.active = self._saved.get("client", False)
        return self._refusal(self._walk("helo", helo, HELO))

    def _sender(self) -> Reply | None:
        context, state = self._context, self._state
        sender = self._sender_said
        if sender is None:
            return None
        context.sender = sender
        context.where = context.where if self._delayed else "MAIL"
        context.sender_checked = False
        state.permit.active = self._saved.get("client", False) or self._saved.get("helo", False)
        status = self._walk("sender", sender, SENDER)
        if status != "reject" and sender and context.yes("smtpd_reject_unlisted_sender"):
            status = self._unlisted("sender", sender, SENDER, done=context.sender_checked)
        return self._refusal(status)

    def _recipient(self, recipient: str) -> Reply | None:
        context, state = self._context, self._state
        state.permit.active = self._saved.get("sender", False)
        state.begin()
        relay_first = context.yes("smtpd_relay_before_recipient_restrictions")
        order: tuple[Stage, Stage] = ("relay", "recipient") if relay_first else ("recipient", "relay")
        status: Status = "dunno"
        for stage in order:
            status = self._walk(stage, recipient, RECIPIENT)
            if status == "reject":
                break
        refusal = self._flagged(status)
        if refusal is None and context.yes("smtpd_reject_unlisted_recipient"):
            status = self._unlisted("recipient", recipient, RECIPIENT, done=context.recipient_checked)
            return self._refusal(status)
        return refusal

    def _unlisted(self, stage: Stage, address: str, subject_class: str, *, done: bool) -> Status:
        """reject_unlisted_sender or _recipient at the end of its stage, where no list had it."""
        if done or self._state.discard:
            return "dunno"
        name = f"reject_unlisted_{stage}"
        found = RESTRICTIONS[name](self._context, "")
        place = Place(stage, stage, address, subject_class, "")
        return self._walker.judge(found, place, f"smtpd_{name}")

    # The answer

    def _refusal(self, status: Status) -> Reply | None:
        return self._walker.reply if status == "reject" else None

    def _flagged(self, status: Status) -> Reply | None:
        """A permission becomes what defer_if_permit kept, if it is up."""
        flag = self._state.permit
        if status != "reject" and flag.active:
            self._walker.decided = self._walker.flagged
            return self._walker.answer(flag.code, flag.status, flag.text)
        return self._refusal(status)

    def _made(self, at: Until, refusal: Reply | None) -> Answer:
        context, walker, state = self._context, self._walker, self._state
        for stage, parameter in PARAMETERS.items():
            if refusal is not None and stage not in self._walked and stage not in {"etrn", "end_of_data"}:
                walker.pass_over(context.setting(parameter), stage)
        if refusal is None:
            code, enhanced, text = _PERMITTED[at]
            action, decided = self._taken(), walker.permitted
        else:
            code, enhanced, text = refusal
            action, decided = "defer" if code < 500 else "reject", walker.decided
        if state.unknown:
            action = "unknown"
        return Answer(
            action, code, enhanced, text, decided, at, tuple(walker.steps), tuple(state.log),
            tuple(state.unknown), tuple(walker.never),
        )  # fmt: skip

    def _taken(self) -> Action:
        state = self._state
        if state.discard:
            return "discard"
        if state.held:
            return "hold"
        if state.filter:
            return "filter"
        return "redirect" if state.redirect else "permit"
