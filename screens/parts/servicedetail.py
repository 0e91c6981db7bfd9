"""What the detail pane says about a service, or about one of its overrides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import check_value
from mailtui.postfix.servicechecks import COLUMNS
from mailtui.postfix.servicelist import ServiceLine
from mailtui.postfix.services import OptionRow, ServiceRow, is_chrooted, seen_from
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.screens.parts.text import Spans, short_path
from mailtui.screens.parts.typedlines import SIGNS

_SOCKET = re.compile(r"(?:unix|local):([^\s,{}]+)")
_ASKED = {"smtpd": ("smtpd_milters", "smtpd_sasl_path"), "cleanup": ("non_smtpd_milters",)}
"""Commands and the parameters by which they find sockets."""
_ALWAYS_PATHS = {"smtpd_sasl_path"}
"""Parameters whose value is a path without `unix:` before it, where it names no plugin's application."""


def said(label: str, text: str, style: str = "") -> Spans:
    """A line of the pane."""
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def title(line: ServiceLine, path: str) -> tuple[Spans, Spans]:
    """The pane's title, left and right."""
    there = line.option or line.service
    return [(line.name, "bold")], [(f"{short_path(path)}:{there.line}", "dim")]


def at_once(line: ServiceLine) -> list[Spans]:
    """What the row itself tells."""
    option = line.option
    return list(_state(line)) + list(_entry(line) if option is None else _option(line, option))


def about(after: Instance, line: ServiceLine) -> list[Spans]:
    """Everything to say. Raises InstanceError."""
    more = _of_service(after, line) if line.option is None else _of_option(after, line, line.option)
    return [*at_once(line), *more]


def _entry(line: ServiceLine) -> Iterator[Spans]:
    entry = line.service
    if isinstance(line.was, ServiceRow) and line.marker == "~":
        yield said("before", _columns(line.was))
        yield said("now", _columns(entry))
    yield said("runs", f"{entry.command} {entry.also}".strip())
    yield said("as", "mail_owner" if entry.unprivileged != "n" else "root")
    if entry.wakeup not in ("-", "0"):
        once = ", once it was used" * entry.wakeup.endswith("?")
        yield said("wakes", f"every {entry.wakeup.rstrip('?')} s{once}")


def _of_service(after: Instance, line: ServiceLine) -> Iterator[Spans]:
    entry = line.service
    chroot = is_chrooted(after, entry)
    inside = f"yes: it sees {after.queue_directory} as /" if chroot else "no"
    yield said("chroot", f"{inside}{' (the default)' if entry.chroot == '-' else ''}")
    limit = entry.process_limit
    if limit == "-":
        limit = f"{after.parameters.effective('default_process_limit')} (default_process_limit)"
    yield said("at most", "no limit" if limit == "0" else f"{limit} process{'es' * (limit != '1')}")
    if entry.counts:
        values = after.parameters.service(entry.name, entry.type)
        for name in _ASKED.get(entry.command, ()):
            yield from _sockets(after, entry, name, values.effective(name))


def _option(line: ServiceLine, option: OptionRow) -> Iterator[Spans]:
    if isinstance(line.was, OptionRow) and line.marker == "~" and line.was.value != option.value:
        yield said("before", line.was.value or "(empty)")
    yield said("value", option.value or "(empty)")


def _of_option(after: Instance, line: ServiceLine, option: OptionRow) -> Iterator[Spans]:
    entry, parameters = line.service, after.parameters
    if option.name in parameters.names():
        yield said("main.cf", parameters.effective(option.name) or "(empty)")
    if option.counts and entry.counts:
        value = parameters.service(entry.name, entry.type).effective(option.name)
        if value != option.value:
            yield said("expands", f"to {value}" if value else "to nothing")
        yield from _sockets(after, entry, option.name, value)
    over = {name: value for name, value in entry.values.items() if name != option.name}
    for found in check_value(after, option.name, option.value, over=over):
        sign, style = SIGNS[found.severity]
        yield said("", sign + found.text, style)


def _state(line: ServiceLine) -> Iterator[Spans]:
    """What is staged, and why it does not count."""
    entry, option = line.service, line.option
    back = f"{key_for('services.switch', '#')} brings it back"
    if line.marker == "-":
        yield said("deleted", takes_back(), "warning")
    elif option is not None and not option.enabled:
        yield said("off", f"commented out: main.cf's value holds; {back}")
    elif not entry.enabled:
        yield said("off", f"commented out; {back} with its overrides")
    elif not entry.counts:
        yield said("note", "a later entry of the same name and type counts, not this one", "warning")
    elif option is not None and not option.counts:
        yield said("note", "a later -o of the same name counts, not this one", "warning")


def _columns(row: ServiceRow) -> str:
    return "  ".join(f"{name} {getattr(row, name)}" for name in COLUMNS)


def _sockets(after: Instance, entry: ServiceRow, name: str, value: str) -> Iterator[Spans]:
    """The real places of the sockets that the process opens by these names."""
    paths = _SOCKET.findall(value)
    if name in _ALWAYS_PATHS and "/" in value:
        paths.append(value)
    for path in paths:
        real = seen_from(after, entry, path)
        yield said("socket", f"{name}: {path}" + (f", which is {real}" if real != path else ""))
