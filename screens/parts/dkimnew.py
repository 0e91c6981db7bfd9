"""The form of a new DKIM key, what is typed into it as a key to be made, and the question before that."""

from __future__ import annotations

from mailtui.milters.dkim.generate import GenerateError
from mailtui.postfix.instance import Instance
from mailtui.screens.parts import dkimacts
from mailtui.screens.parts.dialogs import TypedWord
from mailtui.screens.parts.form import ChoiceField, Form, Made, Note, TextField, Values
from mailtui.text.safe import safe

_KINDS = (
    ("2048", "RSA, 2048 bits: every receiver verifies it"),
    ("4096", "RSA, 4096 bits: a long record, some receivers do not read it"),
    ("ed25519", "Ed25519: short, and many receivers do not verify it; SignatureAlgorithm is for all keys"),
)


def form(domain: str, selector: str) -> Form:
    """The form, with what is proposed."""
    return Form(
        "new key",
        [
            TextField(name="domain", label="domain", content=domain, hint="whose mail it will sign"),
            TextField(name="selector", label="selector", content=selector, hint="none is ever used twice"),
            ChoiceField(name="kind", label="kind", choices=_KINDS),
        ],
        verb="make it",
    )


def wanted(instance: Instance, values: Values) -> tuple[dkimacts.NewKey | None, Made]:
    """The key that is meant, or none and why."""
    domain, selector = str(values["domain"]), str(values["selector"])
    try:
        found = dkimacts.wanted(instance, domain, selector, str(values["kind"]))
    except GenerateError as error:
        return None, Made(refused=str(error), notes=[Note("domain", str(error), "error")])
    return found, Made(says=["now, no undo: type the domain to make the key"])


def question(key: dkimacts.NewKey) -> TypedWord:
    """Asked before it is made: it is not staged."""
    folders = [f"and the folder {safe(each)}" for each in key.file.folders]
    nothing_yet = "It signs nothing until it is activated."
    lines = ["now, no undo: 1 key file is made", key.file.words(), *folders, nothing_yet]
    return TypedWord(f"Make a key for {key.domain}", key.domain, lines)
