"""Restriction classes made, renamed and removed from Restrictions (`C`), and templates (`T`)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from mailtui.edits import classplan
from mailtui.edits.plan import Plan
from mailtui.edits.ruleplan import not_one
from mailtui.edits.ruletemplates import TEMPLATES, Template
from mailtui.postfix.chainrows import Chains
from mailtui.postfix.instance import Instance
from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.screens.parts.chooser import Option
from mailtui.screens.parts.form import Form, ListField, Made, Note, TextField, Values


class Task(NamedTuple):
    """What `C` offers: `verb` is new, rename or remove; `name` the class."""

    verb: str
    name: str = ""


class Asking(NamedTuple):
    """A form with what it comes to and what is to be said while it is typed."""

    form: Form
    make: Callable[[Instance, Values], Made]
    check: Callable[[Instance, Values], Sequence[Note]]


def tasks(chains: Chains, here: str) -> list[Option[Task]]:
    """What can be done to the classes; `here`: the one under the cursor, which comes first."""
    names = [chain.place.name for chain in chains.classes if chain.marker != "-"]
    names.sort(key=lambda name: name != here)
    made = [Option("new", "a new class", Task("new"))]
    old = [
        Option(verb, text.format(name), Task(verb, name))
        for name in names
        for verb, text in (("rename", "{}, and wherever it is used"), ("remove", "{}, with its uses"))
    ]
    return [*old, *made] if here else [*made, *old]


def new_class() -> Asking:
    """The form for a new class."""

    def complete(prefix: str) -> list[str]:
        return [name for name in ARGUMENTS if name.startswith(prefix)]

    form = Form("new restriction class", [
        TextField(name="name", label="name", hint="letters, digits and _; tables and lists name it so"),
        ListField(name="rules", label="rules", complete=complete,
                  hint="one a line, as check_policy_service inet:127.0.0.1:10023"),
    ])  # fmt: skip

    def check(after: Instance, values: Values) -> list[Note]:
        name = str(values["name"])
        wrong = classplan.class_problem(after, name) if name else ""
        notes = [Note("name", wrong, "error")] if wrong else []
        for at, rule in enumerate(values["rules"]):
            if why := not_one(rule):
                notes.append(Note("rules", why, "error", at))
        return notes

    def make(after: Instance, values: Values) -> Made:
        name = str(values["name"])
        plan = classplan.make(after, name, list(values["rules"]))
        return _made(plan, f"+ class {name}", ("empty", f"class:{name}"), [*check(after, values)])

    return Asking(form, make, check)


def rename_class(name: str) -> Asking:
    """The form for another name."""
    form = Form(f"rename the class {name}", [TextField(name="name", label="name", content=name)])

    def check(after: Instance, values: Values) -> list[Note]:
        to = str(values["name"])
        wrong = classplan.class_problem(after, to) if to != name else ""
        return [Note("name", wrong, "error")] if wrong else []

    def make(after: Instance, values: Values) -> Made:
        to = str(values["name"])
        if to == name:
            return Made()
        return _made(
            classplan.rename(after, name, to), f"~ class {name} is called {to}", None, check(after, values)
        )

    return Asking(form, make, check)


def removed_class(after: Instance, name: str) -> Made:
    """A class taken out with its uses."""
    return _made(classplan.take_out(after, name), f"- class {name}")


def _made(plan: Plan, label: str, to: Hashable | None = None, notes: Sequence[Note] = ()) -> Made:
    if plan.refused:
        return Made(refused=plan.refused, notes=notes)
    return Made(plan.edits, label, to=to, says=plan.says)


def templates() -> tuple[list[Option[Template]], list[str]]:
    """The templates to choose from, and what each does, in sentences."""
    options = [Option("", each.name, each) for each in TEMPLATES]
    return options, [f"{each.name}: {each.says}" for each in TEMPLATES]


def from_template(after: Instance, template: Template) -> Made:
    """What a template comes to here."""
    return _made(template.plan(after), f"+ template {template.name}")
