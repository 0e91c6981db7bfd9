"""A screen with a filter bar, a list and a detail pane: how it calls them."""

from __future__ import annotations

from mailtui.screens.parts.detail import DetailPane
from mailtui.screens.parts.filterbar import FilterBar
from mailtui.screens.parts.frame import ConsoleScreen
from mailtui.screens.parts.linelist import LineList


class SplitScreen(ConsoleScreen):
    """Whatever its list holds."""

    @property
    def lines(self) -> LineList:
        """The list."""
        return self.query_one(LineList)

    @property
    def bar(self) -> FilterBar:
        """What is typed into the filter, and what is said of the rows."""
        return self.query_one(FilterBar)

    @property
    def pane(self) -> DetailPane:
        """What is said of the row under the cursor."""
        return self.query_one(DetailPane)
