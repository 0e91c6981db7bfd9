"""`s` on a list: ask for a file name and save what is shown as text.

save_text(self, "aliases", "aliases.txt", lines=lambda: […], done=lambda path: self.say(…))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.screen import Screen

from mailtui.screens.parts.beside import beside, problem
from mailtui.text.safe import safe

LINE = 1 << 20
"""Characters of one line that are saved."""


def pieces_of(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines as a text file with nothing in it that a terminal would obey, a line at a time: a log
    of gigabytes never stands in memory."""
    for line in lines:
        yield f"{safe(line, LINE)}\n".encode("utf-8", "backslashreplace")


def save_text(
    screen: Screen[None],
    what: str,
    name: str,
    lines: Callable[[], Iterable[str]],
    done: Callable[[str], object],
) -> None:
    """Ask for a name, then write `lines()` (mode 0600, over sudo as the caller's own file) in a thread.

    A file that is there is only replaced after a question.
    """
    from mailtui.apply.saving import Exists, save
    from mailtui.screens.parts.dialogs import Confirm, ErrorDialog
    from mailtui.screens.parts.savedraft import NameDialog

    push = screen.app.push_screen

    def named(name: str | None) -> None:
        if name:
            put(name, replace=False)

    def put(name: str, *, replace: bool) -> None:
        def failed(error: Exception) -> None:
            if isinstance(error, Exists):
                question = Confirm(
                    f"{name} is there already", ["Its content would be lost."], yes="replace it"
                )
                push(question, lambda yes: put(name, replace=True) if yes else None)
            else:
                push(ErrorDialog(f"The {what} were not saved", [problem(error)]))

        beside(screen, "save", lambda: save(name, pieces_of(lines()), replace=replace), done, failed)

    title = f"Save the {what} that are shown"
    push(NameDialog(title, ["As text, a line each; only you can read it."], name), named)
