"""postgrey's options and whitelists as rows, those on the disk beside what a draft makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.formats.whitelist import Listed, White, Whitelist, means
from mailtui.postfix.greylisting import (
    KNOWN,
    OPTIONS,
    OPTS,
    STARTED,
    TEXT,
    WRITTEN,
    Places,
    PostgreyOptions,
    options,
    whitelists,
)
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.screens.parts.text import Spans, short_path
from mailtui.text.safe import decode, safe

View = Literal["options", "clients", "recipients"]
VIEWS: tuple[View, ...] = ("options", "clients", "recipients")
_HIDDEN = frozenset({"whitelist-clients", "whitelist-recipients", "pidfile", "daemonize", "d"})


@dataclass(frozen=True, slots=True)
class PostgreyLine:
    """An option (`view` options: `name`, its `value` or default), or an entry of a whitelist (`name`).
    `says`: what it is; `was`: of an option, its value on the disk where that is another; `runs`: what the
    running postgrey has in its place; `problem`: why it counts for nothing."""

    view: View
    name: str
    value: str = ""
    says: str = ""
    given: bool = True
    was: str | None = None
    runs: str | None = None
    target: Target | None = None
    line: int = 0
    note: str = ""
    enabled: bool = True
    staged: str = " "
    problem: str = ""

    @property
    def key(self) -> tuple[str, str, str, bool]:
        return (self.view, self.target.path if self.target else "", self.name.lower(), self.enabled)

    @property
    def marker(self) -> str:
        """What is staged first, then what is off, then what is wrong."""
        if self.staged.strip():
            return self.staged
        if not self.enabled:
            return "#"
        return "?" if self.problem or self.runs is not None else " "

    @property
    def words(self) -> str:
        """What a filter finds it by."""
        return f"{self.name} {self.value} {self.says} {self.note} {self.target.name if self.target else ''}"


# Options


def option_lines(before: Instance, after: Instance, places: Places) -> list[PostgreyLine]:
    """The options, those that are known first. Raises OSError."""
    now = options(after.files, places.defaults)
    old = options(before.files, places.defaults) if before is not after else now
    more = [name for name in {**now.options, **old.options} if name not in OPTIONS and name not in _HIDDEN]
    lines = [_option(name, now, old, places) for name in (*OPTIONS, *more)]
    return [*lines, _text(now, old, places)]


def _option(name: str, now: PostgreyOptions, old: PostgreyOptions, places: Places) -> PostgreyLine:
    known = KNOWN.get(name)
    given = name in now.options
    value = _value(name, now)
    staged = " " if now.options.get(name) == old.options.get(name) else "~"
    if staged == "~":
        staged = "-" if not given else "+" if name not in old.options else "~"
    was = None if staged == " " else _value(name, old)
    return PostgreyLine(
        "options", name, value, known.says if known is not None else "see postgrey(8)", given,
        was, _runs(name, old, places), places.defaults, staged=staged,
    )  # fmt: skip


def _value(name: str, held: PostgreyOptions) -> str:
    known = KNOWN.get(name)
    if known is not None and known.kind == "flag":
        return "yes" if name in held.options else "no"
    return held.options.get(name) or (known.default if known is not None else "")


def _runs(name: str, old: PostgreyOptions, places: Places) -> str | None:
    """What the running postgrey has, where that is another than the file on the disk says."""
    if places.running is None:
        return None
    run = _value(name, replace(old, options=dict(places.running)))
    if name == "inet":
        same = run.rpartition(":")[2] == _value(name, old).rpartition(":")[2]
    else:
        same = run == _value(name, old)
    return None if same else run or "nothing"


def _text(now: PostgreyOptions, old: PostgreyOptions, places: Places) -> PostgreyLine:
    staged = " " if now.text == old.text else "+" if not old.text else "~" if now.text else "-"
    return PostgreyLine(
        "options", TEXT, now.text, "what a stranger is told; %s: seconds left, %r: recipient domain",
        bool(now.text), None if staged == " " else old.text, None, places.defaults, staged=staged,
    )  # fmt: skip


# Whitelists


def white_lines(before: Instance, after: Instance, places: Places, listed: Listed) -> list[PostgreyLine]:
    """The entries, the admin's own first; those that a draft takes out stand where they were. Raises
    OSError."""
    targets = places.of(listed)[::-1]
    old = dict(whitelists(before.files, targets))
    lines: list[PostgreyLine] = []
    for target, document in whitelists(after.files, targets):
        was = old.get(target, Whitelist(b"")) if before is not after else document
        lines += _of_file(target, document, was, listed)
    return lines


def _of_file(target: Target, now: Whitelist, old: Whitelist, listed: Listed) -> Iterator[PostgreyLine]:
    if now.raw == old.raw:
        standing = gone = None
    else:
        standing = {each.text.lower() for each in old.entries}
        gone = [
            each for each in old.entries if now.find(each.text) is None and now.find_off(each.text) is None
        ]
    rows = sorted([*now.entries, *now.off], key=lambda each: each.line)
    live = set(now.entries)
    left = list(gone or ())
    for each in rows:
        while left and left[0].line <= each.line:
            yield replace(_white(target, left.pop(0), listed), staged="-")
        line = _white(target, each, listed, enabled=each in live)
        if not line.enabled and line.problem:
            continue  # prose, after all
        if standing is not None:
            line = replace(line, staged=_staged(each, old, standing, enabled=line.enabled))
        yield line
    for each in left:
        yield replace(_white(target, each, listed), staged="-")


def _staged(each: White, old: Whitelist, standing: set[bytes], *, enabled: bool) -> str:
    """The letter of an entry that a draft brings, or switches."""
    if enabled:
        if each.text.lower() in standing:
            return " "
        return "~" if old.find_off(each.text) is not None else "+"
    return "#" if old.find_off(each.text) is None else " "


def _white(target: Target, each: White, listed: Listed, *, enabled: bool = True) -> PostgreyLine:
    says = problem = ""
    try:
        says = means(each.text, listed)
    except Refused as error:
        problem = str(error)
    if len(each.text.split()) > 1:
        problem = "it holds a blank: postgrey passes it over"
    return PostgreyLine(
        listed, decode(each.text), "", says, target=target, line=each.line, note=decode(each.note),
        enabled=enabled, problem=problem,
    )  # fmt: skip


# The pane


def said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def about(line: PostgreyLine, places: Places) -> Iterator[Spans]:
    """The pane's lines."""
    if line.problem:
        yield said("?", line.problem, "warning")
    if line.view == "options":
        yield from _about_option(line, places)
        return
    if line.staged == "-":
        yield said("staged", f"it is taken out; {takes_back()}")
    elif not line.enabled:
        yield said(
            "off", f"it stands in the file as a comment; {key_for('postgrey.switch', '#')} brings it back"
        )
    if line.says:
        yield said("spares", line.says)
    if line.note:
        yield said("note", line.note, "dim")
    if line.target is not None and line.target not in (places.own("clients"), places.own("recipients")):
        yield said("file", "the package's own: what you change in it, an upgrade asks about")
    yield said("then", WRITTEN)


def _about_option(line: PostgreyLine, places: Places) -> Iterator[Spans]:
    if line.was is not None:
        yield said("before", line.was or "(none)")
        yield said("now", line.value or "(none)")
    else:
        yield said("value", line.value or "(none)", "" if line.given else "dim")
    known = OPTIONS.get(line.name)
    if known is not None and line.given and known.default:
        yield said("default", known.default)
    yield said("is", line.says)
    if line.runs is not None:
        yield said("?", f"the postgrey that runs (pid {places.pid}) was started with {line.runs}", "warning")
    yield said("in", f"{line.name if line.name == TEXT else OPTS} of {safe(places.defaults.path)}")
    yield said("then", STARTED)


def shown_view(places: Places) -> Sequence[str]:
    """Where the files are, and whether it runs, for the foot line."""
    run = f"postgrey runs, pid {places.pid}" if places.pid else "no postgrey is seen to run here"
    return (run, short_path(safe(places.defaults.path)))
