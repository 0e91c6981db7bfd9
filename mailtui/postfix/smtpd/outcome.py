"""What one restriction says of a session, before warn_if_reject, soft_bounce and the flags change it.

A restriction is a function of a `Context` and its argument. It registers itself by its names:

    @restriction("reject_non_fqdn_sender", argument="")
    def reject_non_fqdn_sender(context: Context, argument: str) -> Outcome: …
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from mailtui.postfix.smtpd.context import Context

Kind = Literal[
    "ok", "dunno", "reject", "defer_if_permit", "defer_if_reject", "result", "error", "unknown", "no effect"
]
"""`reject` also tells of a 4xx answer: its code says which. `result`: a value of access(5), carried out by
the walk. `error`: smtpd answers 451 and says why in its log; warn_if_reject does not soften that.
`no effect`: what it needs is not known at this stage, or it does nothing as the server is set up."""


class Outcome(NamedTuple):
    """`why` is said to the admin. `code`, `dsn` and `text` are the reply's where there is one; `table`, `key`
    and `value` where a table answered; `warning` is what smtpd writes into its log besides.

    Of a result: `subject` and `subject_class` are the words for it in a reply (`<x@y>`, `Sender address`);
    `on_ok` says what an OK in it means: it permits, it is an error (check_sender_mx_access and its like may
    not permit), or nothing (a source-routed recipient)."""

    kind: Kind
    why: str
    code: int = 0
    dsn: str = ""
    text: str = ""
    table: str = ""
    key: str = ""
    value: str = ""
    warning: str = ""
    subject: str = ""
    subject_class: str = ""
    on_ok: Literal["ok", "error", "dunno"] = "ok"


DEFAULT_ACTION = "default action"
"""The key of a result that stands for the answer of a policy service that gave none."""

Restriction: TypeAlias = "Callable[[Context, str], Outcome]"

RESTRICTIONS: dict[str, Restriction] = {}
"""Every restriction by each of its names, in lower case; filled as its modules are imported."""


def restriction(*names: str) -> Callable[[Restriction], Restriction]:
    """Register a function as the restriction with these names."""

    def register(function: Restriction) -> Restriction:
        for name in names:
            if name in RESTRICTIONS:
                raise ValueError(f"two restrictions are called {name}")
            RESTRICTIONS[name] = function
        return function

    return register


def dunno(why: str) -> Outcome:
    """It has no opinion: the next rule is asked."""
    return Outcome("dunno", why)


def ok(why: str) -> Outcome:
    """The list ends here, and permits."""
    return Outcome("ok", why)


def no_effect(why: str) -> Outcome:
    """It was skipped."""
    return Outcome("no effect", why)


def reject(code: int, dsn: str, text: str, why: str) -> Outcome:
    """The answer is a refusal, for now (4xx) or for good (5xx)."""
    return Outcome("reject", why, code, dsn, text)


def unknown(why: str) -> Outcome:
    """It cannot be known from here what it would say."""
    return Outcome("unknown", why)


def misconfigured(why: str) -> Outcome:
    """`451 4.3.5 Server configuration error`, whatever stands before it."""
    return Outcome("error", why, 451, "4.3.5", "Server configuration error")
