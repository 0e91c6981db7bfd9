"""What the policy services' pane says, and the forms for a session and for what is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from mailtui.edits.policyplan import with_settings
from mailtui.postfix.accessactions import ACTIONS
from mailtui.postfix.instance import Instance
from mailtui.postfix.policyrows import PolicyRow, program_of
from mailtui.postfix.policyservices import Tried
from mailtui.postfix.policysettings import SETTINGS, problem, when_down
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.form import Form, Made, Note, TextField, Values
from mailtui.screens.parts.heard import policy_told
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.text import Spans
from mailtui.text.safe import safe

_DOES = {action.word: action.says for action in ACTIONS}
_PROGRAMS = {
    "postgrey": "postgrey: a stranger is told to come back, robots seldom do",
    "policyd-spf": "policyd-spf: whether the sender's domain lets this client send (SPF)",
    "other": "a program that is not known here",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a service answered for a session that was typed."""

    session: str
    tried: Tried


@dataclass(frozen=True, slots=True)
class Asking(Made):
    """The form's session; nothing is staged by it."""

    told: dict[str, str] | None = None


def said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def action_words(action: str) -> str:
    """What an answer of a service does, in words; empty for one that is not known."""
    word = action.strip().partition(" ")[0].upper()
    if word.isdigit():
        return "Refuses for good." if word.startswith("5") else "Refuses for now: the sender tries again."
    return _DOES.get(word, "")


def about(
    row: PolicyRow, known: tuple[Tried, str] | None, typed: Said | None, *, asking: bool,
    does: Sequence[str] = (),
) -> Iterator[Spans]:  # fmt: skip
    """The pane's lines. `does`: what its own file has it do, in words."""
    if typed is not None:
        yield said("session", typed.session)
        yield said("answer", typed.tried.says, "" if typed.tried.alive else "error")
        yield said("took", f"{typed.tried.ms:.0f} ms")
        if typed.tried.alive and (action := action_words(typed.tried.action)):
            yield said("does", action)
    if known is not None:
        told = policy_told(*known)
        yield said(told.marker.strip() or "state", told.says, told.style)
        if known[0].alive and typed is None and (action := action_words(known[0].action)):
            yield said("does", f"{action} (asked of a session that is nobody's)")
    else:
        yield said("state", "asked now…" if asking else f"not asked; {key_for('policies.again', 'r')} asks")
    action = row.value("default_action")
    yield said("down", f"{when_down(action)} ({action})")
    yield said("waits", f"{row.value('timeout')} for an answer, tried {row.value('try_limit')} times")
    program, by = program_of(row, known[0] if known is not None else None)
    yield said("is", _PROGRAMS[program])
    if row.place.wrong:
        yield said("!", row.place.wrong, "error")
    yield said("socket", row.place.says)
    if row.place.spawned:
        yield said("run by", row.place.spawned)
    else:
        yield said("told by", by)
    own = ", ".join(f"{name}={value}" for name, value in row.options.items())
    if own:
        yield said("own", own)
    if row.differ:
        alike = f"{key_for('policies.set', 'Enter')} makes them alike"
        yield said("?", f"its rules set different things: {alike}", "warning")
    for place in row.service.rules:
        yield said("asked in", place)
    for number, text in enumerate(does):
        yield said("" if number else "set to", text)
    if program == "postgrey":
        yield said("more", "o: its options and whitelists")


# What is set


def settings_form(row: PolicyRow) -> Form:
    """The form for what its rules set in braces."""
    fields = [
        TextField(name=each.name, label=each.name, content=row.options.get(each.name, ""),
                  hint=f"{each.says}; empty: {row.values[each.name] or 'nothing'} ({each.parameter})")
        for each in SETTINGS
    ]  # fmt: skip
    return Form(f"{row.written} in {len(row.rules)} rule{'' if len(row.rules) == 1 else 's'}", fields)


def settings_notes(_after: Instance, values: Values) -> list[Note]:
    """What is wrong with what is typed, and what the default action comes to."""
    notes = [
        Note(each.name, wrong, "error")
        for each in SETTINGS
        if (wrong := problem(each.name, str(values[each.name])))
    ]
    action = str(values["default_action"])
    if action:
        notes.append(Note("default_action", f"while it is down {when_down(action)}", "advice"))
    return notes


def settings_made(row: PolicyRow) -> Callable[[Instance, Values], Made]:
    """What that form comes to."""

    def make(after: Instance, values: Values) -> Made:
        options = {each.name: str(values[each.name]) for each in SETTINGS}
        plan = with_settings(after, row.service.endpoint, row.rules, options)
        if plan.refused:
            return Made(refused=plan.refused, notes=settings_notes(after, values))
        label = f"~ {safe(row.written)} in {len(plan.edits)} rules" if len(plan.edits) > 1 else ""
        return Made(plan.edits, label, to=row.written, says=plan.says)

    return make


# A session

_STATES = ("RCPT", "CONNECT", "HELO", "MAIL", "DATA", "END-OF-MESSAGE", "VRFY", "ETRN")


def session_form(row: PolicyRow, told: dict[str, str]) -> Form:
    """The form for the session that a service is asked about."""
    return Form(f"the session that {row.written} is asked about", [
        TextField(name="client_address", label="client", content=told["client_address"],
                  hint="its address; a greylist remembers client, sender and recipient"),
        TextField(name="client_name", label="name", content=told["client_name"],
                  hint="unknown where it has none"),
        TextField(name="helo_name", label="HELO", content=told["helo_name"]),
        TextField(name="sender", label="from", content=told["sender"], hint="empty: the null sender, <>"),
        TextField(name="recipient", label="to", content=told["recipient"]),
        TextField(name="sasl_username", label="login", content=told["sasl_username"],
                  hint="empty: it has not logged in"),
        TextField(name="protocol_state", label="state", content=told["protocol_state"],
                  hint=" ".join(_STATES)),
    ], verb="ask")  # fmt: skip


def session_notes(_after: Instance, values: Values) -> list[Note]:
    """What is to be said of the session that is typed."""
    notes = []
    try:
        ip_address(str(values["client_address"]))
    except ValueError:
        notes.append(Note("client_address", "an IP address, as 203.0.113.9 or 2001:db8::9", "error"))
    state = str(values["protocol_state"]).upper()
    if state not in _STATES:
        notes.append(Note("protocol_state", f"one of {' '.join(_STATES)}", "error"))
    return notes


def session_made(after: Instance, values: Values) -> Asking:
    """The session that is typed."""
    notes = session_notes(after, values)
    if notes:
        return Asking(refused=notes[0].text, notes=notes)
    told = {name: str(value) for name, value in values.items()}
    told["reverse_client_name"] = told["client_name"]
    return Asking(told={**told, "protocol_state": told["protocol_state"].upper()})


def session_words(told: dict[str, str]) -> str:
    """A session in one line."""
    return safe(
        f"{told['client_name']}[{told['client_address']}]  <{told['sender']}> → <{told['recipient']}>"
    )


def as_text(row: PolicyRow, lines: Sequence[Spans]) -> str:
    """A service as text, with its pane."""
    return "\n".join([safe(row.written), *("".join(text for text, _ in line) for line in lines)])
