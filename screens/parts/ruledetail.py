"""What the detail pane says of a rule, of an empty list, and of a table of header checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtui.doctor.model import Finding
from mailtui.postfix.catalogue import words_of
from mailtui.postfix.chainrows import Chain, Chains, ListPlace, RuleRow
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.screens.parts.rulelines import BAD, DOUBTFUL, LETTERS, RuleLine
from mailtui.screens.parts.text import Spans, short_path

Title = tuple[Spans, Spans]

_COSTS = {
    "table": "one look into a table", "dns": "a question to DNS", "socket": "a question to a server",
    "probe": "a probe to another mail server, the answer is kept", "time": "time, in which a process waits",
}  # fmt: skip


def title(line: RuleLine) -> Title:
    """The pane's title: the rule, and where it stands."""
    if line.row is not None:
        return [(line.text, "bold")], [(_where(line.row.place, line.row.line), "dim")]
    if line.check is not None:
        place = short_path(line.check.file or "")
        return [(line.text, "bold")], [(f"{place}:{line.check.line}" if place else "", "dim")]
    chain = line.chain
    assert chain is not None  # only checks have none
    if line.kind == "use":
        return [(f"class {line.name}", "bold")], []
    return [(chain.title, "bold")], [(_where(chain.place, chain.place.line), "dim")]


def about(
    line: RuleLine, chains: Chains, shared_by: Sequence[str] = (), findings: Sequence[Finding] = ()
) -> list[Spans]:
    """The pane's lines. `shared_by`: the other services that use the same list; `findings`: what is wrong
    with the rule."""
    if line.row is not None and line.chain is not None:
        return [*_found(findings), *_of_rule(line.row, line.chain, found=bool(findings)), *_shared(shared_by)]
    if line.check is not None:
        return list(_of_check(line))
    if line.kind == "use":
        found = chains.chain(f"class:{line.name}")
        users = ", ".join(found.used_by) if found is not None else ""
        return [_said("is", "shown further up, where the first rule leads to it"), _said("used by", users)]
    assert line.chain is not None  # only checks have none
    return [*_of_list(line.chain), *_shared(shared_by)]


def said(label: str, text: str, style: str = "") -> Spans:
    """A line of the pane."""
    return _said(label, text, style)


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(f"{label:<{LABEL}}", "dim"), (text, style)]


def _found(findings: Sequence[Finding]) -> Iterator[Spans]:
    """What doctor says of the rule, and what mends it."""
    for each in findings:
        letter = LETTERS[each.severity].strip() or "note"
        what = each.title.partition(": ")[2] or each.title  # without the list, which the title names
        yield _said(letter, f"{what}; {each.why}", "" if each.severity == "advice" else each.severity)
        fix = f"{key_for('restrictions.fix', 'f')} fix"
        yield _said(fix if each.fix is not None else "do", each.fix_words)


def _of_rule(row: RuleRow, chain: Chain, *, found: bool) -> Iterator[Spans]:
    for state in row.states:
        if state.word in BAD | DOUBTFUL:
            if not found:  # else its findings say the same, and more
                bad = state.word in BAD
                yield _said("!" if bad else "?", state.why, "error" if bad else "warning")
        elif state.word != "staged":
            yield _said("note", state.why)
    yield from _staged(row)
    if not row.enabled:
        yield _said(
            "off", f"it stands in the file as a comment; {key_for('restrictions.switch', '#')} brings it back"
        )
    if row.says:
        yield _said("does", row.says)
    if row.warn_only:
        yield _said("warns", "what it would refuse is only logged, as reject_warning")
    known = words_of(row.name)
    if known is not None and known.wise and row.enabled:
        yield _said("wise", known.wise)
    if row.cost.kind:
        keys = f": {row.cost.text}" if row.cost.text else ""
        yield _said("costs", f"{_COSTS[row.cost.kind]}{keys}")
    for text in row.comments:
        yield _said("comment", text, "dim")
    if row.via:
        yield _said("through", f"{' '.join(row.via)}: a change here changes every list with that name")
    yield from _of_place(chain)


def _staged(row: RuleRow) -> Iterator[Spans]:
    was = row.was
    if row.marker == "-":
        yield _said("staged", f"it is taken out; {takes_back()}")
    elif row.marker == "+":
        yield _said("staged", "it is new")
    elif was is not None and was.text != row.text:
        yield _said("before", was.text)
    elif was is not None and was.enabled != row.enabled:
        yield _said("staged", "it is switched on" if row.enabled else "it is switched off")
    elif was is not None and was.comments != row.comments:
        yield _said("before", " ".join(was.comments) or "no comment")
    elif was is not None:
        yield _said("staged", "it stood in another place")


def _of_place(chain: Chain) -> Iterator[Spans]:
    if chain.place.service:
        where = f"{chain.place.service} has its own list in master.cf: main.cf's does not count for it"
        yield _said("but", where, "warning")
    if chain.used_by:
        yield _said("used by", ", ".join(chain.used_by))
    if chain.command and chain.answered != chain.command:
        yield _said("answer", f"at {chain.answered}: smtpd_delay_reject is on")
    for note in chain.notes:
        yield _said("list", note)


def _shared(services: Sequence[str]) -> Iterator[Spans]:
    if services:
        yield _said("also", f"main.cf's list: a change of it holds for {', '.join(services)} too")


def _of_list(chain: Chain) -> Iterator[Spans]:
    is_class = chain.stage.startswith("class:")
    if not is_class:
        rule, template = key_for("restrictions.new", "n"), key_for("restrictions.templates", "T")
        yield _said("is", f"empty: no client is refused here; {rule} puts a rule in, {template} a template")
    yield from _of_place(chain)


def _of_check(line: RuleLine) -> Iterator[Spans]:
    check = line.check
    assert check is not None  # the caller looked
    if check.problem:
        yield _said("?", check.problem, "warning")
    who = "smtp, as mail leaves" if check.parameter.startswith("smtp_") else "cleanup, as mail comes in"
    yield _said("is", f"patterns that are tried on each message by {who}, for every service alike")


def _where(place: ListPlace, line: int | None) -> str:
    if not place.is_set:
        return "not set: Postfix's default"
    path = short_path(place.target.path)
    return f"{path}:{line}" if line else path
