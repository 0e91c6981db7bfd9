"""`mailtui table migrate --to lmdb|cdb`: compiled tables put into another type, as one change."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.output import Failed, columns, note
from mailtui.postfix.errors import ParameterError
from mailtui.text.safe import safe

if TYPE_CHECKING:
    from mailtui.edits.mapmigration import Migration


def migrate(context: Context, options: argparse.Namespace) -> int:
    """Show what becomes of each table, then write it. Raises Failed where it is refused."""
    from mailtui.edits.mapmigration import migration, types_to
    from mailtui.postfix.mapmentions import BERKELEY

    try:
        wanted = [_spelt(context, text) for text in options.table]
        to = options.to or next(iter(types_to()), "lmdb")
        made = migration(context.instance, to, wanted, options.leaving or BERKELEY)
    except ParameterError as error:
        raise failed(error) from None
    if made.plan.refused:
        if made.kinds is not None:
            note(made.plan.refused + _instead(made))
            return carry_out(context, [])
        raise Failed(made.plan.refused)
    _tell(made)
    return carry_out(context, made.plan.edits, made.label)


def _instead(made: Migration) -> str:
    """What to type where the tables are of other types than those that were to be left."""
    if not made.leaves:
        return ""
    words = " ".join(f"--from {kind}" for kind in made.leaves)
    return f"; mailtui table migrate --to {made.to} {words} moves them"


def _spelt(context: Context, text: str) -> str:
    return context.instance.parameters.expand_text(text) if "$" in text else text


def _tell(made: Migration) -> None:
    """A line for each table, and what is to be known, on standard error."""
    cells = [
        (
            "~" if row.to else "!",
            safe(str(row.spec)),
            f"→ {row.to}" if row.to else "stays",
            safe(row.named_by),
        )
        for row in made.rows
    ]
    for line in columns(cells):
        note(line)
    for text in made.plan.says:
        note(f"note: {text}")
