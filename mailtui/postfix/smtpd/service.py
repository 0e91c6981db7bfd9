"""One smtpd service of master.cf: its settings, where its lists are written, and whether it starts at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from mailtui.postfix.errors import ParameterError
from mailtui.postfix.lookups import split_list
from mailtui.postfix.restrictionnames import GUARDS
from mailtui.postfix.smtpd.session import PARAMETERS, Stage
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.postfix.instance import Instance
    from mailtui.postfix.values import ServiceValues


DEFAULT = "smtp"
"""The service that mail comes in by, under whatever name it stands: where no service is called so, the first
smtpd on a port."""
_SERVERS = frozenset({"smtpd", "postscreen"})


class Service:
    """The service that `smtp/inet` names, or `smtp` where that is enough. With postscreen(8) on the port it
    is the smtpd behind it.

    Raises ParameterError where there is none, or it runs no smtpd.
    """

    def __init__(self, instance: Instance, name: str) -> None:
        self._instance = instance
        found = _find(instance, name)
        self.name = f"{found.name}/{found.type}"
        self._settings = instance.parameters.service(found.name, found.type)
        self._known: dict[str, str] = {}
        self._own = found.options

    def effective(self, name: str) -> str:
        """A parameter's value for this service, `$` expanded, blanks squeezed. Raises ParameterError."""
        if name not in self._known:
            self._known[name] = self._settings.effective(name)
        return self._known[name]

    def on(self, name: str) -> bool:
        """A boolean parameter."""
        return self.effective(name).lower() == "yes"

    # Where rules stand

    def places(self, parameter: str) -> Sequence[tuple[str, int | None]]:
        """File and line of each item of a list; none where a `$` hides where they come from."""
        if parameter in self._own:
            return [(self._instance.master.path, None)] * len(split_list(self.effective(parameter)))
        written = self._instance.parameters.items(parameter)
        if [text for text, _line in written] != split_list(self.effective(parameter)):
            return []
        return [(self._instance.main.path, line) for _text, line in written]

    # Whether it starts

    def fatal(self) -> Iterator[str]:
        """Why smtpd ends before it says a word (smtpd_check_init): the client sees no greeting."""
        classes: dict[str, list[str]] = {}
        for name in split_list(self.effective("smtpd_restriction_classes")):
            try:
                classes[name] = split_list(self.effective(name)) if self.effective(name) else []
            except ParameterError:
                classes[name] = []
            if not classes[name]:
                yield f"the restriction class {safe(name)} has no definition"
        lists = {stage: split_list(self.effective(name)) for stage, name in PARAMETERS.items()}
        for items in (*lists.values(), *classes.values()):
            yield from _bad_endpoints(items)
        guarded: tuple[Stage, Stage] = ("recipient", "relay")
        if not any(_guards(lists[stage], classes, 0) for stage in guarded):
            yield (
                "neither smtpd_relay_restrictions nor smtpd_recipient_restrictions has one of "
                + ", ".join(sorted(GUARDS))
            )


def _find(instance: Instance, name: str) -> ServiceValues:
    rows = instance.parameters.values.services
    word, _slash, kind = name.partition("/")
    found = [row for row in rows if row.name == word and (not kind or row.type == kind)]
    serving = [row for row in found if row.command in _SERVERS]
    if not serving and name == DEFAULT:
        serving = [row for row in rows if row.type == "inet" and row.command in _SERVERS][:1]
    if not found and not serving:
        raise ParameterError(
            f"there is no service {safe(name)}", "mailtui service list shows them", instance.master.path
        )
    if not serving:
        raise ParameterError(
            f"{safe(name)} runs {safe(found[-1].command)}, not smtpd",
            "name a service that takes mail by SMTP",
            instance.master.path,
        )
    first = next((row for row in serving if row.type == "inet"), serving[0])
    last = [row for row in serving if row.type == first.type][-1]  # of two alike the last counts
    if last.command == "postscreen":
        behind = [row for row in rows if row.type == "pass" and row.command == "smtpd"]
        return behind[-1] if behind else last
    return last


def _guards(items: Sequence[str], classes: dict[str, list[str]], depth: int) -> bool:
    """Whether a list has what keeps it from being an open relay (has_required)."""
    at = 0
    while at < len(items):
        name = items[at].lower()
        if name == "warn_if_reject" and at + 1 < len(items):
            at += 2
            continue
        if name == "permit":
            return False
        if name in GUARDS:
            return True
        inner = classes.get(items[at])
        if inner is not None and depth < len(classes) + 1 and _guards(inner, classes, depth + 1):
            return True
        at += 1
    return False


def _bad_endpoints(items: Sequence[str]) -> Iterator[str]:
    """What policy services are written so that smtpd cannot set them up."""
    for before, item in pairwise(items):
        if before.lower() == "check_policy_service":
            problem = policy_problem(item)
            if problem:
                yield f"check_policy_service {safe(item)}: {problem}"


def policy_problem(argument: str) -> str:
    """What is wrong with the argument of check_policy_service: `inet:host:port`, `unix:path`, or one of these
    in `{ }` with `name=value` or `{ name = value }` behind it. Empty where nothing is."""
    options: list[str] = []
    name = argument
    if argument.startswith("{"):
        if not argument.endswith("}"):
            return "the { is not closed"
        name, *options = split_list(argument[1:-1]) or [""]
    transport, _colon, place = name.partition(":")
    if transport not in {"inet", "unix", "local"} or not place:
        return "no inet:host:port or unix:path"
    for option in options:
        inner = option[1:-1] if option.startswith("{") and option.endswith("}") else option
        word, equals, _value = inner.partition("=")
        if not equals or not word.strip():
            return f"{safe(option)} is no name=value (blanks around the = need braces)"
        if word.strip() not in POLICY_OPTIONS:
            return f"it has no option {safe(word.strip())}"
    return ""


POLICY_OPTIONS = frozenset(
    [
        "default_action",
        "max_idle",
        "max_ttl",
        "policy_context",
        "request_limit",
        "retry_delay",
        "timeout",
        "try_limit",
    ]
)
"""What a policy service may have of its own."""
