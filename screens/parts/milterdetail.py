"""What the detail pane says of a milter: what is wrong, the three addresses, whether it answers, and which
mail suffers without it."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.formats.milteritem import DISABLE, SETTINGS
from mailtui.milters.alive import Alive
from mailtui.milters.chains import MAPS, MilterRow
from mailtui.milters.facts import DOUBTFUL, Facts, when_down, which_mail
from mailtui.screens.parts.keys import key_for, takes_back
from mailtui.screens.parts.milterlines import Alives, MilterLine
from mailtui.screens.parts.ruledetail import said
from mailtui.screens.parts.text import Spans, short_path

Title = tuple[Spans, Spans]


def title(line: MilterLine) -> Title:
    """The pane's title: the milter, and where it stands."""
    place = line.chain.place if line.row is None else line.row.rule.place
    number = line.row.line if line.row is not None else place.line
    path = short_path(place.target.path)
    where = (f"{path}:{number}" if number else path) if place.is_set else "not set"
    text = line.chain.place.title if line.row is None else line.text
    return [(text, "bold")], [(where, "dim")]


def about(line: MilterLine, alives: Alives) -> list[Spans]:
    """The pane's lines."""
    return list(_about(line, alives))


def _about(line: MilterLine, alives: Alives) -> Iterator[Spans]:
    row, found = line.row, line.facts
    for note in line.chain.chain.notes:
        yield said("list", note, "warning")
    if row is None or found is None:
        yield from _of_empty(line)
        return
    if line.kind == "map":
        yield said("is", "a table: a client that it finds by name or address has the milters that it says")
        yield said("says", f"a list of milters, or {DISABLE}; what it does not find has smtpd_milters")
        return
    if line.kind == "reference":
        yield said("is", "what stands in there follows; a change of it holds wherever that name stands")
        return
    target = line.target
    alive = alives.get(target) if target is not None else None
    for state in found.states:
        doubtful = state.word in DOUBTFUL
        yield said("?" if doubtful else "!", state.why, "warning" if doubtful else "error")
    if alive is not None and found.out_of_reach is None:
        yield from _troubled(row, alive)
    yield from _staged(row)
    if not row.enabled:
        yield said(
            "off", f"it stands in the file as a comment; {key_for('milters.switch', '#')} brings it back"
        )
    yield from _down(line, row, found)
    yield from _addresses(row, found)
    yield from _alive(alive)
    yield from _settings(row)
    for number, text in enumerate(line.does):
        yield said("" if number else "set to", text)
    for text in row.rule.comments:
        yield said("comment", text, "dim")
    if row.rule.via:
        yield said("through", f"{' '.join(row.rule.via)}: a change here changes every list with that name")


def _troubled(row: MilterRow, alive: Alive) -> Iterator[Spans]:
    """Why it, or what it asks itself, does not answer."""
    if not alive.negotiated:
        yield said("!", alive.problem, "error")
    if alive.hangs:
        wait = row.actual["command_timeout"]
        yield said("", f"each session waits for it first, up to {wait} a command (command_timeout)")
    if alive.behind is not None and alive.behind.problem:
        yield said("!", alive.behind.problem, "error")


def _of_empty(line: MilterLine) -> Iterator[Spans]:
    chain = line.chain
    if chain.service:
        again = f"{key_for('milters.delete', 'd')} has it ask those of main.cf again"
        yield said("is", f"{chain.service} asks no milter; {again}")
    elif chain.parameter == MAPS:
        yield said("is", "no table: every client has the same milters")
    else:
        yield said("is", f"no milter is asked; {key_for('milters.new', 'n')} puts one in")
    yield said("mail", which_mail(chain))
    for asker in chain.askers:
        if asker.off:
            yield said("but", f"{asker.service}: {asker.off}")


def _staged(row: MilterRow) -> Iterator[Spans]:
    was = row.rule.was
    if row.marker == "-":
        yield said("staged", f"it is taken out; {takes_back()}")
    elif row.marker == "+":
        yield said("staged", "it is new")
    elif was is not None and was.text != row.rule.text:
        yield said("before", was.text)
    elif was is not None and was.enabled != row.enabled:
        yield said("staged", "it is switched on" if row.enabled else "it is switched off")
    elif was is not None:
        yield said("staged", "it stood in another place, or had another comment")


def _addresses(row: MilterRow, found: Facts) -> Iterator[Spans]:
    known = found.known
    if known.program is not None:
        own_file = known.own is not None and known.by == known.own.source
        by = "its own file" if own_file else known.by
        yield said("is", f"{known.program.name}, which {known.program.does} (told by {by})")
    elif known.here is not None:
        process = known.here.process
        yield said("is", f"not known: {process.command if process else 'be root to see the process'}")
    yield said("Postfix", row.address)
    for sight in found.sights:
        if sight.path != row.address.partition(":")[2]:
            how = "chrooted: " if sight.chrooted else ""
            yield said("", f"{how}{sight.path}  for {', '.join(sight.services)}")
    own = known.own
    if own is not None:
        line = f":{own.line}" if own.line else ""
        yield said("its own", f"{own.written or 'nothing'}  {short_path(own.source)}{line}")
    listens = [known.here] if known.here is not None else list(known.elsewhere)
    for each in listens:
        process = each.process
        who = f"  {process.command} (pid {process.pid})" if process is not None else ""
        yield said("listens", f"{each.endpoint.postfix}{who}")
    if not listens:
        yield said("listens", "nobody, as far as this host can see")


def _alive(alive: Alive | None) -> Iterator[Spans]:
    if alive is None or not alive.negotiated:
        return
    yield said("alive", f"in {alive.ms:.1f} ms, protocol {alive.protocol_version}", "good")
    if alive.behind is not None and not alive.behind.problem:
        yield said(alive.behind.name, alive.behind.says, "good")
    yield said("may", ", ".join(alive.actions) or "change nothing")
    yield said("sees", ", ".join(alive.steps))


def _down(line: MilterLine, row: MilterRow, found: Facts) -> Iterator[Spans]:
    if row.enabled and row.marker != "-":
        yield said("if down", when_down(line.chain, row, found.name))
        yield said("mail", which_mail(line.chain))


def _settings(row: MilterRow) -> Iterator[Spans]:
    own: list[str] = []
    common: list[str] = []
    for name in SETTINGS:
        (own if name in row.settings else common).append(f"{name} {row.actual[name]}")
    if own:
        yield said("settings", f"{', '.join(own)}  (its own)")
    yield said("others", f"{', '.join(common)}  (milter_…)", "dim")
