"""What in the layout of a master.cf an edit cannot bring back, as the file then does not tell it any more.

The journal does: undoing a change that is the file's last restores its very bytes.
"""

from __future__ import annotations

from mailtui.formats.lines import CONTINUATION, FIRST
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.masteredit import option_argument
from mailtui.formats.masterentry import FIELDS, Option, Service, left_over, settings, split_entry
from mailtui.text.safe import encode
from tests.laws.mastercf_edits import Trial

_OPEN_END = "the newline that was missing at the end of the file"


def _text(document: MasterCf, service: Service) -> bytes:
    return next(layout.text for layout in document.layouts if layout.begin == service.start)


def _field(document: MasterCf, service: Service, trial: Trial) -> str:
    """A column whose blanks cannot take the longer value shifts the rest, for good."""
    (name,) = trial.fields
    column = FIELDS.index(name)
    text = _text(document, service)
    items = split_entry(text)
    if column + 1 >= len(items):
        return ""
    gap = text[items[column].end : items[column + 1].start]
    longer = len(trial.fields[name]) - len(items[column].text)
    if gap.strip(b" "):
        return ""
    return "too few blanks behind the field for the new value" if len(gap) <= max(longer, -longer + 1) else ""


def _option(document: MasterCf, service: Service, trial: Trial) -> str:
    found = [option for option in service.options if option.name == trial.option and option.enabled]
    if len(found) > 1:
        return "an option that is given more than once"
    option = found[0]
    written = document.raw[option.start : option.end]
    if trial.what == "-o set":
        plain = written.removeprefix(b"-o").strip()
        name = encode(option.name)
        return (
            ""
            if plain in (name + b"=" + option.value, option_argument(name, option.value))
            else "other blanks"
        )
    line = document.lines.line(option.line - 1).strip()
    if trial.what == "-o off":
        if any(
            (o.name, o.value) == (option.name, option.value) and o.start > option.start
            for o in service.options
            if not o.enabled
        ):
            return "the same option is commented out below it: that one is switched on"
        return "an option that shared its line gets a line of its own" if line != written else ""
    return "an option that is added is the last of them"


def reason(document: MasterCf, trial: Trial) -> str:
    """Why the edit that takes `trial` back does not bring back the bytes; empty where it must."""
    service = document.get(*trial.key)
    if trial.what in ("service added", "-o added"):
        return _OPEN_END if document.lines.ends_open else ""
    if trial.what == "service taken out":
        return "an entry that is added stands below its commented-out example, or last in the file"
    if service is None:
        return _switched_on(document, trial)
    if trial.what == "service off":
        return _switched_off(document, service)
    if trial.what in ("-o set", "-o taken out", "-o off"):
        return _option(document, service, trial)
    if trial.what == "-o on":
        line = document.lines.line(_option_off(service, trial).line - 1)
        indented = line.startswith((b" ", b"\t"))
        return (
            "written with blanks before its #, it is commented out again from the first column"
            if indented
            else ""
        )
    return _field(document, service, trial)


def _switched_on(document: MasterCf, trial: Trial) -> str:
    off = [s for s in document.all(*trial.key) if not s.enabled][-1]
    if document.lines.line(off.line - 1)[1:2] == b" ":
        return "written `# name`, it is commented out again as `#name`"
    return ""


def _switched_off(document: MasterCf, service: Service) -> str:
    if sum(s.enabled for s in document.all(service.name, service.type)) > 1:
        return "an entry that is there more than once: only the one that counts is switched on again"
    if not all(line.strip() for line in document.raw[service.start : service.end].splitlines()):
        return "a blank line amid the lines of an entry is left out"
    twins = [s for s in document.all(service.name, service.type) if not s.enabled and s.start > service.start]
    if any((s.fields, s.arguments) == (service.fields, service.arguments) for s in twins):
        return "the same entry is commented out below it: that one is switched on"
    return ""


def _option_off(service: Service, trial: Trial) -> Option:
    return next(o for o in reversed(service.options) if o.name == trial.option and not o.enabled)


def _below_a_commented_entry(document: MasterCf, number: int) -> bool:
    """Whether a commented-out entry begins on a line above, amid the entry that line `number` is of."""
    heads = {service.line - 1 for service in document.services if not service.enabled}
    while document.lines.kinds[number] != FIRST and number not in heads:
        number -= 1
    return number in heads


def _amid_another(document: MasterCf, trial: Trial) -> bool:
    """Whether lines of an entry in force go on below the head of the one that is commented out."""
    head = [s for s in document.all(*trial.key) if not s.enabled][-1].line - 1
    kinds = document.lines.kinds[head + 1 :]
    return next((kind for kind in kinds if kind in (FIRST, CONTINUATION)), FIRST) == CONTINUATION


def _left_over(document: MasterCf, service: Service) -> bool:
    """Whether there are arguments that are no options."""
    return bool(left_over(_text(document, service)))


def _behind_other_arguments(document: MasterCf, service: Service, option: Option) -> bool:
    layout = next(layout for layout in document.layouts if layout.begin == service.start)
    items = split_entry(layout.text)
    rest = settings(layout.text, items)[1]
    return rest < len(items) and layout.line(items[rest].start) < option.line - 1


def refusal(document: MasterCf, trial: Trial) -> str:
    """Why `trial` cannot be written; empty where it must be."""
    service = document.get(*trial.key)
    if trial.what == "service on" and _amid_another(document, trial):
        return "commented out amid the lines of another entry, which would be cut in two"
    if service is None:
        return ""
    if trial.what == "service off" and service.command == "smtpd" and _left_over(document, service):
        return "arguments that smtpd dies of: as comments they read as prose"
    if trial.what == "-o off":
        places = [o.line - 1 for o in service.options if o.name == trial.option and o.enabled]
        if any(_below_a_commented_entry(document, number) for number in places):
            return "below a commented-out entry, of which it would be an option then"
    if trial.what == "-o on":
        option = _option_off(service, trial)
        if sum(other.line == option.line for other in service.options) > 1:
            return "several options in one comment line"
        if _behind_other_arguments(document, service, option):
            return "behind arguments that are no options, where it would be one of these"
    return ""
