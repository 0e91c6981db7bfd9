"""What the keys of Restrictions do to rules, as edits; and the fixes that are offered for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from mailtui.doctor.model import Finding
from mailtui.edits import ruleplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.edits.rules import SetRule
from mailtui.postfix.chainrows import Chain, RuleRow
from mailtui.postfix.instance import Instance
from mailtui.postfix.restrictionnames import ARGUMENTS, OLD_NAMES
from mailtui.screens.parts.form import Made
from mailtui.screens.parts.ruleforms import made_of
from mailtui.screens.parts.rulelines import RuleLine

TOLD = 3
"""Rules of one act that are told of one by one."""
CLOSE = 0.8
"""How alike two names are, from 0 to 1, of which one is offered for the other."""


def _rows(lines: Sequence[RuleLine]) -> list[tuple[Chain, RuleRow]]:
    return [(line.chain, line.row) for line in lines if line.chain is not None and line.row is not None]


def _in_turn(
    after: Instance, rows: Sequence[tuple[Chain, RuleRow]], make: Callable[[Instance, RuleRow], Plan]
) -> tuple[list[Edit], list[str], str]:
    """Edits for several rules, each made over those before it; from the last to the first, so that the
    places of those that are still to come stay. With what to tell, and why there is none for one of them."""
    edits: list[Edit] = []
    says: list[str] = []
    refused = ""
    for _chain, row in reversed(rows):
        plan = make(after, row)
        refused = refused or plan.refused
        if plan.edits:
            edits += plan.edits
            says += [each for each in plan.says if each not in says]
            after = after.over(Candidate(after.files, plan.edits))
    return edits, says, refused


def removed(after: Instance, lines: Sequence[RuleLine]) -> Made:
    """`d`: rules out of their lists, with the comments that tell of them."""
    rows = [(chain, row) for chain, row in _rows(lines) if row.marker != "-"]
    if not rows:
        return Made()
    edits, says, refused = _in_turn(after, rows, ruleplan.remove)
    if not edits:
        return Made(refused=refused)
    told = [_opened(chain, row) for chain, row in rows[:TOLD]]
    label = f"- {len(rows)} rules" if len(edits) > 1 else ""
    return Made(edits, label, says=[*(each for each in told if each), *says, *([refused] if refused else [])])


def _opened(chain: Chain, row: RuleRow) -> str:
    """What holds once a rule is gone."""
    left = [each for each in chain.live if each.key != row.key]
    if row.enabled and not left:
        return f"{chain.place.title} is empty then" + (": smtpd stops" if _is_class(chain) else "")
    return f"{row.name or row.text} is out of {row.place.title}"


def _is_class(chain: Chain) -> bool:
    return chain.stage.startswith("class:")


def switched(after: Instance, lines: Sequence[RuleLine]) -> Made:
    """`#`: rules off, kept as comments in their lists; or in force again."""
    rows = [(chain, row) for chain, row in _rows(lines) if row.marker != "-"]
    if not rows:
        return Made()
    if len(rows) == 1:
        chain, row = rows[0]
        return made_of(ruleplan.switch(after, row), chain.stage, row)
    edits, says, refused = _in_turn(after, rows, ruleplan.switch)
    if not edits:
        return Made(refused=refused)
    return Made(edits, f"# {len(rows)} rules off or on", says=[*says, *([refused] if refused else [])])


def stepped(after: Instance, line: RuleLine, by: int) -> Made:
    """`K` and `J`: a rule one place up or down in its list."""
    assert line.chain is not None  # the caller has looked
    assert line.row is not None
    return made_of(ruleplan.step(after, line.chain, line.row, by), line.chain.stage, line.row)


# -- fixes


@dataclass(frozen=True, slots=True)
class Fix:
    """An edit that is offered: `name` a word, `says` what it does."""

    name: str
    says: str
    make: Callable[[Instance], Made]


def fixes(line: RuleLine, classes: Sequence[str], findings: Sequence[Finding] = ()) -> list[Fix]:
    """What is offered for a rule with which something is wrong, first what mends its findings; nothing where
    nothing is."""
    chain, row = line.chain, line.row
    if chain is None or row is None or not row.enabled or row.marker == "-":
        return []
    found = [_mending(each, each.fix) for each in findings if each.fix is not None]
    others = _fixes(chain, row, line, {state.word for state in row.states}, classes)
    found += [fix for fix in others if not (found and fix.name == "write")]  # which a finding knows better
    return list({fix.says: fix for fix in found}.values())


def different(after: Instance, found: Sequence[Fix]) -> list[Fix]:
    """Those that come to different edits, under the last of their words. In a thread."""
    return list({tuple(fix.make(after).edits): fix for fix in found}.values())


def _mending(finding: Finding, plan: Plan) -> Fix:
    label = f"fix: {finding.title}" if len(plan.edits) > 1 else ""
    only = plan.edits[0] if len(plan.edits) == 1 else None
    words = f"write {only.to}" if isinstance(only, SetRule) else finding.fix_words
    return Fix("mend", words, lambda _after: Made(plan.edits, label, says=plan.says))


def _fixes(
    chain: Chain, row: RuleRow, line: RuleLine, states: set[str], classes: Sequence[str]
) -> Iterator[Fix]:
    if "unknown" in states and (close := _close(row.name, classes)):
        yield _rewrite(chain, row, close, f"write {close}")
    if "closed" in states and (use := _instead(row.argument)):
        yield _rewrite(chain, row, f"{row.name} {use}", f"ask {use} instead")
    if "old name" in states and "," not in (new := OLD_NAMES[row.name.lower()]):
        argument = row.argument if ARGUMENTS.get(new) else ""
        if bool(argument) == bool(ARGUMENTS.get(new)):
            yield _rewrite(chain, row, f"{new} {argument}".rstrip(), f"write {new}")
    if states & {"unknown", "unreachable", "closed", "twice", "no effect", "no argument"}:
        yield Fix("delete", "take the rule out", lambda after: removed(after, [line]))
        yield Fix("off", "switch it off: it stays in the file as a comment",
                  lambda after: switched(after, [line]))  # fmt: skip
    if row.warn_only and not states - {"staged", "sometimes"}:
        yield Fix("in force", "take warn_if_reject away: it refuses from then on",
                  lambda after: made_of(ruleplan.change(after, row, warn_only=False), chain.stage,
                                        replace(row, warn_only=False)))  # fmt: skip


def _rewrite(chain: Chain, row: RuleRow, text: str, says: str) -> Fix:
    whole = f"warn_if_reject {text}" if row.warn_only else text
    return Fix(
        "write", says, lambda after: made_of(ruleplan.change(after, row, text=whole), chain.stage, row)
    )


def _close(name: str, classes: Sequence[str]) -> str:
    """The name that a misspelt one may have been meant for; only where it takes no more than that one had."""
    import difflib

    plain = [each for each, kind in ARGUMENTS.items() if not kind]
    return next(iter(difflib.get_close_matches(name.lower(), [*plain, *classes], n=1, cutoff=CLOSE)), "")


def _instead(zone: str) -> str:
    from mailtui.postfix.dnszones import closed_zone

    found = closed_zone(zone)
    return found.use if found is not None else ""
