"""How main.cf, master.cf and the tables are written: what an eye takes for a comment or for a line of its
own, and Postfix does not (postconf(5), master(5), aliases(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import Finding
from mailtui.edits.lastline import EndLine
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.formats.maincf import Definition, MainCf
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.target import Target
from mailtui.formats.values import Token
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.files import master_cf
from mailtui.postfix.lookups import Lookup, parse_map, split_list
from mailtui.postfix.mapmentions import places
from mailtui.postfix.paramtypes import type_of
from mailtui.postfix.services import services
from mailtui.text.safe import decode, safe

_FREE = frozenset(("text", "words", "restrictions"))
"""Kinds of values in which a # may be meant, or is told of with the rules."""
_LOOSE = frozenset(("maps", "match", "options", "interfaces", "protocols", "milters", "relays", "files"))
"""Lists: a wrong word in them is passed over, or spoils a lookup."""
_SWALLOWED = re.compile(rb"[ \t]+([a-z][a-z0-9_]{3,})[ \t]*=(?!=)[ \t]*([^\n]*)")
_ALIAS = re.compile(rb"^[ \t]+([A-Za-z0-9][\w.+-]*):[ \t]+[^\s/]", re.MULTILINE)
_LARGEST = 8 << 20
_ANOTHER_COUNTS = ("that line counts, not this one", "that entry counts, not this one")


def findings(case: Case) -> Iterator[Finding]:
    """Of main.cf, of the services, and of the tables that either names."""
    yield from _misread(case)
    yield from _comments(case)
    yield from _of_services(case)
    yield from _swallowed(case)
    tables = list(_tables(case))
    for table in tables:
        if table.program == "postalias":
            yield from _swallowed_alias(case, table)
    texts = [case.instance.main, case.instance.master, *(_target(table) for table in tables)]
    yield from _unended(case, texts)


# Lines that Postfix drops, misreads or dies of


def _misread(case: Case) -> Iterator[Finding]:
    texts: dict[Target, MainCf | MasterCf] = {
        case.instance.main: case.instance.parameters.values.main,
        case.instance.master: master_cf(case.instance.files, case.instance.master),
    }
    for target, document in texts.items():
        lines = document.raw.split(b"\n")
        for problem in document.problems:
            if problem.text.endswith(_ANOTHER_COUNTS):
                continue  # that is a finding of its own
            what, _, comes = problem.text.partition("; ")
            line = safe(decode(lines[problem.line - 1]).strip(), 60)
            why = f"{comes or 'Postfix reads it otherwise than it looks'}; “{line}” is not in force"
            yield Finding(
                "misread-line", "error", f"{safe(target.name)}: {what}", target.path, problem.line, why, None,
                "mailtui cannot know what is meant: correct the line in an editor, or put a # before it",
            )  # fmt: skip


# A # that begins no comment


def _comments(case: Case) -> Iterator[Finding]:
    main = case.instance.parameters.values.main
    for name, definition in case.instance.parameters.values.definitions.items():
        if (
            b"#" not in definition.value
            or name == "mynetworks"
            or case.instance.parameters.default(name) is None
        ):
            continue
        kind = type_of(case.instance, name).kind
        tokens = main.tokens(name)
        at = next((n for n, token in enumerate(tokens) if token.text.startswith(b"#")), None)
        if kind not in _FREE and at is not None:
            yield _comment(case, definition, tokens, at, severe=kind not in _LOOSE)


def _comment(
    case: Case, definition: Definition, tokens: Sequence[Token], at: int, *, severe: bool
) -> Finding:
    name, line = definition.name, tokens[at].line
    end = next((n for n in range(at, len(tokens)) if tokens[n].line != line), len(tokens))
    texts = tuple(decode(token.text) for token in tokens)
    left = (*texts[:at], *texts[end:])
    edit = SetParameter(case.instance.main, name, left, texts)
    if not left:
        edit = SetParameter(case.instance.main, name, "", decode(definition.value))
    fix, words = fixed(case.tried(Plan((edit,))), "put the comment on a line of its own")
    return Finding(
        "inline-comment", "error" if severe else "warning",
        f"{safe(name)}: “{safe(' '.join(texts[at:end]), 60)}” is no comment",
        case.instance.main.path, line,
        "a comment is a whole line that begins with #; within a value its words belong to the value",
        fix, words,
    )  # fmt: skip


def _of_services(case: Case) -> Iterator[Finding]:
    try:
        rows = services(case.instance)
    except InstanceError:
        return  # case.unread has it
    for row in rows:
        words = row.also.split()
        at = next((n for n, word in enumerate(words) if word.startswith("#")), None)
        if row.counts and at is not None and row.command != "pipe":
            yield Finding(
                "inline-comment", "error",
                f"{safe(row.service)}: “{safe(' '.join(words[at:]), 60)}” is no comment",
                case.instance.master.path, row.line,
                f"{safe(row.command)} gets these words as arguments, and dies of them; a comment in"
                " master.cf is a whole line that begins with #", None,
                "cannot be mended by an edit: put it on a line of its own, its # in the first column",
                (row.service,),
            )  # fmt: skip


# Lines that belong to the one above


def _swallowed(case: Case) -> Iterator[Finding]:
    values = case.instance.parameters.values
    for definition in values.definitions.values():
        lines = values.main.raw[definition.start : definition.end].split(b"\n")
        open_braces, number = 0, definition.line
        for at, line in enumerate(lines):
            found = _SWALLOWED.match(line) if at and open_braces <= 0 else None
            if found is not None and values.known.get(decode(found[1])) is not None:
                yield _swallowing(case, definition, (decode(found[1]), number + at), lines[at:])
                break
            if not line.startswith(b"#"):
                open_braces += line.count(b"{") - line.count(b"}")


def _swallowing(case: Case, definition: Definition, which: tuple[str, int], rest: list[bytes]) -> Finding:
    name, line = which
    parameters = case.instance.parameters
    tokens = parameters.values.main.tokens(definition.name)
    texts = tuple(decode(token.text) for token in tokens)
    left = tuple(decode(token.text) for token in tokens if token.line < line)
    value = b" ".join(each.strip() for each in rest if not each.lstrip().startswith(b"#"))
    text = decode(value.partition(b"=")[2]).strip()
    plan = None
    if left and parameters.get(name) is None:
        edits: tuple[Edit, ...] = (
            SetParameter(case.instance.main, definition.name, left, texts),
            SetParameter(case.instance.main, name, text, None),
        )
        plan = case.tried(Plan(edits))
    fix, words = fixed(plan, f"take the blanks before {safe(name)} away (line {line})")
    return Finding(
        "swallowed-line", "error", f"{safe(name)} belongs to {safe(definition.name)} above it",
        case.instance.main.path, line,
        "a line that begins with a blank goes on with the one above, past comments and empty lines:"
        f" {safe(name)} is not set by it, and {safe(definition.name)} holds its words", fix, words,
    )  # fmt: skip


def _swallowed_alias(case: Case, table: Lookup) -> Iterator[Finding]:
    try:
        raw = case.instance.files.raw(table.path)
    except OSError:
        return
    found = _ALIAS.search(raw) if len(raw) <= _LARGEST else None
    if found is not None:
        name = safe(decode(found[1]))
        yield Finding(
            "swallowed-line", "warning", f"{name} belongs to the alias above it", table.path,
            raw.count(b"\n", 0, found.start()) + 1,
            f"a line that begins with a blank goes on with the one above: {name} is no alias, and the one"
            " above has its words as destinations", None,
            f"mailtui cannot know that {name} is meant to be an alias: if so, take the blanks before it away",
        )  # fmt: skip


# The end of the file


def _tables(case: Case) -> Iterator[Lookup]:
    """The tables whose text can be appended to, each once."""
    seen: set[str] = set()
    try:
        found = places(case.instance)
    except InstanceError:
        return
    for place in found:
        text = place.expanded(case.instance)
        for item in split_list(text.replace("{", " ").replace("}", " ")) if ":/" in text else ():
            table = parse_map(item, place.name, case.instance.config_dir, case.instance.alias_paths)
            if table.has_file and not place.is_cache and table.path not in seen:
                seen.add(table.path)
                yield table


def _target(table: Lookup) -> Target:
    if table.target is not None:
        return table.target
    kinds: dict[str, Target] = {
        "regexp": Target("regexp", table.path, "regexp"), "pcre": Target("pcre", table.path, "pcre"),
    }  # fmt: skip
    return kinds.get(table.type, Target("cidr", table.path, "cidr"))


def _unended(case: Case, targets: Sequence[Target]) -> Iterator[Finding]:
    for target in targets:
        try:
            raw = case.instance.files.raw(target.path)
        except OSError:
            continue
        if raw and not raw.endswith(b"\n") and b"\0" not in raw:
            fix, words = fixed(case.tried(Plan((EndLine(target),))), "end the last line with a newline")
            yield Finding(
                "no-final-newline", "advice", f"{safe(target.path)} does not end with a newline",
                target.path, raw.count(b"\n") + 1,
                "whoever appends a line by a script (echo … >> file) has it glued to this one: both are lost",
                fix, words,
            )  # fmt: skip
