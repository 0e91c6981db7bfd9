"""`f` in Restrictions: what mends the rule under the cursor, to be chosen from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtui.screens.parts.beside import beside
from mailtui.screens.parts.chooser import Chooser, Option
from mailtui.screens.parts.ruleacts import Fix, different, fixes
from mailtui.screens.parts.rulelines import RuleLine

if TYPE_CHECKING:
    from mailtui.screens.parts.ruleview import RuleView


def offer_fixes(screen: RuleView) -> None:
    """Offer them; where there are none open the findings of the whole server. The list must be laid."""
    line, lines, edits = screen.row, screen.laid_lines, screen.session.draft.edits
    if line is None or lines is None or lines.chains is None:
        return
    found = lines.findings(line)
    offered = fixes(line, [chain.place.name for chain in lines.chains.classes], found)
    if offered:

        def look() -> list[Fix]:
            return different(screen.ahead.at(edits).instance, offered)

        beside(screen, "fixes", look, lambda left: _choose(screen, line, left), screen.bad)
    elif found:
        screen.say(f"No edit is offered for this: {found[0].fix_words}", "warning")
    else:
        from mailtui.screens.findings import open_findings

        wrong = lines.marker(line) in "!?"
        open_findings(screen, "No edit is offered for this" if wrong else "Nothing is wrong here")


def _choose(screen: RuleView, line: RuleLine, found: list[Fix]) -> None:
    def chosen(fix: Fix | None) -> None:
        if fix is not None:
            screen.act(fix.make)

    options = [Option(fix.name, fix.says, fix) for fix in found]
    screen.app.push_screen(Chooser(line.text, options), chosen)
