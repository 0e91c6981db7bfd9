"""Style sheets parsed once for all consoles of a test process.

A console parses its 60 sheets and Textual's own at its start, and that is a quarter of the start; there are two
thousand consoles in the tests. What was parsed is only read: Textual shares it between the screens of an app.
"""

from __future__ import annotations

from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet

_parsed: dict[frozenset[tuple[str, str]], dict[Any, Any]] = {}
"""Rules by what was parsed, for each set of variables (a theme's)."""


def share(patch: pytest.MonkeyPatch) -> None:
    """Have every style sheet look there first."""
    begin, change = Stylesheet.__init__, Stylesheet.set_variables

    def rules_for(sheet: Stylesheet) -> None:
        vars(sheet)["_parse_cache"] = _parsed.setdefault(frozenset(sheet._variables.items()), {})

    def init(self: Stylesheet, *, variables: dict[str, str] | None = None) -> None:
        begin(self, variables=variables)
        rules_for(self)

    def set_variables(self: Stylesheet, variables: dict[str, str]) -> None:
        vars(self)["_parse_cache"] = {}  # Textual clears what it has
        change(self, variables)
        rules_for(self)

    patch.setattr(Stylesheet, "__init__", init)
    patch.setattr(Stylesheet, "set_variables", set_variables)
