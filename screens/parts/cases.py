"""Kept sessions in Explain: the form that keeps one, and what each gets now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailtui.postfix.smtpd import cases
from mailtui.postfix.smtpd.cases import Case, CaseError, Must, Replayed
from mailtui.screens.parts.beside import problem
from mailtui.screens.parts.form import ChoiceField, Form, Made, Note, TextField, Values

if TYPE_CHECKING:
    from mailtui.dns.ask import Names
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.smtpd.session import Answer, Session

_MUST = {"accept": "accepted", "refuse": "refused"}
Asked = tuple[Form, Callable[["Instance", Values], Made], Callable[["Instance", Values], list[Note]]]


def keep_form(session: Session, answer: Answer, name: str = "") -> Asked:
    """The form that keeps a session, what it comes to, and what is to be said of it. `name`: the kept one
    that it is already."""
    taken = answer.action != "unknown" and 0 < answer.code < 400
    path = cases.user_file()
    called = name or f"{session.sender or '<>'} to {session.recipient}"
    form = Form("keep this session as a test", [
        TextField(name="name", label="name", content=called, hint="one of the same name is replaced"),
        ChoiceField(name="must", label="must be", chosen="accept" if taken else "refuse", choices=(
            ("accept", "accepted: a review warns of a change after which it is refused"),
            ("refuse", "refused: a review warns of a change after which it is taken"),
        )),
    ], verb="keep")  # fmt: skip

    def made(_after: Instance, values: Values) -> Made:
        name = str(values["name"])
        if not name:
            return Made(refused="Type a name")
        must: Must = "accept" if values["must"] == "accept" else "refuse"
        try:
            cases.keep(path, Case(name, must, session))
        except CaseError as error:
            return Made(refused=f"{path}: {error}")
        return Made(says=[f"{name} is kept in {path}"])

    def check(_after: Instance, values: Values) -> list[Note]:
        if values["must"] == ("accept" if taken else "refuse") or answer.action == "unknown":
            return []
        return [Note("must", "this is not what it gets now", "advice")]

    return form, made, check


def kept(instance: Instance, names: Names) -> list[Replayed]:
    """The kept sessions with what each gets now. Raises CaseError, InstanceError."""
    return cases.replay(instance, cases.load(cases.user_file()), names=names)


def drop_case(name: str) -> bool:
    """Take a kept session out of the file; whether it was there. Raises CaseError."""
    return cases.drop(cases.user_file(), name)


def outcome_of(one: Replayed) -> str:
    """Whether it gets what it must."""
    return "unknown" if one.holds is None else "as it must" if one.holds else "NOT SO"


def case_words(one: Replayed) -> str:
    """The session in a line: its name, what it must get, what it gets."""
    return f"{one.case.name}: must be {_MUST[one.case.must]}, gets {one.answer.reply}"


def case_problem(error: Exception) -> str:
    """What went wrong with the file, in one line."""
    return f"{cases.user_file()}: {error}" if isinstance(error, CaseError) else problem(error)
