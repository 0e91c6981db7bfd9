"""The forms of a milter: put in, or changed. What they come to is worked out by `mailtui.edits.milters`."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from mailtui.edits import milters
from mailtui.edits.plan import Plan
from mailtui.edits.rules import InsertRule, MoveRule, SetRule, SwitchRule
from mailtui.formats.milteritem import ACTIONS, SETTINGS, TIMES, VERSIONS, Endpoint, item_text, parse_item
from mailtui.milters.chains import NON_SMTPD, SMTPD, MilterChain, MilterRow, common_settings
from mailtui.milters.programs import MILTERS
from mailtui.milters.sockets import Sockets
from mailtui.postfix.instance import Instance
from mailtui.screens.parts.form import ChoiceField, Form, FormField, ListField, Made, Note, TextField, Values

_AS_ALL = "default"
_PROPOSED, _BEFORE, _FIRST, _LAST = "proposed", "before", "first", "last"
_DOWN = {
    "accept": "mail passes as if it were not there",
    "tempfail": "mail is put off (451) until it is back",
    "reject": "mail is refused for good",
    "quarantine": "mail is taken and put on hold",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What a form wants to know beforehand: the milters that run here and are in no list, and the settings
    that hold for a list."""

    running: tuple[str, ...]
    actual: dict[str, str]


def known_milters(instance: Instance, chain: MilterChain) -> Around:
    """In a thread. Raises InstanceError."""
    there = {row.address for row in chain.rows}
    found = [each for each in _running(instance.queue_directory) if each not in there]
    return Around(tuple(dict.fromkeys(found)), common_settings(instance, chain.service))


def _running(queue: str) -> list[str]:
    """The milters that listen on this host now, in Postfix's syntax: for completion."""
    found: list[str] = []
    names = {name for program in MILTERS.values() for name in program.processes}
    for each in Sockets().of(names):
        where = each.endpoint
        if where.kind == "unix" and where.path.startswith(f"{queue}/"):
            where = Endpoint("unix", path=where.path.removeprefix(f"{queue}/"))
        if where.host in {"0.0.0.0", "::"}:  # noqa: S104  # it is compared, not bound
            where = Endpoint("inet", "localhost", where.port)
        found.append(where.postfix)
    return found


def _choices(name: str, actual: str) -> list[tuple[str, str]]:
    known = {"default_action": ACTIONS, "protocol": VERSIONS}[name]
    says = _DOWN if name == "default_action" else {}
    return [(_AS_ALL, f"as milter_{name} says: {actual}"), *((each, says.get(each, "")) for each in known)]


def _setting_fields(actual: dict[str, str], own: dict[str, str]) -> list[FormField]:
    fields: list[FormField] = []
    for name in ("default_action", *TIMES, "protocol"):
        now = own.get(name, "")
        if name in TIMES:
            hint = f"10s, 5m; empty: milter_{name}, which is {actual[name]}"
            fields.append(TextField(name=name, label=_LABELS[name], content=now, hint=hint))
            continue
        choices = _choices(name, actual[name])
        if now and now.lower() not in dict(choices):
            choices.append((now, "as it is now"))
        chosen = _AS_ALL if not now else now.lower() if now.lower() in dict(choices) else now
        fields.append(ChoiceField(name=name, label=_LABELS[name], choices=choices, chosen=chosen))
    return fields


_LABELS = {
    "default_action": "if down", "connect_timeout": "connect", "command_timeout": "command",
    "content_timeout": "content", "protocol": "protocol",
}  # fmt: skip


def _typed(values: Values, before: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """The settings as they are typed, in the order that they had."""
    order = [name for name, _ in before] + [name for name in SETTINGS if name not in dict(before)]
    typed = {name: str(values.get(name, "")) for name in SETTINGS}
    set_ = [name for name in dict.fromkeys(order) if typed.get(name, "") not in {"", _AS_ALL}]
    return [(name, typed[name]) for name in set_]


def _comments(values: Values) -> tuple[str, ...]:
    comments = values["comments"]
    return comments if isinstance(comments, tuple) else (comments,)


def notes_on(_after: Instance, values: Values) -> list[Note]:
    """What is to be said of what is typed."""
    address = str(values["address"])
    if not address:
        return []  # nothing is wrong yet: the field's hint says what is wanted
    wrong = milters.problem(address)
    if wrong:
        return [Note("address", wrong, "error")]
    notes = []
    for name, value in _typed(values):
        found = parse_item(item_text(address, [(name, value)]))
        if found.problem:
            notes.append(Note(name, found.problem, "error"))
    return notes


def _wrong(after: Instance, values: Values) -> list[Note]:
    """Why nothing can be staged."""
    if not values["address"]:
        return [Note("address", "an address is wanted: inet:host:port or unix:path", "error")]
    return notes_on(after, values)


# -- a new one


def add_form(chain: MilterChain, row: MilterRow | None, around: Around) -> Form:
    """The form of a new milter, for the list under the cursor, `row` the milter there."""
    lists = [(SMTPD, "mail that comes by SMTP"), (NON_SMTPD, "mail of this host's own programs"),
             ("both", "all mail: DKIM signs local mail too")]  # fmt: skip
    if chain.service:
        lists.insert(0, (chain.service, f"{chain.service} alone: its -o {chain.parameter}"))
    places = [(_PROPOSED, "where its program should stand")]
    if row is not None and row.in_force:
        places.append((_BEFORE, f"before {row.address}"))
    places += [(_FIRST, "before all others"), (_LAST, "behind all others")]

    def known(prefix: str) -> list[str]:
        return [each for each in around.running if each.startswith(prefix)]

    chosen = chain.service or ("both" if chain.parameter == SMTPD else chain.parameter)
    return Form("a milter", [
        TextField(name="address", label="address", complete=known,
                  hint="inet:host:port or unix:path; a chrooted service sees the queue directory as /"),
        ChoiceField(name="list", label="for", choices=lists, chosen=chosen),
        ChoiceField(name="place", label="place", choices=places, chosen=_PROPOSED),
        *_setting_fields(around.actual, {}),
        ListField(name="comments", label="comment", hint="stands above it, a line each"),
    ])  # fmt: skip


def added(chain: MilterChain, row: MilterRow | None) -> Callable[[Instance, Values], Made]:
    """What the form of a new milter comes to."""

    def make(after: Instance, values: Values) -> Made:
        notes = _wrong(after, values)
        if notes:
            return Made(refused=notes[0].text, notes=notes)
        wanted = str(values["list"])
        service = wanted if wanted not in {SMTPD, NON_SMTPD, "both"} else ""
        parameter = chain.parameter if service else wanted
        which: milters.Which = (
            "both" if wanted == "both" else "non_smtpd" if parameter == NON_SMTPD else "smtpd"
        )
        plan = milters.add(
            after, str(values["address"]), which, before=_before(after, chain, row, values),
            settings=_typed(values), service=service, comments=_comments(values),
        )  # fmt: skip
        return made_of(plan, chain)

    return make


def _before(after: Instance, chain: MilterChain, row: MilterRow | None, values: Values) -> str | None:
    place = values["place"]
    if place == _BEFORE and row is not None:
        return row.address
    live = milters.chain_of(after, chain.parameter, chain.service).live
    if place == _FIRST and live:
        return live[0].address
    return "" if place == _LAST else None


# -- another one in its place


def change_form(row: MilterRow, common: dict[str, str]) -> Form:
    """The form for a milter that is there."""
    return Form(f"{row.address} in {row.rule.place.title}", [
        TextField(name="address", label="address", content=row.address, hint="inet:host:port or unix:path"),
        *_setting_fields(common, row.settings),
        ListField(name="comments", label="comment", items=list(row.rule.comments),
                  hint="stands above it, a line each"),
    ])  # fmt: skip


def changed(chain: MilterChain, row: MilterRow) -> Callable[[Instance, Values], Made]:
    """What the form of a milter comes to."""

    def make(after: Instance, values: Values) -> Made:
        address, settings = str(values["address"]), _typed(values, row.item.settings)
        same = address == row.address and dict(settings) == row.settings
        notes = [] if same else _wrong(after, values)
        if notes:
            return Made(refused=notes[0].text, notes=notes)
        comments = _comments(values)
        plan = milters.change(
            after, row, address=None if same else address, settings=None if same else settings,
            comments=None if comments == row.rule.comments else comments,
        )  # fmt: skip
        return made_of(plan, chain, row)

    return make


# -- plans as acts of the screen


def made_of(plan: Plan, chain: MilterChain, row: MilterRow | None = None, label: str = "") -> Made:
    """What a plan comes to; the cursor goes to the milter that it is about."""
    if plan.refused:
        return Made(refused=plan.refused)
    return Made(plan.edits, label, to=_key_after(plan, chain, row), says=plan.says)


def _key_after(plan: Plan, chain: MilterChain, row: MilterRow | None) -> Hashable | None:
    edit = plan.edits[-1] if plan.edits else None
    via = ">".join(row.rule.via) if row is not None else ""
    enabled = row.enabled if row is not None else True
    text = row.rule.text if row is not None else ""
    match edit:
        case InsertRule():
            return (f"{edit.name} {edit.service}".rstrip(), via, edit.rule, edit.number, True)
        case MoveRule():
            return (chain.key, via, text, edit.to_number, True)
        case SetRule():
            return (chain.key, via, edit.to if edit.to != edit.rule else text, edit.to_number, enabled)
        case SwitchRule():
            return (chain.key, via, text, edit.to_number, edit.on)
    return None
